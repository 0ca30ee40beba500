//! The one driver of everything that is under way, and what the session keeps of its end.

use super::Session;
use super::event::StepEvent;
use super::models::Taught;
use super::run::{Outcome, Run};
use crate::advise::cost::Measured;
use crate::advise::decide::Advice;
use crate::data::dataset::ClassId;
use crate::error::{Error, Result};
use crate::eval::classifier::{Classifier, Known};
use crate::eval::cross_validation::Evaluated;
use crate::model::Split;
use crate::score::record::{CrossValidated, Record};
use crate::train::plan::config::TrainConfig;
use crate::train::read::photos::Photos;
use crate::train::read::step::Step;
use crate::train::read::teaching_set::TeachingSet;
use crate::train::run::Trained;
use crate::train::run::workbench::Workbench;

impl Session {
    /// Carries on what is under way by one batch. An error ends it, as [`cancel_training`](Self::cancel_training) does; photos and
    /// the previous classifier stay.
    ///
    /// # Errors
    /// `internal` when nothing is under way.
    pub async fn step(&mut self) -> Result<StepEvent> {
        let Some(mut run) = self.run.take() else {
            return Err(Error::internal("a step without a training"));
        };
        let event = match self.step_of(&mut *run).await {
            Ok(Step::Finished(outcome)) => {
                let event = self.finish(outcome);
                self.forget_unused_embedders();
                return event;
            }
            Ok(Step::Event(event)) => event,
            Ok(Step::NeedPhotos(ids)) => StepEvent::NeedPhotos { ids },
            Err(error) => {
                self.cancel_training();
                return Err(error);
            }
        };
        self.run = Some(run);
        Ok(event)
    }

    async fn step_of(&mut self, run: &mut dyn Run) -> Result<Step<StepEvent, Outcome>> {
        let place = |session: &Self, run: &dyn Run| (Split(run.config().last_stages), session.input(run.config()));
        let before = place(self, run);
        let config = run.config().clone();
        let step = run.step(self.workbench(&config)?).await?;
        if !run.keeps_embedders() && place(self, run) != before {
            self.forget_unused_embedders();
        }
        Ok(step)
    }

    /// What a run with that configuration works with. Pixels that are prepared otherwise are dropped, as when a comparison comes to
    /// a run of another framing.
    pub(super) fn workbench(&mut self, config: &TrainConfig) -> Result<Workbench<'_>> {
        self.prepare_for(config)?;
        let own = self.embedder(Split(config.last_stages), &self.input(config))?;
        let photos = Photos {
            dataset: &mut self.dataset,
            embedders: &mut self.models.embedders,
            own,
            activation_budget: self.activation_budget,
        };
        let (readers, now, clock) = (self.sharing.readers, (self.clock)(), self.clock);
        Ok(Workbench { device: &self.device, weights: &self.weights, photos, readers, now, clock })
    }

    fn finish(&mut self, outcome: Outcome) -> Result<StepEvent> {
        match outcome {
            Outcome::Trained(trained) => self.trained(*trained),
            Outcome::Evaluated(evaluated) => Ok(self.evaluated(*evaluated)),
            Outcome::Advised(advice) => Ok(self.advised(advice)),
            Outcome::Compared(comparison) => Ok(StepEvent::Compared { comparison }),
        }
    }

    /// A training is done: its classifier takes the place of the one there was.
    fn trained(&mut self, Trained { suffix, report }: Trained) -> Result<StepEvent> {
        let (split, input) = (Split(report.config.last_stages), self.input(&report.config));
        let classifier = Classifier::new(split, input, suffix, report.classes.clone());
        let (regime, flip_average) = (Some(report.config.regime), report.config.flip_average == 1);
        let config = TrainConfig { epochs: report.epochs, ..report.config.clone() };
        // Nothing could be renamed meanwhile.
        let classes: Vec<Option<ClassId>> =
            report.classes.iter().map(|label| self.dataset.class_id(label).ok()).collect();
        // A resumed training keeps the order of classes that it was begun with.
        let taught = match classes.iter().copied().collect::<Option<Vec<ClassId>>>() {
            Some(ids) => {
                let TeachingSet { classes, samples, .. } = TeachingSet::of(&self.dataset)?.in_order_of(&ids);
                (classes == ids).then_some(Taught { classes, samples, config })
            }
            None => None,
        };
        let (photos, held_out, chosen) = (report.per_class.clone(), report.val.map(Into::into), report.epochs_chosen);
        let record = Some(Record { photos, held_out, chosen, cross_validated: None });
        self.models.replace(Classifier { regime, flip_average, classes, record, ..classifier }, taught);
        Ok(StepEvent::Done { report: Box::new(report) })
    }

    /// A cross-validation is done: the classifier that it is about carries what was found.
    fn evaluated(&mut self, Evaluated { mut evaluation, centroids }: Evaluated) -> StepEvent {
        if let (Some(classifier), Some(centroids)) = (&mut self.models.classifier, centroids) {
            classifier.temperature = evaluation.calibration.temperature;
            classifier.known = Some(Known { centroids, threshold: evaluation.unknown });
            if let Some(record) = &mut classifier.record {
                let (folds, accuracy, limits) =
                    (evaluation.method.folds, evaluation.scores.into(), evaluation.accuracy);
                record.cross_validated = Some(CrossValidated { folds, accuracy, limits });
            }
            evaluation.applied = true;
        }
        StepEvent::Evaluated { evaluation: Box::new(evaluation) }
    }

    fn advised(&mut self, advice: Box<Advice>) -> StepEvent {
        self.remember_speed(&advice.speed.measured);
        self.advice = Some(advice.clone());
        StepEvent::Advised { advice }
    }

    /// The last advice, of whatever photos there were then.
    pub fn advice(&self) -> Option<&Advice> {
        self.advice.as_deref()
    }

    /// Keeps what advice has found out of the device, so that the next one need not.
    fn remember_speed(&mut self, found: &[Measured]) {
        let place = |measured: &Measured| (measured.batch_size, measured.last_stages);
        self.measured.retain(|before| found.iter().all(|now| place(now) != place(before)));
        self.measured.extend(found);
    }

    /// Ends what is under way, if anything is, and lets go of what it alone needs. What is embedded for the output layer, or for the
    /// classifier there is, stays cached.
    pub fn cancel_training(&mut self) {
        self.run = None;
        self.sharing.loans.forget();
        self.forget_unused_embedders();
    }
}
