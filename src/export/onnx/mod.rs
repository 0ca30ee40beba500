//! A classifier as an ONNX file, for programs that know nothing of this one: ONNX Runtime, browsers, phones, converters.
//!
//! ```text
//!  preparation ─▶ network ─▶ logits, probabilities                 the photo's way through the file
//!  wire ─▶ graph ─▶ resampling ─▶ preparation, network ─▶ mod      who imports whom
//! ```
//!
//! The graph is made from the network's description, as everything here is: there is no code for any one network. Operators are those of
//! opset 18, of the default domain alone.

mod graph;
mod network;
mod preparation;
mod resampling;
mod wire;

pub use graph::Precision;

use graph::{Element, Graph, Side, Value};
use wire::Message;

use super::model_file::ModelCard;
use super::tuned::Tuned;
use crate::error::{Error, Result};
use crate::image::prepare::InputSpec;

/// What the file takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `input`, f32 `[N, 3, size, size]`: pictures that are prepared and normalised.
    Tensor,
    /// `image`, u8 `[height, width, 3]`: one photo of any size, RGB, the right way up.
    Image,
}

const OPSET: i64 = 18;
/// The version of the format that came with it.
const IR_VERSION: i64 = 8;

/// The bytes of a file with the outputs `logits` and `probabilities`, f32 `[N, classes]` both; N is 1 of a photo.
///
/// # Errors
/// `invalid-option` where half precision does not hold the weights; `weights-mismatch` where the weights lack something.
pub fn write(tuned: &Tuned<'_>, form: Form, precision: Precision) -> Result<Vec<u8>> {
    let (card, input) = (&tuned.card, &tuned.card.input);
    let (classes, size) = (Side::Fixed(card.labels.len()), Side::Fixed(input.size as usize));
    let mut graph = Graph::new(precision);
    let (images, batch) = match form {
        Form::Tensor => {
            let batch = Side::Free("N");
            (graph.input("input", Element::F32, &[batch, Side::Fixed(3), size, size]), batch)
        }
        Form::Image => {
            let sides = [Side::Free("height"), Side::Free("width"), Side::Fixed(3)];
            let image = graph.input("image", Element::U8, &sides);
            let stored = tuned.weights.card.input.framed(input.framing);
            (preparation::add(&mut graph, input, &stored, &image), Side::Fixed(1))
        }
    };
    let logits = network::add(&mut graph, tuned, images)?;
    probabilities(&mut graph, &logits, card.temperature);
    graph.output("logits", &[batch, classes]);
    graph.output("probabilities", &[batch, classes]);
    model(graph.finish(&card.backbone), &described(card, form), &properties(card)?)
}

fn probabilities(graph: &mut Graph, logits: &Value, temperature: Option<f64>) {
    let temperature = temperature.map(|temperature| graph.float(temperature as f32));
    let logits = match temperature {
        Some(temperature) => graph.apply("Div", &[logits, &temperature]),
        None => logits.clone(),
    };
    graph.named("probabilities", "Softmax", &[&logits], &[]);
}

/// The message `ModelProto`.
fn model(graph: Message, description: &str, properties: &[(&str, String)]) -> Result<Vec<u8>> {
    let (mut before, mut after, mut opset) = (Message::default(), Message::default(), Message::default());
    before.int(1, IR_VERSION);
    before.text(2, "lastlayer");
    before.text(3, env!("CARGO_PKG_VERSION"));
    before.text(6, description);
    opset.int(2, OPSET);
    after.message(8, &opset);
    for (key, value) in properties {
        let mut property = Message::default();
        property.text(1, key);
        property.text(2, value);
        after.message(14, &property);
    }
    let length = graph.0.len() + before.0.len() + after.0.len();
    // What readers of the format can count to; the largest network here is a quarter of it.
    if i32::try_from(length).is_err() {
        return Err(Error::internal(format!("an ONNX file has less than 2 GiB, this one would have {length} bytes")));
    }
    before.begin(7, graph.0.len());
    // Moved along and not copied: the graph may be half a gigabyte.
    let mut file = graph.0;
    file.splice(0..0, before.0);
    file.extend(after.0);
    Ok(file)
}

/// What somebody who meets the file has to know, for programs too: the whole card under the key of the model file.
fn properties(card: &ModelCard) -> Result<Vec<(&'static str, String)>> {
    let json = |value: serde_json::Result<String>| value.map_err(Error::internal);
    let input = &card.input;
    let mut properties = vec![
        ("lastlayer", json(serde_json::to_string(card))?),
        ("labels", json(serde_json::to_string(&card.labels))?),
        ("name", card.backbone.clone()),
        ("input_size", input.size.to_string()),
        ("mean", json(serde_json::to_string(&input.mean))?),
        ("std", json(serde_json::to_string(&input.std))?),
        ("framing", json(serde_json::to_string(&input.framing))?.trim_matches('"').to_owned()),
        ("licence", card.weights_licence.clone()),
        ("weights_source", card.weights_source.clone()),
    ];
    if let Some(regime) = card.regime {
        properties.push(("regime", json(serde_json::to_string(&regime))?.trim_matches('"').to_owned()));
    }
    Ok(properties)
}

fn described(card: &ModelCard, form: Form) -> String {
    let InputSpec { size, mean, std, .. } = &card.input;
    let prepared = card.input.framed_in_words();
    let takes = match form {
        Form::Tensor => format!(
            "Takes `input`, float32 [N, 3, {size}, {size}]: RGB from 0 to 255, ({prepared}), less the mean {mean:?}, divided by {std:?}."
        ),
        Form::Image => format!(
            "Takes `image`, uint8 [height, width, 3]: RGB of one photo of any size, the right way up (EXIF), transparent pixels on \
             white. In the file: {prepared}. Each direction is filtered by itself, across first, and rounded to 8 bits, as lastlayer does \
             it, without ONNX's Resize. Its sums are of single precision where lastlayer's are whole numbers: of a million colours \
             a few differ, by one grey level."
        ),
    };
    let temperature = card.temperature.map_or(String::new(), |temperature| format!(", divided by {temperature}"));
    let mirrored = if card.flip_average { " Each picture and its mirror image are looked at." } else { "" };
    format!(
        "{takes}{mirrored} Gives `logits` and `probabilities` (softmax of the logits{temperature}) of the classes in `labels`."
    )
}
