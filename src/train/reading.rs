//! The first part of a training and of a cross-validation: every photo is read.
//!
//! The source model reads each photo once, as it is and in the framing it was taught with: near-duplicates are told by its
//! features, the same whatever learns later, so that every regime and framing holds out the same photos. Where some stages are frozen and others learn, the frozen ones then
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
    /// All draws of all photos, to learn from them and to judge by them.
    pub fn new(samples: &[Sample], config: &TrainConfig, bench: &mut Workbench<'_>) -> Self {
        Self::of([(samples, config), (&[], config)], bench)
    }

    /// The draws of the photos to learn from, and those by which the ones held out are judged.
    pub fn of_sides(samples: &[Sample], held_out: &[Sample], config: &TrainConfig, bench: &mut Workbench<'_>) -> Self {
        let taught = TrainConfig { flip_average: 0, ..config.clone() };
        let judged = TrainConfig { augment: 0, ..config.clone() };
        Self::of([(samples, &taught), (held_out, &judged)], bench)
    }

    /// With the source model alone.
    pub fn by_source(samples: &[Sample], bench: &Workbench<'_>) -> Self {
        let unread = |photo: &PhotoId| !bench.source_features().contains(*photo);
        let photos = samples.iter().map(|sample| sample.photo).filter(unread);
        Self { by_source: photos.map(|photo| Draw { photo, number: 0 }).collect(), by_prefix: Vec::new(), done: 0 }
    }

    /// What training with either configuration needs of its photos.
    fn of(sides: [(&[Sample], &TrainConfig); 2], bench: &mut Workbench<'_>) -> Self {
        let own = &mut bench.embedders[bench.own];
        let (mut by_prefix, mut wanted) = (Vec::new(), Vec::new());
        for (samples, config) in sides {
            by_prefix.extend(own.to_embed(samples.iter().map(|sample| sample.photo), config));
            wanted.extend(config.needed_draws());
        }
        own.cache.make_room(by_prefix.len(), &wanted, bench.activation_budget);
        // Where the two embedders are one, draw 0 is among its own.
        let by_source = match bench.own {
            0 => Vec::new(),
            _ => sides.iter().flat_map(|(samples, _)| Self::by_source(samples, bench).by_source).collect(),
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
