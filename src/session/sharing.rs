//! What a session knows of others that it shares work with.
//!
//! The words: a *loan* is work that is given out, a batch of draws to embed or parts of an optimiser step, and is named by its
//! *ticket*, under which the answer is accepted. A *learner* is the other side: what is kept here between two loans of one lender.

use std::collections::BTreeMap;

use crate::image::augment::Augmentation;
use crate::image::prepare::InputSpec;
use crate::model::{Split, Suffix};
use crate::train::read::embed::Draw;
use crate::train::read::lent::Ticket;

pub(super) struct Sharing {
    pub loans: Loans,
    /// What learns here for another session.
    pub learner: Option<Learner>,
    /// Instances of the core that work together, this one among them.
    pub readers: usize,
}

impl Default for Sharing {
    fn default() -> Self {
        Self { loans: Loans::default(), learner: None, readers: 1 }
    }
}

/// Draws that are out. Of parts of a step the fit itself keeps the book.
#[derive(Default)]
pub(super) struct Loans {
    next: Ticket,
    open: BTreeMap<Ticket, LentDraws>,
}

/// Whose draws they are, and how they were made.
pub(super) struct LentDraws {
    pub split: Split,
    pub input: InputSpec,
    pub augmentation: Augmentation,
    pub draws: Vec<Draw>,
}

impl Loans {
    /// The ticket of the next loan.
    pub fn next(&self) -> Ticket {
        self.next
    }

    /// A loan was given out under [`next`](Self::next).
    pub fn count(&mut self) {
        self.next += 1;
    }

    pub fn open(&mut self, draws: LentDraws) -> Ticket {
        let ticket = self.next;
        self.open.insert(ticket, draws);
        self.count();
        ticket
    }

    pub fn close(&mut self, ticket: Ticket) -> Option<LentDraws> {
        self.open.remove(&ticket)
    }

    /// Draws that are out, of any embedder.
    pub fn draws(&self) -> impl Iterator<Item = &Draw> {
        self.open.values().flat_map(|lent| &lent.draws)
    }

    pub fn forget(&mut self) {
        self.open.clear();
    }
}

/// A suffix on the autodiff device, kept between two loans: all but the values that learns stays the same.
pub(super) struct Learner {
    pub split: Split,
    pub classes: usize,
    pub suffix: Suffix,
}
