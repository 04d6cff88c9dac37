//! JSON-RPC over a websocket.

use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::http::Uri;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

use crate::error::{Error, Result};

/// Metadata of the chain is about 0.3 MB, twice that as hexadecimal text.
const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// Messages that are no answer to the request, after which the node is given up.
const MAX_STRAY_MESSAGES: usize = 32;

/// A connection to one node.
pub(super) struct Rpc {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    id: u64,
}

impl Rpc {
    /// Connects; `timeout` holds for connecting and for every wait afterwards.
    pub(super) fn connect(endpoint: &str, timeout: Duration) -> Result<Self> {
        let refuse = |problem: &str| Error::Endpoint {
            what: "node",
            got: crate::error::shorten(endpoint),
            problem: problem.to_owned(),
        };
        let uri: Uri = endpoint.parse().map_err(|_| refuse("it is no URL"))?;
        let host = uri.host().ok_or_else(|| refuse("it has no host"))?;
        let loopback = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
        let port = match uri.scheme_str() {
            Some("wss") => uri.port_u16().unwrap_or(443),
            Some("ws") if loopback => uri.port_u16().unwrap_or(80),
            Some("ws") => return Err(refuse("it is not encrypted, use wss://")),
            _ => return Err(refuse("it does not start with wss://")),
        };
        let failed = |got: String| node_error("connect", got, "check the network and the endpoint");
        let addresses = (host.trim_matches(['[', ']']), port)
            .to_socket_addrs()
            .map_err(|error| failed(error.to_string()))?;
        let mut last = "no address".to_owned();
        for address in addresses {
            match TcpStream::connect_timeout(&address, timeout) {
                Ok(stream) => return Self::upgrade(uri, stream, timeout).map_err(failed),
                Err(error) => last = error.to_string(),
            }
        }
        Err(failed(last))
    }

    fn upgrade(
        uri: Uri,
        stream: TcpStream,
        timeout: Duration,
    ) -> std::result::Result<Self, String> {
        stream
            .set_read_timeout(Some(timeout))
            .and_then(|()| stream.set_write_timeout(Some(timeout)))
            .map_err(|error| error.to_string())?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let (socket, _) = tungstenite::client_tls_with_config(uri, stream, Some(config), None)
            .map_err(|error| error.to_string())?;
        Ok(Self { socket, id: 0 })
    }

    /// The result of a method; `null` counts as one.
    pub(super) fn call(&mut self, method: &'static str, params: &Value) -> Result<Value> {
        let failed = |got: String| {
            node_error(method, got, "it is tried again; use another endpoint if this lasts")
        };
        self.id += 1;
        let request = json!({"jsonrpc": "2.0", "id": self.id, "method": method, "params": params});
        self.socket
            .send(Message::text(request.to_string()))
            .map_err(|error| failed(error.to_string()))?;
        for _ in 0..MAX_STRAY_MESSAGES {
            let message = self.socket.read().map_err(|error| failed(error.to_string()))?;
            let Message::Text(text) = message else { continue };
            let answer: Value = serde_json::from_str(&text)
                .map_err(|_| failed("an answer that is no JSON".into()))?;
            if answer.get("id") != Some(&json!(self.id)) {
                continue;
            }
            return match (answer.get("error"), answer.get("result")) {
                (Some(error), _) if !error.is_null() => Err(refusal(method, error)),
                (_, Some(result)) => Ok(result.clone()),
                _ => Err(failed("an answer without a result".into())),
            };
        }
        Err(failed("no answer among other messages".into()))
    }
}

fn node_error(method: &'static str, got: String, hint: &'static str) -> Error {
    Error::Node { method, got, hint, code: None }
}

/// What the node says about a request that it understood.
fn refusal(method: &'static str, error: &Value) -> Error {
    let code = error.get("code").and_then(Value::as_i64);
    let part = |name| {
        error
            .get(name)
            .map(|value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let got = [part("message"), part("data")].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let hint = match code {
        // Numbers of the subtensor runtime's own reasons.
        Some(1010) if got.contains("Custom error: 6") => {
            "the chain limits how often this may be sent; wait an hour and commit again"
        }
        Some(1010) if got.contains("Custom error: 10") => {
            "the hotkey is not registered on the subnet; register it there with `btcli subnet register`"
        }
        Some(1010) if got.contains("balance too low") => {
            "the account that signs cannot pay the fee; send the hotkey a little TAO and commit again"
        }
        Some(1010) => {
            "the transaction was refused: check that the hotkey is registered on the subnet and has not committed about 30 times in this epoch"
        }
        Some(1013 | 1014) => {
            "a transaction with this number is waiting already; look whether the commitment appears before committing again"
        }
        _ => "check the endpoint, or use another one",
    };
    Error::Node { method, got: crate::error::shorten_to(&got, 200), hint, code: code.or(Some(0)) }
}
