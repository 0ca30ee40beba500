//! Reading a folder of class folders.

use std::path::{Path, PathBuf};

use lastlayer::backbone::weights::sha256_hex;
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::image::Pixels;
use lastlayer::image::decode::{self, Decoded};
use lastlayer::image::file::Note;

use crate::io_error;

/// A photo file and the class its folder names.
pub struct PhotoFile {
    pub path: PathBuf,
    pub label: String,
}

/// A decoded file.
pub struct Photo {
    pub pixels: Pixels,
    pub sha256: String,
    /// What the person should know of it.
    pub note: Option<Note>,
}

/// The files in the class folders of `folder`, by class and then by name. Hidden files are left out; links are followed.
///
/// # Errors
/// `io` when a folder cannot be read; `too-few-classes` when there is no class folder.
pub fn class_folders(folder: &Path) -> Result<Vec<PhotoFile>> {
    let mut files = Vec::new();
    for class in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        let label = file_name(&class);
        files.extend(
            entries(&class)?
                .into_iter()
                .filter(|path| path.is_file())
                .map(|path| PhotoFile { path, label: label.clone() }),
        );
    }
    if files.is_empty() {
        return Err(Error::new(
            ErrorCode::TooFewClasses,
            format!("{}: expected one folder per class with photos in it", folder.display()),
        )
        .with("count", 0));
    }
    Ok(files)
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

/// What lies in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let reading = |error| io_error(folder, &error);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(reading)? {
        paths.push(entry.map_err(reading)?.path());
    }
    paths.retain(|path| !file_name(path).starts_with('.'));
    paths.sort();
    Ok(paths)
}
