//! The first classifier, kept up to date while photos arrive and as long as nothing is trained or opened.

use serde::Serialize;

use super::Session;
use crate::eval::provisional::{Impression, Materials, Piece, Provisional};

/// What a piece of work on the first classifier came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum ProvisionalStep {
    /// It is as good as what is read allows, or there are no two classes yet.
    UpToDate,
    /// There is more to do.
    More,
    /// It is there, or there anew: [`ModelChoice::Provisional`](super::ModelChoice::Provisional) asks it.
    Made { impression: Impression },
}

impl Session {
    /// Goes on with it by a tenth of a second of work, mostly far less. Nothing is done while a run is under way, nor once there is a
    /// trained classifier or one out of a file.
    pub fn go_on_provisionally(&mut self) -> ProvisionalStep {
        if self.run.is_some() || self.models.classifier.is_some() {
            return ProvisionalStep::UpToDate;
        }
        let embedder = &self.models.embedders[0];
        let with = Materials {
            dataset: &self.dataset,
            cache: &embedder.cache,
            input: &embedder.input,
            architecture: self.weights.architecture,
            device: &self.device,
        };
        // While photos are being added, what is read is caught up with again and again.
        let all_read = !self.expected.adding && self.unread() == 0;
        match self.provisionally.go_on(&with, self.models.provisional.is_some(), all_read) {
            Piece::Nothing => ProvisionalStep::UpToDate,
            Piece::More => ProvisionalStep::More,
            Piece::Made(made) => {
                let Provisional { classifier, impression } = *made;
                self.models.provisional = Some(classifier);
                ProvisionalStep::Made { impression }
            }
        }
    }

    /// Whether there is a first classifier.
    pub fn is_provisional(&self) -> bool {
        self.models.provisional.is_some()
    }
}
