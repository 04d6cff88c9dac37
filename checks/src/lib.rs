//! Reads the workspace as cargo sees it, so that checks need no list kept by hand.
//!
//! The checks themselves are the tests of this package: `cargo test -p mantis-checks`.

mod examples;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

pub use examples::Examples;

/// Features that are left out wherever "every feature" is tried, because they fetch something while building.
pub const FETCHING_FEATURES: [&str; 1] = ["download-libtorch"];

/// One package of the workspace.
#[derive(Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The folder that holds its `Cargo.toml`.
    pub folder: PathBuf,
    /// What it asks for in any section of its `Cargo.toml`.
    pub dependencies: Vec<Dependency>,
    /// Its cargo features, and what each of them turns on.
    pub features: BTreeMap<String, Vec<String>>,
}

/// One line of a dependency section.
#[derive(Debug)]
pub struct Dependency {
    /// Name of the package asked for.
    pub name: String,
    /// The section it stands in.
    pub kind: Kind,
}

/// The sections of a `Cargo.toml` that name dependencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `[dependencies]`
    Normal,
    /// `[dev-dependencies]`
    Dev,
    /// `[build-dependencies]`
    Build,
}

/// The folder that holds the workspace's `Cargo.toml`.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All packages of the workspace, by name.
///
/// # Errors
///
/// When cargo cannot be run, or says something that this function does not understand.
pub fn packages() -> io::Result<Vec<Package>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages =
        metadata["packages"].as_array().and_then(|list| list.iter().map(package).collect());
    let mut packages: Vec<Package> =
        packages.ok_or_else(|| io::Error::other("cargo metadata has another form"))?;
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(packages)
}

fn package(value: &Value) -> Option<Package> {
    let dependency = |value: &Value| {
        let kind = match value["kind"].as_str() {
            None => Kind::Normal,
            Some("dev") => Kind::Dev,
            Some("build") => Kind::Build,
            Some(_) => return None,
        };
        Some(Dependency { name: value["name"].as_str()?.to_owned(), kind })
    };
    let feature = |(name, list): (&String, &Value)| {
        let list = list.as_array()?.iter().map(|on| on.as_str().map(str::to_owned));
        Some((name.clone(), list.collect::<Option<_>>()?))
    };
    Some(Package {
        name: value["name"].as_str()?.to_owned(),
        folder: Path::new(value["manifest_path"].as_str()?).parent()?.to_owned(),
        dependencies: value["dependencies"]
            .as_array()?
            .iter()
            .map(dependency)
            .collect::<Option<_>>()?,
        features: value["features"].as_object()?.iter().map(feature).collect::<Option<_>>()?,
    })
}

impl Package {
    /// Whether this is a library of the project, not its examples, benches or checks.
    pub fn is_library(&self) -> bool {
        self.folder.parent().is_some_and(|parent| parent.ends_with("crates"))
    }

    /// The sets of features to try, as arguments of cargo: none, the default where it differs, each alone, all.
    pub fn combinations(&self) -> Vec<Vec<String>> {
        let tried: Vec<&str> = self
            .features
            .keys()
            .map(String::as_str)
            .filter(|name| *name != "default" && !FETCHING_FEATURES.contains(name))
            .collect();
        let with = |features: &str| {
            ["--no-default-features", "--features", features].map(str::to_owned).to_vec()
        };
        let mut combinations = vec![vec!["--no-default-features".to_owned()]];
        if self.features.get("default").is_some_and(|on| !on.is_empty()) {
            combinations.push(Vec::new());
        }
        combinations.extend(tried.iter().map(|name| with(name)));
        if tried.len() > 1 {
            combinations.push(with(&tried.join(",")));
        }
        combinations
    }
}

/// All files below a folder, relative to it, in order.
///
/// # Errors
///
/// When the folder or one below it cannot be read.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                pending.push(path);
            } else {
                found.extend(path.strip_prefix(folder).ok().map(Path::to_owned));
            }
        }
    }
    found.sort();
    Ok(found)
}
