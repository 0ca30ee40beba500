//! A model card in Markdown (Mitchell et al., 2019, <https://arxiv.org/abs/1810.03993>): what a model is made of, how good it is, and what
//! nobody knows of it.

use super::model_file::ModelCard;
use crate::image::prepare::{Framing, InputSpec};
use crate::score::interval::{Interval, jeffreys};
use crate::score::record::{Accuracy, CrossValidated, Record};
use crate::train::plan::regime::Regime;

/// The text, from what a model file says of itself; `taught`: here, and not the source model as it is.
pub fn write(card: &ModelCard, taught: bool) -> String {
    let sections = [
        classes(card),
        network(card, taught),
        pictures(&card.input, card.flip_average),
        scores(card),
        limits(card),
        rights(card),
    ];
    let title = format!("# An image classifier of {} classes", card.labels.len());
    let made = format!("Made by {} from {}.", card.made_by, card.backbone);
    [vec![title, made], sections.to_vec()].concat().join("\n\n") + "\n"
}

fn classes(card: &ModelCard) -> String {
    let photos = card.record.as_ref().map_or(&[][..], |record| &record.photos);
    let counts = photos.iter().map(Some).chain(std::iter::repeat(None));
    let row = |(label, count): (&String, Option<&usize>)| match count {
        Some(count) => format!("* {}: {count} photos", escaped(label)),
        None => format!("* {}", escaped(label)),
    };
    let rows: Vec<String> = card.labels.iter().zip(counts).map(row).collect();
    let unknown =
        if photos.is_empty() { " How many photos of each it was taught on the file does not say." } else { "" };
    format!(
        "## Data\n\nThe classes, in the order of the outputs:\n\n{}\n\nThe photos are not in the file.{unknown}",
        rows.join("\n")
    )
}

fn network(card: &ModelCard, taught: bool) -> String {
    let ModelCard { backbone, last_stages, weights_source, weights_sha256, .. } = card;
    let taught = match card.regime {
        None if !taught => "It is as its weights file has it: nothing was taught on top.".to_owned(),
        Some(Regime::Head) => {
            "The output layer alone was taught (`head`); the rest is as it was pretrained.".to_owned()
        }
        Some(Regime::LastK) => {
            format!(
                "The last {last_stages} stages and the output layer were taught (`last-k`), from pretrained weights."
            )
        }
        Some(Regime::Full) => "All of it was taught (`full`), from pretrained weights.".to_owned(),
        Some(Regime::Scratch) => "All of it was taught (`scratch`), from random weights.".to_owned(),
        Some(Regime::Auto) | None => "The file does not say how it was taught.".to_owned(),
    };
    let sees = match &card.layers {
        Some(layers) => format!("averages and largest values of the layers {}", layers.join(", ")),
        None => "the average of the last layer's map".to_owned(),
    };
    format!(
        "## Network\n\n{backbone}. {taught} The output layer sees {sees}.\n\nWeights: {weights_source}; the file of lastlayer that it began \
         with has the SHA-256 {weights_sha256}."
    )
}

fn pictures(input: &InputSpec, flip_average: bool) -> String {
    let InputSpec { size, mean, std, .. } = input;
    let framed = input.framed_in_words();
    let mirrored = if flip_average { " Each photo and its mirror image are looked at." } else { "" };
    format!(
        "## Pictures\n\n{size} × {size} pixels, RGB: {framed}. From 0 to 255, less the mean {mean:?}, divided by {std:?}.{mirrored}"
    )
}

fn scores(card: &ModelCard) -> String {
    let judged = match &card.record {
        Some(record) => judged(record),
        None => vec!["The file does not say how good it is.".to_owned()],
    };
    let calibrated = match card.temperature {
        Some(temperature) => format!(
            "Its logits are divided by {temperature:.3} before the softmax, so that 80 % means right about four times out of five."
        ),
        None => "Its probabilities are not calibrated.".to_owned(),
    };
    let unknown = card.unknown.map(|unknown| {
        format!(
            "A photo whose features have a cosine below {:.3} with every class is said to be none of them, which refuses about {} of the \
             photos that are of one.",
            unknown.similarity,
            percent(unknown.reject_rate)
        )
    });
    let lines: Vec<String> = judged.into_iter().chain([calibrated]).chain(unknown).collect();
    format!("## Scores\n\n{}", lines.join("\n\n"))
}

fn judged(record: &Record) -> Vec<String> {
    let held_out = match (record.held_out, record.chosen) {
        (None, _) => "No photos were held out.".to_owned(),
        (Some(Accuracy { top1, count }), true) => format!(
            "{} right of {count} photos held out, at the best of the epochs that were tried, so a little too good.",
            percent(top1)
        ),
        (Some(Accuracy { top1, count }), false) => format!(
            "{} right of {count} photos held out from a fit before this one; of new photos {}, if they are like these.",
            percent(top1),
            between(jeffreys(top1, count as f64))
        ),
    };
    let cross_validated = record.cross_validated.map(|CrossValidated { folds, accuracy, limits }| {
        format!(
            "Cross-validated in {folds} folds: {} right of {} photos; of new photos {}, if they are like these.",
            percent(accuracy.top1),
            accuracy.count,
            between(limits)
        )
    });
    [held_out].into_iter().chain(cross_validated).collect()
}

fn between(Interval { low, high }: Interval) -> String {
    format!("{} to {} (95 % interval)", percent(low), percent(high))
}

fn percent(fraction: f64) -> String {
    format!("{:.1} %", 100.0 * fraction)
}

fn limits(card: &ModelCard) -> String {
    let seen = match card.input.framing {
        Framing::Crop => "What lies outside the centre square of a photo is not seen.",
        Framing::Pad => "Photos that are not square are seen between bars, and smaller.",
        Framing::Squash => "Photos that are not square are seen out of proportion.",
    };
    format!(
        "## What it was not tested on\n\nPhotos by other cameras, of other places, people and times than those it was taught on; photos of \
         anything but its classes, beyond what is said above; photos made to mislead it. It was not tested for fairness between groups of people. \
         {seen} Do not let it decide alone where a mistake does harm."
    )
}

fn rights(card: &ModelCard) -> String {
    let licence = match card.weights_licence.as_str() {
        "" => "not known: they came in a file that does not say".to_owned(),
        licence => licence.to_owned(),
    };
    format!(
        "## Licence\n\nThe pretrained weights: {licence}. What was taught belongs to whoever taught it; whether the photos may be used so is for them to know."
    )
}

/// Names are anybody's, and no markup.
fn escaped(label: &str) -> String {
    let special = |letter: char| letter.is_ascii_punctuation() && !matches!(letter, ',' | '.' | '\'' | '-' | ' ' | '/');
    label.chars().flat_map(|letter| special(letter).then_some('\\').into_iter().chain([letter])).collect()
}
