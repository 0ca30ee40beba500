//! Our kernels for the CPU against Burn's own operations: the same outputs and the same gradients, for every convolution of
//! EfficientNet-Lite0, for those that ResNet, VGG and torchvision's MobileNetV2 have, and for sizes that do not divide evenly.
#![cfg(feature = "cpu")]

mod common;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Tensor, TensorData};
use lastlayer::backbone::architecture::Placed;
use lastlayer::backbone::efficientnet_lite::LITE0;
use lastlayer::nn::conv_norm::{ConvNorm, ConvNormSpec, Mode};
use lastlayer::nn::cpu;
use lastlayer::nn::max_pool::max_pool;
use lastlayer::nn::params::Params;
use lastlayer::nn::spec::{Activation, Padding, Spec};
use lastlayer::nn::sum;
use lastlayer::rng::Rng;

/// Values as a trained network has them: filters of norm 1, statistics that are not the identity.
struct Drawn(Rng);

impl Params for Drawn {
    fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let fan_in: usize = shape[1..].iter().product();
        let rng = &mut self.0;
        let mut draw = || match name.rsplit_once('.') {
            Some(("norm", "running_var")) => 0.2 + rng.uniform(),
            Some(("norm", "weight")) => 0.5 + rng.uniform(),
            Some(("norm", _)) => 0.5 * rng.normal(),
            _ => 2.0 * rng.normal() / (fan_in as f32).sqrt(),
        };
        (0..shape.iter().product()).map(|_| draw()).collect()
    }
}

/// A convolution and what it is given, `[batch, height, width]`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Case {
    spec: ConvNormSpec,
    input: [usize; 3],
}

fn spec([inputs, outputs]: [usize; 2], kernel: usize, stride: usize, groups: usize, relu6: bool) -> ConvNormSpec {
    let activation = if relu6 { Activation::Relu6 } else { Activation::None };
    let window = Spec { kernel, stride, groups, padding: Padding::Same, activation };
    ConvNormSpec { inputs, outputs, window, bias: false, epsilon: Some(1e-3) }
}

fn depthwise(channels: usize, kernel: usize, stride: usize, relu6: bool, input: [usize; 3]) -> Case {
    Case { spec: spec([channels, channels], kernel, stride, channels, relu6), input }
}

fn pointwise(inputs: usize, outputs: usize, relu6: bool, input: [usize; 3]) -> Case {
    Case { spec: spec([inputs, outputs], 1, 1, 1, relu6), input }
}

/// As PyTorch pads.
fn symmetric(case: Case, activation: Activation) -> Case {
    let mut spec = case.spec;
    spec.window = Spec { padding: Padding::Each(spec.window.kernel / 2), activation, ..spec.window };
    Case { spec, ..case }
}

/// Over all channels, padded as PyTorch does.
fn dense(channels: [usize; 2], kernel: usize, stride: usize, activation: Activation, input: [usize; 3]) -> Case {
    symmetric(Case { spec: spec(channels, kernel, stride, 1, false), input }, activation)
}

/// The kinds of convolutions that ResNet, VGG (which has a bias and no batch-norm) and torchvision's MobileNetV2 are made of, narrow, on
/// small pictures, at an eighth of the size and at sizes that do not divide.
fn of_other_networks() -> Vec<Case> {
    use Activation::{None, Relu, Relu6};
    let mut cases = Vec::new();
    for input in [[2, 28, 28], [3, 7, 7], [1, 15, 22]] {
        cases.extend([
            dense([3, 16], 7, 2, Relu, input),
            dense([16, 16], 3, 1, Relu, input),
            dense([16, 16], 3, 1, None, input),
            dense([16, 24], 3, 2, Relu, input),
            dense([16, 24], 1, 2, None, input),
            dense([24, 40], 1, 1, Relu, input),
            dense([3, 16], 3, 2, Relu6, input),
        ]);
        let mut bias = dense([12, 20], 3, 1, Relu, input);
        (bias.spec.bias, bias.spec.epsilon) = (true, Option::None);
        cases.push(bias);
        for (kernel, stride) in [(3, 1), (3, 2), (5, 1), (5, 2)] {
            cases.push(symmetric(depthwise(12, kernel, stride, true, input), if stride == 1 { Relu6 } else { Relu }));
        }
    }
    cases
}

