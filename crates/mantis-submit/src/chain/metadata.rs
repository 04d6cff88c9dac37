//! The parts of a runtime's metadata that commitments need, whatever its version.

use frame_metadata::v15::{StorageEntryType, StorageHasher};
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use parity_scale_codec::Decode;
use scale_info::PortableRegistry;
use scale_info::form::PortableForm;

use crate::error::{Error, Result};

/// What every version describes.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) types: PortableRegistry,
    pub(super) pallets: Vec<Pallet>,
    pub(super) extrinsic: Extrinsic,
}

#[derive(Debug)]
pub(super) struct Pallet {
    pub(super) name: String,
    pub(super) index: u8,
    /// Type of the calls.
    pub(super) calls: Option<u32>,
    pub(super) maps: Vec<Map>,
}

/// A storage map.
#[derive(Clone, Debug)]
pub(super) struct Map {
    /// Of the pallet's storage.
    pub(super) prefix: String,
    pub(super) name: String,
    pub(super) hashers: Vec<StorageHasher>,
    pub(super) key: u32,
    pub(super) value: u32,
}

#[derive(Debug)]
pub(super) struct Extrinsic {
    pub(super) versions: Vec<u8>,
    /// Type of the sender's address.
    pub(super) address: u32,
    /// Type of its signature.
    pub(super) signature: u32,
    /// In the order in which they are encoded.
    pub(super) extensions: Vec<Extension>,
}

/// Something that every transaction carries beside its call.
#[derive(Debug)]
pub(super) struct Extension {
    pub(super) name: String,
    /// Type of what is in the transaction.
    pub(super) extra: u32,
    /// Type of what is only signed.
    pub(super) implicit: u32,
}

/// The pallets of one version of the metadata; the versions name these fields alike.
macro_rules! pallets {
    ($metadata:expr) => {
        $metadata
            .pallets
            .into_iter()
            .map(|pallet| {
                let (prefix, entries) = pallet.storage.map_or_else(Default::default, |storage| {
                    let entries = storage.entries.into_iter().map(|entry| (entry.name, entry.ty));
                    (storage.prefix, entries.collect::<Vec<_>>())
                });
                Pallet {
                    name: pallet.name,
                    index: pallet.index,
                    calls: pallet.calls.map(|calls| calls.ty.id),
                    maps: entries.into_iter().filter_map(|entry| map(&prefix, entry)).collect(),
                }
            })
            .collect()
    };
}

impl Metadata {
    /// Reads version 15 or 16; the bytes start with `meta`.
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let metadata = RuntimeMetadataPrefixed::decode(&mut &*bytes)
            .map_err(|_| refuse("the bytes are damaged"))?;
        match metadata.1 {
            RuntimeMetadata::V15(metadata) => {
                let extrinsic = metadata.extrinsic;
                let extensions = extrinsic.signed_extensions.into_iter().map(|e| Extension {
                    name: e.identifier,
                    extra: e.ty.id,
                    implicit: e.additional_signed.id,
                });
                Ok(Self {
                    types: metadata.types,
                    pallets: pallets!(metadata),
                    extrinsic: Extrinsic {
                        versions: vec![extrinsic.version],
                        address: extrinsic.address_ty.id,
                        signature: extrinsic.signature_ty.id,
                        extensions: extensions.collect(),
                    },
                })
            }
            RuntimeMetadata::V16(metadata) => {
                let extrinsic = metadata.extrinsic;
                let all: Vec<_> = extrinsic.transaction_extensions;
                // Version 4 transactions carry the extensions of set 0.
                let order: Vec<usize> = match extrinsic.transaction_extensions_by_version.get(&0) {
                    Some(order) => order.iter().map(|index| index.0 as usize).collect(),
                    None => (0..all.len()).collect(),
                };
                let extensions = order.into_iter().map(|index| {
                    let extension = all.get(index)?;
                    Some(Extension {
                        name: extension.identifier.clone(),
                        extra: extension.ty.id,
                        implicit: extension.implicit.id,
                    })
                });
                let extensions: Option<Vec<_>> = extensions.collect();
                Ok(Self {
                    types: metadata.types,
                    pallets: pallets!(metadata),
                    extrinsic: Extrinsic {
                        versions: extrinsic.versions,
                        address: extrinsic.address_ty.id,
                        signature: extrinsic.signature_ty.id,
                        extensions: extensions
                            .ok_or_else(|| refuse("an extension is not described"))?,
                    },
                })
            }
            other => Err(refuse(format!("it is of version {}", other.version()))),
        }
    }
}

fn map(prefix: &str, (name, entry): (String, StorageEntryType<PortableForm>)) -> Option<Map> {
    match entry {
        StorageEntryType::Map { hashers, key, value } => {
            let prefix = prefix.to_owned();
            Some(Map { prefix, name, hashers, key: key.id, value: value.id })
        }
        StorageEntryType::Plain(_) => None,
    }
}

pub(super) fn refuse(problem: impl Into<String>) -> Error {
    Error::Metadata { problem: problem.into() }
}
