//! The split: a backbone cut in two. The prefix never learns and runs once per photo; the suffix and the head learn.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::backbone::architecture::{Architecture, Operation};
use crate::backbone::stage::Stage;
use crate::error::{Error, ErrorCode, Result};
use crate::nn::conv_norm::Mode;
use crate::nn::linear;
use crate::nn::params::{NamedTensor, Params};
use crate::nn::pool::global_average;

/// How many of the last stages learn along with the head. `Split(0)`: the head alone. All stages: full fine-tuning.
/// What follows the last stage learns whenever that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split(pub usize);

impl Split {
    /// # Errors
    /// `invalid-option` when the backbone has fewer stages.
    pub fn check(self, architecture: &Architecture) -> Result<Self> {
        let stages = architecture.stages.len();
        if self.0 <= stages {
            return Ok(self);
        }
        Err(Error::new(
            ErrorCode::InvalidOption,
            format!("lastStages must be between 0 and {stages} for {}, got {}", architecture.name, self.0),
        )
        .with("name", "lastStages")
        .with("min", 0)
        .with("max", stages)
        .with("value", self.0))
    }

    /// `[channels, height, width]` of what the prefix makes of one `size` × `size` image.
    pub fn activation_shape(self, architecture: &Architecture, size: usize) -> [usize; 3] {
        match self.0 {
            0 => [architecture.features(), 1, 1],
            _ => architecture.shape_after(self.frozen_stages(architecture), size),
        }
    }

    pub fn frozen_stages(self, architecture: &Architecture) -> usize {
        architecture.stages.len() - self.0
    }
}

/// The frozen part, batch-norm folded away. Its output is what the cache keeps.
#[derive(Debug, Clone)]
pub struct Prefix {
    stages: Vec<Stage>,
    /// Only where no stage learns; then pooling is part of the prefix too.
    tail: Option<Stage>,
}

impl Prefix {
    pub fn load(architecture: &Architecture, split: Split, params: &mut dyn Params, device: &Device) -> Self {
        Self {
            stages: (0..split.frozen_stages(architecture))
                .map(|index| Stage::load(&architecture.stages[index].operations, params, Mode::Frozen, device))
                .collect(),
            tail: (split.0 == 0).then(|| Stage::load(&architecture.tail, params, Mode::Frozen, device)),
        }
    }

    /// # Shapes
    /// - images: `[batch, 3, size, size]`, normalised
    /// - output: the activation at the split, `[batch, channels, height, width]`; at `Split(0)` the pooled features
    ///   `[batch, features, 1, 1]`
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let x = self.forward_layers(images, usize::MAX);
        if self.tail.is_some() { global_average(x) } else { x }
    }

    /// The activation after the first `layers` layers, never pooled. The layers of a backbone are its stages and, after
    /// them, its tail; `layers` past the end of the prefix gives the end of the prefix.
    ///
    /// # Shapes
    /// - images: `[batch, 3, size, size]`, normalised
    /// - output: `[batch, channels, height, width]`
    pub fn forward_layers(&self, images: Tensor<4>, layers: usize) -> Tensor<4> {
        forward_layers(&self.stages, self.tail.as_ref(), images, layers)
    }
}

fn forward_layers(stages: &[Stage], tail: Option<&Stage>, x: Tensor<4>, layers: usize) -> Tensor<4> {
    stages.iter().chain(tail).take(layers).fold(x, |x, stage| stage.forward(x))
}

/// The part that learns: the last stages, what follows them, and a new output layer.
#[derive(Module, Debug)]
pub struct Suffix {
    stages: Vec<Stage>,
    tail: Option<Stage>,
    head: Linear,
}

impl Suffix {
    /// Stages from `stage_params` (the pretrained weights), the head from `head_params` (random numbers, or a model file).
    pub fn load(
        architecture: &Architecture,
        split: Split,
        classes: usize,
        stage_params: &mut dyn Params,
        head_params: &mut dyn Params,
        device: &Device,
    ) -> Self {
        Self::load_in(Mode::Trainable, architecture, split, classes, stage_params, head_params, device)
    }

    /// All stages, to be taught from nothing: their batch-norms go by the batch while they learn; see [`Mode::Live`].
    pub fn load_live(
        architecture: &Architecture,
        classes: usize,
        stage_params: &mut dyn Params,
        head_params: &mut dyn Params,
        device: &Device,
    ) -> Self {
        let all = Split(architecture.stages.len());
        Self::load_in(Mode::Live, architecture, all, classes, stage_params, head_params, device)
    }

