"""Times logistic regression beside scikit-learn on the same rows with the same penalty and tolerance in the same run.

The columns are z-scores of the returns over the last 1, 2, .. bundled hours of BTC, the label the direction of the next hour. All
times are CPU seconds of one thread, the least of several fits after one that does not count. Run by `just compare learn`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
from pyarrow import parquet
from sklearn.linear_model import LogisticRegression

from common import ROOT, build

ROWS = 37_761
# The penalty of our learner's defaults.
C = 0.003
# Our solver, scikit-learn's, tolerance, and the largest difference of the log-odds over their spread. L-BFGS stops short of the
# optimum at the same iterate, to within rounding; both Newton methods go to the optimum.
SOLVERS = [("lbfgs", "lbfgs", 1e-4, 1e-3), ("newton", "newton-cholesky", 1e-8, 1e-6)]


def sample(closes, columns):
    """Design and labels of the last rows whose next hour is known."""
    ends = np.arange(len(closes) - 1 - ROWS, len(closes) - 1)
    x = np.column_stack([closes[ends] - closes[ends - k] for k in range(1, columns + 1)])
    x = np.clip((x - x.mean(axis=0)) / x.std(axis=0), -5, 5)
    return np.ascontiguousarray(x), closes[ends + 1] > closes[ends]


def reference(x, up, solver, tol, repeats):
    """Least CPU seconds of a fit, and the fit."""
    model = LogisticRegression(C=C, solver=solver, tol=tol, max_iter=5000).fit(x, up)
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        model.fit(x, up)
        seconds.append(time.process_time() - start)
    return min(seconds), model


def main(out):
    binary = build("learn")
    bars = parquet.read_table(ROOT / "fixtures/data/BTCUSDT/ohlcv.parquet", columns=["close"])
    closes = np.log(bars["close"].to_numpy())
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        design, labels = Path(folder) / "design", Path(folder) / "labels"
        for columns, repeats in [(10, 9), (60, 7), (240, 3)]:
            x, up = sample(closes, columns)
            x.astype("<f8").tofile(design)
            up.astype("u1").tofile(labels)
            for solver, theirs, tol, allowed in SOLVERS:
                line = [binary, solver, str(columns), str(C), str(tol), str(repeats), design, labels]
                ours = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
                seconds, model = reference(x, up, theirs, tol, repeats)
                expected = model.decision_function(x)
                deviation = float(np.abs(x @ ours["weights"] + ours["intercept"] - expected).max() / expected.std())
                iterations = {"mantis-features": ours["iterations"], "scikit-learn": int(model.n_iter_[0])}
                rows.append({
                    "case": f"{theirs}, tolerance {tol:g}, {columns} columns of {ROWS:,} rows",
                    "milliseconds": {"mantis-features": 1000 * min(ours["cpu"]), "scikit-learn": 1000 * seconds},
                    "iterations": iterations,
                    "deviation": deviation,
                })
                print(rows[-1], flush=True)
                assert ours["converged"] and deviation < allowed, rows[-1]
    counts = "; ".join(" and ".join(map(str, row["iterations"].values())) for row in rows)
    notes = [f"Iterations of mantis-features and of scikit-learn, from the first case to the last: {counts}."]
    result = {"topic": "learn", "ours": "mantis-features", "rows": rows, "notes": notes}
    Path(out).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
