//! Greedy construction of the TMFG.

use ndarray::{Array2, ArrayView1};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

const WHAT: &str = "TMFG";

/// An undirected edge with `from < to`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// Lower node.
    pub from: usize,
    /// Higher node.
    pub to: usize,
    /// Weight of the pair in the similarity matrix.
    pub weight: f64,
}

/// A triangulated maximally filtered graph over the nodes `0..nodes`.
///
/// It is planar and chordal: `p - 3` four-cliques glued at `p - 4` triangles, `3 p - 6` edges.
/// Method: Massara, Di Matteo and Aste (2016), "Network Filtering for Big Data: Triangulated Maximally Filtered
/// Graph", *Journal of Complex Networks* 5(2), 161.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tmfg {
    /// Number of nodes, `p`.
    pub nodes: usize,
    /// The seed (strongest node first), then one clique per inserted node: the node and the face it was put into.
    pub cliques: Vec<[usize; 4]>,
    /// The face of each insertion: clique `i + 1` meets the earlier ones in separator `i`.
    pub separators: Vec<[usize; 3]>,
    /// Edges, sorted by `from`, then `to`.
    pub edges: Vec<Edge>,
}

/// Builds the TMFG of a symmetric similarity matrix (`p x p`, `p >= 4`; any sign; the usual choice is squared correlation).
///
/// The seed is the four nodes with the largest sums of those similarities in their row, the diagonal included, that
/// exceed the mean of the matrix. Then, until no node is left, the pair of a triangular face and an outside node with the
/// largest sum of three similarities is joined. Ties go to the highest node index in the seed (two nodes that exceed the
/// mean only with each other always tie), to the lowest index among the nodes of a face, and to the oldest face; a
/// seed's faces are `(0,1,2) (0,1,3) (0,2,3) (1,2,3)`, an insertion of `v` into `(a,b,c)`
/// replaces that face by `(a,b,v)` and appends `(a,c,v)` and `(b,c,v)`.
///
/// DIFFERENCE to fast-tmfg 0.0.12: nodes already inserted are never considered again, so gains of zero or below still
/// give a full graph; and exact ties in the seed follow the rule above, where its sort leaves them to the machine.
///
/// Memory `O(p^2)`, time about `O(p^2)`.
///
/// ```
/// use mantis_features::tmfg;
/// use ndarray::{Array2, ArrayView1};
///
/// let similarity = Array2::from_shape_fn((6, 6), |(i, j)| 1.0 / (1.0 + i.abs_diff(j) as f64));
/// let graph = tmfg::build(&similarity)?;
/// assert_eq!(graph.edges.len(), 3 * 6 - 6);
/// assert_eq!(graph.degree().iter().sum::<usize>(), 2 * graph.edges.len());
/// # Ok::<(), mantis_features::Error>(())
/// ```
///
/// # Errors
/// [`Error::SimilarityShape`] for a matrix that is not square or has fewer than four rows, [`Error::NotFinite`] for NaN or
/// infinite entries, [`Error::NotSymmetric`] for entries that differ from their mirror image.
pub fn build(weights: &Array2<f64>) -> Result<Tmfg> {
    check(weights)?;
    Ok(grow(weights, best_seed(weights)))
}

/// As [`build`], from a seed of the caller (four different nodes; their order sets the order of the faces).
///
/// # Errors
/// As [`build`], and [`Error::Seed`] for a seed that repeats a node or names one that does not exist.
pub fn build_from_seed(weights: &Array2<f64>, seed: [usize; 4]) -> Result<Tmfg> {
    check(weights)?;
    let repeated = (1..4).any(|k| seed[..k].contains(&seed[k]));
    if repeated || seed.iter().any(|&node| node >= weights.nrows()) {
        return Err(Error::Seed { seed, nodes: weights.nrows() });
    }
    Ok(grow(weights, seed))
}

fn grow(weights: &Array2<f64>, seed: [usize; 4]) -> Tmfg {
    let p = weights.nrows();
    let standard = weights.as_standard_layout();
    let rows: Vec<&[f64]> = standard.rows().into_iter().filter_map(|row| row.to_slice()).collect();
    let mut outside: Vec<usize> = (0..p).filter(|v| !seed.contains(v)).collect();
    let mut cliques = vec![seed];
    let mut separators = Vec::with_capacity(p - 4);
    let mut faces: Vec<Face> = [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]
        .into_iter()
        .filter_map(|corners| Face::new(corners.map(|k| seed[k]), &rows, &outside))
        .collect();
    while let Some(at) = best_face(&faces) {
        let Face { corners: [a, b, c], best: v, .. } = faces[at];
        cliques.push([v, a, b, c]);
        separators.push([a, b, c]);
        outside.retain(|&u| u != v);
        faces[at].corners = [a, b, v];
        for corners in [[a, c, v], [b, c, v]] {
            faces.push(Face { corners, best: v, gain: f64::NEG_INFINITY });
        }
        // Every face that had lost its best node, the three new ones included, looks for another.
        faces.retain_mut(|face| face.best != v || face.refresh(&rows, &outside));
    }
    let edges = edges(&cliques, &rows);
    Tmfg { nodes: p, cliques, separators, edges }
}

