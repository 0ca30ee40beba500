//! `lastlayer compare DIR --run head --run full`

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};
use lastlayer::data::dataset::PhotoId;
use lastlayer::data::folder_layout::Note;
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::eval::compared::{Compared, Difference};
use lastlayer::eval::comparison_config::{ComparisonConfig, HOLDOUT, NamedConfig};
use lastlayer::train::plan::config::{OPTIONS, TrainConfig};
use lastlayer::train::plan::options::Value;
use serde::Serialize;

use crate::drive::{self, Outcome};
use crate::skipped::Skipped;
use crate::{advise, options, print_line, skipped, tables, weights};

pub fn command() -> Command {
    Command::new("compare")
        .about("Trains in several ways on the same photos of DIR and scores them on the same others; no model is kept")
        .arg(
            Arg::new("dir")
                .required(true)
                .value_name("DIR")
                .value_parser(clap::value_parser!(PathBuf))
                .help("Folder with one folder of photos per class"),
        )
        .arg(Arg::new("run").long("run").required(true).action(ArgAction::Append).value_name("REGIME[,OPTION=VALUE]…").help(
            "One training, two to six times: auto (what `lastlayer advise` says), head, last-k, full or scratch, with options of `lastlayer options` behind it, as in \
             \"scratch,epochs=30,input-size=96\"; name=… gives it another name than these words",
        ))
        .arg(
            Arg::new("holdout")
                .long("holdout")
                .value_name("X")
                .value_parser(clap::value_parser!(f64))
                .help(format!("Fraction of each class held out, for all runs [default: {HOLDOUT:.3}, up to 0.5]")),
        )
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .value_parser(clap::value_parser!(u32))
                .default_value("0")
                .help("Seed of the photos held out, and of every run that names none"),
        )
        .args(weights::arguments())
        .arg(options::json_argument())
}

/// The JSON object of `--json`.
#[derive(Serialize)]
struct Output {
    #[serde(flatten)]
    comparison: Compared,
    /// Path of each held-out photo, by its id.
    files: BTreeMap<PhotoId, String>,
    /// What was made of the folders.
    notes: Vec<Note>,
    skipped: Vec<Skipped>,
}

pub fn run(arguments: &ArgMatches) -> Result<()> {
    let json = options::json(arguments);
    let seed = u64::from(arguments.get_one::<u32>("seed").copied().unwrap_or(0));
    let holdout = arguments.get_one::<f64>("holdout").copied().unwrap_or(HOLDOUT);
    let specs = arguments.get_many::<String>("run").into_iter().flatten();
    let runs = specs.map(|spec| parse(spec, seed)).collect::<Result<_>>()?;
    let mut config = ComparisonConfig { runs, holdout, seed };
    config.check()?;

    let folder = arguments.get_one::<PathBuf>("dir").ok_or_else(|| Error::internal("no DIR"))?;
    let mut session = weights::open_session(arguments)?;
    session.prepare_for(&config.runs[0].config)?;
    let mut skipped = Vec::new();
    let folders = drive::add_class_folders(&mut session, folder, json, &mut skipped)?;
    let files = &folders.photos;
    for run in &mut config.runs {
        if run.config.needs_advice() {
            run.config = advise::advice(&mut session, files, None, run.config.clone(), json)?.plan.config;
        }
    }
    let asked = config.runs.len();
    session.start_comparison(config)?;
    let mut so_far = None;
    let keep = |comparison: Box<Compared>| {
        if let (false, Some(run)) = (json, comparison.runs.last()) {
            // At once: whoever ends the program has seen it.
            eprintln!("{}: {} right, {:.1} s", run.name, tables::percent(run.val.top1), run.seconds);
        }
        so_far = Some(comparison);
    };
    let (comparison, end) = match pollster::block_on(drive::telling(&mut session, files, json, None, keep)) {
        Ok(Outcome::Compared(comparison)) => (comparison, Ok(())),
        Ok(_) => return Err(Error::internal("a comparison that ends with another result")),
        // The runs that were over by then were paid for.
        Err(error) => match so_far {
            Some(comparison) => (comparison, Err(error)),
            None => return Err(error),
        },
    };
    if !json {
        skipped::print(&skipped);
        print(&comparison);
        if end.is_err() {
            print_line(format_args!("not all that was asked for: {} of {asked} runs", comparison.runs.len()));
        }
        return end;
    }
    let file_of = |&id: &PhotoId| files.get(id as usize).map(|file| (id, file.path.display().to_string()));
    let held_out = comparison.held_out.iter().filter_map(file_of).collect();
    let output = Output { files: held_out, notes: folders.notes, skipped, comparison: *comparison };
    print_line(serde_json::to_string(&output).map_err(Error::internal)?);
    end
}

