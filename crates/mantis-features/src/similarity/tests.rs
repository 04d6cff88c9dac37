use super::*;

fn names(n: usize) -> Vec<String> {
    (0..n).map(|j| format!("column_{j}")).collect()
}

#[test]
fn known_correlations() {
    let x = [1.0, 2.0, 3.0, 4.0, 5.0];
    let y = [2.0, 1.0, 4.0, 3.0, 5.0];
    let cubes = x.map(|v| v * v * v);
    let r = pearson(&names(2), &[&x, &y]).unwrap();
    assert!((r[[0, 1]] - 0.8).abs() < 1e-15 && r[[0, 1]] == r[[1, 0]] && r[[1, 1]] == 1.0);
    let rho = spearman(&names(3), &[&x, &y, &cubes]).unwrap();
    assert!((rho[[0, 1]] - 0.8).abs() < 1e-15 && (rho[[0, 2]] - 1.0).abs() < 1e-15);
}

#[test]
fn equal_values_share_their_rank() {
    assert_eq!(ranks(&[3.0, 1.0, 3.0, -0.0, 0.0]), [3.5, 2.0, 3.5, 0.5, 0.5]);
}

#[test]
fn bad_columns_are_named() {
    let x = [1.0, 2.0, 3.0];
    let constant = pearson(&names(2), &[&x, &[0.1, 0.1, 0.1]]).unwrap_err();
    assert!(matches!(constant, Error::Constant { column, rows: 3, .. } if column == "column_1"));
    let nan = spearman(&names(2), &[&x, &[0.1, f64::NAN, 0.3]]).unwrap_err();
    assert!(matches!(nan, Error::NotFinite { column, row: 1, .. } if column == "column_1"));
    assert!(matches!(pearson(&names(2), &[&x, &x[1..]]), Err(Error::Length { .. })));
    assert!(matches!(pearson(&names(1), &[&x, &x]), Err(Error::Length { .. })));
}

const ALL: [Similarity; 4] =
    [Similarity::Pearson, Similarity::Spearman, Similarity::MutualInformation, Similarity::Shrunk];

fn waves() -> [Vec<f64>; 4] {
    let wave = |step: f64| (0..2_000).map(|t| (f64::from(t) * step).sin()).collect::<Vec<_>>();
    let (a, b) = (wave(0.7), wave(std::f64::consts::SQRT_2));
    let square = a.iter().map(|v| v * v).collect();
    let near = a.iter().zip(&b).map(|(a, b)| a + 0.5 * b).collect();
    [a, b, square, near]
}

fn matrix(similarity: Similarity, weights: Option<&[f64]>) -> ndarray::Array2<f64> {
    let waves = waves();
    let columns: Vec<&[f64]> = waves.iter().map(Vec::as_slice).collect();
    similarity.matrix(&names(4), &columns, weights).unwrap()
}

#[test]
fn mutual_information_sees_what_correlation_does_not() {
    let (r, i) = (matrix(Similarity::Pearson, None), matrix(Similarity::MutualInformation, None));
    assert!(r[[0, 2]].abs() < 0.01 && i[[0, 2]] > 0.9, "{} {}", r[[0, 2]], i[[0, 2]]);
    assert!(i[[0, 1]] < 0.1, "independent columns share nothing: {}", i[[0, 1]]);
    assert!((0.6..0.99).contains(&i[[0, 3]]));
    for (j, k) in [(0, 1), (1, 3), (2, 3)] {
        assert_eq!(i[[j, k]], i[[k, j]]);
    }
    assert!(i.diag().iter().all(|&v| v == 1.0));
}

#[test]
fn shrinkage_is_strong_with_few_rows_and_weak_with_many() {
    let waves = waves();
    let of = |rows: usize| {
        let columns: Vec<&[f64]> = waves.iter().map(|w| &w[..rows]).collect();
        let whole = Similarity::Pearson.matrix(&names(4), &columns, None).unwrap();
        let shrunk = Similarity::Shrunk.matrix(&names(4), &columns, None).unwrap();
        let kept = |j: usize, k: usize| shrunk[[j, k]] / whole[[j, k]];
        assert!((kept(0, 3) - kept(1, 3)).abs() < 1e-9, "one factor for all");
        kept(0, 3)
    };
    let (few, many) = (of(12), of(2_000));
    assert!(few < 0.95 && many > 0.98 && many <= 1.0, "{few} {many}");
}

