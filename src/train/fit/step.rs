//! A part of an optimiser step, what it comes to, and the step that is made of parts.

use std::ops::Range;

use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};

use crate::error::{Error, Result};
use crate::model::Suffix;
use crate::rng::Rng;
use crate::train::fit::learning;
use crate::train::fit::loss::cross_entropy;
use crate::train::read::embed::read;
use crate::train::read::loan::{LoanId, Parts};

/// Some photos of a step, with what else their share of its loss depends on.
pub struct Part {
    /// `[photos, channels, height, width]`, on the autodiff device.
    pub input: Tensor<4>,
    /// By which the features are multiplied, `[photos, features]`; empty without dropout.
    pub mask: Vec<f32>,
    /// `[photos, classes]`; see [`Loss::targets`](crate::train::fit::loss::Loss::targets).
    pub targets: Vec<f32>,
}

/// What a part comes to.
pub struct Learnt {
    pub gradients: GradientsParams,
    /// `[photos, classes]`, on the plain device.
    pub logits: Tensor<2>,
}

impl Part {
    /// Its share of what the step makes smaller (see [`cross_entropy`]), and the logits that it comes from.
    pub fn loss(self, suffix: &Suffix, device: &Device) -> (Tensor<1>, Tensor<2>) {
        let mut features = suffix.pooled(self.input);
        if !self.mask.is_empty() {
            let mask = TensorData::new(self.mask, features.dims());
            features = features * Tensor::from_data(mask, device);
        }
        let logits = suffix.logits(features);
        (cross_entropy(logits.clone(), &self.targets, device), logits)
    }

    /// Forward and back.
    pub fn learn(self, suffix: &Suffix, device: &Device) -> Learnt {
        let (loss, logits) = self.loss(suffix, device);
        Learnt { gradients: GradientsParams::from_grads(loss.backward(), suffix), logits: logits.inner() }
    }
}

/// Sets a random part of `features` features to zero and scales the others up. Ours: Burn's comes from the device's
/// generator.
pub fn dropout_mask(features: usize, rate: f32, rng: &mut Rng) -> Vec<f32> {
    if rate == 0.0 {
        return Vec::new();
    }
    let kept = 1.0 / (1.0 - rate);
    (0..features).map(|_| if rng.uniform() < rate { 0.0 } else { kept }).collect()
}

/// A step under way.
pub(super) struct Step {
    /// Where the epoch stands when it is done.
    pub end: usize,
    /// The random numbers before it. A fit that is saved within a step begins the step again.
    pub before: Rng,
    pub parts: Vec<Planned>,
    /// Parts that are out, by their positions.
    pub loans: Vec<(LoanId, Vec<usize>)>,
    /// Gradients and logits of the first parts, as many as there are.
    pub summed: usize,
    pub sum: Option<GradientsParams>,
    pub logits: Vec<Tensor<2>>,
    /// Parts whose gradients may wait to be summed.
    pub most_waiting: usize,
}

pub(super) struct Planned {
    /// Positions in the epoch.
    pub looks: Range<usize>,
    pub mask: Vec<f32>,
    pub targets: Vec<f32>,
    /// Whether it is out.
    pub lent: bool,
    pub done: bool,
    /// What it came to, until that is summed.
    pub learnt: Option<Learnt>,
}

impl Step {
    /// The part to compute here: the first that nobody has begun with; or the first that is still out, when there is no other or too many
    /// wait for it, so that nobody waits for a helper that has died.
    pub fn next(&self) -> Option<usize> {
        let first = self.parts.iter().position(|part| !part.done);
        let waiting = self.parts.iter().filter(|part| part.learnt.is_some()).count();
        if waiting < self.most_waiting { self.waiting().next().or(first) } else { first }
    }

    pub fn waiting(&self) -> impl Iterator<Item = usize> {
        (0..self.parts.len()).filter(|&part| !self.parts[part].lent && !self.parts[part].done)
    }

    pub fn looks(&self, part: usize) -> Range<usize> {
        self.parts[part].looks.clone()
    }

    pub fn part(&self, part: usize, input: Tensor<4>) -> Part {
        let Planned { mask, targets, .. } = &self.parts[part];
        Part { input, mask: mask.clone(), targets: targets.clone() }
    }

    /// Keeps what a part came to, and sums what there is in the order of the parts.
    pub fn keep(&mut self, part: usize, learnt: Learnt, suffix: &Suffix) {
        (self.parts[part].done, self.parts[part].learnt) = (true, Some(learnt));
        while let Some(Learnt { gradients, logits }) =
            self.parts.get_mut(self.summed).and_then(|part| part.learnt.take())
        {
            self.summed += 1;
            self.logits.push(logits);
            self.sum = Some(match self.sum.take() {
                Some(sum) => learning::sum(suffix, sum, gradients),
                None => gradients,
            });
        }
    }

    pub fn is_complete(&self) -> bool {
        self.next().is_none()
    }

    /// The gradients of a complete step, and the logits of its parts in their order.
    pub fn into_sum(self) -> (Option<GradientsParams>, Vec<Tensor<2>>) {
        (self.sum, self.logits)
    }
}

/// The answer to a loan of parts: of one after the other the gradients of everything that learns, then the logits. `suffix` is on the
/// autodiff `device` and has the values of the loan, and an input is of that `shape`.
///
/// # Errors
/// `internal` for values that are not as many as the photos need.
pub async fn answer(suffix: &Suffix, work: &Parts, shape: [usize; 3], device: &Device) -> Result<Vec<f32>> {
    let photos: usize = work.photos.iter().sum();
    let [channels, height, width] = shape;
    let per_photo = [channels * height * width, suffix.features(), work.classes];
    let [inputs, masks, targets] = per_photo.map(|values| photos * values);
    let expected = [inputs, if work.masks.is_empty() { 0 } else { masks }, targets];
    let got = [work.inputs.len(), work.masks.len(), work.targets.len()];
    if expected != got || work.photos.contains(&0) {
        let expected =
            format!("expected {expected:?} values of inputs, masks and targets for {:?} photos", work.photos);
        return Err(Error::internal(format!("{expected}, got {got:?}")));
    }
    let mut found = Vec::with_capacity(work.photos.len() * learning::count(suffix) + targets);
    let (mut inputs, mut masks, mut targets) = (&work.inputs[..], &work.masks[..], &work.targets[..]);
    let masked = !masks.is_empty();
    for &photos in &work.photos {
        let next = |values: &mut &[f32], per_photo: usize| {
            let (first, rest) = values.split_at(photos * per_photo);
            *values = rest;
            first.to_vec()
        };
        let input = TensorData::new(next(&mut inputs, per_photo[0]), [photos, channels, height, width]);
        let mask = if masked { next(&mut masks, per_photo[1]) } else { Vec::new() };
        let part = Part { input: Tensor::from_data(input, device), mask, targets: next(&mut targets, per_photo[2]) };
        let Learnt { gradients, logits } = part.learn(suffix, device);
        found.extend(learning::gradients(suffix, &gradients).await?);
        found.extend(read(logits).await?);
    }
    Ok(found)
}