/// `REGIME[,OPTION=VALUE]…`, where one of the options may be `name`.
fn parse(spec: &str, seed: u64) -> Result<NamedConfig> {
    let mut parts = spec.split(',').map(str::trim);
    let mut config = TrainConfig { seed, ..TrainConfig::default() };
    let mut name = spec.to_owned();
    config.set("regime", parts.next().unwrap_or_default())?;
    for part in parts {
        let Some((option, value)) = part.split_once('=') else {
            return Err(Error::new(
                ErrorCode::InvalidOption,
                format!("expected OPTION=VALUE after the regime of --run, got {part:?}; as in \"scratch,epochs=30\""),
            )
            .with("name", "run")
            .with("value", part));
        };
        if option == "name" {
            name = value.to_owned();
            continue;
        }
        // As on the command line, or as in the table.
        let known = OPTIONS.iter().find(|known| options::kebab_case(known.name) == option);
        let value = value.parse().map_or_else(|_| Value::from(value), Value::Number);
        config.set(known.map_or(option, |known| known.name), value)?;
    }
    Ok(NamedConfig { name, config })
}

fn print(comparison: &Compared) {
    let (runs, held_out) = (&comparison.runs, comparison.held_out.len());
    print_line(format_args!(
        "{} photos in {} classes to learn from, {held_out} others to judge by, the same for every run",
        comparison.train_images,
        comparison.classes.len()
    ));
    tables::print_look_alikes(comparison.held_out_look_alikes);
    tables::print_never_held_out(&comparison.never_held_out);
    let width = runs.iter().map(|run| run.name.chars().count()).max().unwrap_or(0).max(3);
    print_line(format_args!("    {:width$}  top-1   95 % interval  loss  train top-1  epochs     time", "run"));
    for run in runs {
        let (low, high) = (run.accuracy.low * 100.0, run.accuracy.high * 100.0);
        let train = run.history.last().map_or(0.0, |epoch| epoch.train_top1);
        print_line(format_args!(
            "    {:width$} {:>6} {low:>7.0} to {high:>3.0} % {:>5.2} {:>12} {:>7} {:>6.1} s",
            run.name,
            tables::percent(run.val.top1),
            run.val.loss,
            tables::percent(train),
            run.config.epochs,
            run.seconds,
        ));
    }
    for difference in &comparison.differences {
        print_difference(difference, &runs[difference.a].name, &runs[difference.b].name);
    }
    for run in runs {
        if run.overfitting.is_some() || run.reduced.is_some() {
            print_line(format_args!("{}:", run.name));
        }
        if let Some(reduced) = run.reduced {
            tables::print_reduced(reduced);
        }
        if let Some(overfitting) = &run.overfitting {
            tables::print_overfitting(overfitting, false);
        }
    }
    print_line(format_args!("{:.1} s", comparison.seconds));
}

fn print_difference(difference: &Difference, a: &str, b: &str) {
    let points = |fraction: f64| format!("{:+.1}", fraction * 100.0);
    let verdict = match difference.difference {
        _ if !difference.is_clear() => "too few photos to tell".to_owned(),
        better if better > 0.0 => format!("{b} is better"),
        _ => format!("{a} is better"),
    };
    let counts = difference.counts;
    print_line(format_args!(
        "{b} against {a}: {} points ({} to {}): {verdict}",
        points(difference.difference),
        points(difference.interval.low),
        points(difference.interval.high),
    ));
    print_line(format_args!(
        "    both right {}, only {a} {}, only {b} {}, both wrong {}",
        counts.both_right, counts.only_a, counts.only_b, counts.both_wrong
    ));
}
