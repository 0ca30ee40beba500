//! Learning for another session, which has lent parts of its step.

use super::Session;
use crate::error::{Error, Result};
use crate::model::{Split, Suffix};
use crate::nn::params::RandomParams;
use crate::rng::Rng;
use crate::train::fit::learning;
use crate::train::fit::parts;
use crate::train::read::lent::LentParts;

/// A suffix on the autodiff device, kept between two loans: all but the values that learn stays the same.
pub(super) struct Learner {
    split: Split,
    classes: usize,
    suffix: Suffix,
}

impl Session {
    /// What lent parts come to, at `Split(last_stages)`: of one after the other the gradients of everything that learns, then the logits.
    ///
    /// # Errors
    /// `invalid-option` for a split that the backbone does not have; `internal` for values that are not as many as they should be.
    pub async fn learn(&mut self, last_stages: usize, lent: &LentParts) -> Result<Vec<f32>> {
        let architecture = self.weights.architecture;
        let split = Split(last_stages).check(architecture)?;
        if lent.classes == 0 {
            return Err(Error::internal("parts of a step without classes"));
        }
        let device = self.device.tensors.clone().autodiff();
        let known = self.learner.take().filter(|known| (known.split, known.classes) == (split, lent.classes));
        let suffix = known.map_or_else(
            || {
                let mut head = RandomParams(Rng::new(0)); // like all that learns, about to be overwritten
                Suffix::load(architecture, split, lent.classes, &mut self.weights.params(), &mut head, &device)
            },
            |known| known.suffix,
        );
        let suffix = learning::with_values(suffix, &lent.parameters, &device)?;
        let shape = split.activation_shape(architecture, self.weights.card.input.size as usize);
        let found = parts::answer(&suffix, lent, shape, &device).await;
        self.learner = Some(Learner { split, classes: lent.classes, suffix });
        found
    }
}
