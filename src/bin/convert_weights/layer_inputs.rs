//! What the channels that go into a 1 × 1 convolution or the output layer are like, without looking at a single photo: batch-norm has
//! learnt it. Its shift and scale are the mean and the deviation of what it puts out, over ImageNet (Nagel et al., 2019,
//! <https://arxiv.org/abs/1906.04721>, section 4.2).

use std::collections::BTreeMap;

use lastlayer::backbone::architecture::{Architecture, ConvLayer, Operation};
use lastlayer::backbone::tensor_file::FileTensor;
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::nn::spec::Activation;

/// Mean and variance of one channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    pub mean: f64,
    pub variance: f64,
}

/// The moments of the input channels, by the name of the weight that they are multiplied by.
///
/// # Errors
/// `weights-mismatch` where a batch-norm is missing: of a network without them nothing is known.
pub fn layer_inputs(tensors: &[FileTensor], architecture: &Architecture) -> Result<BTreeMap<String, Vec<Moments>>> {
    let norms = Norms(tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect());
    let mut inputs = BTreeMap::new();
    // Of a picture nothing is known either: the first convolution is not rounded.
    let mut x = Vec::new();
    for operation in architecture.layers().flatten() {
        x = match operation {
            Operation::Conv(layer) => norms.through(layer, x, &mut inputs)?,
            // The largest of a few is somewhat larger; near enough.
            Operation::MaxPool(_) => x,
            Operation::Residual { body, shortcut, activation } => {
                let added = match shortcut {
                    Some(layer) => norms.through(layer, x.clone(), &mut inputs)?,
                    None => x.clone(),
                };
                let y = body.iter().try_fold(x, |x, layer| norms.through(layer, x, &mut inputs))?;
                // As if the two were independent.
                let sums = added.iter().zip(&y).map(|(x, y)| sum(*x, *y));
                sums.map(|sum| activated(sum.mean, sum.variance.sqrt(), *activation)).collect()
            }
        };
    }
    inputs.insert(format!("{}.weight", architecture.classifier), x);
    Ok(inputs)
}

/// The checkpoint's tensors by name.
struct Norms<'a>(BTreeMap<&'a str, &'a FileTensor>);

impl Norms<'_> {
    /// What a layer puts out; what it gets, `x`, is noted under the name of its weight.
    fn through(
        &self,
        layer: &ConvLayer,
        x: Vec<Moments>,
        inputs: &mut BTreeMap<String, Vec<Moments>>,
    ) -> Result<Vec<Moments>> {
        inputs.insert(format!("{}.weight", layer.conv), x);
        let (scale, shift) = (self.values(&layer.norm, "weight")?, self.values(&layer.norm, "bias")?);
        let activation = layer.spec.window.activation;
        Ok(scale
            .iter()
            .zip(shift)
            .map(|(scale, shift)| activated((*shift).into(), (*scale).into(), activation))
            .collect())
    }

    fn values(&self, norm: &str, part: &str) -> Result<&[f32]> {
        self.0.get(format!("{norm}.{part}").as_str()).map(|tensor| tensor.values.as_slice()).ok_or_else(|| {
            Error::new(ErrorCode::WeightsMismatch, format!("the checkpoint has no tensor {norm}.{part}"))
        })
    }
}

fn sum(one: Moments, other: Moments) -> Moments {
    Moments { mean: one.mean + other.mean, variance: one.variance + other.variance }
}

/// Of a normally distributed number after an activation: the integral over ±8 deviations, by midpoints.
fn activated(mean: f64, deviation: f64, activation: Activation) -> Moments {
    if activation == Activation::None {
        return Moments { mean, variance: deviation * deviation };
    }
    let (low, high) = activation.bounds();
    const STEPS: i32 = 400;
    let at = |step: i32| 8.0 * (f64::from(2 * step + 1) / f64::from(STEPS) - 1.0);
    let weight = |z: f64| (-z * z / 2.0).exp();
    let value = |z: f64| (mean + deviation * z).clamp(low.into(), high.into());
    let total: f64 = (0..STEPS).map(|step| weight(at(step))).sum();
    let average = |of: &dyn Fn(f64) -> f64| (0..STEPS).map(|step| weight(at(step)) * of(at(step))).sum::<f64>() / total;
    let mean = average(&value);
    Moments { mean, variance: average(&|z| (value(z) - mean).powi(2)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: Moments, mean: f64, variance: f64) {
        assert!((got.mean - mean).abs() < 1e-4 && (got.variance - variance).abs() < 1e-4, "{got:?}");
    }

    #[test]
    fn activations_cut_off() {
        close(activated(3.0, 0.1, Activation::Relu6), 3.0, 0.01); // far from both ends
        // Half of a standard normal distribution: mean 1/√(2π), second moment 1/2.
        close(activated(0.0, 1.0, Activation::Relu6), 0.398_942, 0.5 - 0.159_155);
        close(activated(0.0, -1.0, Activation::Relu6), 0.398_942, 0.5 - 0.159_155);
        close(activated(-5.0, 0.5, Activation::Relu6), 0.0, 0.0);
        close(activated(9.0, 0.5, Activation::Relu6), 6.0, 0.0);
        close(activated(9.0, 0.5, Activation::Relu), 9.0, 0.25);
        close(activated(0.0, 1.0, Activation::Relu), 0.398_942, 0.5 - 0.159_155);
    }

    #[test]
    fn shortcuts_add_up() {
        let sum = sum(Moments { mean: 1.0, variance: 2.0 }, Moments { mean: -3.0, variance: 0.5 });
        assert_eq!(sum, Moments { mean: -2.0, variance: 2.5 });
    }
}
