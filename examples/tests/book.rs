//! The book tells the truth: the commands of the guide are run in the order of its pages, among the servers of a rehearsal, and print
//! what the page shows; every other command is at least understood by its program.
//!
//! `BOOK=renew` writes what was printed into the pages.

#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

#[path = "support/pages.rs"]
mod pages;
#[path = "support/root.rs"]
mod root;
#[path = "support/shell.rs"]
mod shell;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use mantis_examples::program::PROGRAMS;
use regex::Regex;

use pages::{Block, blocks, renewed};
use root::root;
use shell::Shell;

/// What differs from run to run: durations, sizes, times of the day, and whatever is drawn anew.
fn steady(line: &str) -> String {
    let changing =
        Regex::new(r"\d+(\.\d+)? (s|ms|kB|KB|MB)\b|\d\d:\d\d:\d\d(\.\d+)?|/tmp/[^/ ]+|pid \d+");
    changing.unwrap().replace_all(line.trim_end(), "#").into_owned()
}

/// Whether two lines are the same but for numbers that are within `tolerance` of each other.
fn alike(shown: &str, printed: &str, tolerance: f64) -> bool {
    let (shown, printed) = (steady(shown), steady(printed));
    if shown == printed {
        return true;
    }
    if tolerance == 0.0 {
        return false;
    }
    let number = Regex::new(r"[-+]?\d*\.?\d+").unwrap();
    let numbers = |text: &str| -> Vec<f64> {
        number.find_iter(text).map(|found| found.as_str().parse().unwrap()).collect()
    };
    // Columns that are aligned move with their digits.
    let words = |text: &str| number.replace_all(text, "#").split_whitespace().collect::<String>();
    let (a, b) = (numbers(&shown), numbers(&printed));
    words(&shown) == words(&printed)
        && a.len() == b.len()
        && a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= tolerance * a.abs().max(1.0))
}

/// The pages of the guide in the order of the summary.
fn road() -> Vec<PathBuf> {
    let book = root().join("docs/src");
    let summary = std::fs::read_to_string(book.join("SUMMARY.md")).unwrap();
    let links = Regex::new(r"\((guide/[^)]+\.md)\)").unwrap();
    links.captures_iter(&summary).map(|found| book.join(&found[1])).collect()
}

#[test]
fn the_guide_does_what_it_says() {
    #[expect(clippy::disallowed_methods, reason = "a test may be asked to renew the pages")]
    let renew = std::env::var("BOOK").is_ok_and(|value| value == "renew");
    let pages = road();
    assert!(pages.len() >= 5, "the summary lists {} pages of the guide", pages.len());
    let mut shell = Shell::new(Path::new(env!("CARGO_BIN_EXE_mine")).parent().unwrap());
    let (mut problems, mut commands) = (String::new(), 0);
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        let mut printed_blocks = Vec::new();
        for block in blocks(&text).into_iter().filter(|block| block.kind == "console") {
            let mut printed_block = String::new();
            for step in block.steps() {
                let (printed, code) = shell.run(&step.command);
                commands += 1;
                let _ = writeln!(printed_block, "$ {}", step.command.replace('\n', "\n> "));
                printed_block += &printed;
                let at = format!("{}:{}: `{}`", page.display(), block.line, step.command);
                if code != step.code {
                    let _ =
                        writeln!(problems, "{at} ended with {code}, the page says {}", step.code);
                }
                let tolerance = block.tolerance();
                let (shown, printed) =
                    (step.output.lines().collect::<Vec<_>>(), printed.lines().collect::<Vec<_>>());
                let same = shown.len() == printed.len()
                    && shown.iter().zip(&printed).all(|(a, b)| alike(a, b, tolerance));
                if !same && !renew {
                    let _ = writeln!(
                        problems,
                        "{at} printed\n{}\nand the page shows\n{}",
                        printed.join("\n"),
                        shown.join("\n")
                    );
                }
            }
            printed_blocks.push((block, printed_block));
        }
        if renew {
            std::fs::write(&page, renewed(&text, &printed_blocks)).unwrap();
        }
    }
    assert!(problems.is_empty(), "{problems}");
    assert!(commands >= 20, "only {commands} commands");
}

/// Flags of a command line in words, up to a pipe, a redirection or the next command.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut quote, mut began) = (None, false);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.push(c),
            (None, '\'' | '"') => (quote, began) = (Some(c), true),
            (None, '|' | '>' | '<' | ';' | '&' | '#') => break,
            (None, c) if c.is_whitespace() => {
                if began || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                    began = false;
                }
            }
            (None, c) => word.push(c),
        }
    }
    if began || !word.is_empty() {
        words.push(word);
    }
    quote.is_none().then_some(words)
}

