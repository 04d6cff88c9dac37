use mantis_data::{Interval, Timestamp};
use proptest::prelude::*;

use super::{
    Centrality, Chain, CombinedSelector, FeatureSelector, ForestSelector, InformationSelector,
    Selector, StabilitySelector, TmfgSelector, TopologicalSelector, TrainingView,
};
use crate::Error;
use crate::learn::Forest;
use crate::similarity::Similarity;
use crate::split::{Split, SplitDates};

const ROWS: usize = 300;

fn split() -> Split {
    let hour = |h: usize| Timestamp::from_micros(h as i64 * Interval::HOUR.as_micros());
    let known_at: Vec<_> = (0..ROWS).map(hour).collect();
    let resolves_at: Vec<_> = (1..=ROWS).map(hour).collect();
    let dates =
        SplitDates { train_end: hour(180), validation_end: hour(240), test_end: hour(ROWS) };
    Split::by_dates(&known_at, &resolves_at, dates, Interval::HOUR).unwrap()
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|j| format!("column_{j}")).collect()
}

/// Waves of different length; the label follows columns 1 and 5.
fn table() -> (Vec<Vec<f64>>, Vec<Option<bool>>) {
    let wave = |j: usize| move |t: usize| (t as f64 * (0.11 + 0.17 * j as f64) + j as f64).sin();
    let columns: Vec<Vec<f64>> = (0..8).map(|j| (0..ROWS).map(wave(j)).collect()).collect();
    let up = (0..ROWS).map(|t| Some(columns[1][t] + columns[5][t] > 0.1)).collect();
    (columns, up)
}

#[test]
fn the_columns_behind_the_label_are_chosen_first() {
    let (columns, up) = table();
    let (names, split) = (names(8), split());
    let train = TrainingView::new(&names, &columns, &up, &split).unwrap();
    let selection = TmfgSelector { n: 2, ..TmfgSelector::default() }.select(&train).unwrap();
    let mut chosen = selection.features.clone();
    chosen.sort_unstable();
    assert_eq!(chosen, [1, 5], "{selection:?}");
    assert!(selection.scores[0] >= selection.scores[1]);
    assert!(selection.reasons.iter().all(|reason| !reason.is_empty()));
    assert_eq!(selection.graph.unwrap().edges.len(), 3 * 8 - 6);
}

#[test]
fn constants_duplicates_and_redundant_neighbours_are_left_out_with_a_reason() {
    let (mut columns, up) = table();
    columns.push(columns[1].iter().map(|v| 3.0 - 2.0 * v).collect());
    columns.push(vec![7.0; ROWS]);
    let near: Vec<f64> = columns[1].iter().zip(&columns[3]).map(|(a, b)| a + 0.2 * b).collect();
    columns.push(near);
    let (names, split) = (names(11), split());
    let train = TrainingView::new(&names, &columns, &up, &split).unwrap();
    let selection = TmfgSelector::default().select(&train).unwrap();
    assert!(selection.reasons[8].contains("duplicate of column_1"), "{}", selection.reasons[8]);
    assert!(selection.reasons[9].contains("constant"));
    assert_eq!(selection.relevance[9], 0.0);
    assert!((selection.relevance[8] - selection.relevance[1]).abs() < 1e-12);
    let both = [1, 10].iter().filter(|j| selection.features.contains(j)).count();
    assert_eq!(both, 1, "one of two redundant columns: {:?}", selection.reasons);
    assert!(selection.features.len() < 10, "no more qualify");
}

