//! The model file: safetensors with everything that learnt, and what it needs to be used again.
//!
//! Tensors carry timm's names in PyTorch's layout, f32: `classifier.weight` `[classes, features]` and `classifier.bias`
//! `[classes]`, and for deeper splits the stages that learnt (`blocks.6.0.…`, `conv_head.weight`, `bn2.…`). Metadata:
//!
//! | key | value |
//! |---|---|
//! | `format` | `lastlayer-model` |
//! | `format_version` | `1` |
//! | `backbone` | name of the architecture |
//! | `weights_sha256` | SHA-256 of the weights file the rest of the network comes from |
//! | `last_stages` | how many of the last stages learnt |
//! | `labels` | JSON array of class names, in the order of the logits |
//! | `card` | the JSON card of the weights without its labels: input size, mean, std, resize filter, source, licence |
//! | `made_by` | `lastlayer` and its version |

use std::collections::HashMap;

use burn::tensor::Device;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

use crate::backbone::card::Card;
use crate::backbone::weights::{Weights, read_floats};
use crate::error::{Error, ErrorCode, Result};
use crate::eval::classifier::Classifier;
use crate::model::{Split, Suffix};
use crate::nn::params::Params;
use crate::train::embed::read;

const FORMAT: &str = "lastlayer-model";
const FORMAT_VERSION: &str = "1";

/// Writes a classifier that was trained on top of `weights`.
pub async fn write(classifier: &Classifier, weights: &Weights) -> Result<Vec<u8>> {
    let mut tensors: Vec<(String, Vec<u8>, Vec<usize>)> = Vec::new();
    for (name, values, shape) in classifier.suffix.named(weights.architecture) {
        let bytes = read(values).await?.iter().flat_map(|value| value.to_le_bytes()).collect();
        tensors.push((name, bytes, shape));
    }
    let views: Vec<(&str, TensorView<'_>)> = tensors
        .iter()
        .map(|(name, bytes, shape)| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(Error::internal)?;
            Ok((name.as_str(), view))
        })
        .collect::<Result<_>>()?;
    let card = Card { labels: Vec::new(), ..weights.card.clone() };
    let metadata = HashMap::from([
        ("format".to_owned(), FORMAT.to_owned()),
        ("format_version".to_owned(), FORMAT_VERSION.to_owned()),
        ("backbone".to_owned(), weights.card.name.clone()),
        ("weights_sha256".to_owned(), weights.sha256.clone()),
        ("last_stages".to_owned(), classifier.split.0.to_string()),
        ("labels".to_owned(), serde_json::to_string(&classifier.labels).map_err(Error::internal)?),
        ("card".to_owned(), serde_json::to_string(&card).map_err(Error::internal)?),
        ("made_by".to_owned(), concat!("lastlayer ", env!("CARGO_PKG_VERSION")).to_owned()),
    ]);
    serialize(views, Some(metadata)).map_err(Error::internal)
}

/// Reads a classifier back.
///
/// # Errors
/// `model-corrupt` when the file is not such a file or lacks something; `model-mismatch` when it was trained on other weights.
pub fn open(bytes: &[u8], weights: &Weights, device: &Device) -> Result<Classifier> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| corrupt(format!("it is not safetensors: {error}")))?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| corrupt(error.to_string()))?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let entry = |key: &str| metadata.get(key).ok_or_else(|| corrupt(format!("it has no {key:?} in its metadata")));

    if (entry("format")?.as_str(), entry("format_version")?.as_str()) != (FORMAT, FORMAT_VERSION) {
        return Err(corrupt("it was written by another program or a later version".into()));
    }
    let expected = entry("weights_sha256")?;
    if *expected != weights.sha256 {
        return Err(Error::new(
            ErrorCode::ModelMismatch,
            format!(
                "the model was trained on {} weights with SHA-256 {expected}, these have {}: use the weights it was trained on",
                entry("backbone")?, weights.sha256
            ),
        )
        .with("expected", expected)
        .with("got", &weights.sha256));
    }
    let labels: Vec<String> = serde_json::from_str(entry("labels")?).map_err(|error| corrupt(error.to_string()))?;
    if labels.is_empty() {
        return Err(corrupt("it has no classes".into()));
    }
    let last_stages = entry("last_stages")?.parse().map_err(|_| corrupt("its last_stages is not a number".into()))?;
    let split = Split(last_stages).check(weights.architecture).map_err(|error| corrupt(error.message))?;

    let mut stage_params = ModelParams { tensors: &tensors, problems: Vec::new() };
    let mut head_params = ModelParams { tensors: &tensors, problems: Vec::new() };
    let suffix =
        Suffix::load(weights.architecture, split, labels.len(), &mut stage_params, &mut head_params, device);
    let problems = [stage_params.problems, head_params.problems].concat();
    if !problems.is_empty() {
        return Err(corrupt(problems.join("; ")));
    }
    Ok(Classifier { split, suffix, labels })
}

fn corrupt(reason: String) -> Error {
    Error::new(ErrorCode::ModelCorrupt, format!("not a usable lastlayer model file: {reason}")).with("detail", reason)
}

/// [`Params`] out of a model file.
struct ModelParams<'a> {
    tensors: &'a SafeTensors<'a>,
    problems: Vec<String>,
}

impl Params for ModelParams<'_> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let found = self.tensors.tensor(name).ok().filter(|view| view.shape() == shape);
        found.and_then(|view| read_floats(view.dtype(), view.data())).unwrap_or_else(|| {
            self.problems.push(format!("it lacks the tensor {name} of shape {shape:?}"));
            vec![0.0; shape.iter().product()]
        })
    }
}
