//! A block whose input is added to what it makes of it (He et al., 2016, <https://arxiv.org/abs/1512.03385>).

use burn::module::Module;
use burn::tensor::Tensor;

use super::conv_norm::ConvNorm;
use super::spec::Activation;
use super::sum::add;

/// `activation(body(x) + shortcut(x))`; without a shortcut, x itself is added.
#[derive(Module, Debug)]
pub struct Residual {
    body: Vec<ConvNorm>,
    shortcut: Option<ConvNorm>,
    #[module(skip)]
    activation: Activation,
}

impl Residual {
    pub fn new(body: Vec<ConvNorm>, shortcut: Option<ConvNorm>, activation: Activation) -> Self {
        Self { body, shortcut, activation }
    }

    /// # Shapes
    /// - input: `[batch, inputs, height, width]`
    /// - output: what the body makes of it, which the shortcut has to make as well
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let shortcut = match &self.shortcut {
            Some(layer) => layer.forward(x.clone()),
            None => x.clone(),
        };
        let y = self.body.iter().fold(x, |x, layer| layer.forward(x));
        add(y, shortcut, self.activation)
    }

    /// Those of the body, then the shortcut.
    pub fn convolutions(&self) -> impl Iterator<Item = &ConvNorm> {
        self.body.iter().chain(&self.shortcut)
    }

    /// See [`ConvNorm::set_momentum`].
    pub fn set_momentum(&mut self, momentum: f64) {
        self.body.iter_mut().chain(&mut self.shortcut).for_each(|layer| layer.set_momentum(momentum));
    }
}
