//! Copies of photos in one folder a class, as a model sees them.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, copy};
use std::path::{Path, PathBuf};

use lastlayer::error::Result;

use crate::{io_error, photos};

/// For photos of no class.
const NONE_OF_THESE: &str = "none of these";

/// The folder that they are copied into. Nothing that lies there is overwritten, and no photo is moved.
pub struct SortedFolders {
    folder: PathBuf,
    /// Names of folders by label. Two labels never share one.
    names: BTreeMap<Option<String>, String>,
}

impl SortedFolders {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), names: BTreeMap::new() }
    }

    /// Copies a photo into the folder of its class, or of no class. One of the same name that lies there stays, and this one is
    /// called `name (2).jpg`.
    ///
    /// # Errors
    /// `io`.
    pub fn add(&mut self, photo: &Path, label: Option<&str>) -> Result<()> {
        let name = self.name(label);
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder).map_err(|error| io_error(&folder, &error))?;
        let mut source = File::open(photo).map_err(|error| io_error(photo, &error))?;
        let (path, mut file) = fresh(&folder, &photos::file_name(photo))?;
        copy(&mut source, &mut file).map_err(|error| io_error(path, &error))?;
        Ok(())
    }

    fn name(&mut self, label: Option<&str>) -> String {
        let key = label.map(str::to_owned);
        if let Some(name) = self.names.get(&key) {
            return name.clone();
        }
        let plain = label.map_or_else(|| NONE_OF_THESE.to_owned(), folder_name);
        // Disks differ in whether case tells names apart.
        let taken = |name: &str| self.names.values().any(|other| other.to_lowercase() == name.to_lowercase());
        let name = numbered(&plain, "").find(|name| !taken(name)).unwrap_or_default();
        self.names.insert(key, name.clone());
        name
    }
}

/// A new file of that name, or of the first that is free.
fn fresh(folder: &Path, name: &str) -> Result<(PathBuf, File)> {
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    };
    for name in numbered(stem, extension) {
        let path = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io_error(path, &error)),
        }
    }
    unreachable!("there is always a further number")
}

/// `name`, `name (2)`, `name (3)`, …
fn numbered(stem: &str, extension: &str) -> impl Iterator<Item = String> {
    let others = (2_u64..).map(move |number| format!("{stem} ({number}){extension}"));
    std::iter::once(format!("{stem}{extension}")).chain(others)
}

/// A label as the name of a folder that every system takes.
fn folder_name(label: &str) -> String {
    const NOT_IN_NAMES: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];
    /// Names of devices on Windows, whatever follows a dot.
    const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
    let replaced = |letter: char| if NOT_IN_NAMES.contains(&letter) || letter.is_control() { '_' } else { letter };
    let name: String = label.chars().map(replaced).collect();
    // Hidden where they lead, lost where they end a name.
    let name = name.trim_end_matches(['.', ' ']).trim_start_matches('.');
    let before_dot = name.split('.').next().unwrap_or_default().to_lowercase();
    let port = |start: &str| {
        before_dot.strip_prefix(start).is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    };
    let device = DEVICES.contains(&before_dot.as_str()) || port("com") || port("lpt");
    if name.is_empty() || device { format!("_{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_folders_are_taken_everywhere_and_lead_nowhere() {
        let names = ["cat", "猫", "a/b", "..", "../up", " c. ", "CON", "com1.x", "common", "", "x\ty"].map(folder_name);
        assert_eq!(names, ["cat", "猫", "a_b", "_", "_up", " c", "_CON", "_com1.x", "common", "_", "x_y"]);
    }

    #[test]
    fn labels_never_share_a_folder() {
        let mut folders = SortedFolders::new(Path::new("."));
        let labels = [Some("a/b"), Some("a:b"), Some("A_b"), None, Some("none of these"), Some("a/b")];
        let names = labels.map(|label| folders.name(label));
        assert_eq!(names, ["a_b", "a_b (2)", "A_b (3)", "none of these", "none of these (2)", "a_b"]);
    }
}
