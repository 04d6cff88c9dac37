use mantis_data::ChallengeTable;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

use super::*;

const OWNER: &str = "fbfe185ded7a4e6865effceb23cbac32894170587674e751ac237a06f72b3067";

fn table() -> ChallengeTable {
    ChallengeTable::profile("2026-07").unwrap()
}

/// A configuration with the values of the profile, in the forms that the validator's has: a list
/// that grows by `append`, names for lists, a computed weight, environment variables, loops and
/// comprehensions that are no literals.
fn config() -> Vec<String> {
    let mut lines: Vec<String> = [
        "\"\"\"A text",
        "CHALLENGES = in a text\"\"\"",
        "import os",
        "for _k, _v in (",
        "    (\"OMP_NUM_THREADS\", \"1\"),",
        "):",
        "    os.environ.setdefault(_k, _v)",
        "if os.environ.get(\"GPU\", \"\").lower() not in (\"1\", \"yes\"):",
        "    os.environ.setdefault(\"CUDA_VISIBLE_DEVICES\", \"\")",
        "ROOT = os.path.dirname(os.path.abspath(__file__))",
        "PRICE_DATA_URL = \"https://pub-ba8c1b8edb8046edaccecbd26b5ca7f8.r2.dev/latest_prices.json\"",
        "DATALOG_ARCHIVE_URL = (",
        "    \"https://pub-879ad825983e43529792665f4f510cd6.r2.dev/datalog.db\"",
        ")",
        "NETUID = 123  # the subnet",
        "NUM_UIDS = 256",
        "CHALLENGES = [",
    ]
    .map(str::to_owned)
    .to_vec();
    let table = table();
    let (single, several): (Vec<_>, Vec<_>) =
        table.challenges().iter().partition(|challenge| !challenge.is_multi_asset());
    let fields = |challenge: &mantis_data::Challenge| {
        let mut fields = vec![
            format!("    \"name\": \"{}\",", challenge.name),
            format!("    \"ticker\": \"{}\",", challenge.ticker),
            format!("    \"dim\": {},", challenge.dim),
            format!("    \"loss_func\": \"{}\",", challenge.loss),
        ];
        let price = challenge.price_asset.as_ref().filter(|asset| **asset != challenge.ticker);
        fields.extend(price.map(|asset| format!("    \"price_key\": \"{asset}\",")));
        fields.extend(challenge.blocks_ahead.map(|n| format!("    \"blocks_ahead\": {n},")));
        fields
    };
    for challenge in single {
        lines.push("    {".to_owned());
        lines.extend(fields(challenge));
        lines.push(format!("    \"weight\": {},", challenge.weight));
        lines.push("    },".to_owned());
    }
    lines.push("]".to_owned());
    for challenge in several {
        let ticker = &challenge.ticker;
        lines.push(format!("{ticker}_ASSETS = ["));
        lines.extend(challenge.assets.iter().map(|asset| format!("    \"{asset}\",")));
        lines.push("]".to_owned());
        if ticker == "TRADEMIX" {
            lines.push("_SHARE = 0.10".to_owned());
            lines.push(
                "_WEIGHT = (_SHARE * sum(c[\"weight\"] for c in CHALLENGES) /\n (1.0 - _SHARE))"
                    .to_owned(),
            );
        }
        lines.push(format!("{ticker}_CHALLENGE = {{"));
        lines.extend(fields(challenge));
        lines.push(format!("    \"assets\": {ticker}_ASSETS,"));
        if ticker == "TRADEMIX" {
            lines.push("    \"weight\": _WEIGHT,".to_owned());
        } else {
            lines.push(format!("    \"weight\": {},", challenge.weight));
        }
        if ticker == "MULTIBREAKOUT" {
            for rule in ["range_lookback_blocks\": 28800", "barrier_pct\": 25.0"] {
                lines.push(format!("    \"{rule},"));
            }
            lines.push("    \"min_range_pct\": 1.0, \"gate_top_pct\": 0.10,".to_owned());
        }
        lines.push("}".to_owned());
        lines.push(format!("CHALLENGES.append({ticker}_CHALLENGE)"));
    }
    let key = crate::Beacon::quicknet().public_key_hex().to_owned();
    lines.extend(
        [
            "CHALLENGE_MAP = {c[\"ticker\"]: c for c in CHALLENGES}",
            "BURN_PCT = 0.35",
            "MAX_DAYS = 60",
            "MAX_UNCHANGED_TIMESTEPS = 15",
            "LEARNING_RATE = 1e-3",
            "SAMPLE_EVERY = 5",
            "LAG = 60",
            "TASK_INTERVAL = 500",
            "WEIGHT_CALC_INTERVAL = 1_000",
            "WEIGHT_SET_INTERVAL = 0x168",
            &format!("OWNER_HPKE_PUBLIC_KEY_HEX=\"{OWNER}\""),
            "TLOCK_DEFAULT_LOCK_SECONDS = int(os.getenv(\"TLOCK_DEFAULT_LOCK_SECONDS\", \"30\"))",
            "TLOCK_PROD_SUGGESTED_LOCK_SECONDS = int(os.getenv(\"SUGGESTED\", \"3600\"))",
            "ALG_LABEL_V2 = \"x25519-hkdf-sha256+chacha20poly1305+drand-tlock\"",
            "SUPPORTED_PAYLOAD_VERSIONS = {1, 2}",
            "DRAND_API = \"https://api.drand.sh/v2\"",
            "DRAND_BEACON_ID = \"quicknet\"",
            "DRAND_PUBLIC_KEY = (",
            &format!("    \"{}\"", &key[..64]),
            &format!("    \"{}\"", &key[64..]),
            ")",
        ]
        .map(str::to_owned),
    );
    lines
}

