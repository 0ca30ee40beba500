//! The split: a backbone cut in two. The prefix never learns and runs once per photo; the suffix and the head learn.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::backbone::architecture::{Architecture, Operation};
use crate::backbone::stage::Stage;
use crate::backbone::taps::{Features, Taps, maps};
use crate::error::{Error, ErrorCode, Result};
use crate::nn::conv_norm::Mode;
use crate::nn::linear;
use crate::nn::params::{NamedTensor, Params};

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
            0 => [self.taps(architecture, Features::Several).width(), 1, 1],
            _ => architecture.shape_after(self.frozen_stages(architecture), size),
        }
    }

    pub fn frozen_stages(self, architecture: &Architecture) -> usize {
        architecture.stages.len() - self.0
    }

    /// What an output layer can see at this split.
    pub fn taps(self, architecture: &Architecture, features: Features) -> Taps {
        Taps::new(architecture, self.0, features)
    }
}

/// The frozen part, batch-norm folded away. Its output is what the cache keeps.
#[derive(Debug, Clone)]
pub struct Prefix {
    stages: Vec<Stage>,
    /// What follows the last stage, only where no stage learns.
    tail: Option<Stage>,
    /// Only where no stage learns, and pooling is part of the prefix too: all that an output layer may see.
    taps: Option<Taps>,
}

impl Prefix {
    pub fn load(architecture: &Architecture, split: Split, params: &mut dyn Params, device: &Device) -> Self {
        Self {
            stages: (0..split.frozen_stages(architecture))
                .map(|index| Stage::load(&architecture.stages[index].operations, params, Mode::Frozen, device))
                .collect(),
            tail: (split.0 == 0 && !architecture.tail.is_empty())
                .then(|| Stage::load(&architecture.tail, params, Mode::Frozen, device)),
            taps: (split.0 == 0).then(|| split.taps(architecture, Features::Several)),
        }
    }

    /// # Shapes
    /// - images: `[batch, 3, size, size]`, normalised
    /// - output: the activation at the split, `[batch, channels, height, width]`; at `Split(0)` all [`Taps`], `[batch, width, 1, 1]`
    pub fn forward(&self, images: Tensor<4>) -> Tensor<4> {
        let mut maps = self.maps(images);
        match &self.taps {
            Some(taps) => {
                let seen = taps.see(&maps);
                let [batch, width] = seen.dims();
                seen.reshape([batch, width, 1, 1])
            }
            None => maps.swap_remove(0),
        }
    }

    /// What the activation at the split is made of, the last layer first: the maps that taps are taken of where no stage learns, one map
    /// otherwise.
    ///
    /// # Shapes
    /// - images: `[batch, 3, size, size]`, normalised
    /// - output: `[batch, channels, height, width]` each
    pub fn maps(&self, images: Tensor<4>) -> Vec<Tensor<4>> {
        maps(self.stages.iter().chain(&self.tail), images, self.taps.as_ref().map_or(1, Taps::layers))
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
    /// What the head sees.
    #[module(skip)]
    taps: Taps,
}

impl Suffix {
    /// Stages from `stage_params` (the pretrained weights), the head from `head_params` (random numbers, or a model file).
    pub fn load(
        architecture: &Architecture,
        split: Split,
        taps: Taps,
        classes: usize,
        stage_params: &mut dyn Params,
        head_params: &mut dyn Params,
        device: &Device,
    ) -> Self {
        Self::load_in(Mode::Trainable, architecture, split, (taps, classes), stage_params, head_params, device)
    }

    /// All stages, to be taught from nothing: their batch-norms go by the batch while they learn; see [`Mode::Live`].
    pub fn load_live(
        architecture: &Architecture,
        taps: Taps,
        classes: usize,
        stage_params: &mut dyn Params,
        head_params: &mut dyn Params,
        device: &Device,
    ) -> Self {
        let all = Split(architecture.stages.len());
        Self::load_in(Mode::Live, architecture, all, (taps, classes), stage_params, head_params, device)
    }

    fn load_in(
        mode: Mode,
        architecture: &Architecture,
        split: Split,
        (taps, classes): (Taps, usize),
        stage_params: &mut dyn Params,
        head_params: &mut dyn Params,
        device: &Device,
    ) -> Self {
        let mut load = |operations: &[Operation]| Stage::load(operations, stage_params, mode, device);
        let learning = &architecture.stages[split.frozen_stages(architecture)..];
        Self {
            stages: learning.iter().map(|stage| load(&stage.operations)).collect(),
            tail: (split.0 > 0 && !architecture.tail.is_empty()).then(|| load(&architecture.tail)),
            head: linear::load(head_params, architecture.classifier, taps.width(), classes, device),
            taps,
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
        if self.stages.is_empty() {
            return self.taps.of_several(activation.flatten::<2>(1, 3));
        }
        self.taps.see(&self.maps(vec![activation]))
    }

    /// The maps that the head sees, the last layer's first.
    ///
    /// # Shapes
    /// - at_split: what [`Prefix::maps`] gives, `[batch, channels, height, width]` each
    /// - output: the same
    pub fn maps(&self, mut at_split: Vec<Tensor<4>>) -> Vec<Tensor<4>> {
        let layers = self.taps.layers();
        if self.stages.is_empty() {
            at_split.truncate(layers);
            return at_split;
        }
        maps(self.stages.iter().chain(&self.tail), at_split.swap_remove(0), layers)
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

    /// The logits of one picture taken apart by place, without the head's bias: what each place of each layer's map adds to them, by its
    /// part of the average and, where it is that, as the largest value. All places of all layers together, and the bias, are the logits.
    /// Of the last layer's average alone this is the class activation map (Zhou et al. 2016).
    ///
    /// # Shapes
    /// - maps: as [`maps`](Self::maps) gives them, of one picture
    /// - output: for each layer, the last first, `[height · width, classes]`, places row by row
    pub fn logits_by_place(&self, maps: &[Tensor<4>]) -> Vec<Tensor<2>> {
        let weight = self.head.weight.val();
        let taps = self.taps.by_place(maps).into_iter().zip(self.taps.columns());
        let mut by_tap = taps.map(|(tap, (first, width))| {
            let places: Tensor<2> = tap.flatten::<3>(2, 3).squeeze_dim::<2>(0).transpose();
            places.matmul(weight.clone().narrow(0, first, width))
        });
        let kinds = self.taps.kinds();
        let layer = |_| {
            let parts: Vec<Tensor<2>> = by_tap.by_ref().take(kinds).collect();
            parts.into_iter().reduce(|sum, part| sum + part)
        };
        (0..maps.len()).filter_map(layer).collect()
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
        self.taps.width()
    }

    /// Which these are.
    pub fn taps(&self) -> &Taps {
        &self.taps
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
