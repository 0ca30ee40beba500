//! The model file: safetensors with everything that learnt, and what it needs to be used again.
//!
//! Tensors carry timm's names in PyTorch's layout, f32: `classifier.weight` `[classes, features]` and `classifier.bias`
//! `[classes]`, and for deeper splits the stages that learnt (`blocks.6.0.…`, `conv_head.weight`, `bn2.…`). The metadata has
//! one key, [`MODEL_KEY`], whose value is the JSON of a [`ModelCard`]. A classifier that was evaluated also has
//! [`CENTROIDS`] `[classes, channels of the last map]`, what its classes look like.

use std::collections::{BTreeSet, HashSet};

use burn::tensor::Device;
use safetensors::tensor::SafeTensors;
use serde::{Deserialize, Serialize};

use crate::backbone::architecture::{Architecture, ConvLayer, Operation};
use crate::backbone::taps::Taps;
use crate::backbone::tensor_file::{self, FileTensor, MODEL_KEY};
use crate::backbone::weights::{LoadedParams, Weights, read_floats};
use crate::data::label;
use crate::error::{Error, ErrorCode, Result};
use crate::eval::classifier::{Classifier, Known};
use crate::image::prepare::InputSpec;
use crate::model::{Split, Suffix};
use crate::nn::params::Params;
use crate::score::novelty::{Centroids, Threshold};
use crate::score::record::Record;
use crate::train::plan::regime::Regime;
use crate::train::read::embed::read;

const FORMAT_VERSION: u32 = 1;
/// Not a part of the network: what "none of these" is told by.
pub const CENTROIDS: &str = "unknown.centroids";

/// What a model file says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// Version of this format: 1.
    pub format_version: u32,
    /// Class names, in the order of the logits.
    pub labels: Vec<String>,
    /// How many of the backbone's last stages learnt along with the head.
    pub last_stages: usize,
    /// From what they started; missing in files of the first versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regime: Option<Regime>,
    /// Name of the architecture.
    pub backbone: String,
    /// SHA-256 of the weights file that everything else of the network comes from.
    pub weights_sha256: String,
    /// SHA-256 of the checkpoint that those weights were converted from, in however many bits; missing in files of the first versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_sha256: Option<String>,
    /// Where those weights come from, and their licence.
    pub weights_source: String,
    pub weights_licence: String,
    /// How photos are prepared for the network.
    pub input: InputSpec,
    pub resize_filter: String,
    /// Whether logits are averaged over a photo and its mirror image; missing where not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flip_average: bool,
    /// What the output layer sees: of each of these layers the average over its places and then the largest value, side by side, each
    /// scaled to the length of the first; missing where it is the average of the last layer alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layers: Option<Vec<String>>,
    /// Program and version.
    pub made_by: String,
    /// What an evaluation found out; missing where there was none. Logits are divided by `temperature` before the softmax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// A photo less similar than this to every row of [`CENTROIDS`] (cosine of its pooled features) is none of the classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Threshold>,
    /// How it was judged; missing in files of the first versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
}

/// Writes a classifier that was trained on top of `weights`.
pub async fn write(classifier: &Classifier, weights: &Weights) -> Result<Vec<u8>> {
    let mut tensors = tuned_before(classifier, weights)?;
    for tensor in classifier.suffix.named(weights.architecture) {
        tensors.push(FileTensor { name: tensor.name, shape: tensor.shape, values: read(tensor.values).await? });
    }
    if let Some(Known { centroids, .. }) = &classifier.known {
        let shape = vec![classifier.labels.len(), centroids.features];
        tensors.push(FileTensor { name: CENTROIDS.to_owned(), shape, values: centroids.values.clone() });
    }
    tensor_file::write(&tensors, MODEL_KEY, &card(classifier, weights))
}

/// What the file of a classifier says of it.
pub fn card(classifier: &Classifier, weights: &Weights) -> ModelCard {
    ModelCard {
        labels: classifier.labels.clone(),
        last_stages: classifier.split.0.max(weights.tuned_stages()),
        regime: classifier.regime,
        input: classifier.input.clone(),
        flip_average: classifier.flip_average,
        layers: classifier.suffix.taps().named(weights.architecture),
        // 1 is what a classifier has that was never evaluated.
        temperature: (classifier.temperature != 1.0).then_some(classifier.temperature),
        unknown: classifier.known.as_ref().map(|known| known.threshold),
        record: classifier.record.clone(),
        ..source_card(weights)
    }
}

