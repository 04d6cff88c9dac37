//! How large things are. A limit that is reached asks for the seam, not for a higher limit.

#![expect(clippy::print_stdout, reason = "a check tells what it measured")]
#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use std::fs;
use std::path::PathBuf;

use mantis_checks::{files, packages, root};

/// Lines of code of a file, tests and comments not counted.
const LONGEST_FILE: usize = 400;

/// Lines of a function.
const LONGEST_FUNCTION: usize = 120;

/// The code of every source file of the packages, by its path.
fn sources() -> Vec<(PathBuf, Vec<String>)> {
    let mut found = Vec::new();
    for folder in packages().unwrap().into_iter().map(|package| package.folder.join("src")) {
        if !folder.is_dir() {
            continue;
        }
        for name in files(&folder).unwrap() {
            let is_test = name
                .components()
                .any(|part| part.as_os_str().to_string_lossy().starts_with("tests"));
            if name.extension().is_none_or(|extension| extension != "rs") || is_test {
                continue;
            }
            let text = fs::read_to_string(folder.join(&name)).unwrap();
            // A module of tests is the last thing in a file.
            let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
            let path = folder
                .join(&name)
                .strip_prefix(root().canonicalize().unwrap())
                .map_or(folder.join(&name), PathBuf::from);
            found.push((path, code.lines().map(str::to_owned).collect()));
        }
    }
    found
}

fn is_code(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with("//")
}

#[test]
fn no_file_is_too_long() {
    let mut all: Vec<(usize, PathBuf)> = sources()
        .into_iter()
        .map(|(path, lines)| (lines.iter().filter(|line| is_code(line)).count(), path))
        .collect();
    all.sort();
    let (longest, path) = all.last().unwrap();
    println!("longest file: {longest} lines of code, {}", path.display());
    assert!(*longest <= LONGEST_FILE, "{}: {longest} lines of code", path.display());
}

#[test]
fn no_function_is_too_long() {
    let mut longest = (0, String::new());
    for (path, lines) in sources() {
        for (start, line) in lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let words = line.trim_start();
            if !(words.starts_with("fn ")
                || words.starts_with("pub") && words.contains(" fn ")
                || words.starts_with("const fn "))
            {
                continue;
            }
            // The code is formatted, so a function ends at the brace below its first letter.
            let end =
                lines[start..].iter().position(|line| *line == format!("{}}}", " ".repeat(indent)));
            let length = end.unwrap_or(0) + 1;
            if length > longest.0 {
                longest = (length, format!("{}:{}", path.display(), start + 1));
            }
        }
    }
    println!("longest function: {} lines, {}", longest.0, longest.1);
    assert!(longest.0 <= LONGEST_FUNCTION, "{}: {} lines", longest.1, longest.0);
}
