//! `R2Bucket` against a server on the loopback interface that checks signatures and fails on
//! demand.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{Read, Write};
use std::time::Duration;

use mantis_data::{ManualClock, Timestamp};
use mantis_submit::bucket::{
    Addressing, Bucket, ObjectKey, R2Bucket, R2Credentials, R2Settings, Signer, Upload, conformance,
};
use mantis_submit::testing::{S3Fault as Fault, S3Server};
use mantis_submit::{Error, Payload};

const SECRET: &str = "5ec2e7-5ec2e7";
const PUT: &str = "PUT /bucket/object";
const READ: &str = "GET /public/object";

fn now() -> Timestamp {
    Timestamp::parse("2026-01-01").unwrap()
}

fn server() -> S3Server {
    S3Server::start(SECRET, now().as_secs())
}

fn settings(server: &S3Server) -> R2Settings {
    let mut settings = R2Settings::new(server.endpoint(), "bucket");
    settings.public_address = Some(server.public_address());
    settings.timeout = Duration::from_millis(1_000);
    settings
}

fn bucket_at(settings: &R2Settings, secret: &str, now: Timestamp) -> R2Bucket<ManualClock> {
    let credentials = R2Credentials::new("AKIDEXAMPLE", secret);
    R2Bucket::new(settings, credentials, ManualClock::new(now)).unwrap()
}

fn bucket(server: &S3Server) -> R2Bucket<ManualClock> {
    bucket_at(&settings(server), SECRET, now())
}

fn key() -> ObjectKey {
    "object".parse().unwrap()
}

fn upload(server: &S3Server) -> Result<Upload, Error> {
    bucket(server).upload(&key(), b"object")
}

#[test]
fn conforms_through_the_public_address() {
    conformance::all(&bucket(&server()));
}

#[test]
fn conforms_through_signed_reads() {
    let server = server();
    let mut settings = settings(&server);
    settings.public_address = None;
    conformance::all(&bucket_at(&settings, SECRET, now()));
}

#[test]
fn one_put_and_one_read_back() {
    let server = server();
    let upload = upload(&server).unwrap();
    assert_eq!(upload.attempts, 1);
    assert_eq!(upload.skew_seconds(), Some(0));
    assert_eq!(server.requests(), [PUT, READ]);
}

#[test]
fn a_wrong_secret_is_refused_at_once_and_not_shown() {
    let server = server();
    let bucket = bucket_at(&settings(&server), "wrong-5ec2e7", now());
    let error = bucket.upload(&key(), b"object").unwrap_err();
    let message = error.to_string();
    assert!(message.contains("got 403 SignatureDoesNotMatch"), "{message}");
    assert!(message.contains("check the secret key"), "{message}");
    for secret in ["5ec2e7", "X-Amz", "Signature=", "repeated"] {
        assert!(!format!("{error:?} {message} {bucket:?}").contains(secret), "{secret}");
    }
    assert_eq!(server.requests(), [PUT]);
    assert_eq!(server.object("object"), None);
}

#[test]
fn keys_are_tried_where_objects_are_read_from_a_public_address() {
    let server = server();
    assert!(settings(&server).public_address.is_some());
    bucket_at(&settings(&server), SECRET, now()).check_keys(&key()).unwrap();
    let refused = bucket_at(&settings(&server), "wrong-5ec2e7", now()).check_keys(&key());
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("got 403") && !message.contains("5ec2e7"), "{message}");
    let mut elsewhere = settings(&server);
    elsewhere.bucket = "buckets".to_owned();
    let message = bucket_at(&elsewhere, SECRET, now()).check_keys(&key()).unwrap_err().to_string();
    assert!(message.contains("got 404 NoSuchBucket"), "{message}");
    assert!(message.contains("check the name of the bucket"), "{message}");
    assert_eq!(server.object("object"), None);
}

