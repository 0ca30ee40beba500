//! Sharing the reading of photos with other instances of the core: the CPU path scales by workers, since threads need headers that
//! most hosts do not send.
//!
//! The session under way lends draws with their pictures, a helper's session embeds them, and what it makes of them is
//! accepted. Both compute the same bits, so whoever reads a photo, the training is the same.

use std::collections::BTreeMap;

use super::Session;
use crate::error::{Error, Result};
use crate::image::Pixels;
use crate::image::augment::Augmentation;
use crate::image::prepare::InputSpec;
use crate::model::Split;
use crate::train::embed::Draw;
use crate::train::reading::Lent;

/// Names a loan.
pub type Ticket = u32;

/// What is lent.
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

/// What [`Session::lend`] brings.
#[derive(Debug, PartialEq, Eq)]
pub enum Loan {
    /// Nothing is there to be shared.
    Nothing,
    /// The pixels of these are needed first.
    Missing(Vec<u32>),
    /// For [`Session::embed`]: so many pictures one after the other, three bytes a pixel.
    Pictures { ticket: Ticket, last_stages: usize, pictures: Vec<u8> },
}

impl Session {
    /// How many instances of the core read photos, this one among them: what a training is expected to take depends on it. One,
    /// unless this is called.
    pub fn set_readers(&mut self, readers: usize) {
        self.readers = readers.max(1);
    }

    /// A batch of the photos that are still to be read in what is under way.
    ///
    /// # Errors
    /// `unknown-photo`.
    pub fn lend(&mut self) -> Result<Loan> {
        let Some(mut run) = self.run.take() else {
            return Ok(Loan::Nothing);
        };
        let config = run.config().clone();
        let lent = match (run.reading(), self.workbench(&config)) {
            (Some(reading), Ok(bench)) => reading.lend(&bench),
            (None, _) => Ok(Lent::Nothing),
            (_, Err(error)) => Err(error),
        };
        self.run = Some(run);
        Ok(match lent? {
            Lent::Nothing => Loan::Nothing,
            Lent::Missing(photos) => Loan::Missing(photos),
            Lent::Draws { embedder, draws, pictures } => {
                let embedder = &self.embedders[embedder];
                let (split, input, augmentation) = (embedder.split, embedder.input.clone(), embedder.augmentation());
                let ticket = self.loans.next;
                self.loans.next += 1;
                self.loans.open.insert(ticket, Terms { split, input, augmentation, draws });
                let pictures = pictures.into_iter().flat_map(|picture| picture.rgb).collect();
                Loan::Pictures { ticket, last_stages: split.0, pictures }
            }
        })
    }

    /// Activations of lent pictures, as [`embed`](Self::embed) gives them. What is not wanted any more is dropped: photos that are
    /// gone, or a split that is not in use.
    ///
    /// # Errors
    /// `internal` for another number of values than was lent for.
    pub fn accept(&mut self, ticket: Ticket, activations: &[f32]) -> Result<()> {
        let Some(Terms { split, input, augmentation, draws }) = self.loans.open.remove(&ticket) else {
            return Ok(());
        };
        let mut embedders = self.embedders.iter_mut();
        let embedder =
            embedders.find(|embedder| embedder.is_of(split, &input) && embedder.augmentation() == augmentation);
        match embedder {
            Some(embedder) if draws.iter().all(|draw| self.dataset.photo(draw.photo).is_ok()) => {
                embedder.keep(&draws, activations)
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

    pub(super) fn forget_loans(&mut self) {
        self.loans.open.clear();
    }
}
