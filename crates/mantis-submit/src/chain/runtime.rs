//! What a runtime's metadata says about commitments and transactions.

use blake2::digest::consts::{U16, U32};
use blake2::{Blake2b, Digest};
use frame_metadata::v15::StorageHasher;
use parity_scale_codec::{Compact, Encode};
use twox_hash::XxHash64;

use super::era::Era;
use super::metadata::{Extrinsic, Map, Metadata, refuse};

use super::value::{Types, Value};
use crate::commit_url::CommitUrl;
use crate::error::{Error, Result};
use crate::wallet::Hotkey;

const PALLET: &str = "Commitments";
const CALL: &str = "set_commitment";
const STORAGE: &str = "CommitmentOf";

/// Where registered hotkeys are.
const REGISTRY: (&str, &str) = ("SubtensorModule", "Uids");

/// Version of the transactions that are made.
const EXTRINSIC_VERSION: u8 = 4;
const SIGNED: u8 = 0x80;

/// Longer payloads are hashed before they are signed.
const MAX_SIGNED_BYTES: usize = 256;

/// A runtime of the chain, as its own metadata describes it.
///
/// Pallet and call numbers, argument types, storage keys and what a transaction carries are all
/// read from the metadata, so that an upgrade of the chain that renumbers or wraps them changes
/// nothing here. A transaction extension that is unknown and carries data is refused, since its
/// bytes could only be guessed.
#[derive(Debug)]
pub struct Runtime {
    types: Types,
    pallet_index: u8,
    /// Type of the pallet's calls.
    calls: u32,
    commitments: Map,
    registrations: Option<Map>,
    extrinsic: Extrinsic,
    spec_version: u32,
    transaction_version: u32,
}

/// What a transaction is signed for, besides its call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signing {
    /// Hash of block 0, which names the chain.
    pub genesis: [u8; 32],
    /// When the transaction is valid.
    pub era: Era,
    /// Hash of [`Era::birth_block`].
    pub birth_hash: [u8; 32],
    /// How many transactions the account has sent.
    pub nonce: u32,
}

/// A transaction before it is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsigned {
    /// The call.
    pub call: Vec<u8>,
    /// What the extensions add to the transaction.
    pub extra: Vec<u8>,
    /// What the extensions add to the signed bytes only.
    pub additional: Vec<u8>,
}

impl Unsigned {
    /// All that is signed: call, extra and additional.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        [&self.call[..], &self.extra, &self.additional].concat()
    }

    /// The bytes to sign: the payload, or its hash if it is long.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let payload = self.payload();
        if payload.len() > MAX_SIGNED_BYTES { blake2_256(&payload).to_vec() } else { payload }
    }
}

/// What the chain holds for a hotkey.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Commitment {
    /// Block at which it was set.
    pub block: u64,
    /// The committed text; the subnet expects a URL.
    pub text: String,
}

impl Runtime {
    /// Reads metadata of version 15 or 16 (the bytes start with `meta`).
    ///
    /// # Errors
    /// [`Error::Metadata`] if the bytes are damaged, of another version, or describe a chain
    /// without commitments.
    pub fn new(metadata: &[u8], spec_version: u32, transaction_version: u32) -> Result<Self> {
        let Metadata { types, pallets, extrinsic } = Metadata::read(metadata)?;
        let registrations = pallets
            .iter()
            .find(|pallet| pallet.name == REGISTRY.0)
            .and_then(|pallet| pallet.maps.iter().find(|map| map.name == REGISTRY.1))
            .cloned();
        let pallet = pallets.into_iter().find(|pallet| pallet.name == PALLET);
        let pallet = pallet.ok_or_else(|| refuse(format!("there is no pallet {PALLET}")))?;
        let calls = pallet.calls.ok_or_else(|| refuse(format!("{PALLET} has no calls")))?;
        let commitments = pallet.maps.into_iter().find(|map| map.name == STORAGE);
        let commitments =
            commitments.ok_or_else(|| refuse(format!("{PALLET} has no map {STORAGE}")))?;
        if !extrinsic.versions.contains(&EXTRINSIC_VERSION) {
            return Err(refuse(format!("transactions have versions {:?}", extrinsic.versions)));
        }
        Ok(Self {
            types: Types(types),
            pallet_index: pallet.index,
            calls,
            commitments,
            registrations,
            extrinsic,
            spec_version,
            transaction_version,
        })
    }

