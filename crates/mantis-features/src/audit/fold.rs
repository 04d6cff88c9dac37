//! Checks of what is fitted on a fold.

use mantis_data::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::report::{Check, Fault};
use crate::split::Split;

/// Changes every row that is not a training row, and expects the same columns to be chosen.
///
/// `select` may be any code that chooses names from whole columns and labels.
///
/// ```
/// use mantis_data::{Interval, Timestamp};
/// use mantis_features::audit::{Verdict, check_selection};
/// use mantis_features::select::{FeatureSelector, TmfgSelector};
/// use mantis_features::split::{Split, SplitDates, TrainingView};
///
/// let hour = |h: i64| Timestamp::from_micros(h * Interval::HOUR.as_micros());
/// let known_at: Vec<_> = (0..200).map(hour).collect();
/// let resolves_at: Vec<_> = (1..201).map(hour).collect();
/// let dates = SplitDates { train_end: hour(100), validation_end: hour(150), test_end: hour(200) };
/// let split = Split::by_dates(&known_at, &resolves_at, dates, Interval::HOUR)?;
/// let names: Vec<String> = (0..6).map(|j| format!("wave_{j}")).collect();
/// let wave = |j: i32| (0..200).map(|t| (f64::from(t) * (0.3 + 0.2 * f64::from(j))).sin()).collect();
/// let columns: Vec<Vec<f64>> = (0..6).map(wave).collect();
/// let up: Vec<_> = columns[4].iter().map(|&v| Some(v > 0.0)).collect();
///
/// let check = check_selection(&names, &columns, &up, &split, 7, |columns, up| {
///     let train = TrainingView::new(&names, columns, up, &split)?;
///     Ok::<_, mantis_features::Error>(TmfgSelector::default().select(&train)?.names)
/// })?;
/// assert_eq!(check.verdict, Verdict::Passed);
/// # Ok::<(), mantis_features::Error>(())
/// ```
///
/// # Errors
/// What `select` returns.
pub fn check_selection<E>(
    names: &[String],
    columns: &[Vec<f64>],
    up: &[Option<bool>],
    split: &Split,
    seed: u64,
    mut select: impl FnMut(&[Vec<f64>], &[Option<bool>]) -> Result<Vec<String>, E>,
) -> Result<Check, E> {
    let before = select(columns, up)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut columns = columns.to_vec();
    let mut up = up.to_vec();
    let outside = |row: usize| !split.train.contains(&row);
    for column in &mut columns {
        for row in (0..column.len()).filter(|&row| outside(row)) {
            column[row] += f64::from(rng.next_u32()) / f64::from(u32::MAX) - 0.5;
        }
    }
    for (row, label) in up.iter_mut().enumerate() {
        if outside(row) && rng.next_u32() % 2 == 0 {
            *label = label.map(|up| !up);
        }
    }
    let after = select(&columns, &up)?;
    let mut faults = Vec::new();
    if before != after {
        let changed = names.iter().filter(|n| before.contains(n) != after.contains(n));
        for name in changed {
            let verb = if before.contains(name) { "is dropped" } else { "is chosen" };
            let detail = format!("{verb} when only rows outside the training rows change");
            faults.push(Fault { column: name.clone(), first: None, size: 1.0, detail });
        }
        if faults.is_empty() {
            let detail = "the order of the choice changes with rows outside the training rows";
            let detail = detail.to_owned();
            faults.push(Fault { column: String::new(), first: None, size: 1.0, detail });
        }
    }
    let note = format!("{} of {} columns chosen", before.len(), names.len());
    Ok(Check::of("fold-only selection", note, faults))
}

/// Holds a split to its embargo: no training label resolves after the next part starts.
#[must_use]
pub fn check_split(split: &Split, resolves_at: &[Timestamp]) -> Check {
    let parts = [
        ("training", &split.train, split.dates.train_end),
        ("validation", &split.validation, split.dates.validation_end),
    ];
    let mut faults = Vec::new();
    for (part, rows, next) in parts {
        let late = rows.clone().filter(|&row| resolves_at.get(row).is_some_and(|&r| r > next));
        let (mut first, mut count) = (None, 0);
        for row in late {
            first = first.or(Some(resolves_at[row]));
            count += 1;
        }
        if let Some(time) = first {
            let detail = format!(
                "{count} {part} labels resolve after the next part starts at {next}, the first at {time}"
            );
            let column = String::new();
            faults.push(Fault { column, first, size: f64::from(count), detail });
        }
    }
    let note = format!("{} training rows, {} test rows", split.train.len(), split.test.len());
    Check::of("embargo", note, faults)
}
