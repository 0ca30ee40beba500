//! A comparison of trainings, one small step at a time, as [`TrainRun`](crate::train::run::TrainRun) goes.
//!
//! 1. **Look** at all photos with the source model, so that near-duplicates are known, and hold out photos once, for all runs.
//! 2. **Run by run**: embed what is missing, a fresh fit on the photos that are left for a number of epochs that was fixed
//!    beforehand, and one pass over the held-out photos.
//! 3. **Compare**: the score of each run with its interval, and of each pair the difference on the same photos with its own. After
//!    every run those that are done are compared, so that nobody loses them to a photo that has gone, or to a change of mind.
//!
//! No run chooses its epochs by the photos it is judged on: the output layer alone, which stops early in a training, has a fixed
//! schedule here too. Nothing is refitted on all photos and no classifier is kept.

use std::collections::BTreeMap;

use super::compared::{Compared, ComparedRun, Difference};
use super::comparison_config::{ComparisonConfig, NamedConfig};
use super::outputs::Outputs;
use crate::data::hold_out::{HoldOut, stratified};
use crate::error::{Error, ErrorCode, Result};
use crate::metrics::{Scores, top_k};
use crate::rng::Rng;
use crate::score::interval::{independent_count, jeffreys};
use crate::train::fit::{Fit, Progress};
use crate::train::plan::budget::Reduced;
use crate::train::plan::config::TrainConfig;
use crate::train::plan::regime::Regime;
use crate::train::read::reading::Reading;
use crate::train::read::sample::Sample;
use crate::train::read::step::Step;
use crate::train::read::teaching_set::{TeachingSet, near_duplicates};
use crate::train::run::epoch::{EpochEvent, FitPhase};
use crate::train::run::event::{BatchEvent, TrainEvent};
use crate::train::run::overfitting::overfitting;
use crate::train::run::under_way::UnderWay;
use crate::train::run::workbench::Workbench;

/// What one of the runs does. Runs count from 1.
#[derive(Debug, Clone)]
pub struct RunEvent {
    pub run: usize,
    pub runs: usize,
    pub name: String,
    pub event: TrainEvent,
}

/// What there is to tell before the end.
#[derive(Debug, Clone)]
pub enum ComparisonEvent {
    Run(RunEvent),
    /// A run is over, and another one follows: those that are over, compared. Who is told need not lose them, whatever ends the
    /// comparison.
    SoFar(Box<Compared>),
}

/// What a step of a comparison brings.
pub type ComparisonStep = Step<ComparisonEvent, Box<Compared>>;

pub struct Comparison {
    config: ComparisonConfig,
    reduced: Vec<Option<Reduced>>,
    look: TrainConfig,
    labels: Vec<String>,
    samples: Vec<Sample>,
    /// Drawn once the source model has looked at the photos.
    held_out: HeldOut,
    /// Those that are done; the next one is under way.
    done: Vec<ComparedRun>,
    phase: Phase,
    /// When the comparison began, and the run under way.
    started: f64,
    run_started: f64,
    embed_seconds: f64,
}

#[derive(Default)]
struct HeldOut {
    photos: HoldOut,
    /// As how many independent photos they count.
    independent: f64,
}

enum Phase {
    /// With the source model, whatever the runs train.
    Look(Reading),
    /// A run is next, and what it lacks not known yet.
    Begin,
    Read(Reading),
    Fit {
        epoch: usize,
        fit: Box<Fit>,
        history: Vec<EpochEvent>,
    },
    Judge {
        outputs: Box<Outputs>,
        history: Vec<EpochEvent>,
    },
}

impl UnderWay for Comparison {
    fn config(&self) -> &TrainConfig {
        match self.phase {
            Phase::Look(_) => &self.look,
            _ => &self.config.runs[self.current()].config,
        }
    }

    fn configs(&self) -> Vec<&TrainConfig> {
        self.config.runs.iter().map(|run| &run.config).collect()
    }

    fn reading(&mut self) -> Option<&mut Reading> {
        match &mut self.phase {
            Phase::Look(reading) | Phase::Read(reading) => Some(reading),
            _ => None,
        }
    }

    fn fit(&mut self) -> Option<&mut Fit> {
        match &mut self.phase {
            Phase::Fit { fit, .. } => Some(fit),
            _ => None,
        }
    }
}

impl Comparison {
    /// What goes on while the source model looks at all photos as they are, before the runs. They are stored for the first one.
    pub fn look(config: &ComparisonConfig) -> TrainConfig {
        let first = config.runs.first().map(|run| run.config.clone()).unwrap_or_default();
        TrainConfig { regime: Regime::Head, last_stages: 0, input_size: 0, augment: 0, ..first }
    }

