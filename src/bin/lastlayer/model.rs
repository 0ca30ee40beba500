//! The argument `MODEL`: a model file, or the source model itself.

use std::path::PathBuf;

use clap::{Arg, ArgMatches};
use lastlayer::error::{Error, Result};
use lastlayer::session::{ModelChoice, Session};

use crate::io_error;

/// The name that stands for the source model itself.
const SOURCE: &str = "source";

pub fn argument() -> Arg {
    Arg::new("model")
        .required(true)
        .value_name("MODEL")
        .value_parser(clap::value_parser!(PathBuf))
        .help("Model file written by `train -o` or by the page, or the word `source` for the ImageNet model itself")
}

/// Opens the model the arguments name.
pub fn open(arguments: &ArgMatches, session: &mut Session) -> Result<ModelChoice> {
    let model: &PathBuf = arguments.get_one("model").ok_or_else(|| Error::internal("no MODEL"))?;
    if model.as_os_str() == SOURCE {
        return Ok(ModelChoice::Source);
    }
    session.open_model(&std::fs::read(model).map_err(|error| io_error(model, &error))?)?;
    Ok(ModelChoice::Trained)
}