/// The name of a program and its flags, in whichever way a page starts it.
fn program(words: &[String]) -> Option<(String, Vec<String>)> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let words = words.iter().position(|word| !word.contains('=')).map(|at| &words[at..])?;
    let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    match words {
        ["just", name @ ("demo" | "audit"), rest @ ..] => Some(((*name).to_owned(), own(rest))),
        ["cargo", "run", rest @ ..] => {
            let at = rest.iter().position(|word| *word == "--bin")?;
            let flags =
                rest.iter().position(|word| *word == "--").map_or(&[][..], |at| &rest[at + 1..]);
            Some(((*rest.get(at + 1)?).to_owned(), own(flags)))
        }
        [name, rest @ ..] if PROGRAMS.contains(name) => Some(((*name).to_owned(), own(rest))),
        _ => None,
    }
}

fn understood(line: &str) -> Result<bool, String> {
    let Some((name, flags)) = words(line).and_then(|words| program(&words)) else {
        return Ok(false);
    };
    let output = Command::new(Path::new(env!("CARGO_BIN_EXE_mine")).with_file_name(&name))
        .args(flags.iter().take_while(|flag| *flag != "--"))
        .arg("--print-config")
        .env_remove("MANTIS_SETTINGS")
        .output()
        .map_err(|error| format!("{line}: {name}: {error}"))?;
    if output.status.success() {
        Ok(true)
    } else {
        Err(format!("{line}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

#[test]
fn every_command_is_understood() {
    let mut texts = Vec::new();
    for page in pages::markdown() {
        let text = std::fs::read_to_string(&page).unwrap();
        for block in
            blocks(&text).iter().filter(|block| ["sh", "console"].contains(&block.kind.as_str()))
        {
            texts.extend(
                command_lines(block).into_iter().map(|line| (page.display().to_string(), line)),
            );
        }
    }
    for name in PROGRAMS {
        let help = Command::new(Path::new(env!("CARGO_BIN_EXE_mine")).with_file_name(name))
            .arg("--help")
            .output()
            .unwrap();
        let help = String::from_utf8(help.stdout).unwrap();
        assert!(
            help.contains("Example") && help.contains("Exit codes"),
            "{name} --help has no example or exit codes"
        );
        let examples = help.lines().filter_map(|line| line.strip_prefix("  "));
        // After the command a remark may follow.
        let examples =
            examples.map(|line| line.split("   ").next().unwrap_or(line).trim().to_owned());
        texts.extend(
            examples
                .filter(|line| line.starts_with(name))
                .map(|line| (format!("{name} --help"), line)),
        );
    }
    let (mut problems, mut tried) = (String::new(), 0);
    for (place, line) in texts {
        match understood(&line) {
            Ok(was_ours) => tried += usize::from(was_ours),
            Err(problem) => drop(writeln!(problems, "{place}: {problem}")),
        }
    }
    assert!(problems.is_empty(), "{problems}");
    assert!(tried > 100, "only {tried} commands were found");
}

/// The commands of a block; lines that end with a backslash go on.
fn command_lines(block: &Block) -> Vec<String> {
    let text = match block.kind.as_str() {
        "console" => block.steps().into_iter().map(|step| step.command + "\n").collect(),
        _ => block.text.clone(),
    };
    text.replace("\\\n", " ")
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|l| !l.is_empty())
        .collect()
}

#[test]
fn all_programs_are_known() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, PROGRAMS);
}

#[test]
fn flags_come_from_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.toml");
    std::fs::write(
        &file,
        "[check_data]\ndata-dir = 'from-file'\nallow = 'warning'\nticker = ['BTC']",
    )
    .unwrap();
    let shown = |variables: &[(&str, &str)], flags: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_check_data"))
            .env_remove("MANTIS_SETTINGS")
            .envs(variables.iter().copied())
            .args(flags)
            .output()
            .unwrap();
        let all = [output.stdout, output.stderr].concat();
        (String::from_utf8(all).unwrap(), output.status.code().unwrap())
    };
    let name = file.to_str().unwrap();
    let (text, code) = shown(
        &[("MANTIS_SETTINGS", name), ("MANTIS_CHECK_DATA_ALLOW", "error")],
        &["--print-config", "--json"],
    );
    assert_eq!(code, 0, "{text}");
    for line in [
        "data-dir = \"from-file\"  # settings",
        "allow = \"error\"  # environment",
        "json = true  # flag",
        "quiet = false  # default",
        "ticker = [\"BTC\"]  # settings",
        "# interval is not set",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    // What was printed is a file of settings that prints the same.
    let again = folder.path().join("again.toml");
    std::fs::write(&again, &text).unwrap();
    let values = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split("  #").next().unwrap().to_owned()).collect()
    };
    let (printed, _) = shown(&[], &["--settings", again.to_str().unwrap(), "--print-config"]);
    assert_eq!(values(&printed), values(&text));

    let (text, code) = shown(&[], &["--data-dir", "/nowhere", "--json"]);
    let error: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(code == 1 && error["exit_code"] == 1, "{text}");
    let (text, code) = shown(&[("MANTIS_SETTINGS", "/nowhere.toml")], &[]);
    assert!(code == 1 && text.contains("/nowhere.toml: cannot read"), "{text}");
    let (text, _) = shown(&[], &["--completions", "bash"]);
    assert!(text.contains("check_data") && text.contains("--data-dir"), "{text}");
}
