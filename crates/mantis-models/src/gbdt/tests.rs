use super::*;
use crate::Error;

/// Two trees over three columns, in the words of LightGBM. The second asks the same column twice.
const MODEL: &str = "tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=2
objective=binary sigmoid:1
feature_names=a b c

Tree=0
num_leaves=3
num_cat=0
split_feature=0 2
split_gain=1 1
threshold=0.5 -1.25
decision_type=2 2
left_child=1 -1
right_child=-2 -3
leaf_value=0.1 -0.3 0.25
leaf_weight=1 1 1
leaf_count=30 50 20
internal_value=0 0
internal_weight=1 1
internal_count=100 50
is_linear=0
shrinkage=0.1


Tree=1
num_leaves=3
num_cat=0
split_feature=1 1
split_gain=1 1
threshold=0 2
decision_type=2 2
left_child=-1 -2
right_child=1 -3
leaf_value=-0.05 0.2 0.4
leaf_weight=1 1 1
leaf_count=60 30 10
internal_value=0 0
internal_weight=1 1
internal_count=100 40
is_linear=0
shrinkage=0.1


end of trees

parameters:
[num_leaves: 31]
end of parameters
";

fn trees() -> Trees {
    Trees::parse(MODEL).unwrap()
}

#[test]
fn rows_follow_their_paths() {
    let trees = trees();
    assert_eq!((trees.columns(), trees.len()), (3, 2));
    assert_eq!(
        trees.leaves(&[0.5, 0.0, -1.25]).unwrap(),
        [0, 0],
        "a value on the threshold goes left"
    );
    assert_eq!(trees.leaves(&[0.5, 0.1, -1.2]).unwrap(), [2, 1]);
    assert_eq!(trees.leaves(&[0.6, 9.0, 0.0]).unwrap(), [1, 2]);
    assert!((trees.log_odds(&[0.6, 9.0, 0.0]).unwrap() - 0.1).abs() < 1e-15);
    let p = trees.probability(&[0.6, 9.0, 0.0]).unwrap();
    assert!((p - 1.0 / (1.0 + (-0.1_f64).exp())).abs() < 1e-15);
    assert_eq!(trees.text(), MODEL);
}

#[test]
fn contributions_add_up_and_are_those_of_the_definition() {
    let trees = trees();
    for row in [[0.0, 0.0, 0.0], [0.0, 1.0, -2.0], [1.0, 3.0, 5.0], [0.5, 2.0, -1.25]] {
        let contributions = trees.contributions(&row).unwrap();
        let sum: f64 = contributions.iter().sum();
        assert!((sum - trees.log_odds(&row).unwrap()).abs() < 1e-14, "{row:?}");
        // Tree 1 asks column 1 only, so that the column alone moves it from its mean.
        let leaf = trees.leaves(&row).unwrap()[1];
        let mean = 0.6 * -0.05 + 0.3 * 0.2 + 0.1 * 0.4;
        let expected = [-0.05, 0.2, 0.4][leaf] - mean;
        assert!((contributions[1] - expected).abs() < 1e-14, "{row:?}");
        // Tree 0 by the definition: the mean over both orders in which its two columns can become known.
        let left = (30.0 * 0.1 + 20.0 * 0.25) / 50.0;
        let nothing = 0.5 * left + 0.5 * -0.3;
        let only_c = 0.5 * if row[2] <= -1.25 { 0.1 } else { 0.25 } + 0.5 * -0.3;
        let only_a = if row[0] <= 0.5 { left } else { -0.3 };
        let both = [0.1, -0.3, 0.25][trees.leaves(&row).unwrap()[0]];
        let a = 0.5 * ((only_a - nothing) + (both - only_c));
        assert!((contributions[0] - a).abs() < 1e-14, "{row:?}");
    }
}

#[test]
fn bad_rows_are_refused() {
    let error = trees().log_odds(&[0.0, 1.0]).unwrap_err();
    assert!(matches!(error, Error::Length { got: 2, expected: 3, .. }), "{error}");
    let error = trees().leaves(&[0.0, f32::NAN, 0.0]).unwrap_err();
    assert!(error.to_string().contains("column 1 is NaN"), "{error}");
}

