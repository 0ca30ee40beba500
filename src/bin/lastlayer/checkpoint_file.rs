//! A training that survives its program (`--checkpoint`).

use std::io::ErrorKind;
use std::path::PathBuf;

use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::session::Session;
use lastlayer::train::checkpoint::{Checkpoint, values_of};
use lastlayer::train::config::TrainConfig;

use crate::io_error;

pub struct CheckpointFile {
    path: PathBuf,
}

impl CheckpointFile {
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Goes on from the file where there is one, and begins otherwise. Returns how many epochs were done already.
    ///
    /// # Errors
    /// As [`Session::resume`] and [`Session::start_training`]; `checkpoint-mismatch` too where the options are not those that the
    /// file was begun with.
    pub fn begin(&self, session: &mut Session, config: TrainConfig) -> Result<usize> {
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return session.start_training(config).map(|()| 0),
            Err(error) => return Err(io_error(&self.path, &error)),
        };
        self.check_options(&bytes, session, config)?;
        let resumed = session.resume(&bytes).map_err(|error| self.name(error))?;
        Ok(resumed.history.len())
    }

    /// Keeps the state of the training. Written beside and moved into place, so that an interruption leaves the old file or the
    /// new one, never half of one.
    pub async fn write(&self, session: &Session) -> Result<()> {
        let bytes = session.checkpoint().await?;
        let part = self.path.with_added_extension("part");
        std::fs::write(&part, bytes).map_err(|error| io_error(&part, &error))?;
        std::fs::rename(&part, &self.path).map_err(|error| io_error(&self.path, &error))
    }

    /// The training has ended: the next one begins from the start.
    pub fn remove(&self) -> Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(io_error(&self.path, &error)),
            _ => Ok(()),
        }
    }

    fn check_options(&self, bytes: &[u8], session: &Session, config: TrainConfig) -> Result<()> {
        // What was left to advice was decided when the training began.
        let Ok(wanted) = session.settled(config) else { return Ok(()) };
        let begun = Checkpoint::read(bytes).map_err(|error| self.name(error))?.card.config;
        let wanted = values_of(&wanted)?;
        let differing: Vec<String> = begun
            .iter()
            .filter(|(name, value)| wanted.get(*name) != Some(value))
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        if differing.is_empty() {
            return Ok(());
        }
        let path = self.path.display();
        let options = differing.join(", ");
        Err(Error::new(
            ErrorCode::CheckpointMismatch,
            format!("{path} was begun with {options}: give the same options, or delete it to train from the start"),
        )
        .with("path", path)
        .with("detail", options))
    }

    fn name(&self, error: Error) -> Error {
        let path = self.path.display();
        Error { message: format!("{path}: {}", error.message), ..error }.with("path", path)
    }
}
