//! Reference pages of the book are made from the code, and this fails if one no longer agrees with it.
//!
//! `BOOK=renew` writes them.

#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

#[path = "support/root.rs"]
mod root;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use mantis_data::ChallengeTable;
use mantis_examples::program::PROGRAMS;
use mantis_features::FeaturePlan;
use mantis_features::registry::{Family, indicators, transforms};
use mantis_models::Recipe;
use regex::Regex;

use root::root;

/// Compares the generated part of a page, all after its mark, or writes it.
fn hold(page: &str, mark: &str, generated: &str) {
    #[expect(clippy::disallowed_methods, reason = "a test may be asked to renew the pages")]
    let renew = std::env::var("BOOK").is_ok_and(|value| value == "renew");
    let path = root().join("docs/src/reference").join(page);
    let start = format!("<!-- generated: {mark} -->\n");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let (before, rest) =
        text.split_once(&start).unwrap_or_else(|| panic!("{page} has no mark {mark}"));
    let (held, after) =
        rest.split_once("<!-- end -->").unwrap_or_else(|| panic!("{page}: {mark} has no end"));
    let generated = format!("\n{}\n\n", generated.trim());
    if renew {
        std::fs::write(path, format!("{before}{start}{generated}<!-- end -->{after}")).unwrap();
    } else {
        assert!(held == generated, "{page} is out of date; `just book-renew` writes it anew");
    }
}

/// The form of a text in a cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn help(program: &str) -> String {
    let path = Path::new(env!("CARGO_BIN_EXE_mine")).with_file_name(program);
    let output = Command::new(path).arg("--help").env_remove("MANTIS_SETTINGS").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn programs_and_exit_codes() {
    let (mut texts, mut codes) =
        (String::new(), String::from("| program | exit codes |\n|---|---|\n"));
    let listed = Regex::new(r"(?s)Exit codes:(.*?)(\n\n|\n`|$)").unwrap();
    for program in PROGRAMS {
        let help = help(program);
        let _ = writeln!(texts, "## {program}\n\n```text\n{}\n```\n", help.trim_end());
        let found = listed.captures(&help).map(|found| found[1].to_owned());
        let _ = writeln!(
            codes,
            "| `{program}` | {} |",
            cell(&found.unwrap_or_else(|| panic!("{program}")))
        );
    }
    hold("programs.md", "programs", &texts);
    hold("settings.md", "exit codes", &codes);
}

#[test]
fn challenges() {
    let mut text = String::new();
    for profile in ChallengeTable::PROFILES.iter().rev() {
        let table = ChallengeTable::profile(profile).unwrap();
        let _ = writeln!(
            text,
            "## Profile `{profile}`\n\n| ticker | name | loss | assets | numbers | horizon | weight |\n|---|---|---|---|---:|---:|---:|"
        );
        for challenge in table.challenges() {
            let ahead = challenge
                .blocks_ahead
                .map_or_else(|| "-".to_owned(), |blocks| format!("{blocks} blocks"));
            let assets = match challenge.assets.as_slice() {
                [] => challenge.price_asset.clone().unwrap_or_default(),
                several => several.join(" "),
            };
            let _ = writeln!(
                text,
                "| `{}` | {} | `{}` | {assets} | {} | {ahead} | {} |",
                challenge.ticker, challenge.name, challenge.loss, challenge.dim, challenge.weight
            );
        }
        text.push('\n');
    }
    hold("challenges.md", "challenges", &text);
}