#[test]
fn bad_input_is_refused() {
    let (mut columns, up) = table();
    let (names, split) = (names(8), split());
    let view = |columns: &[Vec<f64>], up: &[Option<bool>], selector: TmfgSelector| {
        let train = TrainingView::new(&names[..columns.len()], columns, up, &split)?;
        selector.select(&train)
    };
    let usual = TmfgSelector::default();
    let none = view(&columns, &up, TmfgSelector { n: 0, ..usual });
    assert!(matches!(none, Err(Error::Parameter { parameter: "n", .. })));
    let loose = view(&columns, &up, TmfgSelector { redundancy: 1.5, ..usual });
    assert!(matches!(loose, Err(Error::Parameter { parameter: "redundancy", .. })));
    assert!(matches!(view(&columns[..3], &up, usual), Err(Error::TooFewColumns { left: 3, .. })));
    let one_class = vec![Some(true); ROWS];
    assert!(matches!(view(&columns, &one_class, usual), Err(Error::OneClass { .. })));
    assert!(matches!(view(&columns, &up[1..], usual), Err(Error::Length { .. })));
    columns[2][5] = f64::NAN;
    let nan = view(&columns, &up, usual);
    assert!(matches!(nan, Err(Error::NotFinite { column, row: 5, .. }) if column == "column_2"));
}

fn forest() -> Forest {
    Forest { trees: 40, min_leaf: 5, depth: 5, ..Forest::default() }
}

/// Every selector, asked for two columns.
fn all() -> Vec<(&'static str, Box<dyn FeatureSelector>)> {
    let similarities = [
        Similarity::Pearson,
        Similarity::Spearman,
        Similarity::MutualInformation,
        Similarity::Shrunk,
    ];
    let mut all: Vec<(&'static str, Box<dyn FeatureSelector>)> = vec![
        ("tmfg", Box::new(TmfgSelector { n: 2, ..TmfgSelector::default() })),
        ("forest", Box::new(ForestSelector { n: 2, forest: forest(), ..Default::default() })),
        ("information", Box::new(InformationSelector { n: 2, bins: 4, ..Default::default() })),
        (
            "stability",
            Box::new(StabilitySelector {
                rounds: 6,
                block: 20,
                n: 2,
                ..StabilitySelector::new(TmfgSelector { n: 3, ..TmfgSelector::default() })
            }),
        ),
        (
            "chain",
            Box::new(
                Chain::default()
                    .then(InformationSelector { n: 5, bins: 4, ..Default::default() })
                    .then(TmfgSelector { n: 2, ..TmfgSelector::default() }),
            ),
        ),
    ];
    for similarity in similarities {
        let n = 2;
        let combined = CombinedSelector { n, similarity, forest: forest(), ..Default::default() };
        all.push(("combined", Box::new(combined)));
        for centrality in [Centrality::Degree, Centrality::Strength] {
            let topological =
                TopologicalSelector { n, similarity, centrality, ..Default::default() };
            all.push(("topological", Box::new(topological)));
        }
    }
    all
}

#[test]
fn every_selector_gives_scores_and_reasons_and_repeats_itself() {
    let (mut columns, up) = table();
    columns.push(columns[1].iter().map(|v| 3.0 - 2.0 * v).collect());
    columns.push(vec![7.0; ROWS]);
    let (names, split) = (names(10), split());
    let train = TrainingView::new(&names, &columns, &up, &split).unwrap();
    for (name, selector) in all() {
        let selection = selector.select(&train).unwrap();
        let mut chosen = selection.features.clone();
        chosen.sort_unstable();
        if name == "topological" {
            assert_eq!(chosen.len(), 2);
        } else if name == "combined" {
            // Of eight waves that share nothing the strengths are noise.
            assert!([1, 5].contains(&selection.features[0]), "{:?}", selection.reasons);
        } else {
            assert_eq!(chosen, [1, 5], "{name}: {:?}", selection.reasons);
        }
        assert_eq!(selection.scores.len(), selection.features.len(), "{name}");
        assert!(selection.scores.windows(2).all(|w| w[0] >= w[1]), "{name}");
        assert_eq!((selection.reasons.len(), selection.candidates.len()), (10, 10), "{name}");
        let scored = selection.features.iter().map(|&j| selection.candidates[j]);
        assert!(scored.eq(selection.scores.iter().copied().map(Some)), "{name}");
        let others = (0..8).filter(|j| !selection.features.contains(j));
        assert!(others.map(|j| selection.candidates[j]).all(|s| s.is_some()), "{name}");
        let told = |j: &usize| selection.reasons[*j].contains("chosen:");
        assert!(selection.features.iter().all(told), "{name}: {:?}", selection.reasons);
        assert!(selection.reasons[8].contains("duplicate of column_1"), "{name}");
        assert!(selection.reasons[9].contains("constant"), "{name}");
        let by_name: Vec<_> = selection.features.iter().map(|&j| names[j].clone()).collect();
        assert_eq!(selection.names, by_name, "{name}");
        assert_eq!(selector.select(&train).unwrap(), selection, "{name}");
    }
}

