//! What takes longer than one batch is begun here, and [carried on](Session::step) step by step.

use super::models::{Taught, no_classifier};
use super::run::Run;
use super::{Expected, Session};
use crate::advise;
use crate::advise::run::AdviceRun;
use crate::advise::similarity::knows_much;
use crate::error::{Error, ErrorCode, Result};
use crate::eval::comparison::Comparison;
use crate::eval::comparison_config::{ComparisonConfig, NamedConfig, decide};
use crate::eval::cross_validation::{CrossValidation, EvaluationConfig};
use crate::model::Split;
use crate::train::plan::budget::{Reduced, settle_within};
use crate::train::plan::config::TrainConfig;
use crate::train::plan::regime::Regime;
use crate::train::read::teaching_set::TeachingSet;
use crate::train::run::TrainRun;
use crate::train::run::workbench::Workbench;

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
        self.start(&config, |bench| TrainRun::new(config.clone(), reduced, bench))?;
        self.expect(if usual { left_open } else { asked });
        Ok(())
    }

    /// Begins to find out what to train; [`step`](Self::step) carries it on until `Advised`, and then [`advice`](Self::advice) has
    /// it. What differs from the defaults in `wish` is kept; its time limit holds.
    ///
    /// # Errors
    /// `busy`, `too-few-classes`, `empty-class`, `invalid-option`.
    pub fn start_advice(&mut self, wish: TrainConfig) -> Result<()> {
        self.editable()?;
        let source = self.models.source_layer().filter(|source| knows_much(source.labels.len()));
        let (source, known) = (source.map(|source| source.suffix.clone()), self.measured.clone());
        self.start(&advise::run::head(&wish), |bench| AdviceRun::new(wish.clone(), source, &known, bench))?;
        self.expect(wish);
        Ok(())
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
        let taught = self.models.taught.as_ref().map(|taught| taught.config.clone());
        let epochs = config.epochs.or_else(|| Some(taught.as_ref()?.epochs));
        let mut train = config.train.or(taught).ok_or_else(no_classifier)?;
        // A fold's schedule is fixed, so 0, which lets a training choose, is no number of epochs here.
        let epochs = epochs.filter(|&epochs| epochs > 0).ok_or_else(|| {
            Error::new(
                ErrorCode::InvalidOption,
                "epochs must be given, from 1 up, where nothing was trained in this session: it is the length of every fold's fit",
            )
            .with("name", "epochs")
        })?;
        train.set("epochs", epochs as f64)?;
        let train = self.settled(train)?;
        let set = TeachingSet::of(&self.dataset)?;
        // Classes may have been renamed since: then their natural order is no longer that of the classifier.
        let set = match &self.models.taught {
            Some(taught) => set.in_order_of(&taught.classes),
            None => set,
        };
        let now = Taught { classes: set.classes.clone(), samples: set.samples.clone(), config: train.clone() };
        let kept = if self.models.taught.as_ref() == Some(&now) { self.models.classifier.as_ref() } else { None };
        let kept = kept.map(|classifier| classifier.suffix.clone());
        let EvaluationConfig { folds, reject_rate, .. } = config;
        self.start(&train, |bench| CrossValidation::new(train.clone(), folds, reject_rate, kept, set, bench))
    }

    /// Begins a comparison of trainings on the same photos; [`step`](Self::step) carries it on, and its last event is
    /// [`Compared`](super::event::StepEvent::Compared). The classifier there is answers meanwhile and stays as it is.
    ///
    /// Epochs that are left to the regime are few enough here for several runs on a hundred photos to take minutes in a browser
    /// ([`decide`]).
    ///
    /// # Errors
    /// `busy`, `too-few-classes`, `empty-class`, `invalid-option`. A step may answer with `too-few-photos`.
    pub fn start_comparison(&mut self, mut config: ComparisonConfig) -> Result<()> {
        self.editable()?;
        config.check()?;
        let mut reduced = Vec::new();
        for NamedConfig { config: given, .. } in &mut config.runs {
            let (settled, less) = self.settle(given.clone())?;
            reduced.push(less);
            *given = decide(given, settled);
            given.holdout = config.holdout;
        }
        self.start(&Comparison::look(&config), |bench| Comparison::new(config, reduced, bench))
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

    /// Puts a run under way that goes by `config` at first.
    fn start<R: Run + 'static>(
        &mut self,
        config: &TrainConfig,
        run: impl FnOnce(Workbench<'_>) -> Result<R>,
    ) -> Result<()> {
        // Photos that cannot be taught are no reason to drop their pixels.
        TeachingSet::of(&self.dataset)?;
        let run = self.at_workbench(config, run)?;
        self.run = Some(Box::new(run));
        Ok(())
    }

    /// What `begin` makes with the workbench of a run with that configuration. Embedders that were made for it go where it fails.
    pub(super) fn at_workbench<R>(
        &mut self,
        config: &TrainConfig,
        begin: impl FnOnce(Workbench<'_>) -> Result<R>,
    ) -> Result<R> {
        let before = self.models.embedders.len();
        let begun = self.workbench(config).and_then(begin);
        if begun.is_err() {
            self.models.embedders.truncate(before);
        }
        begun
    }

    fn expect(&mut self, wish: TrainConfig) {
        self.expected = Expected { wish, ..self.expected };
    }
}
