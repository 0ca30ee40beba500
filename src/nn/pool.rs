//! Pooling.

use burn::nn::PaddingConfig2d;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::tensor::Tensor;

/// The largest value of each `kernel` × `kernel` window; places beyond the edges count as nothing.
pub fn max_pool(kernel: usize, stride: usize, padding: usize) -> MaxPool2d {
    let padding = PaddingConfig2d::Explicit(padding, padding, padding, padding);
    MaxPool2dConfig::new([kernel; 2]).with_strides([stride; 2]).with_padding(padding).init()
}

/// The average over all places.
///
/// # Shapes
/// - input: `[batch, channels, height, width]`
/// - output: `[batch, channels, 1, 1]`; an input of that shape already is returned as it is.
pub fn global_average(x: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    if height * width == 1 {
        return x;
    }
    x.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels, 1, 1])
}
