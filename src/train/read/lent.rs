//! What one instance of the core gives another to do.

use super::embed::Draw;
use crate::data::dataset::PhotoId;
use crate::image::Pixels;

/// Names what was lent, so that the answer finds its place.
pub type Ticket = u32;

/// What another instance of the core may do meanwhile.
pub enum Lent {
    /// Nothing: what is left is too little to share.
    Nothing,
    /// The pixels of these are needed first.
    Missing(Vec<PhotoId>),
    /// Draws with their pictures to read, for the embedder at that position of the workbench.
    Draws { embedder: usize, draws: Vec<Draw>, pictures: Vec<Pixels> },
    /// Parts of a step to compute.
    Parts(LentParts),
}

/// Parts of a step, with all that their gradients depend on. Values of the parts follow one another.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LentParts {
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
