//! The argument `-o PICTURE.png`.

use std::path::PathBuf;

use clap::{Arg, ArgMatches};
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::image::Pixels;

pub fn argument(help: &'static str) -> Arg {
    Arg::new("output")
        .short('o')
        .long("output")
        .value_name("PICTURE.png")
        .value_parser(clap::value_parser!(PathBuf))
        .help(help)
}

/// Writes the picture where the arguments ask for one.
pub fn write_picture(arguments: &ArgMatches, picture: impl FnOnce() -> Pixels) -> Result<()> {
    let Some(path) = arguments.get_one::<PathBuf>("output") else {
        return Ok(());
    };
    let picture = picture();
    let (format, color) = (image::ImageFormat::Png, image::ColorType::Rgb8);
    image::save_buffer_with_format(path, &picture.rgb, picture.width, picture.height, color, format)
        .map_err(|error| Error::new(ErrorCode::Io, format!("{}: {error}", path.display())).with("path", path.display()))
}
