//! Finding out, one small step at a time, as [`TrainRun`](crate::train::run::TrainRun) goes.
//!
//! 1. **Embed** every photo as it is: a training of the output layer needs that anyway.
//! 2. **Ask the source model** what it makes of them.
//! 3. **Cross-validate** an output layer on the frozen features: a second or less, since they are cached.
//! 4. **Measure** one batch at each split that may be advised.

use burn::tensor::Device;

use super::cost::{Measured, Speed};
use super::decide::{Advice, Findings, Separability, decide};
use super::similarity::similarity;
use crate::data::dataset::{Dataset, PhotoId};
use crate::error::{Error, ErrorCode, Result};
use crate::eval::cross_validation::{CrossValidation, EvaluationStep, REJECT_RATE};
use crate::eval::outputs::Outputs;
use crate::image::Pixels;
use crate::model::{Split, Suffix};
use crate::train::cache::ActivationCache;
use crate::train::config::{Regime, TrainConfig};
use crate::train::embed::{Draw, Embedded, Embedder};
use crate::train::event::StepEvent;
use crate::train::fit::Sample;
use crate::train::run::Workbench;
use crate::train::teaching_set::TeachingSet;

/// Epochs of the cross-validated output layer.
const EPOCHS: usize = 30;
/// The source model is asked about so many photos at once.
const BATCH: usize = 16;
/// The splits that are timed: the output layer alone, what `last-k` trains, and everything.
const TIMED: [usize; 3] = [0, 3, 7];
/// Everything is timed only where the photos are that many: it takes a second or more.
const PHOTOS_FOR_ALL: usize = 200;

/// What a step brought.
pub enum AdviceStep {
    Event(StepEvent),
    Finished(Box<Advice>),
}

pub struct AdviceRun {
    wish: TrainConfig,
    set: TeachingSet,
    source: Suffix,
    to_embed: Vec<Draw>,
    embedded: usize,
    similarity: Option<super::similarity::Similarity>,
    separability: Option<Separability>,
    measured: Vec<Measured>,
    phase: Phase,
}

enum Phase {
    Embed,
    Source(Box<Outputs>),
    CrossValidate(Box<CrossValidation>),
    Measure,
}

impl AdviceRun {
    /// Checks the classes; computes nothing yet. `wish` is what is wanted already, `source` the source model's output layer, and
    /// `embedder` that of split 0.
    ///
    /// # Errors
    /// `too-few-classes`, `empty-class`, `invalid-option`.
    pub fn new(wish: TrainConfig, source: Suffix, dataset: &Dataset, embedder: &mut Embedder) -> Result<Self> {
        let set = TeachingSet::of(dataset)?;
        let photos = set.samples.iter().map(|sample| sample.photo);
        let to_embed = embedder.to_embed(photos, &TrainConfig { augment: 0, ..wish.clone() });
        let (similarity, separability, measured) = (None, None, Vec::new());
        Ok(Self { wish, set, source, to_embed, embedded: 0, similarity, separability, measured, phase: Phase::Embed })
    }

    /// The split that the workbench's embedder must be of.
    pub fn split(&self) -> Split {
        Split(if matches!(self.phase, Phase::Measure) { TIMED[self.measured.len().min(TIMED.len() - 1)] } else { 0 })
    }

