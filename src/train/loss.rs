//! What a step makes smaller: cross-entropy, with smoothed labels and weighed classes where these are wished for.

use burn::nn::loss::CrossEntropyLossConfig;
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::config::TrainConfig;
use super::sample::Sample;

/// Classes are weighed equally when the largest has more than this many times the photos of the smallest.
const IMBALANCE: usize = 2;

#[derive(Debug)]
pub struct Loss {
    smoothing: f32,
    /// Of each class.
    weights: Option<Vec<f32>>,
}

impl Loss {
    pub fn new(config: &TrainConfig, samples: &[Sample], classes: usize) -> Self {
        let weights = (config.balance == 1).then(|| class_weights(samples, classes)).flatten();
        Self { smoothing: config.label_smoothing as f32, weights }
    }

    /// The loss of logits `[batch, classes]` on the autodiff device. Its parts, where it comes in several, are to be summed, as
    /// `backward` does.
    pub fn of(&self, logits: Tensor<2>, labels: &[usize], device: &Device) -> Tensor<1> {
        #[cfg(feature = "webgpu")]
        if let Some(parts) =
            crate::nn::gpu::cross_entropy::cross_entropy(&logits, || self.targets(labels, logits.dims()[1]))
        {
            return parts;
        }
        let labels: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
        let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [logits.dims()[0]]), device);
        let smoothing = (self.smoothing > 0.0).then_some(self.smoothing);
        let config = CrossEntropyLossConfig::new().with_smoothing(smoothing).with_weights(self.weights.clone());
        config.init(device).forward(logits, labels)
    }

    /// By which the logarithms of the probabilities `[batch, classes]` are to be multiplied: their negative sum is the loss.
    #[cfg(any(feature = "webgpu", test))]
    fn targets(&self, labels: &[usize], classes: usize) -> Vec<f32> {
        let weight = |class: usize| self.weights.as_ref().map_or(1.0, |weights| weights[class]);
        let total: f32 = labels.iter().map(|&label| weight(label)).sum();
        let spread = self.smoothing / classes as f32;
        let target = |label: usize, class: usize| {
            let hit = if class == label { 1.0 - self.smoothing } else { 0.0 };
            (hit + spread) * weight(class) / total
        };
        labels.iter().flat_map(|&label| (0..classes).map(move |class| target(label, class))).collect()
    }
}

/// Weights that make every class count the same, on average 1 a photo; `None` where the classes are balanced enough.
fn class_weights(samples: &[Sample], classes: usize) -> Option<Vec<f32>> {
    let mut counts = vec![0usize; classes];
    samples.iter().for_each(|sample| counts[sample.label] += 1);
    let (smallest, largest) = (counts.iter().min()?, counts.iter().max()?);
    let balanced = *smallest == 0 || *largest <= IMBALANCE * smallest;
    let weight = |count: &usize| samples.len() as f32 / (classes * count) as f32;
    (!balanced).then(|| counts.iter().map(weight).collect())
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use burn::tensor::activation::log_softmax;

    use super::*;

    #[test]
    fn targets_are_those_of_burns_loss() {
        let device = Device::flex();
        let logits =
            Tensor::<2>::from_data([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5], [0.0, 3.0, 1.0], [-2.0, 0.5, 0.75]], &device);
        let labels = [2, 0, 0, 1];
        for smoothing in [0.0, 0.2] {
            for weights in [None, Some(vec![0.5, 1.25, 2.0])] {
                let loss = Loss { smoothing, weights };
                let targets = TensorData::new(loss.targets(&labels, 3), [4, 3]);
                let ours = -(log_softmax(logits.clone(), 1) * Tensor::from_data(targets, &device)).sum();
                let burns = loss.of(logits.clone(), &labels, &device);
                let difference = (ours - burns).into_scalar::<f32>();
                assert!(difference.abs() < 1e-6, "{loss:?}: {difference}");
            }
        }
    }
}
