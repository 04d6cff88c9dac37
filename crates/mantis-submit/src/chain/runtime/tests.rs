use std::path::Path;

use frame_metadata::v15::{RuntimeMetadataV15, SignedExtensionMetadata};
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use parity_scale_codec::Decode;
use scale_info::form::PortableForm;
use scale_info::{Field, Path as TypePath, PortableType, Type, TypeDef, TypeDefComposite};

use super::*;

fn bytes() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/golden/payload/finney_metadata_v15.scale");
    std::fs::read(path).unwrap()
}

/// The real metadata with a change.
fn changed(change: impl FnOnce(&mut RuntimeMetadataV15)) -> Result<Runtime> {
    let RuntimeMetadataPrefixed(magic, metadata) =
        RuntimeMetadataPrefixed::decode(&mut &*bytes()).unwrap();
    let RuntimeMetadata::V15(mut metadata) = metadata else { panic!("version 15") };
    change(&mut metadata);
    let bytes = RuntimeMetadataPrefixed(magic, RuntimeMetadata::V15(metadata)).encode();
    Runtime::new(&bytes, 365, 1)
}

/// Adds a struct with these fields; its type.
fn add_struct(metadata: &mut RuntimeMetadataV15, fields: Vec<Field<PortableForm>>) -> u32 {
    let id = metadata.types.types.len() as u32;
    let ty = Type::new(TypePath::default(), vec![], TypeDefComposite::new(fields), vec![]);
    metadata.types.types.push(PortableType { id, ty });
    id
}

fn field(name: Option<&str>, ty: u32) -> Field<PortableForm> {
    Field::new(name.map(str::to_owned), ty.into(), None, vec![])
}

fn add_extension(metadata: &mut RuntimeMetadataV15, name: &str, extra: u32, implicit: u32) {
    let (ty, additional_signed) = (extra.into(), implicit.into());
    let identifier = name.to_owned();
    let extension = SignedExtensionMetadata { identifier, ty, additional_signed };
    metadata.extrinsic.signed_extensions.insert(1, extension);
}

/// The type of the argument of a call by name, to be replaced.
fn argument<'a>(metadata: &'a mut RuntimeMetadataV15, name: &str) -> &'a mut Field<PortableForm> {
    let pallet = metadata.pallets.iter().find(|pallet| pallet.name == PALLET).unwrap();
    let calls = pallet.calls.as_ref().unwrap().ty.id;
    let TypeDef::Variant(calls) = &mut metadata.types.types[calls as usize].ty.type_def else {
        panic!("calls are an enum")
    };
    let call = calls.variants.iter_mut().find(|call| call.name == CALL).unwrap();
    call.fields.iter_mut().find(|field| field.name.as_deref() == Some(name)).unwrap()
}

fn hotkey() -> Hotkey {
    Hotkey::from_public_key([9; 32])
}

fn call(runtime: &Runtime) -> Result<Vec<u8>> {
    let url = CommitUrl::new("https://pub-1.r2.dev", &hotkey()).unwrap();
    runtime.commit_call(123, &url)
}

fn unsigned(runtime: &Runtime) -> Result<Unsigned> {
    let (genesis, birth_hash) = ([1; 32], [2; 32]);
    let signing = Signing { genesis, era: Era::mortal(128, 1_000), birth_hash, nonce: 3 };
    runtime.unsigned(vec![0; 4], &signing)
}

fn real() -> Runtime {
    changed(|_| {}).unwrap()
}

#[test]
fn a_newtype_around_the_subnet_changes_nothing() {
    let wrapped = changed(|metadata| {
        let plain = argument(metadata, "netuid").ty.id;
        let wrapped = add_struct(metadata, vec![field(None, plain)]);
        argument(metadata, "netuid").ty = wrapped.into();
    });
    assert_eq!(call(&wrapped.unwrap()).unwrap(), call(&real()).unwrap());
}

#[test]
fn another_pallet_number_is_followed() {
    let moved = changed(|metadata| {
        let pallet = metadata.pallets.iter_mut().find(|pallet| pallet.name == PALLET).unwrap();
        pallet.index = 77;
    });
    let (moved, real) = (call(&moved.unwrap()).unwrap(), call(&real()).unwrap());
    assert_eq!((moved[0], real[0]), (77, 18));
    assert_eq!(moved[1..], real[1..]);
}

