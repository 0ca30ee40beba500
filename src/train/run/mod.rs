//! A training from start to end, one small step at a time.
//!
//! 1. **Read**: frozen stages run once over every photo that is not cached yet; see [`Reading`].
//! 2. **Hold out**: a fit without the held-out photos says how good its schedule is; or, where patience is asked for, finds the number of
//!    epochs after which they are predicted best.
//! 3. **Refit**: a fresh fit on all photos for that many epochs is the classifier that is kept.
//!
//! The caller pulls: between two steps it may cancel (by dropping the run), predict, take a checkpoint, or let the browser breathe.

pub mod checkpoint;
pub mod epoch;
pub mod event;
pub mod overfitting;
pub mod report;
pub mod resume;
pub mod under_way;
pub mod workbench;

use super::fit::{EpochScores, Fit, Progress};
use super::plan::budget::Reduced;
use super::plan::config::TrainConfig;
use super::read::reading::Reading;
use super::read::sample::Sample;
use super::read::step::Step;
use super::read::teaching_set::{TeachingSet, near_duplicates};
use crate::data::hold_out::{HoldOut, stratified};
use crate::error::{Error, Result};
use crate::metrics::Scores;
use crate::model::Suffix;
use crate::rng::Rng;
use checkpoint::Checkpoint;
use epoch::{EpochEvent, FitPhase};
use event::{BatchEvent, TrainEvent};
use overfitting::{Overfitting, overfitting};
use report::Report;
use under_way::UnderWay;
use workbench::Workbench;

/// A validation loss counts as progress when it is at least this far below the last one that did: as a fraction of it, and in
/// nats. Without these a loss that creeps towards its limit keeps a fit going for all its epochs, for nothing that shows in the
/// predictions.
const PROGRESS: (f64, f64) = (0.01, 0.002);

/// What a training ends with.
pub struct Trained {
    /// The suffix and head that were kept.
    pub suffix: Suffix,
    pub report: Report,
}

/// What a step of a training brings.
pub type TrainStep = Step<TrainEvent, Box<Trained>>;

pub struct TrainRun {
    config: TrainConfig,
    reduced: Option<Reduced>,
    labels: Vec<String>,
    per_class: Vec<usize>,
    samples: Vec<Sample>,
    /// Drawn once the photos are read, since near-duplicates, which stay together, are told by their features too.
    hold_out: HoldOut,
    /// Photos that had to be read; of a resumed run, at its first beginning.
    photos_read: usize,
    reading: Reading,
    phase: Phase,
    /// The fit to go on with once the photos are read again.
    resumed: Option<Box<Checkpoint>>,
    best: Option<Best>,
    history: Vec<EpochEvent>,
    stopped_early: bool,
    started: f64,
    reading_since: f64,
    embed_seconds: f64,
}

enum Phase {
    Read,
    Fit { phase: FitPhase, epoch: usize, epochs: usize, fit: Box<Fit> },
}

/// The epoch with the lowest validation loss so far, and the last one that was clearly lower than those before it.
struct Best {
    epoch: usize,
    scores: Scores,
    progress_epoch: usize,
    progress_loss: f64,
}

impl UnderWay for TrainRun {
    fn config(&self) -> &TrainConfig {
        &self.config
    }

    fn reading(&mut self) -> Option<&mut Reading> {
        matches!(self.phase, Phase::Read).then_some(&mut self.reading)
    }

    fn fit(&mut self) -> Option<&mut Fit> {
        match &mut self.phase {
            Phase::Read => None,
            Phase::Fit { fit, .. } => Some(fit),
        }
    }
}

impl TrainRun {
    /// Checks the classes; computes nothing yet.
    ///
    /// # Errors
    /// `too-few-classes`, `empty-class`, `invalid-option`.
    pub fn new(config: TrainConfig, reduced: Option<Reduced>, mut bench: Workbench<'_>) -> Result<Self> {
        let TeachingSet { labels, per_class, samples, .. } = TeachingSet::of(bench.photos.dataset)?;
        let reading = Reading::new(&samples, &config, &mut bench.photos);
        Ok(Self {
            config,
            reduced,
            labels,
            per_class,
            samples,
            hold_out: HoldOut::default(),
            photos_read: reading.photos(),
            reading,
            phase: Phase::Read,
            resumed: None,
            best: None,
            history: Vec::new(),
            stopped_early: false,
            started: bench.now,
            reading_since: bench.now,
            embed_seconds: 0.0,
        })
    }

    /// One batch of photos read, one optimiser step or a part of one, or one end of an epoch.
    pub async fn step(&mut self, mut bench: Workbench<'_>) -> Result<TrainStep> {
        if matches!(self.phase, Phase::Read) {
            if let Some(step) = self.reading.step(&mut bench.photos).await?.within(TrainEvent::Embed) {
                return Ok(step);
            }
            bench.photos.let_go_of_pixels(&self.samples);
            self.embed_seconds = bench.now - self.reading_since;
            self.phase = match self.resumed.take() {
                Some(checkpoint) => self.resume_fit(*checkpoint, &bench)?,
                None => self.first_fit(&bench)?,
            };
        }
        match &mut self.phase {
            Phase::Read => Err(Error::internal("a fit that does not begin")),
            Phase::Fit { fit, .. } if !fit.epoch_is_over() => self.go_on(bench),
            Phase::Fit { phase, epoch, epochs, fit } => {
                let scores = fit.end_epoch().await?;
                let event = EpochEvent::new(*phase, *epoch, *epochs, &scores);
                self.history.push(event.clone());
                *epoch += 1;
                let (phase, over) = (*phase, *epoch > *epochs);
                match phase {
                    FitPhase::Holdout => self.judge(event.epoch, scores, over, &bench)?,
                    FitPhase::Refit if over => {
                        let suffix = fit.learnt();
                        let report = self.report(scores.train, &bench);
                        return Ok(Step::Finished(Box::new(Trained { suffix, report })));
                    }
                    FitPhase::Refit => {}
                }
                Ok(Step::Event(TrainEvent::Epoch(event)))
            }
        }
    }

