//! Places the nodes of a graph: linked nodes near each other, all nodes apart.
//!
//! Force-directed placement after Fruchterman and Reingold, "Graph drawing by force-directed
//! placement", Software: Practice and Experience 21 (1991), with a weak pull to the centre. It
//! starts from a circle in the order of the nodes, so the same graph gives the same picture.

use std::f64::consts::TAU;

use super::canvas::Point;

const STEPS: usize = 600;
/// Pull to the centre, as a share of the distance from it; keeps loose parts in the picture.
const GRAVITY: f64 = 0.35;

/// One position per node inside the box, in its units. `edges` hold two nodes and a strength in
/// (0, 1]; nodes end at least `apart` from each other where there is room.
pub(super) fn place(
    count: usize,
    edges: &[(usize, usize, f64)],
    (from, to): (Point, Point),
    apart: f64,
) -> Vec<Point> {
    let mut nodes: Vec<Point> = (0..count)
        .map(|i| {
            let angle = TAU * i as f64 / count as f64;
            (angle.cos(), angle.sin())
        })
        .collect();
    let ideal = (4.0 / count.max(1) as f64).sqrt();
    for step in 0..STEPS {
        let heat = 0.2 * (1.0 - step as f64 / STEPS as f64).powi(2) + 1e-4;
        let mut push = repulsion(&nodes, ideal);
        for &(a, b, strength) in edges {
            let (dx, dy, distance) = apart_by(&nodes, a, b);
            let pull = distance / ideal * (0.4 + strength);
            push[a].0 -= dx * pull;
            push[a].1 -= dy * pull;
            push[b].0 += dx * pull;
            push[b].1 += dy * pull;
        }
        for (node, (x, y)) in nodes.iter_mut().zip(push) {
            let (x, y) = (x - GRAVITY * node.0, y - GRAVITY * node.1);
            let scale = heat / x.hypot(y).max(heat);
            *node = (node.0 + x * scale, node.1 + y * scale);
        }
    }
    let mut nodes = fit(&nodes, from, to);
    separate(&mut nodes, from, to, apart);
    nodes
}

fn apart_by(nodes: &[Point], a: usize, b: usize) -> (f64, f64, f64) {
    let (dx, dy) = (nodes[a].0 - nodes[b].0, nodes[a].1 - nodes[b].1);
    (dx, dy, dx.hypot(dy).max(1e-6))
}

fn repulsion(nodes: &[Point], ideal: f64) -> Vec<Point> {
    let mut push = vec![(0.0, 0.0); nodes.len()];
    for a in 0..nodes.len() {
        for b in a + 1..nodes.len() {
            let (dx, dy, distance) = apart_by(nodes, a, b);
            let force = (ideal / distance).powi(2);
            push[a].0 += dx * force;
            push[a].1 += dy * force;
            push[b].0 -= dx * force;
            push[b].1 -= dy * force;
        }
    }
    push
}

/// Stretches the positions to the edges of the box.
fn fit(nodes: &[Point], from: Point, to: Point) -> Vec<Point> {
    let range = |value: fn(&Point) -> f64| {
        nodes
            .iter()
            .map(value)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
    };
    let along = |v: f64, (low, high): (f64, f64), from: f64, to: f64| {
        if high > low { from + (to - from) * (v - low) / (high - low) } else { (from + to) / 2.0 }
    };
    let (xs, ys) = (range(|p| p.0), range(|p| p.1));
    nodes.iter().map(|&(x, y)| (along(x, xs, from.0, to.0), along(y, ys, from.1, to.1))).collect()
}

fn separate(nodes: &mut [Point], from: Point, to: Point, apart: f64) {
    const PASSES: usize = 60;
    for _ in 0..PASSES {
        for a in 0..nodes.len() {
            for b in a + 1..nodes.len() {
                let (dx, dy, distance) = apart_by(nodes, a, b);
                if distance >= apart {
                    continue;
                }
                let shift = (apart - distance) / distance / 2.0;
                nodes[a] = (nodes[a].0 + dx * shift, nodes[a].1 + dy * shift);
                nodes[b] = (nodes[b].0 - dx * shift, nodes[b].1 - dy * shift);
            }
        }
        for (x, y) in nodes.iter_mut() {
            (*x, *y) = (x.clamp(from.0, to.0), y.clamp(from.1, to.1));
        }
    }
}
