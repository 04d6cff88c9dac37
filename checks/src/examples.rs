//! Which public items no example shows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// The public types, traits and functions of a library, and those of them that neither have an example, nor a method with one, nor
/// are named in another example of the library.
#[derive(Debug, Default)]
pub struct Examples {
    /// How many there are.
    pub items: usize,
    /// Names of those without, by what they are.
    pub without: BTreeMap<&'static str, Vec<String>>,
}

const KINDS: [&str; 5] = ["struct", "enum", "union", "trait", "function"];

impl Examples {
    /// Counts in what rustdoc says about a library in JSON; `None` if it says it in another form.
    #[must_use]
    pub fn of(rustdoc: &Value) -> Option<Self> {
        let index = rustdoc["index"].as_object()?;
        let mut found = Self::default();
        let inside = members(index);
        let named = index.values().flat_map(examples).flat_map(words).collect::<BTreeSet<_>>();
        for (id, item) in index {
            let kind = KINDS.iter().find(|kind| item["inner"].get(**kind).is_some());
            let (Some(&kind), Some(name)) = (kind, item["name"].as_str()) else { continue };
            let ours = item["crate_id"] == 0 && item["visibility"] == "public";
            if !ours || inside.contains(id) {
                continue;
            }
            found.items += 1;
            let has_example = |item: &Value| examples(item).next().is_some();
            let shown = named.contains(name) || has_example(item);
            if !shown && !methods(index, &item["inner"][kind]).any(has_example) {
                found.without.entry(kind).or_default().push(name.to_owned());
            }
        }
        found.without.values_mut().for_each(|names| names.sort());
        Some(found)
    }
}

/// The blocks of code in the text of an item that are compiled.
fn examples(item: &Value) -> impl Iterator<Item = &str> {
    let text = item["docs"].as_str().unwrap_or_default();
    text.split("```").skip(1).step_by(2).filter(|block| {
        let language = block.lines().next().unwrap_or_default();
        language
            .split(',')
            .all(|word| ["", "no_run", "should_panic", "rust"].contains(&word.trim()))
    })
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// The methods of a type's own, and those of a trait.
fn methods<'a>(index: &'a Map<String, Value>, inner: &'a Value) -> impl Iterator<Item = &'a Value> {
    let at = |id: &Value| index.get(&key(id));
    let of_impls = ids(&inner["impls"])
        .filter_map(at)
        .filter(|item| item["inner"]["impl"]["trait"].is_null())
        .flat_map(|item| ids(&item["inner"]["impl"]["items"]));
    of_impls.chain(ids(&inner["items"])).filter_map(at)
}

/// Everything that is a method, and so no function by itself.
fn members(index: &Map<String, Value>) -> BTreeSet<String> {
    let holders = ["impl", "trait"];
    let lists =
        index.values().flat_map(|item| holders.iter().map(|kind| &item["inner"][*kind]["items"]));
    lists.flat_map(ids).map(key).collect()
}

fn ids(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn key(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(name: &str, docs: &str, inner: Value) -> Value {
        json!({"crate_id": 0, "visibility": "public", "name": name, "docs": docs, "inner": inner})
    }

    const EXAMPLE: &str = "Does it.\n\n```\nlet seen = Elsewhere::default();\n```\n";

    #[test]
    fn an_example_shows_its_type_and_what_it_names() {
        let told = json!({"index": {
            "1": item("Shown", "", json!({"struct": {"impls": [4]}})),
            "2": item("Bare", "```text\nno code\n```", json!({"enum": {"impls": [5]}})),
            "3": item("alone", "", json!({"function": {}})),
            "4": {"crate_id": 0, "inner": {"impl": {"trait": null, "items": [6]}}},
            "5": {"crate_id": 0, "inner": {"impl": {"trait": {"path": "Clone"}, "items": [7]}}},
            "6": item("method", EXAMPLE, json!({"function": {}})),
            "7": item("clone", EXAMPLE, json!({"function": {}})),
            "9": item("Elsewhere", "", json!({"struct": {"impls": []}})),
            "8": {"crate_id": 9, "visibility": "public", "name": "of_others", "inner": {"struct": {}}},
        }});
        let found = Examples::of(&told).unwrap();
        assert_eq!(found.items, 4);
        let names = |kind| found.without.get(kind).cloned().unwrap_or_default();
        assert_eq!((names("struct"), names("enum")), (vec![], vec!["Bare".to_owned()]));
        assert_eq!(names("function"), ["alone"]);
        assert!(Examples::of(&json!({"paths": {}})).is_none());
    }
}
