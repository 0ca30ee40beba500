//! `lastlayer export MODEL`

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command};
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::export::onnx::{Form, Precision};
use lastlayer::session::{ModelChoice, Session};
use serde_json::json;

use crate::{io_error, model, options, print_line, weights};

pub fn command() -> Command {
    let choice = |name: &'static str, values: &'static [&'static str]| {
        Arg::new(name).long(name).value_name("WORD").value_parser(clap::builder::PossibleValuesParser::new(values))
    };
    Command::new("export")
        .about("Writes a model for other programs: ONNX, PyTorch, its output layer alone, or a card that says what it is")
        .arg(model::argument())
        .arg(choice("format", &["onnx", "onnx-image", "safetensors", "head", "card"]).required(true).help(
            "onnx: takes prepared pictures; onnx-image: takes a photo of any size and prepares it itself; safetensors: every tensor, for \
             PyTorch; head: the output layer; card: a model card in Markdown",
        ))
        .arg(
            Arg::new("output")
                .short('o')
                .long("output")
                .required(true)
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help("Write it to this file"),
        )
        .arg(
            choice("precision", &["single", "half"])
                .help("Of the weights in an ONNX file; half makes half the file [default: single]"),
        )
        .arg(
            choice("names", &["timm", "torchvision"])
                .help("Whose names the tensors of `safetensors` have [default: timm]"),
        )
        .args(weights::arguments())
        .arg(options::json_argument())
}

pub fn run(arguments: &ArgMatches) -> Result<()> {
    let word = |name: &str| arguments.get_one::<String>(name).map(String::as_str);
    let format = word("format").ok_or_else(|| Error::internal("no --format"))?;
    for (name, of) in [("precision", &["onnx", "onnx-image"][..]), ("names", &["safetensors"])] {
        refuse_elsewhere(name, word(name), format, of)?;
    }
    let output: &PathBuf = arguments.get_one("output").ok_or_else(|| Error::internal("no FILE"))?;
    let mut session = weights::open_session(arguments)?;
    let choice = model::open(arguments, &mut session)?;
    let precision = if word("precision") == Some("half") { Precision::Half } else { Precision::Single };
    let file = pollster::block_on(exported(&session, choice, format, precision, word("names").unwrap_or("timm")))?;
    std::fs::write(output, &file).map_err(|error| io_error(output, &error))?;
    if options::json(arguments) {
        let text = serde_json::to_string(&json!({ "file": output, "format": format, "bytes": file.len() }));
        print_line(text.map_err(Error::internal)?);
    } else {
        print_line(format_args!("{format} written to {}, {} bytes", output.display(), file.len()));
    }
    Ok(())
}

async fn exported(
    session: &Session,
    model: ModelChoice,
    format: &str,
    precision: Precision,
    names: &str,
) -> Result<Vec<u8>> {
    match format {
        "onnx" => session.export_onnx(Form::Tensor, precision, model).await,
        "onnx-image" => session.export_onnx(Form::Image, precision, model).await,
        "safetensors" => session.export_network(names, model).await,
        "head" => session.export_head(model).await,
        "card" => session.export_card(model).map(String::into_bytes),
        _ => Err(Error::internal(format!("clap let the format {format} through"))),
    }
}

/// An option of some formats means nothing with others.
fn refuse_elsewhere(name: &'static str, value: Option<&str>, format: &str, of: &[&str]) -> Result<()> {
    let Some(value) = value.filter(|_| !of.contains(&format)) else { return Ok(()) };
    let formats = of.join(" and ");
    let message =
        format!("--{name} is an option of {formats}, the format is {format}: leave it out, or choose another format");
    Err(Error::new(ErrorCode::InvalidOption, message).with("name", name).with("value", value))
}
