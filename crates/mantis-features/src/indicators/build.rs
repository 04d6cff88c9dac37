//! How indicators are composed.

use std::ops::{Deref, DerefMut};

use crate::engine::{BarField, Graph, Leaf, ModeField, Slot};
use crate::kernels::{
    Comoment, Ema, Extreme, Mean, Rank, ShareOfVolume, Sliding, Sum, Variance, VolumeWeighted,
    Wilder,
};

/// What an indicator is built from: the graph, its own parameters and the symbols that it reads beside its own.
#[derive(Debug)]
pub(crate) struct Build<'a> {
    pub(crate) graph: &'a mut Graph,
    pub(crate) params: &'a [usize],
    pub(crate) others: &'a [String],
}

impl Deref for Build<'_> {
    type Target = Graph;

    fn deref(&self) -> &Graph {
        self.graph
    }
}

impl DerefMut for Build<'_> {
    fn deref_mut(&mut self) -> &mut Graph {
        self.graph
    }
}

impl Build<'_> {
    /// Parameter `i` in the indicator's order.
    pub(crate) fn p(&self, i: usize) -> usize {
        self.params[i]
    }

    pub(crate) fn time(&mut self) -> Slot {
        self.leaf(Leaf::Time)
    }

    pub(crate) fn open(&mut self) -> Slot {
        self.leaf(Leaf::Own(BarField::Open))
    }

    pub(crate) fn high(&mut self) -> Slot {
        self.leaf(Leaf::Own(BarField::High))
    }

    pub(crate) fn low(&mut self) -> Slot {
        self.leaf(Leaf::Own(BarField::Low))
    }

    pub(crate) fn close(&mut self) -> Slot {
        self.leaf(Leaf::Own(BarField::Close))
    }

    pub(crate) fn volume(&mut self) -> Slot {
        self.leaf(Leaf::Own(BarField::Volume))
    }

    /// A column of the first other symbol.
    pub(crate) fn other(&mut self, field: BarField) -> Slot {
        let symbol = self.others.first().cloned().unwrap_or_default();
        self.leaf(Leaf::Other(symbol, field))
    }

    /// The closes of all other symbols.
    pub(crate) fn other_closes(&mut self) -> Vec<Slot> {
        let others = self.others;
        others.iter().map(|s| self.graph.leaf(Leaf::Other(s.clone(), BarField::Close))).collect()
    }

    pub(crate) fn funding(&mut self) -> Slot {
        self.leaf(Leaf::Funding)
    }

    pub(crate) fn open_interest(&mut self) -> Slot {
        self.leaf(Leaf::OpenInterest)
    }

    pub(crate) fn taker_buy(&mut self) -> Slot {
        self.leaf(Leaf::TakerBuy)
    }

    pub(crate) fn mode(&mut self, field: ModeField) -> Slot {
        let mode = self.p(0);
        self.leaf(Leaf::Mode(field, mode))
    }

    /// ln(close / previous close).
    pub(crate) fn log_return(&mut self) -> Slot {
        let close = self.close();
        self.log_change(close, 1)
    }

    pub(crate) fn log_close(&mut self) -> Slot {
        let close = self.close();
        self.log(close)
    }

    /// Logarithms of open, high, low and close.
    pub(crate) fn log_bar(&mut self) -> [Slot; 4] {
        let bar = [self.open(), self.high(), self.low(), self.close()];
        bar.map(|x| self.log(x))
    }

    /// (high + low + close) / 3.
    pub(crate) fn typical_price(&mut self) -> Slot {
        let bar = [self.high(), self.low(), self.close()];
        self.map(bar, |[h, l, c]| (h + l + c) / 3.0)
    }

    /// max(high, previous close) - min(low, previous close).
    pub(crate) fn true_range(&mut self) -> Slot {
        let close = self.close();
        let bar = [self.high(), self.low(), self.lag(close, 1)];
        self.map(bar, |[h, l, c]| h.max(c) - l.min(c))
    }

    pub(crate) fn atr(&mut self, n: usize) -> Slot {
        let range = self.true_range();
        self.wilder(range, n)
    }

    /// Parkinson's volatility per bar over n rows.
    pub(crate) fn parkinson(&mut self, n: usize) -> Slot {
        let (high, low) = (self.high(), self.low());
        let bar = [self.log(high), self.log(low)];
        let square = self.map(bar, |[h, l]| (h - l) * (h - l) / (4.0 * std::f64::consts::LN_2));
        self.root_mean(square, n)
    }

    /// Root mean square of n log returns.
    pub(crate) fn volatility(&mut self, n: usize) -> Slot {
        let r = self.log_return();
        let square = self.map([r], |[r]| r * r);
        self.root_mean(square, n)
    }

    /// Log return over n rows in units of its expected size, from the root mean square of w one-row log returns.
    pub(crate) fn scaled_return(&mut self, n: usize, w: usize) -> Slot {
        let close = self.close();
        let moved = self.log_change(close, n);
        let expected = self.volatility(w);
        self.map_with([moved, expected], (n as f64).sqrt(), |[moved, expected], root| {
            ratio_or_zero(moved, expected * root)
        })
    }
}

