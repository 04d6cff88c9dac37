"""Times the scorers on golden cases beside the CPU time that the validator's own code took for them.

The validator's code is in no package index, so it cannot run here: its times are those recorded in the sidecars of the golden
cases, CPU seconds on the machine on which these were made. Run by `just compare salience`.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from pyarrow import parquet

from common import ROOT, build

CASES = [
    ("binary", "bin_wide60", 5e-4),
    ("lbfgs", "lbfgs_default_1h", 1e-5),
    ("xsec", "xsec_default", 1e-6),
    ("funding", "fund_default", 1e-6),
]
OURS, OURS_TWO, THEIRS = "mantis-eval", "mantis-eval, two threads (elapsed)", "validator (recorded elsewhere)"


def recorded(side, kind):
    """The least CPU seconds among the runs that the sidecar tells of."""
    runs = [side["timing"], *([side["timing_repeat"]] if side.get("timing_repeat") else [])]
    if kind == "lbfgs":
        return min(run["cls"]["cpu_s"] + run["q"]["cpu_s"] for run in runs)
    return min(run["cpu_s"] for run in runs)


def main(out):
    binary = build("salience")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for kind, name, tolerance in CASES:
            path = ROOT / f"fixtures/golden/salience/{kind}/{name}.json"
            side = json.loads(path.read_text())
            table = parquet.read_table(path.with_suffix(".parquet"))

            def column(key):
                return table[key].to_numpy()

            def by_asset(prefix):
                return np.column_stack([column(f"{prefix}:{asset}") for asset in side["assets"]])

            parts = side.get("assets") or range(side["dim"])
            values = np.column_stack([column(f"{h}|{p}") for h in side["hotkeys"] for p in parts])
            values.astype("<f4").tofile(folder / "embeddings")
            target = {
                "binary": lambda: column("y"),
                "lbfgs": lambda: column("price"),
                "xsec": lambda: by_asset("price"),
                "funding": lambda: by_asset("funding"),
            }[kind]()
            np.ascontiguousarray(target).astype("<f8").tofile(folder / "target")
            sidx = column("sidx") if kind == "funding" else np.array([])
            sidx.astype("<i8").tofile(folder / "sidx")

            def run(threads, repeats):
                line = [binary, kind, path, folder / "embeddings", folder / "target", folder / "sidx", str(threads), str(repeats)]
                return json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)

            one, two = run(1, 5), run(2, 5)
            assert one["shares"] == two["shares"], f"{name}: one and two threads differ"
            expected = side["expected"]["cls"]["salience"] if kind == "lbfgs" else side["expected"]["salience"]
            shares = dict(one["shares"])
            error = max(abs(shares.get(h, 0) - expected.get(h, 0)) for h in {*shares, *expected})
            assert error <= tolerance, f"{name}: shares differ by {error}"
            size = f"{side['rows']} rows, {len(side['hotkeys'])} miners, {len(parts)} values each"
            rows.append({
                "case": f"{kind} `{name}`: {size}",
                "milliseconds": {
                    THEIRS: 1000 * recorded(side, kind),
                    OURS: 1000 * min(one["cpu"]),
                    OURS_TWO: 1000 * min(two["wall"]),
                },
            })
            print(name, rows[-1]["milliseconds"], flush=True)
    notes = [
        "The validator's own code is not in a package index and was not run again beside ours: its column is the least CPU time recorded "
        "when the golden cases were made, on one BLAS thread. Shares agree within the tolerance of each case, and those of one "
        "and two threads are equal."
    ]
    result = {"topic": "salience", "ours": OURS, "elsewhere": [THEIRS], "rows": rows, "notes": notes}
    Path(out).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
