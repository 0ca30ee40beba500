//! A short try: the last stage learning along, beside the output layer alone, each judged by the half of the photos that it has not seen.
//!
//! How like the photos are to those of the pretraining tells too little of whether deeper stages pay: of eleven sets that were tried, with ten photos
//! a class, seven were unlike, and three of these lost by it. What tells is the loss on photos left out (`docs/advice.md`). Accuracies do not: fifty photos
//! move them by six points of chance.

use serde::Serialize;

use crate::score::evaluation::Evaluation;
use crate::train::plan::config::TrainConfig;
use crate::train::plan::regime::Regime;

/// Halves cost one training in all, and each photo is judged once.
pub const FOLDS: usize = 2;
/// The last stage alone: it learns in a tenth of the time that three take, and gains or loses where they do.
pub const LAST_STAGES: usize = 1;
const DRAWS: i32 = 2;
const EPOCHS: usize = 25;
/// A try that took less, or more, than so many times the expected was disturbed.
const MOST: f64 = 4.0;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trial {
    /// Of the backbone, that learnt along.
    pub last_stages: usize,
    pub folds: usize,
    /// Photos that were judged, by both.
    pub photos: usize,
    /// The output layer alone.
    pub head: Tried,
    /// With the last stages.
    pub deeper: Tried,
    /// How long it took, and how long it should have taken.
    pub seconds: f64,
    pub expected_seconds: f64,
}

/// What one of the two said of the photos left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Tried {
    /// Fraction told right.
    pub accuracy: f64,
    /// Mean cross-entropy in nats.
    pub loss: f64,
}

impl Tried {
    pub fn of(evaluation: &Evaluation) -> Self {
        Self { accuracy: evaluation.scores.top1, loss: evaluation.scores.loss }
    }
}

impl Trial {
    /// How many times as long as expected deeper fits take here. One batch was timed, alone; the try shared its steps with whatever else is at work on
    /// them, and had the machine as it is.
    pub fn pace(&self) -> f64 {
        let pace = self.seconds / self.expected_seconds;
        // Of a stopped clock it says nothing.
        if pace.is_finite() && pace > 0.0 { pace.clamp(1.0 / MOST, MOST) } else { 1.0 }
    }

    /// The loss with the last stages by that of the output layer alone.
    pub fn ratio(&self) -> f64 {
        self.deeper.loss / self.head.loss
    }
}

/// The short fit, by whatever else is wished.
pub fn config(wish: &TrainConfig) -> TrainConfig {
    let (regime, augment) = (Regime::LastK, if wish.augment < 0 { DRAWS } else { wish.augment.min(DRAWS) });
    let shortened =
        TrainConfig { regime, last_stages: LAST_STAGES, augment, epochs: EPOCHS, holdout: 0.0, ..wish.clone() };
    TrainConfig { input_size: 0, flip_average: 0, ..shortened }
}
