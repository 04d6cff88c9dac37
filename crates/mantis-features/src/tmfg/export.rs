//! The graph as data for other programs.

use std::fmt::Write;

use quick_xml::escape::escape;
use serde::{Deserialize, Serialize};

use super::Tmfg;
use crate::{Error, Result};

/// A [`Tmfg`] whose nodes have names.
///
/// As JSON: `names`, and of the graph `nodes`, `cliques` and `separators` (node numbers, in the order in which the graph grew) and
/// `edges` (`from`, `to`, `weight`).
///
/// ```
/// use mantis_features::tmfg::{self, NamedGraph};
/// use ndarray::Array2;
///
/// let similarity = Array2::from_shape_fn((5, 5), |(i, j)| 1.0 / (1.0 + i.abs_diff(j) as f64));
/// let names: Vec<String> = ["rsi_14", "ret_1", "a<b", "atr_14", "obv"].map(String::from).into();
/// let graph = NamedGraph::new(names, tmfg::build(&similarity)?)?;
/// assert!(graph.to_graphml().contains("a&lt;b"));
/// let again: NamedGraph = serde_json::from_str(&serde_json::to_string(&graph)?)?;
/// assert_eq!(again, graph);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedGraph {
    names: Vec<String>,
    graph: Tmfg,
}

impl NamedGraph {
    /// Gives the nodes of a graph their names.
    ///
    /// # Errors
    /// [`Error::Length`] when there is not one name for each node.
    pub fn new(names: Vec<String>, graph: Tmfg) -> Result<Self> {
        if names.len() != graph.nodes {
            let (got, expected) = (names.len(), graph.nodes);
            return Err(Error::Length { what: "TMFG", input: "names", got, expected });
        }
        Ok(Self { names, graph })
    }

    /// Names of the nodes.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The graph.
    #[must_use]
    pub fn graph(&self) -> &Tmfg {
        &self.graph
    }

    /// GraphML (<http://graphml.graphdrawing.org>), which Gephi, yEd, Cytoscape and networkx read: nodes with `name` and `strength`,
    /// edges with `weight`. The cliques and separators follow from the edges; the JSON form lists them.
    #[must_use]
    pub fn to_graphml(&self) -> String {
        let mut out = String::from(concat!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
            "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
            "  <key id=\"name\" for=\"node\" attr.name=\"name\" attr.type=\"string\"/>\n",
            "  <key id=\"strength\" for=\"node\" attr.name=\"strength\" attr.type=\"double\"/>\n",
            "  <key id=\"weight\" for=\"edge\" attr.name=\"weight\" attr.type=\"double\"/>\n",
            "  <graph id=\"tmfg\" edgedefault=\"undirected\">\n",
        ));
        for (node, (name, strength)) in self.names.iter().zip(self.graph.strength()).enumerate() {
            let name = escape(name.as_str());
            // Writing into a string cannot fail.
            let _ = writeln!(
                out,
                "    <node id=\"n{node}\"><data key=\"name\">{name}</data><data key=\"strength\">{strength:?}</data></node>"
            );
        }
        for edge in &self.graph.edges {
            let _ = writeln!(
                out,
                "    <edge source=\"n{}\" target=\"n{}\"><data key=\"weight\">{:?}</data></edge>",
                edge.from, edge.to, edge.weight
            );
        }
        out + "  </graph>\n</graphml>\n"
    }
}
