//! What takes longer than one batch: it is begun, and carried on step by step.

use super::{Run, Session, Taught, no_classifier};
use crate::advise;
use crate::advise::cost::Measured;
use crate::advise::decide::Advice;
use crate::advise::run::{AdviceRun, AdviceStep};
use crate::error::{Error, ErrorCode, Result};
use crate::eval::classifier::{Classifier, Known};
use crate::eval::comparison::ComparisonStep;
use crate::eval::cross_validation::{CrossValidation, EvaluationConfig, EvaluationStep};
use crate::model::{Split, Suffix};
use crate::score::evaluation::Evaluation;
use crate::score::novelty::Centroids;
use crate::train::budget::{Reduced, settle_within};
use crate::train::config::TrainConfig;
use crate::train::event::{Report, StepEvent};
use crate::train::regime::Regime;
use crate::train::run::{Step, TrainRun};
use crate::train::teaching_set::TeachingSet;
use crate::train::workbench::Workbench;

impl Session {
    /// Begins a training; [`step`](Self::step) carries it on.
    ///
    /// # Errors
    /// `busy`, `too-few-classes`, `empty-class`, `invalid-option`. The classifier there is stays until the new one is done.
    pub fn start_training(&mut self, config: TrainConfig) -> Result<()> {
        self.editable()?;
        let left_open = TrainConfig { augment: -1, ..config.clone() };
        let asked = config.clone();
        let (config, reduced) = self.settle(config)?;
        // As many draws as the photos of the moment call for, as in every advice: of other photos it would be another number.
        let usual = self.settle(left_open.clone())?.0 == config;
        let run = TrainRun::new(config.clone(), reduced, self.begin(&config)?)?;
        self.run = Some(Run::Training(Box::new(run)));
        self.wish = if usual { left_open } else { asked };
        Ok(())
    }

    /// Begins to find out what to train; [`step`](Self::step) carries it on until `Advised`, and then [`advice`](Self::advice) has
    /// it. What differs from the defaults in `wish` is kept; its time limit holds.
    ///
    /// # Errors
    /// `busy`, `too-few-classes`, `empty-class`, `invalid-option`.
    pub fn start_advice(&mut self, wish: TrainConfig) -> Result<()> {
        self.editable()?;
        let (source, known) = (self.source.suffix.clone(), self.measured.clone());
        let run = AdviceRun::new(wish.clone(), source, &known, self.begin(&advise::run::head(&wish))?)?;
        self.run = Some(Run::Advice(Box::new(run)));
        self.wish = wish;
        Ok(())
    }

    /// The last advice, of whatever photos there were then.
    pub fn advice(&self) -> Option<&Advice> {
        self.advice.as_deref()
    }

    /// Begins a cross-validation of the last training, or of the options given; [`step`](Self::step) carries it on. The
    /// classifier there is answers meanwhile; where it was taught with these options on the photos as they are now, it carries
    /// the temperature and the threshold for "none of these" afterwards.
    ///
    /// # Errors
    /// `busy`, `too-few-classes`, `empty-class`, `invalid-option`; `no-classifier` when nothing was trained in this session and
    /// no options are given. A step may answer with `too-few-photos`.
    pub fn start_evaluation(&mut self, config: EvaluationConfig) -> Result<()> {
        self.editable()?;
        let taught = self.taught.as_ref().map(|taught| taught.config.clone());
        let epochs = config.epochs.or_else(|| Some(taught.as_ref()?.epochs));
        let mut train = config.train.or(taught).ok_or_else(no_classifier)?;
        // A fold's schedule is fixed, so 0, which lets a training choose, is no number of epochs here.
        let epochs = epochs.filter(|&epochs| epochs > 0).ok_or_else(|| {
            Error::new(
                ErrorCode::InvalidOption,
                "epochs must be given, from 1 up, where nothing was trained in this session: every fold is taught for so many",
            )
            .with("name", "epochs")
        })?;
        train.set("epochs", epochs as f64)?;
        let train = self.settled(train)?;
        let set = TeachingSet::of(&self.dataset)?;
        // Classes may have been renamed since: then their natural order is no longer that of the classifier.
        let set = match (&self.classifier, &self.taught) {
            (Some(classifier), Some(_)) => set.in_order_of(&classifier.labels),
            _ => set,
        };
        let now = Taught { samples: set.samples.clone(), config: train.clone() };
        let kept = if self.taught.as_ref() == Some(&now) { self.classifier.as_ref() } else { None };
        let kept = kept.map(|classifier| classifier.suffix.clone());
        let bench = self.begin(&train)?;
        let run = CrossValidation::new(train, config.folds, config.reject_rate, kept, set, bench)?;
        self.run = Some(Run::Evaluation(Box::new(run)));
        Ok(())
    }

    /// The configuration with nothing left to decide: as a training of the photos there are would go.
    ///
    /// # Errors
    /// `invalid-option`, also for the regime `auto`, which needs advice.
    pub fn settled(&self, config: TrainConfig) -> Result<TrainConfig> {
        self.settle(config).map(|(config, _)| config)
    }

