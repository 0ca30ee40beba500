//! The form that model files and checkpoints share: safetensors in f32, with one JSON card in the metadata.

use std::borrow::Cow;
use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, View, serialize};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Where a model file has its card: the one key of the file's metadata.
pub const MODEL_KEY: &str = "lastlayer";

/// A tensor on its way to a file or out of one.
#[derive(Debug, Clone, PartialEq)]
pub struct FileTensor {
    pub name: String,
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Vec<f32>,
}

impl FileTensor {
    /// Little-endian, as in the file.
    pub fn bytes(&self) -> Vec<u8> {
        self.values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }
}

/// One tensor's bytes are made at a time, so that writing costs little more memory than the file itself.
impl View for &FileTensor {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.bytes())
    }

    fn data_len(&self) -> usize {
        size_of_val(self.values.as_slice())
    }
}

/// The bytes of a file with `card` under `key`. One key, because safetensors writes several in no fixed order, and equal contents
/// should be equal files.
pub fn write(tensors: &[FileTensor], key: &str, card: &impl Serialize) -> Result<Vec<u8>> {
    let card = serde_json::to_string(card).map_err(Error::internal)?;
    let named = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor));
    serialize(named, Some(HashMap::from([(key.to_owned(), card)]))).map_err(Error::internal)
}

/// The card under `key`, or why there is none.
pub fn read_card<T: DeserializeOwned>(bytes: &[u8], key: &str) -> std::result::Result<T, String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| format!("it is not safetensors: {error}"))?;
    let card = header.metadata().as_ref().and_then(|metadata| metadata.get(key));
    let card = card.ok_or_else(|| format!("it has no {key:?} in its metadata"))?;
    serde_json::from_str(card).map_err(|error| format!("its card is not readable: {error}"))
}