#[test]
fn a_text_that_is_no_such_model_is_refused_with_the_reason() {
    let change = |from: &str, to: &str| {
        assert!(MODEL.contains(from), "{from}");
        Trees::parse(&MODEL.replacen(from, to, 1)).unwrap_err()
    };
    assert!(change("tree\n", "{}\n").contains("does not start with"));
    assert!(change("binary sigmoid:1", "regression").contains("\"regression\""));
    assert!(change("num_class=1", "num_class=3").contains("several classes"));
    assert!(change("Tree=1", "Tree=2").contains("where tree 1 was expected"));
    assert!(change("num_cat=0", "num_cat=1").contains("categorical"));
    assert!(change("is_linear=0", "is_linear=1").contains("linear leaves"));
    assert!(change("split_feature=0 2", "split_feature=0 3").contains("reads column 3 of 3"));
    assert!(change("threshold=0.5 -1.25", "threshold=0.5").contains("has 1 entries, expected 2"));
    assert!(change("threshold=0.5 -1.25", "threshold=0.5 x").contains("\"x\""));
    assert!(change("decision_type=2 2", "decision_type=6 2").contains("of a type"));
    assert!(change("left_child=1 -1", "left_child=0 -1").contains("leads to 0"));
    assert!(change("right_child=-2 -3", "right_child=-2 -9").contains("leads to -9"));
    assert!(change("leaf_value=0.1", "leaf_value=inf").contains("finite"));
    assert!(Trees::parse("").is_err());
}

/// What every engine must do.
#[cfg(any(feature = "lightgbm", feature = "native-gbdt"))]
mod engine {
    use super::*;

    const COLUMNS: usize = 5;

    fn wave(row: usize, column: usize) -> f32 {
        ((row * (2 * column + 3)) as f32 * 0.61).sin()
    }

    fn table(rows: std::ops::Range<usize>) -> (Vec<f32>, Vec<bool>) {
        let values = rows.clone().flat_map(|r| (0..COLUMNS).map(move |c| wave(r, c))).collect();
        let up =
            rows.map(|r| wave(r, 0) + wave(r, 1) * wave(r, 2) + 0.5 * wave(r, 9) > 0.0).collect();
        (values, up)
    }

    fn fit(engine: &dyn GbdtBackend, params: &GbdtParams) -> Trees {
        let ((x, up), (later_x, later_up)) = (table(0..900), table(900..1300));
        let train = Table { values: &x, columns: COLUMNS, up: &up };
        let validation = Table { values: &later_x, columns: COLUMNS, up: &later_up };
        engine.fit(params, train, validation).unwrap()
    }

    fn params(engine: &dyn GbdtBackend) -> GbdtParams {
        let defaults = engine.capabilities().defaults();
        GbdtParams { leaf_rows: 10, l2: 0.0, rounds: 25, ..defaults }
    }

    fn engines() -> Vec<Box<dyn GbdtBackend>> {
        vec![
            #[cfg(feature = "lightgbm")]
            Box::new(LightGbm),
            #[cfg(feature = "native-gbdt")]
            Box::new(NativeGbdt),
        ]
    }

    /// The text of either engine, read by LightGBM and by us.
    #[cfg(feature = "lightgbm")]
    #[test]
    fn saved_trees_say_what_lightgbm_says() {
        for engine in engines() {
            let trees = fit(&*engine, &params(&*engine));
            assert!(trees.len() > 5);
            let booster = lightgbm3::Booster::from_string(trees.text()).unwrap();
            let (values, _) = table(1300..1500);
            let columns = COLUMNS as i32;
            let p = booster.predict(&values, columns, true).unwrap();
            let contributions = booster.predict_contrib(&values, columns, true).unwrap();
            let splits = booster.feature_importance(lightgbm3::ImportanceType::Split).unwrap();
            // LightGBM counts splits with a gain, and trees of `gbdt` are written without any.
            if engine.capabilities().name == "lightgbm" {
                let ours: Vec<f64> = trees.importances().iter().map(|&n| n as f64).collect();
                assert_eq!(ours, splits);
            }
            for (i, row) in values.chunks(COLUMNS).enumerate() {
                let got = trees.probability(row).unwrap();
                assert!((got - p[i]).abs() < 1e-14, "row {i}: {got} {}", p[i]);
                let theirs = &contributions[i * (COLUMNS + 1)..][..COLUMNS + 1];
                for (ours, theirs) in trees.contributions(row).unwrap().iter().zip(theirs) {
                    // Sums of products over paths: 1e-10 leaves room for another order of them.
                    assert!((ours - theirs).abs() < 1e-10, "row {i}: {ours} {theirs}");
                }
            }
        }
    }

    #[test]
    fn trees_forecast_rows_they_did_not_see() {
        let (values, up) = table(1300..1500);
        for engine in engines() {
            let trees = fit(&*engine, &params(&*engine));
            let right = values
                .chunks(COLUMNS)
                .zip(&up)
                .filter(|(row, up)| (trees.probability(row).unwrap() > 0.5) == **up)
                .count();
            assert!(right > 160, "{}: {right} of 200", engine.capabilities().name);
        }
    }