    /// The call that commits a URL on a subnet.
    ///
    /// # Errors
    /// [`Error::Metadata`] if the call takes something else than a subnet and a list of texts.
    pub fn commit_call(&self, netuid: u16, url: &CommitUrl) -> Result<Vec<u8>> {
        let text = url.as_str().as_bytes();
        let field = Value::Variant(format!("Raw{}", text.len()), vec![Value::Bytes(text.to_vec())]);
        let info = Value::Fields(vec![("fields".to_owned(), Value::List(vec![field]))]);
        let arguments = [("netuid", Value::Number(netuid.into())), ("info", info)];
        let call = self.types.variant(self.calls, CALL);
        let call = call.ok_or_else(|| refuse(format!("{PALLET} has no call {CALL}")))?;
        let mut bytes = vec![self.pallet_index, call.index];
        if call.fields.len() != arguments.len() {
            return Err(refuse(format!("{CALL} takes {} arguments", call.fields.len())));
        }
        for field in &call.fields {
            let name = field.name.as_deref().unwrap_or_default();
            let argument = arguments.iter().find(|(known, _)| *known == name);
            let (_, value) =
                argument.ok_or_else(|| refuse(format!("{CALL} takes an argument {name}")))?;
            self.types.encode(field.ty.id, value, &mut bytes).map_err(refuse)?;
        }
        Ok(bytes)
    }

    /// What is to be signed for a call.
    ///
    /// # Errors
    /// [`Error::Extension`] for an unknown extension that carries data.
    pub fn unsigned(&self, call: Vec<u8>, signing: &Signing) -> Result<Unsigned> {
        let mut unsigned = Unsigned { call, extra: Vec::new(), additional: Vec::new() };
        for extension in &self.extrinsic.extensions {
            let (extra, implicit) = self.extension_values(&extension.name, signing);
            let parts = [
                (extension.extra, extra, &mut unsigned.extra),
                (extension.implicit, implicit, &mut unsigned.additional),
            ];
            for (id, value, out) in parts {
                match value {
                    _ if self.types.is_empty(id) => {}
                    Some(value) => self.types.encode(id, &value, out).map_err(refuse)?,
                    None => return Err(Error::Extension { name: extension.name.clone() }),
                }
            }
        }
        Ok(unsigned)
    }

    /// What a known extension carries, in the transaction and in the signed bytes only.
    fn extension_values(&self, name: &str, signing: &Signing) -> (Option<Value>, Option<Value>) {
        let number = |n: u32| Some(Value::Number(n.into()));
        match name {
            "CheckSpecVersion" => (None, number(self.spec_version)),
            "CheckTxVersion" => (None, number(self.transaction_version)),
            "CheckGenesis" => (None, Some(Value::Bytes(signing.genesis.to_vec()))),
            "CheckMortality" => {
                let [first, second] = signing.era.bytes();
                let era =
                    Value::Variant(format!("Mortal{first}"), vec![Value::Number(second.into())]);
                (Some(era), Some(Value::Bytes(signing.birth_hash.to_vec())))
            }
            "CheckNonce" => (number(signing.nonce), None),
            // The tip.
            "ChargeTransactionPayment" => (number(0), None),
            "CheckMetadataHash" => (Some(Value::unit("Disabled")), Some(Value::unit("None"))),
            _ => (None, None),
        }
    }

    /// The transaction as it is sent, with its length in front.
    ///
    /// # Errors
    /// [`Error::Metadata`] if accounts or signatures of the chain have another form.
    pub fn signed(
        &self,
        unsigned: &Unsigned,
        hotkey: &Hotkey,
        signature: &[u8; 64],
    ) -> Result<Vec<u8>> {
        let mut body = vec![SIGNED | EXTRINSIC_VERSION];
        let account = Value::Variant("Id".into(), vec![Value::Bytes(hotkey.public_key().to_vec())]);
        self.types.encode(self.extrinsic.address, &account, &mut body).map_err(refuse)?;
        let signature = Value::Variant("Sr25519".into(), vec![Value::Bytes(signature.to_vec())]);
        self.types.encode(self.extrinsic.signature, &signature, &mut body).map_err(refuse)?;
        body.extend_from_slice(&unsigned.extra);
        body.extend_from_slice(&unsigned.call);
        let length = u32::try_from(body.len()).map_err(|_| refuse("the call is too long"))?;
        let mut extrinsic = Compact(length).encode();
        extrinsic.append(&mut body);
        Ok(extrinsic)
    }

