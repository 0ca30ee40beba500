//! The output layer: logits from pooled features.

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};

use super::params::Params;

/// Takes `{name}.weight` as `[outputs, inputs]` (PyTorch's layout; Burn keeps the transpose) and `{name}.bias`.
pub fn load(params: &mut dyn Params, name: &str, inputs: usize, outputs: usize, device: &Device) -> Linear {
    let weight = params.take(&format!("{name}.weight"), &[outputs, inputs]);
    let bias = params.take(&format!("{name}.bias"), &[outputs]);
    Linear {
        weight: Param::from_data(TensorData::new(transpose(&weight, outputs, inputs), [inputs, outputs]), device),
        bias: Some(Param::from_data(TensorData::new(bias, [outputs]), device)),
    }
}

/// # Shapes
/// - x: `[rows, inputs]`
/// - output: `[rows, outputs]`
pub fn forward(layer: &Linear, x: Tensor<2>) -> Tensor<2> {
    #[cfg(feature = "webgpu")]
    if let Some(bias) = &layer.bias
        && let Some(y) = super::gpu::linear::linear(&x, layer.weight.val(), bias.val())
    {
        return y;
    }
    layer.forward(x)
}

/// `[rows, columns]` row-major to `[columns, rows]` row-major.
pub fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(values.len());
    for column in 0..columns {
        out.extend((0..rows).map(|row| values[row * columns + column]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposes() {
        assert_eq!(transpose(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }
}
