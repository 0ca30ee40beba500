//! A training in the middle, as one file: safetensors with a JSON card, in the manner of the model file.
//!
//! The tensors are every parameter and running statistic of what learns, AdamW's moments of each (`exp_avg`, `exp_avg_sq`), and
//! the logits of the epoch so far, held-out photos included. The card holds the rest. Activations are not kept: they are many times larger, and computing
//! them again gives the same ones.

use std::collections::BTreeMap;
use std::fmt;

use safetensors::tensor::{SafeTensors, TensorView};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use super::epoch::{EpochEvent, FitPhase};
use crate::backbone::tensor_file::{self, FileTensor};
use crate::backbone::weights::read_floats;
use crate::error::{Error, ErrorCode, Result};
use crate::metrics::Scores;
use crate::train::fit::state::Position;
use crate::train::plan::budget::Reduced;
use crate::train::plan::config::TrainConfig;
use crate::train::plan::options::Value;

const CARD_KEY: &str = "lastlayer.checkpoint";
const FORMAT_VERSION: u32 = 1;

/// A training in the middle.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    pub card: Card,
    pub tensors: Vec<FileTensor>,
}

/// What a checkpoint says of its training. The version, the program and the hash are filled in when it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)] // A name with a wrong bit would count as missing, which some fields may be.
pub struct Card {
    pub format_version: u32,
    /// Program and version.
    pub made_by: String,
    /// Of this card, with nothing here, and of the tensors: a single wrong bit would go unnoticed otherwise.
    pub sha256: String,
    pub backbone: String,
    pub weights_sha256: String,
    /// Every option by name; numbers as text, since JSON readers round.
    pub config: BTreeMap<String, String>,
    /// What of it had been asked for otherwise.
    pub reduced: Option<Reduced>,
    /// Class names, in the order of the logits.
    pub labels: Vec<String>,
    /// In the order in which they are embedded and numbered.
    pub photos: Vec<TaughtPhoto>,
    /// Photos that had to be read before the training was interrupted for the first time.
    pub photos_read: usize,
    pub seconds: Exact,
    pub embed_seconds: Exact,
    pub stopped_early: bool,
    pub best: Option<BestEpoch>,
    pub history: Vec<PastEpoch>,
    /// `None` while photos are read for the first time.
    pub fit: Option<FitState>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaughtPhoto {
    /// Of the file.
    pub sha256: String,
    /// Position in the labels.
    pub label: usize,
}

/// The fit under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitState {
    pub phase: FitPhase,
    /// From 1.
    pub epoch: usize,
    pub epochs: usize,
    /// Positions in the photos, ascending.
    pub held_out: Vec<usize>,
    pub look_alikes: usize,
    #[serde(flatten)]
    pub position: Position,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BestEpoch {
    pub epoch: usize,
    pub loss: Exact,
    pub top1: Exact,
    pub top5: Option<Exact>,
    pub count: usize,
    pub progress_epoch: usize,
    pub progress_loss: Exact,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PastEpoch {
    pub phase: FitPhase,
    pub epoch: usize,
    pub epochs: usize,
    pub train_loss: Exact,
    pub train_top1: Exact,
    pub train_top5: Option<Exact>,
    pub val_loss: Option<Exact>,
    pub val_top1: Option<Exact>,
    pub val_top5: Option<Exact>,
}

/// A number as text that gives the very same number back, also where it is infinite or none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exact(pub f64);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| de::Error::custom(format_args!("{text:?} is no number")))
    }
}

impl Checkpoint {
    /// The bytes of the file.
    pub fn write(mut self) -> Result<Vec<u8>> {
        self.card.format_version = FORMAT_VERSION;
        concat!("lastlayer ", env!("CARGO_PKG_VERSION")).clone_into(&mut self.card.made_by);
        self.card.sha256 = self.hash()?;
        tensor_file::write(&self.tensors, CARD_KEY, &self.card)
    }

