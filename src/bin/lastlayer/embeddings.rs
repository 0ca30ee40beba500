//! What the frozen layers made of photos, kept in files for many runs over the same photos (`--embeddings-cache`).

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use lastlayer::backbone::weights::Weights;
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::model::Split;
use lastlayer::session::Session;

use crate::io_error;

/// One file of little-endian f32 a photo, named by the hash of the photo's file, in a folder per weights and split.
pub struct EmbeddingFiles {
    folder: PathBuf,
    split: Split,
}

impl EmbeddingFiles {
    pub fn open(folder: &Path, weights: &Weights, split: Split) -> Result<Self> {
        let folder = folder.join(format!("{}-last-{}", &weights.sha256[..16], split.0));
        std::fs::create_dir_all(&folder).map_err(|error| io_error(&folder, &error))?;
        Ok(Self { folder, split })
    }

    /// Gives the session what is known of its photos.
    pub fn restore(&self, session: &mut Session) -> Result<()> {
        let photos: Vec<_> = session.dataset().photos().map(|photo| (photo.id, photo.sha256.clone())).collect();
        for (id, sha256) in photos {
            if let Some(activation) = self.read(&sha256)? {
                session.restore_activation(self.split, id, activation)?;
            }
        }
        Ok(())
    }

    /// Writes what the session has embedded.
    pub fn keep(&self, session: &Session) -> Result<()> {
        for photo in session.dataset().photos() {
            if let Some(activation) = session.cached_activation(self.split, photo.id) {
                self.write(&photo.sha256, activation)?;
            }
        }
        Ok(())
    }

    /// `None` when there is none of this photo.
    pub fn read(&self, sha256: &str) -> Result<Option<Vec<f32>>> {
        let path = self.path(sha256);
        match std::fs::read(&path) {
            Ok(bytes) if bytes.len() % size_of::<f32>() == 0 => {
                Ok(Some(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()))
            }
            Ok(_) => Err(Error::new(ErrorCode::Io, format!("{}: cut short; remove it", path.display()))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(io_error(path, &error)),
        }
    }

    pub fn write(&self, sha256: &str, activation: &[f32]) -> Result<()> {
        let path = self.path(sha256);
        if path.exists() {
            return Ok(());
        }
        let bytes: Vec<u8> = activation.iter().flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(&path, bytes).map_err(|error| io_error(path, &error))
    }

    fn path(&self, sha256: &str) -> PathBuf {
        self.folder.join(format!("{sha256}.f32"))
    }
}
