//! Where a layer's initial values come from: a weights file, or a seeded generator.

use burn::tensor::Tensor;

use crate::rng::Rng;

/// Gives tensors by name, row-major, in PyTorch's layout and timm's names.
///
/// A source notes what it cannot give and returns zeros, so that one pass over an architecture finds every problem of
/// a file at once.
pub trait Params {
    fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32>;
}

/// A parameter on its way to a file: the opposite direction, under the same names and in the same layout.
#[derive(Debug)]
pub struct NamedTensor {
    pub name: String,
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Tensor<1>,
}

impl NamedTensor {
    pub fn new<const D: usize>(name: String, tensor: Tensor<D>) -> Self {
        let shape = tensor.dims().to_vec();
        Self { name, values: tensor.reshape([shape.iter().product::<usize>()]), shape }
    }
}

/// Deviation of an output layer's initial weights. Small, because a handful of photos spans few of the feature directions:
/// along the others the initial values are never unlearnt and would blur every prediction.
const OUTPUT_LAYER_DEVIATION: f32 = 0.001;

/// Random values for what is not pretrained: He-normal by fan-out for convolutions, identity for batch-norm, and a small normal
/// for output layers.
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
            [_, _] => (0..count).map(|_| OUTPUT_LAYER_DEVIATION * self.0.normal()).collect(),
            _ if name.ends_with("weight") || name.ends_with("running_var") => vec![1.0; count],
            _ => vec![0.0; count],
        }
    }
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
        assert!(linear.iter().all(|x| x.abs() < 0.01) && linear.iter().any(|x| x.abs() > 0.001));
        let conv = params.take("conv_stem.weight", &[64, 32, 3, 3]);
        let variance = conv.iter().map(|x| x * x).sum::<f32>() / conv.len() as f32;
        assert!((variance / (2.0 / 576.0) - 1.0).abs() < 0.05);
    }
}