    /// Computes nothing yet. The configuration must be checked and its runs settled; `reduced` says of each whether it was
    /// asked for more, and `bench` is of [`look`](Self::look).
    ///
    /// # Errors
    /// `too-few-classes`, `empty-class`.
    pub fn new(config: ComparisonConfig, reduced: Vec<Option<Reduced>>, bench: Workbench<'_>) -> Result<Self> {
        let TeachingSet { labels, samples, .. } = TeachingSet::of(bench.photos.dataset)?;
        let look = Self::look(&config);
        let reading = Reading::by_source(&samples, &bench.photos);
        Ok(Self {
            config,
            reduced,
            look,
            labels,
            samples,
            held_out: HeldOut::default(),
            done: Vec::new(),
            phase: Phase::Look(reading),
            started: bench.now,
            run_started: bench.now,
            embed_seconds: 0.0,
        })
    }

    /// Position of the run under way, or of the next one.
    fn current(&self) -> usize {
        self.done.len().min(self.config.runs.len() - 1)
    }

    /// One batch of photos read, one batch of a fit, one end of an epoch, or one batch of photos judged.
    ///
    /// # Errors
    /// `too-few-photos` when nothing can be held out.
    pub async fn step(&mut self, mut bench: Workbench<'_>) -> Result<ComparisonStep> {
        let current = self.current();
        let config = &self.config.runs[current].config;
        let step = match &mut self.phase {
            Phase::Look(reading) => {
                if let Some(step) = reading.step(&mut bench.photos).await?.within(TrainEvent::Embed) {
                    return Ok(self.of_run(current, step));
                }
                self.held_out = self.hold_out(&bench)?;
                self.phase = Phase::Begin;
                batch(1, config.epochs, 0, 1)
            }
            Phase::Begin => {
                self.run_started = bench.now;
                let (train, held_out) = self.sides();
                self.phase = Phase::Read(Reading::of_sides(&train, &held_out, config, &mut bench.photos));
                batch(1, config.epochs, 0, 1)
            }
            Phase::Read(reading) => match reading.step(&mut bench.photos).await?.within(TrainEvent::Embed) {
                Some(step) => step,
                None => {
                    self.embed_seconds = bench.now - self.run_started;
                    let (train, held_out) = self.sides();
                    let fit = bench.fresh_fit(config, train, held_out, self.labels.len(), config.epochs);
                    let event = batch(1, config.epochs, 0, fit.batches());
                    self.phase = Phase::Fit { epoch: 1, fit: Box::new(fit), history: Vec::new() };
                    event
                }
            },
            Phase::Fit { epoch, fit, .. } if !fit.epoch_is_over() => {
                let progress = fit.step(&bench.inputs(), &bench.device.tensors)?;
                let event = batch(*epoch, config.epochs, fit.batch(), fit.batches());
                told(progress, event, &mut bench)
            }
            Phase::Fit { epoch, fit, history } => {
                let scores = fit.end_epoch().await?;
                let event = EpochEvent::new(FitPhase::Holdout, *epoch, config.epochs, &scores);
                history.push(event.clone());
                *epoch += 1;
                if *epoch > config.epochs {
                    let (suffix, history) = (fit.learnt(), std::mem::take(history));
                    let outputs = Box::new(Outputs::new(suffix, self.sides().1, config.views()));
                    self.phase = Phase::Judge { outputs, history };
                }
                Step::Event(TrainEvent::Epoch(event))
            }
            Phase::Judge { outputs, .. } if !outputs.is_complete() => {
                let progress = outputs
                    .step(config.batch_size.min(bench.at_once(config)), &bench.inputs(), &bench.device.tensors)
                    .await?;
                told(progress, batch(config.epochs, config.epochs, 1, 1), &mut bench)
            }
            Phase::Judge { outputs, history } => {
                let (logits, history) = (std::mem::take(&mut outputs.logits), std::mem::take(history));
                let run = self.judged(current, &logits, history, &bench)?;
                self.done.push(run);
                let compared = Box::new(self.compared(&bench));
                if self.done.len() == self.config.runs.len() {
                    return Ok(Step::Finished(compared));
                }
                self.phase = Phase::Begin;
                return Ok(Step::Event(ComparisonEvent::SoFar(compared)));
            }
        };
        Ok(self.of_run(current, step))
    }

