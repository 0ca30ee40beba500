//! Pooling over all places of a map.

use burn::tensor::Tensor;

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

/// The largest value over all places.
///
/// # Shapes
/// As [`global_average`].
pub fn global_maximum(x: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    if height * width == 1 {
        return x;
    }
    x.reshape([batch, channels, height * width]).max_dim(2).reshape([batch, channels, 1, 1])
}
