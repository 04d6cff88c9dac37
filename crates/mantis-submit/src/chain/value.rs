//! Values of the runtime's types, encoded and decoded as its metadata describes them.

use parity_scale_codec::{Compact, Decode, Encode};
use scale_info::form::PortableForm;
use scale_info::{PortableRegistry, TypeDef, TypeDefPrimitive, Variant};

/// A value without its type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    /// An integer or truth value, compact or not.
    Number(u128),
    /// An array or list of bytes, or the bytes of a text.
    Bytes(Vec<u8>),
    /// A list or tuple, or an array of something else than bytes.
    List(Vec<Value>),
    /// Named fields.
    Fields(Vec<(String, Value)>),
    /// A case of an enum with the values of its fields.
    Variant(String, Vec<Value>),
}

impl Value {
    pub(crate) fn unit(variant: impl Into<String>) -> Self {
        Self::Variant(variant.into(), Vec::new())
    }

    /// The value of a named field.
    pub(crate) fn field(&self, name: &str) -> Option<&Self> {
        let Self::Fields(fields) = self else { return None };
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }
}

/// Why a value does not fit a type, or bytes are none of it.
pub(crate) type Misfit = String;

/// Types nest less deeply than this; metadata from a hostile node may be circular.
const MAX_DEPTH: usize = 64;

/// The types of a runtime.
#[derive(Debug)]
pub(crate) struct Types(pub(crate) PortableRegistry);

impl Types {
    /// Appends the encoding of a value.
    ///
    /// A type with a single field stands for that field, so that a newtype around a plain
    /// number changes nothing.
    pub(crate) fn encode(&self, id: u32, value: &Value, out: &mut Vec<u8>) -> Result<(), Misfit> {
        self.encode_at(id, value, out, 0)
    }

    /// Reads a value from the front of the bytes.
    pub(crate) fn decode(&self, id: u32, bytes: &mut &[u8]) -> Result<Value, Misfit> {
        self.decode_at(id, bytes, 0)
    }

    /// Whether values of a type have no bytes.
    pub(crate) fn is_empty(&self, id: u32) -> bool {
        self.is_empty_at(id, 0)
    }

    /// A case of an enum by name.
    pub(crate) fn variant(&self, id: u32, name: &str) -> Option<&Variant<PortableForm>> {
        match self.definition(id, 0).ok()? {
            TypeDef::Variant(cases) => cases.variants.iter().find(|case| case.name == name),
            _ => None,
        }
    }

    /// Types of the parts of a tuple.
    pub(crate) fn tuple(&self, id: u32) -> Option<Vec<u32>> {
        match self.definition(id, 0).ok()? {
            TypeDef::Tuple(tuple) => Some(tuple.fields.iter().map(|field| field.id).collect()),
            _ => None,
        }
    }

    fn definition(&self, id: u32, depth: usize) -> Result<&TypeDef<PortableForm>, Misfit> {
        if depth > MAX_DEPTH {
            return Err(format!("type {id} nests too deeply"));
        }
        let found = self.0.resolve(id).ok_or_else(|| format!("type {id} is not described"))?;
        Ok(&found.type_def)
    }

    fn is_byte(&self, id: u32, depth: usize) -> bool {
        matches!(self.definition(id, depth), Ok(TypeDef::Primitive(TypeDefPrimitive::U8)))
    }

    fn is_empty_at(&self, id: u32, depth: usize) -> bool {
        match self.definition(id, depth) {
            Ok(TypeDef::Composite(composite)) => {
                composite.fields.iter().all(|field| self.is_empty_at(field.ty.id, depth + 1))
            }
            Ok(TypeDef::Tuple(tuple)) => {
                tuple.fields.iter().all(|field| self.is_empty_at(field.id, depth + 1))
            }
            _ => false,
        }
    }

