//! Arguments made from the table of training options, and the verb that prints it.

use clap::{Arg, ArgAction, ArgMatches, Command};
use lastlayer::error::{Error, Result};
use lastlayer::train::config::{OPTIONS, OptionKind, TrainConfig};

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
        print_line(format_args!("--{name:<14} {} ({} to {})\n    {doc}", option.default, option.min, option.max));
    }
    Ok(())
}

/// One argument per training option.
pub fn training_arguments() -> impl Iterator<Item = Arg> {
    OPTIONS.iter().map(|option| {
        let value_name = if option.kind == OptionKind::Int { "N" } else { "X" };
        let help = format!("{} [default: {}, {} to {}]", option.doc.en, option.default, option.min, option.max);
        Arg::new(option.name)
            .long(kebab_case(option.name))
            .value_name(value_name)
            .help(help)
            .value_parser(clap::value_parser!(f64))
    })
}

/// The configuration the arguments ask for.
pub fn training_config(arguments: &ArgMatches) -> Result<TrainConfig> {
    let mut config = TrainConfig::default();
    for option in OPTIONS {
        if let Some(&value) = arguments.get_one::<f64>(option.name) {
            config.set(option.name, value)?;
        }
    }
    Ok(config)
}

pub fn json_argument() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print one JSON object and nothing else to stdout")
}

pub fn json(arguments: &ArgMatches) -> bool {
    arguments.get_flag("json")
}

fn kebab_case(camel_case: &str) -> String {
    camel_case.chars().fold(String::new(), |mut name, letter| {
        if letter.is_ascii_uppercase() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
        name
    })
}