#[test]
fn no_selector_sees_rows_outside_the_fold() {
    let (mut columns, mut up) = table();
    let (names, split) = (names(8), split());
    let select = |columns: &[Vec<f64>], up: &[Option<bool>]| -> Vec<_> {
        let train = TrainingView::new(&names, columns, up, &split).unwrap();
        all().iter().map(|(_, selector)| selector.select(&train).unwrap()).collect()
    };
    let before = select(&columns, &up);
    for row in split.train.end..ROWS {
        columns.iter_mut().for_each(|column| column[row] = -1e6);
        up[row] = Some(row % 3 == 0);
    }
    assert_eq!(before, select(&columns, &up));
}

/// Rows without weight are as good as absent, and where weights move to the label moves too.
#[test]
fn every_selector_follows_the_weights() {
    let (columns, _) = table();
    let (names, split) = (names(8), split());
    let half = split.train.len() / 2;
    // Columns 1 and 5 make the label in the first half, 2 and 6 in the second.
    let sum = |t: usize, a: usize, b: usize| columns[a][t] + columns[b][t] > 0.1;
    let up: Vec<Option<bool>> =
        (0..ROWS).map(|t| Some(if t < half { sum(t, 1, 5) } else { sum(t, 2, 6) })).collect();
    let train = TrainingView::new(&names, &columns, &up, &split).unwrap();
    let choose = |first: bool, selector: &dyn FeatureSelector| {
        let weights: Vec<f64> =
            (0..ROWS).map(|t| f64::from(u8::from((t < half) == first))).collect();
        let train = train.clone().with_weights(&weights).unwrap();
        let mut chosen = selector.select(&train).unwrap().features;
        chosen.sort_unstable();
        chosen
    };
    let forest = ForestSelector { n: 2, forest: forest(), ..ForestSelector::default() };
    let information = InformationSelector { n: 2, bins: 4, ..InformationSelector::default() };
    let tmfg = TmfgSelector { n: 2, ..TmfgSelector::default() };
    for (name, selector) in [
        ("tmfg", &tmfg as &dyn FeatureSelector),
        ("forest", &forest),
        ("information", &information),
    ] {
        assert_eq!(choose(true, selector), [1, 5], "{name}");
        assert_eq!(choose(false, selector), [2, 6], "{name}");
    }
    let equal = train.clone().with_weights(&[0.5; ROWS]).unwrap();
    assert_eq!(tmfg.select(&equal).unwrap().features, tmfg.select(&train).unwrap().features);
    let short = train.clone().with_weights(&[1.0; 3]);
    assert!(matches!(short, Err(Error::Length { input: "weights", got: 3, .. })));
    let negative = train.with_weights(&[-1.0; ROWS]);
    assert!(matches!(negative, Err(Error::SampleWeight { row: 0, .. })));
}

