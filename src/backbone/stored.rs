//! A weights file of this program, as it is written.

use std::borrow::Cow;
use std::collections::HashMap;

use safetensors::tensor::{Dtype, View, serialize};

use super::card::Card;
use crate::error::{Error, Result};

/// Key of the card in the file's metadata.
pub const CARD_KEY: &str = "card";

/// A tensor as it lies in a weights file.
pub struct StoredTensor<'a> {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Little-endian, row-major.
    pub bytes: Cow<'a, [u8]>,
}

impl StoredTensor<'_> {
    /// In single precision.
    pub fn floats(name: &str, shape: &[usize], values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { name: name.to_owned(), dtype: Dtype::F32, shape: shape.to_vec(), bytes }
    }
}

impl View for &StoredTensor<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The bytes of a file with these tensors and that card.
pub fn write(tensors: &[StoredTensor<'_>], card: &Card) -> Result<Vec<u8>> {
    let card = serde_json::to_string(card).map_err(Error::internal)?;
    let named = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor));
    serialize(named, Some(HashMap::from([(CARD_KEY.to_owned(), card)]))).map_err(Error::internal)
}
