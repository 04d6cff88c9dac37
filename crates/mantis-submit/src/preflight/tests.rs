use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::owner::OwnerSecret;
use crate::seal::Sealer;

const HOTKEY: &str = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";
const URL: &str = "https://pub-1.r2.dev/5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";

fn now() -> Timestamp {
    Timestamp::parse("2026-01-01").unwrap()
}

fn hotkey() -> Hotkey {
    HOTKEY.parse().unwrap()
}

fn run(change: impl FnOnce(&mut Preflight<'_>)) -> Report {
    let hotkey = hotkey();
    let mut preflight = Preflight::new(&hotkey, now());
    change(&mut preflight);
    preflight.run()
}

/// The report's text and exit code.
fn shown(report: &Report) -> (String, u8) {
    (report.to_string(), report.exit_code())
}

fn text_of(entries: &str) -> Plaintext {
    Plaintext::parse(&format!("{{{entries}\"hotkey\":\"{HOTKEY}\"}}")).unwrap()
}

#[test]
fn nothing_known_is_nothing_found() {
    assert_eq!(shown(&run(|_| {})), (String::new(), 0));
}

#[test]
fn embeddings_are_seen_as_the_validator_does() {
    let table = ChallengeTable::profile("2026-07").unwrap();
    let plaintext = text_of(r#""ETH":[0.5],"NOPE":[0.1],"CADUSD":[0.1,-0.1],"#);
    let report =
        Preflight { plaintext: Some((&table, &plaintext)), ..Preflight::new(&hotkey(), now()) }
            .run();
    let (text, code) = shown(&report);
    assert_eq!(code, 2);
    assert!(text.starts_with("error: embeddings: ETH: wrong shape"), "{text}");
    assert!(text.contains("warning: embeddings: NOPE: unknown key"), "{text}");
    assert!(text.contains("warning: embeddings: NZDUSD: nothing but zeros"), "{text}");
    assert!(!text.contains("CADUSD"), "{text}");
    let other: Hotkey = "5EHe7wXzpR8FUDHwnK5ucKqSyCtLi2NWjWJ533qfQWwecKfc".parse().unwrap();
    let report =
        Preflight { plaintext: Some((&table, &plaintext)), ..Preflight::new(&other, now()) }.run();
    assert!(report.to_string().contains("zeros for all challenges"), "{report}");
}

#[test]
fn payloads_are_of_this_hotkey_and_open_in_time() {
    let owner = OwnerSecret::from_hex(&"11".repeat(32)).unwrap();
    let beacon = Beacon::quicknet();
    let found = |seconds: i64, whose: &Hotkey| {
        let time = Timestamp::from_secs(now().as_secs() + seconds).unwrap();
        let round = beacon.round_at(time).unwrap();
        let payload = Sealer::new(owner.public())
            .seal_to_round(&text_of(""), round, &mut ChaCha20Rng::seed_from_u64(1))
            .unwrap();
        let preflight = Preflight {
            payload: Some(&payload),
            expected_owner: owner.public(),
            ..Preflight::new(whose, now())
        };
        shown(&preflight.run())
    };
    assert_eq!(found(3_300, &hotkey()), (String::new(), 0));
    assert!(found(-30, &hotkey()).0.contains("is out since"));
    assert!(found(3_600, &hotkey()).0.contains("at most 3500 are safe"));
    let (text, code) = found(3_300, &Hotkey::from_public_key([1; 32]));
    assert!(text.contains("not for 5") && code == 2, "{text}");
}

#[test]
fn a_payload_for_another_owner_is_an_error() {
    let found = |owner: OwnerKey| {
        let sealer = Sealer::new(owner);
        let round = sealer.target_round(now()).unwrap();
        let payload =
            sealer.seal_to_round(&text_of(""), round, &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
        shown(&Preflight { payload: Some(&payload), ..Preflight::new(&hotkey(), now()) }.run())
    };
    assert_eq!(found(OwnerKey::subnet()), (String::new(), 0));
    let other = OwnerSecret::from_hex(&"11".repeat(32)).unwrap().public();
    let (text, code) = found(other);
    assert_eq!(code, 2);
    let names_both =
        text.contains(&other.to_string()) && text.contains(&OwnerKey::subnet().to_string());
    assert!(names_both && text.starts_with("error: payload: sealed to the owner"), "{text}");
}

#[test]
fn what_the_chain_holds_is_told_without_a_url_to_compare() {
    let found = |held: Option<&'static str>| shown(&run(|p| p.committed = Some(held)));
    let (text, code) = found(Some(URL));
    assert!(
        code == 0 && text.contains(&format!("note: commit URL: the chain holds {URL}")),
        "{text}"
    );
    let (text, code) = found(Some("https://pub-1.r2.dev/another"));
    assert!(code == 2 && text.contains("the chain holds one that validators refuse"), "{text}");
    let (text, code) = found(None);
    assert!(code == 1 && text.contains("the chain holds none"), "{text}");
}

#[test]
fn the_subnet_in_a_message_is_the_one_that_was_asked() {
    let report = run(|p| (p.registered, p.netuid) = (Some(false), 7));
    assert!(report.to_string().contains("--netuid 7"), "{report}");
}

#[test]
fn urls_locks_and_registration_are_judged() {
    let lock = run(|p| p.lock = Some(Lock::new(30).unwrap()));
    assert!(shown(&lock).0.starts_with("warning: lock: lock of 30 s: anyone"));
    let url = |url: &'static str, committed: Option<Option<&'static str>>| {
        shown(&run(|p| (p.commit_url, p.committed) = (Some(url), committed)))
    };
    assert_eq!(url(URL, None), (String::new(), 0));
    assert_eq!(url(URL, Some(Some(URL))).1, 0);
    assert!(url(URL, Some(Some(URL))).0.contains("note: commit URL: the chain holds it already"));
    assert!(
        url(URL, Some(Some("https://other")))
            .0
            .contains("warning: commit URL: the chain holds another")
    );
    assert!(url(URL, Some(None)).0.contains("holds none"));
    assert_eq!(url("https://example.com/x", None).1, 2);
    assert_eq!(shown(&run(|p| p.registered = Some(true))), (String::new(), 0));
    assert!(run(|p| p.registered = Some(false)).to_string().contains("subnet register"));
}

#[test]
fn clocks_are_compared() {
    let skew = |seconds| shown(&run(|p| p.bucket_skew_seconds = Some(seconds)));
    assert_eq!(skew(-5), (String::new(), 0));
    assert!(skew(6).0.contains("warning: clock: the bucket's clock is 6 s ahead of ours"));
    assert!(skew(-61).0.contains("error: clock: the bucket's clock is 61 s behind ours"));
    let beacon = Beacon::quicknet();
    let newest = beacon.round_at(now()).unwrap();
    let round = |round| shown(&run(|p| p.latest_round = Some(round)));
    for fine in [newest - 2, newest, newest + 1] {
        assert_eq!(round(fine), (String::new(), 0), "{fine}");
    }
    assert_eq!(round(newest - 4).1, 1);
    assert_eq!(round(newest + 4).1, 1);
    assert_eq!(round(newest + 40).1, 2);
    assert_eq!(round(0).1, 2);
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_noticed() {
    use std::os::unix::fs::PermissionsExt;
    let file = tempfile::NamedTempFile::new().unwrap();
    let with_mode = |mode| {
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        shown(
            &Preflight { hotkey_file: Some(file.path()), ..Preflight::new(&hotkey(), now()) }.run(),
        )
    };
    assert_eq!(with_mode(0o600), (String::new(), 0));
    assert!(with_mode(0o640).0.contains("chmod 600"));
    let absent = Path::new("no/such/file");
    let report = Preflight { hotkey_file: Some(absent), ..Preflight::new(&hotkey(), now()) }.run();
    assert!(report.to_string().contains("error: hotkey file: no/such/file: cannot be read"));
}

#[test]
fn stale_predictions_and_drift_are_findings() {
    let table = ChallengeTable::profile("guide").unwrap();
    let config = crate::drift::ValidatorConfig::parse("CHALLENGES = []\nNETUID = 5").unwrap();
    let drift = crate::drift::compare(&table, &config);
    let stale =
        [Note { subject: "ETH".to_owned(), text: "stale, its data is 900 s old".to_owned() }];
    let hotkey = hotkey();
    let report =
        Preflight { stale: &stale, drift: Some(&drift), ..Preflight::new(&hotkey, now()) }.run();
    let (text, code) = shown(&report);
    assert_eq!(code, 2);
    assert!(text.contains("error: validator's configuration: NETUID is 5, pinned 123"), "{text}");
    assert!(text.contains("warning: ETH: stale, its data is 900 s old"), "{text}");
}