#[test]
fn other_arguments_are_refused() {
    let renamed = changed(|metadata| argument(metadata, "netuid").name = Some("subnet".into()));
    let message = call(&renamed.unwrap()).unwrap_err().to_string();
    assert!(message.contains("set_commitment takes an argument subnet"), "{message}");
    let wider = changed(|metadata| {
        let plain = argument(metadata, "netuid").ty.id;
        let fields = vec![field(Some("a"), plain), field(Some("b"), plain)];
        let wider = add_struct(metadata, fields);
        argument(metadata, "netuid").ty = wider.into();
    });
    assert!(matches!(call(&wider.unwrap()), Err(Error::Metadata { .. })));
}

#[test]
fn an_unknown_extension_passes_only_if_it_is_empty() {
    let empty = changed(|metadata| {
        let nothing = add_struct(metadata, vec![]);
        add_extension(metadata, "CheckShieldedTxValidity", nothing, nothing);
    });
    assert_eq!(unsigned(&empty.unwrap()).unwrap(), unsigned(&real()).unwrap());
    for (in_extra, in_implicit) in [(true, false), (false, true)] {
        let unknown = changed(|metadata| {
            let nothing = add_struct(metadata, vec![]);
            let number = argument(metadata, "netuid").ty.id;
            let pick = |full: bool| if full { number } else { nothing };
            add_extension(metadata, "CheckMoon", pick(in_extra), pick(in_implicit));
        });
        let error = unsigned(&unknown.unwrap()).unwrap_err();
        assert!(matches!(&error, Error::Extension { name } if name == "CheckMoon"), "{error}");
        assert!(error.to_string().contains("nothing was sent"), "{error}");
    }
}

#[test]
fn a_known_extension_that_grew_is_refused() {
    let grown = changed(|metadata| {
        let number = argument(metadata, "netuid").ty.id;
        let extensions = &mut metadata.extrinsic.signed_extensions;
        let nonce = extensions.iter_mut().find(|e| e.identifier == "CheckNonce").unwrap();
        nonce.additional_signed = number.into();
    });
    assert!(matches!(unsigned(&grown.unwrap()), Err(Error::Extension { .. })));
}

#[test]
fn long_payloads_are_hashed() {
    let mut unsigned = unsigned(&real()).unwrap();
    assert_eq!(unsigned.message(), unsigned.payload());
    unsigned.call = vec![0; 300];
    assert_eq!(unsigned.message(), blake2_256(&unsigned.payload()));
}

#[test]
fn a_type_that_contains_itself_ends() {
    let circular = changed(|metadata| {
        let id = metadata.types.types.len() as u32;
        let circular = add_struct(metadata, vec![field(None, id)]);
        argument(metadata, "netuid").ty = circular.into();
    });
    let message = call(&circular.unwrap()).unwrap_err().to_string();
    assert!(message.contains("nests too deeply"), "{message}");
}

#[test]
fn chains_without_commitments_and_old_transactions_are_refused() {
    let none = changed(|metadata| metadata.pallets.retain(|pallet| pallet.name != PALLET));
    assert!(none.unwrap_err().to_string().contains("no pallet Commitments"));
    let old = changed(|metadata| metadata.extrinsic.version = 5);
    assert!(old.unwrap_err().to_string().contains("versions [5]"));
    let message = Runtime::new(b"meta\x0e", 365, 1).unwrap_err().to_string();
    assert!(message.contains("damaged"), "{message}");
}

#[test]
fn damaged_metadata_and_storage_never_panic() {
    let whole = bytes();
    for cut in (0..whole.len()).step_by(6_007) {
        assert!(Runtime::new(&whole[..cut], 365, 1).is_err(), "{cut}");
    }
    for at in (0..whole.len()).step_by(9_001) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0xff;
        if let Ok(runtime) = Runtime::new(&damaged, 365, 1) {
            // Whatever it says now, using it must not panic.
            let _ = (call(&runtime), unsigned(&runtime), runtime.commitment(&[0; 40]));
        }
    }
    let runtime = real();
    for length in 0..64 {
        assert!(runtime.commitment(&vec![0xff; length]).is_err(), "{length}");
    }
}
