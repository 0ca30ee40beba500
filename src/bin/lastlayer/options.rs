//! Arguments made from the table of training options, and the verb that prints it.

use std::convert::Infallible;

use clap::{Arg, ArgAction, ArgMatches, Command};
use lastlayer::error::{Error, Result};
use lastlayer::train::plan::config::{OPTIONS, TrainConfig};
use lastlayer::train::plan::options::{OptionKind, OptionSpec, Value};

use crate::print_line;

pub fn command() -> Command {
    Command::new("options").about("Lists the training options: name, default, range, what they do").arg(json_argument())
}

/// Prints the table, as text or as the JSON from which the page's is generated.
pub fn run(arguments: &ArgMatches) -> Result<()> {
    if json(arguments) {
        print_line(format_args!("{}", serde_json::to_string_pretty(OPTIONS).map_err(Error::internal)?));
        return Ok(());
    }
    for option in OPTIONS {
        let (name, doc) = (kebab_case(option.name), option.doc.en);
        print_line(format_args!("--{name:<14} {}\n    {doc}", range(option)));
    }
    Ok(())
}

/// One argument per training option.
pub fn training_arguments() -> impl Iterator<Item = Arg> {
    OPTIONS.iter().map(|option| {
        let value_name = match option.kind {
            OptionKind::Int => "N",
            OptionKind::Float => "X",
            OptionKind::Choice => "WORD",
        };
        Arg::new(option.name)
            .long(kebab_case(option.name))
            .value_name(value_name)
            .help(format!("{} [{}]", option.doc.en, range(option)))
            .allow_hyphen_values(option.min < 0.0)
            .value_parser(|text: &str| {
                Ok::<Value, Infallible>(text.parse().map_or_else(|_| Value::from(text), Value::Number))
            })
    })
}

/// The configuration the arguments ask for.
pub fn training_config(arguments: &ArgMatches) -> Result<TrainConfig> {
    let mut config = TrainConfig::default();
    for option in OPTIONS {
        if let Some(value) = arguments.get_one::<Value>(option.name) {
            config.set(option.name, value.clone())?;
        }
    }
    Ok(config)
}

/// The default and what else the option may be.
fn range(option: &OptionSpec) -> String {
    let OptionSpec { default, min, max, choices, .. } = option;
    match option.kind {
        OptionKind::Choice => format!("default: {}, of {}", choices[*default as usize], choices.join(", ")),
        OptionKind::Int | OptionKind::Float => format!("default: {default}, {min} to {max}"),
    }
}

pub fn json_argument() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print one JSON object and nothing else to stdout")
}

pub fn json(arguments: &ArgMatches) -> bool {
    arguments.get_flag("json")
}

pub fn kebab_case(camel_case: &str) -> String {
    camel_case.chars().fold(String::new(), |mut name, letter| {
        if letter.is_ascii_uppercase() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
        name
    })
}
