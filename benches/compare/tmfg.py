"""Times the construction of the TMFG, alone and with LoGo, beside fast-tmfg on similarities of the same kind and size in the same run.

`cargo bench` runs first. Writes one JSON file of results, from which the table in docs/benchmarks.md is made. Each figure of fast-tmfg
is the least wall time of a few runs after one that does not count, each of ours the median of criterion. Run by `just compare tmfg`;
MANTIS_PROFILE is the cargo profile.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from fast_tmfg import TMFG

from common import bench, measured


def reference(p, output):
    rng = np.random.default_rng(42)
    factor = rng.random(500) - 0.5
    columns = factor[:, None] + 2 * (rng.random((500, p)) - 0.5)
    correlation = pd.DataFrame(columns).corr()
    weights = correlation**2
    best = float("inf")
    for run in range(4):
        start = time.perf_counter()
        TMFG().fit_transform(weights=weights, cov=correlation, output=output)
        if run > 0:
            best = min(best, time.perf_counter() - start)
    return best * 1e3


def main(out):
    criterion = bench("tmfg")
    kinds = (("build", "weighted_sparse_W_matrix", "graph"), ("logo", "logo", "graph and sparse inverse covariance (LoGo)"))
    rows = [
        {
            "case": f"{name} of {p} columns",
            "milliseconds": {"mantis-features": measured(criterion / f"tmfg_{what}" / str(p)), "fast-tmfg": reference(p, output)},
        }
        for what, output, name in kinds
        for p in (100, 200, 400)
    ]
    Path(out).write_text(json.dumps({"topic": "tmfg", "ours": "mantis-features", "rows": rows}))


if __name__ == "__main__":
    main(sys.argv[1])
