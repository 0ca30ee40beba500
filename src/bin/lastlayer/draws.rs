//! `lastlayer draws FILE`

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command};
use lastlayer::error::{Error, Result};
use serde_json::json;

use crate::picture_file::{self, write_picture};
use crate::{options, photos, print_line, weights};

pub fn command() -> Command {
    Command::new("draws")
        .about("Shows what the network sees of a photo, and the augmented draws of it that a training learns from")
        .arg(
            Arg::new("file").required(true).value_name("FILE").value_parser(clap::value_parser!(PathBuf)).help("Photo"),
        )
        .arg(
            Arg::new("count")
                .long("count")
                .value_name("N")
                .default_value("8")
                .value_parser(clap::value_parser!(usize))
                .help("How many draws"),
        )
        .arg(picture_file::argument("Write the photo as the network sees it, and then its draws, to this file"))
        .args(options::training_arguments())
        .args(weights::arguments())
        .arg(options::json_argument())
}

pub fn run(arguments: &ArgMatches) -> Result<()> {
    let config = options::training_config(arguments)?;
    let session = weights::open_session(arguments)?;
    let file: &PathBuf = arguments.get_one("file").ok_or_else(|| Error::internal("no FILE"))?;
    let photo = photos::read(file)?;
    let count = arguments.get_one::<usize>("count").copied().unwrap_or(8);
    let draws = session.draws(&photo.pixels, &photo.sha256, count, &config)?;
    write_picture(arguments, || draws.sheet())?;
    let (crop, size) = (draws.crop, draws.seen.width);
    if options::json(arguments) {
        let text = serde_json::to_string(&json!({ "crop": crop, "size": size, "draws": draws.draws.len() }));
        print_line(text.map_err(Error::internal)?);
        return Ok(());
    }
    print_line(format_args!(
        "the network sees the {:.0} × {:.0} pixels from ({:.0}, {:.0}) at {size} × {size}; {count} draws",
        crop.width, crop.height, crop.x, crop.y
    ));
    Ok(())
}
