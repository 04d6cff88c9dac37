//! How large things are, and what is done in one place only. A limit that is reached asks for the seam, not for a higher limit.

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
            // A module of tests is the last thing in a file; one in a file of its own is named above.
            let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
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

/// Where files and standard input are opened otherwise than by `mantis_data::input`, how often, and why.
const OPENED_ELSEWHERE: [(&str, usize, &str); 11] = [
    ("crates/mantis-data/src/input.rs", 1, "it is the place"),
    ("crates/mantis-data/src/store/atomic.rs", 1, "opens a folder to flush it"),
    ("crates/mantis-data/src/store/yearly/writer.rs", 1, "holds a lock"),
    ("crates/mantis-data/src/testing/mod.rs", 1, "looks at what a test wrote"),
    ("crates/mantis-eval/src/ledger/cache.rs", 1, "takes columns, no more than the file is long"),
    ("crates/mantis-eval/src/runs.rs", 1, "appends"),
    ("crates/mantis-submit/src/source/file.rs", 1, "needs the file's time before its text"),
    ("crates/mantis-submit/src/wallet/keyfile.rs", 1, "reads into a buffer that is erased"),
    ("examples/src/mine/embeddings.rs", 1, "takes lines, each up to a limit"),
    ("examples/src/mine/log.rs", 1, "appends"),
    ("examples/src/runs.rs", 1, "hashes the program that runs"),
];

/// The ways to open a file for reading, called or passed on.
const OPENING: [&str; 7] = [
    "fs::read(",
    "fs::read)",
    "fs::read_to_string",
    "File::open",
    "File::options",
    "OpenOptions::new",
    "stdin()",
];

#[test]
fn files_are_read_up_to_a_limit() {
    let mut found = Vec::new();
    for (path, lines) in sources() {
        let name = path.display().to_string();
        if !name.starts_with("crates/") && !name.starts_with("examples/") {
            continue;
        }
        let plain = |line: &&String| is_code(line) && !line.contains("input::text_of(");
        let calls =
            |line: &String| OPENING.iter().map(|call| line.matches(call).count()).sum::<usize>();
        let calls: usize = lines.iter().filter(plain).map(calls).sum();
        if calls > 0 {
            found.push((name, calls));
        }
    }
    found.sort();
    let known = OPENED_ELSEWHERE.iter().map(|&(path, calls, _)| (path.to_owned(), calls));
    assert_eq!(found, known.collect::<Vec<_>>(), "use mantis_data::input, or say here why not");
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
