use ndarray::Array2;
use proptest::prelude::*;

use super::{NamedGraph, build, build_from_seed};
use crate::Error;

/// Symmetric matrix from the entries of its upper triangle.
fn symmetric(p: usize, upper: &[f64]) -> Array2<f64> {
    Array2::from_shape_fn((p, p), |(i, j)| {
        let (a, b) = (i.min(j), i.max(j));
        upper[b * (b + 1) / 2 + a]
    })
}

#[test]
fn a_known_graph_is_built_by_hand() {
    // Nodes 0..4 form the strong seed; node 4 is closest to 0, 1 and 3.
    let mut w = Array2::from_elem((5, 5), 0.1);
    for i in 0..4 {
        for j in 0..4 {
            w[[i, j]] = 0.9 - 0.01 * (i + j) as f64;
        }
        w[[i, i]] = 1.0;
    }
    for (node, value) in [(0, 0.5), (1, 0.4), (2, 0.2), (3, 0.3)] {
        w[[4, node]] = value;
        w[[node, 4]] = value;
    }
    let graph = build(&w).unwrap();
    assert_eq!(graph.cliques, [[0, 1, 2, 3], [4, 0, 1, 3]]);
    assert_eq!(graph.separators, [[0, 1, 3]]);
    assert_eq!(graph.degree(), [4, 4, 3, 4, 3]);
    assert!(graph.adjacent(4, 3) && !graph.adjacent(2, 4));
    assert!((graph.strength()[4] - 1.2).abs() < 1e-15);
}

#[test]
fn four_nodes_are_one_clique() {
    let graph = build(&Array2::eye(4)).unwrap();
    assert_eq!((graph.cliques.len(), graph.separators.len(), graph.edges.len()), (1, 0, 6));
}

#[test]
fn a_tied_seed_takes_the_highest_nodes_and_any_seed_can_be_given() {
    assert_eq!(build(&Array2::eye(7)).unwrap().cliques[0], [6, 5, 4, 3]);
    let graph = build_from_seed(&Array2::eye(7), [0, 5, 2, 1]).unwrap();
    assert_eq!(graph.cliques[..2], [[0, 5, 2, 1], [3, 0, 5, 2]]);
    for seed in [[0, 1, 2, 7], [0, 1, 2, 1]] {
        assert!(matches!(build_from_seed(&Array2::eye(7), seed), Err(Error::Seed { .. })));
    }
}

#[test]
fn bad_matrices_are_refused() {
    assert!(matches!(build(&Array2::eye(3)), Err(Error::SimilarityShape { rows: 3, .. })));
    assert!(matches!(build(&Array2::zeros((5, 4))), Err(Error::SimilarityShape { .. })));
    let mut w = Array2::eye(5);
    w[[1, 3]] = 0.5;
    assert!(matches!(build(&w), Err(Error::NotSymmetric { row: 1, column: 3, .. })));
    w[[3, 1]] = f64::NAN;
    w[[1, 3]] = f64::NAN;
    assert!(matches!(build(&w), Err(Error::NotFinite { row: 1, .. })));
}

proptest! {
    #[test]
    fn sizes_hold_for_any_sign_of_weights(p in 4usize..24, seed in prop::collection::vec(-1.0f64..1.0, 300)) {
        let graph = build(&symmetric(p, &seed)).unwrap();
        prop_assert_eq!(graph.cliques.len(), p - 3);
        prop_assert_eq!(graph.separators.len(), p - 4);
        prop_assert_eq!(graph.edges.len(), 3 * p - 6);
        prop_assert!(graph.degree().iter().all(|&d| d >= 3));
        let pairs: Vec<_> = graph.edges.iter().map(|e| (e.from, e.to)).collect();
        prop_assert!(pairs.windows(2).all(|w| w[0] < w[1]), "sorted and distinct");
        let twice: f64 = graph.edges.iter().map(|e| 2.0 * e.weight).sum();
        prop_assert!((graph.strength().iter().sum::<f64>() - twice).abs() < 1e-9);
    }

    #[test]
    fn doubling_the_weights_changes_no_choice(p in 4usize..16, upper in prop::collection::vec(0.0f64..1.0, 136)) {
        let w = symmetric(p, &upper);
        let doubled = build(&(&w * 2.0)).unwrap();
        prop_assert_eq!(build(&w).unwrap().cliques, doubled.cliques);
    }
}

#[test]
fn the_graph_as_data_is_well_formed_and_whole() {
    let similarity = Array2::from_shape_fn((7, 7), |(i, j)| 1.0 / (1.0 + i.abs_diff(j) as f64));
    let graph = build(&similarity).unwrap();
    let mut names: Vec<String> = (0..7).map(|j| format!("column_{j}")).collect();
    names[3] = String::from("a<b & \"c\">d");
    let named = NamedGraph::new(names.clone(), graph.clone()).unwrap();
    let xml = named.to_graphml();
    let document = roxmltree::Document::parse(&xml).unwrap();
    let all = |tag: &str| -> Vec<_> {
        document.descendants().filter(|n| n.tag_name().name() == tag).collect()
    };
    let data = |node: &roxmltree::Node<'_, '_>, key: &str| {
        let data = node.children().find(|n| n.attribute("key") == Some(key)).unwrap();
        data.text().unwrap().to_owned()
    };
    let told: Vec<String> = all("node").iter().map(|node| data(node, "name")).collect();
    assert_eq!(told, names);
    for (edge, node) in graph.edges.iter().zip(all("edge")) {
        assert_eq!(node.attribute("source").unwrap(), format!("n{}", edge.from));
        assert_eq!(node.attribute("target").unwrap(), format!("n{}", edge.to));
        assert_eq!(data(&node, "weight").parse::<f64>().unwrap(), edge.weight);
    }
    assert_eq!(all("edge").len(), graph.edges.len());
    let json = serde_json::to_string(&named).unwrap();
    assert_eq!(serde_json::from_str::<NamedGraph>(&json).unwrap(), named);
    let few = NamedGraph::new(names[1..].to_vec(), graph);
    assert!(matches!(few, Err(Error::Length { input: "names", got: 6, expected: 7, .. })));
}
