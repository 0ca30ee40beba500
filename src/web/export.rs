//! A model for other programs: the one object of a module of its own, which a page loads when somebody asks for such a file.

use wasm_bindgen::prelude::*;

use super::{throw, unknown_value};
use crate::backbone::weights::Weights;
use crate::error::{Error, Result};
use crate::export::onnx::{self, Form, Precision};
use crate::export::tuned::Tuned;
use crate::export::{card_text, network_file};

type JsResult<T> = std::result::Result<T, JsValue>;

/// A model with the weights under it. Nothing is computed but what is folded into what: no device, no tensors.
#[wasm_bindgen]
pub struct Exporter {
    weights: Weights,
    model: Option<Vec<u8>>,
}

#[wasm_bindgen]
impl Exporter {
    /// From the bytes of a weights file, whose hash is checked where it is known, and of a model file, or `undefined` for the source
    /// model. `labels` name the classes of a weights file that is not of this program, where it has as many outputs.
    ///
    /// Throws what `Core.open` throws of weights.
    pub fn open(
        weights: Vec<u8>,
        sha256: Option<String>,
        labels: Vec<String>,
        model: Option<Vec<u8>>,
    ) -> JsResult<Self> {
        let weights = Weights::bring(weights, sha256.as_deref(), &labels).map_err(throw)?;
        Ok(Self { weights, model })
    }

    /// What the model says of itself, as JSON: see [`ModelCard`](crate::export::model_file::ModelCard).
    ///
    /// Throws as `write` does.
    pub fn card(&self) -> JsResult<String> {
        let tuned = self.tuned().map_err(throw)?;
        serde_json::to_string(&tuned.card).map_err(|error| throw(Error::internal(error)))
    }

    /// The bytes of a file. `format`: `onnx`, `onnx-image`, `safetensors`, `head` or `card`; `precision` of the weights of the first two:
    /// `single` or `half`; `names` of the tensors of the third: `timm` or `torchvision`.
    ///
    /// Throws `invalid-option` for other words, and where half precision does not hold the weights; `model-corrupt` and `model-mismatch`
    /// of the model; `no-classifier` where the source model has no output layer.
    pub fn write(&self, format: &str, precision: &str, names: &str) -> JsResult<Vec<u8>> {
        self.written(format, precision, names).map_err(throw)
    }
}

impl Exporter {
    fn tuned(&self) -> Result<Tuned<'_>> {
        match &self.model {
            Some(model) => Tuned::of_file(model, &self.weights),
            None => Tuned::of_source(&self.weights),
        }
    }

    fn written(&self, format: &str, precision: &str, names: &str) -> Result<Vec<u8>> {
        let tuned = self.tuned()?;
        let precision = match precision {
            "single" => Precision::Single,
            "half" => Precision::Half,
            _ => return Err(unknown_value("precision", precision, "single or half")),
        };
        if !["timm", "torchvision"].contains(&names) {
            return Err(unknown_value("names", names, "timm or torchvision"));
        }
        match format {
            "onnx" => onnx::write(&tuned, Form::Tensor, precision),
            "onnx-image" => onnx::write(&tuned, Form::Image, precision),
            "safetensors" => network_file::write(&tuned, names),
            "head" => network_file::write_head(&tuned),
            "card" => Ok(card_text::write(&tuned.card, self.model.is_some()).into_bytes()),
            _ => Err(unknown_value("format", format, "onnx, onnx-image, safetensors, head or card")),
        }
    }
}
