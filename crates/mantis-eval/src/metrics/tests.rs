//! Reference values: scikit-learn 1.7.2 and SciPy 1.15.3 (NumPy 2.2.6) on the rows of `rows`.

use super::*;
use crate::Error;
use mantis_data::{Interval, Timestamp};

const TOLERANCE: f64 = 1e-12;

/// Rows of a linear congruential generator, rounded so that scores tie.
fn rows(n: usize) -> (Vec<bool>, Vec<f64>) {
    let mut state = 12_345_u64;
    let mut next = || {
        state = (state * 1_103_515_245 + 12_345) % (1 << 31);
        state as f64 / f64::from(1_u32 << 31)
    };
    (0..n)
        .map(|_| {
            let p = ((0.2 + 0.6 * next()) * 100.0).round() / 100.0;
            (next() < 0.25 + 0.5 * p, p)
        })
        .unzip()
}

fn close(got: f64, expected: f64) {
    assert!((got - expected).abs() <= TOLERANCE, "got {got}, expected {expected}");
}

#[test]
fn single_numbers_equal_scikit_learn() {
    let (up, p) = rows(500);
    assert_eq!(up.iter().filter(|&&u| u).count(), 245);
    close(accuracy(&up, &p).unwrap(), 0.574);
    close(roc_auc(&up, &p).unwrap(), 0.597_751_100_440_176_2);
    close(brier(&up, &p).unwrap(), 0.249_739_8);
    close(log_loss(&up, &p).unwrap(), 0.695_790_937_737_656_5);
    close(log_loss(&[true, false, true], &[0.0, 0.3, 1.0]).unwrap(), 12.133_442_777_685_296);
}

#[test]
fn wilson_interval_equals_scipy() {
    for (hits, n, low, high) in [
        (55, 100, 0.452_446_029_974_421_35, 0.643_854_620_204_880_3),
        (0, 10, 0.0, 0.277_532_799_862_889_26),
        (10, 10, 0.722_467_200_137_110_1, 1.0),
        (2310, 4344, 0.516_907_752_889_269_2, 0.546_572_022_676_158_6),
    ] {
        let (l, h) = wilson_interval(hits, n, Z_95).unwrap();
        close(l, low);
        close(h, high);
    }
}

#[test]
fn curves_equal_scikit_learn() {
    let (up, p) = rows(500);
    let curve = roc_curve(&up, &p).unwrap();
    assert_eq!(curve.len(), 62);
    for (i, f, t, s) in [
        (1, 0.0, 0.008_163_265_306_122_45, 0.8),
        (20, 0.254_901_960_784_313_7, 0.375_510_204_081_632_66, 0.61),
        (40, 0.611_764_705_882_353, 0.742_857_142_857_142_9, 0.41),
        (61, 1.0, 1.0, 0.2),
    ] {
        close(curve[i].false_positive_rate, f);
        close(curve[i].true_positive_rate, t);
        close(curve[i].threshold.unwrap(), s);
    }
    let bins = reliability(&up, &p, 7).unwrap();
    let frequency = [
        0.369_863_013_698_630_1,
        0.391_304_347_826_087,
        0.507_936_507_936_507_9,
        0.591_240_875_912_408_8,
        0.571_428_571_428_571_4,
    ];
    let mean = [
        0.240_958_904_109_589_1,
        0.358_434_782_608_695_6,
        0.499_206_349_206_349_43,
        0.643_430_656_934_306_7,
        0.758_979_591_836_734_8,
    ];
    assert_eq!(bins.len(), 5);
    assert_eq!(bins.iter().map(|b| b.n).sum::<usize>(), 500);
    for (bin, (f, m)) in bins.iter().zip(frequency.into_iter().zip(mean)) {
        close(bin.frequency, f);
        close(bin.mean_probability, m);
    }
}

#[test]
fn thresholds_equal_numpy_quantiles() {
    let (_, p) = rows(500);
    let thresholds = confidence_thresholds(&p, &[0.5, 0.2, 0.1, 0.05]).unwrap();
    for (threshold, expected) in thresholds.iter().zip([0.14, 0.23, 0.27, 0.29]) {
        close(threshold.min_confidence, expected);
    }
}

