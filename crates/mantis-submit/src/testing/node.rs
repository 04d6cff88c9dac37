//! A node on the loopback interface that serves real metadata, takes transactions and fails on
//! demand. The bytes of a transaction are taken apart by hand, not by the code under test.

use std::collections::{HashMap, VecDeque};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::{Message, accept};

use crate::wallet::{Hotkey, verify};

/// Hash of the first block.
pub const GENESIS: [u8; 32] = [7; 32];

/// Bytes of `state_getStorage` keys before their account: two hashes, the subnet, and the hash of
/// the account.
const COMMITMENT_PREFIX: usize = 32 + 2 + 8;
const REGISTRATION_PREFIX: usize = 32 + 2 + 16;

/// How a Substrate node words `InvalidTransaction::Payment`.
const POOR: &str = "Inability to pay some fees (e.g. account balance too low)";

/// What the node does to the next call of a method.
#[derive(Clone, Copy, Debug)]
pub enum NodeFault {
    /// Closes the connection without an answer.
    Close,
    /// Never answers.
    Hang,
    /// Does what was asked, but closes the connection before the answer.
    LoseAnswer,
    /// Answers that the transaction's number is a past one.
    Invalid,
    /// Answers that the runtime's rate limit is reached.
    Limited,
    /// Answers that the account cannot pay the fee.
    Poor,
    /// Takes the transaction, but never includes it.
    Forget,
    /// Answers with something else than the method returns.
    Nonsense,
}

#[derive(Debug, Default)]
struct State {
    head: u64,
    /// Milliseconds from 1970 to block 0.
    born: i64,
    commitments: HashMap<[u8; 32], Vec<u8>>,
    registered: Vec<[u8; 32]>,
    nonces: HashMap<[u8; 32], u64>,
    faults: VecDeque<(&'static str, NodeFault)>,
    calls: Vec<String>,
    connections: usize,
}

/// A node in whose subnet 123 hotkeys are registered by hand. It takes signed commitments, shows them at once as finalised, and serves
/// until the process ends.
#[derive(Debug)]
pub struct Node {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Node {
    /// Starts a node that serves the metadata of a runtime, version 15 in SCALE.
    ///
    /// # Panics
    /// If there is no free port.
    #[must_use]
    pub fn start(metadata: Vec<u8>) -> Self {
        let metadata = Arc::new(metadata);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { head: 5_000, ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (state, metadata) = (Arc::clone(&shared), Arc::clone(&metadata));
                std::thread::spawn(move || serve(stream.unwrap(), &state, &metadata));
            }
        });
        Self { port, state }
    }

