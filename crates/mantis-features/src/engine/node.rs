//! Operations of a graph.

use std::any::{Any, TypeId};
use std::fmt;
use std::ops::Range;

use super::graph::Slot;
use super::tape::Tape;

/// A causal operation on `N` parallel series with `M` results, with its state.
///
/// It sees maximal runs of rows in which all inputs are finite; after a row that is not, it starts anew. Its parameters must
/// show in its `Debug` form: two fresh kernels of one type that look alike are taken to be the same operation.
pub(crate) trait Kernel<const N: usize, const M: usize>:
    Clone + fmt::Debug + Send + 'static
{
    /// Rows before the newest that it reads.
    fn lookback(&self) -> usize {
        0
    }

    /// Whether it writes every row that it is given from now on, until a row is not finite.
    fn ready(&self) -> bool {
        false
    }

    /// What a row costs, about, when a function of one row costs 2. It decides how threads share a graph and no value.
    fn work(&self) -> usize {
        5
    }

    /// Takes the rows `rows` of `x`, which continue those taken before, and writes one value per row to each `out` (row
    /// `rows.start + i` to `out[i]`); what it does not write is NaN. However the rows are split into calls, the values are
    /// the same bits.
    fn advance(&mut self, x: [&[f64]; N], rows: Range<usize>, out: [&mut [f64]; M]);
}

/// An operation wired to its inputs and outputs.
pub(crate) trait Node: fmt::Debug + Send {
    /// Slots that it reads.
    fn inputs(&self) -> &[Slot];
    /// Rows before the newest that it reads of them.
    fn lookback(&self) -> usize;
    /// Reads `rows` fresh rows of its inputs and appends as many to its outputs.
    fn advance(&mut self, tapes: &mut [Tape], rows: usize);
    /// Forgets all rows.
    fn restart(&mut self);
    /// Number of outputs, which are neighbours, and the first of them.
    fn outputs(&self) -> (Slot, usize);
    /// Another one in the same state, for another engine.
    fn boxed(&self) -> Box<dyn Node>;
    /// See [`Kernel::work`].
    fn work(&self) -> usize {
        2
    }
}

/// What makes two operations the same one.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    operation: TypeId,
    parameters: String,
    inputs: Vec<Slot>,
}

impl Key {
    pub(crate) fn new<T: Any>(parameters: String, inputs: &[Slot]) -> Self {
        Self { operation: TypeId::of::<T>(), parameters, inputs: inputs.to_vec() }
    }
}

/// Inputs of a node, its first output, and how to reach them.
#[derive(Clone, Copy, Debug)]
struct Wires<const N: usize> {
    inputs: [Slot; N],
    output: Slot,
}

impl<const N: usize> Wires<N> {
    /// The inputs with up to `lookback` rows before the fresh ones, and the outputs' new rows.
    fn connect<'t, const M: usize>(
        &self,
        tapes: &'t mut [Tape],
        rows: usize,
        lookback: usize,
    ) -> ([&'t [f64]; N], [&'t mut [f64]; M]) {
        let (before, after) = tapes.split_at_mut(self.output.0);
        let before: &'t [Tape] = before;
        let x = self.inputs.map(|slot| before[slot.0].recent(lookback + rows));
        let mut outputs = after.iter_mut();
        let out = std::array::from_fn(|_| match outputs.next() {
            Some(tape) => tape.extend(rows),
            None => &mut [],
        });
        (x, out)
    }
}

/// A kernel on the runs of finite rows.
#[derive(Clone, Debug)]
pub(crate) struct Runs<K, const N: usize, const M: usize> {
    wires: Wires<N>,
    fresh: K,
    kernel: K,
    touched: bool,
}

impl<K: Kernel<N, M>, const N: usize, const M: usize> Runs<K, N, M> {
    pub(crate) fn new(kernel: K, inputs: [Slot; N], output: Slot) -> Self {
        let wires = Wires { inputs, output };
        Self { wires, fresh: kernel.clone(), kernel, touched: false }
    }
}

impl<K: Kernel<N, M>, const N: usize, const M: usize> Node for Runs<K, N, M> {
    fn inputs(&self) -> &[Slot] {
        &self.wires.inputs
    }

    fn lookback(&self) -> usize {
        self.kernel.lookback()
    }

