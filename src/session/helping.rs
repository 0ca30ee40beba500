//! Embedding and learning for another session, which has [lent](super::lending) draws or parts of its step.

use super::Session;
use super::sharing::Learner;
use crate::error::{Error, Result};
use crate::image::Pixels;
use crate::image::prepare::InputSpec;
use crate::model::{Split, Suffix};
use crate::nn::params::RandomParams;
use crate::rng::Rng;
use crate::train::fit::learning;
use crate::train::fit::step;
use crate::train::read::loan::Parts;

impl Session {
    /// The answer to a loan of pictures of the input size, three bytes a pixel: their activations at `Split(last_stages)`.
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
        let position = self.helping_embedder(split, &input)?;
        let pixels = |rgb: &[u8]| Pixels { width: input.size, height: input.size, rgb: rgb.to_vec() };
        let pictures: Vec<Pixels> = pictures.chunks_exact(bytes).map(pixels).collect();
        self.models.embedders[position].activations(&pictures.iter().collect::<Vec<_>>()).await
    }

    /// The embedder of that split. Of those that were made for other sessions' earlier work none stays beside it: a lender comes to
    /// another split with another run. Nothing is let go of while something is under way here.
    fn helping_embedder(&mut self, split: Split, input: &InputSpec) -> Result<usize> {
        let known = self.models.embedders.iter().any(|embedder| embedder.is_of(split, input));
        if !known && self.run.is_none() {
            self.forget_unused_embedders();
        }
        self.embedder(split, input)
    }

    /// The answer to a loan of parts, at `Split(last_stages)`: of one after the other the gradients of everything that learns, then the logits.
    ///
    /// # Errors
    /// `invalid-option` for a split that the backbone does not have; `internal` for values that are not as many as they should be.
    pub async fn learn(&mut self, last_stages: usize, parts: &Parts) -> Result<Vec<f32>> {
        let architecture = self.weights.architecture;
        let split = Split(last_stages).check(architecture)?;
        if parts.classes == 0 {
            return Err(Error::internal("parts of a step without classes"));
        }
        let device = self.device.tensors.clone().autodiff();
        let taps = split.taps(architecture, parts.features);
        let fits = |known: &Learner| (known.split, known.classes, known.suffix.taps()) == (split, parts.classes, &taps);
        let known = self.sharing.learner.take().filter(fits);
        let suffix = known.map_or_else(
            || {
                let mut head = RandomParams(Rng::new(0)); // like all that learns, about to be overwritten
                let taps = taps.clone();
                Suffix::load(architecture, split, taps, parts.classes, &mut self.weights.params(), &mut head, &device)
            },
            |known| known.suffix,
        );
        let suffix = learning::with_values(suffix, &parts.parameters, &device)?;
        let shape = split.activation_shape(architecture, self.weights.card.input.size as usize);
        let found = step::answer(&suffix, parts, shape, &device).await;
        self.sharing.learner = Some(Learner { split, classes: parts.classes, suffix });
        found
    }
}
