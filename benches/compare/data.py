"""Times archives, CSV, the store and panels beside pandas on the same input in the same run.

`cargo bench` runs first and leaves its inputs in the target folder; then pandas does the same work on them. Writes one JSON file
of results, from which the table in docs/benchmarks.md is made. Each figure of pandas is the median wall time of several runs
after one that does not count, each of ours the median of criterion. Run by `just compare data`; MANTIS_PROFILE is the cargo profile.
"""

import json
import pathlib
import shutil
import sys
import tempfile

import numpy as np
import pandas as pd

from common import TARGET, bench, measured, milliseconds

KLINES = [
    "open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "count",
    "taker_buy_volume", "taker_buy_quote_volume", "ignore",
]


def zip_to_parquet(inputs):
    """Every archive is read, and one Parquet file a year is written, as the store does it."""
    def work():
        with tempfile.TemporaryDirectory() as out:
            years = {}
            for path in sorted((inputs / "zips").glob("*.zip")):
                frame = pd.read_csv(path, header=None, names=KLINES)
                frame["open_time"] = pd.to_datetime(frame["open_time"], unit="ms", utc=True)
                years.setdefault(frame["open_time"].iloc[0].year, []).append(frame)
            for year, frames in years.items():
                pd.concat(frames).to_parquet(f"{out}/{year}.parquet", compression="zstd")
    return milliseconds(work, 7)


def csv_import(inputs):
    def work():
        frame = pd.read_csv(inputs / "ohlcv.csv", parse_dates=["timestamp"], index_col="timestamp")
        assert str(frame.index.tz) == "UTC" and len(frame) > 65_000
    return milliseconds(work)


def panel_of_33(_inputs):
    """33 frames with five columns each, joined on the union of their times."""
    frames = {}
    for asset in range(33):
        index = pd.date_range("2018-01-01", periods=65_100, freq="h", tz="UTC") + pd.Timedelta(days=asset)
        index = index.delete(slice(1_000 * asset, 1_000 * asset + 100))
        values = np.random.default_rng(asset).random((len(index), 5))
        frames[f"A{asset}"] = pd.DataFrame(values, index=index, columns=list("ohlcv"))
    return milliseconds(lambda: pd.concat(frames, axis=1, join="outer"), 7)


def main(out):
    criterion = bench("data") / "data"
    inputs = TARGET / "tmp" / "bench-data"
    rows = [
        {"case": case, "milliseconds": {"mantis-data": measured(criterion / name), "pandas": reference(inputs)}}
        for case, name, reference in [
            ("90 monthly archives of BTC hours to yearly Parquet, unpacked by one thread", "zip_to_parquet_1", zip_to_parquet),
            ("the same, by two threads, as a sync does on this machine", "zip_to_parquet_2", zip_to_parquet),
            ("CSV of 65,000 bars", "csv_import", csv_import),
            ("panel of 33 assets, 65,000 hours", "panel_of_33", panel_of_33),
        ]
    ]
    read = {"mantis-data": measured(criterion / "store_read"), "parquet crate": measured(criterion / "store_read_parquet_alone")}
    rows.append({"case": "65,000 bars from the store, checked", "milliseconds": read})
    pathlib.Path(out).write_text(json.dumps({"topic": "data", "ours": "mantis-data", "rows": rows}))
    shutil.rmtree(inputs, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
