//! What a training tells while it goes.

use super::epoch::{EpochEvent, FitPhase};
use crate::train::read::reading::EmbedEvent;

/// One optimiser step; epochs and batches count from 1. Where stages learn, it comes for each part of the step, and the last of an
/// epoch again for each batch of held-out photos that is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchEvent {
    pub phase: FitPhase,
    pub epoch: usize,
    pub epochs: usize,
    pub batch: usize,
    pub batches: usize,
}

#[derive(Debug, Clone)]
pub enum TrainEvent {
    Embed(EmbedEvent),
    Batch(BatchEvent),
    /// One pass over the photos.
    Epoch(EpochEvent),
}
