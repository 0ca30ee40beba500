//! `lastlayer evaluate MODEL DIR`

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command};
use lastlayer::backbone::weights::Weights;
use lastlayer::data::folder_layout::Note;
use lastlayer::error::{Error, Result};
use lastlayer::eval::classifier::Classifier;
use lastlayer::image::prepare::InputSpec;
use lastlayer::train::plan::config::TrainConfig;
use serde::Serialize;

use crate::class_folders::ClassFolders;
use crate::embeddings::EmbeddingFiles;
use crate::skipped::Skipped;
use crate::test_set::{TestReport, TestSet};
use crate::{io_error, options, print_line, skipped, weights};

pub fn command() -> Command {
    let path = |name: &'static str| Arg::new(name).value_parser(clap::value_parser!(PathBuf));
    Command::new("evaluate")
        .about("Scores a model on photos it was not trained on: accuracy, classes, calibration, \"none of these\"")
        .arg(path("model").required(true).value_name("MODEL").help("Model file written by `train -o` or by the page"))
        .arg(path("dir").required(true).value_name("DIR").help(
            "Folder with one folder of photos per class; photos of folders the model does not know should be \"none of these\", \
             and are reported apart",
        ))
        .arg(path("embeddings-cache").long("embeddings-cache").value_name("DIR").help("As for `train`"))
        .args(weights::arguments())
        .arg(options::json_argument())
}

#[derive(Serialize)]
struct Output {
    #[serde(flatten)]
    report: TestReport,
    /// What was made of the folders.
    notes: Vec<Note>,
    skipped: Vec<Skipped>,
}

pub fn run(arguments: &ArgMatches) -> Result<()> {
    let json = options::json(arguments);
    let path = |name: &str| arguments.get_one::<PathBuf>(name);
    let model = path("model").ok_or_else(|| Error::internal("no MODEL"))?;
    let folder = path("dir").ok_or_else(|| Error::internal("no DIR"))?;
    let mut session = weights::open_session(arguments)?;
    session.open_model(&std::fs::read(model).map_err(|error| io_error(model, &error))?)?;
    let store = match (path("embeddings-cache"), session.classifier()) {
        (Some(folder), Some(classifier)) => {
            Some(EmbeddingFiles::open(folder, session.weights(), judged_by(classifier, session.weights()))?)
        }
        _ => None,
    };
    let mut skipped = Vec::new();
    let folders = ClassFolders::to_test_with(folder, json, &mut skipped)?;
    let report =
        pollster::block_on(TestSet::of(&session, &folders.photos, store.as_ref(), json, &mut skipped))?.report()?;
    if json {
        let output = Output { report, notes: folders.notes, skipped };
        print_line(serde_json::to_string(&output).map_err(Error::internal)?);
        return Ok(());
    }
    skipped::print(&skipped);
    report.print();
    Ok(())
}

/// What a training's configuration says of how its classifier sees photos.
fn judged_by(classifier: &Classifier, weights: &Weights) -> TrainConfig {
    let InputSpec { size, framing, .. } = classifier.input;
    let input_size = if size == weights.card.input.size { 0 } else { size as usize };
    let (last_stages, flip_average) = (classifier.split.0, usize::from(classifier.flip_average));
    TrainConfig { last_stages, input_size, framing, flip_average, ..TrainConfig::default() }
}
