//! Networks with drawn weights, as `fixtures/make_networks.py` draws them, against what PyTorch computes: natively and in WebAssembly.
#![allow(dead_code)] // Each uses its own part.

use burn::tensor::{Device, Tensor, TensorData};
use lastlayer::backbone::architecture::Architecture;
use lastlayer::backbone::registry::by_name;
use lastlayer::backbone::stage::Stage;
use lastlayer::backbone::taps::Features;
use lastlayer::model::{Prefix, Split, Suffix};
use lastlayer::nn::conv_norm::Mode;
use lastlayer::nn::linear;
use lastlayer::nn::params::Params;
use lastlayer::nn::pool::global_average;
use lastlayer::train::read::embed::read;
use serde::Deserialize;

use super::formulas::{fnv1a, hash32, sampled};

pub const SIZE: usize = 72;
/// Of networks whose own head looks at all places of a map.
const OWN_HEAD_SIZE: usize = 224;
/// Of the largest value there; single precision alone costs some 1e-6 of it for each layer.
pub const TOLERANCE: f32 = 1e-3;

#[derive(Deserialize)]
pub struct Golden {
    pub networks: Vec<Network>,
    pub own_heads: Vec<Whole>,
}

/// A network with the layers of its own head.
#[derive(Deserialize)]
pub struct Whole {
    pub name: String,
    pub names: String,
    pub logits: Output,
}

#[derive(Deserialize)]
pub struct Network {
    pub name: String,
    /// Whose names its file has.
    pub names: String,
    pub parameters: usize,
    pub fnv1a: u32,
    pub outputs: Vec<Output>,
}

#[derive(Deserialize)]
pub struct Output {
    pub name: String,
    pub shape: Vec<usize>,
    pub max_abs: f32,
    pub samples: Vec<f32>,
}

/// The values that `make_networks.py` draws for a parameter of a file with these names.
pub struct Drawn<'a> {
    pub architecture: &'a Architecture,
    pub names: &'a str,
}

impl Drawn<'_> {
    pub fn name(&self, parameter: &str) -> String {
        self.architecture.naming(self.names).map_or_else(|| parameter.to_owned(), |naming| naming.name_of(parameter))
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

pub fn image(size: usize, device: &Device) -> Tensor<4> {
    let values = (0..3 * size * size).map(|flat| ((hash32(flat as u32) % 256) as f32 - 127.0) / 128.0).collect();
    Tensor::from_data(TensorData::new(values, [1, 3, size, size]), device)
}

/// What each layer computes, the pooled features, those of several layers and the logits, as in the fixture.
fn outputs(architecture: &Architecture, names: &str, mode: Mode, device: &Device) -> Vec<Tensor<4>> {
    let params = &mut Drawn { architecture, names };
    let mut x = image(SIZE, device);
    let mut outputs = Vec::new();
    for operations in architecture.layers().filter(|operations| !operations.is_empty()) {
        x = Stage::load(operations, params, mode, device).forward(x);
        outputs.push(x.clone());
    }
    let pooled = global_average(x);
    let taps = Split(0).taps(architecture, Features::Several);
    let several = taps.see(&outputs.iter().rev().take(taps.layers()).cloned().collect::<Vec<_>>());
    let head = linear::load(params, architecture.classifier, architecture.features(), 1000, device);
    let logits = linear::forward(&head, pooled.clone().flatten(1, 3));
    outputs.extend([pooled, several.reshape([1, taps.width(), 1, 1]), logits.reshape([1, 1000, 1, 1])]);
    outputs
}

/// The largest difference of any output of a network, as a fraction of the largest value there: as it stands frozen, batch-norm folded
/// away, or as it learns.
pub async fn difference(golden: &Network, mode: Mode, device: &Device) -> f32 {
    let architecture = by_name(&golden.name).unwrap_or_else(|| panic!("no network {}", golden.name));
    let mut largest = 0f32;
    for (golden, ours) in golden.outputs.iter().zip(outputs(architecture, &golden.names, mode, device)) {
        largest = largest.max(apart(golden, ours).await);
    }
    largest
}

/// As [`difference`], of the logits of a network with the layers of its own head.
pub async fn own_head_difference(golden: &Whole, device: &Device) -> f32 {
    let Whole { name, names, logits } = golden;
    let architecture = by_name(name).unwrap_or_else(|| panic!("no network {name}"));
    let whole = architecture.with_own_head().unwrap_or_else(|| panic!("{name} has no head of its own"));
    let (mut params, mut head) = (Drawn { architecture, names }, Drawn { architecture, names });
    let prefix = Prefix::load(&whole, Split(1), &mut params, device);
    let suffix =
        Suffix::load(&whole, Split(1), Split(1).taps(&whole, Features::Last), 1000, &mut params, &mut head, device);
    let ours = suffix.forward(prefix.forward(image(OWN_HEAD_SIZE, device)));
    apart(logits, ours.reshape([1, 1000, 1, 1])).await
}

async fn apart(golden: &Output, ours: Tensor<4>) -> f32 {
    let dims = ours.dims();
    let shape = if golden.shape.len() == 2 { &dims[..2] } else { &dims[..] };
    assert_eq!(shape, golden.shape, "{}", golden.name);
    let values = read(ours).await.unwrap();
    let ours = sampled(golden.samples.len(), values.len()).map(|index| values[index]);
    let largest = ours.zip(&golden.samples).map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f32::max);
    largest / golden.max_abs.max(1.0)
}
