"""Reference values of the indicators that no library has, straight from their definitions.

Usage: python make_definitions.py ../../../../../fixtures/data

Writes inputs.parquet and definitions.parquet beside this file. Every value is taken from its own window by NumPy, with two-pass
moments and no running sums; averages that start at the first row, and everything that TA-Lib has, come from TA-Lib; the modes
come from vmdpy.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import talib
from vmdpy import VMD

ROWS = 1_000
FIRST = np.datetime64("2021-04-01T00:00", "s").astype(int)
NAN = np.nan
FUNDING_MAX_AGE = 9 * 3600
MODE_ROWS, MODE_WINDOW, MODES = 60, 64, 3

HERE = Path(__file__).parent
RAW = ["open", "high", "low", "close", "volume"]


# What is read


def table(path):
    raw = pq.read_table(path)
    out = {name: raw[name].to_numpy() for name in raw.schema.names if name != "timestamp"}
    out["unix"] = raw["timestamp"].to_numpy().astype("datetime64[s]").astype(np.int64)
    return out


def aligned(bars, unix):
    """The rows of another symbol's bars at those open times, NaN where it has none."""
    at = {t: i for i, t in enumerate(bars["unix"])}
    rows = [at.get(t) for t in unix]
    return {f: np.array([NAN if i is None else bars[f][i] for i in rows]) for f in RAW}


def known(series, closes):
    """The newest rate at each close that is not too old."""
    out = []
    for close in closes:
        i = np.searchsorted(series["unix"], close, side="right") - 1
        fresh = i >= 0 and close - series["unix"][i] <= FUNDING_MAX_AGE
        out.append(series["funding_rate"][i] if fresh else NAN)
    return np.array(out)


def inputs(folder):
    spot = table(folder / "BTCUSDT" / "ohlcv.parquet")
    first = np.searchsorted(spot["unix"], FIRST)
    own = {name: column[first : first + ROWS] for name, column in spot.items()}
    out = {"unix": own["unix"]} | {name: own[name] for name in RAW}
    for prefix, symbol in (("other", "ETHUSDT"), ("third", "BTCUSDT_PERP")):
        bars = aligned(table(folder / symbol / "ohlcv.parquet"), own["unix"])
        out |= {f"{prefix}_{name}": bars[name] for name in RAW}
    rates = table(folder / "BTCUSDT" / "funding_rates.parquet")
    out["funding"] = known(rates, own["unix"] + 3600)
    # No recorded series of these two is at hand: drawn, and rounded as an exchange would.
    rng = np.random.default_rng(20210401)
    out["open_interest"] = np.round(80_000 * np.exp(np.cumsum(rng.normal(0, 0.004, ROWS))), 3)
    out["taker_buy"] = np.round(own["volume"] * rng.beta(20, 20, ROWS), 6)
    return out


# Windows


def roll(n, f, *series):
    """f of the n newest values of each series, NaN until there are that many and while one of them is missing."""
    rows = len(series[0])
    out = np.full(rows, NAN)
    for i in range(n - 1, rows):
        windows = [s[i + 1 - n : i + 1] for s in series]
        if all(np.isfinite(w).all() for w in windows):
            out[i] = f(*windows)
    return out


def lag(x, n):
    return np.concatenate([np.full(n, NAN), x[: len(x) - n]])


def ratio(a, b):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(b == 0, np.where(np.isnan(a), NAN, 0.0), a / b)


def log_return(x, n=1):
    return np.log(x / lag(x, n))


def mean(x, n):
    return roll(n, np.mean, x)


def rms(x, n):
    return roll(n, lambda w: np.sqrt(np.mean(w**2)), x)


def z_score(x, n):
    return roll(n, lambda w: (w[-1] - w.mean()) / w.std() if w.std() > 1e-13 * abs(w).max() else 0.0, x)


def rank(x, n):
    """Share of the n - 1 earlier values below the newest less the share above it."""
    return roll(n, lambda w: np.sign(w[-1] - w[:-1]).sum() / (n - 1), x)


