//! What a session knows of others that it shares work with.
//!
//! The words are those of [`loan`](crate::train::read::loan). A *learner* is the other side: what is kept here between two loans of one
//! lender.

use std::collections::BTreeMap;

use crate::image::augment::Augmentation;
use crate::image::prepare::InputSpec;
use crate::model::{Split, Suffix};
use crate::train::read::embed::Draw;
use crate::train::read::loan::LoanId;

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

/// Loans of draws. Of those of parts of a step the fit itself keeps the book.
#[derive(Default)]
pub(super) struct Loans {
    next: LoanId,
    open: BTreeMap<LoanId, OpenLoan>,
}

/// Whose draws they are, and how they were made.
pub(super) struct OpenLoan {
    pub split: Split,
    pub input: InputSpec,
    pub augmentation: Augmentation,
    pub draws: Vec<Draw>,
}

impl Loans {
    /// Id of the next loan.
    pub fn next(&self) -> LoanId {
        self.next
    }

    /// A loan was given out under [`next`](Self::next).
    pub fn count(&mut self) {
        self.next += 1;
    }

    pub fn open(&mut self, draws: OpenLoan) -> LoanId {
        let id = self.next;
        self.open.insert(id, draws);
        self.count();
        id
    }

    pub fn close(&mut self, id: LoanId) -> Option<OpenLoan> {
        self.open.remove(&id)
    }

    /// Draws that are out, of any embedder.
    pub fn draws(&self) -> impl Iterator<Item = &Draw> {
        self.open.values().flat_map(|loan| &loan.draws)
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
