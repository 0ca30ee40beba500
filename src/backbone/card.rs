//! The card of a weights file: where it comes from and how to feed it.

use serde::{Deserialize, Serialize};

use crate::image::prepare::InputSpec;

/// Written into the weights file's metadata under the key `card`, as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Name of the architecture in this crate.
    pub name: String,
    /// Package and file the tensors were read from.
    pub source: String,
    /// SPDX identifier of the weights' licence.
    pub licence: String,
    /// SHA-256 of the file they were read from.
    pub source_sha256: String,
    pub input: InputSpec,
    /// Filter of the resize, fixed to what [`InputSpec::prepare`] does.
    pub resize_filter: String,
    /// Names of the stages from input to output: where the backbone can be cut.
    pub stages: Vec<String>,
    /// Names of the source model's classes, in the order of its logits.
    pub labels: Vec<String>,
    /// Whether the source model averages its features over a photo and its mirror image; missing where not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flip_average: bool,
    /// What the output layer sees, as in a model file: averages and largest values of these layers; missing where it is the average of the
    /// last layer alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layers: Option<Vec<String>>,
    /// Where a training of this program made the network out of another; missing where none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuned: Option<Tuned>,
}

/// How a network that was taught here differs from the one that it was before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tuned {
    /// How many of its last stages, with what follows them, are others; the output layer is in any case.
    pub last_stages: usize,
    /// SHA-256 of the weights file before. The card's `source`, `licence` and `source_sha256` are that one's.
    pub weights_sha256: String,
}

/// What the page reads before it downloads the weights: written beside them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeightsManifest {
    /// Name of the architecture.
    pub name: String,
    /// File name, in the same folder.
    pub file: String,
    pub bytes: usize,
    pub sha256: String,
}

/// Names of ImageNet's classes, in the order of the logits. For programs that read files: the page has them from its host.
pub fn imagenet_labels() -> Vec<String> {
    // Synset and name.
    let lines = include_str!("imagenet_labels.txt").lines();
    lines.filter_map(|line| Some(line.split_once('\t')?.1.to_owned())).collect()
}