    /// One batch of photos embedded, asked about or learnt from, or one split measured.
    pub async fn step(&mut self, bench: Workbench<'_>) -> Result<AdviceStep> {
        match &mut self.phase {
            Phase::Embed if self.embedded < self.to_embed.len() => {
                let rest = &self.to_embed[self.embedded..];
                let event = match bench.embedder.embed_next(rest, bench.dataset).await? {
                    Embedded::Missing(ids) => StepEvent::NeedPhotos { ids },
                    Embedded::Draws(count) => {
                        self.embedded += count;
                        StepEvent::Embed { done: self.embedded, total: self.to_embed.len() }
                    }
                };
                return Ok(AdviceStep::Event(event));
            }
            Phase::Embed => {
                let outputs = Outputs::new(self.source.clone(), self.set.samples.clone());
                self.phase = Phase::Source(Box::new(outputs));
            }
            Phase::Source(outputs) if !outputs.is_complete() => {
                outputs.step(BATCH, &bench.embedder.cache, &bench.device.tensors).await?;
            }
            Phase::Source(outputs) => {
                let labels: Vec<usize> = self.set.samples.iter().map(|sample| sample.label).collect();
                let source_classes = outputs.logits.len() / labels.len().max(1);
                self.similarity = similarity(&outputs.logits, source_classes, &labels, self.set.labels.len());
                let config = self.head(EPOCHS);
                let run = CrossValidation::new(config, None, REJECT_RATE, None, bench.dataset, bench.embedder)?;
                self.phase = Phase::CrossValidate(Box::new(run));
            }
            Phase::CrossValidate(run) => match run.step(bench).await {
                Ok(EvaluationStep::Event(_)) => {}
                Ok(EvaluationStep::Finished(evaluation, _)) => {
                    self.separability = Some(Separability {
                        accuracy: evaluation.scores.top1,
                        interval: evaluation.accuracy,
                        folds: evaluation.method.folds,
                    });
                    self.phase = Phase::Measure;
                }
                // No photo can be held out: then nothing is known of that, which is no reason to give no advice.
                Err(error) if error.code == ErrorCode::TooFewPhotos => self.phase = Phase::Measure,
                Err(error) => return Err(error),
            },
            Phase::Measure => {
                let split = self.split();
                self.measured.push(self.measure(split, &bench).await?);
                if self.measured.len() == self.splits_to_time(bench.weights.architecture.stages.len()) {
                    return self.advise(&bench).map(|advice| AdviceStep::Finished(Box::new(advice)));
                }
            }
        }
        Ok(AdviceStep::Event(StepEvent::Advising))
    }

    /// A toy backbone has fewer stages than the splits that are timed.
    fn splits_to_time(&self, stages: usize) -> usize {
        let all = self.set.samples.len() >= PHOTOS_FOR_ALL;
        TIMED.iter().filter(|&&k| k <= stages && (k < stages || all)).count().max(1)
    }

    fn head(&self, epochs: usize) -> TrainConfig {
        let TrainConfig { framing, balance, seed, .. } = self.wish;
        TrainConfig { regime: Regime::Head, epochs, augment: 0, framing, balance, seed, ..TrainConfig::default() }
    }

    /// One batch through the prefix, and one through the suffix and back; each once before the clock runs, since the first time
    /// a device compiles and reserves.
    async fn measure(&self, split: Split, bench: &Workbench<'_>) -> Result<Measured> {
        let size = bench.weights.card.input.size;
        let grey = Pixels { width: size, height: size, rgb: vec![127; (size * size * 3) as usize] };
        let pictures = vec![&grey; bench.device.embedding_batch()];
        bench.embedder.activations(&pictures[..1]).await?;
        let started = (bench.clock)();
        let activations = bench.embedder.activations(&pictures).await?;
        let embed_seconds = ((bench.clock)() - started) / pictures.len() as f64;

        let shape = bench.embedder.cache.shape();
        let batch = self.wish.batch_size.min(self.set.samples.len());
        let mut cache = ActivationCache::new(shape);
        let samples: Vec<Sample> = (0..batch as PhotoId).map(|photo| Sample { photo, label: 0 }).collect();
        for sample in &samples {
            cache.insert(sample.photo, activations[..shape.iter().product()].to_vec())?;
        }
        let config = TrainConfig { last_stages: split.0, ..self.head(2) };
        let mut fit = bench.fresh_fit(&config, samples, Vec::new(), self.set.labels.len(), 2);
        let device: &Device = &bench.device.tensors;
        fit.step(&cache, device)?;
        fit.end_epoch(&cache, device).await?;
        let started = (bench.clock)();
        fit.step(&cache, device)?;
        fit.end_epoch(&cache, device).await?;
        let train_seconds = ((bench.clock)() - started) / batch as f64;
        Ok(Measured { last_stages: split.0, embed_seconds, train_seconds })
    }

    fn advise(&self, bench: &Workbench<'_>) -> Result<Advice> {
        let similarity = self.similarity.ok_or_else(|| Error::internal("advice without photos"))?;
        let per_class = || self.set.per_class.iter().copied();
        let findings = Findings {
            photos: self.set.samples.len(),
            classes: self.set.labels.len(),
            smallest: per_class().min().unwrap_or(0),
            largest: per_class().max().unwrap_or(0),
            similarity,
            separability: self.separability,
        };
        let speed = Speed { measured: self.measured.clone() };
        decide(findings, speed, &self.wish, bench.weights.architecture)
    }
}