#[test]
fn another_header_than_the_signed_one_is_refused() {
    let server = server();
    let credentials = R2Credentials::new("AKIDEXAMPLE", SECRET);
    let endpoint = server.endpoint();
    let signer = Signer::new(&endpoint, "bucket", Addressing::Path, credentials).unwrap();
    let headers = [("content-type", "application/json"), ("cache-control", "no-store")];
    let url = signer.put(&key(), &headers, now(), Duration::from_secs(60));
    let path = url.expose().strip_prefix(&endpoint).unwrap();
    for (sent, status) in [("text/html", "403"), ("application/json", "200")] {
        let host = endpoint.strip_prefix("http://").unwrap();
        let mut stream = std::net::TcpStream::connect(host).unwrap();
        let head = format!(
            "PUT {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {sent}\r\ncache-control: no-store\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{sent}: {answer}");
    }
}

/// A bucket of a machine whose clock differs by so many seconds.
fn skewed_bucket(settings: &R2Settings, seconds: i64) -> R2Bucket<ManualClock> {
    let machine = Timestamp::from_secs(now().as_secs() + seconds).unwrap();
    bucket_at(settings, SECRET, machine)
}

#[test]
fn a_clock_that_is_off_uploads_all_the_same() {
    // Ten minutes either way are within what a signature allows; an hour is learned from the refusal's date.
    for (seconds, requests) in [
        (-100, vec![PUT, READ]),
        (-600, vec![PUT, READ]),
        (600, vec![PUT, READ]),
        (-3_600, vec![PUT, PUT, READ]),
        (3_600, vec![PUT, PUT, READ]),
    ] {
        let server = server();
        let upload = skewed_bucket(&settings(&server), seconds).upload(&key(), b"object").unwrap();
        assert_eq!(upload.skew_seconds(), Some(-seconds));
        assert_eq!(upload.attempts, 1, "{seconds}");
        assert_eq!(server.requests(), requests, "{seconds}");
        assert_eq!(server.object("object").unwrap(), b"object");
    }
}

#[test]
fn what_the_clock_is_off_by_is_learned_once_and_forgotten_when_it_is_set() {
    let server = server();
    let mut settings = settings(&server);
    settings.public_address = None;
    let machine = ManualClock::new(Timestamp::from_secs(now().as_secs() - 7_200).unwrap());
    let credentials = R2Credentials::new("AKIDEXAMPLE", SECRET);
    let bucket = R2Bucket::new(&settings, credentials, &machine).unwrap();
    const SIGNED_READ: &str = "GET /bucket/object";
    assert_eq!(bucket.get(&key()).unwrap(), None);
    assert_eq!(server.requests(), [SIGNED_READ, SIGNED_READ]);
    bucket.upload(&key(), b"object").unwrap();
    assert_eq!(server.requests()[2..], [PUT, SIGNED_READ]);
    machine.set(now());
    assert_eq!(bucket.upload(&key(), b"object").unwrap().skew_seconds(), Some(0));
    assert_eq!(server.requests()[4..], [PUT, PUT, SIGNED_READ]);
}

#[test]
fn a_clock_that_nobody_corrects_is_named() {
    for (seconds, code) in [(-1_000, "ExpiredRequest"), (1_000, "RequestTimeTooSkewed")] {
        let server = server();
        server.hide_the_time();
        let bucket = skewed_bucket(&settings(&server), seconds);
        let message = bucket.upload(&key(), b"object").unwrap_err().to_string();
        let expected = format!("403 {code}, expected status 200; set the clock");
        assert!(message.contains(&expected), "{message}");
        assert_eq!(server.requests(), [PUT]);
    }
}

#[test]
fn a_wrong_secret_and_a_wrong_clock_end_after_one_more_attempt() {
    let server = server();
    let machine = Timestamp::from_secs(now().as_secs() - 3_600).unwrap();
    let error = bucket_at(&settings(&server), "wrong", machine).upload(&key(), b"object");
    assert!(error.unwrap_err().to_string().contains("SignatureDoesNotMatch"));
    assert_eq!(server.requests(), [PUT, PUT]);
}