    /// Divides the photos, now that all are read.
    fn first_fit(&mut self, bench: &Workbench<'_>) -> Result<Phase> {
        let labels: Vec<usize> = self.samples.iter().map(|sample| sample.label).collect();
        let groups = near_duplicates(&self.samples, &bench.photos, bench.weights.architecture.features())?;
        let mut rng = Rng::stream(self.config.seed, "hold-out");
        self.hold_out = stratified(&labels, &groups, self.labels.len(), self.config.holdout, &mut rng);
        let phase = if self.hold_out.held_out.is_empty() { FitPhase::Refit } else { FitPhase::Holdout };
        Ok(self.start(phase, self.config.epochs, bench))
    }

    /// One batch of the fit.
    fn go_on(&mut self, bench: Workbench<'_>) -> Result<TrainStep> {
        let Phase::Fit { phase, epoch, epochs, fit } = &mut self.phase else {
            return Err(Error::internal("an optimiser step outside a fit"));
        };
        if let Progress::Missing(ids) = fit.step(&bench.inputs(), &bench.device.tensors)? {
            return Ok(Step::NeedPhotos(ids));
        }
        // The head alone judges cached features: too little for steps of their own.
        while self.config.last_stages == 0 && fit.batches_done() == fit.batches() && !fit.epoch_is_over() {
            fit.step(&bench.inputs(), &bench.device.tensors)?;
        }
        bench.photos.dataset.drop_surplus();
        let (batch, batches) = (fit.batch(), fit.batches());
        Ok(Step::Event(TrainEvent::Batch(BatchEvent { phase: *phase, epoch: *epoch, epochs: *epochs, batch, batches })))
    }

    /// After an epoch of the hold-out fit: remembers the best, and goes over to the refit when there is nothing more to find.
    fn judge(&mut self, epoch: usize, scores: EpochScores, over: bool, bench: &Workbench<'_>) -> Result<()> {
        let val = scores.val.ok_or_else(|| Error::internal("a hold-out fit without held-out photos"))?;
        if !self.config.stops_early() {
            if over {
                self.best = Some(Best { epoch, scores: val, progress_epoch: epoch, progress_loss: val.loss });
                self.phase = self.start(FitPhase::Refit, epoch, bench);
            }
            return Ok(());
        }
        let best = self.best.get_or_insert(Best { epoch, scores: val, progress_epoch: epoch, progress_loss: val.loss });
        if val.loss < best.scores.loss {
            (best.epoch, best.scores) = (epoch, val);
        }
        let (fraction, nats) = PROGRESS;
        if val.loss < best.progress_loss - nats.max(fraction * best.progress_loss) {
            (best.progress_epoch, best.progress_loss) = (epoch, val.loss);
        }
        let (best, out_of_patience) = (best.epoch, epoch - best.progress_epoch >= self.config.patience);
        if over || out_of_patience {
            self.stopped_early = !over;
            self.phase = self.start(FitPhase::Refit, best, bench);
        }
        Ok(())
    }

    /// A fresh fit, which starts alike in either phase.
    fn start(&self, phase: FitPhase, epochs: usize, bench: &Workbench<'_>) -> Phase {
        let pick = |indices: &[usize]| indices.iter().map(|&index| self.samples[index]).collect::<Vec<_>>();
        let (samples, held_out) = match phase {
            FitPhase::Holdout => (pick(&self.hold_out.train), pick(&self.hold_out.held_out)),
            FitPhase::Refit => (self.samples.clone(), Vec::new()),
        };
        let fit = bench.fresh_fit(&self.config, samples, held_out, self.labels.len(), epochs);
        Phase::Fit { phase, epoch: 1, epochs, fit: Box::new(fit) }
    }

    fn overfitting(&self) -> Option<Overfitting> {
        let judged = self.history.iter().filter(|event| event.phase == FitPhase::Holdout);
        overfitting(&judged.cloned().collect::<Vec<_>>(), self.hold_out.held_out.len() as f64)
    }

    fn never_held_out(&self) -> Vec<String> {
        let labels: Vec<usize> = self.samples.iter().map(|sample| sample.label).collect();
        let classes = self.hold_out.never_held_out(&labels, self.labels.len());
        classes.into_iter().map(|class| self.labels[class].clone()).collect()
    }

    fn report(&mut self, train: Scores, bench: &Workbench<'_>) -> Report {
        let epochs_in = |phase| self.history.iter().filter(|event| event.phase == phase).count();
        Report {
            classes: self.labels.clone(),
            train_images: self.samples.len(),
            per_class: self.per_class.clone(),
            held_out: self.hold_out.held_out.len(),
            held_out_look_alikes: self.hold_out.look_alikes,
            never_held_out: self.never_held_out(),
            epochs: epochs_in(FitPhase::Refit),
            epochs_tried: epochs_in(FitPhase::Holdout),
            epochs_chosen: self.best.is_some() && self.config.stops_early(),
            stopped_early: self.stopped_early,
            val: self.best.as_ref().map(|best| best.scores),
            train,
            overfitting: self.overfitting(),
            history: std::mem::take(&mut self.history),
            seconds: bench.now - self.started,
            embed_seconds: self.embed_seconds,
            photos_read: self.photos_read,
            seed: self.config.seed,
            reduced: self.reduced,
            config: self.config.clone(),
            device: bench.device.kind,
            adapter: bench.device.adapter.clone(),
            backbone: bench.weights.card.name.clone(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}
