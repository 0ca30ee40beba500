//! Sharing work with other instances of the core: the CPU path scales by workers, since threads need headers that most hosts do not
//! send.
//!
//! The session under way lends draws with their pictures, or parts of an optimiser step; a [helper's](super::helping) session embeds
//! the ones and learns from the others, and what it makes of them is accepted. Both compute the same bits, so whoever does
//! what, the training is the same.

use super::Session;
use super::run::Run;
use super::sharing::OpenLoan;
use crate::error::Result;
use crate::image::Pixels;
use crate::train::fit::Fit;
use crate::train::read::embed::Draw;
use crate::train::read::loan::{Parts, Work};
use crate::train::run::workbench::Workbench;

pub use crate::train::read::loan::LoanId;

/// What [`Session::lend`] brings.
#[derive(Debug, PartialEq)]
pub enum Loan {
    /// Nothing is there to be shared.
    Nothing,
    /// The pixels of these are needed first.
    Missing(Vec<u32>),
    /// For [`Session::embed`]: pictures one after the other, three bytes a pixel.
    Pictures { id: LoanId, last_stages: usize, pictures: Vec<u8> },
    /// For [`Session::learn`].
    Parts { id: LoanId, last_stages: usize, parts: Parts },
}

impl Session {
    /// How many instances of the core work together, this one among them: what a training is expected to take depends on it. One,
    /// unless this is called.
    pub fn set_readers(&mut self, readers: usize) {
        self.sharing.readers = readers.max(1);
    }

    /// Work for one of `workers` instances that have nothing else to do, this one among them: a batch of the photos
    /// that are still to be read in what is under way, or parts of the step of its fit; where nothing is under way,
    /// photos [ahead](Self::read_ahead) of it.
    ///
    /// # Errors
    /// `unknown-photo`.
    pub async fn lend(&mut self, workers: usize) -> Result<Loan> {
        let (id, mut last_stages) = (self.sharing.loans.next(), 0);
        let work = match self.run.take() {
            None => self.lend_ahead(),
            Some(mut run) => {
                let config = run.config().clone();
                last_stages = config.last_stages;
                let work = match self.workbench(&config) {
                    Ok(bench) => lend_of(&mut *run, workers, id, &bench).await,
                    Err(error) => Err(error),
                };
                self.run = Some(run);
                work
            }
        };
        Ok(match work? {
            Work::Nothing => Loan::Nothing,
            Work::Missing(photos) => Loan::Missing(photos),
            Work::Draws { embedder, draws, pictures } => self.loan_of_draws(embedder, draws, pictures),
            Work::Parts(parts) => {
                self.sharing.loans.count();
                Loan::Parts { id, last_stages, parts }
            }
        })
    }

    /// How many parts a step of what is under way has: more workers than that have nothing to do. 1 where nothing is shared but
    /// reading.
    pub fn parts(&mut self) -> usize {
        self.fit().map_or(1, |fit| fit.parts())
    }

    /// Whether the next [`step`](Self::step) computes what is lent, since nothing else is left: worth a little patience.
    pub fn waits(&mut self) -> bool {
        self.fit().is_some_and(|fit| fit.waits())
    }

    /// The fit under way, where there is one that may share its steps.
    fn fit(&mut self) -> Option<&mut Fit> {
        self.run.as_mut()?.fit()
    }

    fn loan_of_draws(&mut self, embedder: usize, draws: Vec<Draw>, pictures: Vec<Pixels>) -> Loan {
        let embedder = &self.models.embedders[embedder];
        let (split, input, augmentation) = (embedder.split, embedder.input.clone(), embedder.augmentation());
        let id = self.sharing.loans.open(OpenLoan { split, input, augmentation, draws });
        let pictures = pictures.into_iter().flat_map(|picture| picture.rgb).collect();
        Loan::Pictures { id, last_stages: split.0, pictures }
    }

    /// The answer to a loan: what [`embed`](Self::embed) or [`learn`](Self::learn) of another session made of it.
    /// What is not wanted any more is dropped: of photos that are gone, a split that is not in use, or a step that is done.
    ///
    /// # Errors
    /// `internal` for another number of values than the loan asks for. Nothing is lost: it is done again.
    pub fn accept(&mut self, id: LoanId, answer: &[f32]) -> Result<()> {
        let device = self.device.tensors.clone();
        if let Some(fit) = self.fit()
            && fit.has_loan(id)
        {
            return fit.accept(id, answer, &device);
        }
        let Some(OpenLoan { split, input, augmentation, draws }) = self.sharing.loans.close(id) else {
            return Ok(());
        };
        let mut embedders = self.models.embedders.iter_mut();
        let embedder =
            embedders.find(|embedder| embedder.is_of(split, &input) && embedder.augmentation() == augmentation);
        match embedder {
            Some(embedder) if draws.iter().all(|draw| self.dataset.photo(draw.photo).is_ok()) => {
                embedder.keep(&draws, answer)
            }
            _ => Ok(()),
        }
    }
}

/// What a run has to share now.
async fn lend_of(run: &mut dyn Run, workers: usize, id: LoanId, bench: &Workbench<'_>) -> Result<Work> {
    if let Some(reading) = run.reading() {
        return reading.lend(&bench.photos);
    }
    match run.fit() {
        Some(fit) => fit.lend(workers, id, &bench.inputs(), &bench.device.tensors).await,
        None => Ok(Work::Nothing),
    }
}