    /// The same photos for every run.
    fn hold_out(&self, bench: &Workbench<'_>) -> Result<HeldOut> {
        let labels: Vec<usize> = self.samples.iter().map(|sample| sample.label).collect();
        let groups = near_duplicates(&self.samples, &bench.photos, bench.weights.architecture.features())?;
        let mut rng = Rng::stream(self.config.seed, "hold-out");
        let photos = stratified(&labels, &groups, self.labels.len(), self.config.holdout, &mut rng);
        if photos.held_out.is_empty() {
            return Err(Error::new(
                ErrorCode::TooFewPhotos,
                "every class has one photo: nothing can be held out to compare on; add photos",
            ));
        }
        let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
        photos.held_out.iter().for_each(|&index| *sizes.entry(groups[index]).or_default() += 1);
        let independent = independent_count(&sizes.into_values().collect::<Vec<_>>());
        Ok(HeldOut { photos, independent })
    }

    /// What every run learns from, and what it is judged on.
    fn sides(&self) -> (Vec<Sample>, Vec<Sample>) {
        let pick = |side: &[usize]| side.iter().map(|&index| self.samples[index]).collect();
        (pick(&self.held_out.photos.train), pick(&self.held_out.photos.held_out))
    }

    /// A run's result, from its logits of the held-out photos.
    fn judged(
        &self,
        run: usize,
        logits: &[f32],
        history: Vec<EpochEvent>,
        bench: &Workbench<'_>,
    ) -> Result<ComparedRun> {
        let NamedConfig { name, config } = self.config.runs[run].clone();
        let (classes, independent) = (self.labels.len(), self.held_out.independent);
        let val = Scores::from_logits(logits, classes, &self.held_out_labels())
            .ok_or_else(|| Error::internal("a comparison without held-out photos"))?;
        Ok(ComparedRun {
            name,
            config,
            reduced: self.reduced.get(run).copied().flatten(),
            val,
            accuracy: jeffreys(val.top1, independent),
            predicted: logits.chunks_exact(classes).filter_map(|row| top_k(row, 1).first().copied()).collect(),
            overfitting: overfitting(&history, independent),
            history,
            seconds: bench.now - self.run_started,
            embed_seconds: self.embed_seconds,
        })
    }

    fn held_out_labels(&self) -> Vec<usize> {
        self.held_out.photos.held_out.iter().map(|&index| self.samples[index].label).collect()
    }

    /// The runs that are done, compared.
    fn compared(&self, bench: &Workbench<'_>) -> Compared {
        let (runs, labels) = (self.done.clone(), self.held_out_labels());
        let HeldOut { photos, independent } = &self.held_out;
        let all: Vec<usize> = self.samples.iter().map(|sample| sample.label).collect();
        let never_held_out = photos.never_held_out(&all, self.labels.len());
        let pairs = (0..runs.len()).flat_map(|a| (a + 1..runs.len()).map(move |b| [a, b]));
        let differences = pairs.map(|pair| Difference::between(&runs, pair, &labels, *independent)).collect();
        Compared {
            classes: self.labels.clone(),
            train_images: photos.train.len(),
            held_out: photos.held_out.iter().map(|&index| self.samples[index].photo).collect(),
            labels,
            independent: *independent,
            held_out_look_alikes: photos.look_alikes,
            never_held_out: never_held_out.into_iter().map(|class| self.labels[class].clone()).collect(),
            holdout: self.config.holdout,
            seed: self.config.seed,
            runs,
            differences,
            seconds: bench.now - self.started,
            device: bench.device.kind,
            adapter: bench.device.adapter.clone(),
            backbone: bench.weights.card.name.clone(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// The step with the run it belongs to; a request for photos stays as it is, since it is for whoever has them.
    fn of_run(&self, run: usize, step: Step<TrainEvent, Never>) -> ComparisonStep {
        let name = || self.config.runs[run].name.clone();
        let of_run = |event| RunEvent { run: run + 1, runs: self.config.runs.len(), name: name(), event };
        match step {
            Step::NeedPhotos(ids) => Step::NeedPhotos(ids),
            Step::Event(event) => Step::Event(ComparisonEvent::Run(of_run(event))),
            Step::Finished(never) => match never {},
        }
    }
}

/// The end of one run is none of the comparison.
enum Never {}

/// What a batch came to, or the photos it lacks.
fn told(progress: Progress, step: Step<TrainEvent, Never>, bench: &mut Workbench<'_>) -> Step<TrainEvent, Never> {
    match progress {
        Progress::Missing(ids) => Step::NeedPhotos(ids),
        Progress::Done => {
            bench.photos.dataset.drop_surplus();
            step
        }
    }
}

fn batch(epoch: usize, epochs: usize, batch: usize, batches: usize) -> Step<TrainEvent, Never> {
    Step::Event(TrainEvent::Batch(BatchEvent { phase: FitPhase::Holdout, epoch, epochs, batch, batches }))
}
