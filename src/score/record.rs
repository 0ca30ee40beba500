//! What a model file keeps of how its classifier was judged: so that whoever meets the file need not ask.

use serde::{Deserialize, Serialize};

use super::interval::Interval;
use crate::metrics::Scores;

/// Of a training, and of the evaluation after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Photos of each class that the classifier learnt from, in the order of its outputs.
    pub photos: Vec<usize>,
    /// Of photos that were held out from a fit before the one that was kept; missing where none could be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<Accuracy>,
    /// Whether those photos chose the number of epochs, so that their score is the best of several.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub chosen: bool,
    /// Missing where there was no cross-validation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cross_validated: Option<CrossValidated>,
}

/// See [`Evaluation`](super::evaluation::Evaluation).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CrossValidated {
    pub folds: usize,
    pub accuracy: Accuracy,
    /// Limits at 95 % of the accuracy on new photos.
    pub limits: Interval,
}

/// How often the first guess is right, of so many photos. The loss is left out: of a training that went astray it may be no number, which
/// JSON does not have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    pub top1: f64,
    pub count: usize,
}

impl From<Scores> for Accuracy {
    fn from(Scores { top1, count, .. }: Scores) -> Self {
        Self { top1, count }
    }
}
