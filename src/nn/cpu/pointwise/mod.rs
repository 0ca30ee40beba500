//! 1 × 1 convolution: for each photo a product of matrices, `[outputs, inputs] · [inputs, pixels]`.
//!
//! Activations stay as they lie in memory. Photos go one by one, so that a photo's result does not depend on which others are in
//! its batch.
//!
//! ```text
//!  on_gemm   natively, on the crate `gemm`     on_tiles  in WebAssembly, on our own product
//! ```

#[cfg(any(not(target_family = "wasm"), test))]
mod on_gemm;
#[cfg(any(target_family = "wasm", test))]
mod on_tiles;

#[cfg(not(target_family = "wasm"))]
pub use on_gemm::{backward, forward};
#[cfg(target_family = "wasm")]
pub use on_tiles::{backward, forward};

use pulp::{Simd, WithSimd};

use super::rows::{self, Masked};

/// Rows and columns of a 1 × 1 convolution's matrices.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    pub inputs: usize,
    pub outputs: usize,
    pub pixels: usize,
}

/// Gradients of `forward`.
pub struct Gradients {
    pub x: Option<Vec<f32>>,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Gradients {
    /// With the bias's out of `sums`, those of each photo's gradient by channel: `[batch, outputs]`.
    fn new(x: Option<Vec<f32>>, weight: Vec<f32>, sums: &[f32], outputs: usize) -> Self {
        let mut bias = vec![0.0; outputs];
        for sums in sums.chunks_exact(outputs) {
            bias.iter_mut().zip(sums).for_each(|(bias, sum)| *bias += sum);
        }
        Self { x, weight, bias }
    }
}

/// Stops the gradient where the output was clamped, and sums what is left by channel. A struct, not a closure: only so is all of
/// it compiled for the vectors that the processor has.
struct MaskAndSum<'a> {
    gradient: &'a mut [f32],
    y: Option<&'a [f32]>,
    sums: &'a mut [f32],
    pixels: usize,
}

impl WithSimd for MaskAndSum<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (channel, (row, sum)) in self.gradient.chunks_exact_mut(self.pixels).zip(self.sums).enumerate() {
            if let Some(y) = self.y {
                rows::update(row, &y[channel * self.pixels..][..row.len()], Masked);
            }
            *sum = rows::sum(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the browser runs against what the machine does.
    #[test]
    fn tiles_and_gemm_agree() {
        for (inputs, outputs, pixels, relu6) in
            [(5, 7, 1, true), (3, 1, 15, false), (24, 40, 49, true), (32, 16, 784, false), (8, 12, 3000, true)]
        {
            let sizes = Sizes { inputs, outputs, pixels };
            let draw = |count: usize, seed: usize| -> Vec<f32> {
                (0..count).map(|index| ((index * 7919 + seed * 104_729) % 1009) as f32 / 500.0 - 1.0).collect()
            };
            let (x, weight, bias) = (draw(3 * inputs * pixels, 1), draw(outputs * inputs, 2), draw(outputs, 3));
            let y = on_gemm::forward(sizes, &x, &weight, &bias, relu6);
            assert_same(&on_tiles::forward(sizes, &x, &weight, &bias, relu6), &y);

            let gradient = draw(y.len(), 4);
            let y = relu6.then_some(&y[..]);
            for x_wanted in [true, false] {
                let expected = on_gemm::backward(sizes, &x, &weight, y, &mut gradient.clone(), x_wanted);
                let found = on_tiles::backward(sizes, &x, &weight, y, &mut gradient.clone(), x_wanted);
                assert_eq!(found.x.is_some(), x_wanted);
                assert_same(&found.x.unwrap_or_default(), &expected.x.unwrap_or_default());
                assert_same(&found.weight, &expected.weight);
                assert_same(&found.bias, &expected.bias);
            }
        }
    }

    fn assert_same(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4 * expected.abs().max(1.0), "{found} is not {expected}");
        }
    }
}
