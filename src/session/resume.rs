//! Trainings that stop and go on, here or in another session with the same photos.

use super::{Run, Session};
use crate::error::{Error, Result};
use crate::train::checkpoint::{Checkpoint, corrupt};
use crate::train::run::{Resumed, TrainRun};

impl Session {
    /// The training under way as a file, from which [`resume`](Self::resume) goes on to the very result that this one will have.
    /// The training goes on, too.
    ///
    /// # Errors
    /// `internal` when no training is under way (a cross-validation is none) or the device is lost.
    pub async fn checkpoint(&self) -> Result<Vec<u8>> {
        let Some(Run::Training(run)) = &self.run else {
            return Err(Error::internal("a checkpoint without a training"));
        };
        run.checkpoint(&self.weights, &self.dataset, (self.clock)()).await?.write()
    }

    /// [`checkpoint`](Self::checkpoint), and ends the training. What it has embedded stays cached, for one that is resumed here;
    /// [`cancel_training`](Self::cancel_training) lets go of that too.
    pub async fn pause(&mut self) -> Result<Vec<u8>> {
        let checkpoint = self.checkpoint().await?;
        self.run = None;
        Ok(checkpoint)
    }

    /// Begins where a checkpoint was taken; [`step`](Self::step) carries the training on. The photos must be those that it was
    /// begun with; they are embedded again where this session has not done so yet.
    ///
    /// # Errors
    /// `busy`, `checkpoint-corrupt`, `checkpoint-mismatch`; nothing has changed then. A first step after embedding may still answer
    /// `checkpoint-corrupt` where the file holds another network.
    pub fn resume(&mut self, checkpoint: &[u8]) -> Result<Resumed> {
        self.editable()?;
        let checkpoint = Checkpoint::read(checkpoint)?;
        let config = checkpoint.card.config()?;
        let (settled, split) = self.settle(config.clone()).map_err(|error| corrupt(error.message))?;
        if settled != config {
            return Err(corrupt("its options leave something open"));
        }
        let index = self.embedder(split)?;
        let (dataset, embedder) = (&self.dataset, &mut self.embedders[index]);
        let run = TrainRun::resume(checkpoint, config, &self.weights, dataset, embedder, (self.clock)())?;
        let resumed = run.resumed();
        self.run = Some(Run::Training(Box::new(run)));
        Ok(resumed)
    }
}
