//! The sum of two maps, as at the end of a residual block.

use burn::tensor::Tensor;

use super::conv_norm::activate;
#[cfg(feature = "cpu")]
use super::cpu::sum::sum;
use super::spec::Activation;

/// `activation(x + y)`: on the CPU in one pass of our own.
///
/// # Shapes
/// - x, y, output: `[batch, channels, height, width]`
pub fn add(x: Tensor<4>, y: Tensor<4>, activation: Activation) -> Tensor<4> {
    #[cfg(feature = "cpu")]
    if let Some(sum) = sum(&x, &y, activation) {
        return sum;
    }
    activate(x + y, activation)
}
