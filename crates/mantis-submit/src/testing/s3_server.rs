//! An S3 server on the loopback interface that checks signatures, written from the description
//! of AWS signature version 4 and not with the library under test, and that fails on demand.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// Seconds by which a request's time may be ahead of the server's.
const MAX_AHEAD: i64 = 900;

/// What the server does to the next request instead of answering it.
#[derive(Clone, Debug)]
pub enum S3Fault {
    /// Answers with a status and extra header lines.
    Status(u16, &'static str),
    /// Closes the connection.
    Reset,
    /// Sends a byte of the answer now and then.
    Drip,
    /// Answers with more bytes than it announced as the most.
    Endless,
    /// Answers as usual, with the object that was there before the last put.
    Stale,
}

#[derive(Debug)]
struct State {
    secret: String,
    /// The server's clock in seconds.
    time: i64,
    /// Whether answers carry a `Date`.
    dated: bool,
    objects: BTreeMap<String, Vec<u8>>,
    before: BTreeMap<String, Vec<u8>>,
    faults: VecDeque<S3Fault>,
    requests: Vec<String>,
}

/// A server with one bucket, named `bucket`: signed requests go to `endpoint()/bucket/key`, unsigned reads to
/// `public_address()/key`. It serves until the process ends.
#[derive(Debug)]
pub struct S3Server {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl S3Server {
    /// Starts a server that knows a secret key, and whose clock always shows `time` (seconds since 1970).
    ///
    /// # Panics
    /// If there is no free port.
    #[must_use]
    pub fn start(secret: &str, time: i64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            secret: secret.to_owned(),
            time,
            dated: true,
            objects: BTreeMap::new(),
            before: BTreeMap::new(),
            faults: VecDeque::new(),
            requests: Vec::new(),
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let state = Arc::clone(&shared);
                // A client that goes away ends its own connection only.
                std::thread::spawn(move || serve(stream.unwrap(), &state));
            }
        });
        Self { port, state }
    }

    /// Address of signed requests.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Address of unsigned reads.
    #[must_use]
    pub fn public_address(&self) -> String {
        format!("{}/public", self.endpoint())
    }

    /// What is done to the next requests, in order.
    ///
    /// # Panics
    /// If a connection was ended while it held the objects.
    pub fn fail_next(&self, faults: &[S3Fault]) {
        self.state.lock().unwrap().faults.extend(faults.iter().cloned());
    }

    /// Answers without a `Date` from now on.
    ///
    /// # Panics
    /// If a connection was ended while it held the objects.
    pub fn hide_the_time(&self) {
        self.state.lock().unwrap().dated = false;
    }

    /// Method and path of every request so far.
    ///
    /// # Panics
    /// If a connection was ended while it held the objects.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }

    /// The object under a key, if there is one.
    ///
    /// # Panics
    /// If a connection was ended while it held the objects.
    #[must_use]
    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        self.state.lock().unwrap().objects.get(key).cloned()
    }
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let Some(request) = read(&stream) else { return };
    let fault = {
        let mut state = state.lock().unwrap();
        state.requests.push(format!("{} {}", request.method, request.path));
        state.faults.pop_front()
    };
    let mut serve_stale = false;
    match fault {
        None => {}
        Some(S3Fault::Stale) => serve_stale = true,
        Some(S3Fault::Status(status, headers)) => {
            let head = format!(
                "HTTP/1.1 {status} x\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes());
            return;
        }
        Some(S3Fault::Reset) => return,
        Some(S3Fault::Drip) => {
            for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n".iter().cycle() {
                std::thread::sleep(Duration::from_millis(50));
                if stream.write_all(&[*byte]).is_err() {
                    return;
                }
            }
        }
        Some(S3Fault::Endless) => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
            while stream.write_all(&[b'x'; 1 << 16]).is_ok() {}
            return;
        }
    }
    let (status, body) = answer(&request, &mut state.lock().unwrap(), serve_stale);
    let (time, dated) = {
        let state = state.lock().unwrap();
        (jiff::Timestamp::from_second(state.time).unwrap(), state.dated)
    };
    let date =
        jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap();
    let date = if dated { format!("date: {date}\r\n") } else { String::new() };
    let head = format!(
        "HTTP/1.1 {status} x\r\n{date}content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes());
    if request.method != "HEAD" {
        let _ = stream.write_all(&body);
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let method = words.next()?.to_owned();
    let target = words.next()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, path, query, headers, body })
}

fn answer(request: &Request, state: &mut State, stale: bool) -> (u16, Vec<u8>) {
    let refuse = |status, code: &str| {
        (
            status,
            format!("<Error><Code>{code}</Code><Signature>repeated</Signature></Error>")
                .into_bytes(),
        )
    };
    let key = if let Some(key) = request.path.strip_prefix("/public/") {
        key
    } else if let Some(key) = request.path.strip_prefix("/bucket/") {
        match signature_problem(request, state) {
            Some(code) => return refuse(403, code),
            None => key,
        }
    } else {
        return refuse(404, "NoSuchBucket");
    };
    let objects = if stale { &state.before } else { &state.objects };
    match request.method.as_str() {
        "PUT" if request.path.starts_with("/bucket/") => {
            state.before = state.objects.clone();
            state.objects.insert(key.to_owned(), request.body.clone());
            (200, Vec::new())
        }
        "GET" | "HEAD" => match objects.get(key) {
            Some(object) => (200, object.clone()),
            None => refuse(404, "NoSuchKey"),
        },
        _ => refuse(405, "MethodNotAllowed"),
    }
}

/// The error code of a request whose signature in the query is not right.
fn signature_problem(request: &Request, state: &State) -> Option<&'static str> {
    let mut pairs: Vec<(&str, &str)> =
        request.query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let value = |name: &str| pairs.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| *v);
    let given = value("X-Amz-Signature");
    let date = value("X-Amz-Date");
    let credential = value("X-Amz-Credential").replace("%2F", "/");
    let Some((_, scope)) = credential.split_once('/') else { return Some("AccessDenied") };
    let signed = value("X-Amz-SignedHeaders").replace("%3B", ";");
    let valid: Option<i64> = value("X-Amz-Expires").parse().ok();
    let (Some(time), Some(valid @ 1..=604_800)) = (seconds(date), valid) else {
        return Some("AuthorizationQueryParametersError");
    };
    if time + valid < state.time {
        return Some("ExpiredRequest");
    }
    if time > state.time + MAX_AHEAD {
        return Some("RequestTimeTooSkewed");
    }
    let mut headers = String::new();
    for name in signed.split(';') {
        let Some(value) = request.headers.get(name) else { return Some("SignatureDoesNotMatch") };
        headers += &format!("{name}:{value}\n");
    }
    pairs.retain(|(name, _)| *name != "X-Amz-Signature");
    pairs.sort_unstable();
    let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let canonical = format!(
        "{}\n{}\n{}\n{headers}\n{signed}\nUNSIGNED-PAYLOAD",
        request.method,
        request.path,
        query.join("&")
    );
    let hash = hex::encode(Sha256::digest(canonical));
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
    let mut key = format!("AWS4{}", state.secret).into_bytes();
    for part in scope.split('/') {
        key = hmac(&key, part.as_bytes());
    }
    (hex::encode(hmac(&key, to_sign.as_bytes())) != given).then_some("SignatureDoesNotMatch")
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// `20260921T141339Z`
fn seconds(text: &str) -> Option<i64> {
    let zoned = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(zoned.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}
