//! A network as data: what its layers are called, what they compute and in which order. Everything that has to know walks this list:
//! loading, naming, shapes, costs, the rounding of weights, files.

use std::collections::BTreeMap;

use crate::image::prepare::InputSpec;
use crate::nn::conv_norm::ConvNormSpec;
use crate::nn::spec::{Activation, Padding, Spec};

/// A backbone: from a picture to a map of features, to be averaged over its places.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    pub name: &'static str,
    /// From input to output; what freezes or learns as one. The first includes the stem.
    pub stages: Vec<StageSpec>,
    /// What follows the last stage and learns whenever that does; nothing in most networks.
    pub tail: Vec<Operation>,
    /// Name of the output layer in files.
    pub classifier: &'static str,
    /// The pictures it was pretrained on, where a file says nothing else.
    pub input: InputSpec,
    /// How many of the last stages `last-k` teaches where nothing else is said.
    pub last_stages: usize,
    /// What the network's own answers come from, where that is more than a linear layer on the averaged features.
    pub own_head: Option<OwnHead>,
    /// Names of layers in files of other origin; those used here are timm's.
    pub namings: Vec<Naming>,
}

/// Layers between the last map and the output layer that a network was pretrained with. What is taught here goes on top of the backbone
/// without them: they hold most of VGG's weights, and look at all places of the last map at once.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnHead {
    /// A fully connected layer is a convolution over all places of a map.
    pub operations: Vec<Operation>,
    /// Name of its output layer in files.
    pub classifier: &'static str,
}

#[derive(Debug, Clone, PartialEq)]
pub struct StageSpec {
    pub name: String,
    pub operations: Vec<Operation>,
}

/// One step from a map to the next.
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    Conv(ConvLayer),
    /// The largest value of each window.
    MaxPool(Window),
    /// `activation(body(x) + shortcut(x))`; without a shortcut, x itself is added.
    Residual {
        body: Vec<ConvLayer>,
        shortcut: Option<ConvLayer>,
        activation: Activation,
    },
}

/// A convolution, and what follows it, with the names of their parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvLayer {
    /// Of the convolution: `{conv}.weight`, and `{conv}.bias` where it has one.
    pub conv: String,
    /// Of the batch-norm, where there is one.
    pub norm: String,
    pub spec: ConvNormSpec,
}

/// A square window without weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub kernel: usize,
    pub stride: usize,
    /// Places beyond each edge, which count as nothing.
    pub padding: usize,
}

impl Window {
    /// `[height, width]` of what it makes of a picture of that size.
    pub fn outputs(self, picture: [usize; 2]) -> [usize; 2] {
        picture.map(|size| Padding::Each(self.padding).outputs(self.kernel, self.stride, size))
    }
}

/// How files of some origin call the layers.
#[derive(Debug, Clone, PartialEq)]
pub struct Naming {
    /// `torchvision`, or a package.
    pub whose: &'static str,
    /// Their name of a layer by the name here. Layers that are not listed are called the same.
    pub layers: BTreeMap<String, String>,
}

impl Naming {
    /// Their name of a parameter.
    pub fn name_of(&self, parameter: &str) -> String {
        match parameter.rsplit_once('.') {
            Some((layer, part)) => match self.layers.get(layer) {
                Some(layer) => format!("{layer}.{part}"),
                None => parameter.to_owned(),
            },
            None => parameter.to_owned(),
        }
    }
}

/// A convolution where it stands in the network.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    pub layer: &'a ConvLayer,
    /// `[height, width]` of the map that it gets.
    pub input: [usize; 2],
    /// `[height, width]` of the map that it makes.
    pub output: [usize; 2],
}

impl Placed<'_> {
    /// Numbers that it puts out for one picture. In 64 bits, as all products of sizes: 32 wrap for large pictures.
    pub fn outputs(&self) -> u64 {
        self.layer.spec.outputs as u64 * self.places()
    }

    /// Multiply-adds for one picture; a number that may be past what any integer counts.
    pub fn multiply_adds(&self) -> f64 {
        let weights: f64 = self.layer.spec.weight_shape().iter().map(|&size| size as f64).product();
        let [height, width] = self.output;
        weights * height as f64 * width as f64
    }

    fn places(&self) -> u64 {
        self.output[0] as u64 * self.output[1] as u64
    }
}

impl Architecture {
    /// How files of that origin call the layers, where they call them otherwise.
    pub fn naming(&self, whose: &str) -> Option<&Naming> {
        self.namings.iter().find(|naming| naming.whose == whose)
    }

    /// Operations of the stages and, last, of the tail.
    pub fn layers(&self) -> impl Iterator<Item = &[Operation]> {
        self.stages.iter().map(|stage| stage.operations.as_slice()).chain([self.tail.as_slice()])
    }

    /// What the stages are asked for by when feature maps are looked at: numbers from 0, and a tail's convolution by its name.
    pub fn layer_names(&self) -> Vec<String> {
        let tail = self.tail.iter().filter_map(|operation| match operation {
            Operation::Conv(layer) => Some(layer.conv.clone()),
            _ => None,
        });
        (0..self.stages.len()).map(|stage| stage.to_string()).chain(tail).collect()
    }