/// `a / b`, and 0 where `b` is 0: the neutral value of a ratio that measures a deviation.
pub(crate) fn ratio_or_zero(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

/// -1, 0 or 1.
pub(crate) fn sign(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        0.0
    }
}

impl Graph {
    pub(crate) fn sub(&mut self, a: Slot, b: Slot) -> Slot {
        self.map([a, b], |[a, b]| a - b)
    }

    pub(crate) fn mul(&mut self, a: Slot, b: Slot) -> Slot {
        self.map([a, b], |[a, b]| a * b)
    }

    /// a / b.
    pub(crate) fn div(&mut self, a: Slot, b: Slot) -> Slot {
        self.map([a, b], |[a, b]| a / b)
    }

    /// a / b, 0 where b is 0.
    pub(crate) fn ratio(&mut self, a: Slot, b: Slot) -> Slot {
        self.map([a, b], |[a, b]| ratio_or_zero(a, b))
    }

    /// a / b - 1.
    pub(crate) fn against(&mut self, a: Slot, b: Slot) -> Slot {
        self.map([a, b], |[a, b]| a / b - 1.0)
    }

    pub(crate) fn abs(&mut self, x: Slot) -> Slot {
        self.map([x], |[x]| x.abs())
    }

    pub(crate) fn sign(&mut self, x: Slot) -> Slot {
        self.map([x], |[x]| sign(x))
    }

    /// The value n rows before.
    pub(crate) fn lag(&mut self, x: Slot, n: usize) -> Slot {
        self.lagged(x, n, |_, before| before)
    }

    /// x - x n rows before.
    pub(crate) fn change(&mut self, x: Slot, n: usize) -> Slot {
        self.lagged(x, n, |now, before| now - before)
    }

    /// x / x n rows before - 1.
    pub(crate) fn relative_change(&mut self, x: Slot, n: usize) -> Slot {
        self.lagged(x, n, |now, before| now / before - 1.0)
    }

    /// ln(x / x n rows before).
    pub(crate) fn log_change(&mut self, x: Slot, n: usize) -> Slot {
        let log = self.log(x);
        self.change(log, n)
    }

    /// Natural logarithm; logarithms of prices are shared by many columns, and differences of them stand for those of ratios.
    pub(crate) fn log(&mut self, x: Slot) -> Slot {
        self.map([x], |[x]| x.ln())
    }

    pub(crate) fn sum(&mut self, x: Slot, n: usize) -> Slot {
        self.run1([x], Sliding::new(n, Sum))
    }

    pub(crate) fn mean(&mut self, x: Slot, n: usize) -> Slot {
        self.run1([x], Sliding::new(n, Mean))
    }

