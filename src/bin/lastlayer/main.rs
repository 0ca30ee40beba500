//! `lastlayer` on the command line: the page's core on a folder of class folders.

mod advise;
mod checkpoint_file;
mod class_folders;
mod compare;
mod draws;
mod drive;
mod embeddings;
mod evaluate;
mod explain;
mod export;
mod model;
mod options;
mod photos;
mod picture_file;
mod predict;
mod predictions_csv;
mod progress;
mod skipped;
mod sorted_folders;
mod tables;
mod test_set;
mod train;
mod weights;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use lastlayer::error::{Error, ErrorCode, Result};

fn main() -> ExitCode {
    let matches = command().get_matches();
    let json = matches.subcommand().is_some_and(|(_, arguments)| options::json(arguments));
    match run(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if json {
                eprintln!("{}", serde_json::to_string(&error).unwrap_or_else(|_| error.message.clone()));
            } else {
                eprintln!("lastlayer: {error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn command() -> Command {
    Command::new("lastlayer")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Fine-tunes an image classifier from a folder of class folders")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(train::command())
        .subcommand(advise::command())
        .subcommand(evaluate::command())
        .subcommand(compare::command())
        .subcommand(predict::command())
        .subcommand(explain::command())
        .subcommand(export::command())
        .subcommand(draws::command())
        .subcommand(options::command())
}

fn run(matches: &ArgMatches) -> Result<()> {
    match matches.subcommand() {
        Some(("train", arguments)) => train::run(arguments),
        Some(("advise", arguments)) => advise::run(arguments),
        Some(("evaluate", arguments)) => evaluate::run(arguments),
        Some(("compare", arguments)) => compare::run(arguments),
        Some(("predict", arguments)) => predict::run(arguments),
        Some(("explain", arguments)) => explain::run(arguments),
        Some(("export", arguments)) => export::run(arguments),
        Some(("draws", arguments)) => draws::run(arguments),
        Some(("options", arguments)) => options::run(arguments),
        _ => Err(Error::internal("clap let an unknown command through")),
    }
}

/// An error about a file or folder.
fn io_error(path: impl Into<PathBuf>, error: &std::io::Error) -> Error {
    let path = path.into();
    Error::new(ErrorCode::Io, format!("{}: {error}", path.display())).with("path", path.display())
}

/// Prints a line to stdout. A reader that has gone away (`lastlayer … | head`) ends the program quietly.
fn print_line(line: impl std::fmt::Display) {
    use std::io::Write;
    if let Err(error) = writeln!(std::io::stdout(), "{line}") {
        std::process::exit(if error.kind() == std::io::ErrorKind::BrokenPipe { 0 } else { 1 });
    }
}
