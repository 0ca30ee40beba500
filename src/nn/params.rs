//! Where a layer's initial values come from: a weights file, or a seeded generator.

use crate::rng::Rng;

/// Gives tensors by name, row-major, in PyTorch's layout and timm's names.
///
/// A source notes what it cannot give and returns zeros, so that one pass over an architecture finds every problem of
/// a file at once.
pub trait Params {
    fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32>;
}

/// Random values for training from nothing: He-normal by fan-out for convolutions, identity for batch-norm, and
/// `U(−1/√n, 1/√n)` for linear layers of `n` inputs, as PyTorch's.
pub struct RandomParams(pub Rng);

impl Params for RandomParams {
    fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let count = shape.iter().product();
        match *shape {
            [out_channels, _, height, width] => {
                let depthwise = shape[1] == 1;
                let fan_out = if depthwise { height * width } else { out_channels * height * width };
                let deviation = (2.0 / fan_out as f32).sqrt();
                (0..count).map(|_| deviation * self.0.normal()).collect()
            }
            [_, inputs] => uniform(&mut self.0, count, inputs),
            _ if name.ends_with("weight") || name.ends_with("running_var") => vec![1.0; count],
            _ => vec![0.0; count],
        }
    }
}

fn uniform(rng: &mut Rng, count: usize, inputs: usize) -> Vec<f32> {
    let bound = 1.0 / (inputs as f32).sqrt();
    (0..count).map(|_| bound * (2.0 * rng.uniform() - 1.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_tensor_gets_its_own_distribution() {
        let mut params = RandomParams(Rng::new(1));
        assert_eq!(params.take("bn1.weight", &[3]), [1.0; 3]);
        assert_eq!(params.take("bn1.running_var", &[3]), [1.0; 3]);
        assert_eq!(params.take("bn1.running_mean", &[3]), [0.0; 3]);
        let linear = params.take("classifier.weight", &[10, 100]);
        assert!(linear.iter().all(|x| x.abs() <= 0.1) && linear.iter().any(|x| x.abs() > 0.05));
        let conv = params.take("conv_stem.weight", &[64, 32, 3, 3]);
        let variance = conv.iter().map(|x| x * x).sum::<f32>() / conv.len() as f32;
        assert!((variance / (2.0 / 576.0) - 1.0).abs() < 0.05);
    }
}