/// What the file of a source model as it is would say of it.
pub fn source_card(weights: &Weights) -> ModelCard {
    let source = &weights.card;
    ModelCard {
        format_version: FORMAT_VERSION,
        labels: source.labels.clone(),
        last_stages: weights.tuned_stages(),
        regime: None,
        backbone: source.name.clone(),
        weights_sha256: weights.first_sha256().to_owned(),
        checkpoint_sha256: Some(source.source_sha256.clone()),
        weights_source: source.source.clone(),
        weights_licence: source.licence.clone(),
        input: source.input.clone(),
        resize_filter: source.resize_filter.clone(),
        flip_average: source.flip_average,
        layers: source.layers.clone(),
        made_by: concat!("lastlayer ", env!("CARGO_PKG_VERSION")).to_owned(),
        temperature: None,
        unknown: None,
        record: None,
    }
}

/// What earlier trainings changed and this one left as it was: with that the file needs nothing but the weights at the beginning.
fn tuned_before(classifier: &Classifier, weights: &Weights) -> Result<Vec<FileTensor>> {
    let (architecture, split) = (weights.architecture, classifier.split);
    let stages = architecture.stages.len();
    let changed = stages - weights.tuned_stages().max(split.0)..split.frozen_stages(architecture);
    // The tail was taught with the last stage.
    let tail = (split.0 == 0 && !changed.is_empty()).then_some(&architecture.tail);
    let operations = architecture.stages[changed].iter().map(|stage| &stage.operations).chain(tail).flatten();
    let mut params = weights.params();
    let tensors = operations.flat_map(Operation::convolutions).flat_map(ConvLayer::parameters).map(|(name, shape)| {
        let values = params.take(&name, &shape);
        FileTensor { name, shape, values }
    });
    let tensors = tensors.collect();
    params.finish()?;
    Ok(tensors)
}

/// Reads a classifier back. The weights it was trained on may have been stored in other bits than these: its answers then move by what
/// that moves the features (see `tests/precision.rs`), which is far less than to refuse it would cost.
///
/// # Errors
/// `model-corrupt` when the file is not such a file or lacks something; `model-mismatch` when it was trained on other weights.
pub fn open(bytes: &[u8], weights: &Weights, device: &Device) -> Result<Classifier> {
    let card = card_for(bytes, weights)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| corrupt(error.to_string()))?;
    let (split, taps) = seen(&card, weights)?;
    let file = || ModelParams { tensors: &tensors, problems: Vec::new() };
    let unchanged = unchanged(split.0, card.last_stages, weights.architecture);
    let mut stage_params = StageParams { file: file(), unchanged, weights: weights.params() };
    let mut head_params = file();
    let classes = card.labels.len();
    let features = weights.architecture.features();
    let suffix = Suffix::load(weights.architecture, split, taps, classes, &mut stage_params, &mut head_params, device);
    let known = card.unknown.map(|threshold| Known {
        centroids: Centroids { values: head_params.take(CENTROIDS, &[classes, features]), features },
        threshold,
    });
    stage_params.weights.finish()?;
    let problems = [stage_params.file.problems, head_params.problems].concat();
    if !problems.is_empty() {
        return Err(corrupt(problems.join("; ")));
    }
    let labels = cleaned(&card.labels);
    let (flip_average, regime, temperature) = (card.flip_average, card.regime, card.temperature.unwrap_or(1.0));
    let classifier = Classifier::new(split, card.input, suffix, labels);
    let record = card.record;
    Ok(Classifier { flip_average, regime, temperature, known, record, ..classifier })
}

/// What a file holds, as [`open`] reads it, but without a device: the card that a file of it would have on these weights, what its output
/// layer sees, and everything that learnt.
///
/// # Errors
/// As [`open`].
pub fn read_learnt(bytes: &[u8], weights: &Weights) -> Result<(ModelCard, Taps, Vec<FileTensor>)> {
    let card = card_for(bytes, weights)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| corrupt(error.to_string()))?;
    let (split, taps) = seen(&card, weights)?;
    let architecture = weights.architecture;
    let mut file = ModelParams { tensors: &tensors, problems: Vec::new() };
    // What follows the last stage learns whenever that does.
    let learning = architecture.stages.len() - card.last_stages;
    let layers = architecture.layers().skip(learning).filter(|_| card.last_stages > 0);
    let stages = layers.flatten().flat_map(Operation::convolutions).flat_map(ConvLayer::parameters);
    let (name, classes) = (architecture.classifier, card.labels.len());
    let head = [(format!("{name}.weight"), vec![classes, taps.width()]), (format!("{name}.bias"), vec![classes])];
    let learnt = stages.chain(head).map(|(name, shape)| {
        let values = file.take(&name, &shape);
        FileTensor { name, shape, values }
    });
    let learnt = learnt.collect();
    if !file.problems.is_empty() {
        return Err(corrupt(file.problems.join("; ")));
    }
    let card = ModelCard {
        labels: cleaned(&card.labels),
        last_stages: split.0.max(weights.tuned_stages()),
        regime: card.regime,
        input: card.input,
        flip_average: card.flip_average,
        layers: taps.named(architecture),
        temperature: card.temperature.filter(|temperature| *temperature != 1.0),
        unknown: card.unknown,
        record: card.record,
        ..source_card(weights)
    };
    Ok((card, taps, learnt))
}

