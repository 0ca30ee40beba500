//! Reading a photo file.

use std::path::Path;

use lastlayer::backbone::weights::sha256_hex;
use lastlayer::error::Result;
use lastlayer::image::{Pixels, decode};

use crate::io_error;

/// A decoded file.
pub struct Photo {
    pub pixels: Pixels,
    pub sha256: String,
}

/// Reads and decodes a file.
pub fn read(path: &Path) -> Result<Photo> {
    let bytes = std::fs::read(path).map_err(|error| io_error(path, &error))?;
    Ok(Photo { pixels: decode::decode(&bytes)?, sha256: sha256_hex(&bytes) })
}

pub fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
