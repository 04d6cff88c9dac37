//! Several columns of one frame.

use std::thread::{self, available_parallelism};

use super::ColumnSpec;
use crate::engine::{BATCH_BLOCK, Engine, Graph, Slot};
use crate::indicators::Source;
use crate::{Error, Result};

/// Columns of one frame, wired together so that what they share is computed once, with memory that is used again.
///
/// ```
/// use mantis_data::Timestamp;
/// use mantis_features::indicators::Source;
/// use mantis_features::registry::{ColumnSpec, Columns};
///
/// let time: Vec<_> = (0..40).map(|i| Timestamp::from_micros(i * 3_600_000_000)).collect();
/// let x: Vec<f64> = (0..40).map(|i| 100.0 + f64::from(i % 7)).collect();
/// let source = Source::new(&time, [&x; 5])?;
/// let specs = ["sma_5", "rsi_14"].map(|name| ColumnSpec::parse(name).expect("it is in the registry"));
/// let mut columns = Columns::new(&specs)?;
/// let mut out = vec![Vec::new(); 2];
/// columns.compute_into(&source, &mut out)?;
/// assert_eq!((out[0].len(), out[1].iter().position(|v| v.is_finite())), (40, Some(14)));
/// # Ok::<(), mantis_features::Error>(())
/// ```
#[derive(Debug)]
pub struct Columns {
    /// Each computes its share of the columns, of which it knows the places.
    engines: Vec<(Vec<usize>, Engine)>,
}

impl Columns {
    /// Wires columns together.
    ///
    /// # Errors
    /// [`Error::NeedsPanel`] for a column of another symbol's bars or of another timeframe.
    pub fn new(specs: &[ColumnSpec]) -> Result<Self> {
        Self::with_threads(specs, 1)
    }

    /// As [`Columns::new`], computed by that many threads (0: one for each core); the values are the same bits.
    ///
    /// # Errors
    /// As [`Columns::new`].
    pub fn with_threads(specs: &[ColumnSpec], threads: usize) -> Result<Self> {
        let foreign = |spec: &&ColumnSpec| spec.timeframe().is_some() || !spec.home("").is_empty();
        if let Some(spec) = specs.iter().find(foreign) {
            return Err(Error::NeedsPanel { column: spec.name() });
        }
        let mut graph = Graph::default();
        let outputs: Vec<Slot> = specs.iter().map(|spec| spec.build(&mut graph)).collect();
        Ok(Self::of_graph(&graph, &outputs, threads))
    }

    pub(crate) fn of_graph(graph: &Graph, outputs: &[Slot], threads: usize) -> Self {
        let threads = match threads {
            0 => available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        Self { engines: graph.engines(outputs, BATCH_BLOCK, threads) }
    }

    /// Computes all columns over the rows of a source.
    ///
    /// # Errors
    /// [`Error::MissingInput`] when the source lacks a series that a column reads, [`Error::Mode`] for a mode that it lacks.
    pub fn compute(&mut self, source: &Source<'_>) -> Result<Vec<Vec<f64>>> {
        // Zeros come from the system without being written.
        let zeros = || vec![0.0; source.len()];
        let mut out: Vec<_> = std::iter::repeat_with(zeros).take(self.len()).collect();
        self.compute_into(source, &mut out)?;
        Ok(out)
    }

    /// As [`Columns::compute`], into vectors of the caller, whose old values are dropped and whose memory is used again.
    ///
    /// # Errors
    /// As [`Columns::compute`], and [`Error::Length`] when there is not one vector per column.
    pub fn compute_into(&mut self, source: &Source<'_>, out: &mut [Vec<f64>]) -> Result<()> {
        let (got, expected) = (out.len(), self.len());
        if got != expected {
            return Err(Error::Length { what: "columns", input: "output vectors", got, expected });
        }
        let mut places: Vec<Option<&mut Vec<f64>>> = out.iter_mut().map(Some).collect();
        let mut shares = Vec::with_capacity(self.engines.len());
        for (own, engine) in &mut self.engines {
            let leaves: Vec<&[f64]> =
                engine.leaves().map(|leaf| source.leaf(leaf)).collect::<Result<_>>()?;
            let out: Vec<&mut Vec<f64>> = own.iter().filter_map(|&k| places[k].take()).collect();
            shares.push((engine, leaves, out));
        }
        let rows = source.len();
        let last = shares.pop();
        thread::scope(|scope| {
            for (engine, leaves, mut out) in shares {
                scope.spawn(move || engine.run(&leaves, rows, &mut out));
            }
            if let Some((engine, leaves, mut out)) = last {
                engine.run(&leaves, rows, &mut out);
            }
        });
        Ok(())
    }

    /// Number of columns.
    fn len(&self) -> usize {
        self.engines.iter().map(|(own, _)| own.len()).sum()
    }
}
