//! Sharing work with other instances of the core: the CPU path scales by workers, since threads need headers that most hosts do not
//! send.
//!
//! The session under way lends draws with their pictures, or parts of an optimiser step; a helper's session embeds the ones and
//! [learns](super::learning) from the others, and what it makes of them is accepted. Both compute the same bits, so whoever does
//! what, the training is the same.

use std::collections::{BTreeMap, HashSet};

use super::{Run, Session};
use crate::data::dataset::{Photo, PhotoId};
use crate::error::{Error, Result};
use crate::image::Pixels;
use crate::image::augment::Augmentation;
use crate::image::prepare::InputSpec;
use crate::image::stored::StoredPhoto;
use crate::model::Split;
use crate::train::config::TrainConfig;
use crate::train::embed::Draw;
use crate::train::lent::{Lent, LentParts};
use crate::train::regime::Regime;
use crate::train::workbench::Workbench;

pub use crate::train::lent::Ticket;

/// What is lent to be read.
#[derive(Default)]
pub(super) struct Loans {
    next: Ticket,
    open: BTreeMap<Ticket, Terms>,
}

/// Whose draws they are, and how they were made.
struct Terms {
    split: Split,
    input: InputSpec,
    augmentation: Augmentation,
    draws: Vec<Draw>,
}

/// One draw of every photo, to be read ahead by the embedder at that position.
#[derive(Clone, Copy, PartialEq)]
struct Pass {
    embedder: usize,
    number: usize,
}

/// What [`Session::lend`] brings.
#[derive(Debug, PartialEq)]
pub enum Loan {
    /// Nothing is there to be shared.
    Nothing,
    /// The pixels of these are needed first.
    Missing(Vec<u32>),
    /// For [`Session::embed`]: so many pictures one after the other, three bytes a pixel.
    Pictures { ticket: Ticket, last_stages: usize, pictures: Vec<u8> },
    /// For [`Session::learn`].
    Parts { ticket: Ticket, last_stages: usize, parts: LentParts },
}

impl Session {
    /// How many instances of the core work together, this one among them: what a training is expected to take depends on it. One,
    /// unless this is called.
    pub fn set_readers(&mut self, readers: usize) {
        self.readers = readers.max(1);
    }

    /// Work for one of so many `workers` that have nothing else to do, this one among them: a batch of the photos that are still to be
    /// read in what is under way, or parts of the step of its fit; where nothing is under way, photos [ahead](Self::read_ahead) of it.
    ///
    /// # Errors
    /// `unknown-photo`.
    pub async fn lend(&mut self, workers: usize) -> Result<Loan> {
        let (ticket, mut last_stages) = (self.loans.next, 0);
        let lent = match self.run.take() {
            None => self.lend_ahead(),
            Some(mut run) => {
                let config = run.config().clone();
                last_stages = config.last_stages;
                let lent = match self.workbench(&config) {
                    Ok(bench) => lend_of(&mut run, workers, ticket, &bench).await,
                    Err(error) => Err(error),
                };
                self.run = Some(run);
                lent
            }
        };
        Ok(match lent? {
            Lent::Nothing => Loan::Nothing,
            Lent::Missing(photos) => Loan::Missing(photos),
            Lent::Draws { embedder, draws, pictures } => self.loan(embedder, draws, pictures),
            Lent::Parts(parts) => {
                self.loans.next += 1;
                Loan::Parts { ticket, last_stages, parts }
            }
        })
    }

    /// How many parts a step of what is under way has: more workers than that have nothing to do. 1 where nothing is shared but
    /// reading.
    pub fn parts(&mut self) -> usize {
        self.run.as_mut().and_then(Run::fit).map_or(1, |fit| fit.parts())
    }

    /// Whether the next [`step`](Self::step) computes what is lent, since nothing else is left: worth a little patience.
    pub fn waits(&mut self) -> bool {
        self.run.as_mut().and_then(Run::fit).is_some_and(|fit| fit.waits())
    }

