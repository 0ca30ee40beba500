//! What a training says at its end.

use serde::Serialize;

use super::epoch::EpochEvent;
use super::overfitting::Overfitting;
use crate::device::DeviceKind;
use crate::metrics::Scores;
use crate::train::plan::budget::Reduced;
use crate::train::plan::config::TrainConfig;

/// What was trained, on what, how, and how well it does.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub classes: Vec<String>,
    pub train_images: usize,
    /// Photos per class, in the order of `classes`.
    pub per_class: Vec<usize>,
    /// Photos held out for the score, and to choose the number of epochs where patience is asked for.
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
