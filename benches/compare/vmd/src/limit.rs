//! The share of the arithmetic limit that a sweep reaches.

use std::error::Error;
use std::hint::black_box;

use cpu_time::ProcessTime;
use mantis_vmd::{Vmd, VmdParams};

use crate::K;

/// Additions, subtractions and multiplications of one bin and mode in a sweep without dual ascent whose change is no longer
/// added up: 3 for the penalty, 9 in 4 for the reciprocals, 7 for mode, residual, energy and moment; and a quarter of a division.
const OPERATIONS: f64 = 3.0 + 9.0 / 4.0 + 7.0;
const DIVISIONS: f64 = 0.25;

/// Seconds of the fastest of several runs.
fn least(mut run: impl FnMut()) -> f64 {
    let once = |run: &mut dyn FnMut()| {
        let start = ProcessTime::now();
        run();
        start.elapsed().as_secs_f64()
    };
    (0..7).map(|_| once(&mut run)).fold(f64::INFINITY, f64::min)
}

/// Seconds of one sweep: the difference between many sweeps and few, without the transforms.
pub fn sweep_seconds(x: &[f64]) -> Result<f64, Box<dyn Error>> {
    const FEW: usize = 100;
    const MANY: usize = 600;
    let mut seconds = Vec::new();
    for max_sweeps in [FEW, MANY] {
        let params = VmdParams { tol: 0.0, max_sweeps, ..VmdParams::default() };
        let mut vmd = Vmd::new(&params, x.len())?;
        vmd.decompose(x)?;
        seconds.push(least(|| drop(black_box(vmd.decompose(black_box(x))))));
    }
    Ok((seconds[1] - seconds[0]) / (MANY - FEW) as f64)
}

/// Operations per second of a loop of additions and multiplications that depend on nothing, and seconds of one lane's
/// division, with the widest vectors of this CPU; `None` without AVX2.
#[cfg(target_arch = "x86_64")]
pub fn peak() -> Option<(&'static str, f64, f64)> {
    use std::arch::x86_64::*;
    const ROUNDS: usize = 4_000_000;
    macro_rules! loops {
        ($feature:literal, $vector:ty, $set:ident, $add:ident, $mul:ident, $div:ident, $width:literal) => {{
            #[target_feature(enable = $feature)]
            fn simple(step: f64) -> $vector {
                let (c, d) = ($set(step), $set(1.0 + step));
                let mut a = [$set(1.0); 6];
                let mut m = [$set(1.0); 6];
                for _ in 0..ROUNDS {
                    for i in 0..6 {
                        a[i] = $add(a[i], c);
                        m[i] = $mul(m[i], d);
                    }
                }
                (0..6).fold($set(0.0), |sum, i| $add(sum, $add(a[i], m[i])))
            }
            #[target_feature(enable = $feature)]
            fn divide(step: f64) -> $vector {
                let d = $set(1.0 + step);
                let mut a = [$set(1.0); 6];
                for _ in 0..ROUNDS / 8 {
                    for x in &mut a {
                        *x = $div(*x, d);
                    }
                }
                a.into_iter().fold($set(0.0), |sum, x| $add(sum, x))
            }
            // SAFETY: the CPU was asked for the feature below.
            let simple_seconds = least(|| _ = black_box(unsafe { simple(black_box(1e-9)) }));
            // SAFETY: as above.
            let divide_seconds = least(|| _ = black_box(unsafe { divide(black_box(1e-9)) }));
            let simple_rate = (12 * $width * ROUNDS) as f64 / simple_seconds;
            ($feature, simple_rate, divide_seconds / (6 * $width * (ROUNDS / 8)) as f64)
        }};
    }
    if is_x86_feature_detected!("avx512f") {
        Some(loops!("avx512f", __m512d, _mm512_set1_pd, _mm512_add_pd, _mm512_mul_pd, _mm512_div_pd, 8))
    } else if is_x86_feature_detected!("avx2") {
        Some(loops!("avx2", __m256d, _mm256_set1_pd, _mm256_add_pd, _mm256_mul_pd, _mm256_div_pd, 4))
    } else {
        None
    }
}

/// Prints the share for a signal.
#[cfg(target_arch = "x86_64")]
pub fn print(x: &[f64]) -> Result<(), Box<dyn Error>> {
    let (feature, rate, division) = peak().ok_or("the limit needs a CPU with AVX2")?;
    let seconds = sweep_seconds(x)?;
    let updates = (K * x.len()) as f64;
    let bound = updates * (OPERATIONS / rate + DIVISIONS * division);
    println!(
        "{}",
        serde_json::json!({
            "samples": x.len(), "vectors": feature, "operations_per_second": rate, "seconds_of_a_division": division,
            "sweep_microseconds": 1e6 * seconds, "bound_microseconds": 1e6 * bound, "share_of_the_limit": bound / seconds,
        })
    );
    Ok(())
}
