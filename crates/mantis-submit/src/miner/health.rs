//! `/healthz` and `/metrics` on the loopback interface.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mantis_data::Clock;

use super::metrics::Vitals;

/// For a whole question, and for the answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Longer questions are cut.
const MAX_QUESTION_BYTES: usize = 4 * 1024;

/// Answers `/healthz` (200 or 503, a line of text) and `/metrics` (Prometheus' text format), one
/// question at a time, to this machine only.
#[derive(Debug)]
pub struct HealthServer {
    address: SocketAddr,
}

impl HealthServer {
    /// Starts answering in a thread, which ends with the process; port 0 takes a free one.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn start(
        port: u16,
        vitals: Arc<Mutex<Vitals>>,
        clock: impl Clock + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever asks and goes away is no concern of the miner.
                let _ = serve(stream, &vitals, &clock);
            }
        });
        Ok(Self { address })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

fn serve(mut stream: TcpStream, vitals: &Mutex<Vitals>, clock: &impl Clock) -> io::Result<()> {
    stream.set_write_timeout(Some(TIMEOUT))?;
    let begin = clock.elapsed();
    let mut question = Vec::new();
    let mut part = [0; 512];
    while !question.windows(4).any(|end| end == b"\r\n\r\n") && question.len() < MAX_QUESTION_BYTES
    {
        // Whoever sends a letter now and then must not keep the page from others.
        let left = TIMEOUT.saturating_sub(clock.elapsed().saturating_sub(begin));
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        let read = stream.read(&mut part)?;
        if read == 0 {
            break;
        }
        question.extend_from_slice(&part[..read]);
    }
    let question = String::from_utf8_lossy(&question);
    let mut words = question.split_whitespace();
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let path = path.split('?').next().unwrap_or("");
    let vitals = vitals.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (status, body) = match (method, path) {
        ("GET" | "HEAD", "/healthz") => {
            let health = vitals.health(clock.now());
            let status = if health.ok { "200 OK" } else { "503 Service Unavailable" };
            let word = if health.ok { "ok" } else { "not ok" };
            (status, format!("{word}: {}\n", health.text))
        }
        ("GET" | "HEAD", "/metrics") => ("200 OK", vitals.prometheus(clock.now())),
        ("GET" | "HEAD", _) => ("404 Not Found", "ask for /healthz or /metrics\n".to_owned()),
        _ => ("405 Method Not Allowed", "ask with GET\n".to_owned()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )?;
    if method != "HEAD" {
        stream.write_all(body.as_bytes())?;
    }
    stream.flush()
}
