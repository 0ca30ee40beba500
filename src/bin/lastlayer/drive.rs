//! What `train` and `advise` share: photos into a session, and whatever is under way to its end.

use std::path::Path;

use lastlayer::data::dataset::{Added, PhotoId};
use lastlayer::error::{Error, Result};
use lastlayer::eval::compared::Compared;
use lastlayer::score::evaluation::Evaluation;
use lastlayer::session::Session;
use lastlayer::session::event::StepEvent;
use lastlayer::train::run::epoch::FitPhase;
use lastlayer::train::run::report::Report;

use crate::checkpoint_file::CheckpointFile;
use crate::class_folders::{ClassFolders, PhotoFile};
use crate::skipped::Skipped;
use crate::{photos, progress};

/// Adds the photos of a folder of class folders that are to be learnt from. A photo's id is its place in the list that is
/// returned; those that could not be used go to `skipped`.
pub fn add_class_folders(
    session: &mut Session,
    folder: &Path,
    json: bool,
    skipped: &mut Vec<Skipped>,
) -> Result<ClassFolders> {
    let folders = ClassFolders::to_learn_from(folder, json, skipped)?;
    let files = &folders.photos;
    let bar = progress::bar(json, files.len(), "reading");
    for (id, file) in (0..).zip(files) {
        skipped.extend(add(session, id, file, files).err());
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(folders)
}

/// Adds a photo; the error says why it was left out.
fn add(session: &mut Session, id: PhotoId, file: &PhotoFile, files: &[PhotoFile]) -> std::result::Result<(), Skipped> {
    let because = |error| Skipped::because(&file.path, error);
    let photo = photos::read(&file.path).map_err(because)?;
    let name = photos::file_name(&file.path);
    match session.add_photo(id, &name, &file.label, &photo.sha256, &photo.pixels).map_err(because)? {
        Added::New => {
            photos::tell(&file.path, photo.note);
            Ok(())
        }
        Added::DuplicateOf(other) => {
            let other = files.get(other as usize).map_or_else(String::new, |other| other.path.display().to_string());
            Err(Skipped::new(&file.path, format!("the same photo as {other}")))
        }
    }
}

pub enum Outcome {
    Trained(Box<Report>),
    Evaluated(Box<Evaluation>),
    Compared(Box<Compared>),
    /// The session has the advice.
    Advised,
}

/// Carries a training, an evaluation, a comparison or advice to its end; a training's state is kept in `checkpoint` after every
/// epoch.
pub async fn to_the_end(
    session: &mut Session,
    files: &[PhotoFile],
    json: bool,
    checkpoint: Option<&CheckpointFile>,
) -> Result<Outcome> {
    telling(session, files, json, checkpoint, |_| ()).await
}

/// As [`to_the_end`]; `so_far` hears of what a comparison has found after each of its runs but the last.
pub async fn telling(
    session: &mut Session,
    files: &[PhotoFile],
    json: bool,
    checkpoint: Option<&CheckpointFile>,
    mut so_far: impl FnMut(Box<Compared>),
) -> Result<Outcome> {
    let bar = progress::bar(json, 0, "embedding");
    loop {
        match session.step().await? {
            StepEvent::NeedPhotos { ids } => {
                for id in ids {
                    let file =
                        files.get(id as usize).ok_or_else(|| Error::internal(format!("no file for photo {id}")))?;
                    session.supply_photo(id, &photos::read(&file.path)?.pixels)?;
                }
            }
            StepEvent::Embed { done, total } => {
                bar.set_length(total as u64);
                bar.set_position(done as u64);
            }
            StepEvent::Batch { phase, epoch, epochs, .. } => {
                bar.set_message(match phase {
                    FitPhase::Holdout => "choosing the number of epochs",
                    FitPhase::Refit => "training on all photos",
                });
                bar.set_length(epochs as u64);
                bar.set_position(epoch as u64);
            }
            StepEvent::Epoch(_) => {
                if let Some(file) = checkpoint {
                    file.write(session).await?;
                }
            }
            StepEvent::Advising => bar.set_message("looking at the photos"),
            StepEvent::Advised { .. } => {
                bar.finish_and_clear();
                return Ok(Outcome::Advised);
            }
            StepEvent::Done { report } => {
                bar.finish_and_clear();
                return Ok(Outcome::Trained(report));
            }
            StepEvent::Fold { fold, folds, .. } => {
                bar.set_message("cross-validation");
                bar.set_length(folds as u64);
                bar.set_position(fold as u64);
            }
            StepEvent::Run { name, event, .. } => {
                let (done, total) = match *event {
                    StepEvent::Embed { done, total } => (done, total),
                    StepEvent::Batch { epoch, epochs, .. } => (epoch, epochs),
                    _ => continue,
                };
                bar.set_message(name);
                bar.set_length(total as u64);
                bar.set_position(done as u64);
            }
            StepEvent::ComparedSoFar { comparison } => bar.suspend(|| so_far(comparison)),
            StepEvent::Compared { comparison } => {
                bar.finish_and_clear();
                return Ok(Outcome::Compared(comparison));
            }
            StepEvent::Evaluated { evaluation } => {
                bar.finish_and_clear();
                return Ok(Outcome::Evaluated(evaluation));
            }
        }
    }
}