    fn load_in(
        mode: Mode,
        architecture: &Architecture,
        split: Split,
        classes: usize,
        stage_params: &mut dyn Params,
        head_params: &mut dyn Params,
        device: &Device,
    ) -> Self {
        let mut load = |operations: &[Operation]| Stage::load(operations, stage_params, mode, device);
        let learning = &architecture.stages[split.frozen_stages(architecture)..];
        Self {
            stages: learning.iter().map(|stage| load(&stage.operations)).collect(),
            tail: (split.0 > 0).then(|| load(&architecture.tail)),
            head: linear::load(head_params, architecture.classifier, architecture.features(), classes, device),
        }
    }

    /// # Shapes
    /// - input: the activation at the split, `[batch, channels, height, width]`
    /// - output: logits, `[batch, classes]`
    pub fn forward(&self, activation: Tensor<4>) -> Tensor<2> {
        self.logits(self.pooled(activation))
    }

    /// What the head makes of what it sees.
    ///
    /// # Shapes
    /// - features: `[batch, features]`
    /// - output: logits, `[batch, classes]`
    pub fn logits(&self, features: Tensor<2>) -> Tensor<2> {
        linear::forward(&self.head, features)
    }

    /// What the head sees of each photo.
    ///
    /// # Shapes
    /// - input: the activation at the split, `[batch, channels, height, width]`
    /// - output: `[batch, features]`
    pub fn pooled(&self, activation: Tensor<4>) -> Tensor<2> {
        global_average(self.forward_layers(activation, usize::MAX)).flatten::<2>(1, 3)
    }

    /// As [`pooled`](Self::pooled), of several views of each photo, averaged over these. The head is linear, so its answer to the
    /// average is the average of its answers.
    ///
    /// # Shapes
    /// - input: `[photos · views, channels, height, width]`, the views of a photo side by side
    /// - output: `[photos, features]`
    pub fn pooled_over(&self, views: usize, activation: Tensor<4>) -> Tensor<2> {
        let features = self.pooled(activation);
        if views == 1 {
            return features;
        }
        let [rows, width] = features.dims();
        features.reshape([rows / views, views, width]).mean_dim(1).reshape([rows / views, width])
    }

    /// The activation after the first `layers` layers of the suffix, never pooled; see [`Prefix::forward_layers`].
    pub fn forward_layers(&self, activation: Tensor<4>, layers: usize) -> Tensor<4> {
        forward_layers(&self.stages, self.tail.as_ref(), activation, layers)
    }

    /// The head asked at each position of the last feature map instead of once at their average. Both are linear, so the mean
    /// of a class over the positions is its logit: this is the class activation map (Zhou et al. 2016), exact here.
    ///
    /// # Shapes
    /// - features: what the last layer gives, `[batch, features, height, width]`
    /// - output: `[batch, height · width, classes]`, positions row by row
    pub fn head_at_each_position(&self, features: Tensor<4>) -> Tensor<3> {
        self.head.forward(features.flatten::<3>(2, 3).swap_dims(1, 2))
    }

    /// How far the next batch moves the running statistics of live batch-norms; see [`ConvNorm::set_momentum`].
    pub fn set_momentum(&mut self, momentum: f64) {
        self.stages.iter_mut().for_each(|stage| stage.set_momentum(momentum));
        self.tail.iter_mut().for_each(|tail| tail.set_momentum(momentum));
    }

    /// The stages that learn, from shallow to deep; the tail learns at the last one's rate.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    pub fn head(&self) -> &Linear {
        &self.head
    }

    /// How many features the head sees.
    pub fn features(&self) -> usize {
        self.head.weight.shape()[0]
    }

    /// Everything that learnt, under timm's names, in PyTorch's layout.
    pub fn named(&self, architecture: &Architecture) -> Vec<NamedTensor> {
        let mut out = Vec::new();
        let first = architecture.stages.len() - self.stages.len();
        for (stage, operations) in self.stages.iter().chain(&self.tail).zip(architecture.layers().skip(first)) {
            stage.named(operations, &mut out);
        }
        let classifier = architecture.classifier;
        out.push(NamedTensor::new(format!("{classifier}.weight"), self.head.weight.val().transpose()));
        if let Some(bias) = &self.head.bias {
            out.push(NamedTensor::new(format!("{classifier}.bias"), bias.val()));
        }
        out
    }
}
