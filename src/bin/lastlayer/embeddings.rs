//! What the frozen layers made of photos, kept in files for many runs over the same photos (`--embeddings-cache`).

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use lastlayer::backbone::weights::Weights;
use lastlayer::data::dataset::PhotoId;
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::image::prepare::Framing;
use lastlayer::session::Session;
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::draws::MIRRORED;
use lastlayer::train::read::embed::Draw;

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
        // The source model sees photos in its own way, whatever the training does.
        let source = TrainConfig {
            last_stages: 0,
            input_size: 0,
            framing: weights.card.input.framing,
            augment: 0,
            flip_average: 0,
            ..config.clone()
        };
        let stages = weights.architecture.stages.len();
        let open =
            |wanted: bool, config: TrainConfig| wanted.then(|| SplitFiles::open(folder, weights, config)).transpose();
        let another = config.last_stages > 0 || config.framing != source.framing;
        Ok(Self { source: open(another, source)?, own: open(config.last_stages < stages, config)? })
    }

    /// Gives the session what is known of its photos.
    pub fn restore(&self, session: &mut Session) -> Result<()> {
        [&self.own, &self.source].into_iter().flatten().try_for_each(|files| files.restore(session))
    }

    /// Writes what the session has embedded.
    pub fn keep(&self, session: &Session) -> Result<()> {
        [&self.own, &self.source].into_iter().flatten().try_for_each(|files| files.keep(session))
    }

    /// The activations by which a classifier of that configuration judges a photo, as [`Session::activation`] gives them; `None`
    /// where one is missing.
    pub fn read_views(&self, sha256: &str) -> Result<Option<Vec<f32>>> {
        self.own.as_ref().map_or(Ok(None), |files| files.read_views(sha256))
    }

    /// Keeps what [`read_views`](Self::read_views) reads.
    pub fn write_views(&self, sha256: &str, activations: &[f32]) -> Result<()> {
        self.own.as_ref().map_or(Ok(()), |files| files.write_views(sha256, activations))
    }
}

/// One file of little-endian f32 a photo and draw, named by the hash of the photo's file, in a folder per weights, split, framing
/// and input size.
struct SplitFiles {
    folder: PathBuf,
    config: TrainConfig,
}

impl SplitFiles {
    fn open(folder: &Path, weights: &Weights, config: TrainConfig) -> Result<Self> {
        let framing = match config.framing {
            Framing::Crop => "",
            Framing::Pad => "-pad",
            Framing::Squash => "-squash",
        };
        let size = if config.input_size == 0 { String::new() } else { format!("-{}px", config.input_size) };
        // What an output layer alone may see is in other files than in earlier versions, which kept the average of the last map.
        let taps = if config.last_stages == 0 { "-taps" } else { "" };
        let name = format!("{}-last-{}{taps}{framing}{size}", &weights.sha256[..16], config.last_stages);
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).map_err(|error| io_error(&folder, &error))?;
        Ok(Self { folder, config })
    }

    fn restore(&self, session: &mut Session) -> Result<()> {
        for (draw, sha256) in self.draws(session) {
            if let Some(activation) = self.read(&sha256, draw.number)? {
                session.restore_activation(&self.config, draw, &activation)?;
            }
        }
        Ok(())
    }

    fn keep(&self, session: &Session) -> Result<()> {
        for (draw, sha256) in self.draws(session) {
            if let Some(activation) = session.cached_activation(&self.config, draw) {
                self.write(&sha256, draw.number, &activation)?;
            }
        }
        Ok(())
    }

    fn draws(&self, session: &Session) -> Vec<(Draw, String)> {
        let photos = session.dataset().photos();
        let draws = |photo: PhotoId| self.config.needed_draws().map(move |number| Draw { photo, number });
        photos.flat_map(|photo| draws(photo.id).map(|draw| (draw, photo.sha256.clone()))).collect()
    }

    /// See [`EmbeddingFiles::read_views`].
    fn read_views(&self, sha256: &str) -> Result<Option<Vec<f32>>> {
        let views = self.config.views().iter();
        let views: Option<Vec<Vec<f32>>> = views.map(|&draw| self.read(sha256, draw)).collect::<Result<_>>()?;
        Ok(views.map(|views| views.concat()))
    }

    fn write_views(&self, sha256: &str, activations: &[f32]) -> Result<()> {
        let views = self.config.views();
        let each = activations.chunks_exact(activations.len() / views.len());
        views.iter().zip(each).try_for_each(|(&draw, activation)| self.write(sha256, draw, activation))
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
            MIRRORED => format!("{sha256}-mirrored.f32"),
            _ if self.config.augmentation().flip => format!("{sha256}-{draw}.f32"),
            _ => format!("{sha256}-{draw}-no-flip.f32"),
        })
    }
}