#[test]
fn columns() {
    let named = |plan: &FeaturePlan| -> Vec<String> { plan.names() };
    let (guide, default) =
        (named(&FeaturePlan::guide("BTCUSDT")), named(&FeaturePlan::default_for("BTCUSDT")));
    let uses = |names: &[String], indicator: &str| {
        let own = Regex::new(&format!(r"^{indicator}(_\d|@|/|\||$)")).unwrap();
        names.iter().filter(|name| own.is_match(name)).count()
    };
    let mut text = format!(
        "The guide's plan has {} columns of BTC, the default plan {}. The last two columns say how many of them an indicator is.\n",
        guide.len(),
        default.len()
    );
    let families: BTreeSet<Family> = indicators().map(|indicator| indicator.family).collect();
    for family in families {
        let mut of: Vec<_> = indicators().filter(|indicator| indicator.family == family).collect();
        of.sort_by_key(|indicator| indicator.name);
        let _ = writeln!(
            text,
            "\n## {family:?}\n\n| name | parameters | formula | first row | source | guide | default |\n|---|---|---|---:|---|---:|---:|"
        );
        for indicator in of {
            let params: Vec<String> = indicator
                .params
                .iter()
                .map(|param| format!("{} = {} (from {})", param.name, param.default, param.least))
                .collect();
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} | {} | {} | {} |",
                indicator.name,
                params.join(", "),
                cell(indicator.doc),
                indicator.warmup(&indicator.defaults()),
                cell(indicator.source),
                uses(&guide, indicator.name),
                uses(&default, indicator.name)
            );
        }
    }
    let _ = writeln!(text, "\n## Transforms\n\n| name | what it gives |\n|---|---|");
    for transform in transforms() {
        let _ = writeln!(text, "| `{}` | {} |", transform.name, cell(transform.doc));
    }
    hold("columns.md", "columns", &text);
}

#[test]
fn recipe() {
    let recipe = Recipe::guide("BTCUSDT").unwrap();
    let mut text = String::from("| key | the guide's value |\n|---|---|\n");
    let value = serde_json::to_value(&recipe).unwrap();
    let mut pending = vec![(String::new(), &value)];
    let mut rows = Vec::new();
    while let Some((key, value)) = pending.pop() {
        match value {
            serde_json::Value::Object(fields) if !fields.is_empty() => {
                let inner = |name: &String| {
                    if key.is_empty() { name.clone() } else { format!("{key}.{name}") }
                };
                pending.extend(fields.iter().map(|(name, value)| (inner(name), value)));
            }
            serde_json::Value::Array(list) if list.len() > 8 => {
                rows.push((key, format!("{} values", list.len())))
            }
            other => rows.push((key, format!("`{other}`"))),
        }
    }
    rows.sort();
    for (key, value) in rows {
        let _ = writeln!(text, "| `{key}` | {} |", cell(&value));
    }
    hold("recipe.md", "recipe", &text);
}

#[test]
fn errors() {
    let variant = Regex::new(r#"(?s)((?:\s*///[^\n]*\n)+)\s*#\[error\(\s*(transparent|"(?:[^"\\]|\\.)*").*?\]\s*\n\s*(?:#\[[^\n]*\n\s*)*(\w+)"#).unwrap();
    // A link to an item of the crate is no link of the book.
    let link = Regex::new(r"\[(`[^`]+`)\](\([^)]*\))?").unwrap();
    let mut text = String::new();
    for name in ["data", "vmd", "features", "models", "eval", "submit"] {
        let path = root().join(format!("crates/mantis-{name}/src/error.rs"));
        let source = std::fs::read_to_string(&path).unwrap();
        let _ = writeln!(text, "## mantis-{name}\n\n| error | when | message |\n|---|---|---|");
        let mut found = 0;
        for one in variant.captures_iter(&source) {
            let doc = one[1]
                .lines()
                .map(|line| line.trim().trim_start_matches("///"))
                .collect::<String>();
            let doc = link.replace_all(&doc, "$1").into_owned();
            let message = one[2].trim_matches('"').replace("\\\"", "\"");
            let message = if message == "transparent" {
                "that of the cause".to_owned()
            } else {
                format!("`{}`", message.replace('`', "'"))
            };
            let _ = writeln!(text, "| `{}` | {} | {} |", &one[3], cell(&doc), cell(&message));
            found += 1;
        }
        assert_eq!(found, source.matches("#[error(").count(), "{name}: an error was not read");
        text.push('\n');
    }
    hold("errors.md", "errors", &text);
}
