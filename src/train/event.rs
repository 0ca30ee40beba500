//! What a training tells while it goes, and its report at the end.

use serde::{Deserialize, Serialize};

use super::budget::Reduced;
use super::compared::Compared;
use super::config::TrainConfig;
use super::overfitting::Overfitting;
use crate::data::dataset::PhotoId;
use crate::device::DeviceKind;
use crate::metrics::Scores;
use crate::score::evaluation::Evaluation;

/// The two fits of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FitPhase {
    /// Without the held-out photos, to choose the number of epochs.
    Holdout,
    /// On all photos, for that many.
    Refit,
}

/// The outcome of one step of a training, of a cross-validation or of a comparison.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum StepEvent {
    /// The pixels of these photos are needed before the next step.
    NeedPhotos { ids: Vec<PhotoId> },
    /// `done` of the `total` photos that had to be embedded are.
    Embed { done: usize, total: usize },
    /// One optimiser step; epochs and batches count from 1. Where stages learn, it comes for each part of the step, and the last of an
    /// epoch again for each batch of held-out photos that is judged.
    Batch { phase: FitPhase, epoch: usize, epochs: usize, batch: usize, batches: usize },
    /// One pass over the photos.
    Epoch(EpochEvent),
    /// Something was found out about the photos or the device.
    Advising,
    /// The advice is ready, for the session's owner to take.
    Advised,
    /// The training is over and its classifier in place.
    Done { report: Box<Report> },
    /// One step of a cross-validation, or a part of one; folds, epochs and batches count from 1. After the last epoch of a fold its held-out
    /// photos are judged.
    Fold { fold: usize, folds: usize, epoch: usize, epochs: usize, batch: usize, batches: usize },
    /// The cross-validation is over.
    Evaluated { evaluation: Box<Evaluation> },
    /// What one of the runs of a comparison does: `Embed`, `Batch` or `Epoch`. Runs count from 1.
    Run { run: usize, runs: usize, name: String, event: Box<StepEvent> },
    /// The comparison is over.
    Compared { comparison: Box<Compared> },
}

/// Scores of one epoch. Training scores are of the forward passes that taught, so the network was still moving meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EpochEvent {
    pub phase: FitPhase,
    pub epoch: usize,
    pub epochs: usize,
    pub train_loss: f64,
    pub train_top1: f64,
    pub train_top5: Option<f64>,
    pub val_loss: Option<f64>,
    pub val_top1: Option<f64>,
    pub val_top5: Option<f64>,
}

/// What was trained, on what, how, and how well it does.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub classes: Vec<String>,
    pub train_images: usize,
    /// Photos per class, in the order of `classes`.
    pub per_class: Vec<usize>,
    /// Photos held out to choose the number of epochs.
    pub held_out: usize,
    /// How many of them have near-duplicates among the photos learnt from, because their class holds nothing else: their score
    /// says little of new photos.
    pub held_out_look_alikes: usize,
    /// Classes of which no photo was held out, having one only, although others were judged: the score says nothing of them.
    pub never_held_out: Vec<String>,
    /// Epochs of the classifier that was kept.
    pub epochs: usize,
    /// Epochs tried before that choice.
    pub epochs_tried: usize,
    /// Whether the held-out photos chose the number of epochs. Otherwise the schedule was fixed before, and their score is of its
    /// end.
    pub epochs_chosen: bool,
    /// Whether the tries ended because nothing got better any more.
    pub stopped_early: bool,
    /// On the held-out photos at the last of `epochs`. Where these were chosen it is the best of `epochs_tried`, so slightly
    /// optimistic. `None` where nothing could be held out.
    pub val: Option<Scores>,
    /// Of the last epoch of the refit, on the photos it learnt from: says how well it fits, not how good it is.
    pub train: Scores,
    /// Where the hold-out fit went on learning its photos and got worse on others; `None` where the curves do not show it.
    pub overfitting: Option<Overfitting>,
    pub history: Vec<EpochEvent>,
    pub seconds: f64,
    pub embed_seconds: f64,
    /// Photos that had to be embedded; the others were cached.
    pub photos_read: usize,
    pub seed: u64,
    /// What had to give way to the budget of memory; `config` has what was used.
    pub reduced: Option<Reduced>,
    pub config: TrainConfig,
    pub device: DeviceKind,
    pub adapter: String,
    pub backbone: String,
    pub version: &'static str,
}