fn report(lines: &[String]) -> DriftReport {
    compare(&table(), &ValidatorConfig::parse(&lines.join("\n")).unwrap())
}

/// The report after a text was replaced, which must be there once.
fn after(old: &str, new: &str) -> DriftReport {
    let text = config().join("\n");
    assert_eq!(text.matches(old).count(), 1, "{old}");
    compare(&table(), &ValidatorConfig::parse(&text.replace(old, new)).unwrap())
}

#[test]
fn the_profile_itself_does_not_differ() {
    assert_eq!(report(&config()).differences, []);
}

/// Lines that hold a pinned literal.
fn pinned_lines(lines: &[String]) -> Vec<usize> {
    let start = lines.iter().position(|line| line.starts_with("PRICE_DATA_URL")).unwrap();
    let pinned = |line: &str| {
        let literal = line.contains(|c: char| c.is_ascii_digit()) || line.contains("\",");
        let known = !["LEARNING_RATE", "_WEIGHT =", "_ASSETS", "SUPPORTED_"]
            .iter()
            .any(|w| line.contains(w));
        let reference = line.contains("\"weight\": _WEIGHT") || line.contains("CHALLENGE_MAP");
        (literal || line.contains("quicknet")) && known && !reference && !line.contains("_SHARE")
    };
    (start..lines.len()).filter(|&at| pinned(&lines[at])).collect()
}

