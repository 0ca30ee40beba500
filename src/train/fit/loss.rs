//! What a step makes smaller: cross-entropy, with smoothed labels and weighed classes where these are wished for.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};

use crate::train::plan::config::TrainConfig;
use crate::train::read::sample::Sample;

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

    /// By which the logarithms of the probabilities `[batch, classes]` are to be multiplied: their negative sum is the loss, a mean
    /// over the batch. So the losses of parts of a batch, each with its own rows of these, add up to the batch's.
    pub fn targets(&self, labels: &[usize], classes: usize) -> Vec<f32> {
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

/// The loss of logits `[photos, classes]` on the autodiff device, against [targets](Loss::targets). Where it comes in several values,
/// they are to be summed, as `backward` does.
pub fn cross_entropy(logits: Tensor<2>, targets: &[f32], device: &Device) -> Tensor<1> {
    #[cfg(feature = "webgpu")]
    if let Some(losses) = crate::nn::gpu::cross_entropy::cross_entropy(&logits, || targets.to_vec()) {
        return losses;
    }
    let targets = TensorData::new(targets.to_vec(), logits.dims());
    -(log_softmax(logits, 1) * Tensor::from_data(targets, device)).sum()
}

/// Weights that make every class count the same, on average 1 a photo; `None` where the classes are balanced enough.
fn class_weights(samples: &[Sample], classes: usize) -> Option<Vec<f32>> {
    let mut counts = vec![0usize; classes];
    samples.iter().for_each(|sample| counts[sample.label] += 1);
    let (smallest, largest) = (counts.iter().min()?, counts.iter().max()?);
    let balanced = *smallest == 0 || *largest <= IMBALANCE * smallest;
    let weight = |count: &usize| samples.len() as f32 / (classes as f32 * *count as f32);
    (!balanced).then(|| counts.iter().map(weight).collect())
}

#[cfg(all(test, feature = "cpu"))]
mod tests {
    use burn::nn::loss::CrossEntropyLossConfig;
    use burn::tensor::Int;

    use super::*;

    const LABELS: [usize; 4] = [2, 0, 0, 1];

    fn losses() -> impl Iterator<Item = Loss> {
        let weights = || [None, Some(vec![0.5, 1.25, 2.0])];
        [0.0, 0.2].into_iter().flat_map(move |smoothing| weights().map(|weights| Loss { smoothing, weights }))
    }

    fn logits() -> Tensor<2> {
        let logits = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.5], [0.0, 3.0, 1.0], [-2.0, 0.5, 0.75]];
        Tensor::from_data(logits, &Device::flex())
    }

    #[test]
    fn the_loss_is_burns() {
        let device = Device::flex();
        for loss in losses() {
            let ours = cross_entropy(logits(), &loss.targets(&LABELS, 3), &device);
            let smoothing = (loss.smoothing > 0.0).then_some(loss.smoothing);
            let config = CrossEntropyLossConfig::new().with_smoothing(smoothing).with_weights(loss.weights.clone());
            let labels = Tensor::<1, Int>::from_data(LABELS.map(|label| label as i32), &device);
            let burns = config.init(&device).forward(logits(), labels);
            let difference = (ours - burns).into_scalar::<f32>();
            assert!(difference.abs() < 1e-6, "{loss:?}: {difference}");
        }
    }

    #[test]
    fn losses_of_parts_add_up() {
        let device = Device::flex();
        for loss in losses() {
            let targets = loss.targets(&LABELS, 3);
            let of = |rows: std::ops::Range<usize>| {
                let targets = &targets[3 * rows.start..3 * rows.end];
                cross_entropy(logits().slice([rows, 0..3]), targets, &device).into_scalar::<f32>()
            };
            let difference = of(0..1) + of(1..4) - of(0..4);
            assert!(difference.abs() < 1e-6, "{loss:?}: {difference}");
        }
    }
}
