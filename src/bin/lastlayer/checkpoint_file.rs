//! A training that survives its program (`--checkpoint`).

use std::io::ErrorKind;
use std::path::PathBuf;

use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::session::Session;
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::run::checkpoint::{Checkpoint, from_texts, values_of};

use crate::io_error;

pub struct CheckpointFile {
    path: PathBuf,
    /// What was in it.
    begun: Option<Vec<u8>>,
}

impl CheckpointFile {
    /// Reads the file where there is one.
    pub fn open(path: PathBuf) -> Result<Self> {
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Self { path, begun: Some(bytes) }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self { path, begun: None }),
            Err(error) => Err(io_error(&path, &error)),
        }
    }

    /// Whether there is a training to go on with.
    pub fn has_begun(&self) -> bool {
        self.begun.is_some()
    }

    /// How the training goes: as it was begun, where it was.
    ///
    /// # Errors
    /// `checkpoint-corrupt`; `checkpoint-mismatch` where the options given are not those that the file was begun with. Where
    /// they leave it to advice what to train, that is taken from the file.
    pub fn config(&self, session: &Session, given: TrainConfig) -> Result<TrainConfig> {
        let Some(bytes) = &self.begun else { return Ok(given) };
        let begun = Checkpoint::read(bytes).and_then(|checkpoint| checkpoint.card.config());
        let begun = begun.map_err(|error| self.name(error))?;
        let wanted = if given.needs_advice() { filled(given, &begun)? } else { given };
        let (now, then) = (values_of(&session.settled(wanted)?)?, values_of(&begun)?);
        let differing: Vec<String> = then
            .iter()
            .filter(|(name, value)| now.get(*name) != Some(value))
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        if differing.is_empty() {
            return Ok(begun);
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

    /// Goes on from the file where there was one, and begins otherwise. Returns how many epochs were done already.
    ///
    /// # Errors
    /// As [`Session::resume`] and [`Session::start_training`].
    pub fn begin(&self, session: &mut Session, config: TrainConfig) -> Result<usize> {
        let Some(bytes) = &self.begun else { return session.start_training(config).map(|()| 0) };
        let resumed = session.resume(bytes).map_err(|error| self.name(error))?;
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

    fn name(&self, error: Error) -> Error {
        let path = self.path.display();
        Error { message: format!("{path}: {}", error.message), ..error }.with("path", path)
    }
}

/// The options given, and for those that were left at their defaults what the training was begun with.
fn filled(given: TrainConfig, begun: &TrainConfig) -> Result<TrainConfig> {
    let (usual, mut values) = (values_of(&TrainConfig::default())?, values_of(begun)?);
    values.extend(values_of(&given)?.into_iter().filter(|(name, value)| usual.get(name) != Some(value)));
    from_texts(&values)
}
