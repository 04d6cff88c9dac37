//! A drawing of a filtered graph with the chosen nodes marked.

use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{self, Canvas, Mark, Point, Type, fitted, text_width};
use super::theme::Ink;
use super::{check, force};
use crate::Result;
use crate::report::Svg;

const CHART: &str = "graph";
const DOT: f64 = 4.0;
const DIAMOND: f64 = 9.0;
/// Height of a line of the key under the phone's drawing.
const KEY_ROW: f64 = 21.0;

/// A graph such as a TMFG: linked nodes lie near each other, `chosen` nodes are marked by colour
/// and shape and always named, other nodes are named where there is room and when pointed at.
///
/// `edges` hold two positions in `names` and a finite weight; a larger absolute weight draws a
/// stronger line. On a phone the chosen nodes carry their number in the order of `chosen`, with
/// the names below.
///
/// # Errors
/// When there are fewer than two nodes, an index is outside `names`, or a weight is not finite.
///
/// # Example
/// ```
/// use mantis_eval::report::plots;
/// let names = ["rsi_14", "roc_5", "atr_14"];
/// plots::graph(&names, &[(0, 1, 0.8), (1, 2, 0.3)], &[1])?;
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn graph<S: AsRef<str>>(
    names: &[S],
    edges: &[(usize, usize, f64)],
    chosen: &[usize],
) -> Result<Svg> {
    check::count(CHART, "list of nodes", names.len(), 2)?;
    for &(a, b, _) in edges {
        check::index(CHART, "node of an edge", a.max(b), names.len())?;
    }
    for &node in chosen {
        check::index(CHART, "chosen node", node, names.len())?;
    }
    let weights: Vec<f64> = edges.iter().map(|e| e.2).collect();
    check::finite(CHART, "edge weights", &weights, 0)?;

    let strongest = weights.iter().map(|w| w.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let edges: Vec<_> = edges.iter().map(|&(a, b, w)| (a, b, w.abs() / strongest)).collect();
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let drawing = Drawing { names: &names, edges: &edges, chosen };
    let key = KEY_ROW * chosen.len().div_ceil(2) as f64;
    let height = |width: f64| if width < canvas::FULL { 400.0 + key } else { 600.0 };
    canvas::full(CHART, "Feature graph", height, |canvas| drawing.paint(canvas, key))
}

struct Drawing<'a> {
    names: &'a [&'a str],
    edges: &'a [(usize, usize, f64)],
    chosen: &'a [usize],
}

