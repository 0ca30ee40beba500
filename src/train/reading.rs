//! The first part of a training and of a cross-validation: every photo is read.
//!
//! The source model reads each photo once, as it is: near-duplicates are told by its features, the same whatever learns
//! later, so that every regime holds out the same photos. Where some stages are frozen and others learn, the frozen ones then
//! read every draw. Where none is frozen nothing more is read: the pictures are made when a fit asks for them.

use super::config::TrainConfig;
use super::embed::{Draw, Embedded, Embedder};
use super::event::StepEvent;
use super::sample::Sample;
use super::workbench::Workbench;
use crate::data::dataset::PhotoId;
use crate::error::Result;

/// What is not cached yet, and how far the reading has come.
pub struct Reading {
    by_source: Vec<Draw>,
    by_prefix: Vec<Draw>,
    done: usize,
}

impl Reading {
    /// All draws of all photos.
    pub fn new(samples: &[Sample], config: &TrainConfig, bench: &mut Workbench<'_>) -> Self {
        Self::of_sides(samples, &[], config, bench)
    }

    /// All draws of the photos to learn from, and those held out as they are.
    pub fn of_sides(samples: &[Sample], held_out: &[Sample], config: &TrainConfig, bench: &mut Workbench<'_>) -> Self {
        let photos = || samples.iter().chain(held_out).map(|sample| sample.photo);
        let plain = TrainConfig { augment: 0, ..config.clone() };
        // Before the source's: at split 0 the two are one, and all its draws are wanted.
        let own = &mut bench.embedders[bench.own];
        let mut by_prefix = own.to_embed(samples.iter().map(|sample| sample.photo), config);
        by_prefix.extend(own.to_embed(held_out.iter().map(|sample| sample.photo), &plain));
        own.cache.make_room(by_prefix.len(), config.draws(), bench.activation_budget);
        let source = &bench.embedders[0];
        let by_source = match bench.own {
            0 => Vec::new(),
            _ => photos().filter(|id| !source.cache.contains(*id)).map(|photo| Draw { photo, number: 0 }).collect(),
        };
        Self { by_source, by_prefix, done: 0 }
    }

    /// The same without what near-duplicates are told by: where it was divided before what to hold out.
    pub fn by_prefix_alone(self) -> Self {
        Self { by_source: Vec::new(), ..self }
    }

    /// Reads one batch of photos; `None` when all are read.
    pub async fn step(&mut self, bench: &mut Workbench<'_>) -> Result<Option<StepEvent>> {
        let by_source = self.by_source.get(self.done..).unwrap_or_default();
        let by_prefix = &self.by_prefix[self.done.saturating_sub(self.by_source.len())..];
        let (embedder, draws): (&mut Embedder, _) = match (by_source, by_prefix) {
            ([], []) => return Ok(None),
            ([], draws) => (&mut bench.embedders[bench.own], draws),
            (draws, _) => (&mut bench.embedders[0], draws),
        };
        let count = match embedder.embed_next(draws, bench.dataset).await? {
            Embedded::Missing(ids) => return Ok(Some(StepEvent::NeedPhotos { ids })),
            Embedded::Draws(count) => count,
        };
        if by_source.is_empty() {
            // At another split they would be wanted again, and are asked for anew then.
            let unfinished = draws.get(count).map(|draw| draw.photo);
            let read = draws[..count].iter().map(|draw| draw.photo);
            bench.dataset.drop_pixels(&read.filter(|photo| Some(*photo) != unfinished).collect::<Vec<_>>());
        }
        bench.dataset.drop_surplus();
        self.done += count;
        let total = self.by_source.len() + self.by_prefix.len();
        Ok(Some(StepEvent::Embed { done: self.done, total }))
    }

    /// How many photos had to be read.
    pub fn photos(&self) -> usize {
        let mut photos: Vec<PhotoId> = self.by_source.iter().chain(&self.by_prefix).map(|draw| draw.photo).collect();
        photos.sort_unstable();
        photos.dedup();
        photos.len()
    }
}
