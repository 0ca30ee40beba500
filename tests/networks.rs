//! Every network of the registry against PyTorch, under timm's names and under torchvision's; see `fixtures/make_networks.py`.
//!
//!     cargo test --release --test networks -- --nocapture      prints the table

mod common;

use burn::tensor::{Device, Tensor, TensorData};
use common::{fixture, fnv1a, hash32, sampled};
use lastlayer::backbone::architecture::Architecture;
use lastlayer::backbone::registry::all;
use lastlayer::backbone::stage::Stage;
use lastlayer::model::{Prefix, Split, Suffix};
use lastlayer::nn::conv_norm::Mode;
use lastlayer::nn::linear;
use lastlayer::nn::params::Params;
use lastlayer::nn::pool::global_average;
use serde::Deserialize;

const SIZE: usize = 72;
/// Of the largest value there; single precision alone costs some 1e-6 of it for each layer.
const TOLERANCE: f32 = 1e-3;

#[derive(Deserialize)]
struct Golden {
    networks: Vec<Network>,
}

#[derive(Deserialize)]
struct Network {
    name: String,
    /// Whose names its file has.
    names: String,
    parameters: usize,
    fnv1a: u32,
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
struct Output {
    name: String,
    shape: Vec<usize>,
    max_abs: f32,
    samples: Vec<f32>,
}

/// The values that `make_networks.py` draws for a parameter of a file with these names.
struct Drawn<'a> {
    architecture: &'a Architecture,
    names: &'a str,
}

impl Drawn<'_> {
    fn name(&self, parameter: &str) -> String {
        let naming = self.architecture.namings.iter().find(|naming| naming.whose == self.names);
        naming.map_or_else(|| parameter.to_owned(), |naming| naming.name_of(parameter))
    }
}

impl Params for Drawn<'_> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let name = self.name(name);
        let (seed, count) = (fnv1a(name.as_bytes()), shape.iter().product::<usize>());
        let spread = (24.0 / (count / shape[0]) as f64).sqrt();
        let value = |i: usize| {
            let u = f64::from(hash32(seed.wrapping_add(i as u32))) / 2f64.powi(32);
            let value = match name.rsplit_once('.') {
                _ if shape.len() > 1 => (u - 0.5) * spread,
                Some((_, "running_mean")) => (u - 0.5) / 2.0,
                Some((_, "bias")) => u - 0.5,
                _ => 0.5 + u,
            };
            value as f32
        };
        (0..count).map(value).collect()
    }
}

fn image(device: &Device) -> Tensor<4> {
    let values = (0..3 * SIZE * SIZE).map(|flat| ((hash32(flat as u32) % 256) as f32 - 127.0) / 128.0).collect();
    Tensor::from_data(TensorData::new(values, [1, 3, SIZE, SIZE]), device)
}

/// What each layer computes, the pooled features and the logits, as in the fixture.
fn outputs(architecture: &Architecture, names: &str, mode: Mode, device: &Device) -> Vec<Tensor<4>> {
    let params = &mut Drawn { architecture, names };
    let mut x = image(device);
    let mut outputs = Vec::new();
    for operations in architecture.layers().filter(|operations| !operations.is_empty()) {
        x = Stage::load(operations, params, mode, device).forward(x);
        outputs.push(x.clone());
    }
    let pooled = global_average(x);
    let head = linear::load(params, architecture.classifier, architecture.features(), 1000, device);
    let logits = linear::forward(&head, pooled.clone().flatten(1, 3));
    outputs.extend([pooled, logits.reshape([1, 1000, 1, 1])]);
    outputs
}

/// The largest difference of any output, as a fraction of the largest value there.
fn difference(golden: &Network, outputs: &[Tensor<4>]) -> f32 {
    let compare = |(golden, ours): (&Output, &Tensor<4>)| {
        let dims = ours.dims();
        let shape = if golden.shape.len() == 2 { &dims[..2] } else { &dims[..] };
        assert_eq!(shape, golden.shape, "{}", golden.name);
        let values: Vec<f32> = ours.to_data().iter::<f32>().collect();
        let ours = sampled(golden.samples.len(), values.len()).map(|index| values[index]);
        let largest = ours.zip(&golden.samples).map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f32::max);
        largest / golden.max_abs.max(1.0)
    };
    golden.outputs.iter().zip(outputs).map(compare).fold(0.0, f32::max)
}

