//! What one instance of the core gives another to do.
//!
//! The words, from here to `www/lib/helpers.js`: an instance **lends** another one **work**, draws to read or parts of an optimiser
//! step. What is out is a **loan**, named by its **id**; what comes back is its **answer**, which is **accepted** under that id.

use super::embed::Draw;
use crate::backbone::taps::Features;
use crate::data::dataset::PhotoId;
use crate::image::Pixels;

/// Names a loan, so that its answer finds its place.
pub type LoanId = u32;

/// What can be lent now.
pub enum Work {
    /// Nothing: what is left is too little to share.
    Nothing,
    /// The pixels of these are needed first.
    Missing(Vec<PhotoId>),
    /// Draws with their pictures to read, for the embedder at that position of the workbench.
    Draws { embedder: usize, draws: Vec<Draw>, pictures: Vec<Pixels> },
    /// Parts of a step to compute.
    Parts(Parts),
}

/// Parts of a step, with all that their gradients depend on. Values of the parts follow one another.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parts {
    /// What the output layer sees.
    pub features: Features,
    pub classes: usize,
    /// Of everything that learns, in the module's order.
    pub parameters: Vec<f32>,
    /// In each part.
    pub photos: Vec<usize>,
    /// Activations at the split, or pictures where every stage learns: `[photos, channels, height, width]`.
    pub inputs: Vec<f32>,
    /// By which features are multiplied, `[photos, features]`; empty without dropout.
    pub masks: Vec<f32>,
    /// `[photos, classes]`; see [`Loss::targets`](crate::train::fit::loss::Loss::targets).
    pub targets: Vec<f32>,
}
