//! Compares the public API of every library with the file in `checks/api` that was written on purpose.
//!
//! `--renew` writes the files, `--examples` lists the public items that have no example.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use mantis_checks::{Examples, FETCHING_FEATURES, Package, packages, root};

#[expect(clippy::print_stdout, reason = "a program talks to its user")]
fn main() -> io::Result<ExitCode> {
    let renew = std::env::args().any(|given| given == "--renew");
    let mut changed = false;
    for package in packages()?.into_iter().filter(Package::is_library) {
        let json = rustdoc(&package)?;
        tell_examples(&package.name, &json)?;
        let api = match public_api::Builder::from_rustdoc_json(json)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .omit_auto_derived_impls(true)
            .build()
        {
            Ok(api) => format!("{api}\n"),
            // The format belongs to the compiler, and only one version of it is understood.
            Err(error) => {
                println!("{}: not checked with this compiler: {error}", package.name);
                continue;
            }
        };
        let path = root().join("checks/api").join(format!("{}.txt", package.name));
        if renew {
            fs::write(&path, api)?;
            continue;
        }
        let held = fs::read_to_string(&path).unwrap_or_default();
        let differences: Vec<String> = diff(&held, &api);
        println!("{}: {} items, {} changes", package.name, api.lines().count(), differences.len());
        differences.iter().for_each(|line| println!("  {line}"));
        changed |= !differences.is_empty();
    }
    if changed {
        println!("if this is meant: `just api --renew`, and a word in CHANGELOG.md");
    }
    Ok(ExitCode::from(u8::from(changed)))
}

/// How many public items no example shows; with `--examples` also which.
#[expect(clippy::print_stdout, reason = "a program talks to its user")]
fn tell_examples(library: &str, json: &Path) -> io::Result<()> {
    let Some(found) = Examples::of(&serde_json::from_str(&fs::read_to_string(json)?)?) else {
        println!(
            "{library}: this compiler describes libraries in another form, so examples were not counted"
        );
        return Ok(());
    };
    let without: usize = found.without.values().map(Vec::len).sum();
    println!(
        "{library}: {without} of {} public types, traits and functions are in no example",
        found.items
    );
    if std::env::args().any(|given| given == "--examples") {
        for (kind, names) in found.without {
            println!("  {kind}: {}", names.join(", "));
        }
    }
    Ok(())
}

/// The file in which rustdoc describes a library with all its features.
fn rustdoc(package: &Package) -> io::Result<PathBuf> {
    let features: Vec<&str> = package
        .features
        .keys()
        .map(String::as_str)
        .filter(|name| *name != "default" && !FETCHING_FEATURES.contains(name))
        .collect();
    // Build scripts look at RUSTC_BOOTSTRAP, so in the usual folder everything would be built anew, now and after it.
    let target = target_directory()?.join("api");
    let status = Command::new(env!("CARGO"))
        .args(["rustdoc", "--quiet", "--lib", "--package", &package.name])
        .args(["--features", &features.join(","), "--target-dir"])
        .arg(&target)
        .args(["--", "-Z", "unstable-options", "--output-format", "json", "--cap-lints", "allow"])
        // The description is not stable yet; what it describes is.
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(root())
        .status()?;
    if !status.success() {
        return Err(io::Error::other(format!("{}: rustdoc failed", package.name)));
    }
    Ok(target.join("doc").join(format!("{}.json", package.name.replace('-', "_"))))
}

fn target_directory() -> io::Result<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    Ok(PathBuf::from(metadata["target_directory"].as_str().unwrap_or("target")))
}

/// Lines that are in one text only. Both are sorted sets.
fn diff(held: &str, found: &str) -> Vec<String> {
    let lines =
        |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    let (held, found) = (lines(held), lines(found));
    let gone = held.difference(&found).map(|line| format!("- {line}"));
    let new = found.difference(&held).map(|line| format!("+ {line}"));
    gone.chain(new).collect()
}