    /// Every convolution, from input to output.
    pub fn convolutions(&self) -> impl Iterator<Item = &ConvLayer> {
        self.layers().flatten().flat_map(Operation::convolutions)
    }

    /// Channels of the features.
    pub fn features(&self) -> usize {
        let [channels, ..] = self.shape_after(self.stages.len() + 1, 1);
        channels
    }

    /// `[channels, height, width]` after the first `layers` of [`layers`](Self::layers), of one `size` × `size` picture.
    pub fn shape_after(&self, layers: usize, size: usize) -> [usize; 3] {
        self.layers().take(layers).fold([3, size, size], |shape, operations| walk(operations, shape, &mut |_| {}))
    }

    /// The convolutions of each of [`layers`](Self::layers), with what they get and give of one `size` × `size` picture.
    pub fn placed(&self, size: usize) -> Vec<Vec<Placed<'_>>> {
        let mut shape = [3, size, size];
        let of_layer = |operations| {
            let mut convolutions = Vec::new();
            shape = walk(operations, shape, &mut |placed| convolutions.push(placed));
            convolutions
        };
        self.layers().map(of_layer).collect()
    }

    /// The network as it was pretrained, with the layers of its own head as the tail; `None` where it has no such layers.
    pub fn with_own_head(&self) -> Option<Self> {
        let OwnHead { operations, classifier } = self.own_head.clone()?;
        let tail = self.tail.iter().cloned().chain(operations).collect();
        Some(Self { tail, classifier, own_head: None, ..self.clone() })
    }

    /// Name and shape of every parameter of the backbone.
    pub fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        self.convolutions().flat_map(ConvLayer::parameters).collect()
    }

    /// Name and shape of the parameters of an output layer of `classes`.
    pub fn classifier_parameters(&self, classes: usize) -> [(String, Vec<usize>); 2] {
        let name = self.classifier;
        [(format!("{name}.weight"), vec![classes, self.features()]), (format!("{name}.bias"), vec![classes])]
    }
}

impl Operation {
    /// In the order in which they compute; the shortcut last.
    pub fn convolutions(&self) -> impl Iterator<Item = &ConvLayer> {
        let (body, shortcut) = match self {
            Self::Conv(layer) => (std::slice::from_ref(layer), None),
            Self::MaxPool(_) => (&[][..], None),
            Self::Residual { body, shortcut, .. } => (body.as_slice(), shortcut.as_ref()),
        };
        body.iter().chain(shortcut)
    }
}

impl ConvLayer {
    /// Name and shape of its parameters.
    pub fn parameters(&self) -> Vec<(String, Vec<usize>)> {
        let per_channel = |name: String| (name, vec![self.spec.outputs]);
        let mut parameters = vec![(format!("{}.weight", self.conv), self.spec.weight_shape().to_vec())];
        if self.spec.bias {
            parameters.push(per_channel(format!("{}.bias", self.conv)));
        }
        if self.spec.epsilon.is_some() {
            let parts = ["weight", "bias", "running_mean", "running_var"];
            parameters.extend(parts.map(|part| per_channel(format!("{}.{part}", self.norm))));
        }
        parameters
    }
}

/// Goes through operations, from the `[channels, height, width]` that comes in to the one that comes out.
pub fn walk<'a>(operations: &'a [Operation], shape: [usize; 3], visit: &mut dyn FnMut(Placed<'a>)) -> [usize; 3] {
    operations.iter().fold(shape, |[channels, height, width], operation| match operation {
        Operation::Conv(layer) => through(layer, [height, width], visit),
        Operation::MaxPool(window) => {
            let [height, width] = window.outputs([height, width]);
            [channels, height, width]
        }
        Operation::Residual { body, shortcut, .. } => {
            let start = [channels, height, width];
            let end = body.iter().fold(start, |[_, height, width], layer| through(layer, [height, width], visit));
            if let Some(layer) = shortcut {
                through(layer, [height, width], visit);
            }
            end
        }
    })
}

fn through<'a>(layer: &'a ConvLayer, picture: [usize; 2], visit: &mut dyn FnMut(Placed<'a>)) -> [usize; 3] {
    let output = layer.spec.window.outputs(picture);
    visit(Placed { layer, input: picture, output });
    [layer.spec.outputs, output[0], output[1]]
}

/// For the tables of the families: layers one after the other, each getting what the one before puts out.
pub(super) struct Chain {
    channels: usize,
    bias: bool,
    epsilon: Option<f64>,
}

impl Chain {
    /// From `channels`; convolutions have a bias, or a batch-norm of that epsilon, or both.
    pub fn new(channels: usize, bias: bool, epsilon: Option<f64>) -> Self {
        Self { channels, bias, epsilon }
    }

    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The next convolution, under its own name and its batch-norm's.
    pub fn conv(&mut self, conv: String, norm: String, outputs: usize, window: Spec) -> ConvLayer {
        let spec = ConvNormSpec { inputs: self.channels, outputs, window, bias: self.bias, epsilon: self.epsilon };
        self.channels = outputs;
        ConvLayer { conv, norm, spec }
    }
}