def correlation(x, y, n):
    def one(a, b):
        a, b = a - a.mean(), b - b.mean()
        flat = np.sqrt((a**2).sum() * (b**2).sum())
        return (a * b).sum() / flat if flat > 0 else 0.0

    return roll(n, one, x, y)


def beta(x, y, n):
    """Least-squares slope of y on x."""

    def one(a, b):
        a = a - a.mean()
        return (a * (b - b.mean())).sum() / (a**2).sum() if (a**2).sum() > 0 else 0.0

    return roll(n, one, x, y)


def share(part, whole, n):
    return roll(n, lambda a, b: a.sum() / b.sum() if b.sum() != 0 else 0.0, part, whole)


def seasonal(x, unix, n):
    """Mean of x over the rows of the same UTC hour among the n newest."""

    def one(w, t):
        hour = t // 3600 % 24
        return w[hour == hour[-1]].mean()

    return roll(n, one, x, unix.astype(float))


def runs(r):
    """Signed length of the run of one sign that ends at each row, and its sum."""
    length, total = np.full(len(r), NAN), np.full(len(r), NAN)
    for i in range(1, len(r)):
        first = i
        while first > 1 and np.sign(r[first - 1]) == np.sign(r[i]):
            first -= 1
        length[i] = np.sign(r[i]) * (i - first + 1)
        total[i] = r[first : i + 1].sum() if r[i] != 0 else 0.0
    return length, total


def local_level(x, n):
    """Kalman filter of a random walk in noise, whose steps have 1 / n^2 of the noise's variance."""
    level, variance, out = x[0], 1.0, []
    for value in x:
        predicted = variance + 1 / n**2
        gain = predicted / (predicted + 1)
        level, variance = level + gain * (value - level), (1 - gain) * predicted
        out.append(level)
    return np.array(out)


def fractional(x, d, n):
    """(1 - L)^d of x relative to the oldest value of the window, its binomial series cut at n terms."""
    weights = [1.0]
    for k in range(1, n):
        weights.append(weights[-1] * (k - 1 - d) / k)
    newest_first = np.array(weights)
    return roll(n, lambda w: ((w - w[0])[::-1] * newest_first).sum(), x)


def modes(x):
    """Value, slope, energy share, frequency and phase of each mode at the last rows."""
    out = {f"vmd_{f}_{k}": np.full(len(x), NAN) for f in ("value", "slope", "energy", "frequency", "phase") for k in range(MODES)}
    for row in range(len(x) - MODE_ROWS, len(x)):
        window = x[row + 1 - MODE_WINDOW : row + 1]
        u, _, omega = VMD((window - window.mean()) / window.std(), 2000, 0, MODES, 0, 1, 1e-7)
        for k in range(MODES):
            turn = 2 * np.pi * omega[-1, k]
            wave = u[k, -1] + 1j * (u[k, -2] - u[k, -1] * np.cos(turn)) / np.sin(turn)
            out[f"vmd_value_{k}"][row] = u[k, -1]
            out[f"vmd_slope_{k}"][row] = u[k, -1] - u[k, -2]
            out[f"vmd_energy_{k}"][row] = (u[k] ** 2).sum() / (u**2).sum()
            out[f"vmd_frequency_{k}"][row] = omega[-1, k]
            out[f"vmd_phase_{k}"][row] = np.angle(wave)
    return out


# The indicators


