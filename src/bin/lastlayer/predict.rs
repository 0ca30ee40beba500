//! `lastlayer predict MODEL FILE…`

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command};
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::eval::classifier::{Answer, Prediction};
use serde::Serialize;

use crate::{model, options, photos, print_line, weights};

pub fn command() -> Command {
    Command::new("predict")
        .about("Says what a model sees in photos: the five most probable classes of each")
        .arg(model::argument())
        .arg(
            Arg::new("files")
                .required(true)
                .num_args(1..)
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help("Photos"),
        )
        .arg(
            Arg::new("top")
                .long("top")
                .value_name("K")
                .default_value("5")
                .value_parser(clap::value_parser!(usize))
                .help("How many classes to list"),
        )
        .args(weights::arguments())
        .arg(options::json_argument())
}

#[derive(Serialize)]
struct Row {
    file: String,
    predictions: Vec<Prediction>,
    /// "None of these"; never where the model was not evaluated.
    unknown: bool,
    similarity: Option<f64>,
    error: Option<Error>,
}

/// Prints one line a photo; a photo that cannot be read is reported in its place, and the exit status says so at the end.
pub fn run(arguments: &ArgMatches) -> Result<()> {
    let mut session = weights::open_session(arguments)?;
    let choice = model::open(arguments, &mut session)?;
    let top = arguments.get_one::<usize>("top").copied().unwrap_or(5);
    let files: Vec<&PathBuf> = arguments.get_many("files").unwrap_or_default().collect();
    let mut rows = Vec::with_capacity(files.len());
    for path in files {
        let prediction = photos::read(path).and_then(|photo| {
            photos::tell(path, photo.note);
            pollster::block_on(session.answer(&photo.pixels, top, choice))
        });
        let file = path.display().to_string();
        let row = match prediction {
            Ok(Answer { predictions, unknown, similarity, .. }) => {
                Row { file, predictions, unknown, similarity, error: None }
            }
            Err(error) if error.code == ErrorCode::InvalidOption => return Err(error),
            Err(error) => Row { file, predictions: Vec::new(), unknown: false, similarity: None, error: Some(error) },
        };
        if !options::json(arguments) {
            print_row(&row);
        }
        rows.push(row);
    }
    if options::json(arguments) {
        print_line(format_args!("{}", serde_json::to_string(&rows).map_err(Error::internal)?));
    }
    let failed = rows.iter().filter(|row| row.error.is_some()).count();
    if failed > 0 {
        return Err(Error::new(ErrorCode::Io, format!("{failed} of {} photos could not be read", rows.len())));
    }
    Ok(())
}

fn print_row(row: &Row) {
    print_line(format_args!("{}", row.file));
    if let Some(error) = &row.error {
        print_line(format_args!("    {error}"));
    }
    if row.unknown {
        print_line("    none of these: unlike the photos the model was trained on");
    }
    for prediction in &row.predictions {
        print_line(format_args!("    {:5.1} %  {}", prediction.probability * 100.0, prediction.label));
    }
}