    fn loan(&mut self, embedder: usize, draws: Vec<Draw>, pictures: Vec<Pixels>) -> Loan {
        let embedder = &self.embedders[embedder];
        let (split, input, augmentation) = (embedder.split, embedder.input.clone(), embedder.augmentation());
        let ticket = self.loans.next;
        self.loans.next += 1;
        self.loans.open.insert(ticket, Terms { split, input, augmentation, draws });
        let pictures = pictures.into_iter().flat_map(|picture| picture.rgb).collect();
        Loan::Pictures { ticket, last_stages: split.0, pictures }
    }

    /// Activations of lent pictures, as [`embed`](Self::embed) gives them, or what lent parts come to, as [`learn`](Self::learn) does.
    /// What is not wanted any more is dropped: of photos that are gone, a split that is not in use, or a step that is done.
    ///
    /// # Errors
    /// `internal` for another number of values than was lent for. Nothing is lost: it is done again.
    pub fn accept(&mut self, ticket: Ticket, values: &[f32]) -> Result<()> {
        if let Some(fit) = self.run.as_mut().and_then(Run::fit)
            && fit.has_lent(ticket)
        {
            return fit.accept(ticket, values, &self.device.tensors);
        }
        let Some(Terms { split, input, augmentation, draws }) = self.loans.open.remove(&ticket) else {
            return Ok(());
        };
        let mut embedders = self.embedders.iter_mut();
        let embedder =
            embedders.find(|embedder| embedder.is_of(split, &input) && embedder.augmentation() == augmentation);
        match embedder {
            Some(embedder) if draws.iter().all(|draw| self.dataset.photo(draw.photo).is_ok()) => {
                embedder.keep(&draws, values)
            }
            _ => Ok(()),
        }
    }

    /// Activations at `Split(last_stages)` of pictures of the input size, three bytes a pixel, for a session that lent them.
    ///
    /// # Errors
    /// `invalid-option` for a split that the backbone does not have; `internal` for bytes that are no whole pictures.
    pub async fn embed(&mut self, last_stages: usize, pictures: &[u8]) -> Result<Vec<f32>> {
        let split = Split(last_stages).check(self.weights.architecture)?;
        let input = self.weights.card.input.clone();
        let bytes = 3 * (input.size * input.size) as usize;
        if pictures.is_empty() || !pictures.len().is_multiple_of(bytes) {
            return Err(Error::internal(format!("expected pictures of {bytes} bytes, got {} bytes", pictures.len())));
        }
        let position = self.embedder(split, &input)?;
        let pixels = |rgb: &[u8]| Pixels { width: input.size, height: input.size, rgb: rgb.to_vec() };
        let pictures: Vec<Pixels> = pictures.chunks_exact(bytes).map(pixels).collect();
        self.embedders[position].activations(&pictures.iter().collect::<Vec<_>>()).await
    }

    // --- reading ahead ------------------------------------------------------------------------------------------------

    /// Photos that the source model has not read yet, as every training begins with: those lent out among them.
    pub fn unread(&self) -> usize {
        let cache = &self.embedders[0].cache;
        self.dataset.photos().filter(|photo| !cache.contains(photo.id)).count()
    }

    /// Draws that can be read ahead and are not lent. None while a run is under way.
    ///
    /// # Errors
    /// `internal` for weights that do not fit.
    pub fn left_ahead(&mut self) -> Result<usize> {
        if self.run.is_some() {
            return Ok(0);
        }
        self.adding = false;
        let passes = self.passes_ahead()?;
        Ok(passes.into_iter().fold(0, |left, pass| left + self.readable_ahead(pass, left).len()))
    }

    /// Reads one batch before anybody asks: the time between the last photo and the first training is worth having. First every
    /// photo as it is, with the source model; then what else the training is [expected](Self::expected) to need, one draw of every
    /// photo after the other, so that photos which are added meanwhile lose little. Photos whose pixels are not at hand are left to
    /// the training. `false` where nothing is left to do, or nothing that is not lent, or a run is under way.
    ///
    /// # Errors
    /// As a step that reads photos.
    pub async fn read_ahead(&mut self) -> Result<bool> {
        if self.run.is_some() {
            return Ok(false);
        }
        self.adding = false;
        let (embedder, draws) = self.next_ahead(self.embedders[0].batch())?;
        if draws.is_empty() {
            return Ok(false);
        }
        self.embedders[embedder].embed_next(&draws, &self.dataset).await?;
        Ok(true)
    }