    pub(super) fn settle(&self, config: TrainConfig) -> Result<(TrainConfig, Option<Reduced>)> {
        let (architecture, photos) = (self.weights.architecture, self.dataset.photos().len());
        Split(config.last_stages).check(architecture)?;
        let size = self.weights.card.input.size as usize;
        let (config, reduced) = settle_within(self.activation_budget, config, photos, architecture, size)?;
        if config.regime == Regime::Auto {
            return Err(Error::new(
                ErrorCode::InvalidOption,
                "the regime auto needs advice first: ask for it, and train with the configuration it gives",
            )
            .with("name", "regime"));
        }
        Ok((config, reduced))
    }

    /// The workbench of a run that is about to begin. Photos that cannot be taught are no reason to drop their pixels.
    pub(super) fn begin(&mut self, config: &TrainConfig) -> Result<Workbench<'_>> {
        TeachingSet::of(&self.dataset)?;
        self.workbench(config)
    }

    /// What a run with that configuration works with. Pixels that are prepared otherwise are dropped, as when a comparison comes to
    /// a run of another framing.
    pub(super) fn workbench(&mut self, config: &TrainConfig) -> Result<Workbench<'_>> {
        self.prepare_for(config)?;
        let own = self.embedder(Split(config.last_stages), &self.input(config))?;
        Ok(Workbench {
            device: &self.device,
            weights: &self.weights,
            dataset: &mut self.dataset,
            embedders: &mut self.embedders,
            own,
            activation_budget: self.activation_budget,
            readers: self.readers,
            now: (self.clock)(),
            clock: self.clock,
        })
    }

    /// Carries the training or evaluation on by one batch. An error ends it; photos and the previous classifier stay.
    ///
    /// # Errors
    /// `internal` when nothing is under way.
    pub async fn step(&mut self) -> Result<StepEvent> {
        let Some(mut run) = self.run.take() else {
            return Err(Error::internal("a step without a training"));
        };
        let (split, input) = (Split(run.config().last_stages), self.input(run.config()));
        let bench = self.workbench(run.config())?;
        let event = match &mut run {
            Run::Training(training) => match training.step(bench).await? {
                Step::Event(event) => event,
                Step::Finished(suffix, report) => return self.taught(*suffix, report),
            },
            Run::Advice(advising) => match advising.step(bench).await? {
                AdviceStep::Event(event) => event,
                AdviceStep::Finished(advice) => {
                    self.remember_speed(&advice.speed.measured);
                    self.advice = Some(advice);
                    self.forget_unused_embedders();
                    return Ok(StepEvent::Advised);
                }
            },
            Run::Evaluation(evaluation) => match evaluation.step(bench).await? {
                EvaluationStep::Event(event) => event,
                EvaluationStep::Finished(evaluation, centroids) => return Ok(self.evaluated(evaluation, centroids)),
            },
            Run::Comparison(comparison) => match comparison.step(bench).await? {
                ComparisonStep::Event(event) => event,
                ComparisonStep::Finished(comparison) => {
                    self.forget_unused_embedders();
                    return Ok(StepEvent::Compared { comparison });
                }
            },
        };
        let next = run.config();
        let goes_on = (Split(next.last_stages), self.input(next)) == (split, input);
        let comparing = matches!(run, Run::Comparison(_));
        self.run = Some(run);
        if comparing && !goes_on {
            self.forget_unused_embedders(); // of the run before, which may hold a hundred megabytes
        }
        Ok(event)
    }

    /// A training is done: its classifier takes the place of the one there was.
    fn taught(&mut self, suffix: Suffix, report: Box<Report>) -> Result<StepEvent> {
        let (split, input) = (Split(report.config.last_stages), self.input(&report.config));
        let classifier = Classifier::new(split, input, suffix, report.classes.clone());
        let (regime, flip_average) = (Some(report.config.regime), report.config.flip_average == 1);
        self.set_classifier(Classifier { regime, flip_average, ..classifier });
        let config = TrainConfig { epochs: report.epochs, ..report.config.clone() };
        // A resumed training keeps the order of classes that it was begun with.
        let set = TeachingSet::of(&self.dataset)?.in_order_of(&report.classes);
        self.taught = (set.labels == report.classes).then_some(Taught { samples: set.samples, config });
        self.forget_unused_embedders();
        Ok(StepEvent::Done { report })
    }

    /// Keeps what advice has found out of the device, so that the next one need not.
    fn remember_speed(&mut self, found: &[Measured]) {
        let place = |measured: &Measured| (measured.batch_size, measured.last_stages);
        self.measured.retain(|before| found.iter().all(|now| place(now) != place(before)));
        self.measured.extend(found);
    }

    /// A cross-validation is done: the classifier that it is about carries what was found.
    fn evaluated(&mut self, mut evaluation: Box<Evaluation>, centroids: Option<Centroids>) -> StepEvent {
        if let (Some(classifier), Some(centroids)) = (&mut self.classifier, centroids) {
            classifier.temperature = evaluation.calibration.temperature;
            classifier.known = Some(Known { centroids, threshold: evaluation.unknown });
            evaluation.applied = true;
        }
        self.forget_unused_embedders();
        StepEvent::Evaluated { evaluation }
    }

    /// Ends the training or evaluation under way, if any. What is embedded stays cached.
    pub fn cancel_training(&mut self) {
        self.run = None;
        self.forget_loans();
        self.forget_unused_embedders();
    }
}
