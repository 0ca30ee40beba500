//! What the frozen layers made of photos, kept in files for many runs over the same photos (`--embeddings-cache`).

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use lastlayer::backbone::weights::Weights;
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::session::Session;
use lastlayer::train::config::TrainConfig;
use lastlayer::train::embed::Draw;

use crate::io_error;

/// What the frozen layers of a training made of photos, and what the source model did, which every training asks.
pub struct EmbeddingFiles {
    /// `None` where no stage is frozen.
    own: Option<SplitFiles>,
    /// `None` where the training's own are the source model's.
    source: Option<SplitFiles>,
}

impl EmbeddingFiles {
    /// `config` must be settled.
    pub fn open(folder: &Path, weights: &Weights, config: TrainConfig) -> Result<Self> {
        let source = TrainConfig { last_stages: 0, input_size: 0, augment: 0, ..config.clone() };
        let stages = weights.architecture.stages.len();
        let open =
            |wanted: bool, config: TrainConfig| wanted.then(|| SplitFiles::open(folder, weights, config)).transpose();
        Ok(Self { source: open(config.last_stages > 0, source)?, own: open(config.last_stages < stages, config)? })
    }

    /// Gives the session what is known of its photos.
    pub fn restore(&self, session: &mut Session) -> Result<()> {
        [&self.own, &self.source].into_iter().flatten().try_for_each(|files| files.restore(session))
    }

    /// Writes what the session has embedded.
    pub fn keep(&self, session: &Session) -> Result<()> {
        [&self.own, &self.source].into_iter().flatten().try_for_each(|files| files.keep(session))
    }

    /// What the frozen layers made of a photo as it is; `None` when that is not known.
    pub fn read(&self, sha256: &str) -> Result<Option<Vec<f32>>> {
        self.own.as_ref().map_or(Ok(None), |files| files.read(sha256, 0))
    }

    /// Keeps what the frozen layers made of a photo as it is.
    pub fn write(&self, sha256: &str, activation: &[f32]) -> Result<()> {
        self.own.as_ref().map_or(Ok(()), |files| files.write(sha256, 0, activation))
    }
}

/// One file of little-endian f32 a photo and draw, named by the hash of the photo's file, in a folder per weights and split.
struct SplitFiles {
    folder: PathBuf,
    config: TrainConfig,
}

impl SplitFiles {
    fn open(folder: &Path, weights: &Weights, config: TrainConfig) -> Result<Self> {
        let folder = folder.join(format!("{}-last-{}", &weights.sha256[..16], config.last_stages));
        std::fs::create_dir_all(&folder).map_err(|error| io_error(&folder, &error))?;
        Ok(Self { folder, config })
    }

    fn restore(&self, session: &mut Session) -> Result<()> {
        for (draw, sha256) in self.draws(session) {
            if let Some(activation) = self.read(&sha256, draw.number)? {
                session.restore_activation(&self.config, draw, activation)?;
            }
        }
        Ok(())
    }

    fn keep(&self, session: &Session) -> Result<()> {
        for (draw, sha256) in self.draws(session) {
            if let Some(activation) = session.cached_activation(&self.config, draw) {
                self.write(&sha256, draw.number, activation)?;
            }
        }
        Ok(())
    }

    fn draws(&self, session: &Session) -> Vec<(Draw, String)> {
        let photos = session.dataset().photos();
        let numbers = 0..=self.config.draws();
        photos
            .flat_map(|photo| numbers.clone().map(|number| (Draw { photo: photo.id, number }, photo.sha256.clone())))
            .collect()
    }

    /// `None` when there is none of this draw; draw 0 is the photo as it is.
    fn read(&self, sha256: &str, draw: usize) -> Result<Option<Vec<f32>>> {
        let path = self.path(sha256, draw);
        match std::fs::read(&path) {
            Ok(bytes) if bytes.len() % size_of::<f32>() == 0 => {
                Ok(Some(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()))
            }
            Ok(_) => Err(Error::new(ErrorCode::Io, format!("{}: cut short; remove it", path.display()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_error(path, &error)),
        }
    }

    fn write(&self, sha256: &str, draw: usize, activation: &[f32]) -> Result<()> {
        let path = self.path(sha256, draw);
        if path.exists() {
            return Ok(());
        }
        let bytes: Vec<u8> = activation.iter().flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(&path, bytes).map_err(|error| io_error(path, &error))
    }

    fn path(&self, sha256: &str, draw: usize) -> PathBuf {
        self.folder.join(match draw {
            0 => format!("{sha256}.f32"),
            _ if self.config.augmentation().flip => format!("{sha256}-{draw}.f32"),
            _ => format!("{sha256}-{draw}-no-flip.f32"),
        })
    }
}