/// Every depthwise and pointwise convolution of Lite0 for a picture of `size`, each once.
fn lite0(size: usize, batch: usize) -> Vec<Case> {
    let placed = LITE0.placed(size).into_iter().flatten();
    let case = |Placed { layer, input: [height, width], .. }| Case { spec: layer.spec, input: [batch, height, width] };
    let mut cases: Vec<Case> = placed.skip(1).map(case).collect();
    let mut seen: Vec<Case> = Vec::new();
    cases.retain(|case| {
        !seen.contains(case) && {
            seen.push(*case);
            true
        }
    });
    cases
}

/// Sizes at which something may go wrong: odd ones, oblong ones, smaller than the kernel, one photo.
fn awkward() -> Vec<Case> {
    let mut cases = vec![pointwise(5, 7, true, [1, 1, 1]), pointwise(3, 1, false, [3, 5, 2])];
    for kernel in [3, 5] {
        for stride in [1, 2] {
            for (height, width) in [(1, 1), (1, 9), (2, 3), (3, 2), (5, 5), (6, 13), (8, 8), (9, 4), (15, 31), (33, 17)]
            {
                let activation = [Activation::None, Activation::Relu, Activation::Relu6][height % 3];
                let padded_to_one_side = depthwise(3, kernel, stride, height % 2 == 0, [2, height, width]);
                cases.push(padded_to_one_side);
                cases.push(symmetric(padded_to_one_side, activation));
                cases.push(dense([5, 7], kernel, stride, activation, [2, height, width]));
                cases.push(Case { spec: spec([3, 9], kernel, stride, 1, true), input: [1, height, width] });
            }
        }
    }
    cases
}

/// A convolution of few inputs: a frozen one is another kernel's than one that learns.
fn stem(outputs: usize, kernel: usize, stride: usize, input: [usize; 3]) -> Case {
    Case { spec: spec([3, outputs], kernel, stride, 1, true), input }
}

#[test]
fn frozen_layers_are_burns() {
    let stems = [stem(32, 3, 2, [1, 224, 224]), stem(32, 3, 2, [3, 37, 50]), stem(5, 5, 1, [2, 9, 4])];
    for case in lite0(56, 3).into_iter().chain(awkward()).chain(of_other_networks()).chain(stems) {
        let device = common::cpu().tensors;
        let layer = ConvNorm::load(&mut Drawn(Rng::new(3)), ("conv", "norm"), case.spec, Mode::Frozen, &device);
        let [batch, height, width] = case.input;
        let shape = [batch, case.spec.inputs, height, width];
        let x = values(&mut Rng::new(5), shape.iter().product());
        let x = Tensor::<4>::from_data(TensorData::new(x, shape), &device);
        let forward = || layer.forward(x.clone()).into_data().try_into_vec::<f32>().unwrap();
        let (ours, burns) = (forward(), cpu::without(forward));
        let worst = ours.iter().zip(&burns).map(|(ours, burns)| (ours - burns).abs()).fold(0.0, f32::max);
        assert!(ours.len() == burns.len() && worst < 1e-4, "{case:?}: off by {worst}");
    }
    stems.into_iter().for_each(|case| assert_same(case, false));
}

#[test]
fn every_convolution_of_other_networks_is_burns() {
    for case in of_other_networks() {
        assert_same(case, true);
        assert_same(case, false);
    }
    // As wide and deep as they come, so that sums are taken in parts.
    for case in [
        dense([512, 512], 3, 1, Activation::Relu, [2, 7, 7]),
        dense([256, 512], 1, 2, Activation::None, [2, 14, 14]),
        dense([64, 64], 3, 1, Activation::Relu, [1, 57, 64]),
    ] {
        assert_same(case, true);
    }
}

fn values(rng: &mut Rng, count: usize) -> Vec<f32> {
    (0..count).map(|_| rng.normal()).collect()
}

/// Output, and gradients of the input and then of each parameter.
fn run(case: Case, x_wanted: bool) -> Vec<Vec<f32>> {
    let device = common::cpu().tensors.autodiff();
    let layer = ConvNorm::load(&mut Drawn(Rng::new(3)), ("conv", "norm"), case.spec, Mode::Trainable, &device);
    let [batch, height, width] = case.input;
    let shape = [batch, case.spec.inputs, height, width];
    let mut rng = Rng::new(5);
    let x = Tensor::<4>::from_data(TensorData::new(values(&mut rng, shape.iter().product()), shape), &device);
    let x = if x_wanted { x.require_grad() } else { x };
    let y = layer.forward(x.clone());
    let weights = values(&mut rng, y.dims().iter().product());
    let weights = Tensor::<4>::from_data(TensorData::new(weights, y.dims()), &device);
    let gradients = (y.clone() * weights).sum().backward();

    let mut out = vec![y.into_data().try_into_vec::<f32>().unwrap()];
    out.extend(x.grad(&gradients).map(|gradient| gradient.into_data().try_into_vec::<f32>().unwrap()));
    let gradients = GradientsParams::from_grads(gradients, &layer);
    let mut collect = Collect { gradients, out };
    layer.visit(&mut collect);
    collect.out
}

