//! Stages as they compute: built from their description.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::architecture::{ConvLayer, Operation};
use crate::nn::conv_norm::{ConvNorm, Mode};
use crate::nn::max_pool::MaxPool;
use crate::nn::params::{NamedTensor, Params};
use crate::nn::residual::Residual;

/// One [`Operation`].
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // A network has some fifty; boxes would save nothing worth having.
pub enum Block {
    Conv(ConvNorm),
    MaxPool(MaxPool),
    Residual(Residual),
}

impl Block {
    fn load(operation: &Operation, params: &mut dyn Params, mode: Mode, device: &Device) -> Self {
        let mut load = |layer: &ConvLayer| ConvNorm::load(params, (&layer.conv, &layer.norm), layer.spec, mode, device);
        match operation {
            Operation::Conv(layer) => Self::Conv(load(layer)),
            Operation::MaxPool(window) => Self::MaxPool(MaxPool::new(window.kernel, window.stride, window.padding)),
            Operation::Residual { body, shortcut, activation } => {
                let body = body.iter().map(&mut load).collect();
                Self::Residual(Residual::new(body, shortcut.as_ref().map(&mut load), *activation))
            }
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Conv(layer) => layer.forward(x),
            Self::MaxPool(pool) => pool.forward(x),
            Self::Residual(residual) => residual.forward(x),
        }
    }

    /// In the order of [`Operation::convolutions`].
    fn convolutions(&self) -> Vec<&ConvNorm> {
        match self {
            Self::Conv(layer) => vec![layer],
            Self::MaxPool(_) => Vec::new(),
            Self::Residual(residual) => residual.convolutions().collect(),
        }
    }

    fn set_momentum(&mut self, momentum: f64) {
        match self {
            Self::Conv(layer) => layer.set_momentum(momentum),
            Self::MaxPool(_) => {}
            Self::Residual(residual) => residual.set_momentum(momentum),
        }
    }
}

/// The unit of freezing: blocks that train together or not at all.
#[derive(Module, Debug)]
pub struct Stage {
    blocks: Vec<Block>,
}

impl Stage {
    pub fn load(operations: &[Operation], params: &mut dyn Params, mode: Mode, device: &Device) -> Self {
        Self { blocks: operations.iter().map(|operation| Block::load(operation, params, mode, device)).collect() }
    }

    /// # Shapes
    /// - input: `[batch, channels of the stage before, height, width]`
    /// - output: as [`walk`](super::architecture::walk) says
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.blocks.iter().fold(x, |x, block| block.forward(x))
    }

    /// See [`ConvNorm::set_momentum`].
    pub fn set_momentum(&mut self, momentum: f64) {
        self.blocks.iter_mut().for_each(|block| block.set_momentum(momentum));
    }

    /// The parameters under the names they were loaded by; see [`ConvNorm::named`].
    pub fn named(&self, operations: &[Operation], out: &mut Vec<NamedTensor>) {
        for (block, operation) in self.blocks.iter().zip(operations) {
            for (layer, described) in block.convolutions().into_iter().zip(operation.convolutions()) {
                layer.named((&described.conv, &described.norm), out);
            }
        }
    }
}