/// Names and shapes of a file's parameters, as the fixture's hash has them.
fn listed(golden: &Network, architecture: &Architecture) -> String {
    let drawn = Drawn { architecture, names: &golden.names };
    let logits = golden.outputs.iter().any(|output| output.name == "logits");
    let head = logits.then(|| architecture.classifier_parameters(1000));
    let parameters = architecture.parameters().into_iter().chain(head.into_iter().flatten());
    let line = |(name, shape): (String, Vec<usize>)| {
        let shape: Vec<String> = shape.iter().map(ToString::to_string).collect();
        (drawn.name(&name), shape.join("x"))
    };
    let mut lines: Vec<(String, String)> = parameters.map(line).collect();
    lines.sort();
    lines.into_iter().map(|(name, shape)| format!("{name} {shape}\n")).collect()
}

#[test]
fn every_network_is_pytorchs() {
    let golden: Golden = fixture("networks.json");
    let device = common::cpu().tensors;
    println!("{:20} {:12} {:>10}  largest difference, of the largest value", "network", "names", "parameters");
    let mut wrong = Vec::new();
    for golden in &golden.networks {
        let architecture = all().iter().find(|architecture| architecture.name == golden.name);
        let architecture = architecture.unwrap_or_else(|| panic!("no network {}", golden.name));
        let listed = listed(golden, architecture);
        assert_eq!(listed.lines().count(), golden.parameters, "{}, {}:\n{listed}", golden.name, golden.names);
        assert_eq!(fnv1a(listed.as_bytes()), golden.fnv1a, "{}, {}:\n{listed}", golden.name, golden.names);
        let of = |mode| difference(golden, &outputs(architecture, &golden.names, mode, &device));
        // As it stands frozen, batch-norm folded away, and as it learns.
        let (frozen, learning) = (of(Mode::Frozen), of(Mode::Trainable));
        let parameters: usize =
            architecture.parameters().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
        println!("{:20} {:12} {parameters:>10}  {frozen:.1e} {learning:.1e}", golden.name, golden.names);
        if frozen.max(learning) > TOLERANCE {
            wrong.push(format!("{} ({})", golden.name, golden.names));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?} differ by more than {TOLERANCE} of the largest value");
    for architecture in all() {
        let tested = golden.networks.iter().any(|golden| golden.name == architecture.name && golden.names == "timm");
        assert!(tested, "{} is not in networks.json", architecture.name);
    }
}

#[test]
fn every_split_computes_the_same_function() {
    let device = common::cpu().tensors;
    for architecture in all()
        .iter()
        .filter(|architecture| ["mobilenetv2_035", "resnet18", "resnet50", "vgg16_bn"].contains(&architecture.name))
    {
        let logits = |split: Split| {
            let mut params = Drawn { architecture, names: "timm" };
            let prefix = Prefix::load(architecture, split, &mut params, &device);
            let mut head = Drawn { architecture, names: "timm" };
            let suffix = Suffix::load(architecture, split, 10, &mut params, &mut head, &device);
            let activation = prefix.forward(image(&device));
            let [_, channels, height, width] = activation.dims();
            assert_eq!([channels, height, width], split.activation_shape(architecture, SIZE), "{}", architecture.name);
            let logits: Vec<f32> = suffix.forward(activation).into_data().iter::<f32>().collect();
            logits
        };
        let whole = logits(Split(0));
        let scale = whole.iter().fold(0f32, |largest, value| largest.max(value.abs()));
        for k in 1..=architecture.stages.len() {
            for (ours, expected) in logits(Split(k)).iter().zip(&whole) {
                assert!((ours - expected).abs() < 1e-4 * scale, "{}, last {k}: {ours}, {expected}", architecture.name);
            }
        }
    }
}
