//! What the channels that go into a 1 × 1 convolution or the output layer are like, without looking at a single photo: batch-norm has
//! learnt it. Its shift and scale are the mean and the deviation of what it puts out, over ImageNet (Nagel et al., 2019,
//! <https://arxiv.org/abs/1906.04721>, section 4.2).

use std::collections::BTreeMap;

use lastlayer::backbone::Architecture;
use lastlayer::backbone::tensor_file::FileTensor;
use lastlayer::error::{Error, ErrorCode, Result};

/// Mean and variance of one channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    pub mean: f64,
    pub variance: f64,
}

/// The moments of the input channels, by the name of the weight that they are multiplied by.
pub fn layer_inputs(tensors: &[FileTensor], architecture: &Architecture) -> Result<BTreeMap<String, Vec<Moments>>> {
    let by_name: BTreeMap<&str, &FileTensor> = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
    let norm = |name: &str| {
        let values = |part: &str| {
            let tensor = by_name.get(format!("{name}.{part}").as_str());
            tensor.map(|tensor| &tensor.values).ok_or_else(|| {
                Error::new(ErrorCode::WeightsMismatch, format!("the checkpoint has no tensor {name}.{part}"))
            })
        };
        let (scale, shift) = (values("weight")?, values("bias")?);
        Ok(scale.iter().zip(shift).map(|(scale, shift)| (f64::from(*shift), f64::from(*scale))).collect::<Vec<_>>())
    };
    let linear = |name: &str| {
        Ok(norm(name)?.into_iter().map(|(mean, deviation)| Moments { mean, variance: deviation * deviation }).collect())
    };
    let relu6 = |name: &str| {
        Ok(norm(name)?.into_iter().map(|(mean, deviation)| after_relu6(mean, deviation)).collect::<Vec<_>>())
    };

    let mut inputs = BTreeMap::new();
    let mut x: Vec<Moments> = relu6("bn1")?;
    for (stage, spec) in architecture.stages.iter().enumerate() {
        for block in 0..spec.blocks {
            let name = format!("blocks.{stage}.{block}");
            let (projection, last_hidden, out) = match spec.expansion {
                1 => ("conv_pw", "bn1", "bn2"),
                _ => ("conv_pwl", "bn2", "bn3"),
            };
            if spec.expansion > 1 {
                inputs.insert(format!("{name}.conv_pw.weight"), x.clone());
            }
            inputs.insert(format!("{name}.{projection}.weight"), relu6(&format!("{name}.{last_hidden}"))?);
            let added: Vec<Moments> = linear(&format!("{name}.{out}"))?;
            // Later blocks of a stage add to their input; as if the two were independent.
            x = if block == 0 { added } else { x.iter().zip(&added).map(|(x, added)| sum(*x, *added)).collect() };
        }
    }
    inputs.insert("conv_head.weight".into(), x);
    inputs.insert("classifier.weight".into(), relu6("bn2")?);
    Ok(inputs)
}

fn sum(one: Moments, other: Moments) -> Moments {
    Moments { mean: one.mean + other.mean, variance: one.variance + other.variance }
}

/// Of a normally distributed number after ReLU6: the integral over ±8 deviations, by midpoints.
fn after_relu6(mean: f64, deviation: f64) -> Moments {
    const STEPS: i32 = 400;
    let at = |step: i32| 8.0 * (f64::from(2 * step + 1) / f64::from(STEPS) - 1.0);
    let weight = |z: f64| (-z * z / 2.0).exp();
    let value = |z: f64| (mean + deviation * z).clamp(0.0, 6.0);
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
    fn relu6_cuts_off_both_sides() {
        close(after_relu6(3.0, 0.1), 3.0, 0.01); // far from both ends
        // Half of a standard normal distribution: mean 1/√(2π), second moment 1/2.
        close(after_relu6(0.0, 1.0), 0.398_942, 0.5 - 0.159_155);
        close(after_relu6(0.0, -1.0), 0.398_942, 0.5 - 0.159_155);
        close(after_relu6(-5.0, 0.5), 0.0, 0.0);
        close(after_relu6(9.0, 0.5), 6.0, 0.0);
    }

    #[test]
    fn shortcuts_add_up() {
        let sum = sum(Moments { mean: 1.0, variance: 2.0 }, Moments { mean: -3.0, variance: 0.5 });
        assert_eq!(sum, Moments { mean: -2.0, variance: 2.5 });
    }
}
