//! Dependencies between the packages of the workspace point down only.
//!
//! The table is the picture in `docs/src/architecture.md`. A new edge is a decision: it goes into both.

const ANY: &[&str] = &["*"];

/// Each package, and what it may depend on, tests and build scripts included.
const MAY_USE: [(&str, &[&str]); 10] = [
    ("mantis-data", &[]),
    ("mantis-vmd", &[]),
    ("mantis-features", &["mantis-data", "mantis-vmd"]),
    ("mantis-submit", &["mantis-data"]),
    ("mantis-models", &["mantis-data", "mantis-features"]),
    ("mantis-eval", &["mantis-data", "mantis-features"]),
    ("mantis-examples", ANY),
    ("mantis-benches", ANY),
    ("mantis-checks", &[]),
    ("mantis-fuzz", ANY),
];

#[test]
fn the_picture_shows_them() {
    let page =
        std::fs::read_to_string(mantis_checks::root().join("docs/src/architecture.md")).unwrap();
    let picture = page.split("```").nth(1).expect("the page begins with a picture");
    let line = |name: &str| {
        let found = picture.lines().position(|line| line.contains(name));
        found.unwrap_or_else(|| panic!("{name} is not in the picture"))
    };
    for (name, used) in MAY_USE.iter().filter(|(name, _)| !TOP.contains(name)) {
        let wrong: Vec<_> = used.iter().filter(|used| line(used) >= line(name)).collect();
        assert!(wrong.is_empty(), "{name} stands above {wrong:?}, which it uses");
    }
    for package in mantis_checks::packages().unwrap().iter().filter(|package| package.is_library())
    {
        line(&package.name);
    }
}

/// Nothing depends on these.
const TOP: [&str; 4] = ["mantis-examples", "mantis-benches", "mantis-checks", "mantis-fuzz"];

#[test]
fn dependencies_point_down() {
    let packages = mantis_checks::packages().unwrap();
    let mut wrong = Vec::new();
    for package in &packages {
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == package.name) else {
            wrong.push(format!("{} is not in the table of layers", package.name));
            continue;
        };
        for used in &package.dependencies {
            // A package may ask for itself, to turn a feature on in its tests.
            let ours =
                packages.iter().any(|other| other.name == used.name) && used.name != package.name;
            let down = allowed == &ANY || allowed.contains(&used.name.as_str());
            if ours && (TOP.contains(&used.name.as_str()) || !down) {
                wrong.push(format!("{} -> {} ({:?})", package.name, used.name, used.kind));
            }
        }
    }
    for (name, _) in MAY_USE {
        if !packages.iter().any(|package| package.name == name) {
            wrong.push(format!("{name} is in the table of layers only"));
        }
    }
    assert!(wrong.is_empty(), "not as in checks/tests/layers.rs:\n  {}", wrong.join("\n  "));
}
