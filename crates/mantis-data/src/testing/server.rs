//! An HTTP server that fails on demand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes of a request that are read.
const LONGEST_REQUEST: u64 = 16 << 10;

/// A request as the server read it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The path, without the query.
    pub path: String,
    /// The decoded query.
    pub query: BTreeMap<String, String>,
    /// The query as it was sent.
    pub raw_query: String,
}

impl Request {
    /// A number of the query.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.query.get(name)?.parse().ok()
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Header lines, each with its line end.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// Status 200 with a body.
    #[must_use]
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: String::new(), body: body.into() }
    }

    /// Status 200 with JSON.
    #[must_use]
    pub fn json(body: &serde_json::Value) -> Self {
        Self {
            status: 200,
            headers: "content-type: application/json\r\n".to_owned(),
            body: body.to_string().into_bytes(),
        }
    }

    /// Another status with a body.
    #[must_use]
    pub fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: String::new(), body: body.into() }
    }

    /// With a header line more.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }
}

/// What the server does instead of answering.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Gives this answer.
    Answer(Reply),
    /// Closes the connection before the answer.
    Reset,
    /// Announces the whole body, sends half of it and closes the connection.
    HalfBody,
    /// Sends a byte now and then.
    Drip,
    /// Sends more than anybody wants.
    Endless,
    /// Gives the right answer with other bytes in the body.
    Body(fn(&[u8]) -> Vec<u8>),
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

struct Planned {
    path_has: String,
    fault: Fault,
    times: usize,
}

struct State {
    handler: Box<Handler>,
    faults: Mutex<Vec<Planned>>,
    requests: Mutex<Vec<String>>,
    delay: Mutex<Duration>,
}

/// A server on a free port of the loopback interface. It serves until the process ends.
pub struct Server {
    port: u16,
    state: Arc<State>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({})", self.url())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Starts a server that answers with what `handler` says.
    ///
    /// # Errors
    /// If there is no free port.
    pub fn start(
        handler: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(State {
            handler: Box::new(handler),
            faults: Mutex::default(),
            requests: Mutex::default(),
            delay: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // A client that goes away ends its own connection only.
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Ok(Self { port, state })
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Fails the next `times` requests whose path and query contain a text.
    pub fn fail(&self, path_has: &str, fault: Fault, times: usize) {
        lock(&self.state.faults).push(Planned { path_has: path_has.to_owned(), fault, times });
    }

    /// Ends all faults.
    pub fn heal(&self) {
        lock(&self.state.faults).clear();
    }

    /// Waits before every answer.
    pub fn delay(&self, delay: Duration) {
        *lock(&self.state.delay) = delay;
    }

    /// Path and query of every request so far.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        lock(&self.state.requests).clone()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        lock(&self.state.requests).clear();
    }
}

fn serve(mut stream: TcpStream, state: &State) {
    // Whatever the client does to its connection is no concern of the server.
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    let Some(request) = read(&stream) else { return };
    let line = format!("{}?{}", request.path, request.raw_query);
    lock(&state.requests).push(line.clone());
    let fault = {
        let mut faults = lock(&state.faults);
        let planned = faults.iter_mut().find(|p| p.times > 0 && line.contains(&p.path_has));
        planned.map(|planned| {
            planned.times -= 1;
            planned.fault.clone()
        })
    };
    let delay = *lock(&state.delay);
    std::thread::sleep(delay);
    let head = |reply: &Reply| {
        format!(
            "HTTP/1.1 {} x\r\n{}content-length: {}\r\nconnection: close\r\n\r\n",
            reply.status,
            reply.headers,
            reply.body.len()
        )
    };
    let mut send = |reply: &Reply, bytes: usize| {
        let _ = stream.write_all(head(reply).as_bytes());
        let _ = stream.write_all(&reply.body[..bytes]);
        let _ = stream.flush();
    };
    match fault {
        None => {
            let reply = (state.handler)(&request);
            send(&reply, reply.body.len());
        }
        Some(Fault::Answer(reply)) => send(&reply, reply.body.len()),
        Some(Fault::Reset) => {}
        Some(Fault::HalfBody) => {
            let reply = (state.handler)(&request);
            send(&reply, reply.body.len() / 2);
        }
        Some(Fault::Body(change)) => {
            let mut reply = (state.handler)(&request);
            reply.body = change(&reply.body);
            send(&reply, reply.body.len());
        }
        Some(Fault::Drip) => {
            for &byte in b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n".iter().cycle() {
                if stream.write_all(&[byte]).is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        Some(Fault::Endless) => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
            while stream.write_all(&[b'x'; 1 << 16]).is_ok() {}
        }
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream.take(LONGEST_REQUEST));
    let mut next = || {
        let mut line = String::new();
        let read = lines.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    };
    let first = next()?;
    while !next()?.is_empty() {}
    let target = first.split(' ').nth(1)?;
    let (path, raw_query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = raw_query.split('&').filter_map(|pair| pair.split_once('='));
    let query = pairs.map(|(name, value)| (name.to_owned(), decode(value))).collect();
    Some(Request { path: decode(path), query, raw_query: raw_query.to_owned() })
}

fn decode(text: &str) -> String {
    let mut plain = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) if byte == b'%' => {
                plain.push(decoded);
                rest = &after[2..];
            }
            _ => plain.push(byte),
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}
