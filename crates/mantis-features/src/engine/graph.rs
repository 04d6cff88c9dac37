//! Building a graph, and running it.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;

use super::BATCH_BLOCK;
use super::leaf::Leaf;
use super::node::{Kernel, Key, Lagged, Map, Node, Runs};
use super::tape::Tape;

/// A series of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Slot(pub(super) usize);

/// Operations in an order in which each follows those that it reads.
#[derive(Default)]
pub(crate) struct Graph {
    nodes: Vec<Box<dyn Node>>,
    leaves: Vec<(Leaf, Slot)>,
    known: HashMap<Key, Slot>,
    slots: usize,
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph")
            .field("nodes", &self.nodes.len())
            .field("slots", &self.slots)
            .finish()
    }
}

impl Graph {
    fn allot(&mut self, slots: usize) -> Slot {
        let first = Slot(self.slots);
        self.slots += slots;
        first
    }

    /// An input series.
    pub(crate) fn leaf(&mut self, leaf: Leaf) -> Slot {
        match self.leaves.iter().find(|(known, _)| *known == leaf) {
            Some(&(_, slot)) => slot,
            None => {
                let slot = self.allot(1);
                self.leaves.push((leaf, slot));
                slot
            }
        }
    }

    /// The input series asked for so far.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.leaves.iter().map(|(leaf, _)| leaf)
    }

    fn add<T: Any>(
        &mut self,
        parameters: String,
        inputs: &[Slot],
        outputs: usize,
        node: impl FnOnce(Slot) -> Box<dyn Node>,
    ) -> Slot {
        let key = Key::new::<T>(parameters, inputs);
        if let Some(&slot) = self.known.get(&key) {
            return slot;
        }
        let slot = self.allot(outputs);
        self.nodes.push(node(slot));
        self.known.insert(key, slot);
        slot
    }

    /// The results of a kernel.
    pub(crate) fn run<K: Kernel<N, M>, const N: usize, const M: usize>(
        &mut self,
        inputs: [Slot; N],
        kernel: K,
    ) -> [Slot; M] {
        let parameters = format!("{kernel:?}");
        let first =
            self.add::<K>(parameters, &inputs, M, |slot| Box::new(Runs::new(kernel, inputs, slot)));
        std::array::from_fn(|k| Slot(first.0 + k))
    }

    /// The result of a kernel that has one.
    pub(crate) fn run1<K: Kernel<N, 1>, const N: usize>(
        &mut self,
        inputs: [Slot; N],
        kernel: K,
    ) -> Slot {
        let [out] = self.run(inputs, kernel);
        out
    }

    /// A function of the values of each row, NaN where one of them is. The closure must capture nothing.
    pub(crate) fn map<F, const N: usize>(&mut self, inputs: [Slot; N], function: F) -> Slot
    where
        F: Fn([f64; N]) -> f64 + Copy + Send + 'static,
    {
        const { assert!(size_of::<F>() == 0, "a captured value would not show in the key") };
        self.add::<F>(String::new(), &inputs, 1, |slot| {
            Box::new(Map::new(move |x, _| function(x), 0.0, inputs, slot))
        })
    }

    /// As [`Graph::map`], of the row's values and a constant.
    pub(crate) fn map_with<F, const N: usize>(
        &mut self,
        inputs: [Slot; N],
        constant: f64,
        function: F,
    ) -> Slot
    where
        F: Fn([f64; N], f64) -> f64 + Copy + Send + 'static,
    {
        const { assert!(size_of::<F>() == 0, "a captured value would not show in the key") };
        self.add::<F>(format!("{constant:?}"), &inputs, 1, |slot| {
            Box::new(Map::new(function, constant, inputs, slot))
        })
    }

    /// `function(now, n rows before)`, NaN where one of the two is. The closure must capture nothing.
    pub(crate) fn lagged<F>(&mut self, input: Slot, n: usize, function: F) -> Slot
    where
        F: Fn(f64, f64) -> f64 + Copy + Send + 'static,
    {
        const { assert!(size_of::<F>() == 0, "a captured value would not show in the key") };
        self.add::<F>(format!("{n}"), &[input], 1, |slot| {
            Box::new(Lagged::new(function, n, input, slot))
        })
    }

    /// The machine that computes `outputs`, advanced by at most `block` rows at a time.
    pub(crate) fn engine(&self, outputs: &[Slot], block: usize) -> Engine {
        let mut needed = vec![false; self.slots];
        outputs.iter().for_each(|slot| needed[slot.0] = true);
        let mut nodes: Vec<Box<dyn Node>> = Vec::new();
        for node in self.nodes.iter().rev() {
            let (first, count) = node.outputs();
            if needed[first.0..first.0 + count].contains(&true) {
                node.inputs().iter().for_each(|slot| needed[slot.0] = true);
                nodes.push(node.boxed());
            }
        }
        nodes.reverse();
        let leaves = self.leaves.iter().filter(|(_, slot)| needed[slot.0]).cloned().collect();
        let mut keep = vec![0; self.slots];
        for node in &nodes {
            for slot in node.inputs() {
                keep[slot.0] = keep[slot.0].max(node.lookback());
            }
        }
        let tape = |(keep, needed)| if needed { Tape::new(keep, block) } else { Tape::new(0, 0) };
        let tapes = keep.into_iter().zip(needed).map(tape).collect();
        Engine { nodes, leaves, tapes, outputs: outputs.to_vec() }
    }

    /// At most `parts` machines that share the work of [`Graph::engine`], each with the places in `outputs` of those that it computes.
    /// What two machines need both compute.
    ///
    /// The dearest output comes first, and each goes where it is done soonest: to the machine with the least work, or to one that
    /// makes most of what it needs anyway.
    pub(crate) fn engines(
        &self,
        outputs: &[Slot],
        block: usize,
        parts: usize,
    ) -> Vec<(Vec<usize>, Engine)> {
        let needs = self.needs(outputs);
        let work_of =
            |nodes: &[usize]| nodes.iter().map(|&at| self.nodes[at].work()).sum::<usize>();
        let mut order: Vec<usize> = (0..outputs.len()).collect();
        order.sort_by_key(|&k| std::cmp::Reverse(work_of(&needs[k])));
        let mut made = vec![vec![false; self.nodes.len()]; parts.min(outputs.len())];
        let mut load = vec![0; made.len()];
        let mut places = vec![Vec::new(); made.len()];
        for k in order {
            let until = |part: usize| {
                let fresh = needs[k].iter().filter(|&&at| !made[part][at]);
                load[part] + fresh.map(|&at| self.nodes[at].work()).sum::<usize>() + 1
            };
            let Some((soonest, part)) = (0..load.len()).map(|part| (until(part), part)).min()
            else {
                break;
            };
            load[part] = soonest;
            needs[k].iter().for_each(|&at| made[part][at] = true);
            places[part].push(k);
        }
        let with_engine = |mut places: Vec<usize>| {
            places.sort_unstable();
            let own: Vec<Slot> = places.iter().map(|&k| outputs[k]).collect();
            let engine = self.engine(&own, block);
            (places, engine)
        };
        places.into_iter().filter(|places| !places.is_empty()).map(with_engine).collect()
    }

    /// For each slot the nodes that must have run.
    fn needs(&self, slots: &[Slot]) -> Vec<Vec<usize>> {
        let mut maker = vec![None; self.slots];
        for (at, node) in self.nodes.iter().enumerate() {
            let (first, count) = node.outputs();
            maker[first.0..first.0 + count].fill(Some(at));
        }
        let of = |slot: &Slot| {
            let (mut needed, mut open) = (Vec::new(), vec![*slot]);
            while let Some(slot) = open.pop() {
                if let Some(at) = maker[slot.0].filter(|at| !needed.contains(at)) {
                    needed.push(at);
                    open.extend(self.nodes[at].inputs());
                }
            }
            needed
        };
        slots.iter().map(of).collect()
    }
}

