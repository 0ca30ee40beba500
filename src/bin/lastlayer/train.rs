//! `lastlayer train DIR`

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command};
use indicatif::{ProgressBar, ProgressStyle};
use lastlayer::data::dataset::{Added, PhotoId};
use lastlayer::error::{Error, Result};
use lastlayer::metrics::{CLASSES_FOR_TOP5, Scores};
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::event::{FitPhase, Report, StepEvent};
use serde::Serialize;

use crate::embeddings::EmbeddingFiles;
use crate::photos::{self, PhotoFile};
use crate::{io_error, options, print_line, weights};

pub fn command() -> Command {
    let path = |name: &'static str| Arg::new(name).value_parser(clap::value_parser!(PathBuf));
    Command::new("train")
        .about("Fine-tunes on the class folders of DIR and says how good the result is")
        .arg(path("dir").required(true).value_name("DIR").help("Folder with one folder of photos per class"))
        .arg(
            path("test")
                .long("test")
                .value_name("DIR")
                .help("Class folders to score the finished classifier on; nothing is learnt from them"),
        )
        .arg(
            path("output")
                .short('o')
                .long("output")
                .value_name("MODEL.safetensors")
                .help("Write the classifier to this file"),
        )
        .arg(
            path("embeddings-cache").long("embeddings-cache").value_name("DIR").help(
                "Keep what the frozen layers made of each photo in this folder, for many runs over the same photos",
            ),
        )
        .args(options::training_arguments())
        .arg(weights::argument())
        .arg(options::json_argument())
}

/// The JSON object of `--json`.
#[derive(Serialize)]
struct Output {
    train_images: usize,
    classes: Vec<String>,
    val: Option<Accuracy>,
    test: Option<Accuracy>,
    seconds: f64,
    /// Files that were not used, and why.
    skipped: Vec<Skipped>,
    report: Report,
}

/// Fractions of photos; `top5` is 1 by definition with five classes or fewer.
#[derive(Debug, Clone, Copy, Serialize)]
struct Accuracy {
    top1: f64,
    top5: f64,
    count: usize,
}

#[derive(Debug, Clone, Serialize)]
struct Skipped {
    file: String,
    error: String,
}

pub fn run(arguments: &ArgMatches) -> Result<()> {
    let json = options::json(arguments);
    let config = options::training_config(arguments)?;
    let mut session = weights::open_session(arguments)?;
    let path = |name: &str| arguments.get_one::<PathBuf>(name);
    let train_dir = path("dir").ok_or_else(|| Error::internal("no DIR"))?;
    let store = match path("embeddings-cache") {
        Some(folder) => Some(EmbeddingFiles::open(folder, session.weights(), &config)?),
        None => None,
    };

    let mut skipped = Vec::new();
    let files = photos::class_folders(train_dir)?;
    let bar = progress_bar(json, files.len(), "reading");
    for (id, file) in (0..).zip(&files) {
        if let Err(error) = add(&mut session, id, file, &files) {
            skipped.push(Skipped { file: file.path.display().to_string(), error });
        }
        bar.inc(1);
    }
    bar.finish_and_clear();

    if let Some(store) = &store {
        store.restore(&mut session)?;
    }
    session.start_training(config)?;
    let report = pollster::block_on(train(&mut session, &files, json))?;
    if let Some(store) = &store {
        store.keep(&session)?;
    }
    let test = match path("test") {
        Some(folder) => pollster::block_on(score(&session, folder, store.as_ref(), json, &mut skipped))?,
        None => None,
    };
    if let Some(output) = path("output") {
        let bytes = pollster::block_on(session.export_model())?;
        std::fs::write(output, bytes).map_err(|error| io_error(output, &error))?;
    }
    let output = Output {
        train_images: report.train_images,
        classes: report.classes.clone(),
        val: report.val.map(accuracy),
        test,
        seconds: report.seconds,
        skipped,
        report,
    };
    if json {
        print_line(format_args!("{}", serde_json::to_string(&output).map_err(Error::internal)?));
    } else {
        print_summary(&output, path("output"));
    }
    Ok(())
}

