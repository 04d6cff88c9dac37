use super::*;

/// Magnitudes that fall and carry a few lines, more than two chunks and no whole number of blocks.
fn magnitudes(bins: usize) -> Vec<f64> {
    (0..bins).map(|j| 10.0 / (1.0 + j as f64) + if j % 37 == 5 { 3.0 } else { 0.0 }).collect()
}

fn spectrum(bins: usize, k: usize, alpha: f64, isa: Isa) -> Spectrum {
    let mut s = Spectrum::new(bins, 2 * bins, k, alpha, isa);
    s.start(&magnitudes(bins));
    s
}

fn centres(k: usize) -> Vec<f64> {
    (0..k).map(|i| 0.5 / k as f64 * i as f64).collect()
}

/// Runs sweeps and moves the centres; returns the changes.
fn run(s: &mut Spectrum, sweeps: usize, tau: f64, centres: &mut [f64], enough: f64) -> Vec<f64> {
    (0..sweeps)
        .map(|_| {
            let change = s.sweep(tau, centres, enough);
            for (m, c) in centres.iter_mut().enumerate() {
                let (energy, moment) = s.moments(m);
                *c = moment / energy;
            }
            change
        })
        .collect()
}

fn read_all(s: &Spectrum, bins: usize) -> Vec<Vec<f64>> {
    let mut modes = vec![vec![0.0; bins]; s.k];
    for (m, mode) in modes.iter_mut().enumerate() {
        s.read(s.modes(), m, mode);
    }
    modes
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    for (k, tau) in [(1, 0.0), (3, 0.1), (5, 0.0), (8, 0.0), (8, 0.1), (11, 0.0)] {
        for bins in [4, 37, 128, 300] {
            let results: Vec<_> = Isa::available()
                .into_iter()
                .map(|isa| {
                    let mut s = spectrum(bins, k, 500.0, isa);
                    let mut c = centres(k);
                    let changes = run(&mut s, 20, tau, &mut c, f64::INFINITY);
                    (changes, c, read_all(&s, bins))
                })
                .collect();
            assert!(results.windows(2).all(|p| p[0] == p[1]), "k={k}, tau={tau}, bins={bins}");
        }
    }
}

/// One sweep written down bin by bin from the formulas, without blocks, scaling or shared divisions.
#[test]
fn a_sweep_is_what_the_formulas_say() {
    let (bins, k, alpha, tau) = (150, 5, 700.0, 0.2);
    let d = magnitudes(bins);
    let mut s = spectrum(bins, k, alpha, Isa::best());
    let (mut u, mut multiplier) = (vec![vec![0.0; bins]; k], vec![0.0; bins]);
    let mut w_k = centres(k);
    for sweep in 0..15 {
        let mine = s.sweep(tau, &w_k, f64::INFINITY);
        let mut change = 0.0;
        for j in 0..bins {
            let w = j as f64 / (2 * bins) as f64;
            for m in 0..k {
                let others: f64 = (0..k).filter(|&i| i != m).map(|i| u[i][j]).sum();
                let gain = 1.0 / (1.0 + alpha * (w - w_k[m]) * (w - w_k[m]));
                let new = (d[j] - others - multiplier[j] / 2.0) * gain;
                change += (new - u[m][j]) * (new - u[m][j]);
                u[m][j] = new;
            }
            let all: f64 = (0..k).map(|m| u[m][j]).sum();
            multiplier[j] += tau * (all - d[j]);
        }
        assert!((mine / change - 1.0).abs() < 1e-11, "sweep {sweep}: {mine} and {change}");
        for (m, centre) in w_k.iter_mut().enumerate() {
            let energy: f64 = u[m].iter().map(|v| v * v).sum();
            let w = |j: usize| j as f64 / (2 * bins) as f64;
            let moment: f64 = u[m].iter().enumerate().map(|(j, v)| w(j) * v * v).sum();
            let (my_energy, my_moment) = s.moments(m);
            assert!((my_energy / energy - 1.0).abs() < 1e-12);
            assert!((my_moment / moment - 1.0).abs() < 1e-12);
            *centre = moment / energy;
        }
    }
    for (mine, theirs) in read_all(&s, bins).iter().zip(&u) {
        for (a, b) in mine.iter().zip(theirs) {
            assert!((a - b).abs() < 1e-12 * d[0], "{a} and {b}");
        }
    }
}

#[test]
fn stopping_the_measurement_early_changes_nothing_else() {
    let (bins, k) = (400, 4);
    let (mut whole, mut short) = (centres(k), centres(k));
    let mut a = spectrum(bins, k, 2000.0, Isa::best());
    let mut b = a.clone();
    let full = run(&mut a, 30, 0.0, &mut whole, f64::INFINITY);
    let cut = run(&mut b, 30, 0.0, &mut short, 1e-6);
    assert_eq!(read_all(&a, bins), read_all(&b, bins));
    assert_eq!(whole, short);
    for (full, cut) in full.iter().zip(&cut) {
        assert!(cut <= full, "a part is larger than the whole");
        assert!(*cut > 1e-6 || cut == full, "the measurement stopped before it had enough");
    }
    assert!(full.iter().zip(&cut).any(|(full, cut)| cut < full), "nothing was cut short");
}

#[test]
fn a_warm_start_keeps_the_gains() {
    let (bins, k) = (70, 3);
    let before = magnitudes(bins);
    let after: Vec<f64> =
        before.iter().enumerate().map(|(j, d)| d * (1.0 + 0.01 * j as f64)).collect();
    let mut s = spectrum(bins, k, 900.0, Isa::best());
    run(&mut s, 10, 0.1, &mut centres(k), f64::INFINITY);
    let old = read_all(&s, bins);
    s.start_warm(&before, &after);
    for (old, new) in old.iter().zip(read_all(&s, bins)) {
        for j in 0..bins {
            assert!((new[j] / after[j] - old[j] / before[j]).abs() < 1e-14);
        }
    }
    let modes = read_all(&s, bins);
    for (j, d) in after.iter().enumerate() {
        let left = d - modes.iter().map(|m| m[j]).sum::<f64>();
        assert!((s.residual[j / LANES].0[j % LANES] - left).abs() < 1e-13);
    }
}
