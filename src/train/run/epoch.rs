//! The scores of one epoch, as they are told and kept.

use serde::{Deserialize, Serialize};

use crate::train::fit::EpochScores;

/// The two fits of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FitPhase {
    /// Without the held-out photos, to choose the number of epochs.
    Holdout,
    /// On all photos, for that many.
    Refit,
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

impl EpochEvent {
    pub fn new(phase: FitPhase, epoch: usize, epochs: usize, scores: &EpochScores) -> Self {
        Self {
            phase,
            epoch,
            epochs,
            train_loss: scores.train.loss,
            train_top1: scores.train.top1,
            train_top5: scores.train.top5,
            val_loss: scores.val.map(|val| val.loss),
            val_top1: scores.val.map(|val| val.top1),
            val_top5: scores.val.and_then(|val| val.top5),
        }
    }
}
