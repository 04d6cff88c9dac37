//! What can be done to a column after its indicator: `rsi_14|zscore(168)`.

use std::fmt;

use super::{Cost, Drift};
use crate::engine::{Graph, Slot};

/// One row of the table of transforms.
#[derive(Clone, Copy, Debug)]
pub struct Transform {
    /// Name.
    pub name: &'static str,
    /// Formula in one line.
    pub doc: &'static str,
    /// Least value of its parameter; none if it takes none.
    pub least: Option<usize>,
    /// Whether the result has no unit whatever the input's.
    pub scale_free: bool,
    /// Work per row.
    pub cost: Cost,
    /// How values depend on where the history starts, beyond what the input's do.
    pub drift: Drift,
    warmup: fn(usize) -> usize,
    build: fn(&mut Graph, Slot, usize) -> Slot,
}

impl PartialEq for Transform {
    /// Names are unique.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Transform {}

const fn transform(
    name: &'static str,
    doc: &'static str,
    least: Option<usize>,
    scale_free: bool,
    warmup: fn(usize) -> usize,
    build: fn(&mut Graph, Slot, usize) -> Slot,
) -> Transform {
    let (cost, drift) = (Cost::Constant, Drift::None);
    Transform { name, doc, least, scale_free, cost, drift, warmup, build }
}

const TABLE: &[Transform] = &[
    transform(
        "zscore",
        "(x - mean) / population standard deviation of n rows, 0 when flat",
        Some(2),
        true,
        |n| n - 1,
        |g, x, n| g.z_score(x, n),
    ),
    Transform {
        cost: Cost::Window,
        ..transform(
            "rank",
            "rank among n rows, -1 lowest .. 1 highest",
            Some(2),
            true,
            |n| n - 1,
            |g, x, n| g.rank(x, n),
        )
    },
    transform("mean", "mean of n rows", Some(1), false, |n| n - 1, |g, x, n| g.mean(x, n)),
    Transform {
        drift: Drift::Fades(|p| 12 * p[0]),
        ..transform("ema", "EMA(n)", Some(1), false, |n| n - 1, |g, x, n| g.ema(x, n))
    },
    transform("lag", "the value n rows before", Some(1), false, |n| n, |g, x, n| g.lag(x, n)),
    transform("diff", "x - that of n rows before", Some(1), false, |n| n, |g, x, n| g.change(x, n)),
    transform(
        "clip",
        "held within -n..n",
        Some(1),
        false,
        |_| 0,
        |g, x, n| g.map_with([x], n as f64, |[x], n| x.clamp(-n, n)),
    ),
    transform("abs", "size", None, false, |_| 0, |g, x, _| g.abs(x)),
    transform("sign", "-1, 0 or 1", None, true, |_| 0, |g, x, _| g.sign(x)),
];

/// All transforms.
pub fn transforms() -> impl Iterator<Item = &'static Transform> {
    TABLE.iter()
}

/// A transform with its parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    pub(super) transform: &'static Transform,
    pub(super) n: usize,
}

impl Applied {
    /// The row of the table.
    #[must_use]
    pub fn transform(&self) -> &'static Transform {
        self.transform
    }

    /// Rows that it adds to the warm-up.
    #[must_use]
    pub fn warmup(&self) -> usize {
        (self.transform.warmup)(self.n)
    }

    /// See [`ColumnSpec::settles`](super::ColumnSpec::settles).
    pub(super) fn settles(&self) -> Option<usize> {
        self.transform.drift.rows(&[self.n])
    }

    pub(crate) fn build(&self, graph: &mut Graph, x: Slot) -> Slot {
        (self.transform.build)(graph, x, self.n)
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.transform.least {
            Some(_) => write!(f, "{}({})", self.transform.name, self.n),
            None => f.write_str(self.transform.name),
        }
    }
}
