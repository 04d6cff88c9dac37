//! What a warm start saves, and how far it ends from a cold one.

use std::error::Error;

use cpu_time::ProcessTime;
use mantis_vmd::{NewestModes, RollingVmd, VmdParams, WarmRollingVmd};

use crate::K;

fn run(
    x: &[f64],
    mut push: impl FnMut(f64) -> Result<Option<NewestModes>, mantis_vmd::Error>,
) -> Result<(f64, Vec<NewestModes>), Box<dyn Error>> {
    let start = ProcessTime::now();
    let mut all = Vec::new();
    for &value in x {
        all.extend(push(value)?);
    }
    Ok((start.elapsed().as_secs_f64(), all))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints sweeps, time and deviation over all windows of a signal.
pub fn print(x: &[f64], window: usize) -> Result<(), Box<dyn Error>> {
    let params = VmdParams::default();
    let (mut cold, mut warm) =
        (RollingVmd::new(&params, window)?, WarmRollingVmd::new(&params, window)?);
    let (cold_seconds, cold) = run(x, |v| Ok(cold.push(v)?.cloned()))?;
    let (warm_seconds, warm) = run(x, |v| Ok(warm.push(v)?.cloned()))?;
    let windows = cold.len();
    let sweeps =
        |all: &[NewestModes]| all.iter().map(|m| f64::from(m.sweeps)).sum::<f64>() / windows as f64;
    let deviation = |m: usize| {
        let mean = cold.iter().map(|c| c.value[m]).sum::<f64>() / windows as f64;
        let spread =
            (cold.iter().map(|c| (c.value[m] - mean).powi(2)).sum::<f64>() / windows as f64).sqrt();
        median(
            cold.iter().zip(&warm).map(|(c, w)| (c.value[m] - w.value[m]).abs() / spread).collect(),
        )
    };
    println!(
        "{}",
        serde_json::json!({
            "windows": windows, "window": window,
            "cold": { "milliseconds": 1000.0 * cold_seconds / windows as f64, "sweeps": sweeps(&cold) },
            "warm": { "milliseconds": 1000.0 * warm_seconds / windows as f64, "sweeps": sweeps(&warm) },
            "median_deviation_of_the_newest_value_in_standard_deviations": (0..K).map(deviation).collect::<Vec<_>>(),
        })
    );
    Ok(())
}
