//! `lastlayer train DIR`

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command};
use lastlayer::advise::decide::Advice;
use lastlayer::data::dataset::PhotoId;
use lastlayer::data::folder_layout::Note;
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::eval::cross_validation::EvaluationConfig;
use lastlayer::metrics::{CLASSES_FOR_TOP5, Scores};
use lastlayer::score::evaluation::Evaluation;
use lastlayer::train::run::report::Report;
use serde::Serialize;

use crate::checkpoint_file::CheckpointFile;
use crate::class_folders::ClassFolders;
use crate::drive::{self, Outcome};
use crate::embeddings::EmbeddingFiles;
use crate::skipped::Skipped;
use crate::test_set::{TestReport, TestSet};
use crate::{advise, io_error, options, print_line, skipped, tables, weights};

pub fn command() -> Command {
    let path = |name: &'static str| Arg::new(name).value_parser(clap::value_parser!(PathBuf));
    Command::new("train")
        .about("Fine-tunes on the class folders of DIR and says how good the result is")
        .arg(path("dir").required(true).value_name("DIR").help(
            "Folder with one folder of photos per class, or with `train`, `val` and `test` that hold such folders",
        ))
        .arg(
            path("test")
                .long("test")
                .value_name("DIR")
                .help(
                    "Class folders to score the finished classifier on; nothing is learnt from them. Without it, the folder `test` \
                     beside `train`, where DIR has these",
                ),
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
        .arg(path("checkpoint").long("checkpoint").value_name("FILE").help(
            "Keep the state of the training in this file after every epoch, and go on from it where it exists: an interrupted \
             training ends as it would have ended. Deleted at the end",
        ))
        .arg(Arg::new("folds").long("folds").value_name("auto|N|0").default_value("0").help(
            "Score by cross-validation in N folds, fit the temperature, and learn to say \"none of these\": `auto` chooses N by the \
             smallest class; 0 does without",
        ))
        .args(options::training_arguments())
        .args(weights::arguments())
        .arg(options::json_argument())
}

/// The JSON object of `--json`.
#[derive(Serialize)]
struct Output {
    train_images: usize,
    classes: Vec<String>,
    val: Option<Accuracy>,
    test: Option<Accuracy>,
    /// More of the same test.
    test_report: Option<TestReport>,
    /// The cross-validation that `--folds` asks for. Photos go by `files`.
    evaluation: Option<Evaluation>,
    /// Path of each photo of the evaluation, by its id.
    files: BTreeMap<PhotoId, String>,
    seconds: f64,
    /// What was made of the folders.
    notes: Vec<Note>,
    /// Files that were not used, and why.
    skipped: Vec<Skipped>,
    /// Why it was trained like this; `None` where the regime was given.
    advice: Option<Advice>,
    report: Report,
}

/// Fractions of photos; `top5` is 1 by definition with five classes or fewer.
#[derive(Debug, Clone, Copy, Serialize)]
struct Accuracy {
    top1: f64,
    top5: f64,
    count: usize,
}

pub fn run(arguments: &ArgMatches) -> Result<()> {
    let json = options::json(arguments);
    let config = options::training_config(arguments)?;
    let folds = folds(arguments)?;
    let mut session = weights::open_session(arguments)?;
    session.prepare_for(&config)?;
    let path = |name: &str| arguments.get_one::<PathBuf>(name);
    let train_dir = path("dir").ok_or_else(|| Error::internal("no DIR"))?;
    let mut skipped = Vec::new();
    let folders = drive::add_class_folders(&mut session, train_dir, json, &mut skipped)?;
    let files = &folders.photos;
    // Looked for before anything is trained, not after.
    let test_folders = path("test").map(|folder| ClassFolders::to_test_with(folder, json, &mut skipped)).transpose()?;
    // Without a folder of its own, what the data set has for it.
    let test_files = test_folders.as_ref().map_or(&folders.test, |folders| &folders.photos);
    let checkpoint = path("checkpoint").cloned().map(CheckpointFile::open).transpose()?;
    // What was left to advice was decided when the training began.
    let begun = checkpoint.as_ref().is_some_and(CheckpointFile::has_begun);
    let advice = match config.needs_advice() && !begun {
        true => Some(advise::advice(&mut session, files, path("embeddings-cache"), config.clone(), json)?),
        false => None,
    };
    let config = advice.as_ref().map_or(config, |advice| advice.plan.config.clone());
    let config = match &checkpoint {
        Some(file) => file.config(&session, config)?,
        None => config,
    };
    let store = match path("embeddings-cache") {
        Some(folder) => Some(EmbeddingFiles::open(folder, session.weights(), session.settled(config.clone())?)?),
        None => None,
    };
    if let Some(store) = &store {
        store.restore(&mut session)?;
    }
    let done = match &checkpoint {
        Some(file) => file.begin(&mut session, config)?,
        None => session.start_training(config).map(|()| 0)?,
    };
    if done > 0 && !json {
        print_line(format_args!("going on after {done} epochs"));
    }
    let Outcome::Trained(report) =
        pollster::block_on(drive::to_the_end(&mut session, files, json, checkpoint.as_ref()))?
    else {
        return Err(Error::internal("a training that ends without a report"));
    };
    if let Some(store) = &store {
        store.keep(&session)?;
    }
    let mut evaluation = None;
    if let Some(folds) = folds {
        session.start_evaluation(EvaluationConfig { folds, ..EvaluationConfig::default() })?;
        match pollster::block_on(drive::to_the_end(&mut session, files, json, None))? {
            Outcome::Evaluated(result) => evaluation = Some(*result),
            _ => return Err(Error::internal("an evaluation that ends with something else")),
        }
    }
    let (mut test, mut test_report) = (None, None);
    if !test_files.is_empty() {
        let set = pollster::block_on(TestSet::of(&session, test_files, store.as_ref(), json, &mut skipped))?;
        test = set.fractions().map(|(top1, top5, count)| Accuracy { top1, top5, count });
        // Folders of other classes alone are no reason to throw the training away.
        test_report = match set.report() {
            Ok(report) => Some(report),
            Err(error) if error.code == ErrorCode::EmptyClass => None,
            Err(error) => return Err(error),
        };
    }
    let evaluated = evaluation.iter().flat_map(|evaluation| &evaluation.photos);
    let file_of = |id: PhotoId| files.get(id as usize).map(|file| (id, file.path.display().to_string()));
    let evaluated_files = evaluated.filter_map(|photo| file_of(photo.id)).collect();
    if let Some(output) = path("output") {
        let bytes = pollster::block_on(session.export_model())?;
        std::fs::write(output, bytes).map_err(|error| io_error(output, &error))?;
    }
    if let Some(file) = &checkpoint {
        file.remove()?;
    }
    let output = Output {
        train_images: report.train_images,
        classes: report.classes.clone(),
        val: report.val.map(accuracy),
        test,
        test_report,
        evaluation,
        files: evaluated_files,
        seconds: report.seconds,
        notes: folders.notes,
        skipped,
        advice,
        report: *report,
    };
    if json {
        print_line(format_args!("{}", serde_json::to_string(&output).map_err(Error::internal)?));
    } else {
        print_summary(&output, path("output"));
    }
    Ok(())
}

/// What `--folds` asks for: nothing, folds by the smallest class (`Some(None)`), or that number of folds.
fn folds(arguments: &ArgMatches) -> Result<Option<Option<usize>>> {
    match arguments.get_one::<String>("folds").map_or("0", String::as_str) {
        "0" => Ok(None),
        "auto" => Ok(Some(None)),
        number => number.parse().map(|number| Some(Some(number))).map_err(|_| {
            Error::new(ErrorCode::InvalidOption, format!("folds must be auto, 0 or a number from 2, got {number:?}"))
                .with("name", "folds")
                .with("value", number)
        }),
    }
}

fn accuracy(scores: Scores) -> Accuracy {
    Accuracy { top1: scores.top1, top5: scores.top5.unwrap_or(1.0), count: scores.count }
}

fn print_summary(output: &Output, model: Option<&PathBuf>) {
    let report = &output.report;
    skipped::print(&output.skipped);
    if let Some(advice) = &output.advice {
        advise::print(advice);
    }
    print_line(format_args!(
        "{} photos in {} classes: {}",
        output.train_images,
        output.classes.len(),
        output.classes.join(", ")
    ));
    if let Some(reduced) = report.reduced {
        tables::print_reduced(reduced);
    }
    if let Some(val) = output.val {
        print_line(format_args!("held-out photos: {}", describe(val, output.classes.len())));
        tables::print_look_alikes(report.held_out_look_alikes);
        tables::print_never_held_out(&report.never_held_out);
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
    if let Some(overfitting) = &report.overfitting {
        tables::print_overfitting(overfitting, report.epochs_chosen);
    }
    if let Some(evaluation) = &output.evaluation {
        print_evaluation(evaluation, &output.files);
    }
    if let Some(test) = output.test {
        print_line(format_args!("test photos: {}", describe(test, output.classes.len())));
    }
    print_line(format_args!("{:.1} s", output.seconds));
    if let Some(path) = model {
        print_line(format_args!("model written to {}", path.display()));
    }
}

/// Rows of the list of labels to look at again.
const SUSPICIOUS: usize = 5;

fn print_evaluation(evaluation: &Evaluation, files: &BTreeMap<PhotoId, String>) {
    let method = &evaluation.method;
    print_line(format_args!("cross-validation in {} folds: {}", method.folds, tables::accuracy(evaluation.scores)));
    print_line(format_args!(
        "    accuracy on new photos {}; every fold was taught for {} epochs",
        tables::between(evaluation.accuracy),
        method.epochs
    ));
    for label in &method.never_held_out {
        print_line(format_args!("    {label}: too few different photos to hold any out; this score does not cover it"));
    }
    for group in &method.near_duplicates {
        let names: Vec<&str> = group.iter().filter_map(|id| files.get(id)).map(String::as_str).collect();
        print_line(format_args!("    near-duplicates, kept together: {}", names.join(", ")));
    }
    tables::print_classes(&evaluation.per_class, &evaluation.confusion);
    tables::print_calibration(&evaluation.calibration);
    print_line(format_args!(
        "    \"none of these\": below a similarity of {:.3}, which {} of the photos of known classes are expected to be",
        evaluation.unknown.similarity,
        tables::percent(evaluation.unknown.reject_rate)
    ));
    let wrong = evaluation.photos.iter().filter(|photo| photo.predicted != photo.label);
    for photo in wrong.take(SUSPICIOUS) {
        print_line(format_args!(
            "    look again: {} is said to be {}, looks like {} ({})",
            files.get(&photo.id).map_or("?", String::as_str),
            evaluation.classes[photo.label],
            evaluation.classes[photo.predicted],
            tables::percent(photo.probability)
        ));
    }
}

fn describe(accuracy: Accuracy, classes: usize) -> String {
    let top1 = format!("top-1 {:.1} % of {}", accuracy.top1 * 100.0, accuracy.count);
    if classes < CLASSES_FOR_TOP5 { top1 } else { format!("{top1}, top-5 {:.1} %", accuracy.top5 * 100.0) }
}
