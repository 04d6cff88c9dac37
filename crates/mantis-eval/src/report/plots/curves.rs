//! Learning curves and the ROC curve.

use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Frame, extent, label_room, labelled, round_values};
use super::canvas::{self, Canvas, Mark, Point, Type};
use super::check;
use super::theme::Ink;
use crate::Result;
use crate::metrics::RocPoint;
use crate::report::Svg;

/// Loss by epoch on the training and the validation span, with the epoch that was kept.
///
/// Epochs are counted from 1 in the picture; `best_epoch` is an index from 0.
///
/// # Errors
/// When a curve is empty, the lengths differ, a loss is not finite, or `best_epoch` is outside.
///
/// # Example
/// ```
/// use mantis_eval::report::plots;
/// plots::learning_curves(&[0.70, 0.69, 0.68], &[0.70, 0.69, 0.695], 1)?;
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn learning_curves(train: &[f64], validation: &[f64], best_epoch: usize) -> Result<Svg> {
    const CHART: &str = "learning_curves";
    check::finite(CHART, "training loss", train, 1)?;
    check::finite(CHART, "validation loss", validation, 1)?;
    check::same_length(CHART, "validation loss", validation.len(), train.len())?;
    check::index(CHART, "best_epoch", best_epoch, train.len())?;
    canvas::half(CHART, "Learning curves", 310.0, |canvas| {
        let y = extent(train.iter().chain(validation).copied(), 0.12);
        let epochs = train.len() as f64;
        let x = if train.len() == 1 { (0.5, 1.5) } else { (1.0, epochs) };
        let ticks = labelled(round_values(y, 6), "");
        let frame = axes(canvas, (label_room(&ticks), 54.0), x, y);
        frame.draw_y(canvas, &ticks)?;
        let numbers: Vec<_> = (1..=train.len()).map(|e| (e as f64, e.to_string())).collect();
        frame.draw_x(canvas, &numbers)?;
        frame.draw_names(canvas, "epoch", "loss")?;

        let best = best_epoch as f64 + 1.0;
        let (from, to) = ((frame.x(best), frame.top()), (frame.x(best), frame.bottom()));
        canvas.dashes(from, to, Ink::Axis, 1.2)?;
        let curves = [("train", train, Ink::Second), ("validation", validation, Ink::Accent)];
        for (name, losses, ink) in curves {
            let points: Vec<Point> =
                losses.iter().enumerate().map(|(e, &l)| frame.at(e as f64 + 1.0, l)).collect();
            if points.len() > 1 {
                canvas.line(&points, ink, 2.0)?;
            }
            for (e, (&at, loss)) in points.iter().zip(losses).enumerate() {
                canvas.dot(at, if e == best_epoch { 5.0 } else { 2.6 }, ink)?;
                canvas.hover_dot(at, 8.0, &format!("epoch {}: {name} {loss:.5}", e + 1));
            }
        }
        let kept = format!("kept: epoch {}", best_epoch + 1);
        canvas.legend(&[
            (Mark::Dot, Ink::Accent, "validation"),
            (Mark::Dot, Ink::Second, "train"),
            (Mark::Dash, Ink::Axis, &kept),
        ])
    })
}

/// The ROC curve with its area, beside the diagonal of pure chance.
///
/// `points` are those of [`roc_curve`](crate::metrics::roc_curve), `auc` is the area under it.
///
/// # Errors
/// When there are fewer than two points, or a rate or `auc` is not between 0 and 1.
///
/// # Example
/// ```
/// use mantis_eval::metrics::{roc_auc, roc_curve};
/// use mantis_eval::report::plots;
/// let (up, p_up) = ([true, false, true, false], [0.7, 0.6, 0.55, 0.4]);
/// plots::roc(&roc_curve(&up, &p_up)?, roc_auc(&up, &p_up)?)?;
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn roc(points: &[RocPoint], auc: f64) -> Result<Svg> {
    const CHART: &str = "roc";
    const POINTS: usize = 500;
    const SHARE: &str = "a number from 0 to 1";
    check::count(CHART, "curve", points.len(), 2)?;
    let false_rates: Vec<f64> = points.iter().map(|p| p.false_positive_rate).collect();
    let true_rates: Vec<f64> = points.iter().map(|p| p.true_positive_rate).collect();
    check::within(CHART, "false positive rate", &false_rates, check::is_share, SHARE)?;
    check::within(CHART, "true positive rate", &true_rates, check::is_share, SHARE)?;
    check::within(CHART, "auc", &[auc], check::is_share, SHARE)?;
    canvas::half(CHART, "ROC curve", 400.0, |canvas| {
        let ticks = labelled(vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0], "");
        let frame = axes(canvas, (label_room(&ticks), 34.0), (0.0, 1.0), (0.0, 1.0));
        frame.draw_y(canvas, &ticks)?;
        frame.draw_x(canvas, &ticks)?;
        frame.draw_names(canvas, "false positive rate", "true positive rate")?;
        let step = points.len().div_ceil(POINTS);
        let last = points.len() - 1;
        let curve: Vec<Point> = (0..last)
            .step_by(step)
            .chain([last])
            .map(|i| frame.at(false_rates[i], true_rates[i]))
            .collect();
        let mut area = curve.clone();
        area.extend([frame.at(1.0, 0.0), frame.at(0.0, 0.0)]);
        canvas.shape(&area, Ink::Accent, 0.08)?;
        canvas.dashes(frame.at(0.0, 0.0), frame.at(1.0, 1.0), Ink::Muted, 1.2)?;
        canvas.line(&curve, Ink::Accent, 2.0)?;
        let set = Type::new(Ink::Text, HPos::Right, VPos::Bottom).bold().size(17.0);
        canvas.text(frame.at(0.95, 0.14), &format!("AUC {auc:.3}"), set)?;
        let set = Type::new(Ink::Muted, HPos::Right, VPos::Bottom);
        canvas.text(frame.at(0.95, 0.08), "dashed: chance, 0.500", set)
    })
}

/// The frame of a half-width chart with its upper left corner at `corner`; names of the axes fit
/// above and below.
fn axes(canvas: &Canvas<'_>, corner: Point, x: (f64, f64), y: (f64, f64)) -> Frame {
    Frame::new(corner, (canvas.width() - 14.0, canvas.height() - 46.0), x, y)
}
