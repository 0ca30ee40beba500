//! ResNet-18 and VGG-16 as they are measured: convolutions with their batch-norms or biases, sums, pools; no last layers.

use std::cell::Cell;
use std::time::Instant;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use lastlayer::nn::conv_norm::{ConvNorm, ConvNormSpec, Mode};
use lastlayer::nn::max_pool::max_pool;
use lastlayer::nn::params::RandomParams;
use lastlayer::nn::pool::global_average;
use lastlayer::nn::residual;
use lastlayer::nn::spec::{Activation, Padding, Spec};
use lastlayer::rng::Rng;

thread_local! {
    /// Milliseconds in sums and pools so far.
    pub static BESIDES: Cell<f64> = const { Cell::new(0.0) };
}

fn besides<T>(work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    BESIDES.set(BESIDES.get() + start.elapsed().as_secs_f64() * 1e3);
    result
}

/// Convolutions one after the other, to which their input is added where they are a block, and a pool.
#[derive(Module, Debug)]
pub struct Part {
    convolutions: Vec<ConvNorm>,
    shortcut: Option<ConvNorm>,
    block: bool,
    /// Size of the windows, every second of which there is; 0 for none.
    pool: usize,
}

impl Part {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let mut y = x.clone();
        for convolution in &self.convolutions {
            y = convolution.forward(y);
        }
        if self.block {
            let shortcut = self.shortcut.as_ref().map_or_else(|| x.clone(), |shortcut| shortcut.forward(x.clone()));
            y = besides(|| residual::add(y, shortcut, Activation::Relu));
        }
        match self.pool {
            0 => y,
            size => besides(|| max_pool(y, size, 2, size / 3)),
        }
    }
}

#[derive(Module, Debug)]
pub struct Network {
    parts: Vec<Part>,
}

impl Network {
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        global_average(self.parts.iter().fold(x, |x, part| part.forward(x)))
    }
}

pub fn convolution(
    channels: [usize; 2],
    kernel: usize,
    stride: usize,
    activation: Activation,
    norm: bool,
) -> ConvNormSpec {
    let window = Spec { kernel, stride, groups: 1, padding: Padding::Each(kernel / 2), activation };
    ConvNormSpec { inputs: channels[0], outputs: channels[1], window, epsilon: norm.then_some(1e-5) }
}

/// From that stage on, of four; the stem belongs to the first.
pub fn resnet18(first_stage: usize, mode: Mode, device: &Device) -> Network {
    let mut params = RandomParams(Rng::new(2));
    let mut load = |spec| ConvNorm::load(&mut params, ("conv", "norm"), spec, mode, device);
    let mut parts = Vec::new();
    if first_stage == 0 {
        let stem = load(convolution([3, 64], 7, 2, Activation::Relu, true));
        parts.push(Part { convolutions: vec![stem], shortcut: None, block: false, pool: 3 });
    }
    for stage in first_stage..4 {
        let channels = 64 << stage;
        for block in 0..2 {
            let narrows = block == 0 && stage > 0;
            let (inputs, stride) = if narrows { (channels / 2, 2) } else { (channels, 1) };
            parts.push(Part {
                convolutions: vec![
                    load(convolution([inputs, channels], 3, stride, Activation::Relu, true)),
                    load(convolution([channels, channels], 3, 1, Activation::None, true)),
                ],
                shortcut: narrows.then(|| load(convolution([inputs, channels], 1, 2, Activation::None, true))),
                block: true,
                pool: 0,
            });
        }
    }
    Network { parts }
}

/// From that stage on, of five.
pub fn vgg16(first_stage: usize, mode: Mode, device: &Device) -> Network {
    let mut params = RandomParams(Rng::new(2));
    let mut load = |spec| ConvNorm::load(&mut params, ("conv", "norm"), spec, mode, device);
    let channels = [3, 64, 128, 256, 512, 512];
    let mut stage = |stage: usize| {
        let (inputs, outputs) = (channels[stage], channels[stage + 1]);
        let count = if stage < 2 { 2 } else { 3 };
        let of = |index: usize| if index == 0 { inputs } else { outputs };
        let convolutions =
            (0..count).map(|index| load(convolution([of(index), outputs], 3, 1, Activation::Relu, false)));
        Part { convolutions: convolutions.collect(), shortcut: None, block: false, pool: 2 }
    };
    Network { parts: (first_stage..5).map(&mut stage).collect() }
}