    /// Key of the storage that holds the commitment of a hotkey on a subnet.
    ///
    /// # Errors
    /// [`Error::Metadata`] if the storage has other keys or hashers.
    pub fn commitment_key(&self, netuid: u16, hotkey: &Hotkey) -> Result<Vec<u8>> {
        self.key_of(&self.commitments, netuid, hotkey)
    }

    /// Key of the storage that holds something if a hotkey is registered on a subnet.
    ///
    /// # Errors
    /// [`Error::Metadata`] if there is no such storage or it has other keys or hashers.
    pub fn registration_key(&self, netuid: u16, hotkey: &Hotkey) -> Result<Vec<u8>> {
        let map = self.registrations.as_ref();
        let (pallet, name) = REGISTRY;
        let map = map.ok_or_else(|| refuse(format!("{pallet} has no map {name}")))?;
        self.key_of(map, netuid, hotkey)
    }

    fn key_of(&self, map: &Map, netuid: u16, hotkey: &Hotkey) -> Result<Vec<u8>> {
        let name = &map.name;
        let mut key = twox_128(map.prefix.as_bytes()).to_vec();
        key.extend_from_slice(&twox_128(name.as_bytes()));
        let parts = [Value::Number(netuid.into()), Value::Bytes(hotkey.public_key().to_vec())];
        let ids = self.types.tuple(map.key).unwrap_or_default();
        if ids.len() != parts.len() || map.hashers.len() != parts.len() {
            return Err(refuse(format!("{name} has other keys than subnet and account")));
        }
        for ((part, id), hasher) in parts.iter().zip(ids).zip(&map.hashers) {
            let mut bytes = Vec::new();
            self.types.encode(id, part, &mut bytes).map_err(refuse)?;
            match hasher {
                StorageHasher::Identity => {}
                StorageHasher::Twox64Concat => key.extend_from_slice(&twox_64(&bytes, 0)),
                StorageHasher::Blake2_128Concat => {
                    key.extend_from_slice(&Blake2b::<U16>::digest(&bytes));
                }
                other => return Err(refuse(format!("{name} is hashed by {other:?}"))),
            }
            key.append(&mut bytes);
        }
        Ok(key)
    }

    /// Reads a stored commitment.
    ///
    /// # Errors
    /// [`Error::Metadata`] if the bytes are no commitment with one text.
    pub fn commitment(&self, mut bytes: &[u8]) -> Result<Commitment> {
        let value = self.types.decode(self.commitments.value, &mut bytes).map_err(refuse)?;
        let block = match value.field("block") {
            Some(Value::Number(block)) => u64::try_from(*block).ok(),
            _ => None,
        };
        let text = value.field("info").and_then(first_text);
        match (block, text) {
            (Some(block), Some(text)) if bytes.is_empty() => Ok(Commitment { block, text }),
            _ => Err(refuse("a stored commitment is not a block and a text")),
        }
    }
}

/// The first raw text of a commitment's fields.
fn first_text(info: &Value) -> Option<String> {
    let fields = info.field("fields").unwrap_or(info);
    let Value::List(fields) = fields else { return None };
    fields.iter().find_map(|field| match field {
        Value::Variant(name, values) if name.starts_with("Raw") => match values.as_slice() {
            [Value::Bytes(bytes)] => String::from_utf8(bytes.clone()).ok(),
            _ => None,
        },
        _ => None,
    })
}

/// Name of a transaction on the chain, for block explorers: blake2b-256 of its bytes.
#[must_use]
pub fn extrinsic_hash(extrinsic: &[u8]) -> [u8; 32] {
    blake2_256(extrinsic)
}

/// Key of the storage with the time of a block in milliseconds. It has been this for all chains of
/// the kind since they began, so it is not looked up in the metadata.
pub(super) fn block_time_key() -> Vec<u8> {
    [twox_128(b"Timestamp"), twox_128(b"Now")].concat()
}

fn blake2_256(bytes: &[u8]) -> [u8; 32] {
    Blake2b::<U32>::digest(bytes).into()
}

fn twox_64(bytes: &[u8], seed: u64) -> [u8; 8] {
    XxHash64::oneshot(seed, bytes).to_le_bytes()
}

fn twox_128(bytes: &[u8]) -> [u8; 16] {
    let mut hash = [0; 16];
    hash[..8].copy_from_slice(&twox_64(bytes, 0));
    hash[8..].copy_from_slice(&twox_64(bytes, 1));
    hash
}

#[cfg(test)]
mod tests;