    /// The batch after the one that is read here next, unless they are too few to share. While photos are being added, they have the
    /// processor for themselves but for what every training needs.
    fn lend_ahead(&mut self) -> Result<Lent> {
        let batch = self.embedders[0].batch();
        let (embedder, mut draws) = self.next_ahead(2 * batch)?;
        if draws.len() < 2 * batch {
            return Ok(Lent::Nothing);
        }
        let draws = draws.split_off(batch);
        Ok(match self.embedders[embedder].pictures(&draws, &self.dataset)? {
            Ok(pictures) => Lent::Draws { embedder, draws, pictures },
            Err(missing) => Lent::Missing(missing),
        })
    }

    /// The first draws to be read ahead, `most` of them, and the position of the embedder that reads them: one for all.
    fn next_ahead(&mut self, most: usize) -> Result<(usize, Vec<Draw>)> {
        let (mut embedder, mut draws) = (0, Vec::new());
        for pass in self.passes_ahead()? {
            if pass.embedder != embedder && !draws.is_empty() {
                break;
            }
            embedder = pass.embedder;
            draws.extend(self.readable_ahead(pass, draws.len()));
            if draws.len() >= most {
                draws.truncate(most);
                break;
            }
        }
        Ok((embedder, draws))
    }

    /// What is read ahead, in order.
    fn passes_ahead(&mut self) -> Result<Vec<Pass>> {
        let mut passes = vec![Pass { embedder: 0, number: 0 }];
        if let (Some(config), false) = (self.expected(), self.adding) {
            let embedder = self.embedder(Split(config.last_stages), &self.input(&config))?;
            self.embedders[embedder].set_augmentation(config.augmentation());
            passes.extend(config.needed_draws().map(|number| Pass { embedder, number }));
            passes.dedup(); // draw 0 of the source model, where it is that of the training
        }
        Ok(passes)
    }

    /// The training that is expected next, where it is one of the output layer: as the last one that was asked for, or the
    /// defaults. What other regimes need besides is more than is worth guessing.
    fn expected(&self) -> Option<TrainConfig> {
        let wish = self.wish.clone();
        let regime = if wish.needs_advice() { Regime::Head } else { wish.regime };
        // Where the wishes contradict each other, the training will say so.
        let settled = self.settle(TrainConfig { regime, ..wish }).ok();
        settled.map(|(config, _)| config).filter(|config| config.regime == Regime::Head)
    }

    /// Draws of a pass that are not cached and not lent, of photos whose pixels are at hand, in order of adding. Beside the photos
    /// as they are, no more than the activation budget has room for once `more` others are cached.
    fn readable_ahead(&self, Pass { embedder, number }: Pass, more: usize) -> Vec<Draw> {
        let embedder = &self.embedders[embedder];
        let (cache, framing) = (&embedder.cache, embedder.input.framing);
        let lent: HashSet<(PhotoId, usize)> =
            self.loans.open.values().flat_map(|terms| &terms.draws).map(|draw| (draw.photo, draw.number)).collect();
        let of_framing = |stored: &StoredPhoto| {
            let by_source = stored.by_source.as_ref().is_some_and(|(by_source, _)| *by_source == framing);
            stored.framing == framing || (number == 0 && by_source)
        };
        let wanted = |photo: &&Photo| {
            photo.pixels.as_ref().is_some_and(of_framing)
                && !cache.contains_draw(photo.id, number)
                && !lent.contains(&(photo.id, number))
        };
        let room = if number == 0 { usize::MAX } else { cache.room(self.activation_budget).saturating_sub(more) };
        self.dataset.photos().filter(wanted).take(room).map(|photo| Draw { photo: photo.id, number }).collect()
    }

    pub(super) fn forget_loans(&mut self) {
        self.loans.open.clear();
    }
}

/// What a run has to share now.
async fn lend_of(run: &mut Run, workers: usize, ticket: Ticket, bench: &Workbench<'_>) -> Result<Lent> {
    if let Some(reading) = run.reading() {
        return reading.lend(bench);
    }
    match run.fit() {
        Some(fit) => fit.lend(workers, ticket, &bench.inputs(), &bench.device.tensors).await,
        None => Ok(Lent::Nothing),
    }
}