#[test]
fn a_selector_by_name_is_that_selector_and_survives_json() {
    let (columns, up) = table();
    let (names, split) = (names(8), split());
    let train = TrainingView::new(&names, &columns, &up, &split).unwrap();
    for name in Selector::NAMES {
        let selector = Selector::named(name).unwrap().with_n(2);
        assert_eq!((selector.name(), selector.n()), (name, 2));
        let json = serde_json::to_string(&selector).unwrap();
        assert_eq!(serde_json::from_str::<Selector>(&json).unwrap(), selector, "{json}");
        if !["stability", "topological"].contains(&name) {
            let selection = selector.select(&train).unwrap();
            assert_eq!(selection.features.len(), 2, "{name}: {:?}", selection.reasons);
        }
    }
    let tmfg = TmfgSelector { n: 2, ..TmfgSelector::default() };
    let by_name = Selector::named("tmfg").unwrap().with_n(2).select(&train).unwrap();
    assert_eq!(by_name, tmfg.select(&train).unwrap());
    assert_eq!(Selector::named("random"), None);
    let unknown = serde_json::from_str::<Selector>(r#"{ "method": "tmfg", "bins": 3 }"#);
    assert!(unknown.unwrap_err().to_string().contains("unknown field `bins`"));
}

#[test]
fn a_graph_on_ranks_does_not_see_how_a_column_is_bent() {
    let (mut columns, up) = table();
    let (names, split) = (names(8), split());
    let spearman =
        TmfgSelector { n: 2, similarity: Similarity::Spearman, ..TmfgSelector::default() };
    let graph = |columns: &[Vec<f64>]| {
        let train = TrainingView::new(&names, columns, &up, &split).unwrap();
        spearman.select(&train).unwrap().graph.unwrap()
    };
    let before = graph(&columns);
    columns[4].iter_mut().for_each(|v| *v = (3.0 * *v).exp());
    assert_eq!(graph(&columns), before);
}

#[test]
fn a_chain_tells_at_which_step_a_column_went() {
    let (columns, up) = table();
    let (names, split) = (names(8), split());
    let train = TrainingView::new(&names, &columns, &up, &split).unwrap();
    let chain = Chain::default()
        .then(InformationSelector { n: 5, bins: 4, ..Default::default() })
        .then(TmfgSelector { n: 2, ..TmfgSelector::default() });
    let selection = chain.select(&train).unwrap();
    let at = |step: &str| selection.reasons.iter().filter(|r| r.starts_with(step)).count();
    assert_eq!((at("step 1"), at("step 2")), (3, 5), "{:?}", selection.reasons);
    assert_eq!(selection.graph.unwrap().nodes, 5);
    assert!(selection.graph_nodes.iter().zip(&selection.graph_names).all(|(&j, n)| names[j] == *n));
    assert!(matches!(Chain::default().select(&train), Err(Error::Parameter { .. })));
}

#[test]
fn information_finds_what_correlation_cannot() {
    let (columns, _) = table();
    let up: Vec<_> = (0..ROWS).map(|t| Some(columns[3][t].abs() > 0.6)).collect();
    let (names, split) = (names(8), split());
    let train = TrainingView::new(&names, &columns, &up, &split).unwrap();
    let selector = InformationSelector { n: 1, bins: 4, ..Default::default() };
    let selection = selector.select(&train).unwrap();
    assert_eq!(selection.features, [3], "{:?}", selection.reasons);
    assert!(selection.relevance[3] < 0.3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn other_rows_cannot_change_the_selection(
        row in 0usize..ROWS, column in 0usize..8, value in -1e6f64..1e6, label in any::<Option<bool>>()
    ) {
        let (mut columns, mut up) = table();
        let (names, split) = (names(8), split());
        let select = |columns: &[Vec<f64>], up: &[Option<bool>]| {
            let train = TrainingView::new(&names, columns, up, &split).unwrap();
            TmfgSelector::default().select(&train).unwrap()
        };
        let before = select(&columns, &up);
        let outside = split.train.end + row % (ROWS - split.train.end);
        columns[column][outside] = value;
        up[outside] = label;
        prop_assert_eq!(before, select(&columns, &up));
    }
}
