//! Every golden file has its provenance in the README of its topic, and the bundled data stays small.
//!
//! What the files under `fixtures/data` hold is checked against their manifest by a test of `mantis-data`.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::Path;

use mantis_checks::{files, root};

const DATA_LIMIT: u64 = 12_000_000;

#[test]
fn bundled_data_is_small() {
    let data = root().join("fixtures/data");
    let size: u64 =
        files(&data).unwrap().iter().map(|file| fs::metadata(data.join(file)).unwrap().len()).sum();
    assert!(size <= DATA_LIMIT, "fixtures/data holds {size} bytes, the limit is {DATA_LIMIT}");
}

#[test]
fn every_golden_file_has_its_provenance() {
    let golden = root().join("fixtures/golden");
    let mut wrong = Vec::new();
    for file in files(&golden).unwrap() {
        let mut parts = file.iter().map(|part| part.to_str().unwrap());
        let topic = parts.next().unwrap();
        let name = parts.collect::<Vec<_>>().join("/");
        let readme = golden.join(topic).join("README.md");
        match fs::read_to_string(&readme) {
            Err(_) => wrong.push(format!("{topic}/README.md is missing")),
            Ok(text) if name != "README.md" && !is_listed(&text, &name) => {
                wrong.push(format!("{topic}/README.md does not say where {name} is from"));
            }
            Ok(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a README names the file, or its folder, in backticks. `{p}` and `<a>` stand for any text, and a name that
/// starts with a dot or a star is the end of a name.
fn is_listed(readme: &str, file: &str) -> bool {
    let base = Path::new(file).file_name().unwrap().to_str().unwrap();
    readme.split('`').skip(1).step_by(2).any(|token| match token.strip_suffix('/') {
        Some(folder) => !folder.is_empty() && file.starts_with(token),
        None if token.starts_with('.') => token.matches('.').count() > 1 && base.ends_with(token),
        None => fits(token, base) || fits(token, file),
    })
}

/// Whether `name` has the form of `pattern`.
fn fits(pattern: &str, name: &str) -> bool {
    let mut pieces = vec![String::new()];
    let mut inside = false;
    for c in pattern.chars() {
        match c {
            '{' | '<' => inside = true,
            '}' | '>' if inside => {
                inside = false;
                pieces.push(String::new());
            }
            '*' if !inside => pieces.push(String::new()),
            _ if inside => {}
            _ => pieces.last_mut().unwrap().push(c),
        }
    }
    let (first, rest) = pieces.split_first().unwrap();
    let Some(mut left) = name.strip_prefix(first.as_str()) else { return false };
    let Some((last, middle)) = rest.split_last() else { return left.is_empty() };
    for piece in middle {
        let Some(at) = left.find(piece.as_str()) else { return false };
        left = &left[at + piece.len()..];
    }
    left.ends_with(last.as_str())
}

#[test]
fn names_with_placeholders_fit() {
    assert!(fits("tmfg_p{p}.corr.parquet", "tmfg_p100.corr.parquet"));
    assert!(fits("rows_<a>_<b>.json", "rows_0_3000.json"));
    assert!(!fits("rows_<a>_<b>.json", "rows_0_3000.parquet"));
    assert!(!fits("a.json", "aa.json"));
    assert!(is_listed("the folder `units/` holds them", "units/x.json"));
    assert!(is_listed("`x.json`, `.weights.parquet`", "x.weights.parquet"));
    assert!(!is_listed("`parquet` files, `.parquet`", "x.parquet"));
    assert!(!is_listed("x.json", "x.json"));
}
