//! Gradients of every trainable parameter against central finite differences, on the toy backbone, of the loss as training
//! computes it.

mod common;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use common::{TOY, drawn, narrow_networks, weights_file_of};
use lastlayer::backbone::architecture::Architecture;
use lastlayer::backbone::taps::Features;
use lastlayer::backbone::weights::Weights;
use lastlayer::model::{Prefix, Split, Suffix};
use lastlayer::nn::params::RandomParams;
use lastlayer::rng::Rng;
use lastlayer::train::fit::loss::Loss;
use lastlayer::train::fit::step::{Part, dropout_mask};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;
use lastlayer::train::read::sample::Sample;

const STAGES: usize = 3;
const CLASSES: usize = 3;
const PHOTOS: usize = 6;
/// Entries tried of each tensor, beside the one with the largest gradient.
const ENTRIES: usize = 3;
/// Over a small step the loss, known to some 1e-6, changes too little; over a large one it bends, and ReLU6 has kinks. Which is
/// small and large differs between parameters, so the best of these counts. A wrong gradient fits none.
const STEPS: [f32; 5] = [4e-3, 2e-3, 1e-3, 5e-4, 2e-4];

/// Every parameter with its gradient, in the order of visiting; the running statistics, which have none, are left out.
struct Gradients<'a> {
    of: &'a GradientsParams,
    found: Vec<(ParamId, Vec<f32>)>,
    without: usize,
}

impl ModuleVisitor for Gradients<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        match self.of.get::<D>(param.id) {
            Some(gradient) => self.found.push((param.id, gradient.into_data().iter::<f32>().collect())),
            None => self.without += 1,
        }
    }
}

/// Moves one entry of one parameter.
struct Nudge {
    id: ParamId,
    entry: usize,
    by: f32,
}

impl ModuleMapper for Nudge {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if param.id != self.id {
            return param;
        }
        let (entry, by) = (self.entry, self.by);
        param.map(|tensor| {
            let (shape, device) = (tensor.dims(), tensor.device());
            let mut values: Vec<f32> = tensor.into_data().iter::<f32>().collect();
            values[entry] += by;
            Tensor::<D>::from_data(TensorData::new(values, shape), &device).require_grad()
        })
    }
}

/// A suffix on the autodiff device. The head is larger than a fresh one, so that its inputs matter. Live batch-norms start from
/// the toy's weights too: shifts of exactly 0 would lay the values of every plain part of a picture on the kink of ReLU6.
fn suffix(network: &'static Architecture, config: &TrainConfig, device: &Device) -> Suffix {
    struct LargeHead(RandomParams);
    impl lastlayer::nn::params::Params for LargeHead {
        fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
            self.0.take(name, shape).into_iter().map(|value| 300.0 * value).collect()
        }
    }
    let mut head = LargeHead(RandomParams(Rng::new(2)));
    let (weights, split) = (weights(network), Split(config.last_stages));
    let taps = split.taps(network, Features::Several);
    match config.regime {
        Regime::Scratch => Suffix::load_live(network, taps, CLASSES, &mut weights.params(), &mut head, device),
        _ => Suffix::load(network, split, taps, CLASSES, &mut weights.params(), &mut head, device),
    }
}

/// What the prefix of the split makes of drawn photos.
fn activation(network: &'static Architecture, split: Split, device: &Device) -> Tensor<4> {
    let weights = weights(network);
    let mut values = Vec::new();
    for index in 0..PHOTOS {
        weights
            .card
            .input
            .normalise_into(&drawn(index % 3, index as u64, network.input.size, network.input.size), &mut values);
    }
    let side = network.input.size as usize;
    let images = Tensor::from_data(TensorData::new(values, [PHOTOS, 3, side, side]), &common::cpu().tensors);
    let activation = Prefix::load(network, split, &mut weights.params(), &common::cpu().tensors).forward(images);
    Tensor::from_data(activation.into_data(), device)
}

