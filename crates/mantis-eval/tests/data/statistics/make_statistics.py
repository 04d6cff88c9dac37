"""Reference values of the statistics of mantis-eval, from scikit-learn, SciPy and NumPy.

Usage: python make_statistics.py > statistics.json
"""

import itertools
import json
import sys

import numpy
import scipy
import sklearn
from scipy import stats
from sklearn.metrics import balanced_accuracy_score


def hexes(values):
    return [float(v) for v in numpy.ravel(values)]


def balanced(rng):
    p = numpy.round(rng.random(400), 2)
    up = rng.random(400) < 0.3 + 0.3 * p
    value = balanced_accuracy_score(up, p > 0.5)
    return {"up": [bool(u) for u in up], "p_up": hexes(p), "value": float(value)}


def ranks(rng):
    cases = []
    for n, digits in ((50, None), (300, 1), (7, 0)):
        a = rng.normal(size=n)
        b = 0.4 * a + rng.normal(size=n)
        if digits is not None:
            a, b = numpy.round(a, digits), numpy.round(b, digits)
        cases.append({
            "a": hexes(a),
            "b": hexes(b),
            "spearman": float(stats.spearmanr(a, b).statistic),
            "kendall": float(stats.kendalltau(a, b).statistic),
        })
    return cases


def distributions():
    x = [-8.0, -3.1, -1.0, -0.2, 0.0, 0.7, 2.5, 6.0]
    p = [1e-12, 1e-6, 0.001, 0.02, 0.0243, 0.3, 0.5, 0.8, 0.999, 0.999999]
    t = [(v, d) for v in (-4.0, -1.3, 0.0, 0.4, 2.2, 9.0) for d in (1.0, 3.0, 30.0, 4343.0)]
    return {
        "normal_cdf": [[v, float(stats.norm.cdf(v))] for v in x],
        "normal_quantile": [[v, float(stats.norm.ppf(v))] for v in p],
        "student_t_cdf": [[v, d, float(stats.t.cdf(v, d))] for v, d in t],
    }


def quantiles(rng):
    values = rng.normal(size=37)
    q = [0.0, 0.025, 0.31, 0.5, 0.975, 1.0]
    return {"values": hexes(values), "q": q, "expected": hexes(numpy.quantile(values, q))}


def diebold_mariano(rng):
    cases = []
    for n, h in ((60, 1), (250, 4), (1000, 24)):
        a, b = rng.random(n) ** 2, rng.random(n) ** 2 + 0.02
        d = a - b
        centred = d - d.mean()
        autocovariance = [float(centred[k:] @ centred[:n - k]) / n for k in range(h)]
        variance = (autocovariance[0] + 2 * sum(autocovariance[1:])) / n
        statistic = d.mean() / numpy.sqrt(variance)
        statistic *= numpy.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
        p = 2 * stats.t.sf(abs(statistic), n - 1)
        cases.append({
            "a": hexes(a), "b": hexes(b), "horizon": h,
            "difference": float(d.mean()), "statistic": float(statistic), "p_value": float(p),
        })
    return cases


def sharpe(rng):
    returns = rng.standard_t(4, size=500) * 0.01 + 0.0006
    trials = rng.normal(scale=0.03, size=40)
    ratio = returns.mean() / returns.std(ddof=1)
    skewness, kurtosis = stats.skew(returns), stats.kurtosis(returns, fisher=False)
    gamma = numpy.euler_gamma
    n = len(trials)
    expected = trials.std(ddof=1) * (
        (1 - gamma) * stats.norm.isf(1 / n) + gamma * stats.norm.isf(1 / (n * numpy.e))
    )
    spread = numpy.sqrt(1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2)

    def beyond(benchmark):
        z = (ratio - benchmark) * numpy.sqrt(len(returns) - 1) / spread
        return float(stats.norm.cdf(z))

    return {
        "returns": hexes(returns), "trials": hexes(trials), "sharpe": float(ratio),
        "skewness": float(skewness), "kurtosis": float(kurtosis),
        "expected_maximum": float(expected), "probabilistic": beyond(0.0), "deflated": beyond(expected),
    }


def overfitting(rng):
    rows, trials, blocks = 96, 7, 8
    table = rng.normal(size=(rows, trials)) + numpy.linspace(-0.1, 0.15, trials)
    parts = numpy.array_split(numpy.arange(rows), blocks)
    logits, losses = [], 0
    for inside in itertools.combinations(range(blocks), blocks // 2):
        rows_in = numpy.concatenate([parts[b] for b in inside])
        rows_out = numpy.setdiff1d(numpy.arange(rows), rows_in)
        best = int(numpy.argmax(table[rows_in].mean(axis=0)))
        outside = table[rows_out].mean(axis=0)
        rank = stats.rankdata(outside)[best] / (trials + 1)
        logits.append(float(numpy.log(rank / (1 - rank))))
        losses += outside[best] < 0
    return {
        "table": hexes(table), "trials": trials, "blocks": blocks, "logits": logits,
        "probability": float(numpy.mean(numpy.array(logits) <= 0)),
        "loss_probability": float(losses / len(logits)),
    }


rng = numpy.random.default_rng(7)
result = {
    "versions": {"numpy": numpy.__version__, "scipy": scipy.__version__, "sklearn": sklearn.__version__},
    "balanced_accuracy": balanced(rng),
    "ranks": ranks(rng),
    "distributions": distributions(),
    "quantile": quantiles(rng),
    "diebold_mariano": diebold_mariano(rng),
    "sharpe": sharpe(rng),
    "overfitting": overfitting(rng),
}
json.dump(result, sys.stdout)
print()
