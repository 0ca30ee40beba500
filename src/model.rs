//! The split: a backbone cut in two. The prefix never learns and runs once per photo; the suffix and the head learn.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::backbone::{Architecture, Stage, named_conv_head, named_stage};
use crate::error::{Error, ErrorCode, Result};
use crate::nn::conv_norm::{ConvNorm, Mode};
use crate::nn::linear;
use crate::nn::params::{NamedTensor, Params};
use crate::nn::pool::global_average;

/// Name of the output layer's tensors in weights and model files.
const CLASSIFIER: &str = "classifier";

/// How many of the last stages learn along with the head. `Split(0)`: the head alone. All stages: full fine-tuning.
/// The last convolution learns whenever a stage does.
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
        let frozen = &architecture.stages[..self.frozen_stages(architecture)];
        match frozen.last() {
            _ if self.0 == 0 => [architecture.features, 1, 1],
            None => [3, size, size],
            Some(last) => {
                // The stem halves first; each stride rounds up.
                let side = frozen.iter().fold(size.div_ceil(2), |side, stage| side.div_ceil(stage.stride));
                [last.channels, side, side]
            }
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
    conv_head: Option<ConvNorm>,
}

impl Prefix {
    pub fn load(architecture: &Architecture, split: Split, params: &mut dyn Params, device: &Device) -> Self {
        Self {
            stages: (0..split.frozen_stages(architecture))
                .map(|index| architecture.load_stage(params, index, Mode::Frozen, device))
                .collect(),
            conv_head: (split.0 == 0).then(|| architecture.load_conv_head(params, Mode::Frozen, device)),
        }
    }

    /// # Shapes
    /// - images: `[batch, 3, size, size]`, normalised
    /// - output: the activation at the split, `[batch, channels, height, width]`; at `Split(0)` the pooled features
    ///   `[batch, features, 1, 1]`
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let x = self.forward_layers(images, usize::MAX);
        if self.conv_head.is_some() { global_average(x) } else { x }
    }

    /// The activation after the first `layers` layers, never pooled. The layers of a backbone are its stages and, after
    /// them, the last convolution; `layers` past the end of the prefix gives the end of the prefix.
    ///
    /// # Shapes
    /// - images: `[batch, 3, size, size]`, normalised
    /// - output: `[batch, channels, height, width]`
    pub fn forward_layers(&self, images: Tensor<4>, layers: usize) -> Tensor<4> {
        forward_layers(&self.stages, self.conv_head.as_ref(), images, layers)
    }
}

fn forward_layers(stages: &[Stage], conv_head: Option<&ConvNorm>, x: Tensor<4>, layers: usize) -> Tensor<4> {
    let x = stages.iter().take(layers).fold(x, |x, stage| stage.forward(x));
    match conv_head {
        Some(conv_head) if layers > stages.len() => conv_head.forward(x),
        _ => x,
    }
}

/// The part that learns: the last stages, the last convolution with them, and a new output layer.
#[derive(Module, Debug)]
pub struct Suffix {
    stages: Vec<Stage>,
    conv_head: Option<ConvNorm>,
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
        let stages = split.frozen_stages(architecture)..architecture.stages.len();
        Self {
            stages: stages.map(|index| architecture.load_stage(stage_params, index, Mode::Trainable, device)).collect(),
            conv_head: (split.0 > 0).then(|| architecture.load_conv_head(stage_params, Mode::Trainable, device)),
            head: linear::load(head_params, CLASSIFIER, architecture.features, classes, device),
        }
    }

    /// All stages, to be taught from nothing: their batch-norms go by the batch while they learn; see [`Mode::Live`].
    pub fn load_live(
        architecture: &Architecture,
        classes: usize,
        stage_params: &mut dyn Params,
        head_params: &mut dyn Params,
        device: &Device,
    ) -> Self {
        let stages = 0..architecture.stages.len();
        Self {
            stages: stages.map(|index| architecture.load_stage(stage_params, index, Mode::Live, device)).collect(),
            conv_head: Some(architecture.load_conv_head(stage_params, Mode::Live, device)),
            head: linear::load(head_params, CLASSIFIER, architecture.features, classes, device),
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
        forward_layers(&self.stages, self.conv_head.as_ref(), activation, layers)
    }

    /// The head asked at each position of the last feature map instead of once at their average. Both are linear, so the mean
    /// of a class over the positions is its logit: this is the class activation map (Zhou et al. 2016), exact here.
    ///
    /// # Shapes
    /// - features: what the last convolution gives, `[batch, features, height, width]`
    /// - output: `[batch, height · width, classes]`, positions row by row
    pub fn head_at_each_position(&self, features: Tensor<4>) -> Tensor<3> {
        self.head.forward(features.flatten::<3>(2, 3).swap_dims(1, 2))
    }

    /// How far the next batch moves the running statistics of live batch-norms; see [`ConvNorm::set_momentum`].
    pub fn set_momentum(&mut self, momentum: f64) {
        self.stages.iter_mut().for_each(|stage| stage.set_momentum(momentum));
        self.conv_head.iter_mut().for_each(|conv_head| conv_head.set_momentum(momentum));
    }

    /// The stages that learn, from shallow to deep; the last convolution learns at the last one's rate.
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
        for (offset, stage) in self.stages.iter().enumerate() {
            named_stage(stage, first + offset, &mut out);
        }
        if let Some(conv_head) = &self.conv_head {
            named_conv_head(conv_head, &mut out);
        }
        out.push(NamedTensor::new(format!("{CLASSIFIER}.weight"), self.head.weight.val().transpose()));
        if let Some(bias) = &self.head.bias {
            out.push(NamedTensor::new(format!("{CLASSIFIER}.bias"), bias.val()));
        }
        out
    }
}
