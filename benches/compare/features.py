"""Times indicators beside TA-Lib (its C core, through its Python package) on the same rows in the same run.

`cargo bench` runs first, then TA-Lib computes the same columns. Writes one JSON file of results, from which the table in
docs/benchmarks.md is made. Each figure of TA-Lib is the median wall time of several runs after one that does not count, each of ours
the median of criterion; both use one thread where nothing else is said. Run by `just compare features`; MANTIS_PROFILE is the cargo profile.
"""

import json
import os
import statistics
import sys
from pathlib import Path

import numpy as np
import talib as ta
from pyarrow import parquet

from common import CRITERION, ROOT, bench, measured, milliseconds

ROWS = 33_259


def core(o, h, l, c, v):
    """The 31 columns; the three bands of one window are one call."""
    for n in (5, 10, 20, 50, 100, 200):
        ta.SMA(c, n)
        ta.EMA(c, n)
    for n in (10, 20, 50):
        ta.STDDEV(c, n)
    ta.ATR(h, l, c, 14)
    ta.RSI(c, 14)
    ta.RSI(c, 21)
    ta.MACD(c)
    for n in (5, 10, 20):
        ta.ROC(c, n)
    bands = [ta.BBANDS(c, 20), ta.BBANDS(c, 50)]
    ta.OBV(c, v)
    return bands


def all_77(o, h, l, c, v):
    """Those and the other columns; widths and positions of bands and the Hull average are made with NumPy."""
    for upper, middle, lower in core(o, h, l, c, v):
        (upper - lower) / middle
        (c - lower) / (upper - lower)
    ta.WMA(2 * ta.WMA(c, 10) - ta.WMA(c, 20), 4)
    for average in (ta.WMA, ta.DEMA, ta.TEMA, ta.TRIMA):
        average(c, 20)
    ta.KAMA(c, 10)
    ta.NATR(h, l, c, 14)
    ta.TRANGE(h, l, c)
    ta.MOM(c, 10)
    ta.AD(h, l, c, v)
    ta.ADOSC(h, l, c, v, 3, 10)
    ta.STOCH(h, l, c)
    ta.STOCHF(h, l, c)
    ta.STOCHRSI(c)
    ta.WILLR(h, l, c, 14)
    ta.CCI(h, l, c, 20)
    for directional in (ta.ADX, ta.ADXR, ta.PLUS_DI, ta.MINUS_DI):
        directional(h, l, c, 14)
    ta.MFI(h, l, c, v, 14)
    ta.AROON(h, l, 25)
    ta.AROONOSC(h, l, 25)
    ta.CMO(c, 14)
    ta.TRIX(c, 15)
    ta.ULTOSC(h, l, c)
    ta.PPO(c, 12, 26)
    ta.APO(c, 12, 26)
    ta.BOP(o, h, l, c)
    ta.SAR(h, l)
    ta.LINEARREG_SLOPE(c, 14)
    ta.LINEARREG(c, 14)
    ta.TSF(c, 14)
    ta.MAX(c, 20)
    ta.MIN(c, 20)
    ta.TYPPRICE(h, l, c)
    ta.CORREL(c, v, 20)
    ta.BETA(h, l, 5)


def column_note():
    """What the columns of the default plan cost alone."""
    cost = {}
    for folder in (CRITERION / "features_column").iterdir():
        if (folder / "new" / "benchmark.json").exists():
            cost[json.loads((folder / "new" / "benchmark.json").read_text())["function_id"]] = measured(folder)
    dear = sorted(cost, key=cost.get, reverse=True)
    lines = [
        f"Each of the {len(cost)} columns of the default plan alone, over all bundled hours of BTC, with everything that it reads and "
        f"nothing to share it with: median {statistics.median(cost.values()):.2f} ms, in all {sum(cost.values()):.0f} ms. From the "
        "dearest to the cheapest, in ms:",
        ", ".join(f"`{name.replace('|', chr(92) + '|')}` {cost[name]:.2f}" for name in dear) + ".",
    ]
    return "\n\n".join(lines)


def main(out):
    ours = bench("features") / "features"
    names = ["open", "high", "low", "close", "volume"]
    table = parquet.read_table(ROOT / "fixtures/data/BTCUSDT/ohlcv.parquet", columns=names)
    bars = [np.ascontiguousarray(table[name].to_numpy()[-ROWS:], dtype=float) for name in names]
    rows = [
        {
            "case": case,
            "milliseconds": {
                "mantis-features": measured(ours / name),
                "mantis-features, all cores": measured(ours / f"{name}_all_cores"),
                "mantis-features, new memory": measured(ours / f"{name}_fresh"),
                "TA-Lib": milliseconds(lambda: work(*bars)),
            },
        }
        for case, name, work in [
            ("31 columns of 33,259 hours", "core", core),
            ("77 columns of 33,259 hours", "all_77", all_77),
        ]
    ]
    for case, name in [
        ("default plan without VMD, all bundled hours of BTC", "default_plan"),
        ("the same on all cores", "default_plan_all_cores"),
        ("default plan without VMD, half of them", "default_plan_half"),
        ("one more bar of the default plan without VMD", "live_row"),
    ]:
        rows.append({"case": case, "milliseconds": {"mantis-features": measured(ours / name)}})
    note = (
        "TA-Lib is its C core called through its Python package. Its results are dropped one by one, so its memory is used again; "
        "so is that of the first two columns. The third makes new memory for all results of a call. TA-Lib uses one thread."
    )
    def against(row):
        ratio = row["milliseconds"]["TA-Lib"] / row["milliseconds"]["mantis-features, all cores"]
        return f"{row['case']}: {ratio:.1f}x"

    shared = f"TA-Lib on one thread against ours on all {os.cpu_count()} cores: {'; '.join(map(against, rows[:2]))}."
    result = {"topic": "features", "ours": "mantis-features", "rows": rows, "notes": [note, shared, column_note()]}
    Path(out).write_text(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1])
