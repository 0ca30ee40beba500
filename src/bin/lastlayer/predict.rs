//! `lastlayer predict MODEL FILE…`

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command};
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::eval::classifier::{Answer, Prediction};
use serde::Serialize;

use crate::class_folders::ClassFolders;
use crate::predictions_csv::{self, Line};
use crate::skipped::{self, Skipped};
use crate::sorted_folders::SortedFolders;
use crate::{model, options, photos, print_line, weights};

pub fn command() -> Command {
    let path = |name: &'static str| Arg::new(name).value_parser(clap::value_parser!(PathBuf));
    Command::new("predict")
        .about("Says what a model sees in photos: the five most probable classes of each")
        .arg(model::argument())
        .arg(
            path("files")
                .required(true)
                .num_args(1..)
                .value_name("FILE")
                .help("Photos, or folders of them; where a folder holds class folders, these say what is true"),
        )
        .arg(
            Arg::new("top")
                .long("top")
                .value_name("K")
                .default_value("5")
                .value_parser(clap::value_parser!(usize))
                .help("How many classes to list"),
        )
        .arg(path("csv").long("csv").value_name("FILE").help("Write a table of all photos to this file, for spreadsheets"))
        .arg(path("sort-into").long("sort-into").value_name("FOLDER").help(
            "Copy each photo into the folder of its class in this folder; nothing is moved or overwritten, and a photo that is none of \
             the classes goes to \"none of these\"",
        ))
        .args(weights::arguments())
        .arg(options::json_argument())
}

/// A photo to be asked about.
struct Asked {
    path: PathBuf,
    /// What the folder says that it is.
    class: Option<String>,
}

#[derive(Serialize)]
struct Row {
    file: String,
    /// The true class, where a folder tells it.
    class: Option<String>,
    predictions: Vec<Prediction>,
    /// "None of these"; never where the model was not evaluated.
    unknown: bool,
    similarity: Option<f64>,
    error: Option<Error>,
}

/// Prints one line a photo; a photo that cannot be read is reported in its place, and the exit status says so at the end.
pub fn run(arguments: &ArgMatches) -> Result<()> {
    let (top, json) = (arguments.get_one::<usize>("top").copied().unwrap_or(5), options::json(arguments));
    let table: Option<&PathBuf> = arguments.get_one("csv");
    let mut sorted = arguments.get_one::<PathBuf>("sort-into").map(|folder| SortedFolders::new(folder));
    let mut skipped = Vec::new();
    let asked = asked(arguments.get_many("files").unwrap_or_default(), &mut skipped)?;
    let mut session = weights::open_session(arguments)?;
    let choice = model::open(arguments, &mut session)?;
    let listed = if table.is_some() { top.max(predictions_csv::CLASSES) } else { top };
    let mut rows = Vec::with_capacity(asked.len());
    for Asked { path, class } in asked {
        let prediction = photos::read(&path).and_then(|photo| {
            photos::tell(&path, photo.note);
            pollster::block_on(session.answer(&photo.pixels, listed, choice))
        });
        let file = path.display().to_string();
        let row = match prediction {
            Ok(Answer { predictions, unknown, similarity, .. }) => {
                Row { file, class, predictions, unknown, similarity, error: None }
            }
            Err(error) if error.code == ErrorCode::InvalidOption => return Err(error),
            Err(error) => {
                Row { file, class, predictions: Vec::new(), unknown: false, similarity: None, error: Some(error) }
            }
        };
        if let Some(sorted) = &mut sorted {
            sort(sorted, &path, &row)?;
        }
        if !json {
            print_row(&row, top);
        }
        rows.push(row);
    }
    if let Some(table) = table {
        predictions_csv::write(table, rows.iter().map(line))?;
    }
    if json {
        rows.iter_mut().for_each(|row| row.predictions.truncate(top));
        print_line(serde_json::to_string(&rows).map_err(Error::internal)?);
    } else {
        skipped::print(&skipped);
    }
    let failed = rows.iter().filter(|row| row.error.is_some()).count();
    if failed > 0 {
        return Err(Error::new(ErrorCode::Io, format!("{failed} of {} photos could not be read", rows.len())));
    }
    Ok(())
}

/// Files as they were named, and what lies in folders.
fn asked<'a>(named: impl Iterator<Item = &'a PathBuf>, skipped: &mut Vec<Skipped>) -> Result<Vec<Asked>> {
    let mut asked = Vec::new();
    for path in named {
        if !path.is_dir() {
            asked.push(Asked { path: path.clone(), class: None });
            continue;
        }
        let ClassFolders { photos, test, of_no_class, .. } = ClassFolders::read(path, skipped)?;
        let known = photos.into_iter().chain(test).map(|file| Asked { path: file.path, class: Some(file.label) });
        asked.extend(known);
        asked.extend(of_no_class.into_iter().map(|path| Asked { path, class: None }));
    }
    Ok(asked)
}

fn sort(sorted: &mut SortedFolders, path: &Path, row: &Row) -> Result<()> {
    match row.predictions.first() {
        Some(first) => sorted.add(path, (!row.unknown).then_some(first.label.as_str())),
        // Its error says why it is in none of them.
        None => Ok(()),
    }
}

fn line(row: &Row) -> Line<'_> {
    Line {
        file: &row.file,
        class: row.class.as_deref(),
        predictions: &row.predictions,
        unknown: row.unknown,
        error: row.error.as_ref().map(|error| error.message.as_str()),
    }
}

fn print_row(row: &Row, top: usize) {
    print_line(format_args!("{}", row.file));
    if let Some(error) = &row.error {
        print_line(format_args!("    {error}"));
    }
    if row.unknown {
        print_line("    none of these: unlike the photos the model was trained on");
    }
    for prediction in row.predictions.iter().take(top) {
        print_line(format_args!("    {:5.1} %  {}", prediction.probability * 100.0, prediction.label));
    }
}
