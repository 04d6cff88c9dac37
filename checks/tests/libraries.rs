//! The libraries that this project was built to use are direct dependencies, and code uses them.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::fs;

use mantis_checks::{Kind, Package, files, packages};

const CHOSEN: [&str; 12] = [
    "arrow",
    "criterion",
    "gbdt",
    "lightgbm3",
    "ndarray",
    "ndarray-linalg",
    "parquet",
    "rustfft",
    "rusty-s3",
    "tch",
    "thiserror",
    "ureq",
];

/// Chosen, but no code uses them yet. This list may only get shorter.
const NOT_YET: &[&str] = &["rusty-s3", "ureq"];

#[test]
fn chosen_libraries_are_used() {
    println!("not yet used: {NOT_YET:?}");
    let mut users: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for package in packages().unwrap() {
        for library in CHOSEN {
            if uses(&package, library) {
                users.entry(library).or_default().push(package.name.clone());
            }
        }
    }
    let unused: Vec<&str> =
        CHOSEN.into_iter().filter(|library| !users.contains_key(library)).collect();
    let missing: Vec<_> = unused.iter().filter(|library| !NOT_YET.contains(library)).collect();
    assert!(missing.is_empty(), "no package depends on and uses {missing:?}");
    let late: Vec<_> = NOT_YET.iter().filter(|library| !unused.contains(library)).collect();
    if !late.is_empty() {
        println!("in use by now, remove from NOT_YET: {late:?}");
    }
}

/// Whether the package asks for the library and names it in its code (for a dev-dependency, in its tests or benches).
fn uses(package: &Package, library: &str) -> bool {
    let name = library.replace('-', "_");
    package.dependencies.iter().filter(|asked| asked.name == library).any(|asked| {
        let folders: &[&str] = match asked.kind {
            Kind::Normal => &["src"],
            Kind::Dev => &["src", "tests", "benches", "examples"],
            Kind::Build => &[],
        };
        let sources = folders.iter().map(|folder| package.folder.join(folder));
        sources.filter(|folder| folder.is_dir()).any(|folder| {
            files(&folder)
                .unwrap()
                .iter()
                .filter(|file| file.extension().is_some_and(|e| e == "rs"))
                .any(|file| {
                    fs::read_to_string(folder.join(file))
                        .unwrap()
                        .lines()
                        .any(|line| names(line, &name))
                })
        })
    })
}

/// Whether a line of code has a path that starts with the crate's name.
fn names(line: &str, krate: &str) -> bool {
    !line.trim_start().starts_with("//")
        && line.match_indices(krate).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            let after = &line[at + krate.len()..];
            !before.is_some_and(|c| c.is_alphanumeric() || "_:.".contains(c))
                && after.starts_with("::")
        })
}

#[test]
fn a_path_is_told_from_other_words() {
    assert!(names("use tch::Tensor;", "tch"));
    assert!(names("    let x: ndarray::Array1<f64> = y;", "ndarray"));
    assert!(!names("use ndarray_linalg::Cholesky;", "ndarray"));
    assert!(!names("use batch::Row;", "tch"));
    assert!(!names("// use tch::Tensor;", "tch"));
    assert!(!names("use crate::arrow::Row;", "arrow"));
}