    fn encode_at(
        &self,
        id: u32,
        value: &Value,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Misfit> {
        let next = depth + 1;
        match (self.definition(id, depth)?, value) {
            (TypeDef::Composite(composite), Value::Fields(given))
                if composite.fields.iter().any(|field| field.name.is_some()) =>
            {
                let names = composite.fields.iter().filter_map(|field| field.name.as_ref());
                if let Some((unknown, _)) =
                    given.iter().find(|(name, _)| names.clone().all(|known| known != name))
                {
                    return Err(format!("type {id} has no field {unknown}"));
                }
                for field in &composite.fields {
                    let name = field.name.as_deref().unwrap_or_default();
                    let part = value.field(name).ok_or_else(|| format!("field {name} is new"))?;
                    self.encode_at(field.ty.id, part, out, next)?;
                }
                Ok(())
            }
            (TypeDef::Composite(composite), value) => match composite.fields.as_slice() {
                [only] => self.encode_at(only.ty.id, value, out, next),
                fields => {
                    self.encode_each(fields.iter().map(|field| field.ty.id), value, out, next)
                }
            },
            (TypeDef::Tuple(tuple), value) => match tuple.fields.as_slice() {
                [only] => self.encode_at(only.id, value, out, next),
                fields => self.encode_each(fields.iter().map(|field| field.id), value, out, next),
            },
            (TypeDef::Variant(cases), Value::Variant(name, values)) => {
                let case = cases.variants.iter().find(|case| case.name == *name);
                let case = case.ok_or_else(|| format!("type {id} has no case {name}"))?;
                out.push(case.index);
                if case.fields.len() != values.len() {
                    return Err(format!("case {name} has {} fields", case.fields.len()));
                }
                case.fields
                    .iter()
                    .zip(values)
                    .try_for_each(|(field, value)| self.encode_at(field.ty.id, value, out, next))
            }
            (TypeDef::Sequence(sequence), value) => {
                let length = match value {
                    Value::Bytes(bytes) => bytes.len(),
                    Value::List(items) => items.len(),
                    _ => return Err(misfit(id, "a list", value)),
                };
                let length = u32::try_from(length).map_err(|_| format!("{length} items"))?;
                Compact(length).encode_to(out);
                self.encode_items(sequence.type_param.id, value, out, next)
            }
            (TypeDef::Array(array), Value::Bytes(bytes)) if bytes.len() == array.len as usize => {
                self.encode_items(array.type_param.id, value, out, next)
            }
            (TypeDef::Array(array), Value::List(items)) if items.len() == array.len as usize => {
                self.encode_items(array.type_param.id, value, out, next)
            }
            (TypeDef::Compact(_), Value::Number(number)) => {
                Compact(*number).encode_to(out);
                Ok(())
            }
            (TypeDef::Primitive(primitive), Value::Number(number)) => {
                let width =
                    width_of(primitive).ok_or_else(|| misfit(id, "a plain integer", value))?;
                let bytes = number.to_le_bytes();
                if bytes[width..].iter().any(|&byte| byte != 0) {
                    return Err(format!("{number} does not fit into {width} bytes"));
                }
                out.extend_from_slice(&bytes[..width]);
                Ok(())
            }
            (TypeDef::Primitive(TypeDefPrimitive::Str), Value::Bytes(bytes)) => {
                bytes.encode_to(out);
                Ok(())
            }
            (definition, value) => Err(misfit(id, &format!("{definition:?}"), value)),
        }
    }

    fn encode_each(
        &self,
        ids: impl ExactSizeIterator<Item = u32>,
        value: &Value,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Misfit> {
        match value {
            Value::List(items) if items.len() == ids.len() => {
                ids.zip(items).try_for_each(|(id, item)| self.encode_at(id, item, out, depth))
            }
            _ => Err(format!("expected {} values, got {value:?}", ids.len())),
        }
    }

    fn encode_items(
        &self,
        item: u32,
        value: &Value,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Misfit> {
        match value {
            Value::Bytes(bytes) if self.is_byte(item, depth) => {
                out.extend_from_slice(bytes);
                Ok(())
            }
            Value::List(items) => {
                items.iter().try_for_each(|value| self.encode_at(item, value, out, depth))
            }
            _ => Err(misfit(item, "bytes", value)),
        }
    }

    fn decode_at(&self, id: u32, bytes: &mut &[u8], depth: usize) -> Result<Value, Misfit> {
        let next = depth + 1;
        match self.definition(id, depth)? {
            TypeDef::Composite(composite) => match composite.fields.as_slice() {
                [only] if only.name.is_none() => self.decode_at(only.ty.id, bytes, next),
                fields if fields.iter().any(|field| field.name.is_some()) => fields
                    .iter()
                    .map(|field| {
                        let name = field.name.clone().unwrap_or_default();
                        Ok((name, self.decode_at(field.ty.id, bytes, next)?))
                    })
                    .collect::<Result<_, _>>()
                    .map(Value::Fields),
                fields => self.decode_each(fields.iter().map(|field| field.ty.id), bytes, next),
            },
            TypeDef::Tuple(tuple) => {
                self.decode_each(tuple.fields.iter().map(|field| field.id), bytes, next)
            }
            TypeDef::Variant(cases) => {
                let [index] = take(bytes, 1)? else { return Err(short()) };
                let case = cases.variants.iter().find(|case| case.index == *index);
                let case = case.ok_or_else(|| format!("type {id} has no case {index}"))?;
                let values = case
                    .fields
                    .iter()
                    .map(|field| self.decode_at(field.ty.id, bytes, next))
                    .collect::<Result<_, _>>()?;
                Ok(Value::Variant(case.name.clone(), values))
            }
            TypeDef::Sequence(sequence) => {
                let length = Compact::<u32>::decode(bytes).map_err(|_| short())?.0;
                self.decode_items(sequence.type_param.id, length, bytes, next)
            }
            TypeDef::Array(array) => self.decode_items(array.type_param.id, array.len, bytes, next),
            TypeDef::Compact(_) => {
                Ok(Value::Number(Compact::<u128>::decode(bytes).map_err(|_| short())?.0))
            }
            TypeDef::Primitive(TypeDefPrimitive::Str) => {
                Ok(Value::Bytes(Vec::<u8>::decode(bytes).map_err(|_| short())?))
            }
            TypeDef::Primitive(primitive) => {
                let width =
                    width_of(primitive).ok_or_else(|| format!("type {id} is not supported"))?;
                let mut number = [0; 16];
                number[..width].copy_from_slice(take(bytes, width)?);
                Ok(Value::Number(u128::from_le_bytes(number)))
            }
            TypeDef::BitSequence(_) => Err(format!("type {id} is not supported")),
        }
    }

    fn decode_each(
        &self,
        ids: impl Iterator<Item = u32>,
        bytes: &mut &[u8],
        depth: usize,
    ) -> Result<Value, Misfit> {
        ids.map(|id| self.decode_at(id, bytes, depth)).collect::<Result<_, _>>().map(Value::List)
    }

    fn decode_items(
        &self,
        item: u32,
        length: u32,
        bytes: &mut &[u8],
        depth: usize,
    ) -> Result<Value, Misfit> {
        if self.is_byte(item, depth) {
            return Ok(Value::Bytes(take(bytes, length as usize)?.to_vec()));
        }
        // Every item takes at least a byte, so a length beyond that is a lie.
        if self.is_empty(item) || length as usize > bytes.len() {
            return Err(short());
        }
        self.decode_each((0..length).map(|_| item), bytes, depth)
    }
}

/// Bytes of an unsigned integer or truth value.
fn width_of(primitive: &TypeDefPrimitive) -> Option<usize> {
    match primitive {
        TypeDefPrimitive::Bool | TypeDefPrimitive::U8 => Some(1),
        TypeDefPrimitive::U16 => Some(2),
        TypeDefPrimitive::U32 => Some(4),
        TypeDefPrimitive::U64 => Some(8),
        TypeDefPrimitive::U128 => Some(16),
        _ => None,
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8], Misfit> {
    let (taken, rest) = bytes.split_at_checked(count).ok_or_else(short)?;
    *bytes = rest;
    Ok(taken)
}

fn short() -> Misfit {
    "the bytes end too early".to_owned()
}

fn misfit(id: u32, expected: &str, value: &Value) -> Misfit {
    format!("type {id} takes {expected}, got {value:?}")
}
