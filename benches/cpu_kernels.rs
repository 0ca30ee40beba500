//! Our kernels for the CPU against Burn's own operations, side by side: convolutions with their normalisation and clamp,
//! forward and backward, then whole training steps and the frozen prefix, and the same of ResNet-18 and VGG-16. Medians of interleaved
//! runs.
//!
//! ```text
//! cargo bench --bench cpu_kernels [-- REPEATS [FILTER]]
//! ```

use std::time::Instant;

use burn::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use lastlayer::backbone::architecture::Architecture;
use lastlayer::backbone::efficientnet_lite::LITE0;
use lastlayer::backbone::registry::by_name;
use lastlayer::backbone::taps::Features;
use lastlayer::model::{Prefix, Split, Suffix};
use lastlayer::nn::conv_norm::{ConvNorm, ConvNormSpec, Mode};
use lastlayer::nn::cpu;
use lastlayer::nn::params::RandomParams;
use lastlayer::nn::spec::{Activation, Padding, Spec};
use lastlayer::rng::Rng;
use lastlayer::train::fit::optimiser::Optimiser;

const BATCH: usize = 16;
const SIZE: usize = 224;
const CLASSES: usize = 5;

struct Bench {
    repeats: usize,
    filter: String,
}

impl Bench {
    /// Prints the medians of `work`, which returns milliseconds, with Burn's operations and with ours.
    fn compare<const N: usize>(&self, name: &str, parts: [&str; N], mut work: impl FnMut() -> [f64; N]) {
        if !name.contains(&self.filter) {
            return;
        }
        let (mut burns, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..=self.repeats {
            burns.push(cpu::without(&mut work));
            ours.push(work());
        }
        for (part, label) in parts.into_iter().enumerate() {
            // The first of each warms the caches up.
            let median = |runs: &[[f64; N]]| {
                let mut times: Vec<f64> = runs[1..].iter().map(|run| run[part]).collect();
                times.sort_by(f64::total_cmp);
                times[times.len() / 2]
            };
            let (burns, ours) = (median(&burns), median(&ours));
            println!("{name:46} {label:9} Burn {burns:8.2} ms   ours {ours:8.2} ms   {:5.1} x", burns / ours);
        }
    }
}

fn milliseconds<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed().as_secs_f64() * 1e3, result)
}

fn drawn<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let mut rng = Rng::new(1);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.normal()).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn layer(bench: &Bench, spec: ConvNormSpec, side: usize, batch: usize) {
    let device = Device::flex().autodiff();
    let kind = match spec.window {
        Spec { groups: 2.., .. } => "depthwise",
        Spec { kernel: 1, stride: 1, .. } => "pointwise",
        _ => "dense",
    };
    let name = format!(
        "{kind} {}->{} k{} s{} at {side} x {side}",
        spec.inputs, spec.outputs, spec.window.kernel, spec.window.stride
    );
    let layer = ConvNorm::load(&mut RandomParams(Rng::new(2)), ("conv", "norm"), spec, Mode::Trainable, &device);
    let x = drawn([batch, spec.inputs, side, side], &device.clone().inner());
    bench.compare(&name, ["forward", "backward"], || {
        let x = Tensor::from_inner(x.clone()).require_grad();
        let (forward, y) = milliseconds(|| layer.forward(x));
        let loss = y.sum();
        let (backward, _) = milliseconds(|| loss.backward());
        [forward, backward]
    });
}

