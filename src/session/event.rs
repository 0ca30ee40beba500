//! What a session tells of whatever is under way: the events of every kind of run, as they cross the boundary.

use serde::Serialize;

use crate::advise::decide::Advice;
use crate::advise::run::AdviceEvent;
use crate::data::dataset::PhotoId;
use crate::eval::compared::Compared;
use crate::eval::comparison::{ComparisonEvent, RunEvent};
use crate::eval::cross_validation::{EvaluationEvent, FoldEvent};
use crate::score::evaluation::Evaluation;
use crate::train::read::reading::EmbedEvent;
use crate::train::run::epoch::{EpochEvent, FitPhase};
use crate::train::run::event::{BatchEvent, TrainEvent};
use crate::train::run::report::Report;

/// The outcome of one step.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum StepEvent {
    /// The pixels of these photos are needed before the next step.
    NeedPhotos { ids: Vec<PhotoId> },
    /// See [`EmbedEvent`].
    Embed { done: usize, total: usize },
    /// See [`BatchEvent`].
    Batch { phase: FitPhase, epoch: usize, epochs: usize, batch: usize, batches: usize },
    /// One pass over the photos.
    Epoch(EpochEvent),
    /// Something was found out about the photos or the device.
    Advising,
    /// The advice is ready.
    Advised { advice: Box<Advice> },
    /// The training is over and its classifier in place.
    Done { report: Box<Report> },
    /// See [`FoldEvent`].
    Fold { fold: usize, folds: usize, epoch: usize, epochs: usize, batch: usize, batches: usize },
    /// The cross-validation is over.
    Evaluated { evaluation: Box<Evaluation> },
    /// What one of the runs of a comparison does: `Embed`, `Batch` or `Epoch`. Runs count from 1.
    Run { run: usize, runs: usize, name: String, event: Box<StepEvent> },
    /// A run of the comparison is over and another one follows: those that are over, compared.
    ComparedSoFar { comparison: Box<Compared> },
    /// The comparison is over.
    Compared { comparison: Box<Compared> },
}

impl From<EmbedEvent> for StepEvent {
    fn from(EmbedEvent { done, total }: EmbedEvent) -> Self {
        Self::Embed { done, total }
    }
}

impl From<TrainEvent> for StepEvent {
    fn from(event: TrainEvent) -> Self {
        match event {
            TrainEvent::Embed(event) => event.into(),
            TrainEvent::Batch(BatchEvent { phase, epoch, epochs, batch, batches }) => {
                Self::Batch { phase, epoch, epochs, batch, batches }
            }
            TrainEvent::Epoch(event) => Self::Epoch(event),
        }
    }
}

impl From<EvaluationEvent> for StepEvent {
    fn from(event: EvaluationEvent) -> Self {
        match event {
            EvaluationEvent::Embed(event) => event.into(),
            EvaluationEvent::Fold(FoldEvent { fold, folds, epoch, epochs, batch, batches }) => {
                Self::Fold { fold, folds, epoch, epochs, batch, batches }
            }
        }
    }
}

impl From<AdviceEvent> for StepEvent {
    fn from(event: AdviceEvent) -> Self {
        match event {
            AdviceEvent::Embed(event) => event.into(),
            AdviceEvent::Advising => Self::Advising,
        }
    }
}

impl From<ComparisonEvent> for StepEvent {
    fn from(event: ComparisonEvent) -> Self {
        match event {
            ComparisonEvent::Run(RunEvent { run, runs, name, event }) => {
                Self::Run { run, runs, name, event: Box::new(event.into()) }
            }
            ComparisonEvent::SoFar(comparison) => Self::ComparedSoFar { comparison },
        }
    }
}