def trend(d):
    h, l, c, x = d["high"], d["low"], d["close"], np.log(d["close"])
    volatility = rms(log_return(c), 168)

    def deviation(w):
        slope, base = np.polyfit(np.arange(len(w)), w - w[0], 1)
        return (w[-1] - w[0] - base - slope * (len(w) - 1)) / w.std()

    step = mean(x, 8) - lag(mean(x, 8), 8)
    hull = talib.WMA(2 * talib.WMA(c, 10) - talib.WMA(c, 20), 4)
    return {
        "sma_ratio_20": c / mean(c, 20) - 1,
        "ema_ratio_20": c / talib.EMA(c, 20) - 1,
        "ema_gap_10_50": talib.EMA(c, 10) / talib.EMA(c, 50) - 1,
        "kama_ratio_10": c / talib.KAMA(c, 10) - 1,
        "hma_ratio_20": c / hull - 1,
        "linreg_slope_ratio_14": roll(14, lambda w: np.polyfit(np.arange(14), w - w[0], 1)[0] / w[-1], c),
        "linreg_dev_14": roll(14, deviation, c),
        "di_balance_14": (talib.PLUS_DI(h, l, c, 14) - talib.MINUS_DI(h, l, c, 14)) / 100,
        "sar_ratio": c / talib.SAR(h, l, 0.02, 0.2) - 1,
        "kalman_dev_12": (x - local_level(x, 12)) / (np.sqrt(12) * volatility),
        "haar_8": step / (np.sqrt(8) * volatility),
        "frac_diff_40_64": fractional(x, 0.4, 64),
        "frac_diff_75_20": fractional(x, 0.75, 20),
    }


def momentum(d):
    c = d["close"]
    line, signal, histogram = talib.MACD(c)
    return {
        "macd_ratio": line / c,
        "macd_signal_ratio": signal / c,
        "macd_hist_ratio": histogram / c,
        "close_rank_24": rank(c, 24),
    }


def parkinson(d, n):
    return rms(np.log(d["high"] / d["low"]), n) / np.sqrt(4 * np.log(2))


def volatility(d):
    h, l, c = d["high"], d["low"], d["close"]
    r = log_return(c)
    high, low = roll(20, np.max, h), roll(20, np.min, l)
    keltner, reach = talib.EMA(c, 20), 2 * talib.ATR(h, l, c, 10)
    usual = np.sqrt(seasonal(r**2, d["unix"], 480))

    def downside(w):
        return 2 * (w[w < 0] ** 2).sum() / (w**2).sum() - 1

    def jumps(w, before):
        return 1 - np.pi / 2 * abs(w * before).mean() / (w**2).mean()

    return {
        "atr_ratio_14": talib.ATR(h, l, c, 14) / c,
        "range_ratio_20": (h - l) / mean(h - l, 20) - 1,
        "std_ratio_20": roll(20, np.std, c) / c,
        "donchian_pos_20": (c - low) / (high - low),
        "keltner_pos_20_10_2": (c - keltner + reach) / (2 * reach),
        "vol_regime_24_168": rms(r, 24) / rms(r, 168),
        "range_regime_24_168": parkinson(d, 24) / parkinson(d, 168),
        "range_to_close_vol_24": parkinson(d, 24) / rms(r, 24),
        "seasonal_vol_480": usual / rms(r, 480),
        "overshoot_seasonal_480": -r / usual,
        "downside_48": roll(48, downside, r),
        "jump_share_48": roll(48, jumps, r, lag(r, 1)),
        "vol_of_vol_48": roll(48, lambda w: abs(w).std() / abs(w).mean(), r),
    }


def vwap(d, n):
    typical = (d["high"] + d["low"] + d["close"]) / 3
    return roll(n, lambda p, v: (p * v).sum() / v.sum(), typical, d["volume"])


def vwap_of_day(d):
    typical = (d["high"] + d["low"] + d["close"]) / 3
    day = d["unix"] // 86_400
    out = []
    for i in range(len(day)):
        rows = (day == day[i]) & (np.arange(len(day)) <= i)
        out.append((typical * d["volume"])[rows].sum() / d["volume"][rows].sum())
    return np.array(out)


