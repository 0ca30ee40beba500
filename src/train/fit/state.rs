//! A fit in the middle, as numbers, and from there on again.

use std::collections::{BTreeMap, HashMap};

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use super::{Fit, Look};
use crate::backbone::tensor_file::FileTensor;
use crate::data::dataset::PhotoId;
use crate::error::{Error, Result};
use crate::rng::Rng;
use crate::train::embed::read;
use crate::train::module_state::{self, Steps};

/// The logits of the batches of this epoch so far, `[looks, classes]`.
const LOGITS: &str = "logits";

/// Where a fit is. Photos go by their position among those it learns from.
pub struct Position {
    pub steps: usize,
    pub order: Vec<(usize, usize)>,
    pub next: usize,
    pub rng: [u64; 4],
    pub parameter_steps: Steps,
}

impl Fit {
    /// Everything that the rest of the fit depends on. Two readbacks.
    pub async fn save(&self) -> Result<(Position, Vec<FileTensor>)> {
        let (mut tensors, parameter_steps) = module_state::save(&self.suffix.valid(), &self.optimiser).await?;
        if !self.logits.is_empty() {
            let values = read(Tensor::cat(self.logits.clone(), 0)).await?;
            tensors.push(FileTensor { name: LOGITS.to_owned(), shape: vec![self.next, self.classes], values });
        }
        let positions: HashMap<PhotoId, usize> =
            self.samples.iter().enumerate().map(|(position, sample)| (sample.photo, position)).collect();
        let place = |(sample, draw): &Look| {
            let position = positions.get(&sample.photo).copied();
            Ok((position.ok_or_else(|| Error::internal("an epoch with a photo of another fit"))?, *draw))
        };
        // Between two epochs the order of the last one means nothing any more.
        let order = if self.next == 0 { Vec::new() } else { self.epoch.iter().map(place).collect::<Result<_>>()? };
        let (steps, next, rng) = (self.steps, self.next, self.rng.state());
        Ok((Position { steps, order, next, rng, parameter_steps }, tensors))
    }

    /// Puts a fresh fit where another one of the same making was in its `epoch` (from 1), on the plain `device`.
    ///
    /// # Errors
    /// What does not fit, in words.
    pub fn resume(
        &mut self,
        position: Position,
        epoch: usize,
        tensors: Vec<FileTensor>,
        device: &Device,
    ) -> std::result::Result<(), String> {
        let Position { steps, order, next, rng, parameter_steps } = position;
        self.epoch =
            order.iter().map(|&place| self.look(place)).collect::<Option<_>>().ok_or("its epoch has unknown photos")?;
        let looks = if next == 0 { 0 } else { self.looks() };
        if order.len() != looks || next > looks || (next % self.batch_size != 0 && next != looks) {
            return Err(format!("its epoch is at {next} of {}, expected a batch's end in {looks}", order.len()));
        }
        self.next = next;
        let expected = (epoch - 1) * self.batches() + self.batches_done();
        if steps != expected || parameter_steps.values().any(|&of_one| of_one == 0 || of_one > steps) {
            return Err(format!("it counts {steps} steps, expected {expected}"));
        }
        self.steps = steps;
        self.rng = Rng::resume(rng).ok_or("its random numbers have no state")?;

        let mut tensors: BTreeMap<String, FileTensor> =
            tensors.into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
        if next > 0 {
            let shape = [next, self.classes];
            let logits = tensors.remove(LOGITS).filter(|logits| logits.shape == shape);
            let logits = logits.ok_or_else(|| format!("it lacks the tensor {LOGITS} of shape {shape:?}"))?;
            self.logits = vec![Tensor::from_data(TensorData::new(logits.values, shape), device)];
        }
        let suffix = self.suffix.clone();
        self.suffix = module_state::restore(suffix, &mut self.optimiser, &mut tensors, &parameter_steps, device)?;
        match tensors.keys().next() {
            None => Ok(()),
            Some(name) => Err(format!("it has a tensor {name} that this network has not")),
        }
    }

    fn look(&self, (position, draw): (usize, usize)) -> Option<Look> {
        let sample = self.samples.get(position)?;
        (draw <= self.draws).then_some((*sample, draw))
    }
}
