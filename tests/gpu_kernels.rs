//! Our kernels for graphics cards against Burn's own operations on the CPU: the same outputs and the same gradients, for convolutions as
//! EfficientNet-Lite, MobileNetV2, ResNet and VGG have them and for sizes that do not divide evenly. Needs an adapter, if only one in
//! software; without one its tests are listed as ignored. Mesa's llvmpipe is found where it is installed; Chromium's SwiftShader is with
//!
//! ```text
//! LD_LIBRARY_PATH=/usr/lib/chromium VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json \
//!   cargo test --release --features webgpu --test gpu_kernels
//! ```

mod common;

use std::sync::OnceLock;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use common::trial;
use lastlayer::device::{ComputeDevice, DeviceKind};
use lastlayer::nn::conv_norm::{ConvNorm, ConvNormSpec, Mode};
use lastlayer::nn::params::Params;
use lastlayer::nn::spec::{Activation, Padding, Spec};
use lastlayer::nn::{cpu, gpu};
use lastlayer::rng::Rng;
use libtest_mimic::Arguments;

const TOLERANCE: f32 = 1e-5;

/// A device can be opened once in a process.
fn graphics_card() -> Option<&'static ComputeDevice> {
    static DEVICE: OnceLock<Option<ComputeDevice>> = OnceLock::new();
    let open = || pollster::block_on(ComputeDevice::open(DeviceKind::WebGpu)).ok();
    DEVICE.get_or_init(|| std::panic::catch_unwind(open).ok().flatten()).as_ref()
}

fn main() {
    let arguments = Arguments::from_args();
    let possible = graphics_card().is_some();
    let tests = [
        ("windows_of_1_x_1", pointwise as fn()),
        ("one_filter_per_channel", depthwise),
        ("dense_windows", dense),
        ("dense_windows_with_a_stride", dense_with_a_stride),
        ("a_bias_in_place_of_batch_norm", biases),
        ("pictures_of_three_channels", pictures),
        ("long_sums_and_large_tiles", large),
        ("blocks_of_efficientnet_lite", blocks),
        ("frozen_layers", frozen),
        ("what_is_not_a_number_shows", not_a_number),
        ("groups_are_declined", groups),
    ];
    libtest_mimic::run(&arguments, tests.map(|(name, run)| trial(name, possible, run)).into()).exit();
}

/// A convolution and what it is given, `[batch, height, width]`.
#[derive(Debug, Clone, Copy)]
struct Case {
    spec: ConvNormSpec,
    input: [usize; 3],
}

fn case([inputs, outputs]: [usize; 2], kernel: usize, stride: usize, input: [usize; 3]) -> Case {
    let window = Spec { kernel, stride, groups: 1, padding: Padding::Same, activation: Activation::None };
    Case { spec: ConvNormSpec { inputs, outputs, window, epsilon: Some(1e-3) }, input }
}

impl Case {
    fn with(mut self, padding: Padding, activation: Activation) -> Self {
        (self.spec.window.padding, self.spec.window.activation) = (padding, activation);
        self
    }

    fn biased(mut self) -> Self {
        self.spec.epsilon = None;
        self
    }

    fn depthwise(mut self) -> Self {
        self.spec.window.groups = self.spec.inputs;
        self
    }

    fn shape(&self) -> [usize; 4] {
        let [batch, height, width] = self.input;
        [batch, self.spec.inputs, height, width]
    }
}

fn pointwise() {
    for activation in [Activation::None, Activation::Relu, Activation::Relu6] {
        same(case([8, 12], 1, 1, [2, 3, 5]).with(Padding::Each(0), activation));
        same(case([16, 4], 1, 1, [1, 1, 1]).with(Padding::Same, activation));
    }
}

fn depthwise() {
    for padding in [Padding::Same, Padding::Each(1), Padding::Each(2), Padding::Each(0)] {
        for (kernel, stride, input) in [(3, 1, [2, 6, 5]), (3, 2, [1, 7, 8]), (5, 2, [2, 9, 6]), (7, 1, [1, 8, 7])] {
            same(case([8, 8], kernel, stride, input).depthwise().with(padding, Activation::Relu));
        }
    }
    same(case([4, 4], 3, 1, [1, 2, 1]).depthwise().with(Padding::Same, Activation::Relu6));
}