    /// Reads the file and checks that it is whole. Whether it makes sense, and fits the photos, is checked where it is used.
    ///
    /// # Errors
    /// `checkpoint-corrupt`.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let card: Card = tensor_file::read_card(bytes, CARD_KEY).map_err(corrupt)?;
        if card.format_version != FORMAT_VERSION {
            let version = card.format_version;
            return Err(corrupt(format!("it has format version {version}, this program reads {FORMAT_VERSION}")));
        }
        let file = SafeTensors::deserialize(bytes).map_err(corrupt)?;
        let tensor = |(name, view): (&str, TensorView<'_>)| {
            let values = read_floats(view.dtype(), view.data())
                .ok_or_else(|| corrupt(format!("{name} is not of 32-bit numbers")))?;
            Ok(FileTensor { name: name.to_owned(), shape: view.shape().to_vec(), values })
        };
        let tensors = file.iter().map(tensor).collect::<Result<_>>()?;
        let checkpoint = Self { card, tensors };
        if checkpoint.hash()? != checkpoint.card.sha256 {
            return Err(corrupt("its contents are not what its hash says"));
        }
        Ok(checkpoint)
    }

    fn hash(&self) -> Result<String> {
        let card = Card { sha256: String::new(), ..self.card.clone() };
        let mut hash = Sha256::new_with_prefix(serde_json::to_vec(&card).map_err(Error::internal)?);
        let mut tensors: Vec<&FileTensor> = self.tensors.iter().collect();
        tensors.sort_by(|a, b| a.name.cmp(&b.name)); // a file has its own order
        for tensor in tensors {
            hash.update(format!("{} {:?}", tensor.name, tensor.shape));
            hash.update(tensor.bytes());
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl Card {
    /// The options of the training.
    ///
    /// # Errors
    /// `checkpoint-corrupt` where one is missing, unknown or out of its range.
    pub fn config(&self) -> Result<TrainConfig> {
        let config = from_texts(&self.config).map_err(|error| corrupt(error.message))?;
        if values_of(&config)? != self.config {
            return Err(corrupt("its options are not complete"));
        }
        Ok(config)
    }
}

/// Every option as text, by name.
pub fn values_of(config: &TrainConfig) -> Result<BTreeMap<String, String>> {
    let serde_json::Value::Object(values) = serde_json::to_value(config).map_err(Error::internal)? else {
        return Err(Error::internal("a configuration that is no object"));
    };
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(word) => word,
        number => number.to_string(),
    };
    Ok(values.into_iter().map(|(name, value)| (name, text(value))).collect())
}

/// The inverse of [`values_of`].
///
/// # Errors
/// `invalid-option`.
pub fn from_texts(texts: &BTreeMap<String, String>) -> Result<TrainConfig> {
    let value = |text: &String| text.parse().map_or_else(|_| Value::Word(text.clone()), Value::Number);
    TrainConfig::from_values(&texts.iter().map(|(name, text)| (name.clone(), value(text))).collect())
}

/// `checkpoint-corrupt`.
pub fn corrupt(reason: impl fmt::Display) -> Error {
    let message = format!("not a usable lastlayer checkpoint: {reason}; train from the start");
    Error::new(ErrorCode::CheckpointCorrupt, message).with("detail", reason)
}

impl BestEpoch {
    /// What that epoch scored on the held-out photos.
    pub fn scores(&self) -> Scores {
        Scores { loss: self.loss.0, top1: self.top1.0, top5: self.top5.map(|top5| top5.0), count: self.count }
    }
}

impl From<&EpochEvent> for PastEpoch {
    fn from(event: &EpochEvent) -> Self {
        Self {
            phase: event.phase,
            epoch: event.epoch,
            epochs: event.epochs,
            train_loss: Exact(event.train_loss),
            train_top1: Exact(event.train_top1),
            train_top5: event.train_top5.map(Exact),
            val_loss: event.val_loss.map(Exact),
            val_top1: event.val_top1.map(Exact),
            val_top5: event.val_top5.map(Exact),
        }
    }
}

impl From<&PastEpoch> for EpochEvent {
    fn from(epoch: &PastEpoch) -> Self {
        let optional = |number: Option<Exact>| number.map(|number| number.0);
        Self {
            phase: epoch.phase,
            epoch: epoch.epoch,
            epochs: epoch.epochs,
            train_loss: epoch.train_loss.0,
            train_top1: epoch.train_top1.0,
            train_top5: optional(epoch.train_top5),
            val_loss: optional(epoch.val_loss),
            val_top1: optional(epoch.val_top1),
            val_top5: optional(epoch.val_top5),
        }
    }
}
