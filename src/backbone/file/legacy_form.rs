//! PyTorch's file before 1.6: five pickles (a magic number, a version, the machine's sizes, the object, the keys of its storages),
//! and then each storage as a count of 64 bits and its numbers.
//!
//! Written by `torch.save`: <https://github.com/pytorch/pytorch/blob/v2.9.0/torch/serialization.py>, `_legacy_save`.

use std::collections::BTreeMap;
use std::ops::Range;

use super::bytes::Reader;
use super::checkpoint::{Found, Storages, read_checkpoint};
use super::number::Number;
use super::pickle::{self, Pickle, Value};
use super::refusal::{corrupt, shown, unsupported};
use super::zip_form::check_little_endian;
use crate::error::Result;

/// 0x1950a86a20f9469cfc6c.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const VERSION: i64 = 1001;

/// The tensors of the checkpoint.
pub fn read(bytes: &[u8]) -> Result<Found> {
    let mut reader = Reader::new(bytes, 0);
    // A pickle that does not begin with the magic number is read all the same: what it names is worth telling.
    if pickle::read(&mut reader)?.root != Value::Long(&MAGIC) {
        let kind = "a pickle that torch.save did not write";
        return Err(unsupported(
            "kind",
            kind,
            format!(
                "the weights file is {kind}: expected safetensors, or torch.save(model.state_dict(), \"weights.pth\")"
            ),
        ));
    }
    if pickle::read(&mut reader)?.root != Value::Int(VERSION) {
        return Err(corrupt(format!("its version is not {VERSION}")));
    }
    let machine = pickle::read(&mut reader)?;
    check_little_endian(machine.objects.get(machine.root, "little_endian") != Some(Value::Bool(false)))?;
    let pickle = pickle::read(&mut reader)?;
    let keys = pickle::read(&mut reader)?;
    let places = Places::read(&mut reader, &pickle, &keys)?;
    read_checkpoint(&pickle, &places, bytes.len())
}

/// Where a storage lies, and how large its numbers are.
struct Place {
    size: u64,
    range: Option<Range<usize>>,
}

struct Places<'a>(BTreeMap<&'a str, Place>);

impl<'a> Places<'a> {
    /// One pass over the counts of the storages, in the order of `keys`.
    fn read(reader: &mut Reader<'a>, pickle: &Pickle<'a>, keys: &Pickle<'a>) -> Result<Self> {
        let mut places = BTreeMap::new();
        for storage in pickle.objects.storages() {
            let size = storage.number.map_or(1, Number::bytes);
            if places.entry(storage.key).or_insert(Place { size, range: None }).size != size {
                return Err(corrupt(format!("the storage {:?} has numbers of two types", storage.key)));
            }
        }
        for key in keys.objects.items(keys.root).ok_or_else(|| corrupt("the list of its storages is missing"))? {
            let Value::Text(key) = *key else {
                return Err(corrupt(format!("the key of a storage is {}", key.kind())));
            };
            let Some(place) = places.get_mut(key) else {
                return Err(corrupt(format!("it has a storage {:?} of no tensor", shown(key))));
            };
            let count = reader.u64()?;
            let start = reader.position();
            reader.take(count.checked_mul(place.size).ok_or_else(|| corrupt("a storage is larger than any file"))?)?;
            place.range = Some(start..reader.position());
        }
        Ok(Self(places))
    }
}

impl Storages for Places<'_> {
    fn range(&self, key: &str) -> Result<Option<Range<usize>>> {
        Ok(self.0.get(key).and_then(|place| place.range.clone()))
    }
}
