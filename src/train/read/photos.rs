//! The photos of a session as a run reads them.

use super::cache::ActivationCache;
use super::embed::Embedder;
use super::sample::Sample;
use crate::data::dataset::Dataset;

/// The photos, and the embedders that make activations of them.
pub struct Photos<'a> {
    pub dataset: &'a mut Dataset,
    /// The first is the source model's, at [`Split(0)`](crate::model::Split).
    pub embedders: &'a mut [Embedder],
    /// Position of the embedder of the run's own split and input; 0 where the head learns alone from what the source model sees.
    pub own: usize,
    /// Bytes that the activations of the run may take.
    pub activation_budget: u64,
}

impl Photos<'_> {
    /// The embedder of the run's own split and input.
    pub fn own(&self) -> &Embedder {
        &self.embedders[self.own]
    }

    /// What the source model sees of photos, by the first of which near-duplicates are told in every regime and framing alike.
    pub fn source_features(&self) -> &ActivationCache {
        &self.embedders[0].cache
    }

    /// A run with frozen stages needs no pixels of photos that are read, whoever has read them and when. At another split they would
    /// be wanted again, and are asked for anew then.
    pub fn let_go_of_pixels(&mut self, samples: &[Sample]) {
        if self.own().has_frozen_stages() {
            self.dataset.drop_pixels(&samples.iter().map(|sample| sample.photo).collect::<Vec<_>>());
        }
    }
}