fn step(bench: &Bench, network: &Architecture, last_stages: usize) {
    let split = Split(last_stages);
    let device = Device::flex().autodiff();
    let (mut stages, mut head) = (RandomParams(Rng::new(3)), RandomParams(Rng::new(4)));
    let suffix =
        Suffix::load(network, split, split.taps(network, Features::Last), CLASSES, &mut stages, &mut head, &device);
    let [channels, height, width] = split.activation_shape(network, SIZE);
    let x = drawn([BATCH, channels, height, width], &device.clone().inner());
    let mut state = Some((suffix, Optimiser::new(0.01)));
    let (rate, whole) = (ModuleLearningRate::from(1e-4), Tensor::<1>::ones([1], &device.clone().inner()));
    let name = format!("{} step at k = {last_stages}", network.name);
    bench.compare(&name, ["forward", "backward", "optimiser", "whole"], || {
        let (suffix, mut optimiser) = state.take().expect("one at a time");
        let x = Tensor::from_inner(x.clone());
        let (forward, loss) = milliseconds(|| suffix.forward(x).square().mean());
        let (backward, gradients) = milliseconds(|| loss.backward());
        let (update, suffix) = milliseconds(|| {
            let gradients = GradientsParams::from_grads(gradients, &suffix);
            optimiser.step(&rate, suffix, gradients, whole.clone())
        });
        state = Some((suffix, optimiser));
        [forward, backward, update, forward + backward + update]
    });
}

fn prefix(bench: &Bench, network: &Architecture, photos: usize) {
    let device = Device::flex();
    let prefix = Prefix::load(network, Split(0), &mut RandomParams(Rng::new(3)), &device);
    let x = drawn([photos, 3, SIZE, SIZE], &device);
    bench.compare(&format!("{} embedding {photos} photos", network.name), ["forward"], || {
        let (time, _) = milliseconds(|| prefix.forward(x.clone()).into_data());
        [time]
    });
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let repeats = arguments.next().and_then(|repeats| repeats.parse().ok()).unwrap_or(7);
    let bench = Bench { repeats, filter: arguments.next().unwrap_or_default() };
    let spec = |inputs, outputs, kernel, stride, groups| ConvNormSpec {
        inputs,
        outputs,
        window: Spec { kernel, stride, groups, padding: Padding::Same, activation: Activation::Relu6 },
        bias: false,
        epsilon: Some(1e-3),
    };
    for (channels, kernel, stride, side) in [
        (96, 3, 2, 112),
        (144, 3, 1, 56),
        (240, 5, 1, 28),
        (480, 5, 1, 14),
        (672, 5, 1, 14),
        (672, 5, 2, 14),
        (1152, 5, 1, 7),
        (1152, 3, 1, 7),
    ] {
        layer(&bench, spec(channels, channels, kernel, stride, channels), side, BATCH);
    }
    for (inputs, outputs, side) in
        [(24, 144, 56), (112, 672, 14), (672, 112, 14), (192, 1152, 7), (1152, 192, 7), (320, 1280, 7)]
    {
        layer(&bench, spec(inputs, outputs, 1, 1, 1), side, BATCH);
    }
    [1, 2, 3, 7].into_iter().for_each(|last_stages| step(&bench, &LITE0, last_stages));
    [1, 4].into_iter().for_each(|photos| prefix(&bench, &LITE0, photos));
    for (channels, kernel, stride, side, batch) in [
        ([3, 64], 7, 2, 224, 4),
        ([64, 64], 3, 1, 56, 4),
        ([64, 128], 3, 2, 56, 4),
        ([256, 512], 1, 2, 14, 4),
        ([512, 512], 3, 1, 7, 4),
        ([3, 64], 3, 1, 224, 1),
        ([64, 64], 3, 1, 224, 1),
        ([512, 512], 3, 1, 14, 4),
    ] {
        let padding = Padding::Each(kernel / 2);
        let window = Spec { kernel, stride, groups: 1, padding, activation: Activation::Relu };
        let [inputs, outputs] = channels;
        layer(&bench, ConvNormSpec { inputs, outputs, window, bias: false, epsilon: Some(1e-5) }, side, batch);
    }
    for name in ["resnet18", "vgg16"] {
        let network = by_name(name).expect("a network of the registry");
        prefix(&bench, network, 4);
        step(&bench, network, 1);
    }
}