/// Changes one literal of a line: another digit in a number, another letter in a text.
fn change(line: &str, rng: &mut ChaCha20Rng) -> String {
    let code = line.split('#').next().unwrap();
    // The value, not the key or the name of an environment variable.
    let from = code.rfind(": ").or(code.rfind("= ")).or(code.rfind("=\"")).map_or(0, |at| at + 1);
    let from = code.rfind(", \"").filter(|_| code.contains("getenv")).unwrap_or(from);
    let places: Vec<usize> = code
        .char_indices()
        .filter(|&(at, c)| at >= from && c.is_ascii_alphanumeric())
        // `x` of a hexadecimal number.
        .filter(|&(at, _)| !code[at..].starts_with("x168"))
        .map(|(at, _)| at)
        .collect();
    let at = *places.choose(rng).unwrap();
    let mut bytes = line.as_bytes().to_vec();
    let old = bytes[at];
    while bytes[at] == old {
        bytes[at] = match old {
            // Not a leading zero, which would change the notation.
            b'0'..=b'9' => b'1' + rng.gen_range(0..9),
            b'a'..=b'z' => b'a' + rng.gen_range(0..26),
            _ => b'A' + rng.gen_range(0..26),
        };
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn fifty_seeded_changes_are_all_found() {
    let original = config();
    let pinned = pinned_lines(&original);
    assert!(pinned.len() > 150, "{}", pinned.len());
    for seed in 0..50 {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let at = *pinned.choose(&mut rng).unwrap();
        let mut lines = original.clone();
        lines[at] = change(&lines[at], &mut rng);
        let report = report(&lines);
        let what = format!("seed {seed}: {:?} became {:?}", original[at], lines[at]);
        assert!(!report.differences.is_empty(), "{what}");
        let paid_only = original[at].contains("\"weight\"");
        let in_challenge = original[at].starts_with("    ") && !original[at].contains("https");
        let refused = report.differences.iter().any(|found| found.effect != Effect::Nothing);
        if paid_only {
            assert!(!refused, "{what}: {report}");
        } else if in_challenge && !original[at].contains("gate_top") {
            assert!(refused, "{what}: {report}");
        }
    }
}

#[test]
fn what_a_difference_keeps_back_follows_from_what_changed() {
    let report = after("BURN_PCT = 0.35", "BURN_PCT = 0.30");
    assert_eq!(report.to_string(), "BURN_PCT is 0.3, pinned 0.35\n");
    assert!(!report.refuses_all() && report.refusal_of("ETH").is_none());

    let report = after(&OWNER[8..], &OWNER[8..].replace('d', "c"));
    assert!(report.refuses_all() && report.refusal_of("ETH").is_some(), "{report}");
    assert_eq!(after(OWNER, &OWNER.to_uppercase()).differences, []);

    let report = after("\"dim\": 3,", "\"dim\": 4,");
    assert_eq!(
        report.to_string(),
        "ETHHITFIRST dim is 4, pinned 3; ETHHITFIRST is not submitted\n"
    );
    assert!(report.refusal_of("ETHHITFIRST").is_some() && report.refusal_of("ETH").is_none());

    let text = config().join("\n") + "\nPAYLOAD_MATURITY_BLOCKS = int(os.getenv(\"X\", \"N\"))";
    let with = |blocks: &str| {
        let text = text.replace("\"N\"", &format!("\"{blocks}\""));
        compare(&table(), &ValidatorConfig::parse(&text).unwrap())
    };
    assert_eq!(with("300").differences, []);
    assert!(!with("50400").refuses_all() && with("50400").differences.len() == 1);
    assert!(with("299").refuses_all());

    let report = after("{1, 2}", "{3, 2}");
    assert_eq!(report.differences, []);
    assert!(after("{1, 2}", "{1, 3}").refuses_all());
}

#[test]
fn challenges_that_come_go_and_move_are_told() {
    let report = after("CHALLENGES.append(FUNDINGXSEC_CHALLENGE)", "pass");
    assert!(report.to_string().contains("FUNDINGXSEC is missing, pinned FUNDING-XSEC"), "{report}");
    let again = "CHALLENGES.append(MULTIXSEC_CHALLENGE)";
    let report = after(again, &format!("{again}\n{again}"));
    assert!(report.to_string().contains("MULTIXSEC is there twice"), "{report}");
    let report = after(
        again,
        &format!("{again}\nCHALLENGES.append({{\"ticker\": \"FLOW\", \"weight\": 0}})"),
    );
    assert!(report.to_string().contains("CHALLENGES is FLOW, pinned nothing of"), "{report}");
    let last = "CHALLENGES.append(TRADEMIX_CHALLENGE)";
    let text = config().join("\n").replace(last, "").replace(again, &format!("{last}\n{again}"));
    let moved = text.replace("TRADEMIX_CHALLENGE = {", "X = {").replace(last, "");
    let report = compare(&table(), &ValidatorConfig::parse(&moved).unwrap());
    assert!(report.refusal_of("TRADEMIX").is_some(), "{report}");
    let swapped = config().join("\n");
    let (funding, cross) = ("append(FUNDINGXSEC_CHALLENGE)", "append(MULTIXSEC_CHALLENGE)");
    // Both dictionaries exist before either is appended.
    let swapped = swapped.replace(&format!("CHALLENGES.{cross}"), "").replace(
        &format!("CHALLENGES.{funding}"),
        &format!("CHALLENGES.{funding}\nCHALLENGES.{cross}"),
    );
    let report = compare(&table(), &ValidatorConfig::parse(&swapped).unwrap());
    assert!(report.to_string().contains("order of CHALLENGES"), "{report}");
    assert!(report.refusal_of("MULTIXSEC").is_none());
}

#[test]
fn what_is_not_a_literal_is_never_taken_for_unchanged() {
    for statement in [
        "CHALLENGES[0][\"dim\"] = 3",
        "CHALLENGES.pop()",
        "for c in CHALLENGES:\n    c[\"dim\"] = 5",
        "MULTIXSEC_CHALLENGE[\"dim\"] = 2",
        "MULTIXSEC_ASSETS.reverse()",
        "alias = CHALLENGES\nalias.clear()",
        "del CHALLENGES",
        "CHALLENGES += [1]",
        "CHALLENGES = load()",
        "from elsewhere import *",
        "exec(text)",
        "if True:\n    CHALLENGES = []",
        "CHALLENGES, other = [], 1",
        // Two names for one list, a list within another value, and changes in passing.
        "MULTIXSEC_ASSETS.append(\"X\")",
        "a = CHALLENGES\na.append({})",
        "a = MULTIXSEC_CHALLENGE[\"assets\"]\na.append(\"X\")",
        "a = CHALLENGES\nb = a\na = 1\nb.clear()",
        "a = CHALLENGES\nCHALLENGES.append(a)\na.append(1)",
        "x = CHALLENGES.pop()",
        "x = list(reversed(CHALLENGES)) + [CHALLENGES.pop()]",
        "x = [c.clear() for c in CHALLENGES]",
        "x = helper(CHALLENGES)",
    ] {
        let mut lines = config();
        lines.push(statement.to_owned());
        let report = report(&lines);
        assert!(report.refuses_all(), "{statement}: {report}");
        assert!(report.to_string().contains("a way that is not read (line"), "{report}");
    }
    for harmless in [
        "print(1)",
        "def f(x):\n    return x",
        "X = {1: 2}\nX[1] = 3",
        "pass",
        "x = max(2, 3)",
        "x = []\nx.append(1)",
    ] {
        let mut lines = config();
        lines.push(harmless.to_owned());
        assert_eq!(report(&lines).differences, [], "{harmless}");
    }
}

#[test]
fn other_texts_are_refused_with_the_line() {
    let message = |text: &str| ValidatorConfig::parse(text).unwrap_err().to_string();
    assert!(message("<html>\n<p>It's here</p>").contains("line 2: a string is never closed"));
    assert!(message("X = 1\nCHALLENGES = [").contains("line 2: a bracket is never closed"));
    assert!(message("X = 1\n)").contains("line 2: a bracket too much"));
    assert!(message("").contains("CHALLENGES is assigned nowhere"));
    for deep in ["[".repeat(50_000) + &"]".repeat(50_000), "1+".repeat(50_000) + "1"] {
        let config = ValidatorConfig::parse(&format!("CHALLENGES = {deep}")).unwrap();
        assert!(compare(&table(), &config).refuses_all());
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[A-Z=\\[\\]{}():,.\"'\\\\0-9 \n#+*/;fe-]{0,200}") {
        if let Ok(config) = ValidatorConfig::parse(&text) {
            let _ = compare(&table(), &config);
        }
    }
}

#[test]
fn values_that_grow_without_end_are_not_followed() {
    let plain = report(&config());
    for growing in ["A = A + A", "A = [A, A]", "A = {\"a\": A, \"b\": A}", "A.append(A)"] {
        let mut lines = vec!["A = [1]".to_owned()];
        lines.extend(std::iter::repeat_n(growing.to_owned(), 60));
        lines.extend(config());
        assert_eq!(report(&lines).differences.len(), plain.differences.len(), "{growing}");
    }
}
