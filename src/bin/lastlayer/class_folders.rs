//! Reading a folder of class folders.

use std::path::{Path, PathBuf};

use lastlayer::data::folder_layout::{self, Group, Layout, Note};
use lastlayer::data::label;
use lastlayer::error::{Error, ErrorCode, Result};

use crate::skipped::Skipped;
use crate::{io_error, photos, print_line};

/// A photo file and the class its folder names.
pub struct PhotoFile {
    pub path: PathBuf,
    pub label: String,
}

/// What lies in a folder, as [`folder_layout`] takes it.
pub struct ClassFolders {
    pub photos: Vec<PhotoFile>,
    /// Of a part of the data set that is to be tested with alone.
    pub test: Vec<PhotoFile>,
    /// Beside the class folders, and so of no class.
    pub of_no_class: Vec<PathBuf>,
    pub notes: Vec<Note>,
}

impl ClassFolders {
    /// Reads the names, and opens no file. Links are followed. What cannot be looked into goes to `skipped`.
    ///
    /// # Errors
    /// `io` when the folder cannot be read.
    pub fn read(folder: &Path, skipped: &mut Vec<Skipped>) -> Result<Self> {
        let mut walk = Walk { above: Vec::new(), found: Vec::new(), skipped };
        walk.enter(folder, "").map_err(|error| io_error(folder, &error))?;
        let found = walk.found;
        let paths: Vec<&str> = found.iter().map(|(_, relative)| relative.as_str()).collect();
        let Layout { photos, test, left_out, notes } = folder_layout::arrange(&paths);
        let mut of_no_class = Vec::new();
        let mut of = |groups: Vec<Group>| {
            let mut files = Vec::new();
            for Group { label, files: indices } in groups {
                for (path, _) in indices.into_iter().map(|index| &found[index]) {
                    match &label {
                        Some(label) => files.push(PhotoFile { path: path.clone(), label: label.clone() }),
                        None => of_no_class.push(path.clone()),
                    }
                }
            }
            files
        };
        let (photos, test) = (of(photos), of(test));
        of_no_class.extend(left_out.into_iter().map(|index| found[index].0.clone()));
        Ok(Self { photos, test, of_no_class, notes })
    }

    /// As [`read`](Self::read); what is of no class goes to `skipped` too.
    fn of_classes(folder: &Path, skipped: &mut Vec<Skipped>) -> Result<Self> {
        let mut found = Self::read(folder, skipped)?;
        skipped.extend(found.of_no_class.drain(..).map(|path| Skipped::of_no_class(&path)));
        Ok(found)
    }

    /// The photos to learn from. What was made of the folders is printed, unless JSON is wanted.
    ///
    /// # Errors
    /// As [`read`](Self::read); `too-few-classes` when there is no class folder.
    pub fn to_learn_from(folder: &Path, json: bool, skipped: &mut Vec<Skipped>) -> Result<Self> {
        let found = Self::of_classes(folder, skipped)?;
        check(&found.photos, folder)?;
        found.tell(json, |photos, test| match test {
            "" => format!("{}: learning from {photos}", folder.display()),
            test => format!("{}: learning from {photos}, and not from {test}, which is for testing", folder.display()),
        });
        Ok(found)
    }

    /// The photos to test with: those of the part of the data set that is meant for it, or all where there is none.
    ///
    /// # Errors
    /// As [`to_learn_from`](Self::to_learn_from).
    pub fn to_test_with(folder: &Path, json: bool, skipped: &mut Vec<Skipped>) -> Result<Self> {
        let mut found = Self::of_classes(folder, skipped)?;
        if !found.test.is_empty() {
            found.photos = std::mem::take(&mut found.test);
        }
        check(&found.photos, folder)?;
        found.tell(json, |photos, test| match test {
            "" => format!("{}: testing with {photos}", folder.display()),
            test => format!("{}: testing with {test}, and not with {photos}", folder.display()),
        });
        Ok(found)
    }

    fn tell(&self, json: bool, of_parts: impl Fn(&str, &str) -> String) {
        for note in self.notes.iter().filter(|_| !json) {
            match note {
                Note::Parts { photos, test } => print_line(of_parts(&photos.join(" and "), &test.join(" and "))),
                Note::Shortened { from, to } => print_line(format_args!(
                    "the class of the folder {from:?} is called {to:?}: a name has at most {} characters",
                    label::MAX_CHARS
                )),
            }
        }
    }
}

fn check(photos: &[PhotoFile], folder: &Path) -> Result<()> {
    if !photos.is_empty() {
        return Ok(());
    }
    let message = format!("{}: expected one folder per class with photos in it", folder.display());
    Err(Error::new(ErrorCode::TooFewClasses, message).with("count", 0))
}

struct Walk<'a> {
    /// The folders around, by where they really are: a link back to one of them would have no end.
    above: Vec<PathBuf>,
    /// Files, with their paths from the folder that was entered first.
    found: Vec<(PathBuf, String)>,
    skipped: &'a mut Vec<Skipped>,
}

impl Walk<'_> {
    fn enter(&mut self, folder: &Path, relative: &str) -> std::io::Result<()> {
        let place = folder.canonicalize()?;
        if self.above.contains(&place) {
            return Ok(());
        }
        let entries = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
        self.above.push(place);
        for path in entries.into_iter().map(|entry| entry.path()) {
            let name = photos::file_name(&path);
            if folder_layout::is_skipped(&name) {
                continue;
            }
            let inside = if relative.is_empty() { name } else { format!("{relative}/{name}") };
            let looked_at = path.metadata().and_then(|kind| {
                if kind.is_dir() {
                    self.enter(&path, &inside)
                } else {
                    // Neither is a pipe or the like.
                    self.found.extend(kind.is_file().then(|| (path.clone(), inside)));
                    Ok(())
                }
            });
            if let Err(error) = looked_at {
                self.skipped.push(Skipped::new(&path, error.to_string()));
            }
        }
        self.above.pop();
        Ok(())
    }
}
