//! The first part of a training and of a cross-validation: every photo is read.
//!
//! The source model reads each photo once, as it is and in the framing it was taught with: near-duplicates are told by its
//! features, the same whatever learns later, so that every regime and framing holds out the same photos. Where some stages are frozen and others learn, the frozen ones then
//! read every draw. Where none is frozen nothing more is read: the pictures are made when a fit asks for them.

use std::collections::VecDeque;

use super::embed::{Draw, Embedded, Embedder};
use super::loan::Work;
use super::photos::Photos;
use super::sample::Sample;
use super::step::Step;
use crate::data::dataset::PhotoId;
use crate::error::Result;
use crate::train::plan::config::TrainConfig;

/// How far the reading has come: `done` of the `total` draws of photos that had to be embedded are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbedEvent {
    pub done: usize,
    pub total: usize,
}

/// What is not cached yet, and how far the reading has come.
pub struct Reading {
    by_source: Queue,
    by_prefix: Queue,
    total: usize,
    /// How many the last event counted.
    told: usize,
    keeps_pixels: bool,
}

/// Draws that one embedder has to read.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<Draw>,
    /// Handed out from its end; see [`Reading::lend`]. Those handed out last come last.
    lent: Vec<Draw>,
}

impl Queue {
    fn len(&self) -> usize {
        self.waiting.len() + self.lent.len()
    }

    /// Forgets what has been read elsewhere by now, and returns what was lent of it. What is still out when nothing else is left is taken
    /// back, the last first, so that nobody waits for a helper that has died.
    fn settle(&mut self, embedder: &Embedder) -> Vec<Draw> {
        let is_read = |draw: &Draw| embedder.cache.contains_draw(draw.photo, draw.number);
        let (read, lent) = std::mem::take(&mut self.lent).into_iter().partition(is_read);
        self.lent = lent;
        // Of what was lent before this began: it lies anywhere, but only the next batch and the end have to be without it.
        let mut next = 0;
        while next < embedder.batch().min(self.waiting.len()) {
            if is_read(&self.waiting[next]) {
                self.waiting.remove(next);
            } else {
                next += 1;
            }
        }
        while self.waiting.pop_back_if(|draw| is_read(draw)).is_some() {}
        if self.waiting.is_empty() {
            let kept = self.lent.len().saturating_sub(embedder.batch());
            self.waiting.extend(self.lent.drain(kept..));
        }
        read
    }
}

impl Reading {
    /// All draws of all photos, to learn from them and to judge by them.
    pub fn new(samples: &[Sample], config: &TrainConfig, photos: &mut Photos<'_>) -> Self {
        Self::of([(samples, config), (&[], config)], photos)
    }

    /// The draws of the photos to learn from, and those by which the ones held out are judged.
    pub fn of_sides(samples: &[Sample], held_out: &[Sample], config: &TrainConfig, photos: &mut Photos<'_>) -> Self {
        let taught = TrainConfig { flip_average: 0, ..config.clone() };
        let judged = TrainConfig { augment: 0, ..config.clone() };
        Self::of([(samples, &taught), (held_out, &judged)], photos)
    }

    /// With the source model alone.
    pub fn by_source(samples: &[Sample], photos: &Photos<'_>) -> Self {
        let unread = |photo: &PhotoId| !photos.source_features().contains(*photo);
        let unread = samples.iter().map(|sample| sample.photo).filter(unread);
        Self::new_of(unread.map(|photo| Draw { photo, number: 0 }).collect(), VecDeque::new())
    }

    /// What training with either configuration needs of its photos.
    fn of(sides: [(&[Sample], &TrainConfig); 2], photos: &mut Photos<'_>) -> Self {
        let own = &mut photos.embedders[photos.own];
        let (mut by_prefix, mut wanted) = (VecDeque::new(), Vec::new());
        for (samples, config) in sides {
            by_prefix.extend(own.to_embed(samples.iter().map(|sample| sample.photo), config));
            wanted.extend(config.needed_draws());
        }
        own.cache.make_room(by_prefix.len(), &wanted, photos.activation_budget);
        // Where the two embedders are one, draw 0 is among its own.
        let by_source = match photos.own {
            0 => VecDeque::new(),
            _ => sides.iter().flat_map(|(samples, _)| Self::by_source(samples, photos).by_source.waiting).collect(),
        };
        Self::new_of(by_source, by_prefix)
    }