impl Drawing<'_> {
    fn paint(&self, canvas: &Canvas<'_>, key: f64) -> Result<()> {
        let phone = canvas.is_phone();
        let (side, bottom) = if phone { (16.0, key + 22.0) } else { (64.0, 24.0) };
        let corners = ((side, 44.0), (canvas.width() - side, canvas.height() - bottom));
        let apart = if phone { 15.0 } else { 26.0 };
        let nodes = force::place(self.names.len(), self.edges, corners, apart);

        for &(a, b, strength) in self.edges {
            let near = self.chosen.contains(&a) || self.chosen.contains(&b);
            let (ink, alpha) = if near { (Ink::Muted, 0.45) } else { (Ink::Quiet, 0.45) };
            let line = [nodes[a], nodes[b]];
            canvas.line_faint(&line, ink, 0.6 + 1.2 * strength, alpha)?;
        }
        for (i, &(x, y)) in nodes.iter().enumerate() {
            if !self.chosen.contains(&i) {
                canvas.dot((x, y), DOT, Ink::Accent)?;
            }
            canvas.hover_dot((x, y), DIAMOND, self.names[i]);
        }
        let size = if phone { DIAMOND + 2.0 } else { DIAMOND };
        for &i in self.chosen {
            canvas.diamond(nodes[i], size + 2.0, Ink::Surface)?;
            canvas.diamond(nodes[i], size, Ink::Second)?;
        }
        if phone {
            self.numbers(canvas, &nodes, canvas.height() - key)?;
        } else {
            self.labels(canvas, &nodes)?;
        }
        let (chosen, other) = (self.chosen.len(), self.names.len() - self.chosen.len());
        canvas.legend(&[
            (Mark::Diamond, Ink::Second, &format!("chosen ({chosen})")),
            (Mark::Dot, Ink::Accent, &format!("other features ({other})")),
        ])
    }

    /// Numbers on the chosen nodes and their names below.
    fn numbers(&self, canvas: &Canvas<'_>, nodes: &[Point], top: f64) -> Result<()> {
        let half = canvas.width() / 2.0;
        let rows = self.chosen.len().div_ceil(2);
        for (rank, &i) in self.chosen.iter().enumerate() {
            let number = (rank + 1).to_string();
            let on = Type::new(Ink::Surface, HPos::Center, VPos::Center).bold().size(11.0);
            canvas.text(nodes[i], &number, on)?;
            let (column, row) = (rank / rows, rank % rows);
            let (x, y) = (4.0 + half * column as f64, top + KEY_ROW * (row as f64 + 0.5));
            let set = Type::new(Ink::Second, HPos::Right, VPos::Center).bold();
            canvas.text((x + 16.0, y), &number, set)?;
            let set = Type::new(Ink::Text, HPos::Left, VPos::Center).size(12.0);
            canvas.text((x + 22.0, y), &fitted(self.names[i], 12.0, half - 28.0), set)?;
        }
        Ok(())
    }

    /// Names beside the nodes: the chosen ones first and always, the others where they fit.
    fn labels(&self, canvas: &Canvas<'_>, nodes: &[Point]) -> Result<()> {
        let mut taken: Vec<Area> = nodes
            .iter()
            .enumerate()
            .map(|(i, &at)| Area::around(at, if self.chosen.contains(&i) { DIAMOND } else { DOT }))
            .collect();
        let page = Area { from: (2.0, 26.0), to: (canvas.width() - 2.0, canvas.height() - 2.0) };
        for &i in self.chosen {
            let set = Type::new(Ink::Text, HPos::Left, VPos::Center).bold();
            let area = best(self.names[i], set, nodes[i], DIAMOND, &taken, page).0;
            canvas.rect(area.from, area.to, Ink::Surface, 0.85)?;
            canvas.text((area.from.0 + 3.0, area.middle()), self.names[i], set)?;
            taken.push(area);
        }
        for (i, &at) in nodes.iter().enumerate().filter(|(i, _)| !self.chosen.contains(i)) {
            let set = Type::new(Ink::Muted, HPos::Left, VPos::Center).size(10.5);
            let (area, overlap) = best(self.names[i], set, at, DOT, &taken, page);
            if overlap > 0.0 {
                continue;
            }
            canvas.text((area.from.0 + 3.0, area.middle()), self.names[i], set)?;
            taken.push(area);
        }
        Ok(())
    }
}

/// A rectangle on the picture that should not be covered.
#[derive(Clone, Copy)]
struct Area {
    from: Point,
    to: Point,
}

impl Area {
    fn around((x, y): Point, reach: f64) -> Self {
        Self { from: (x - reach, y - reach), to: (x + reach, y + reach) }
    }

    fn middle(&self) -> f64 {
        (self.from.1 + self.to.1) / 2.0
    }

    fn size(&self) -> f64 {
        (self.to.0 - self.from.0) * (self.to.1 - self.from.1)
    }

    /// The part of the picture that both cover, in square pixels.
    fn shared(&self, other: &Self) -> f64 {
        let side = |a: (f64, f64), b: (f64, f64)| (a.1.min(b.1) - a.0.max(b.0)).max(0.0);
        side((self.from.0, self.to.0), (other.from.0, other.to.0))
            * side((self.from.1, self.to.1), (other.from.1, other.to.1))
    }
}

/// The place around a node where its name covers least, and how much it covers there.
fn best(name: &str, set: Type, at: Point, reach: f64, taken: &[Area], page: Area) -> (Area, f64) {
    const AROUND: [(f64, f64); 8] = [
        (1.0, 0.0),
        (-1.0, 0.0),
        (0.0, -1.0),
        (0.0, 1.0),
        (0.7, -0.8),
        (0.7, 0.8),
        (-0.7, -0.8),
        (-0.7, 0.8),
    ];
    let weight = if set.bold { 1.08 } else { 1.0 };
    let (half, tall) = (text_width(name, set.size) * weight / 2.0 + 3.0, set.size * 0.62);
    let mut found = (Area::around(at, 0.0), f64::INFINITY);
    for gap in [2.0, 9.0, 16.0] {
        for (dx, dy) in AROUND {
            let x = at.0 + dx * (reach + gap) + dx.signum() * f64::from(dx != 0.0) * half;
            let y = at.1 + dy * (reach + gap + tall);
            let area = Area { from: (x - half, y - tall), to: (x + half, y + tall) };
            let covered: f64 = taken.iter().map(|t| area.shared(t)).sum();
            let outside = area.size() - area.shared(&page);
            let cost = covered + 10.0 * outside.max(0.0);
            // A place must be clearly better than an earlier one, which lies nearer.
            if cost + 1e-6 < found.1 {
                found = (area, if cost < 1e-6 { 0.0 } else { cost });
            }
        }
    }
    found
}