def volume(d):
    h, l, c, v = d["high"], d["low"], d["close"], d["volume"]
    r = log_return(c)
    moved = np.concatenate([[NAN], np.sign(np.diff(c))])
    located = ratio((c - l) - (h - c), h - l) * v
    net = 2 * d["taker_buy"] - v
    return {
        "cmf_20": share(located, v, 20),
        "obv_share_20": share(moved * v, v, 20),
        "obv_z_20": z_score(talib.OBV(c, v), 20),
        "vwap_ratio_24": c / vwap(d, 24) - 1,
        "vwap_day_ratio": c / vwap_of_day(d) - 1,
        "vw_ret_24": share(r * v, v, 24) / rms(r, 24),
        "correl_rv_20": correlation(r, v, 20),
        "correl_av_20": correlation(abs(r), v, 20),
        "volume_z_20": z_score(v, 20),
        "volume_rank_168": rank(v, 168),
        "volume_regime_24_168": mean(v, 24) / mean(v, 168),
        "illiquidity_24_168": share(abs(r), v, 24) / share(abs(r), v, 168),
        "taker_imbalance_20": share(net, v, 20),
        "taker_z_20": z_score(net / v, 20),
        "taker_divergence_20": z_score(c, 20) - z_score(share(net, v, 20), 20),
    }


def reversal(d, n):
    return -log_return(d["close"], n) / (np.sqrt(n) * parkinson(d, 20))


def price(d):
    o, h, l, c = d["open"], d["high"], d["low"], d["close"]
    r = log_return(c)
    length, total = runs(r)
    high, low, begin = roll(4, np.max, h), roll(4, np.min, l), lag(o, 3)
    fourfold = log_return(c, 4)

    def variance_ratio(one, many):
        return many.var() / (4 * one.var()) - 1

    return {
        "retz_1_168": r / rms(r, 168),
        "retz_6_48": log_return(c, 6) / (np.sqrt(6) * rms(r, 48)),
        "reversal_2": reversal(d, 2),
        "efficiency_24": log_return(c, 24) / roll(24, np.sum, abs(r)),
        "autocorr_48": correlation(r, lag(r, 1), 48),
        "variance_ratio_4_168": roll(168, variance_ratio, r, fourfold),
        "sign_run_12": np.clip(length, -12, 12),
        "sign_run_2": np.clip(length, -2, 2),
        "run_return_168": total / rms(r, 168),
        "up_share_12": mean(np.sign(r), 12),
        "sign_flips_12": mean(np.sign(r) * np.sign(lag(r, 1)), 12),
        "sign_pattern_4": roll(4, lambda w: (np.sign(w) * [1 / 8, 1 / 4, 1 / 2, 1]).sum(), r),
        "close_location": ratio(2 * c - h - l, h - l),
        "upper_wick": ratio(h - np.maximum(o, c), h - l),
        "lower_wick": ratio(np.minimum(o, c) - l, h - l),
        "multi_body_4": ratio(c - begin, high - low),
        "multi_upper_4": ratio(high - np.maximum(begin, c), high - low),
        "multi_lower_4": ratio(np.minimum(begin, c) - low, high - low),
        "multi_location_4": ratio(2 * c - high - low, high - low),
    }


def time(d):
    stamp = d["unix"].astype("datetime64[s]")
    hour = (stamp - stamp.astype("datetime64[D]")).astype(int) / 3600
    monday = np.datetime64("2021-03-29T00:00", "s")
    week = (stamp - monday).astype(int) / (7 * 86_400) % 1
    return {
        "halfday_sin": np.sin(2 * np.pi * hour / 12),
        "halfday_cos": np.cos(2 * np.pi * hour / 12),
        "week_sin": np.sin(2 * np.pi * week),
        "week_cos": np.cos(2 * np.pi * week),
        "weekend": np.where(np.is_busday(stamp.astype("datetime64[D]")), 0.0, 1.0),
        "funding_phase": hour % 8 / 8,
    }


def funding(d):
    rate, interest = d["funding"], d["open_interest"]
    return {
        "funding_rate": rate,
        "funding_mean_24": mean(rate, 24),
        "funding_dev_24": rate - mean(rate, 24),
        "funding_mom_8": rate - lag(rate, 8),
        "funding_z_168": z_score(rate, 168),
        "funding_rank_168": rank(rate, 168),
        "oi_change_24": interest / lag(interest, 24) - 1,
        "oi_ratio_24": interest / mean(interest, 24) - 1,
        "oi_z_168": z_score(interest, 168),
    }