#[test]
fn a_slow_upload_is_no_skew() {
    let at = |seconds| Timestamp::from_secs(now().as_secs() + seconds).unwrap();
    let skew = |server| {
        let upload =
            Upload { attempts: 1, sent: at(0), received: at(30), server_time: Some(at(server)) };
        upload.skew_seconds()
    };
    assert_eq!([skew(0), skew(20), skew(30)], [Some(0); 3]);
    assert_eq!([skew(-7), skew(37)], [Some(-7), Some(7)]);
}

#[test]
fn passing_failures_are_tried_again() {
    for fault in [
        Fault::Status(429, ""),
        Fault::Status(500, ""),
        Fault::Status(503, "retry-after: 3\r\n"),
        Fault::Reset,
        Fault::Drip,
    ] {
        let server = server();
        server.fail_next(&[fault.clone(), fault.clone()]);
        assert_eq!(upload(&server).unwrap().attempts, 3, "{fault:?}");
        assert_eq!(server.requests(), [PUT, PUT, PUT, READ], "{fault:?}");
        assert_eq!(server.object("object").unwrap(), b"object");
    }
}

#[test]
fn lasting_failures_end_at_once() {
    let redirect = Fault::Status(307, "location: http://127.0.0.1:1/elsewhere\r\n");
    for (fault, hint) in [
        (Fault::Status(403, ""), "got 403, expected status 200; check access key"),
        (redirect, "got 307, expected status 200; redirects are not followed"),
        (Fault::Status(400, ""), "check endpoint, bucket"),
    ] {
        let server = server();
        server.fail_next(std::slice::from_ref(&fault));
        let message = upload(&server).unwrap_err().to_string();
        assert!(message.contains(hint), "{fault:?}: {message}");
        assert_eq!(server.requests(), [PUT], "{fault:?}");
    }
}

#[test]
fn attempts_end_before_the_next_minute() {
    let server = server();
    server.fail_next(&vec![Fault::Status(500, ""); 100]);
    let message = upload(&server).unwrap_err().to_string();
    assert!(message.contains("/bucket/object: got 500"), "{message}");
    assert!((8..=14).contains(&server.requests().len()), "{}", server.requests().len());
}

#[test]
fn an_old_object_read_back_is_stored_again() {
    let server = server();
    let bucket = bucket(&server);
    bucket.put(&key(), b"old").unwrap();
    // The first put is not touched by it, the first read is.
    server.fail_next(&[Fault::Stale, Fault::Stale]);
    assert_eq!(bucket.upload(&key(), b"new").unwrap().attempts, 2);
    assert_eq!(server.requests(), [PUT, READ, PUT, READ, PUT, READ]);
}

#[test]
fn an_endless_answer_is_cut() {
    let server = server();
    server.fail_next(&[Fault::Endless]);
    let mut settings = settings(&server);
    settings.timeout = Duration::from_secs(30);
    let error = bucket_at(&settings, SECRET, now()).get(&key()).unwrap_err();
    assert!(error.to_string().contains("an answer that is too large"), "{error}");
}

#[test]
fn too_large_objects_and_wrong_addresses_are_refused_before_anything_is_sent() {
    let server = server();
    let large = vec![b' '; Payload::MAX_BYTES + 1];
    let error = bucket(&server).upload(&key(), &large).unwrap_err();
    assert!(matches!(error, Error::PayloadSize { .. }), "{error}");
    assert!(server.requests().is_empty());
    for (endpoint, name) in [("http://example.com", "bucket"), ("https://a.b", "a/b"), ("", "b")] {
        let settings = R2Settings::new(endpoint, name);
        let credentials = R2Credentials::new("key", SECRET);
        let error = R2Bucket::new(&settings, credentials, ManualClock::new(now())).unwrap_err();
        assert!(matches!(error, Error::Endpoint { .. }), "{error}");
    }
}

#[test]
fn nobody_there_is_a_failure_that_may_pass() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let settings = R2Settings::new(endpoint, "bucket");
    let error = bucket_at(&settings, SECRET, now()).get(&key()).unwrap_err();
    assert!(error.is_retryable(), "{error}");
}