/// A file from before names were kept in one form.
fn cleaned(labels: &[String]) -> Vec<String> {
    labels.iter().map(|name| label::clean(name)).collect()
}

/// The card of a file that is of these weights.
fn card_for(bytes: &[u8], weights: &Weights) -> Result<ModelCard> {
    let card = read_card(bytes)?;
    if !is_of(&card, weights) {
        return Err(Error::new(
            ErrorCode::ModelMismatch,
            format!(
                "the model was trained on {} weights with SHA-256 {}, these have {}: use the weights it was trained on",
                card.backbone,
                card.weights_sha256,
                weights.first_sha256()
            ),
        )
        .with("expected", card.weights_sha256)
        .with("got", weights.first_sha256()));
    }
    if card.last_stages < weights.tuned_stages() {
        let (name, stages) = (&card.backbone, weights.tuned_stages());
        return Err(Error::new(
            ErrorCode::ModelMismatch,
            format!(
                "the model was trained on {name} as it was before the last {stages} stages of this source model were taught: open it with \
                 those weights, SHA-256 {}",
                card.weights_sha256
            ),
        )
        .with("expected", card.weights_sha256)
        .with("got", &weights.sha256));
    }
    Ok(card)
}

/// The split of a file's classifier, and what its output layer sees.
fn seen(card: &ModelCard, weights: &Weights) -> Result<(Split, Taps)> {
    let split = Split(card.last_stages).check(weights.architecture).map_err(|error| corrupt(error.message))?;
    reach(split, card.layers.as_deref(), weights.architecture)
}

/// The split at which all is there that the output layer sees, and what that is. A head that was taught alone on a network whose last stages an
/// earlier task had taught may see layers before these: stages are in the suffix then that nobody has changed.
fn reach(split: Split, layers: Option<&[String]>, architecture: &Architecture) -> Result<(Split, Taps)> {
    let at = |k: usize| Taps::of_file(layers, architecture, k).map(|taps| (Split(k), taps));
    let deeper = || (split.0 + 1..=architecture.stages.len()).find_map(|k| at(k).ok());
    at(split.0).or_else(|reason| deeper().filter(|_| split.0 > 0).ok_or(reason)).map_err(corrupt)
}

/// Parameters of the stages in the suffix before the `learnt` last ones.
fn unchanged(in_suffix: usize, learnt: usize, architecture: &Architecture) -> BTreeSet<String> {
    let stages = architecture.stages.len();
    let operations =
        architecture.stages[stages - in_suffix..stages - learnt].iter().flat_map(|stage| &stage.operations);
    operations.flat_map(Operation::convolutions).flat_map(ConvLayer::parameters).map(|(name, _)| name).collect()
}

/// Whether the model was trained on these weights, or on the same ones in another precision.
fn is_of(card: &ModelCard, weights: &Weights) -> bool {
    let source = &weights.card;
    let same_checkpoint = match &card.checkpoint_sha256 {
        Some(sha256) => *sha256 == source.source_sha256,
        // The source names a file in a package of one version.
        None => card.weights_source == source.source,
    };
    card.weights_sha256 == weights.first_sha256() || (card.backbone == source.name && same_checkpoint)
}

fn read_card(bytes: &[u8]) -> Result<ModelCard> {
    let card: ModelCard = tensor_file::read_card(bytes, MODEL_KEY).map_err(corrupt)?;
    if card.format_version != FORMAT_VERSION {
        return Err(corrupt(format!(
            "it has format version {}, this program reads {FORMAT_VERSION}",
            card.format_version
        )));
    }
    if card.temperature.is_some_and(|temperature| !temperature.is_normal() || temperature < 0.0) {
        return Err(corrupt("its temperature is not a number above 0".into()));
    }
    card.input.check().map_err(corrupt)?;
    if card.labels.is_empty() {
        return Err(corrupt("it has no classes".into()));
    }
    let mut seen = HashSet::new();
    if let Some(label) = card.labels.iter().find(|label| !seen.insert(*label)) {
        return Err(corrupt(format!("it has two classes named {label:?}, which nobody could tell apart")));
    }
    Ok(card)
}

fn corrupt(reason: String) -> Error {
    Error::new(ErrorCode::ModelCorrupt, format!("not a usable lastlayer model file: {reason}")).with("detail", reason)
}

/// [`Params`] of stages: those of the file, but those that nobody has changed of the weights.
struct StageParams<'a> {
    file: ModelParams<'a>,
    unchanged: BTreeSet<String>,
    weights: LoadedParams<'a>,
}

impl Params for StageParams<'_> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        if self.unchanged.contains(name) { self.weights.take(name, shape) } else { self.file.take(name, shape) }
    }
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
