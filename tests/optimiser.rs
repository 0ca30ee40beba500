//! A fit of the head against `torch.optim.AdamW` (`fixtures/make_training.py`): the same losses and weights, step by step.

mod common;

use common::{hash32, head};
use std::sync::LazyLock;

use lastlayer::backbone::architecture::Architecture;
use lastlayer::backbone::inverted_residuals::Table;
use lastlayer::backbone::taps::Features;
use lastlayer::halves::widen;
use lastlayer::image::prepare::InputSpec;
use lastlayer::model::{Split, Suffix};
use lastlayer::nn::params::Params;
use lastlayer::rng::Rng;
use lastlayer::train::fit::inputs::Inputs;
use lastlayer::train::fit::{Fit, Progress};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::read::cache::ActivationCache;
use lastlayer::train::read::embed::read;
use lastlayer::train::read::sample::Sample;
use serde::Deserialize;

const FEATURES: usize = 8;
const CLASSES: usize = 3;
const SAMPLES: usize = 24;

/// A network of nothing but what the output layer looks at.
static HEAD_ONLY: LazyLock<Architecture> = LazyLock::new(|| {
    let (width, depth) = (1.0, 1.0);
    let input = InputSpec::new(32, [127.0; 3], [128.0; 3]);
    let (name, stem, stages, epsilon) = ("head", 1, &[], 1e-3);
    let table = Table { name, stem, stages, features: FEATURES, width, depth, same: true, epsilon, input };
    table.architecture(|_| Vec::new())
});

#[derive(Deserialize)]
struct Golden {
    x: Vec<f32>,
    losses: Vec<f64>,
    after: Vec<After>,
}

#[derive(Deserialize)]
struct After {
    step: usize,
    weight: Vec<Vec<f32>>,
    bias: Vec<f32>,
}

/// The generator's initial weights.
struct Formula;

impl Params for Formula {
    fn take(&mut self, _: &str, shape: &[usize]) -> Vec<f32> {
        let base = if shape.len() == 2 { 1000 } else { 2000 };
        let count: usize = shape.iter().product();
        (0..count as u32).map(|index| ((hash32(base + index) % 257) as f32 - 128.0) / 512.0).collect()
    }
}

fn feature(sample: usize, feature: usize) -> f32 {
    let noise = ((hash32((sample * FEATURES + feature) as u32) % 257) as f32 - 128.0) / 64.0;
    noise + if feature % 3 == sample % 3 { 1.0 } else { 0.0 }
}

#[test]
fn losses_and_weights_follow_pytorchs_adamw() {
    let golden: Golden = common::fixture("training.json");
    let device = common::cpu().tensors;
    let mut cache = ActivationCache::new([FEATURES, 1, 1]);
    for sample in 0..SAMPLES {
        cache.insert(sample as u32, &(0..FEATURES).map(|index| feature(sample, index)).collect::<Vec<_>>()).unwrap();
    }
    // Of few digits, so that half precision holds them exactly.
    assert_eq!(cache.get(0).unwrap().iter().map(|value| widen(*value)).collect::<Vec<_>>(), golden.x);

    let suffix = {
        let last = Split(0).taps(&HEAD_ONLY, Features::Last);
        Suffix::load(&HEAD_ONLY, Split(0), last, CLASSES, &mut Formula, &mut Formula, &device.clone().autodiff())
    };
    let samples = (0..SAMPLES).map(|sample| Sample { photo: sample as u32, label: sample % CLASSES }).collect();
    let config = TrainConfig { batch_size: SAMPLES, learning_rate: 1e-2, weight_decay: 1e-2, patience: 100, ..head() };
    let mut fit = Fit::new(suffix, samples, Vec::new(), CLASSES, 20, &config, Rng::new(1));
    for step in 1..=20 {
        assert_eq!(fit.step(&Inputs::Activations(&cache), &device).unwrap(), Progress::Done);
        let scores = pollster::block_on(fit.end_epoch()).unwrap();
        assert!((scores.train.loss - golden.losses[step - 1]).abs() < 1e-5, "loss before step {step}");
        if let Some(after) = golden.after.iter().find(|after| after.step == step) {
            let named = fit.learnt().named(&HEAD_ONLY);
            let expected = [("classifier.weight", after.weight.concat()), ("classifier.bias", after.bias.clone())];
            for (tensor, (name, expected)) in named.into_iter().zip(expected) {
                assert_eq!(tensor.name, name);
                let values = pollster::block_on(read(tensor.values)).unwrap();
                for (ours, theirs) in values.iter().zip(&expected) {
                    assert!((ours - theirs).abs() < 1e-5, "{name} after step {step}: {ours} against {theirs}");
                }
            }
        }
    }
}
