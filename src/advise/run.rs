//! Finding out, one small step at a time, as [`TrainRun`](crate::train::run::TrainRun) goes.
//!
//! 1. **Embed** every photo as it is: a training of the output layer needs that anyway.
//! 2. **Ask the source model** what it makes of them, in the framing it was taught with whatever is wished: the limits between
//!    like and unlike were measured so.
//! 3. **Cross-validate** an output layer on the frozen features: a second or less, since they are cached.
//! 4. **Measure** one batch at each split that may be advised, unless that is known.
//! 5. **Try** whether deeper stages pay, where that is open and takes no more than a part of the time that a training may.

use super::cost::{Measured, Speed, expected_seconds};
use super::decide::{Advice, Findings, Separability, decide, is_open};
use super::measure::measure;
use super::similarity::{Similarity, similarity};
use super::trial::{self, Trial, Tried};
use crate::backbone::architecture::Architecture;
use crate::error::{ErrorCode, Result};
use crate::eval::cross_validation::{CrossValidation, Evaluated, REJECT_RATE};
use crate::eval::outputs::Outputs;
use crate::model::Suffix;
use crate::score::evaluation::Evaluation;
use crate::train::fit::Fit;
use crate::train::fit::inputs::Inputs;
use crate::train::plan::budget::settle_within;
use crate::train::plan::config::TrainConfig;
use crate::train::plan::regime::Regime;
use crate::train::read::reading::{EmbedEvent, Reading};
use crate::train::read::step::Step;
use crate::train::read::teaching_set::TeachingSet;
use crate::train::run::under_way::UnderWay;
use crate::train::run::workbench::Workbench;

/// The source model is asked about this many photos at once.
const BATCH: usize = 16;
/// What `last-k` trains, which is timed beside the output layer.
const TIMED: usize = 3;
/// A try takes at most this part of the time that a training may.
const TRIAL_SHARE: f64 = 0.25;
/// Everything is timed too where the photos are that many: it takes a second or more.
const PHOTOS_FOR_ALL: usize = 200;

/// What an advice tells while it goes.
#[derive(Debug, Clone, Copy)]
pub enum AdviceEvent {
    Embed(EmbedEvent),
    /// Something was found out about the photos or the device.
    Advising,
}

/// What a step of an advice brings.
pub type AdviceStep = Step<AdviceEvent, Box<Advice>>;

pub struct AdviceRun {
    wish: TrainConfig,
    set: TeachingSet,
    /// The output layer of the weights, where they have one.
    source: Option<Suffix>,
    /// How the network is split in this phase.
    config: TrainConfig,
    /// Splits still to be timed, the next one last.
    to_time: Vec<usize>,
    similarity: Option<Similarity>,
    separability: Option<Separability>,
    measured: Vec<Measured>,
    /// When the try began, and how long it should take.
    tried_since: f64,
    try_seconds: f64,
    /// What it has found out of the output layer.
    tried_head: Option<Tried>,
    trial: Option<Trial>,
    phase: Phase,
}

enum Phase {
    Read(Reading),
    Source(Box<Outputs>),
    CrossValidate(Box<CrossValidation>),
    Measure,
    Consider,
    /// The output layer alone, then the last stage with it: see `config`.
    BeginTry,
    Try(Box<CrossValidation>),
    Advise,
}

impl UnderWay for AdviceRun {
    fn config(&self) -> &TrainConfig {
        &self.config
    }

    fn reading(&mut self) -> Option<&mut Reading> {
        match &mut self.phase {
            Phase::Read(reading) => Some(reading),
            Phase::CrossValidate(run) | Phase::Try(run) => run.reading(),
            _ => None,
        }
    }

    fn fit(&mut self) -> Option<&mut Fit> {
        match &mut self.phase {
            Phase::Try(run) => run.fit(),
            _ => None,
        }
    }
}