/// A graph with its state.
pub(crate) struct Engine {
    nodes: Vec<Box<dyn Node>>,
    leaves: Vec<(Leaf, Slot)>,
    tapes: Vec<Tape>,
    outputs: Vec<Slot>,
}

impl Clone for Engine {
    fn clone(&self) -> Self {
        let nodes = self.nodes.iter().map(|node| node.boxed()).collect();
        let (leaves, tapes) = (self.leaves.clone(), self.tapes.clone());
        Self { nodes, leaves, tapes, outputs: self.outputs.clone() }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("nodes", &self.nodes.len())
            .field("series", &self.tapes.len())
            .field("outputs", &self.outputs.len())
            .finish()
    }
}

impl Engine {
    /// The input series, in the order in which [`Engine::advance`] asks for them.
    pub(crate) fn leaves(&self) -> impl ExactSizeIterator<Item = &Leaf> {
        self.leaves.iter().map(|(leaf, _)| leaf)
    }

    /// Takes `rows` further rows; `fill(k, out)` writes those of input series `k`.
    pub(crate) fn advance(&mut self, rows: usize, mut fill: impl FnMut(usize, &mut [f64])) {
        for (k, (_, slot)) in self.leaves.iter().enumerate() {
            fill(k, self.tapes[slot.0].extend(rows));
        }
        for node in &mut self.nodes {
            node.advance(&mut self.tapes, rows);
        }
    }

    /// Takes all `rows` rows of the inputs from the first on, in blocks, and leaves output `k` in `out[k]`, whose old values are
    /// dropped and whose memory is used again.
    pub(crate) fn run(&mut self, leaves: &[&[f64]], rows: usize, out: &mut [&mut Vec<f64>]) {
        self.restart();
        // Outputs are written where they are to stay. What stands twice is copied.
        let first = |slot: &Slot| self.outputs.iter().position(|s| s == slot);
        let places: Vec<Option<usize>> = self.outputs.iter().map(first).collect();
        for (k, (slot, place)) in self.outputs.iter().zip(&places).enumerate() {
            if *place == Some(k) {
                self.tapes[slot.0].borrow_memory(std::mem::take(out[k]), rows);
            }
        }
        let mut row = 0;
        while row < rows {
            let block = BATCH_BLOCK.min(rows - row);
            self.advance(block, |k, tape| tape.copy_from_slice(&leaves[k][row..row + block]));
            row += block;
        }
        for (k, (slot, place)) in self.outputs.iter().zip(&places).enumerate() {
            match *place {
                Some(first) if first < k => {
                    let (made, rest) = out.split_at_mut(k);
                    rest[0].clone_from(made[first]);
                }
                _ => *out[k] = self.tapes[slot.0].return_memory(),
            }
        }
    }

    /// Output `k` at the rows last taken.
    pub(crate) fn output(&self, k: usize) -> &[f64] {
        self.tapes[self.outputs[k].0].fresh()
    }

    /// Forgets all rows.
    pub(crate) fn restart(&mut self) {
        self.nodes.iter_mut().for_each(|node| node.restart());
        self.tapes.iter_mut().for_each(Tape::clear);
    }
}