    /// Its websocket.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port)
    }

    /// Makes `block` the newest, and made at `time` (seconds since 1970).
    ///
    /// # Panics
    /// If a connection was ended while it held the state.
    pub fn show(&self, block: u32, time: i64) {
        let mut state = self.state.lock().unwrap();
        state.head = block.into();
        state.born = time * 1_000 - i64::from(block) * 12_000;
    }

    /// Makes a hotkey known.
    ///
    /// # Panics
    /// If a connection was ended while it held the state.
    pub fn register(&self, hotkey: &Hotkey) {
        self.state.lock().unwrap().registered.push(*hotkey.public_key());
    }

    /// What is done to the next call of a method, in order.
    ///
    /// # Panics
    /// If a connection was ended while it held the state.
    pub fn fail_next(&self, faults: &[(&'static str, NodeFault)]) {
        self.state.lock().unwrap().faults.extend(faults);
    }

    /// How often a method was called.
    ///
    /// # Panics
    /// If a connection was ended while it held the state.
    #[must_use]
    pub fn calls(&self, method: &str) -> usize {
        self.state.lock().unwrap().calls.iter().filter(|call| *call == method).count()
    }

    /// Connections so far.
    ///
    /// # Panics
    /// If a connection was ended while it held the state.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    /// Number of the next transaction of a hotkey.
    ///
    /// # Panics
    /// If a connection was ended while it held the state.
    #[must_use]
    pub fn nonce(&self, hotkey: &Hotkey) -> u64 {
        self.state.lock().unwrap().nonces.get(hotkey.public_key()).copied().unwrap_or(0)
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>, metadata: &[u8]) {
    let Ok(mut socket) = accept(stream) else { return };
    state.lock().unwrap().connections += 1;
    while let Ok(message) = socket.read() {
        let Message::Text(text) = message else { continue };
        let request: Value = serde_json::from_str(&text).unwrap();
        let method = request["method"].as_str().unwrap();
        let fault = {
            let mut state = state.lock().unwrap();
            state.calls.push(method.to_owned());
            let meant = state.faults.front().is_some_and(|(name, _)| *name == method);
            if meant { state.faults.pop_front().map(|(_, fault)| fault) } else { None }
        };
        let params = &request["params"];
        let mut result = match fault {
            Some(NodeFault::Close) => return,
            Some(NodeFault::Hang) => {
                std::thread::sleep(Duration::from_secs(5));
                return;
            }
            Some(NodeFault::Invalid) => Err("Transaction is outdated".to_owned()),
            Some(NodeFault::Limited) => Err("Custom error: 6".to_owned()),
            Some(NodeFault::Poor) => Err(POOR.to_owned()),
            Some(NodeFault::Nonsense) => Ok(json!({"unexpected": true})),
            Some(NodeFault::Forget) => {
                let before = state.lock().unwrap().commitments.clone();
                let result = answer(&mut state.lock().unwrap(), metadata, method, params);
                state.lock().unwrap().commitments = before;
                result
            }
            Some(NodeFault::LoseAnswer) | None => {
                answer(&mut state.lock().unwrap(), metadata, method, params)
            }
        };
        if matches!(fault, Some(NodeFault::LoseAnswer)) {
            return;
        }
        let mut reply = json!({"jsonrpc": "2.0", "id": request["id"]});
        match &mut result {
            Ok(result) => reply["result"] = result.take(),
            Err(data) => {
                reply["error"] =
                    json!({"code": 1010, "message": "Invalid Transaction", "data": data});
            }
        }
        if socket.send(Message::text(reply.to_string())).is_err() {
            return;
        }
    }
}

fn block_hash(number: u64) -> [u8; 32] {
    let mut hash = [0xaa; 32];
    hash[24..].copy_from_slice(&number.to_be_bytes());
    hash
}

fn hex0x(bytes: &[u8]) -> Value {
    json!(format!("0x{}", hex::encode(bytes)))
}

fn unhex(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap().trim_start_matches("0x")).unwrap()
}

fn answer(
    state: &mut State,
    metadata: &[u8],
    method: &str,
    params: &Value,
) -> Result<Value, String> {
    Ok(match method {
        "state_getRuntimeVersion" => json!({"specVersion": 365, "transactionVersion": 1}),
        "chain_getBlockHash" => match params[0].as_u64().unwrap() {
            0 => hex0x(&GENESIS),
            number => hex0x(&block_hash(number)),
        },
        "chain_getFinalizedHead" => hex0x(&block_hash(state.head)),
        "chain_getHeader" => {
            let number = match params[0].as_str() {
                Some(_) => u64::from_be_bytes(unhex(&params[0])[24..].try_into().unwrap()),
                None => state.head,
            };
            json!({"number": format!("{number:#x}")})
        }
        "state_call" => {
            assert_eq!(params, &json!(["Metadata_metadata_at_version", "0x0f000000"]));
            // Some, then a compact length above 2^14.
            let mut bytes = vec![1];
            bytes.extend_from_slice(&((metadata.len() as u32) << 2 | 2).to_le_bytes());
            bytes.extend_from_slice(metadata);
            hex0x(&bytes)
        }
        "system_accountNextIndex" => {
            let hotkey: Hotkey = params[0].as_str().unwrap().parse().unwrap();
            json!(state.nonces.get(hotkey.public_key()).copied().unwrap_or(0))
        }
        "state_getStorage" => {
            let key = unhex(&params[0]);
            if key.len() == 32 {
                // The time of the block with this hash.
                let number = u64::from_be_bytes(unhex(&params[1])[24..].try_into().unwrap());
                return Ok(hex0x(
                    &number.saturating_mul(12_000).saturating_add_signed(state.born).to_le_bytes(),
                ));
            }
            let account: [u8; 32] = key[key.len() - 32..].try_into().unwrap();
            match key.len() - 32 {
                COMMITMENT_PREFIX => {
                    state.commitments.get(&account).map_or(Value::Null, |c| hex0x(c))
                }
                REGISTRATION_PREFIX if state.registered.contains(&account) => hex0x(&[5, 0]),
                REGISTRATION_PREFIX => Value::Null,
                other => panic!("a key with {other} bytes before the account"),
            }
        }
        "author_submitExtrinsic" => submit(state, &unhex(&params[0]))?,
        other => panic!("unexpected method {other}"),
    })
}

/// Takes a transaction apart: length (2 bytes), 0x84, 0x00 and account, 0x01 and signature, era,
/// nonce, tip, mode, call.
fn submit(state: &mut State, extrinsic: &[u8]) -> Result<Value, String> {
    let length = u16::from_le_bytes([extrinsic[0], extrinsic[1]]);
    assert_eq!(length & 3, 1, "a length of two bytes");
    let body = &extrinsic[2..];
    assert_eq!(usize::from(length >> 2), body.len());
    assert_eq!((body[0], body[1], body[34]), (0x84, 0, 1));
    let account: [u8; 32] = body[2..34].try_into().unwrap();
    let signature: [u8; 64] = body[35..99].try_into().unwrap();
    let (era, rest) = body[99..].split_at(2);
    assert_eq!(rest[0] & 3, 0, "a nonce below 64");
    let nonce = u64::from(rest[0] >> 2);
    assert_eq!((rest[1], rest[2]), (0, 0), "no tip, no metadata hash");
    let call = &rest[3..];
    let era = u64::from(u16::from_le_bytes([era[0], era[1]]));
    let (period, phase) = (2_u64 << (era & 15), era >> 4);
    let birth = (state.head - phase) / period * period + phase;

    let mut payload = call.to_vec();
    payload.extend_from_slice(&body[99..99 + 5]);
    for number in [365_u32, 1] {
        payload.extend_from_slice(&number.to_le_bytes());
    }
    payload.extend_from_slice(&GENESIS);
    payload.extend_from_slice(&block_hash(birth));
    payload.push(0);
    if !verify(&Hotkey::from_public_key(account), &payload, &signature) {
        return Err("Transaction has a bad signature".to_owned());
    }
    let expected = state.nonces.entry(account).or_default();
    if nonce != *expected {
        return Err("Transaction is outdated".to_owned());
    }
    *expected += 1;
    assert_eq!(call[..4], [18, 0, 123, 0], "set_commitment on subnet 123");
    state.head += 1;
    let mut stored = 0_u64.to_le_bytes().to_vec();
    stored.extend_from_slice(&(state.head as u32).to_le_bytes());
    stored.extend_from_slice(&call[4..]);
    state.commitments.insert(account, stored);
    Ok(hex0x(&[0x11; 32]))
}