impl AdviceRun {
    /// Checks the classes; computes nothing yet. `wish` is what is wanted already, `source` the source model's output layer where it has one,
    /// `known` what was measured of this device before, which is not measured again; the workbench is that of [`head`].
    ///
    /// # Errors
    /// `too-few-classes`, `empty-class`, `invalid-option`.
    pub fn new(
        wish: TrainConfig,
        source: Option<Suffix>,
        known: &[Measured],
        mut bench: Workbench<'_>,
    ) -> Result<Self> {
        let set = TeachingSet::of(bench.photos.dataset)?;
        let config = head(&wish).settle(bench.weights.architecture, set.samples.len())?;
        let stages = bench.weights.architecture.stages.len();
        let many = set.samples.len() >= PHOTOS_FOR_ALL;
        let batch_size = batch_size(&wish, &set);
        let measured: Vec<Measured> = known.iter().copied().filter(|known| known.batch_size == batch_size).collect();
        let is_known = |k: usize| measured.iter().any(|measured| measured.last_stages == k);
        // The toy backbones of tests have fewer stages.
        let wanted = [stages, TIMED, trial::LAST_STAGES, 0].into_iter().filter(|&k| k == 0 || k < stages || many);
        let to_time = wanted.filter(|&k| !is_known(k)).collect();
        // The training that follows makes draws of their pixels.
        let phase = Phase::Read(Reading::new(&set.samples, &config, &mut bench.photos).keeping_pixels());
        Ok(Self {
            wish,
            set,
            source,
            config,
            to_time,
            similarity: None,
            separability: None,
            measured,
            tried_since: 0.0,
            try_seconds: 0.0,
            tried_head: None,
            trial: None,
            phase,
        })
    }

    /// One batch of photos read, asked about or learnt from, or one split measured.
    pub async fn step(&mut self, mut bench: Workbench<'_>) -> Result<AdviceStep> {
        match &mut self.phase {
            Phase::Read(reading) => {
                if let Some(step) = reading.step(&mut bench.photos).await?.within(AdviceEvent::Embed) {
                    return Ok(step);
                }
                self.phase = match self.source.clone() {
                    Some(source) => Phase::Source(Box::new(Outputs::new(source, self.set.samples.clone(), &[0]))),
                    None => self.cross_validate(bench)?,
                };
            }
            Phase::Source(outputs) if !outputs.is_complete() => {
                let features = Inputs::Activations(bench.photos.source_features());
                outputs.step(BATCH, &features, &bench.device.tensors).await?;
            }
            Phase::Source(outputs) => {
                let labels: Vec<usize> = self.set.samples.iter().map(|sample| sample.label).collect();
                let source_classes = outputs.logits.len() / labels.len().max(1);
                self.similarity = similarity(&outputs.logits, source_classes, &labels, self.set.labels.len());
                self.phase = self.cross_validate(bench)?;
            }
            Phase::CrossValidate(run) => match run.step(bench).await {
                Ok(Step::NeedPhotos(ids)) => return Ok(Step::NeedPhotos(ids)),
                Ok(Step::Event(_)) => {}
                Ok(Step::Finished(evaluated)) => {
                    let Evaluated { evaluation, .. } = *evaluated;
                    self.separability = Some(Separability {
                        accuracy: evaluation.scores.top1,
                        interval: evaluation.accuracy,
                        folds: evaluation.method.folds,
                    });
                    self.time_next();
                }
                // No photo can be held out: then nothing is known of that, which is no reason to give no advice.
                Err(error) if error.code == ErrorCode::TooFewPhotos => self.time_next(),
                Err(error) => return Err(error),
            },
            Phase::Measure => {
                let classes = self.set.labels.len();
                self.measured.push(measure(&self.config, batch_size(&self.wish, &self.set), classes, &bench).await?);
                self.time_next();
            }
            Phase::Consider => {
                self.phase = Phase::Advise;
                if let Some(seconds) = self.worth_trying(&bench)? {
                    (self.tried_since, self.try_seconds) = (bench.now, seconds);
                    self.try_next(head(&self.wish), bench.weights.architecture)?;
                }
            }
            Phase::BeginTry => {
                let (set, folds) = (self.set.clone(), Some(trial::FOLDS));
                let run = CrossValidation::new(self.config.clone(), folds, REJECT_RATE, None, set, bench)?;
                self.phase = Phase::Try(Box::new(run));
            }
            Phase::Try(run) => {
                let (now, architecture) = (bench.now, bench.weights.architecture);
                match run.step(bench).await? {
                    Step::NeedPhotos(ids) => return Ok(Step::NeedPhotos(ids)),
                    Step::Event(_) => {}
                    Step::Finished(evaluated) => self.tried(&evaluated.evaluation, now, architecture)?,
                }
            }
            Phase::Advise => return self.advise(&bench).map(|advice| Step::Finished(Box::new(advice))),
        }
        Ok(Step::Event(AdviceEvent::Advising))
    }