#[test]
fn equal_weights_change_nothing_and_zero_weights_drop_rows() {
    for similarity in ALL {
        let (plain, equal) = (matrix(similarity, None), matrix(similarity, Some(&[0.7; 2_000])));
        assert!(plain.iter().zip(&equal).all(|(a, b)| (a - b).abs() < 1e-12), "{similarity:?}");
    }
    let mut weights = vec![1.0; 2_000];
    weights[1_000..].fill(0.0);
    let waves = waves();
    let first: Vec<&[f64]> = waves.iter().map(|w| &w[..1_000]).collect();
    for similarity in ALL {
        let half = matrix(similarity, Some(&weights));
        let cut = similarity.matrix(&names(4), &first, None).unwrap();
        assert!(half.iter().zip(&cut).all(|(a, b)| (a - b).abs() < 1e-12), "{similarity:?}");
    }
}

#[test]
fn a_row_of_weight_two_is_the_row_twice() {
    let waves = waves();
    let weights: Vec<f64> = (0..2_000).map(|row| f64::from(row % 4)).collect();
    let repeated: Vec<Vec<f64>> = waves
        .iter()
        .map(|w| {
            w.iter().enumerate().flat_map(|(row, &v)| std::iter::repeat_n(v, row % 4)).collect()
        })
        .collect();
    let repeated: Vec<&[f64]> = repeated.iter().map(Vec::as_slice).collect();
    for similarity in [Similarity::Pearson, Similarity::Spearman] {
        let (a, b) = (
            matrix(similarity, Some(&weights)),
            similarity.matrix(&names(4), &repeated, None).unwrap(),
        );
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-11), "{similarity:?}");
    }
    // The bins are those of the repeated rows; what differs is how many observations the correction counts.
    let (column, copies) = (&waves[3], repeated[3]);
    let (a, b) = (Bins::quantiles(column, 16, Some(&weights)), Bins::quantiles(copies, 16, None));
    let spread = |row: usize| std::iter::repeat_n(a.bin[row], row % 4);
    assert!((0..2_000).flat_map(spread).eq(b.bin.iter().copied()));
}

#[test]
fn weighted_mutual_information_is_the_sum_over_weighted_cells() {
    let x = Bins { bin: vec![0, 0, 1, 1, 1, 0], len: 2 };
    let y = Bins { bin: vec![0, 1, 1, 1, 0, 0], len: 2 };
    let w = [0.5, 1.0, 2.0, 0.25, 1.5, 0.75];
    let total: f64 = w.iter().sum();
    let p = |a: Option<u8>, b: Option<u8>| {
        let matches =
            |row: &usize| a.is_none_or(|a| x.bin[*row] == a) && b.is_none_or(|b| y.bin[*row] == b);
        (0..6).filter(matches).map(|row| w[row]).sum::<f64>() / total
    };
    let mut expected = 0.0;
    for a in 0..2 {
        for b in 0..2 {
            let joint = p(Some(a), Some(b));
            expected += joint * (joint / (p(Some(a), None) * p(None, Some(b)))).ln();
        }
    }
    // Four filled cells and two bins on each side exceed independence by one, over twice Kish's number of observations.
    let rows = total * total / w.iter().map(|w| w * w).sum::<f64>();
    let got = mutual_information(&x, &y, Some(&w));
    assert!((got - (expected - 1.0 / (2.0 * rows)).max(0.0)).abs() < 1e-15, "{got} {expected}");
    let doubled = w.map(|w| 2.0 * w);
    assert!((mutual_information(&x, &y, Some(&doubled)) - got).abs() < 1e-15);
}

#[test]
fn bad_weights_are_refused() {
    let waves = waves();
    let columns: Vec<&[f64]> = waves.iter().map(Vec::as_slice).collect();
    let of = |weights: &[f64]| Similarity::Pearson.matrix(&names(4), &columns, Some(weights));
    assert!(matches!(of(&[1.0; 3]), Err(Error::Length { input: "weights", .. })));
    let mut weights = vec![1.0; 2_000];
    weights[7] = -1.0;
    assert!(matches!(of(&weights), Err(Error::SampleWeight { row: 7, .. })));
    assert!(matches!(of(&[0.0; 2_000]), Err(Error::Constant { .. })));
}