impl Tmfg {
    /// Number of edges at each node.
    #[must_use]
    pub fn degree(&self) -> Vec<usize> {
        let mut degree = vec![0; self.nodes];
        for edge in &self.edges {
            degree[edge.from] += 1;
            degree[edge.to] += 1;
        }
        degree
    }

    /// Sum of the weights of the edges at each node (strength centrality).
    #[must_use]
    pub fn strength(&self) -> Vec<f64> {
        let mut strength = vec![0.0; self.nodes];
        for edge in &self.edges {
            strength[edge.from] += edge.weight;
            strength[edge.to] += edge.weight;
        }
        strength
    }

    /// Whether `a` and `b` share an edge.
    #[must_use]
    pub fn adjacent(&self, a: usize, b: usize) -> bool {
        let wanted = (a.min(b), a.max(b));
        self.edges.binary_search_by(|edge| (edge.from, edge.to).cmp(&wanted)).is_ok()
    }
}

/// A triangle open for insertion, with the outside node that gains most in it.
#[derive(Debug, Clone, Copy)]
struct Face {
    corners: [usize; 3],
    best: usize,
    gain: f64,
}

impl Face {
    fn new(corners: [usize; 3], rows: &[&[f64]], outside: &[usize]) -> Option<Self> {
        let mut face = Self { corners, best: usize::MAX, gain: f64::NEG_INFINITY };
        face.refresh(rows, outside).then_some(face)
    }

    /// Finds the best outside node; false when none is left.
    fn refresh(&mut self, rows: &[&[f64]], outside: &[usize]) -> bool {
        let [a, b, c] = self.corners.map(|k| rows[k]);
        let Some((&first, others)) = outside.split_first() else {
            return false;
        };
        self.best = first;
        self.gain = a[first] + b[first] + c[first];
        for &v in others {
            let gain = a[v] + b[v] + c[v];
            if gain > self.gain {
                (self.best, self.gain) = (v, gain);
            }
        }
        true
    }
}

fn best_face(faces: &[Face]) -> Option<usize> {
    let better = |best: Option<usize>, at: usize| match best {
        Some(b) if faces[at].gain <= faces[b].gain => best,
        _ => Some(at),
    };
    (0..faces.len()).fold(None, better)
}

fn best_seed(weights: &Array2<f64>) -> [usize; 4] {
    let p = weights.nrows();
    let mean = weights.sum() / (p * p) as f64;
    let above = |row: ArrayView1<'_, f64>| row.iter().filter(|&&w| w > mean).sum::<f64>();
    let scores: Vec<f64> = weights.rows().into_iter().map(above).collect();
    let mut order: Vec<usize> = (0..p).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(b.cmp(&a)));
    [order[0], order[1], order[2], order[3]]
}

fn edges(cliques: &[[usize; 4]], rows: &[&[f64]]) -> Vec<Edge> {
    let mut edges = Vec::with_capacity(3 * rows.len() - 6);
    let mut add = |a: usize, b: usize| {
        let (from, to) = (a.min(b), a.max(b));
        edges.push(Edge { from, to, weight: rows[from][to] });
    };
    for (at, &[v, a, b, c]) in cliques.iter().enumerate() {
        for corner in [a, b, c] {
            add(v, corner);
        }
        if at == 0 {
            add(a, b);
            add(a, c);
            add(b, c);
        }
    }
    edges.sort_by_key(|edge| (edge.from, edge.to));
    edges
}

fn check(weights: &Array2<f64>) -> Result<()> {
    let (rows, columns) = weights.dim();
    if rows != columns || rows < 4 {
        return Err(Error::SimilarityShape { what: WHAT, rows, columns, least: 4 });
    }
    for ((row, column), &w) in weights.indexed_iter() {
        if !w.is_finite() {
            let column = format!("column {column} of the similarity matrix");
            return Err(Error::NotFinite { what: WHAT, column, row, got: w });
        }
        let mirror = weights[[column, row]];
        if (w - mirror).abs() > 1e-9 * w.abs().max(mirror.abs()) {
            return Err(Error::NotSymmetric { what: WHAT, row, column, got: w, mirror });
        }
    }
    Ok(())
}