/// Adds a photo; the error is the reason it was left out.
fn add(session: &mut Session, id: PhotoId, file: &PhotoFile, files: &[PhotoFile]) -> std::result::Result<(), String> {
    let photo = photos::read(&file.path).map_err(|error| error.message)?;
    let name = photos::file_name(&file.path);
    match session.add_photo(id, &name, &file.label, &photo.sha256, &photo.pixels).map_err(|error| error.message)? {
        Added::New => Ok(()),
        Added::DuplicateOf(other) => {
            let other = files.get(other as usize).map_or_else(String::new, |other| other.path.display().to_string());
            Err(format!("the same photo as {other}"))
        }
    }
}

async fn train(session: &mut Session, files: &[PhotoFile], json: bool) -> Result<Report> {
    let bar = progress_bar(json, 0, "embedding");
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
            StepEvent::Epoch(_) => {}
            StepEvent::Done { report } => {
                bar.finish_and_clear();
                return Ok(*report);
            }
        }
    }
}

/// Top-1 and top-5 on the class folders of `folder`. Photos of classes the classifier does not know count as wrong.
async fn score(
    session: &Session,
    folder: &Path,
    store: Option<&EmbeddingFiles>,
    json: bool,
    skipped: &mut Vec<Skipped>,
) -> Result<Option<Accuracy>> {
    let files = photos::class_folders(folder)?;
    let bar = progress_bar(json, files.len(), "testing");
    let (mut count, mut top1, mut top5) = (0usize, 0usize, 0usize);
    for file in &files {
        match photos::read(&file.path) {
            Ok(photo) => {
                let activation = match store.map(|store| store.read(&photo.sha256, 0)).transpose()?.flatten() {
                    Some(activation) => activation,
                    None => session.activation(&photo.pixels, ModelChoice::Trained).await?,
                };
                if let Some(store) = store {
                    store.write(&photo.sha256, 0, &activation)?;
                }
                let best = session.predict_activation(activation, 5, ModelChoice::Trained).await?;
                count += 1;
                top1 += usize::from(best.first().is_some_and(|first| first.label == file.label));
                top5 += usize::from(best.iter().any(|guess| guess.label == file.label));
            }
            Err(error) => {
                skipped.push(Skipped { file: file.path.display().to_string(), error: error.message });
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let fraction = |hits: usize| hits as f64 / count as f64;
    Ok((count > 0).then(|| Accuracy { top1: fraction(top1), top5: fraction(top5), count }))
}

fn accuracy(scores: Scores) -> Accuracy {
    Accuracy { top1: scores.top1, top5: scores.top5.unwrap_or(1.0), count: scores.count }
}

fn progress_bar(json: bool, length: usize, message: &'static str) -> ProgressBar {
    if json {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64).with_message(message);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}

fn print_summary(output: &Output, model: Option<&PathBuf>) {
    let report = &output.report;
    for skipped in &output.skipped {
        print_line(format_args!("left out: {}: {}", skipped.file, skipped.error));
    }
    print_line(format_args!(
        "{} photos in {} classes: {}",
        output.train_images,
        output.classes.len(),
        output.classes.join(", ")
    ));
    if let Some(val) = output.val {
        print_line(format_args!("held-out photos: {}", describe(val, output.classes.len())));
        if report.epochs_chosen {
            print_line(format_args!(
                "    {} photos chose {} of {} epochs, so this score is slightly optimistic;",
                val.count, report.epochs, report.epochs_tried
            ));
        }
        print_line(format_args!(
            "    the classifier that was kept was then trained on all photos for {} epochs",
            report.epochs
        ));
    } else {
        print_line(format_args!("nothing could be held out, so there is no score: add photos"));
    }
    if let Some(test) = output.test {
        print_line(format_args!("test photos: {}", describe(test, output.classes.len())));
    }
    print_line(format_args!("{:.1} s", output.seconds));
    if let Some(path) = model {
        print_line(format_args!("model written to {}", path.display()));
    }
}

fn describe(accuracy: Accuracy, classes: usize) -> String {
    let top1 = format!("top-1 {:.1} % of {}", accuracy.top1 * 100.0, accuracy.count);
    if classes < CLASSES_FOR_TOP5 { top1 } else { format!("{top1}, top-5 {:.1} %", accuracy.top5 * 100.0) }
}
