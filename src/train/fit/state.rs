//! A fit in the middle, as numbers, and from there on again.

use std::collections::{BTreeMap, HashMap};

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::{Drawing, FRESH_DRAWS, Fit};
use crate::backbone::tensor_file::FileTensor;
use crate::data::dataset::PhotoId;
use crate::error::{Error, Result};
use crate::rng::Rng;
use crate::train::fit::module_state::{self, Steps};
use crate::train::read::embed::read;
use crate::train::read::sample::Look;

/// The logits of the batches of this epoch so far, then of the held-out photos so far, `[looks, classes]`.
const LOGITS: &str = "logits";

/// Where a fit is. Photos go by their position among those it learns from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Optimiser steps done.
    pub steps: usize,
    /// What this epoch looks at, in its order: photo and draw. Empty between two epochs.
    pub order: Vec<(usize, usize)>,
    /// How much of it has been learnt from.
    pub next: usize,
    /// Photos that the running statistics of live batch-norms have been measured on, after the last epoch.
    pub measured: usize,
    /// Held-out photos that have been judged, after this epoch.
    pub judged: usize,
    pub rng: [u64; 4],
    /// Steps of each parameter.
    pub parameter_steps: Steps,
}

impl Fit {
    /// Everything that the rest of the fit depends on. Two readbacks.
    pub async fn save(&self) -> Result<(Position, Vec<FileTensor>)> {
        let (mut tensors, parameter_steps) = module_state::save(&self.suffix.valid(), &self.optimiser).await?;
        if !self.logits.is_empty() {
            let values = read(Tensor::cat(self.logits.clone(), 0)).await?;
            let shape = vec![self.next + self.judged, self.classes];
            tensors.push(FileTensor { name: LOGITS.to_owned(), shape, values });
        }
        let positions: HashMap<PhotoId, usize> =
            self.samples.iter().enumerate().map(|(position, sample)| (sample.photo, position)).collect();
        let place = |(sample, draw): &Look| {
            let position = positions.get(&sample.photo).copied();
            Ok((position.ok_or_else(|| Error::internal("an epoch with a photo of another fit"))?, *draw))
        };
        let position = Position {
            steps: self.steps,
            order: self.epoch.iter().map(place).collect::<Result<_>>()?,
            next: self.next,
            measured: self.measured,
            judged: self.judged,
            // What a step under way has drawn counts as not drawn: it begins again.
            rng: self.under_way.as_ref().map_or(&self.rng, |step| &step.before).state(),
            parameter_steps,
        };
        Ok((position, tensors))
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
        let Position { steps, order, next, measured, judged, rng, parameter_steps } = position;
        self.epoch =
            order.iter().map(|&place| self.look(place)).collect::<Option<_>>().ok_or("its epoch has unknown looks")?;
        self.go_to(epoch, steps, next)?;
        self.go_past_the_last_batch(measured, judged)?;
        if parameter_steps.values().any(|&of_one| of_one == 0 || of_one > steps) {
            return Err(format!("a parameter has not taken 1 to {steps} steps"));
        }
        self.rng = Rng::resume(rng).ok_or("its random numbers have no state")?;

        let mut tensors: BTreeMap<String, FileTensor> =
            tensors.into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
        if next > 0 {
            let shape = [next + judged, self.classes];
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

    /// A look at a sample, where an epoch could have it.
    fn look(&self, (position, draw): (usize, usize)) -> Option<Look> {
        let sample = self.samples.get(position)?;
        let most = match self.drawing {
            Drawing::Anew if self.draws > 0 => FRESH_DRAWS,
            _ => self.draws,
        };
        (draw <= most).then_some((*sample, draw))
    }

    /// `next` looks into an epoch, which `self.epoch` holds already.
    fn go_to(&mut self, epoch: usize, steps: usize, next: usize) -> std::result::Result<(), String> {
        let (looks, batches) = (self.epoch.len(), self.epoch_batches());
        let whole = looks == batches.looks() || looks == 0;
        if !whole || next > looks {
            return Err(format!("its epoch is at {next} of {looks} looks, expected up to {}", batches.looks()));
        }
        self.next = next;
        if next != batches.start(self.batches_done()) {
            return Err(format!("its epoch is at {next} of {looks} looks, which is within a batch"));
        }
        let expected = (epoch as u64 - 1) * batches.count() as u64 + self.batches_done() as u64;
        if steps as u64 != expected {
            return Err(format!("it counts {steps} steps, expected {expected}"));
        }
        self.steps = steps;
        Ok(())
    }

    /// Goes to where, after the last batch of an epoch, `measured` photos are measured and `judged` ones judged. The
    /// momentum of batch-norms is not kept: it is as ever while there are batches, and [`measure`](Self::measure) sets
    /// its own.
    fn go_past_the_last_batch(&mut self, measured: usize, judged: usize) -> std::result::Result<(), String> {
        let (to_measure, held_out) = (self.to_measure(), self.held_out.len());
        let taught = !self.epoch.is_empty() && self.next == self.epoch.len();
        let possible = match (measured, judged) {
            (0, 0) => true,
            (_, 0) => {
                let batches = self.measuring();
                taught && measured <= to_measure && measured == batches.start(batches.before(measured))
            }
            _ => {
                let whole_batches = judged.is_multiple_of(self.judged_together()) || judged == held_out;
                taught && measured == to_measure && judged <= held_out && whole_batches
            }
        };
        if !possible {
            return Err(format!(
                "it has measured {measured} of {to_measure} photos and judged {judged} of {held_out}, which cannot be there"
            ));
        }
        (self.measured, self.judged) = (measured, judged);
        Ok(())
    }
}