    fn new_of(by_source: VecDeque<Draw>, by_prefix: VecDeque<Draw>) -> Self {
        let total = by_source.len() + by_prefix.len();
        let queue = |waiting| Queue { waiting, lent: Vec::new() };
        Self { by_source: queue(by_source), by_prefix: queue(by_prefix), total, told: 0, keeps_pixels: false }
    }

    /// The same, but the photos keep their pixels: something is to follow that reads them again.
    pub fn keeping_pixels(self) -> Self {
        Self { keeps_pixels: true, ..self }
    }

    /// The same without what near-duplicates are told by: where it was divided before what to hold out.
    pub fn by_prefix_alone(self) -> Self {
        Self { total: self.by_prefix.len(), by_source: Queue::default(), ..self }
    }

    /// Reads one batch of photos; finished when all are read.
    pub async fn step(&mut self, photos: &mut Photos<'_>) -> Result<Step<EmbedEvent, ()>> {
        self.by_source.settle(&photos.embedders[0]);
        let read_elsewhere = self.by_prefix.settle(&photos.embedders[photos.own]);
        self.let_go(read_elsewhere, photos);
        let of_source = !self.by_source.waiting.is_empty();
        let (queue, position) = if of_source { (&mut self.by_source, 0) } else { (&mut self.by_prefix, photos.own) };
        if queue.waiting.is_empty() {
            // Where the last ones were read elsewhere, nobody has heard of it yet.
            return Ok(if self.told < self.total { Step::Event(self.event()) } else { Step::Finished(()) });
        }
        match photos.embedders[position].embed_next(queue.waiting.make_contiguous(), photos.dataset).await? {
            Embedded::Missing(ids) => return Ok(Step::NeedPhotos(ids)),
            Embedded::Draws(count) => {
                let read: Vec<Draw> = queue.waiting.drain(..count).collect();
                if !of_source {
                    self.let_go(read, photos);
                }
            }
        }
        photos.dataset.drop_surplus();
        Ok(Step::Event(self.event()))
    }

    fn event(&mut self) -> EmbedEvent {
        self.told = self.total - self.by_source.len() - self.by_prefix.len();
        EmbedEvent { done: self.told, total: self.total }
    }

    /// The last draws that nobody has begun with, one batch of them, for another instance of the core to read. Nobody waits for
    /// it: what is in the cache when the rest is done was read there, and the remainder is read here.
    ///
    /// # Errors
    /// `unknown-photo`.
    pub fn lend(&mut self, photos: &Photos<'_>) -> Result<Work> {
        let (queue, position) = match self.by_prefix.waiting.is_empty() {
            false => (&mut self.by_prefix, photos.own),
            true => (&mut self.by_source, 0),
        };
        let embedder = &photos.embedders[position];
        let batch = embedder.batch();
        if queue.waiting.len() < 2 * batch {
            return Ok(Work::Nothing); // the next one is read here
        }
        let draws: Vec<Draw> = queue.waiting.range(queue.waiting.len() - batch..).copied().collect();
        match embedder.pictures(&draws, photos.dataset)? {
            Err(missing) => Ok(Work::Missing(missing)),
            Ok(pictures) => {
                queue.waiting.truncate(queue.waiting.len() - batch);
                queue.lent.extend(&draws);
                Ok(Work::Draws { embedder: position, draws, pictures })
            }
        }
    }

    /// Of photos that are read the pixels can go. At another split they would be wanted again, and are asked for anew then.
    fn let_go(&self, read: Vec<Draw>, photos: &mut Photos<'_>) {
        if self.keeps_pixels {
            return;
        }
        let ends = [self.by_prefix.waiting.front(), self.by_prefix.waiting.back()];
        let unfinished = |photo: &PhotoId| ends.iter().flatten().any(|draw| draw.photo == *photo);
        let finished = read.into_iter().map(|draw| draw.photo).filter(|photo| !unfinished(photo));
        photos.dataset.drop_pixels(&finished.collect::<Vec<_>>());
    }

    /// How many photos have to be read.
    pub fn photos(&self) -> usize {
        let draws =
            [&self.by_source, &self.by_prefix].into_iter().flat_map(|queue| queue.waiting.iter().chain(&queue.lent));
        let mut photos: Vec<PhotoId> = draws.map(|draw| draw.photo).collect();
        photos.sort_unstable();
        photos.dedup();
        photos.len()
    }
}