def interaction(d):
    h, l, c, v = d["high"], d["low"], d["close"], d["volume"]
    rate, interest, r = d["funding"], d["open_interest"], log_return(c)
    adx = talib.ADX(h, l, c, 14)
    high, low = roll(24, np.max, h), roll(24, np.min, l)
    surprise = np.log(1 + v / mean(v, 24))
    return {
        "funding_oi_24": (rate - mean(rate, 24)) * (interest / lag(interest, 24) - 1),
        "funding_reversal_168": -z_score(rate, 168) * z_score(c, 168),
        "volume_profile_480": v / seasonal(v, d["unix"], 480) - 1,
        "pv_divergence_24": z_score(c, 24) - z_score(talib.OBV(c, v), 24),
        "reversal_volume_2": -log_return(c, 2) / (np.sqrt(2) * rms(r, 24)) * surprise,
        "reversal_regime_2": reversal(d, 2) * (rms(r, 24) / rms(r, 168) - 1),
        "reversal_trend_2": reversal(d, 2) * adx / 100,
        "reversal_range_2": reversal(d, 2) * (2 * c - high - low) / (high - low),
        "rsi_adx_14": (talib.RSI(c, 14) - 50) / 50 * adx / 100,
    }


def cross(d):
    c, v, other, third = d["close"], d["volume"], d["other_close"], d["third_close"]
    r, q = log_return(c), log_return(other)
    slope = beta(q, r, 168)
    residual = r - slope * q
    own, first, second = (log_return(x, 24) for x in (c, other, third))
    basis = other / c - 1
    return {
        "other_ret_1@OTHER": other / lag(other, 1) - 1,
        "relative_ret_1@OTHER": r - q,
        "relative_z_168@OTHER": z_score(np.log(c / other), 168),
        "other_corr_24@OTHER": correlation(r, q, 24),
        "other_lead_24@OTHER": correlation(r, lag(q, 1), 24),
        "other_beta_168@OTHER": slope,
        "other_residual_168@OTHER": residual,
        "residual_z_168_4@OTHER": roll(4, np.sum, residual) / (2 * rms(residual, 168)),
        "basis@THIRD": d["third_close"] / c - 1,
        "basis_dev_24@THIRD": third / c - 1 - mean(third / c - 1, 24),
        "basis_z_24@OTHER": z_score(basis, 24),
        "volume_share_z_24@OTHER": z_score(d["other_volume"] / (d["other_volume"] + v), 24),
        "xs_rank_24@OTHER+THIRD": (np.sign(own - first) + np.sign(own - second)) / 2,
        "xs_ret_24@OTHER+THIRD": (first + second) / 2,
        "xs_residual_24@OTHER+THIRD": own - (first + second) / 2,
    }


def transforms(d):
    r = log_return(d["close"]) / rms(log_return(d["close"]), 168)
    first = np.flatnonzero(np.isfinite(r))[0]
    smooth = np.concatenate([np.full(first, NAN), talib.EMA(r[first:], 10)])
    return {
        "retz_1_168|zscore(24)": z_score(r, 24),
        "retz_1_168|rank(24)": rank(r, 24),
        "retz_1_168|mean(10)": mean(r, 10),
        "retz_1_168|ema(10)": smooth,
        "retz_1_168|lag(3)": lag(r, 3),
        "retz_1_168|diff(3)": r - lag(r, 3),
        "retz_1_168|clip(1)": np.clip(r, -1, 1),
        "retz_1_168|abs": abs(r),
        "retz_1_168|sign": np.sign(r),
    }


def main():
    d = inputs(Path(sys.argv[1]))
    columns = modes(np.log(d["close"]))
    for family in (trend, momentum, volatility, volume, price, time, funding, interaction, cross, transforms):
        columns |= family(d)
    for name, values in (("inputs", d), ("definitions", columns)):
        pq.write_table(pa.table(values), HERE / f"{name}.parquet", compression="zstd", compression_level=19, use_dictionary=False)
    print(f"{len(columns)} columns, {ROWS} rows, {sum(not np.isfinite(d[k]).all() for k in d)} inputs with gaps")


if __name__ == "__main__":
    main()