    #[test]
    fn a_seed_gives_the_same_trees() {
        for engine in engines() {
            let params = params(&*engine);
            let text = |params: &GbdtParams| fit(&*engine, params).text().to_owned();
            assert_eq!(text(&params), text(&params));
            let other = text(&GbdtParams { seed: 1, ..params.clone() });
            assert_eq!(other != text(&params), engine.capabilities().seeded_samples);
        }
    }

    #[test]
    fn leaves_have_their_rows_and_trees_their_depth() {
        for engine in engines() {
            let all = GbdtParams { row_share: 1.0, column_share: 1.0, ..params(&*engine) };
            let params = GbdtParams { leaf_rows: 40, depth: 3, leaves: 8, ..all };
            let trees = fit(&*engine, &params);
            // LightGBM only estimates the rows of a leaf, from their second derivatives, while it grows.
            let least = if engine.capabilities().name == "lightgbm" { 1.0 } else { 40.0 };
            for tree in &trees.trees {
                assert!(tree.leaf_rows.iter().all(|&rows| rows >= least), "{tree:?}");
                assert!(tree.leaf_value.len() <= 8, "{tree:?}");
            }
            assert!(trees.trees.iter().any(|tree| tree.leaf_value.len() > 2));
            let penalised = fit(&*engine, &GbdtParams { l2: 1e6, ..params });
            let (values, up) = table(1300..1500);
            let rate = up.iter().filter(|&&up| up).count() as f64 / 200.0;
            for row in values.chunks(COLUMNS) {
                let p = penalised.probability(row).unwrap();
                assert!((p - rate).abs() < 0.1, "a heavy penalty leaves the base rate: {p} {rate}");
            }
        }
    }

    #[test]
    fn no_tree_grows_on_what_cannot_be_learned_and_growth_stops_by_the_validation() {
        for engine in engines() {
            let (x, _) = table(0..900);
            let (later_x, later_up) = table(900..1300);
            // Labels that the columns know nothing of.
            let up: Vec<bool> = (0..900_usize).map(|r| (r * r * 7919) % 1009 > 504).collect();
            let train = Table { values: &x, columns: COLUMNS, up: &up };
            let validation = Table { values: &later_x, columns: COLUMNS, up: &later_up };
            let params = GbdtParams { rounds: 200, ..params(&*engine) };
            let trees = engine.fit(&params, train, validation).unwrap();
            assert!(trees.len() < 60, "{}", trees.len());
        }
    }

    #[test]
    fn bad_tables_are_refused() {
        for engine in engines() {
            let (values, up) = table(0..50);
            let good = Table { values: &values, columns: COLUMNS, up: &up };
            let params = params(&*engine);
            let refuse =
                |train: Table<'_>| engine.fit(&params, train, good).unwrap_err().to_string();
            assert!(refuse(Table { up: &up[1..], ..good }).contains("250 values, expected 245"));
            assert!(refuse(Table { up: &[true; 50], ..good }).contains("all 50 labels"));
            let mut hole = values.clone();
            hole[7] = f32::NAN;
            assert!(refuse(Table { values: &hole, ..good }).contains("column 2 is NaN at row 1"));
            let narrow = Table { values: &values[..200], columns: 4, up: &up };
            assert!(refuse(narrow).contains("5 values, expected 4"));
            let one = GbdtParams { leaves: 1, ..params.clone() };
            let message = engine.fit(&one, good, good).unwrap_err();
            assert!(message.to_string().contains("leaves must be from 2"), "{message}");
        }
    }

    #[test]
    fn what_an_engine_cannot_honour_is_refused_by_name() {
        for engine in engines() {
            let able = engine.capabilities();
            let (values, up) = table(0..50);
            let good = Table { values: &values, columns: COLUMNS, up: &up };
            let asked = [
                (
                    "row_share",
                    able.seeded_samples,
                    GbdtParams { row_share: 0.8, ..able.defaults() },
                ),
                (
                    "column_share",
                    able.seeded_samples,
                    GbdtParams { column_share: 0.8, ..able.defaults() },
                ),
                ("leaves", able.leaf_limit, GbdtParams { leaves: 31, ..able.defaults() }),
            ];
            for (name, can, params) in asked {
                match engine.fit(&GbdtParams { leaf_rows: 5, ..params }, good, good) {
                    Ok(_) => assert!(can, "{}: {name} was ignored", able.name),
                    Err(error) => {
                        assert!(!can, "{error}");
                        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
                        assert!(error.to_string().contains(name), "{error}");
                    }
                }
            }
        }
    }
}
