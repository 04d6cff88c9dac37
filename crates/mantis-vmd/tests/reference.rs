//! Compares with the algorithm as the papers write it: complex spectra of an explicitly continued
//! signal, one bin at a time, no gains and no blocks.

use std::f64::consts::TAU;

use mantis_vmd::{Mirror, MultivariateVmd, Vmd, VmdParams};
use rustfft::num_complex::Complex;

struct Plain {
    /// Channel, mode, sample.
    modes: Vec<Vec<Vec<f64>>>,
    centres: Vec<f64>,
    sweeps: usize,
}

/// The continued signal and where the signal itself starts in it.
fn continued(x: &[f64], mirror: Mirror) -> (Vec<f64>, usize) {
    let (n, half) = (x.len(), x.len() / 2);
    let newest = x[n - half..].iter().rev();
    match mirror {
        Mirror::OneSided => (x.iter().chain(newest).copied().collect(), 0),
        _ => {
            // The longer half in front, so that an odd signal keeps its place.
            let oldest = x[..n - half].iter().rev();
            (oldest.chain(x).chain(newest).copied().collect(), n - half)
        }
    }
}

fn transform(x: &[f64]) -> Vec<Complex<f64>> {
    let period = x.len();
    (0..=period / 2)
        .map(|j| {
            let wave = |i: usize| {
                Complex::from_polar(1.0, -TAU * ((i * j) % period) as f64 / period as f64)
            };
            x.iter().enumerate().map(|(i, x)| wave(i) * x).sum()
        })
        .collect()
}

fn back(spectrum: &[Complex<f64>], period: usize) -> Vec<f64> {
    (0..period)
        .map(|i| {
            let term = |(j, v): (usize, &Complex<f64>)| {
                let twice = if j == 0 || 2 * j == period { 1.0 } else { 2.0 };
                let wave =
                    Complex::from_polar(1.0, TAU * ((i * j) % period) as f64 / period as f64);
                twice * (v * wave).re / period as f64
            };
            spectrum.iter().enumerate().map(term).sum()
        })
        .collect()
}

fn plain(channels: &[Vec<f64>], params: &VmdParams) -> Plain {
    let k = params.k;
    let len = channels[0].len();
    let variance = |x: &Vec<f64>| {
        let mean = x.iter().sum::<f64>() / len as f64;
        x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / len as f64
    };
    let total: f64 = channels.iter().map(variance).sum();
    let (periods, starts): (Vec<_>, Vec<_>) =
        channels.iter().map(|x| continued(x, params.mirror)).unzip();
    let period = periods[0].len();
    let spectra: Vec<_> = periods.iter().map(|x| transform(x)).collect();
    let zero = vec![Complex::default(); spectra[0].len()];
    let mut u = vec![vec![zero.clone(); k]; channels.len()];
    let mut multiplier = vec![zero; channels.len()];
    let mut centres: Vec<f64> = (0..k).map(|i| 0.5 / k as f64 * i as f64).collect();
    let mut sweeps = 0;
    loop {
        let mut change = 0.0;
        let mut next = centres.clone();
        for m in 0..k {
            let (mut energy, mut moment) = (0.0, 0.0);
            for (c, f) in spectra.iter().enumerate() {
                for j in 0..f.len() {
                    let w = j as f64 / period as f64;
                    let others: Complex<f64> = (0..k).filter(|&i| i != m).map(|i| u[c][i][j]).sum();
                    let distance = w - centres[m];
                    let new = (f[j] - others - multiplier[c][j] / 2.0)
                        / (1.0 + params.alpha * distance * distance);
                    change += (new - u[c][m][j]).norm_sqr();
                    u[c][m][j] = new;
                    energy += new.norm_sqr();
                    moment += w * new.norm_sqr();
                }
            }
            next[m] = if m == 0 && params.dc { 0.0 } else { moment / energy };
        }
        for (c, f) in spectra.iter().enumerate() {
            for j in 0..f.len() {
                let all: Complex<f64> = (0..k).map(|m| u[c][m][j]).sum();
                multiplier[c][j] += params.tau * (all - f[j]);
            }
        }
        centres = next;
        sweeps += 1;
        if change / (period as f64 * total) <= params.tol || sweeps == params.max_sweeps {
            break;
        }
    }
    let mut order: Vec<usize> = (0..k).collect();
    order.sort_by(|&a, &b| centres[a].total_cmp(&centres[b]));
    let cut = |c: usize, m: usize| back(&u[c][m], period)[starts[c]..][..len].to_vec();
    Plain {
        modes: (0..channels.len()).map(|c| order.iter().map(|&m| cut(c, m)).collect()).collect(),
        centres: order.iter().map(|&m| centres[m]).collect(),
        sweeps,
    }
}

