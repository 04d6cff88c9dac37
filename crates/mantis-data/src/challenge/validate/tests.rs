use super::*;

fn view(text: &str) -> ValidatorView {
    as_validator_sees(&ChallengeTable::profile("2026-07").unwrap(), text, "5abc")
}

fn reasons(text: &str) -> Vec<(String, Reason)> {
    let named = |d: Difference| (d.part.map_or(d.key.clone(), |p| d.key + "." + &p), d.reason);
    let differences = view(text).differences.into_iter();
    differences.filter(|d| d.reason != Reason::Absent).map(named).collect()
}

#[test]
fn the_whole_submission_is_void() {
    for (text, rejection) in [
        ("{", Rejection::NotJson),
        ("[]", Rejection::NotAnObject),
        (r#"{"ETH":[0.1,0.2]}"#, Rejection::WrongHotkey),
        (r#"{"ETH":[0.1,0.2],"hotkey":"5abd"}"#, Rejection::WrongHotkey),
        (r#"{"hotkey":5}"#, Rejection::WrongHotkey),
        (
            r#"{"ETH":[1,1],"hotkey":"5abc","ETHLBFGS":[0,0,null,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}"#,
            Rejection::NotANumber { ticker: "ETHLBFGS".to_owned(), index: 2 },
        ),
    ] {
        let view = view(text);
        assert!(view.stored.is_empty());
        assert_eq!(view.rejection, Some(rejection), "{text}");
    }
}

#[test]
fn differences_name_key_part_and_reason() {
    let text = r#"{"hotkey":"5abc","FOO":1,"ETH":[2,0],"XAGUSD":[1e-9,0],
        "MULTIXSEC":{"BTC":[1.5],"ETH":2,"NOPE":0.1,"SOL":0.5}}"#;
    let expected = [
        ("FOO", Reason::UnknownKey),
        ("ETH", Reason::Invalid),
        ("MULTIXSEC.BTC", Reason::Changed),
        ("MULTIXSEC.ETH", Reason::Invalid),
        ("MULTIXSEC.NOPE", Reason::UnknownAsset),
        ("XAGUSD", Reason::Underflow),
    ];
    let mut found = reasons(text);
    found.sort_by_key(|(key, _)| expected.iter().position(|(name, _)| name == key));
    assert_eq!(found, expected.map(|(key, reason)| (key.to_owned(), reason)));
}

#[test]
fn what_an_embedding_set_writes_is_stored_unchanged() {
    use crate::challenge::{Embedding, EmbeddingSet};
    let table = ChallengeTable::profile("2026-07").unwrap();
    let values = |challenge: &Challenge| match challenge.loss {
        LossKind::Lbfgs => [vec![0.2; 5], vec![0.25; 12]].concat(),
        _ => vec![0.25; challenge.stored_dim],
    };
    let embedding = |challenge| Embedding::new(challenge, values(challenge)).unwrap();
    let set =
        EmbeddingSet::new(&table, table.challenges().iter().map(embedding).collect()).unwrap();
    let view = as_validator_sees(&table, &set.plaintext("5abc"), "5abc");
    assert_eq!((view.rejection, view.differences), (None, vec![]));
    for (stored, embedding) in view.stored.iter().zip(set.embeddings()) {
        assert_eq!(stored.clean, embedding.values(), "{}", stored.ticker);
    }
    assert_eq!(view.stored.len(), 12);
}

#[test]
fn strings_become_numbers_as_in_python() {
    let float = |text: &str| python_float(&Value::Text(text.to_owned()));
    for (text, value) in [(" 0.5\n", 0.5), ("1_0.5e-1", 1.05), ("-Inf", f64::NEG_INFINITY)] {
        assert_eq!(float(text), Some(value), "{text:?}");
    }
    for text in ["", "x", "_1", "1_", "1__0", "1_.0", "0x1", "1 2"] {
        assert_eq!(float(text), None, "{text:?}");
    }
    assert!(float("nan").is_some_and(f64::is_nan));
    assert_eq!(python_float(&Value::Number { value: f64::INFINITY, overflow: true }), None);
}

#[test]
fn halves_round_once_and_to_even() {
    for (value, half) in [
        (0.1, 0.099_975_585_937_5),
        (1e-6, 1.013_278_961_181_640_6e-6),
        (1.0 - 1e-6, 1.0),
        (1e-9, 0.0),
        (1.0 + f64::powi(2.0, -11), 1.0),
        (1.0 + f64::powi(2.0, -11) + f64::powi(2.0, -40), 1.0 + f64::powi(2.0, -10)),
        (-65_519.0, -65_504.0),
        (65_520.0, f64::INFINITY),
    ] {
        assert_eq!(to_half(value), half, "{value}");
    }
    assert!(to_half(f64::NAN).is_nan());
}
