//! Pipelines compiled before there are weights.

use burn::tensor::Tensor;

use crate::backbone::architecture::Architecture;
use crate::backbone::taps::Features;
use crate::data::dataset::PhotoId;
use crate::device::{ComputeDevice, DeviceKind};
use crate::error::Result;
use crate::model::{Prefix, Split, Suffix};
use crate::nn::params::Params;
use crate::rng::Rng;
use crate::train::fit::Fit;
use crate::train::fit::inputs::Inputs;
use crate::train::plan::config::TrainConfig;
use crate::train::read::cache::ActivationCache;
use crate::train::read::sample::Sample;

/// Classes of ImageNet.
const SOURCE_CLASSES: usize = 1_000;

/// Launches what it takes to read photos, to predict and to teach the output layer, in a network of zeros: a graphics driver compiles a
/// pipeline when it is first launched, which takes it longer than the launch does. Nothing is waited for or read back. On the CPU
/// nothing is compiled, and nothing is done.
///
/// # Errors
/// `internal`, never of the device: it would tell of an error later.
pub fn warm_up(device: &ComputeDevice, architecture: &Architecture) -> Result<()> {
    if device.kind == DeviceKind::Cpu {
        return Ok(());
    }
    let (split, tensors) = (Split(0), &device.tensors);
    // Of the network's own size: by which pipeline a map is averaged depends on how large it is.
    let size = architecture.input.size as usize;
    let prefix = Prefix::load(architecture, split, &mut Zeros, tensors);
    let taps = |features| split.taps(architecture, features);
    let last = taps(Features::Last);
    let source = Suffix::load(architecture, split, last, SOURCE_CLASSES, &mut Zeros, &mut Zeros, tensors);
    source.forward(prefix.forward(Tensor::zeros([1, 3, size, size], tensors)));

    let shape = split.activation_shape(architecture, size);
    let mut cache = ActivationCache::new(shape);
    let samples: Vec<Sample> = (0..2).map(|label| Sample { photo: label as PhotoId, label }).collect();
    for sample in &samples {
        cache.insert(sample.photo, &vec![0.0; shape[0]])?;
    }
    let learning = tensors.clone().autodiff();
    let several = taps(Features::Several);
    let suffix = Suffix::load(architecture, split, several, samples.len(), &mut Zeros, &mut Zeros, &learning);
    let config = TrainConfig { augment: 0, ..TrainConfig::default() };
    let classes = samples.len();
    let mut fit = Fit::new(suffix, samples, Vec::new(), classes, 1, &config, Rng::new(0));
    fit.step(&Inputs::Activations(&cache), tensors).map(drop)
}

struct Zeros;

impl Params for Zeros {
    fn take(&mut self, _: &str, shape: &[usize]) -> Vec<f32> {
        vec![0.0; shape.iter().product()]
    }
}