fn dense() {
    for (padding, activation) in [
        (Padding::Same, Activation::Relu6),
        (Padding::Each(1), Activation::Relu),
        (Padding::Each(0), Activation::None),
        (Padding::Each(2), Activation::Relu),
    ] {
        same(case([8, 12], 3, 1, [2, 5, 7]).with(padding, activation));
        same(case([36, 40], 3, 1, [1, 6, 6]).with(padding, activation));
    }
    same(case([8, 8], 5, 1, [1, 6, 4]));
    same(case([4, 4], 3, 1, [1, 1, 1]));
}

fn dense_with_a_stride() {
    for padding in [Padding::Same, Padding::Each(1), Padding::Each(0)] {
        for input in [[2, 7, 8], [1, 14, 5], [3, 3, 3]] {
            same(case([8, 12], 3, 2, input).with(padding, Activation::Relu));
        }
    }
    // Shortcuts of ResNet, of which some pixels see nothing.
    same(case([8, 16], 1, 2, [2, 7, 6]).with(Padding::Each(0), Activation::None));
    same(case([8, 4], 3, 3, [1, 8, 10]).with(Padding::Each(1), Activation::Relu));
    same(case([8, 4], 2, 2, [1, 5, 6]).with(Padding::Each(0), Activation::Relu));
}

fn biases() {
    same(case([8, 12], 3, 1, [2, 5, 5]).with(Padding::Each(1), Activation::Relu).biased());
    same(case([8, 12], 1, 1, [2, 3, 3]).with(Padding::Each(0), Activation::Relu).biased());
    same(case([8, 8], 3, 2, [2, 5, 5]).depthwise().with(Padding::Each(1), Activation::Relu6).biased());
    same(case([3, 8], 3, 1, [2, 6, 6]).with(Padding::Each(1), Activation::Relu).biased());
}

fn pictures() {
    same(case([3, 16], 7, 2, [2, 17, 20]).with(Padding::Each(3), Activation::Relu));
    same(case([3, 8], 3, 2, [2, 9, 12]).with(Padding::Same, Activation::Relu6));
    same(case([5, 8], 3, 1, [1, 4, 4]).with(Padding::Each(1), Activation::Relu));
}

/// So many pixels and channels that tiles are large, sums are divided, and phases of the picture take several tiles.
fn large() {
    same(case([64, 64], 3, 1, [2, 64, 66]).with(Padding::Each(1), Activation::Relu));
    same(case([68, 132], 3, 2, [2, 90, 91]).with(Padding::Each(1), Activation::Relu));
    same(case([256, 72], 3, 1, [1, 7, 7]).with(Padding::Each(1), Activation::Relu));
}

/// With as many channels as there are, and few pixels.
fn blocks() {
    let relu6 = |case: Case| case.with(Padding::Same, Activation::Relu6);
    same(relu6(case([32, 32], 3, 1, [2, 28, 28]).depthwise()));
    same(case([32, 16], 1, 1, [2, 28, 28]));
    same(relu6(case([16, 96], 1, 1, [2, 28, 28])));
    same(relu6(case([96, 96], 3, 2, [2, 28, 28]).depthwise()));
    same(relu6(case([240, 240], 5, 2, [3, 14, 14]).depthwise()));
    same(relu6(case([480, 480], 5, 1, [3, 7, 7]).depthwise()));
    same(relu6(case([192, 1152], 1, 1, [3, 4, 4])));
    same(case([1152, 320], 1, 1, [3, 4, 4]));
    same(relu6(case([3, 32], 3, 2, [2, 56, 56])));
}

fn frozen() {
    for case in [
        case([8, 12], 3, 1, [2, 5, 7]).with(Padding::Each(1), Activation::Relu),
        case([8, 12], 3, 2, [2, 5, 7]),
        case([3, 16], 7, 2, [1, 20, 20]).with(Padding::Each(3), Activation::Relu),
        case([8, 12], 1, 1, [2, 5, 7]).with(Padding::Each(0), Activation::Relu),
        case([8, 8], 3, 1, [2, 5, 7]).depthwise().with(Padding::Each(1), Activation::Relu6),
    ] {
        let y = |device: &Device| vec![numbers(layer(case, Mode::Frozen, device).forward(x(case, device)))];
        compare(case, &y(&card()), &cpu::without(|| y(&common::cpu().tensors)));
    }
}

