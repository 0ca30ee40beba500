//! `lastlayer advise DIR`, and the advice that `train` takes where no regime is given.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command};
use lastlayer::advise::decide::{Advice, Plan};
use lastlayer::data::folder_layout::Note;
use lastlayer::error::{Error, Result};
use lastlayer::session::Session;
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;
use serde::Serialize;

use crate::class_folders::PhotoFile;
use crate::drive::{self, Outcome};
use crate::embeddings::EmbeddingFiles;
use crate::skipped::Skipped;
use crate::{options, print_line, skipped, weights};

pub fn command() -> Command {
    let path = |name: &'static str| Arg::new(name).value_parser(clap::value_parser!(PathBuf));
    Command::new("advise")
        .about("Says what to train on the class folders of DIR, how long it should take, and why; trains nothing")
        .arg(path("dir").required(true).value_name("DIR").help("Folder with one folder of photos per class"))
        .arg(path("embeddings-cache").long("embeddings-cache").value_name("DIR").help("As of `lastlayer train`"))
        .args(options::training_arguments())
        .args(weights::arguments())
        .arg(options::json_argument())
}

#[derive(Serialize)]
struct Output {
    #[serde(flatten)]
    advice: Advice,
    /// What was made of the folders.
    notes: Vec<Note>,
    skipped: Vec<Skipped>,
}

pub fn run(arguments: &ArgMatches) -> Result<()> {
    let json = options::json(arguments);
    let path = |name: &str| arguments.get_one::<PathBuf>(name);
    let folder = path("dir").ok_or_else(|| Error::internal("no DIR"))?;
    let wish = options::training_config(arguments)?;
    let mut session = weights::open_session(arguments)?;
    session.prepare_for(&wish)?;
    let mut skipped = Vec::new();
    let folders = drive::add_class_folders(&mut session, folder, json, &mut skipped)?;
    let advice = advice(&mut session, &folders.photos, path("embeddings-cache"), wish, json)?;
    if json {
        let output = Output { advice, notes: folders.notes, skipped };
        print_line(serde_json::to_string(&output).map_err(Error::internal)?);
        return Ok(());
    }
    skipped::print(&skipped);
    print(&advice);
    print_line("the four regimes, at their usual settings:");
    for plan in &advice.regimes {
        print_line(format_args!("    {}", describe(plan)));
    }
    Ok(())
}

/// Asks the session. The embeddings of the photos as they are come from and go to the folder, where there is one.
pub fn advice(
    session: &mut Session,
    files: &[PhotoFile],
    embeddings: Option<&PathBuf>,
    wish: TrainConfig,
    json: bool,
) -> Result<Advice> {
    let as_they_are = TrainConfig { regime: Regime::Head, augment: 0, ..wish.clone() };
    let store =
        embeddings.map(|folder| EmbeddingFiles::open(folder, session.weights(), as_they_are.clone())).transpose()?;
    if let Some(store) = &store {
        store.restore(session)?;
    }
    session.start_advice(wish)?;
    let Outcome::Advised = pollster::block_on(drive::to_the_end(session, files, json, None))? else {
        return Err(Error::internal("advice that ends with something else"));
    };
    if let Some(store) = &store {
        store.keep(session)?;
    }
    session.advice().cloned().ok_or_else(|| Error::internal("no advice at its end"))
}

pub fn print(advice: &Advice) {
    print_line(format_args!("advice: {}", describe(&advice.plan)));
    for reason in &advice.reasons {
        print_line(format_args!("    {}", reason.text));
    }
    for measured in &advice.speed.measured {
        print_line(format_args!(
            "    measured, last {} stages: {:.1} ms to embed a picture, {:.2} ms to learn from it",
            measured.last_stages,
            measured.embed_seconds * 1e3,
            measured.train_seconds * 1e3
        ));
    }
}

/// The plan as the arguments that repeat it, and its time.
fn describe(plan: &Plan) -> String {
    let TrainConfig { last_stages, epochs, augment, input_size, .. } = plan.config;
    let regime = match plan.regime {
        Regime::Auto | Regime::Head => "--regime head".to_owned(),
        Regime::LastK => format!("--regime last-k --last-stages {last_stages}"),
        Regime::Full => "--regime full".to_owned(),
        Regime::Scratch => format!("--regime scratch --input-size {input_size}"),
    };
    format!("{regime} --epochs {epochs} --augment {augment} (about {:.0} s)", plan.seconds)
}
