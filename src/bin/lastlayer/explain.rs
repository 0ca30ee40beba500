//! `lastlayer explain MODEL FILE`

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command};
use lastlayer::error::{Error, Result};
use lastlayer::eval::explain::{Explanation, Question};
use lastlayer::eval::feature_maps::{FeatureMaps, Layer};
use lastlayer::image::Pixels;
use lastlayer::session::{ModelChoice, Session};
use serde::Serialize;
use serde_json::json;

use crate::picture_file::{self, write_picture};
use crate::{model, options, photos, print_line, weights};

pub fn command() -> Command {
    let text = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    Command::new("explain")
        .about("Shows which parts of a photo speak for a class, or what a stage of the network responds to")
        .arg(model::argument())
        .arg(
            Arg::new("file").required(true).value_name("FILE").value_parser(clap::value_parser!(PathBuf)).help("Photo"),
        )
        .arg(text("class", "C").help("The class to explain [default: the first guess]"))
        .arg(text("against", "D").help("What speaks for C rather than for D [default: than for the average class]"))
        .arg(
            text("stage", "N")
                .conflicts_with_all(["class", "against"])
                .help("Instead of a heatmap, the feature maps of this stage: 0, 1, … or conv_head"),
        )
        .arg(
            text("channels", "K")
                .requires("stage")
                .default_value("15")
                .value_parser(clap::value_parser!(usize))
                .help("How many feature maps: those that vary most over the photo"),
        )
        .arg(picture_file::argument(
            "Write the heatmap over the grey photo, or the sheet of feature maps, to this file",
        ))
        .args(weights::arguments())
        .arg(options::json_argument())
}

pub fn run(arguments: &ArgMatches) -> Result<()> {
    let mut session = weights::open_session(arguments)?;
    let choice = model::open(arguments, &mut session)?;
    let file: &PathBuf = arguments.get_one("file").ok_or_else(|| Error::internal("no FILE"))?;
    let photo = photos::read(file)?.pixels;
    match arguments.get_one::<String>("stage") {
        Some(stage) => feature_maps(arguments, &session, &photo, stage, choice),
        None => heatmap(arguments, &session, &photo, choice),
    }
}

/// Writes the heatmap and prints where the evidence is.
fn heatmap(arguments: &ArgMatches, session: &Session, photo: &Pixels, choice: ModelChoice) -> Result<()> {
    let label = |name: &str| arguments.get_one::<String>(name).map(String::as_str);
    let question = Question { class: label("class"), against: label("against") };
    let explanation = pollster::block_on(session.explain(photo, question, choice))?;
    write_picture(arguments, || explanation.picture())?;
    if options::json(arguments) {
        return print_json(&explanation);
    }
    print_explanation(&explanation);
    Ok(())
}

fn print_explanation(explanation: &Explanation) {
    for guess in &explanation.top {
        print_line(format_args!("{:5.1} %  {}", guess.probability * 100.0, guess.label));
    }
    let other = explanation.against.as_ref().map_or("the average class", |against| &against.label);
    let (class, crop) = (&explanation.class, &explanation.crop);
    print_line(format_args!("\nevidence for {} rather than {other}, in logits;", class.label));
    print_line(format_args!(
        "over the {:.0} × {:.0} pixels from ({:.0}, {:.0}) that the network sees:",
        crop.width, crop.height, crop.x, crop.y
    ));
    for row in explanation.evidence.chunks_exact(explanation.width) {
        print_line(row.iter().map(|value| format!("{value:7.1}")).collect::<String>());
    }
    let mean = explanation.evidence.iter().sum::<f32>() / explanation.evidence.len() as f32;
    print_line(format_args!("its mean, {mean:.2}, is the difference of the scores"));
}

/// Writes the sheet of feature maps and prints which channels they are.
fn feature_maps(
    arguments: &ArgMatches,
    session: &Session,
    photo: &Pixels,
    stage: &str,
    choice: ModelChoice,
) -> Result<()> {
    let layer = Layer::parse(stage, session.weights().architecture)?;
    let count = arguments.get_one::<usize>("channels").copied().unwrap_or(15);
    let maps = pollster::block_on(session.feature_maps(photo, layer, count, choice))?;
    write_picture(arguments, || maps.sheet())?;
    if options::json(arguments) {
        return print_json(&describe(&maps, stage));
    }
    let FeatureMaps { width, height, of, channels, .. } = &maps;
    print_line(format_args!("{} of the {of} channels of stage {stage}, {width} × {height} each:", channels.len()));
    let indices: Vec<String> = channels.iter().map(|channel| channel.index.to_string()).collect();
    print_line(indices.join(", "));
    Ok(())
}

fn describe(maps: &FeatureMaps, stage: &str) -> serde_json::Value {
    json!({ "stage": stage, "width": maps.width, "height": maps.height, "of": maps.of, "channels": maps.channels })
}

fn print_json(value: &impl Serialize) -> Result<()> {
    print_line(format_args!("{}", serde_json::to_string(value).map_err(Error::internal)?));
    Ok(())
}