fn check(network: &'static Architecture, config: &TrainConfig) {
    let device = common::cpu().tensors.autodiff();
    let input = activation(network, Split(config.last_stages), &device);
    let labels: Vec<usize> = (0..PHOTOS).map(|index| index % 3).collect();
    // Uneven on purpose, so that the classes are weighed.
    let samples: Vec<Sample> = [0, 0, 0, 1, 2].map(|label| Sample { photo: 0, label }).to_vec();
    let targets = Loss::new(config, &samples, CLASSES).targets(&labels, CLASSES);
    let width = Split(config.last_stages).taps(network, Features::Several).width();
    let mask = dropout_mask(PHOTOS * width, config.dropout as f32, &mut Rng::new(3));
    let loss = |suffix: Suffix| {
        let step = Part { input: input.clone(), mask: mask.clone(), targets: targets.clone() };
        step.loss(&suffix, &device).0
    };
    let module = suffix(network, config, &device);
    let gradients = GradientsParams::from_grads(loss(module.clone()).backward(), &module);
    let mut all = Gradients { of: &gradients, found: Vec::new(), without: 0 };
    module.visit(&mut all);

    let names: Vec<String> = module.named(network).into_iter().map(|tensor| tensor.name).collect();
    // Biases that batch-norms have taken in are no parameters here.
    let merged = network.convolutions().filter(|layer| layer.spec.bias && layer.spec.epsilon.is_some());
    let merged: Vec<String> = merged.map(|layer| format!("{}.bias", layer.conv)).collect();
    let names: Vec<String> = names.into_iter().filter(|name| !merged.contains(name)).collect();
    let statistics = names.iter().filter(|name| name.contains("running_")).count();
    assert_eq!((all.found.len(), all.without), (names.len() - statistics, statistics), "{:?}", config.regime);

    let value = |suffix: Suffix| loss(suffix).into_scalar::<f32>();
    let mut rng = Rng::new(9);
    for (position, (id, gradient)) in all.found.iter().enumerate() {
        let largest = (0..gradient.len()).max_by(|&a, &b| gradient[a].abs().total_cmp(&gradient[b].abs())).unwrap();
        let scale = gradient[largest].abs();
        assert!(scale > 0.0, "{}, {:?}: parameter {position} gets no gradient", network.name, config.regime);
        let mut wrong = Vec::new();
        let entries: Vec<usize> = (0..ENTRIES).map(|_| rng.below(gradient.len())).chain([largest]).collect();
        for entry in entries {
            let at = |by: f32| value(module.clone().map(&mut Nudge { id: *id, entry, by }));
            let difference = |step: f32| (at(step) - at(-step)) / (2.0 * step);
            let right = |step: &f32| (difference(*step) - gradient[entry]).abs() < 0.03 * scale + 2e-4;
            if !STEPS.iter().any(right) {
                wrong.push((entry, gradient[entry], STEPS.map(difference)));
            }
        }
        assert!(
            wrong.is_empty(),
            "{}, {:?}: parameter {position}, (entry, gradient, differences): {wrong:?}",
            network.name,
            config.regime
        );
    }
}

fn config(network: &Architecture, regime: Regime, last_stages: usize) -> TrainConfig {
    let plain = TrainConfig { regime, last_stages, ..TrainConfig::default() };
    TrainConfig { label_smoothing: 0.1, dropout: 0.2, ..plain }.settle(network, 9).unwrap()
}

fn weights(network: &'static Architecture) -> Weights {
    Weights::open_as(weights_file_of(network, |_| ()), None, |_| Some(network)).unwrap()
}

#[test]
fn of_every_family() {
    for network in narrow_networks() {
        check(network, &config(network, Regime::LastK, 1));
        check(network, &config(network, Regime::Full, network.stages.len()));
    }
}

#[test]
fn of_the_head() {
    check(&TOY, &config(&TOY, Regime::Head, 0));
}

#[test]
fn of_the_last_stages() {
    check(&TOY, &config(&TOY, Regime::LastK, 1));
    check(&TOY, &config(&TOY, Regime::LastK, 2));
}

#[test]
fn of_all_stages() {
    check(&TOY, &config(&TOY, Regime::Full, STAGES));
}

#[test]
fn of_all_stages_with_live_batch_norm() {
    check(&TOY, &config(&TOY, Regime::Scratch, STAGES));
}
