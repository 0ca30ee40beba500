//! Backbones: an architecture is a table of stages, and this is the loop that reads it.
//!
//! A backbone is features and nothing else; the output layer on top of it belongs to [`crate::model`].

pub mod card;
pub mod efficientnet_lite;
pub mod file;
pub mod tensor_file;
pub mod weights;

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use crate::nn::conv_norm::{ConvNorm, ConvNormSpec, Mode};
use crate::nn::inverted_residual::{InvertedResidual, InvertedResidualSpec};
use crate::nn::params::{NamedTensor, Params};

/// A network of inverted residuals as numbers: what EfficientNet-Lite and MobileNetV2 differ in.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    pub name: &'static str,
    /// Channels of the first convolution (3 × 3, stride 2). It belongs to the first stage.
    pub stem_channels: usize,
    pub stages: &'static [StageSpec],
    /// Channels of the last convolution (1 × 1), which are the pooled features.
    pub features: usize,
    /// Epsilon of every batch-norm.
    pub epsilon: f64,
}

/// One stage: `blocks` inverted residuals, the first of which may shrink the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StageSpec {
    pub expansion: usize,
    pub kernel: usize,
    pub stride: usize,
    pub channels: usize,
    pub blocks: usize,
}

/// A convolution or an inverted residual.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // A network has some twenty blocks; boxes would save nothing worth having.
pub enum Block {
    Conv(ConvNorm),
    InvertedResidual(InvertedResidual),
}

impl Block {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Block::Conv(block) => block.forward(x),
            Block::InvertedResidual(block) => block.forward(x),
        }
    }
}

/// The unit of freezing: blocks that train together or not at all.
#[derive(Module, Debug)]
pub struct Stage {
    blocks: Vec<Block>,
}

impl Stage {
    /// # Shapes
    /// - input: `[batch, channels of the stage before, height, width]`
    /// - output: `[batch, channels, height / s, width / s]`, `s` the product of the strides inside, rounded up
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.blocks.iter().fold(x, |x, block| block.forward(x))
    }

    /// See [`ConvNorm::set_momentum`].
    pub fn set_momentum(&mut self, momentum: f64) {
        self.blocks.iter_mut().for_each(|block| match block {
            Block::Conv(block) => block.set_momentum(momentum),
            Block::InvertedResidual(block) => block.set_momentum(momentum),
        });
    }
}

/// Names of the two convolutions outside the stages with their batch-norms, as timm calls them.
const STEM: (&str, &str) = ("conv_stem", "bn1");
const CONV_HEAD: (&str, &str) = ("conv_head", "bn2");

impl Architecture {
    /// Stage `index`, counted from the input. The first includes the stem.
    pub fn load_stage(&self, params: &mut dyn Params, index: usize, mode: Mode, device: &Device) -> Stage {
        let spec = self.stages[index];
        let mut blocks = Vec::with_capacity(spec.blocks + 1);
        let mut inputs = match index.checked_sub(1) {
            Some(previous) => self.stages[previous].channels,
            None => {
                blocks.push(Block::Conv(ConvNorm::load(params, STEM, self.stem_spec(), mode, device)));
                self.stem_channels
            }
        };
        for block in 0..spec.blocks {
            let sizes = InvertedResidualSpec {
                inputs,
                outputs: spec.channels,
                expansion: spec.expansion,
                kernel: spec.kernel,
                stride: if block == 0 { spec.stride } else { 1 },
                epsilon: self.epsilon,
            };
            let name = block_name(index, block);
            blocks.push(Block::InvertedResidual(InvertedResidual::load(params, &name, sizes, mode, device)));
            inputs = spec.channels;
        }
        Stage { blocks }
    }

    /// The last convolution, from the last stage's channels to the features.
    pub fn load_conv_head(&self, params: &mut dyn Params, mode: Mode, device: &Device) -> ConvNorm {
        let inputs = self.stages.last().map_or(self.stem_channels, |stage| stage.channels);
        let spec = ConvNormSpec {
            inputs,
            outputs: self.features,
            kernel: 1,
            stride: 1,
            groups: 1,
            relu6: true,
            epsilon: self.epsilon,
        };
        ConvNorm::load(params, CONV_HEAD, spec, mode, device)
    }

    /// How many numbers the convolutions of each stage put out for one `size` × `size` picture, the stem's with the first; the last
    /// convolution comes last.
    pub fn outputs(&self, size: usize) -> Vec<u64> {
        let map = |channels: usize, side: usize| channels as u64 * side as u64 * side as u64;
        let (mut side, mut inputs) = (size.div_ceil(2), self.stem_channels);
        let mut first = map(inputs, side);
        let mut outputs = Vec::with_capacity(self.stages.len() + 1);
        for stage in self.stages {
            let mut sum = std::mem::take(&mut first);
            for block in 0..stage.blocks {
                let hidden = inputs * stage.expansion;
                sum += if stage.expansion == 1 { 0 } else { map(hidden, side) };
                side = side.div_ceil(if block == 0 { stage.stride } else { 1 });
                sum += map(hidden, side) + map(stage.channels, side);
                inputs = stage.channels;
            }
            outputs.push(sum);
        }
        outputs.push(map(self.features, side));
        outputs
    }

    fn stem_spec(&self) -> ConvNormSpec {
        ConvNormSpec {
            inputs: 3,
            outputs: self.stem_channels,
            kernel: 3,
            stride: 2,
            groups: 1,
            relu6: true,
            epsilon: self.epsilon,
        }
    }
}

/// The parameters of stage `index` under the names they were loaded by; see [`ConvNorm::named`].
pub fn named_stage(stage: &Stage, index: usize, out: &mut Vec<NamedTensor>) {
    let mut residuals = 0;
    for block in &stage.blocks {
        match block {
            Block::Conv(block) => block.named(STEM, out),
            Block::InvertedResidual(block) => {
                block.named(&block_name(index, residuals), out);
                residuals += 1;
            }
        }
    }
}

/// The parameters of the last convolution; see [`ConvNorm::named`].
pub fn named_conv_head(conv_head: &ConvNorm, out: &mut Vec<NamedTensor>) {
    conv_head.named(CONV_HEAD, out);
}

fn block_name(stage: usize, block: usize) -> String {
    format!("blocks.{stage}.{block}")
}

/// The architecture of that name.
pub fn by_name(name: &str) -> Option<&'static Architecture> {
    [&efficientnet_lite::LITE0].into_iter().find(|architecture| architecture.name == name)
}
