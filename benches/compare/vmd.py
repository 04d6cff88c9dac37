"""Times mantis-vmd beside vmdpy, fast-vmdpy (NumPy and Numba) and vmd-rs on the same input in the same run.

Writes one JSON file of results, from which the table in docs/benchmarks.md is made. All times are CPU seconds of one
thread, the least of several repeats. Run by `just compare vmd`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from fast_vmdpy import VMD as fast_vmd
from pyarrow import parquet
from vmdpy import VMD as vmdpy_vmd

from common import ROOT, build

K, ALPHA, TOL = 8, 2000.0, 1e-7


def vmdpy(x):
    return vmdpy_vmd(x, ALPHA, 0.0, K, 0, 1, TOL)[0]


def fast(numba):
    def run(x):
        return fast_vmd(x, ALPHA, 0.0, K, 0, 1, TOL, use_numba=numba)[0]

    return run


def timed(run, windows, repeats):
    """Least CPU seconds over the repeats, and the modes of all windows."""
    run(windows[0])  # compiles and plans
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        modes = [run(w) for w in windows]
        seconds.append(time.process_time() - start)
    return min(seconds), np.concatenate([np.asarray(m).ravel() for m in modes])


def main(out):
    binary = build("vmd")
    bars = parquet.read_table(ROOT / "fixtures/data/BTCUSDT/ohlcv.parquet", columns=["close"])
    closes = np.log(bars["close"].to_numpy())
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "input", Path(folder) / "modes"

        def input_of(n):
            x = closes[-n:]
            x = (x - x.mean()) / x.std()
            x.astype("<f8").tofile(source)
            return x

        def rust(side, window, stride, repeats):
            line = [binary, side, str(window), str(stride), str(repeats), source, result]
            printed = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
            return min(printed["seconds"]), np.fromfile(result, "<f8")

        def compare(case, windows, shape, repeats):
            (window, stride), (slow, quick) = shape, repeats
            seconds, modes = {}, {}
            python = {"vmdpy": (vmdpy, slow), "fast-vmdpy NumPy": (fast(False), slow), "fast-vmdpy Numba": (fast(True), quick)}
            for name, (run, count) in python.items():
                seconds[name], modes[name] = timed(run, windows, count)
            seconds["vmd-rs"], modes["vmd-rs"] = rust("vmd-rs", window, stride, quick)
            seconds["mantis-vmd"], modes["mantis-vmd"] = rust("vmdpy", window, stride, 5 * quick)
            seconds["mantis-vmd, its own rules"], _ = rust("default", window, stride, 5 * quick)
            scale = np.abs(modes["vmdpy"]).max()
            deviation = {n: float(np.abs(m - modes["vmdpy"]).max() / scale) for n, m in modes.items()}
            assert deviation["mantis-vmd"] < 1e-9, deviation
            per = len(windows)
            rows.append({
                "case": case,
                "milliseconds": {n: 1000 * s / per for n, s in seconds.items()},
                "deviation": deviation,
            })
            print(case, {n: round(1000 * s / per, 3) for n, s in seconds.items()}, flush=True)

        for n, repeats in [(512, (5, 7)), (2048, (3, 5)), (8192, (1, 3)), (32768, (1, 1))]:
            compare(f"whole signal, N = {n}", [input_of(n)], (0, 1), repeats)
        for window in (256, 512):
            count, stride = 20, 97
            x = input_of(window + (count - 1) * stride)
            windows = [x[i * stride : i * stride + window] for i in range(count)]
            windows = [(w - w.mean()) / w.std() for w in windows]
            compare(f"rolling window {window}, per window", windows, (window, stride), (1, 3))
        def said(*arguments):
            line = [binary, *arguments]
            return json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)

        notes = []
        for n in (512, 8192):
            input_of(n)
            limit = said("limit", source)
            notes.append(
                f"A sweep over {n} samples and {K} modes takes {limit['sweep_microseconds']:.1f} µs, "
                f"{100 * limit['share_of_the_limit']:.0f} % of what the arithmetic units of this CPU could do at best "
                f"({limit['vectors']}: {limit['operations_per_second'] / 1e9:.1f} billion additions and multiplications a second)."
            )
        input_of(512 + 999)
        warm = said("warm", source, "512")
        deviations = warm["median_deviation_of_the_newest_value_in_standard_deviations"]
        notes.append(
            f"Warm start over {warm['windows']} windows of 512: {warm['warm']['milliseconds']:.2f} ms and "
            f"{warm['warm']['sweeps']:.0f} sweeps a window, cold {warm['cold']['milliseconds']:.2f} ms and "
            f"{warm['cold']['sweeps']:.0f}. The newest values differ by a median of "
            f"{', '.join(f'{d:.2f}' for d in deviations)} standard deviations, from the slowest mode to the fastest."
        )
    Path(out).write_text(json.dumps({"topic": "vmd", "ours": "mantis-vmd", "rows": rows, "notes": notes}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
