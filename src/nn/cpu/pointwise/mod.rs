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

/// Rows and columns of a 1 × 1 convolution's matrices.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    pub inputs: usize,
    pub outputs: usize,
    pub pixels: usize,
}

#[cfg(test)]
mod tests {
    use super::super::gradients::Clamped;
    use super::*;
    use crate::nn::spec::Activation;

    /// What the browser runs against what the machine does.
    #[test]
    fn tiles_and_gemm_agree() {
        use Activation::{None, Relu, Relu6};
        for (inputs, outputs, pixels, activation) in
            [(5, 7, 1, Relu6), (3, 1, 15, None), (24, 40, 49, Relu), (32, 16, 784, None), (8, 12, 3000, Relu6)]
        {
            let sizes = Sizes { inputs, outputs, pixels };
            let draw = |count: usize, seed: usize| -> Vec<f32> {
                (0..count).map(|index| ((index * 7919 + seed * 104_729) % 1009) as f32 / 500.0 - 1.0).collect()
            };
            let (x, weight, bias) = (draw(3 * inputs * pixels, 1), draw(outputs * inputs, 2), draw(outputs, 3));
            let y = on_gemm::forward(sizes, &x, &weight, &bias, activation);
            assert_same(&on_tiles::forward(sizes, &x, &weight, &bias, activation), &y);

            let gradient = draw(y.len(), 4);
            let y = Clamped::of(&y, activation);
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
