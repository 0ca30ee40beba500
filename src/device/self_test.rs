//! A driver may compile a kernel, run it and give wrong numbers, with no error anywhere. So a GPU computes something known first.

use burn::tensor::{Device, Tensor, TensorData};

use crate::error::{Error, ErrorCode, Result};
use crate::nn::conv_norm::{ConvNorm, ConvNormSpec, Mode};
use crate::nn::params::Params;
use crate::nn::spec::{Activation, Padding, Spec};

const CHANNELS: usize = 8;
const OUTPUTS: usize = 12;
const SIDE: usize = 9;
const KERNEL: usize = 3;

/// Runs what a backbone is made of (depthwise convolution with ReLU6, 1 × 1 convolution, sums, product of matrices) on small whole
/// numbers, whose results are exact in any order of summing and also where a GPU multiplies at reduced precision, and compares them
/// with plain loops.
///
/// It takes one launch of each kernel, which the backbone then finds compiled.
///
/// # Errors
/// `webgpu-unavailable` when a result is wrong or cannot be read.
pub async fn self_test(device: &Device) -> Result<()> {
    let input = pattern(CHANNELS * SIDE * SIDE, 11);
    let depthwise = pattern(CHANNELS * KERNEL * KERNEL, 5);
    let pointwise = pattern(OUTPUTS * CHANNELS, 7);

    let spec = ConvNormSpec {
        inputs: CHANNELS,
        outputs: CHANNELS,
        window: Spec {
            kernel: KERNEL,
            stride: 1,
            groups: CHANNELS,
            padding: Padding::Same,
            activation: Activation::Relu6,
        },
        bias: false,
        epsilon: Some(0.0),
    };
    let layer = |weight: &[f32], spec| ConvNorm::load(&mut Plain(weight), ("conv", "norm"), spec, Mode::Frozen, device);
    let image = Tensor::<4>::from_data(TensorData::new(input.clone(), [1, CHANNELS, SIDE, SIDE]), device);
    let spatial = layer(&depthwise, spec).forward(image);
    let window = Spec { kernel: 1, groups: 1, activation: Activation::None, ..spec.window };
    let spec = ConvNormSpec { outputs: OUTPUTS, window, ..spec };
    let mixed = layer(&pointwise, spec).forward(spatial);
    let pixels: Tensor<2> = mixed.clone().reshape([OUTPUTS, SIDE * SIDE]);
    let gram = pixels.clone().matmul(pixels.transpose());
    let sums: Tensor<1> = mixed.sum_dim(3).sum_dim(2).reshape([OUTPUTS]);

    let expected = expected(&input, &depthwise, &pointwise);
    compare("convolutions", sums.into_data_async().await, &expected.sums)?;
    compare("product of matrices", gram.into_data_async().await, &expected.gram)
}

/// A convolution's weight, and a batch-norm that changes nothing.
struct Plain<'a>(&'a [f32]);

impl Params for Plain<'_> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let length = shape.iter().product();
        match name {
            "conv.weight" => self.0.to_vec(),
            "norm.weight" | "norm.running_var" => vec![1.0; length],
            _ => vec![0.0; length],
        }
    }
}

struct Expected {
    sums: Vec<f32>,
    gram: Vec<f32>,
}

fn expected(input: &[f32], depthwise: &[f32], pointwise: &[f32]) -> Expected {
    let at = |channel: usize, row: usize, column: usize| {
        // One pixel of zeros around: the coordinates are one too large.
        let inside = (1..=SIDE).contains(&row) && (1..=SIDE).contains(&column);
        if inside { input[(channel * SIDE + row - 1) * SIDE + column - 1] } else { 0.0 }
    };
    let mut mixed = vec![0.0; OUTPUTS * SIDE * SIDE];
    for channel in 0..CHANNELS {
        for (row, column) in pairs(SIDE, SIDE) {
            let sum: f32 = pairs(KERNEL, KERNEL)
                .map(|(y, x)| at(channel, row + y, column + x) * depthwise[(channel * KERNEL + y) * KERNEL + x])
                .sum();
            for output in 0..OUTPUTS {
                mixed[(output * SIDE + row) * SIDE + column] +=
                    pointwise[output * CHANNELS + channel] * sum.clamp(0.0, 6.0);
            }
        }
    }
    let planes: Vec<&[f32]> = mixed.chunks_exact(SIDE * SIDE).collect();
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum();
    Expected {
        sums: planes.iter().map(|plane| plane.iter().sum()).collect(),
        gram: pairs(OUTPUTS, OUTPUTS).map(|(a, b)| dot(planes[a], planes[b])).collect(),
    }
}

fn pairs(rows: usize, columns: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows * columns).map(move |index| (index / columns, index % columns))
}

/// Whole numbers from `-span / 2` to `span / 2` in no visible order.
fn pattern(length: usize, span: usize) -> Vec<f32> {
    let scattered = |index: usize| ((index + 1) as u32).wrapping_mul(2_654_435_769) as usize >> 16;
    (0..length).map(|index| (scattered(index) % span) as f32 - (span / 2) as f32).collect()
}

fn compare<E: std::fmt::Debug>(what: &str, found: std::result::Result<TensorData, E>, expected: &[f32]) -> Result<()> {
    let wrong = |how: String| {
        Error::new(
            ErrorCode::WebgpuUnavailable,
            format!("the graphics driver computes wrongly ({how}); update it, or choose the CPU"),
        )
    };
    let found = found.map_err(|error| wrong(format!("{what}: {error:?}")))?;
    let found = found.try_into_vec::<f32>().map_err(|error| wrong(format!("{what}: {error:?}")))?;
    if found.len() != expected.len() {
        return Err(wrong(format!("{what}: {} numbers, expected {}", found.len(), expected.len())));
    }
    match found.iter().zip(expected).find(|(found, expected)| found != expected) {
        Some((found, expected)) => Err(wrong(format!("{what}: {found}, expected {expected}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_the_test_is_exact_at_reduced_precision() {
        let [input, depthwise, pointwise] = [(CHANNELS * SIDE * SIDE, 11), (CHANNELS * KERNEL * KERNEL, 5), (96, 7)]
            .map(|(length, span)| pattern(length, span));
        let expected = expected(&input, &depthwise, &pointwise);
        let exact = |values: &[f32], below: f32| values.iter().all(|value| value.fract() == 0.0 && value.abs() < below);
        assert!(exact(&input, 6.0) && exact(&depthwise, 3.0) && exact(&pointwise, 4.0));
        assert!(exact(&expected.gram, 2.0_f32.powi(24)) && exact(&expected.sums, 2.0_f32.powi(24)));
        let distinct = expected.gram.iter().map(|value| value.to_bits()).collect::<std::collections::BTreeSet<_>>();
        assert!(distinct.len() > OUTPUTS * OUTPUTS / 3, "kernels that mix up places must not pass: {}", distinct.len());
    }

    #[cfg(feature = "cpu")]
    #[test]
    fn the_cpu_passes_and_a_wrong_number_does_not() {
        pollster::block_on(self_test(&Device::flex())).unwrap();
        let data = |values: Vec<f32>| Ok::<_, ()>(TensorData::new(values, [2]));
        assert!(compare("sums", data(vec![1.0, 2.0]), &[1.0, 2.0]).is_ok());
        let error = compare("sums", data(vec![1.0, f32::NAN]), &[1.0, 2.0]).unwrap_err();
        assert_eq!(error.code, ErrorCode::WebgpuUnavailable);
        assert!(error.message.contains("sums: NaN, expected 2"), "{error}");
    }
}