struct Collect {
    gradients: GradientsParams,
    out: Vec<Vec<f32>>,
}

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.out.push(gradient.into_data().try_into_vec::<f32>().unwrap());
        }
    }
}

fn assert_same(case: Case, x_wanted: bool) {
    let (ours, burns) = (run(case, x_wanted), cpu::without(|| run(case, x_wanted)));
    let parameters = if case.spec.epsilon.is_some() { 3 } else { 2 };
    assert_eq!(ours.len(), 1 + usize::from(x_wanted) + parameters, "{case:?}: a gradient is missing");
    for (part, (ours, burns)) in ours.iter().zip(&burns).enumerate() {
        assert_eq!(ours.len(), burns.len());
        // Relative to the largest: a sum of thousands of terms that cancel has the error of its terms.
        let scale = burns.iter().fold(1e-3f32, |most, value| most.max(value.abs()));
        let worst = ours.iter().zip(burns).map(|(ours, burns)| (ours - burns).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4 * scale, "{case:?}, part {part}: off by {worst} where values go up to {scale}");
    }
}

#[test]
fn every_convolution_of_lite0_is_burns() {
    // At an eighth of the size with a few photos: the same channels, kernels and strides, and odd sides among the planes.
    lite0(56, 3).into_iter().for_each(|case| assert_same(case, true));
}

#[test]
fn every_convolution_of_lite0_is_burns_at_full_size() {
    // One photo: Burn takes its time.
    let deep = lite0(224, 1).into_iter().filter(|case| case.input[1] <= 28);
    deep.for_each(|case| assert_same(case, true));
}

#[test]
fn awkward_sizes_are_burns() {
    awkward().into_iter().for_each(|case| assert_same(case, true));
}

#[test]
fn parameters_get_their_gradients_where_the_input_wants_none() {
    let dense = dense([6, 4], 3, 2, Activation::Relu, [2, 9, 9]);
    for case in [depthwise(4, 5, 2, true, [2, 9, 9]), pointwise(6, 4, true, [2, 3, 3]), dense] {
        assert_same(case, false);
    }
}

#[test]
fn the_same_inputs_give_the_same_bits() {
    for case in of_each_kernel() {
        let first = run(case, true);
        (0..3).for_each(|_| assert_eq!(run(case, true), first, "{case:?}"));
    }
}

fn of_each_kernel() -> [Case; 5] {
    [
        depthwise(64, 5, 1, true, [4, 14, 14]),
        pointwise(48, 96, true, [4, 14, 14]),
        dense([48, 40], 3, 1, Activation::Relu, [5, 7, 7]),
        dense([48, 40], 3, 2, Activation::Relu, [2, 29, 28]),
        dense([20, 70], 3, 1, Activation::None, [1, 40, 40]),
    ]
}

#[cfg(feature = "cli")]
#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for case in of_each_kernel().into_iter().filter(|case| case.spec.window.kernel > 1) {
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| run(case, true))
        };
        let one = with(1);
        [2, 3, 8].into_iter().for_each(|threads| assert_eq!(with(threads), one, "{case:?}, {threads} threads"));
    }
}