#[test]
fn groups_and_months_hold_every_row_once() {
    let (up, p) = rows(503);
    let deciles = accuracy_by_confidence(&up, &p, 10).unwrap();
    assert_eq!(deciles.iter().map(|b| b.n).sum::<usize>(), 503);
    assert!(deciles.windows(2).all(|w| w[0].min_confidence <= w[1].min_confidence));
    let start = Timestamp::parse("2025-01-30T00:00:00Z").unwrap();
    let hours = |n: usize| start + Interval::hours(i64::try_from(n).unwrap());
    let time: Vec<Timestamp> = (0..503).map(hours).collect();
    let months = accuracy_by_month(&time, &up, &p).unwrap();
    assert_eq!(months.iter().map(|m| (m.month, m.n)).collect::<Vec<_>>(), [(1, 48), (2, 455)]);
    let hits: f64 = months.iter().map(|m| m.accuracy * m.n as f64).sum();
    close(hits / 503.0, accuracy(&up, &p).unwrap());
}

#[test]
fn a_judgement_gathers_the_measures_and_the_verdict_names_its_parts() {
    let (up, p) = rows(500);
    let thresholds = confidence_thresholds(&p[..250], &[0.2]).unwrap();
    let judged = Judgement::new(&up[250..], &p[250..], &thresholds).unwrap();
    assert_eq!(judged.n, 250);
    assert_eq!(judged.selective[0].threshold, thresholds[0]);
    let selective = judged.selective[0].accuracy.unwrap();
    assert!(selective.low < selective.value && selective.value < selective.high);
    let good = Judgement { accuracy: 0.56, low: 0.551, auc: 0.55, ..judged };
    let verdict = PassCriterion::default().verdict(&good);
    assert_eq!(verdict, Verdict { accuracy: true, lower_bound: true, auc: false, passed: false });
    let text = serde_json::to_string(&good).unwrap();
    assert_eq!(serde_json::from_str::<Judgement>(&text).unwrap(), good);
}

#[test]
fn no_row_above_the_threshold_is_no_accuracy() {
    let threshold = ConfidenceThreshold { coverage: 0.1, min_confidence: 0.4 };
    let judged = selective_accuracy(&[true], &[0.6], &[threshold]).unwrap();
    assert_eq!((judged[0].n, judged[0].accuracy), (0, None));
}

proptest::proptest! {
    #[test]
    fn auc_equals_the_count_of_ordered_pairs(
        rows in proptest::collection::vec((proptest::bool::ANY, -5_i8..5), 2..60)
    ) {
        let (up, score): (Vec<bool>, Vec<f64>) =
            rows.iter().map(|&(u, s)| (u, f64::from(s))).unzip();
        let (mut pairs, mut won) = (0.0, 0.0);
        for (_, high) in rows.iter().filter(|r| r.0) {
            for (_, low) in rows.iter().filter(|r| !r.0) {
                pairs += 1.0;
                won += if high > low { 1.0 } else if high == low { 0.5 } else { 0.0 };
            }
        }
        match roc_auc(&up, &score) {
            Ok(auc) => close(auc, won / pairs),
            Err(e) => assert!(pairs == 0.0 && matches!(e, Error::OneClass { .. })),
        }
    }
}

#[test]
fn bad_input_is_an_error() {
    assert!(matches!(accuracy(&[true], &[]), Err(Error::Length { .. })));
    assert!(matches!(brier(&[], &[]), Err(Error::Empty { .. })));
    assert!(matches!(log_loss(&[true], &[f64::NAN]), Err(Error::NotFinite { .. })));
    assert!(matches!(brier(&[true], &[1.5]), Err(Error::Parameter { .. })));
    assert!(matches!(roc_auc(&[true], &[0.2]), Err(Error::OneClass { .. })));
    assert!(matches!(roc_curve(&[false], &[0.2]), Err(Error::OneClass { .. })));
    assert!(matches!(reliability(&[true], &[0.2], 0), Err(Error::Parameter { .. })));
    assert!(matches!(confidence_thresholds(&[0.2], &[0.0]), Err(Error::Parameter { .. })));
    assert!(matches!(wilson_interval(2, 1, Z_95), Err(Error::Parameter { .. })));
    assert!(PassCriterion::new(1.2, 0.5, 0.5).is_err());
}
