//! An optimiser step in parts, which other instances of the core may compute along: where batch-norm is fixed, no photo of a batch
//! depends on another.
//!
//! How a batch is divided does not depend on how many there are to compute it, and gradients are summed in the order of the parts.
//! So a training comes to the same bits whoever computed what, and whoever died over it.

use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData};

use super::step::{Learnt, Planned, Step, dropout_mask};
use super::{Fit, labels};
use crate::error::{Error, Result};
use crate::train::fit::inputs::{Batch, Inputs};
use crate::train::fit::learning;
use crate::train::read::embed::read;
use crate::train::read::loan::{LoanId, Parts, Work};

/// Photos in a part, at most: a batch of sixteen can keep four workers busy. Our kernels go photo by photo, so in WebAssembly four
/// parts of the last two stages take no longer than the batch as a whole (400 ms of processor time against 404).
const PART: usize = 4;

/// Bytes of gradients that may wait for those of parts before them, so that all are summed in one order.
const WAITING_GRADIENTS: usize = 128 << 20;

/// How many parts a batch of `photos` photos has.
pub fn parts_of(photos: usize) -> usize {
    photos.div_ceil(PART)
}

impl Fit {
    /// The same, with its steps in parts. For the CPU, where a part costs hardly more than its share of the whole; and only where no
    /// batch-norm goes by the batch.
    pub fn in_parts(self) -> Self {
        Self { part_size: PART, ..self }
    }

    /// How many parts a step has.
    pub fn parts(&self) -> usize {
        self.epoch_batches().largest().div_ceil(self.part_size)
    }

    /// The step from where the epoch stands. Parts are as equal as can be, for those who share them.
    pub(super) fn begin_step(&mut self) -> Step {
        let before = self.rng.clone();
        let (start, end) = (self.next, self.epoch_batches().start(self.batches_done() + 1));
        let photos = end - start;
        let mask = dropout_mask(photos * self.suffix.features(), self.dropout, &mut self.rng);
        let labels = labels(self.epoch[start..end].iter().map(|(sample, _)| sample));
        let targets = self.loss.targets(&labels, self.classes);
        let rows = |values: &[f32], of: &Range<usize>| {
            let per_photo = values.len() / photos;
            values[of.start * per_photo..of.end * per_photo].to_vec()
        };
        let count = photos.div_ceil(self.part_size);
        let part = |index: usize| {
            let of = index * photos / count..(index + 1) * photos / count;
            let (mask, targets) = (rows(&mask, &of), rows(&targets, &of));
            Planned { looks: start + of.start..start + of.end, mask, targets, lent: false, done: false, learnt: None }
        };
        let parts = (0..count).map(part).collect();
        let most_waiting = self.most_waiting();
        Step { end, before, parts, loans: Vec::new(), summed: 0, sum: None, logits: Vec::new(), most_waiting }
    }

    /// How many gradients of parts may wait to be summed.
    fn most_waiting(&self) -> usize {
        (WAITING_GRADIENTS / size_of::<f32>() / learning::count(&self.suffix).max(1)).max(1)
    }

    /// Parts of the step that nobody has begun with, those after the one that is next here, for another instance of the
    /// core: the share of one of `workers` instances with nothing else to do, this one among them, which keeps at least
    /// one part. Nobody waits for it: what has not been [accepted](Self::accept) when the rest is done is computed
    /// here.
    ///
    /// # Errors
    /// As a step.
    pub async fn lend(&mut self, workers: usize, id: LoanId, inputs: &Inputs<'_>, device: &Device) -> Result<Work> {
        if self.parts() == 1 {
            return Ok(Work::Nothing);
        }
        if self.epoch.is_empty() {
            self.begin_epoch();
        }
        if self.next == self.epoch.len() {
            return Ok(Work::Nothing);
        }
        let mut step = self.under_way.take().unwrap_or_else(|| self.begin_step());
        let work = self.lend_of(&mut step, workers, id, inputs, device).await;
        self.under_way = Some(step);
        work
    }

    async fn lend_of(
        &self,
        step: &mut Step,
        workers: usize,
        id: LoanId,
        inputs: &Inputs<'_>,
        device: &Device,
    ) -> Result<Work> {
        let mut chosen: Vec<usize> = step.waiting().collect();
        let share = chosen.len().div_ceil(workers.max(1)).min(chosen.len().saturating_sub(1)).min(step.most_waiting);
        if share == 0 {
            return Ok(Work::Nothing);
        }
        chosen.drain(..1);
        chosen.truncate(share);
        let looks: Vec<_> = chosen.iter().flat_map(|&part| self.epoch[step.looks(part)].iter().copied()).collect();
        let inputs = match inputs.batch(&looks, device)? {
            Batch::Missing(photos) => return Ok(Work::Missing(photos)),
            Batch::Ready(inputs) => read(inputs).await?,
        };
        let parameters = learning::values(&self.suffix).await?;
        let features = self.suffix.taps().features();
        let mut work = Parts { features, classes: self.classes, parameters, inputs, ..Parts::default() };
        for &part in &chosen {
            let part = &mut step.parts[part];
            part.lent = true;
            work.photos.push(part.looks.len());
            work.masks.extend(&part.mask);
            work.targets.extend(&part.targets);
        }
        step.loans.push((id, chosen));
        Ok(Work::Parts(work))
    }

    /// Whether parts of the step under way are out as that loan.
    pub fn has_loan(&self, id: LoanId) -> bool {
        self.under_way.iter().flat_map(|step| &step.loans).any(|(of_loan, _)| *of_loan == id)
    }

    /// Whether nothing is left of the step under way but what is out: the next step computes it here.
    pub fn waits(&self) -> bool {
        self.under_way.as_ref().is_some_and(|step| step.next().is_some_and(|part| step.parts[part].lent))
    }

    /// The [answer](super::step::answer) to a loan. A part that was computed here meanwhile stays as it is.
    ///
    /// # Errors
    /// `internal` for another number of values than the parts have; somebody else computes them then.
    pub fn accept(&mut self, id: LoanId, answer: &[f32], device: &Device) -> Result<()> {
        let Some(step) = &mut self.under_way else { return Ok(()) };
        let Some(position) = step.loans.iter().position(|(of_loan, _)| *of_loan == id) else { return Ok(()) };
        let (_, parts) = step.loans.swap_remove(position);
        let learn = learning::count(&self.suffix);
        let logits = |part: usize| step.parts[part].looks.len() * self.classes;
        let expected: usize = parts.iter().map(|&part| learn + logits(part)).sum();
        if answer.len() != expected {
            parts.iter().for_each(|&part| step.parts[part].lent = false);
            let (parts, got) = (parts.len(), answer.len());
            return Err(Error::internal(format!("expected {expected} values of {parts} parts of a step, got {got}")));
        }
        let mut rest = answer;
        for part in parts {
            let shape = [step.parts[part].looks.len(), self.classes];
            let (gradients, after) = rest.split_at(learn);
            let (logits, after) = after.split_at(shape[0] * shape[1]);
            rest = after;
            if !step.parts[part].done {
                let gradients = learning::to_gradients(&self.suffix, gradients, device)?;
                let logits = Tensor::from_data(TensorData::new(logits.to_vec(), shape), device);
                step.keep(part, Learnt { gradients, logits }, &self.suffix);
            }
        }
        Ok(())
    }
}
