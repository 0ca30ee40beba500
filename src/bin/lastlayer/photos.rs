//! Reading a photo file.

use std::path::Path;

use lastlayer::backbone::weights::sha256_hex;
use lastlayer::error::Result;
use lastlayer::image::Pixels;
use lastlayer::image::decode::{self, Decoded};
use lastlayer::image::file::Note;

use crate::io_error;

/// A decoded file.
pub struct Photo {
    pub pixels: Pixels,
    pub sha256: String,
    /// What the person should know of it.
    pub note: Option<Note>,
}

/// Reads and decodes a file.
pub fn read(path: &Path) -> Result<Photo> {
    let bytes = std::fs::read(path).map_err(|error| io_error(path, &error))?;
    let Decoded { pixels, note } = decode::decode(&bytes)?;
    Ok(Photo { pixels, sha256: sha256_hex(&bytes), note })
}

/// Prints what the person should know of a file that was taken, beside the results.
pub fn tell(path: &Path, note: Option<Note>) {
    if let Some(note) = note {
        eprintln!("note: {}: {}", path.display(), note.message());
    }
}

pub fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
