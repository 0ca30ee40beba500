//! Trainings that stop and go on, here or in another session with the same photos.

use super::Session;
use crate::error::{Error, Result};
use crate::train::plan::config::TrainConfig;
use crate::train::plan::regime::Regime;
use crate::train::run::TrainRun;
use crate::train::run::checkpoint::{Checkpoint, corrupt};
use crate::train::run::resume::Resumed;

impl Session {
    /// The training under way as a file, from which [`resume`](Self::resume) goes on to the very result that this one will have.
    /// The training goes on, too.
    ///
    /// # Errors
    /// `internal` when no training is under way (a cross-validation is none) or the device is lost.
    pub async fn checkpoint(&self) -> Result<Vec<u8>> {
        let training = self.run.as_ref().and_then(|run| run.training());
        let training = training.ok_or_else(|| Error::internal("a checkpoint without a training"))?;
        training.checkpoint(&self.weights, &self.dataset, (self.clock)()).await?.write()
    }

    /// [`checkpoint`](Self::checkpoint), and ends the training. What it has embedded stays cached, for one that is resumed here;
    /// [`cancel_training`](Self::cancel_training) lets go of that too.
    pub async fn pause(&mut self) -> Result<Vec<u8>> {
        let checkpoint = self.checkpoint().await?;
        self.run = None;
        Ok(checkpoint)
    }

    /// Begins where a checkpoint was taken; [`step`](Self::step) carries the training on. The photos must be those that it was
    /// begun with; what frozen stages make of them is computed again where this session has not done so yet.
    ///
    /// # Errors
    /// `busy`, `checkpoint-corrupt`, `checkpoint-mismatch`; nothing has changed then. A first step after reading may still answer
    /// `checkpoint-corrupt` where the file holds another network.
    pub fn resume(&mut self, checkpoint: &[u8]) -> Result<Resumed> {
        self.editable()?;
        let checkpoint = Checkpoint::read(checkpoint)?;
        let config = checkpoint.card.config()?;
        self.check_settled(&config)?;
        let run = self.at_workbench(&config, |bench| TrainRun::resume(checkpoint, config.clone(), bench))?;
        let resumed = run.resumed();
        self.run = Some(Box::new(run));
        Ok(resumed)
    }

    /// It was within the budget of memory where the training began, and stays as it is even where that is smaller here: a
    /// reduced training would be another one.
    fn check_settled(&self, config: &TrainConfig) -> Result<()> {
        let (architecture, photos) = (self.weights.architecture, self.dataset.photos().len());
        let settled = config.clone().settle(architecture, photos).map_err(|error| corrupt(error.message))?;
        if settled != *config || config.regime == Regime::Auto {
            return Err(corrupt("its options leave something open"));
        }
        Ok(())
    }
}