fn signal(len: usize, seed: f64) -> Vec<f64> {
    (0..len)
        .map(|i| (0.1 * seed * i as f64).sin() + 0.4 * ((i * i) as f64 * 0.17 * seed).cos() + 2.0)
        .collect()
}

fn agree(mine: &[f64], theirs: &[f64], what: &str) {
    assert_eq!(mine.len(), theirs.len(), "{what}");
    let largest = theirs.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    for (i, (a, b)) in mine.iter().zip(theirs).enumerate() {
        assert!((a - b).abs() < 1e-10 * largest, "{what}, sample {i}: {a} and {b}");
    }
}

#[test]
fn one_channel_with_every_mirror_length_and_multiplier() {
    for mirror in [Mirror::TwoSided, Mirror::OneSided] {
        // Remainders of four give every parity of the half and of the period.
        for len in [60, 61, 62, 63] {
            for (tau, dc) in [(0.0, false), (0.15, true)] {
                let params = VmdParams {
                    k: 3,
                    alpha: 300.0,
                    tau,
                    dc,
                    mirror,
                    standardise: false,
                    max_sweeps: 60,
                    ..VmdParams::default()
                };
                let x = signal(len, 1.3);
                let expected = plain(std::slice::from_ref(&x), &params);
                let got = Vmd::new(&params, len).unwrap().decompose(&x).unwrap();
                let what = format!("{mirror:?}, {len} samples, tau {tau}");
                assert_eq!(got.sweeps, expected.sweeps, "{what}");
                agree(&got.centre_frequency, &expected.centres, &what);
                for m in 0..params.k {
                    agree(got.mode(m), &expected.modes[0][m], &format!("{what}, mode {m}"));
                }
            }
        }
    }
}

#[test]
fn several_channels_share_their_centre_frequencies() {
    let params = VmdParams { k: 4, alpha: 500.0, standardise: false, ..VmdParams::default() };
    let channels = [signal(80, 1.3), signal(80, 2.9), signal(80, 0.4)];
    let expected = plain(&channels, &params);
    let slices: Vec<&[f64]> = channels.iter().map(Vec::as_slice).collect();
    let got = MultivariateVmd::new(&params, 80, 3).unwrap().decompose(&slices).unwrap();
    for (c, got) in got.iter().enumerate() {
        assert_eq!(got.sweeps, expected.sweeps);
        agree(&got.centre_frequency, &expected.centres, "centres");
        for m in 0..params.k {
            agree(got.mode(m), &expected.modes[c][m], &format!("channel {c}, mode {m}"));
        }
    }
}

#[test]
fn one_channel_alone_gives_what_vmd_gives() {
    let params = VmdParams { k: 3, ..VmdParams::default() };
    let x = signal(90, 1.1);
    let alone = Vmd::new(&params, 90).unwrap().decompose(&x).unwrap();
    let multi = MultivariateVmd::new(&params, 90, 1).unwrap().decompose(&[&x]).unwrap();
    assert_eq!(multi, [alone]);
}

/// Why there is no third choice of mirror: the whole signal mirrored at one end is the same circle.
#[test]
fn a_whole_mirror_at_one_end_is_the_mirror_at_both_ends() {
    let x = signal(40, 1.7);
    let (both, start) = continued(&x, Mirror::TwoSided);
    let circle: Vec<f64> = x.iter().chain(x.iter().rev()).copied().collect();
    let turned: Vec<f64> = (0..80).map(|i| both[(start + i) % 80]).collect();
    assert_eq!(circle, turned);
}