    /// x - its mean of n rows.
    pub(crate) fn less_mean(&mut self, x: Slot, n: usize) -> Slot {
        let mean = self.mean(x, n);
        self.sub(x, mean)
    }

    /// Square root of the n-row mean; a mean below 0 by rounding counts as 0.
    pub(crate) fn root_mean(&mut self, x: Slot, n: usize) -> Slot {
        let mean = self.mean(x, n);
        self.map([mean], |[m]| if m < 0.0 { 0.0 } else { m.sqrt() })
    }

    pub(crate) fn ema(&mut self, x: Slot, n: usize) -> Slot {
        self.run1([x], Ema::new(n))
    }

    pub(crate) fn wilder(&mut self, x: Slot, n: usize) -> Slot {
        self.run1([x], Wilder::new(n))
    }

    /// Mean and sum of squared deviations of n rows.
    pub(crate) fn variance(&mut self, x: Slot, n: usize) -> [Slot; 2] {
        self.run([x], Sliding::new(n, Variance::default()))
    }

    /// Standard deviation of n rows with divisor n - ddof.
    pub(crate) fn deviation(&mut self, x: Slot, n: usize, ddof: usize) -> Slot {
        let [_, squares] = self.variance(x, n);
        let share = 1.0 / (n - ddof) as f64;
        self.map_with([squares], share, |[squares], share| (squares * share).sqrt())
    }

    /// (newest - mean) / population standard deviation of n rows; 0 in a flat window.
    pub(crate) fn z_score(&mut self, x: Slot, n: usize) -> Slot {
        let [mean, squares] = self.variance(x, n);
        self.map_with([x, mean, squares], n as f64, |[x, mean, squares], n| {
            if squares > 0.0 { (x - mean) / (squares / n).sqrt() } else { 0.0 }
        })
    }

    /// Pearson correlation of n pairs; 0 when one side is flat (TA-Lib's convention).
    pub(crate) fn correlation(&mut self, x: Slot, y: Slot, n: usize) -> Slot {
        let moments = self.run([x, y], Sliding::new(n, Comoment::default()));
        self.map(moments, |[xx, yy, xy]| {
            let product = xx * yy;
            if product > 0.0 { (xy / product.sqrt()).clamp(-1.0, 1.0) } else { 0.0 }
        })
    }

    /// Least-squares slope of y on x over n pairs; 0 when x is flat.
    pub(crate) fn beta(&mut self, x: Slot, y: Slot, n: usize) -> Slot {
        let [xx, _, xy] = self.run([x, y], Sliding::new(n, Comoment::default()));
        self.map([xx, xy], |[xx, xy]| if xx > 0.0 { xy / xx } else { 0.0 })
    }

    /// Sum of `part` over sum of `whole` of n rows; 0 where that is 0.
    pub(crate) fn share(&mut self, part: Slot, whole: Slot, n: usize) -> Slot {
        self.run1([part, whole], Sliding::new(n, ShareOfVolume))
    }

    /// Mean of x weighted by `weight` over n rows; NaN where the weights sum to 0.
    pub(crate) fn weighted_mean(&mut self, x: Slot, weight: Slot, n: usize) -> Slot {
        self.run1([x, weight], Sliding::new(n, VolumeWeighted))
    }

    pub(crate) fn highest(&mut self, x: Slot, n: usize) -> Slot {
        self.run1([x], Extreme::largest(n))
    }

    pub(crate) fn lowest(&mut self, x: Slot, n: usize) -> Slot {
        self.run1([x], Extreme::smallest(n))
    }

    pub(crate) fn rank(&mut self, x: Slot, n: usize) -> Slot {
        self.run1([x], Rank::new(n))
    }

    /// (x - low) / (high - low), NaN without width.
    pub(crate) fn position(&mut self, x: Slot, low: Slot, high: Slot) -> Slot {
        self.map(
            [x, low, high],
            |[x, low, high]| {
                if high == low { f64::NAN } else { (x - low) / (high - low) }
            },
        )
    }
}