#[test]
fn gradients_are_the_slopes_of_the_output() {
    for case in [
        depthwise(2, 3, 2, true, [1, 5, 6]),
        depthwise(2, 5, 1, true, [1, 5, 4]),
        symmetric(depthwise(2, 3, 2, true, [1, 6, 5]), Activation::Relu),
        pointwise(3, 2, true, [2, 2, 2]),
        dense([2, 3], 3, 1, Activation::Relu, [1, 4, 5]),
        dense([2, 3], 3, 2, Activation::None, [2, 5, 4]),
        dense([2, 3], 1, 2, Activation::Relu, [1, 5, 4]),
        dense([2, 2], 7, 2, Activation::Relu6, [1, 6, 6]),
    ] {
        let device = common::cpu().tensors;
        let layer = ConvNorm::load(&mut Drawn(Rng::new(3)), ("conv", "norm"), case.spec, Mode::Trainable, &device);
        let [batch, height, width] = case.input;
        let shape = [batch, case.spec.inputs, height, width];
        let mut rng = Rng::new(5);
        let x = values(&mut rng, shape.iter().product());
        let [out_height, out_width] = case.spec.window.outputs([height, width]);
        let outputs = batch * case.spec.outputs * out_height * out_width;
        let weights = values(&mut rng, outputs);
        let value = |x: &[f32]| -> f64 {
            let y = layer.forward(Tensor::<4>::from_data(TensorData::new(x.to_vec(), shape), &device));
            let y = y.into_data().try_into_vec::<f32>().unwrap();
            y.iter().zip(&weights).map(|(y, weight)| f64::from(*y) * f64::from(*weight)).sum()
        };
        let gradient = &run(case, true)[1];
        let step = 1e-3;
        for index in 0..x.len() {
            let (mut above, mut below) = (x.clone(), x.clone());
            above[index] += step;
            below[index] -= step;
            let slope = (value(&above) - value(&below)) / f64::from(2.0 * step);
            let error = (slope - f64::from(gradient[index])).abs();
            assert!(error < 1e-2, "{case:?}, input {index}: slope {slope}, gradient {}", gradient[index]);
        }
    }
}

/// Output and gradients of both inputs of `operation`.
fn of_two(shape: [usize; 4], operation: impl Fn(Tensor<4>, Tensor<4>) -> Tensor<4>) -> Vec<Vec<f32>> {
    let device = common::cpu().tensors.autodiff();
    let mut rng = Rng::new(7);
    let mut draw = |shape: [usize; 4]| {
        // Few different values: some are equal.
        let values = values(&mut rng, shape.iter().product()).into_iter().map(|value| (4.0 * value).round() / 4.0);
        Tensor::<4>::from_data(TensorData::new(values.collect::<Vec<f32>>(), shape), &device)
    };
    let (x, y) = (draw(shape).require_grad(), draw(shape).require_grad());
    let out = operation(x.clone(), y.clone());
    let gradients = (out.clone() * draw(out.dims())).sum().backward();
    let plain = operation(x.clone().inner(), y.clone().inner());
    let mut found = vec![out, x.clone(), y.clone()].into_iter().map(Tensor::inner).collect::<Vec<_>>();
    found.push(plain);
    found.extend([x.grad(&gradients), y.grad(&gradients)].into_iter().flatten());
    found.into_iter().map(|values| values.into_data().try_into_vec::<f32>().unwrap()).collect()
}

#[test]
fn sums_are_burns() {
    for shape in [[2, 3, 5, 7], [1, 64, 28, 28], [1, 1, 1, 1]] {
        for activation in [Activation::None, Activation::Relu, Activation::Relu6] {
            let run = || of_two(shape, |x, y| sum::add(x, y, activation));
            let (ours, burns) = (run(), cpu::without(run));
            assert_eq!(ours.len(), 6);
            // Burn lets the gradient of a value that is exactly at the bound through, PyTorch does not.
            if activation == Activation::None {
                assert_eq!(ours, burns, "{shape:?}");
            } else {
                assert_eq!(ours[..4], burns[..4], "{shape:?}, {activation:?}");
                let (low, high) = activation.bounds();
                for (index, out) in ours[0].iter().enumerate().filter(|(_, out)| **out > low && **out < high) {
                    assert!(ours[4][index] == burns[4][index] && ours[5][index] == burns[5][index], "{out}");
                }
                let blocked = ours[0].iter().zip(&ours[4]).filter(|(out, _)| **out <= low || **out >= high);
                blocked.for_each(|(_, gradient)| assert_eq!(*gradient, 0.0));
            }
        }
    }
}

#[test]
fn maxima_are_burns() {
    for (kernel, border) in [(2, 0), (3, 1), (3, 0), (2, 1)] {
        for shape in [[2, 3, 8, 8], [1, 2, 7, 9], [1, 5, 15, 6], [3, 2, 3, 3], [1, 1, 4, 33]] {
            let run = || of_two(shape, |x, _| max_pool(x, kernel, 2, border));
            let (ours, burns) = (run(), cpu::without(run));
            assert_eq!(ours, burns, "{kernel}, {border}, {shape:?}");
        }
    }
}