    fn advance(&mut self, tapes: &mut [Tape], rows: usize) {
        let whole = self.wires.inputs.iter().all(|slot| tapes[slot.0].finite());
        let (x, mut out) = self.wires.connect::<M>(tapes, rows, self.kernel.lookback());
        let end = x[0].len();
        let at = end - rows;
        if !(whole && self.kernel.ready()) {
            out.iter_mut().for_each(|out| out.fill(f64::NAN));
        }
        if whole {
            self.touched = true;
            self.kernel.advance(x, at..end, out);
            return;
        }
        let finite = |row: &usize| x.iter().all(|x| x[*row].is_finite());
        let mut row = at;
        while row < end {
            if !finite(&row) {
                self.restart();
                row += 1;
                continue;
            }
            let stop = (row..end).find(|row| !finite(row)).unwrap_or(end);
            let part = out.each_mut().map(|out| &mut out[row - at..stop - at]);
            self.touched = true;
            self.kernel.advance(x, row..stop, part);
            row = stop;
        }
    }

    fn restart(&mut self) {
        if self.touched {
            self.kernel.clone_from(&self.fresh);
            self.touched = false;
        }
    }

    fn outputs(&self) -> (Slot, usize) {
        (self.wires.output, M)
    }

    fn boxed(&self) -> Box<dyn Node> {
        Box::new(self.clone())
    }

    fn work(&self) -> usize {
        self.kernel.work()
    }
}

/// A function of `N` values of one row; NaN when one of them is.
#[derive(Clone, Copy)]
pub(crate) struct Map<F, const N: usize> {
    wires: Wires<N>,
    constant: f64,
    function: F,
}

impl<F, const N: usize> fmt::Debug for Map<F, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Map({:?}, {})", self.wires, self.constant)
    }
}

impl<F: Fn([f64; N], f64) -> f64 + Send, const N: usize> Map<F, N> {
    pub(crate) fn new(function: F, constant: f64, inputs: [Slot; N], output: Slot) -> Self {
        Self { wires: Wires { inputs, output }, constant, function }
    }
}

impl<F: Fn([f64; N], f64) -> f64 + Copy + Send + 'static, const N: usize> Node for Map<F, N> {
    fn inputs(&self) -> &[Slot] {
        &self.wires.inputs
    }

    fn lookback(&self) -> usize {
        0
    }

    fn advance(&mut self, tapes: &mut [Tape], rows: usize) {
        let (x, [out]) = self.wires.connect::<1>(tapes, rows, 0);
        let x = x.map(|x| &x[..rows]);
        for (i, out) in out[..rows].iter_mut().enumerate() {
            let row: [f64; N] = std::array::from_fn(|k| x[k][i]);
            let known = row.iter().fold(true, |all, v| all & !v.is_nan());
            let value = (self.function)(row, self.constant);
            *out = if known { value } else { f64::NAN };
        }
    }

    fn restart(&mut self) {}

    fn outputs(&self) -> (Slot, usize) {
        (self.wires.output, 1)
    }

    fn boxed(&self) -> Box<dyn Node> {
        Box::new(*self)
    }
}

/// A function of the newest value and that of `n` rows before; NaN when one of them is, whatever lies between.
#[derive(Clone, Copy)]
pub(crate) struct Lagged<F> {
    wires: Wires<1>,
    n: usize,
    function: F,
}

impl<F> fmt::Debug for Lagged<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lagged({:?}, {})", self.wires, self.n)
    }
}

impl<F: Fn(f64, f64) -> f64 + Send> Lagged<F> {
    pub(crate) fn new(function: F, n: usize, input: Slot, output: Slot) -> Self {
        Self { wires: Wires { inputs: [input], output }, n, function }
    }
}

impl<F: Fn(f64, f64) -> f64 + Copy + Send + 'static> Node for Lagged<F> {
    fn inputs(&self) -> &[Slot] {
        &self.wires.inputs
    }

    fn lookback(&self) -> usize {
        self.n
    }

    fn advance(&mut self, tapes: &mut [Tape], rows: usize) {
        let ([x], [out]) = self.wires.connect::<1>(tapes, rows, self.n);
        let first = (x.len() - rows).max(self.n);
        let skipped = (first - (x.len() - rows)).min(rows);
        out[..skipped].fill(f64::NAN);
        if skipped == rows {
            return;
        }
        let (now, before) = (&x[first..], &x[first - self.n..x.len() - self.n]);
        for ((out, &now), &before) in out[skipped..].iter_mut().zip(now).zip(before) {
            let value = (self.function)(now, before);
            *out = if now.is_nan() | before.is_nan() { f64::NAN } else { value };
        }
    }

    fn restart(&mut self) {}

    fn outputs(&self) -> (Slot, usize) {
        (self.wires.output, 1)
    }

    fn boxed(&self) -> Box<dyn Node> {
        Box::new(*self)
    }
}