    fn cross_validate(&self, bench: Workbench<'_>) -> Result<Phase> {
        let run = CrossValidation::new(self.config.clone(), None, REJECT_RATE, None, self.set.clone(), bench)?;
        Ok(Phase::CrossValidate(Box::new(run)))
    }

    fn time_next(&mut self) {
        // What a try alone needs is not timed where none is open.
        let open = is_open(&self.findings(), &self.wish);
        self.to_time.retain(|&last_stages| open || last_stages != trial::LAST_STAGES);
        let Some(last_stages) = self.to_time.pop() else {
            self.phase = Phase::Consider;
            return;
        };
        self.phase = Phase::Measure;
        self.config.last_stages = last_stages;
        self.config.regime = if last_stages == 0 { Regime::Head } else { Regime::LastK };
    }

    /// How long a try should take, where it is open what deeper stages bring, and a try takes little enough of the time and of the memory.
    fn worth_trying(&self, bench: &Workbench<'_>) -> Result<Option<f64>> {
        let architecture = bench.weights.architecture;
        if trial::LAST_STAGES >= architecture.stages.len() || !is_open(&self.findings(), &self.wish) {
            return Ok(None);
        }
        let (photos, size) = (self.set.samples.len(), architecture.input.size as usize);
        let (config, reduced) =
            settle_within(bench.photos.activation_budget, trial::config(&self.wish), photos, architecture, size)?;
        let seconds = expected_seconds(&config, photos, 0, &self.speed(bench), architecture);
        Ok((reduced.is_none() && seconds <= TRIAL_SHARE * self.wish.time_limit).then_some(seconds))
    }

    /// One half of the try, which begins with the next step: the workbench is of that configuration then.
    fn try_next(&mut self, config: TrainConfig, architecture: &Architecture) -> Result<()> {
        self.config = config.settle(architecture, self.set.samples.len())?;
        self.phase = Phase::BeginTry;
        Ok(())
    }

    fn tried(&mut self, evaluation: &Evaluation, now: f64, architecture: &Architecture) -> Result<()> {
        let tried = Tried::of(evaluation);
        let Some(head) = self.tried_head else {
            self.tried_head = Some(tried);
            return self.try_next(trial::config(&self.wish), architecture);
        };
        let (folds, photos) = (evaluation.method.folds, evaluation.photos.len());
        self.trial = Some(Trial {
            last_stages: trial::LAST_STAGES,
            folds,
            photos,
            head,
            deeper: tried,
            seconds: now - self.tried_since,
            expected_seconds: self.try_seconds,
        });
        self.phase = Phase::Advise;
        Ok(())
    }

    fn speed(&self, bench: &Workbench<'_>) -> Speed {
        let mut measured = self.measured.clone();
        measured.sort_by_key(|measured| measured.last_stages);
        Speed { measured, readers: bench.readers }
    }

    fn findings(&self) -> Findings {
        let per_class = || self.set.per_class.iter().copied();
        Findings {
            photos: self.set.samples.len(),
            classes: self.set.labels.len(),
            smallest: per_class().min().unwrap_or(0),
            largest: per_class().max().unwrap_or(0),
            similarity: self.similarity,
            separability: self.separability,
            trial: self.trial,
        }
    }

    fn advise(&self, bench: &Workbench<'_>) -> Result<Advice> {
        let embedded = |config: &TrainConfig| bench.embedded(&self.set.samples, config);
        decide(self.findings(), self.speed(bench), &self.wish, embedded, bench.weights.architecture)
    }
}

/// Of the batches that are timed.
fn batch_size(wish: &TrainConfig, set: &TeachingSet) -> usize {
    wish.batch_size.min(set.samples.len())
}

/// An output layer alone, on the photos as they are, by whatever else is wished.
pub fn head(wish: &TrainConfig) -> TrainConfig {
    // `flip` counts for draws that are there: with another one they would be forgotten.
    let TrainConfig { framing, features, flip, balance, batch_size, seed, .. } = *wish;
    let regime = Regime::Head;
    TrainConfig { regime, augment: 0, framing, features, flip, balance, batch_size, seed, ..TrainConfig::default() }
}
