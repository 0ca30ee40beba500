//! What can be under way in a session. Runs differ in what they do and are driven alike: one more kind is one more `impl` here, one
//! more [`Outcome`] where it ends with something new, and a method that begins it.

use std::pin::Pin;

use super::event::StepEvent;
use crate::advise::decide::Advice;
use crate::advise::run::AdviceRun;
use crate::error::Result;
use crate::eval::compared::Compared;
use crate::eval::comparison::Comparison;
use crate::eval::cross_validation::{CrossValidation, Evaluated};
use crate::train::read::step::Step;
use crate::train::run::under_way::UnderWay;
use crate::train::run::workbench::Workbench;
use crate::train::run::{TrainRun, Trained};

/// Something that takes many steps. It owns all that is its own: dropping it cancels it.
pub(super) trait Run: UnderWay {
    /// The run as a training, which can be paused.
    fn training(&self) -> Option<&TrainRun> {
        None
    }

    /// Whether it comes back to the embedders of what it has done before; otherwise they are let go of when it goes over to others.
    fn keeps_embedders(&self) -> bool {
        true
    }

    /// One piece of work, small enough to answer other questions in between.
    fn step<'a>(&'a mut self, bench: Workbench<'a>) -> Stepping<'a>;
}

/// A step under way.
pub(super) type Stepping<'a> = Pin<Box<dyn Future<Output = Result<Step<StepEvent, Outcome>>> + 'a>>;

/// What runs end with, for the session to keep.
pub(super) enum Outcome {
    Trained(Box<Trained>),
    Evaluated(Box<Evaluated>),
    Advised(Box<Advice>),
    Compared(Box<Compared>),
}

impl Run for TrainRun {
    fn training(&self) -> Option<&TrainRun> {
        Some(self)
    }

    fn step<'a>(&'a mut self, bench: Workbench<'a>) -> Stepping<'a> {
        Box::pin(async { Ok(of_session(self.step(bench).await?, Outcome::Trained)) })
    }
}

impl Run for CrossValidation {
    fn step<'a>(&'a mut self, bench: Workbench<'a>) -> Stepping<'a> {
        Box::pin(async { Ok(of_session(self.step(bench).await?, Outcome::Evaluated)) })
    }
}

impl Run for AdviceRun {
    fn step<'a>(&'a mut self, bench: Workbench<'a>) -> Stepping<'a> {
        Box::pin(async { Ok(of_session(self.step(bench).await?, Outcome::Advised)) })
    }
}

impl Run for Comparison {
    /// The embedder of a run that is done may hold a hundred megabytes.
    fn keeps_embedders(&self) -> bool {
        false
    }

    fn step<'a>(&'a mut self, bench: Workbench<'a>) -> Stepping<'a> {
        Box::pin(async { Ok(of_session(self.step(bench).await?, Outcome::Compared)) })
    }
}

fn of_session<Event: Into<StepEvent>, End>(
    step: Step<Event, End>,
    outcome: impl FnOnce(End) -> Outcome,
) -> Step<StepEvent, Outcome> {
    match step {
        Step::NeedPhotos(ids) => Step::NeedPhotos(ids),
        Step::Event(event) => Step::Event(event.into()),
        Step::Finished(end) => Step::Finished(outcome(end)),
    }
}