fn not_a_number() {
    for activation in [Activation::None, Activation::Relu, Activation::Relu6] {
        for case in [
            case([4, 4], 1, 1, [1, 2, 2]).with(Padding::Each(0), activation),
            case([4, 4], 3, 1, [1, 2, 2]).with(Padding::Each(1), activation),
            case([4, 4], 3, 1, [1, 2, 2]).depthwise().with(Padding::Each(1), activation),
        ] {
            let x = x(case, &card()) * f32::NAN;
            let y = numbers(layer(case, Mode::Frozen, &card()).forward(x));
            assert!(y.iter().all(|value| value.is_nan()), "{case:?}: {y:?}");
        }
    }
}

/// Burn's operations take them.
fn groups() {
    let mut case = case([8, 8], 3, 1, [1, 4, 4]);
    case.spec.window.groups = 2;
    assert!(!gpu::fused::takes(case.shape(), case.spec.weight_shape(), case.spec.window));
}

/// Output and gradients as Burn's on the CPU.
fn same(case: Case) {
    assert!(gpu::fused::takes(case.shape(), case.spec.weight_shape(), case.spec.window), "{case:?} is declined");
    let burns = cpu::without(|| run(case, &common::cpu().tensors.autodiff()));
    compare(case, &run(case, &card().autodiff()), &burns);
}

fn compare(case: Case, ours: &[Vec<f32>], burns: &[Vec<f32>]) {
    assert_eq!(ours.len(), burns.len(), "{case:?}: a gradient is missing");
    for (part, (ours, burns)) in ours.iter().zip(burns).enumerate() {
        assert_eq!(ours.len(), burns.len(), "{case:?}, part {part}");
        // Relative to the largest: a sum of thousands of terms that cancel has the error of its terms.
        let scale = burns.iter().fold(1e-3f32, |most, value| most.max(value.abs()));
        let worst = ours.iter().zip(burns).map(|(ours, burns)| (ours - burns).abs()).fold(0.0, f32::max);
        assert!(worst < TOLERANCE * scale, "{case:?}, part {part}: off by {worst} where values go up to {scale}");
    }
}

/// Output, and gradients of the input and then of each parameter.
fn run(case: Case, device: &Device) -> Vec<Vec<f32>> {
    let layer = layer(case, Mode::Trainable, device);
    let x = x(case, device).require_grad();
    let y = layer.forward(x.clone());
    let weights = drawn(7, y.dims(), device);
    let mut out = vec![numbers(y.clone())];
    let gradients = (y * weights).sum().backward();
    out.extend(x.grad(&gradients).map(numbers));
    let mut collect = Collect { gradients: GradientsParams::from_grads(gradients, &layer), out };
    layer.visit(&mut collect);
    let parameters = if case.spec.epsilon.is_some() { 3 } else { 2 };
    assert_eq!(collect.out.len(), 2 + parameters, "{case:?}: a gradient is missing");
    collect.out
}

struct Collect {
    gradients: GradientsParams,
    out: Vec<Vec<f32>>,
}

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.out.extend(self.gradients.get::<D>(param.id).map(numbers));
    }
}

fn layer(case: Case, mode: Mode, device: &Device) -> ConvNorm {
    ConvNorm::load(&mut Drawn(Rng::new(3)), ("conv", "norm"), case.spec, mode, device)
}

/// Values as a trained network has them: filters of norm 1, statistics that are not the identity.
struct Drawn(Rng);

impl Params for Drawn {
    fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let fan_in: usize = shape[1..].iter().product();
        let rng = &mut self.0;
        let mut draw = || match name {
            "norm.running_var" => 0.2 + rng.uniform(),
            "norm.weight" => 0.5 + rng.uniform(),
            "conv.weight" => 2.0 * rng.normal() / (fan_in as f32).sqrt(),
            _ => 0.5 * rng.normal(),
        };
        (0..shape.iter().product()).map(|_| draw()).collect()
    }
}

fn x(case: Case, device: &Device) -> Tensor<4> {
    drawn(5, case.shape(), device)
}

fn drawn(seed: u64, shape: [usize; 4], device: &Device) -> Tensor<4> {
    let mut rng = Rng::new(seed);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.normal()).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap()
}

fn card() -> Device {
    graphics_card().unwrap().tensors.clone()
}
