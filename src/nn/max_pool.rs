//! Maxima over windows.

use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::pool::MaxPool2dConfig;
use burn::tensor::Tensor;

#[cfg(feature = "cpu")]
use super::cpu;

/// [`max_pool`] as a layer.
#[derive(Module, Debug)]
pub struct MaxPool {
    kernel: usize,
    stride: usize,
    border: usize,
}

impl MaxPool {
    pub fn new(kernel: usize, stride: usize, border: usize) -> Self {
        Self { kernel, stride, border }
    }

    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        max_pool(x, self.kernel, self.stride, self.border)
    }
}

/// With a border of `border` on each side, which is no maximum: on the CPU by a kernel of our own, where there is one for these windows.
///
/// # Shapes
/// - input: `[batch, channels, height, width]`
/// - output: the same with `(size + 2 · border − kernel) / stride + 1` for height and width
pub fn max_pool(x: Tensor<4>, kernel: usize, stride: usize, border: usize) -> Tensor<4> {
    #[cfg(feature = "cpu")]
    if let Some(y) = cpu::max_pool::max_pool(&x, kernel, stride, border) {
        return y;
    }
    let config = MaxPool2dConfig::new([kernel; 2]).with_strides([stride; 2]);
    config.with_padding(PaddingConfig2d::Explicit(border, border, border, border)).init().forward(x)
}
