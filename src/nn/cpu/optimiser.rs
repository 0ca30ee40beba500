//! The update of parameters in one pass over memory, in place: Burn's operations go over each of them some ten times, which for the last
//! stages of a ResNet or VGG takes longer than their gradients.

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;
use burn::optim::{AdamWState, AdaptiveMomentumState};
use burn::tensor::{DType, Device, Tensor};
use pulp::{Arch, Simd, WithSimd};

use super::tensors::values;
use super::{switched_off, tasks};
use crate::nn::adamw::{AdamW, Step, moments};

/// Values that a thread takes at a time: the sums of squares are added in this order, whichever threads there are.
const PART: usize = 32 * 1024;

/// Whether a tensor lives where these work.
pub fn takes<const D: usize>(tensor: &Tensor<D>) -> bool {
    !switched_off() && tensor.device() == Device::flex() && tensor.dtype() == DType::F32
}

/// The sum of the squares of a gradient that is [taken](takes).
pub fn sum_of_squares<const D: usize>(gradient: Tensor<D>) -> f64 {
    let gradient = primitive(gradient);
    let mut sums = vec![0.0; values(&gradient).len().div_ceil(PART)];
    let arch = Arch::new();
    tasks::for_each(
        sums.iter_mut().zip(values(&gradient).chunks(PART)).collect(),
        || (),
        |(), _, (sum, part)| *sum = arch.dispatch(Squares(part)),
    );
    sums.into_iter().sum()
}

/// One step of a parameter by a gradient that is to be multiplied by `factor`, one value. All must be [taken](takes).
pub fn step<const D: usize>(
    adamw: AdamW,
    rate: f64,
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    factor: &Tensor<1>,
    state: Option<AdamWState<D>>,
) -> (Tensor<D>, AdamWState<D>) {
    let momentum = moments(state, &parameter);
    let time = momentum.time + 1;
    let step = adamw.at(time, rate);
    let factor = values(&primitive(factor.clone()))[0];
    let (mut moment_1, mut moment_2) = (primitive(momentum.moment_1), primitive(momentum.moment_2));
    let (mut parameter, gradient) = (primitive(parameter), primitive(gradient));
    let parts = parameter.storage_mut::<f32>().chunks_mut(PART).zip(values(&gradient).chunks(PART));
    let moments = moment_1.storage_mut::<f32>().chunks_mut(PART).zip(moment_2.storage_mut::<f32>().chunks_mut(PART));
    let arch = Arch::new();
    tasks::for_each(
        parts.zip(moments).collect(),
        || (),
        |(), _, ((parameter, gradient), (moment_1, moment_2))| {
            arch.dispatch(Update { step, factor, parameter, gradient, moment_1, moment_2 });
        },
    );
    let tensor = Tensor::from_primitive::<Flex>;
    let momentum = AdaptiveMomentumState::new(time, tensor(moment_1), tensor(moment_2));
    (tensor(parameter), AdamWState::new(momentum))
}

fn primitive<const D: usize>(tensor: Tensor<D>) -> FlexTensor {
    let tensor = tensor.try_into_primitive::<Flex>();
    tensor.unwrap_or_else(|_| unreachable!("asked for where the tensor is taken")).to_contiguous()
}

struct Squares<'a>(&'a [f32]);

impl WithSimd for Squares<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        // As many sums as a vector has places, so that they can go side by side.
        let mut sums = [0f32; 16];
        let (wholes, rest) = self.0.as_chunks::<16>();
        for whole in wholes {
            sums.iter_mut().zip(whole).for_each(|(sum, value)| *sum += value * value);
        }
        sums.iter_mut().zip(rest).for_each(|(sum, value)| *sum += value * value);
        sums.into_iter().map(f64::from).sum()
    }
}

struct Update<'a> {
    step: Step,
    factor: f32,
    parameter: &'a mut [f32],
    gradient: &'a [f32],
    moment_1: &'a mut [f32],
    moment_2: &'a mut [f32],
}

impl WithSimd for Update<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { step, factor, parameter, gradient, moment_1, moment_2 } = self;
        let Step { beta_1, beta_2, epsilon, correction_1, correction_2, decay, rate } = step;
        let moments = moment_1.iter_mut().zip(moment_2);
        for ((parameter, gradient), (first, second)) in parameter.iter_mut().zip(gradient).zip(moments) {
            let gradient = gradient * factor;
            *first = *first * beta_1 + gradient * (1.0 - beta_1);
            *second = *second * beta_2 + gradient * gradient * (1.0 - beta_2);
            let deviation = (*second / correction_2).sqrt() + epsilon;
            *parameter = *parameter * decay - *first / correction_1 / deviation * rate;
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::optim::{AdamWConfig, Optimizer};
    use burn::tensor::TensorData;

    use super::*;
    use crate::rng::Rng;

    /// More than one part, and no multiple of anything.
    const SHAPE: [usize; 2] = [7, 9_433];

    fn drawn(rng: &mut Rng) -> Tensor<2> {
        let values: Vec<f32> = (0..SHAPE[0] * SHAPE[1]).map(|_| rng.normal()).collect();
        Tensor::from_data(TensorData::new(values, SHAPE), &Device::flex())
    }

    fn numbers(tensor: &Tensor<2>) -> Vec<f32> {
        tensor.to_data().iter::<f32>().collect()
    }

    #[test]
    fn steps_are_burns() {
        let adamw = AdamW { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8, weight_decay: 0.1 };
        let burns =
            AdamWConfig::new().with_beta_1(0.9).with_beta_2(0.999).with_epsilon(1e-8).with_weight_decay(0.1).build();
        let mut rng = Rng::new(1);
        let start = drawn(&mut rng);
        let (mut ours, mut theirs) = (start.clone(), start.clone());
        let (mut our_state, mut their_state) = (None, None);
        let factor = Tensor::<1>::from_data([0.25f32], &Device::flex());
        for step_number in 1..=4 {
            // A permuted one lies in another order.
            let gradient = drawn(&mut rng).transpose().mul_scalar(2.0).transpose();
            let (updated, state) = step(adamw, 1e-2, ours, gradient.clone(), &factor, our_state);
            (ours, our_state) = (updated, Some(state));
            let (updated, state) = burns.step(1e-2, theirs, gradient * 0.25, their_state);
            (theirs, their_state) = (updated, state);
            for (ours, theirs) in numbers(&ours).iter().zip(numbers(&theirs)) {
                assert!((ours - theirs).abs() < 1e-6 * (1.0 + theirs.abs()), "step {step_number}: {ours}, {theirs}");
            }
        }
        assert_ne!(numbers(&ours), numbers(&start), "and what was handed in by somebody who keeps it is as it was");
    }

    #[test]
    fn squares_are_summed() {
        let gradient = drawn(&mut Rng::new(2));
        let expected: f64 = numbers(&gradient).into_iter().map(|value| f64::from(value).powi(2)).sum();
        let sum = sum_of_squares(gradient);
        assert!((sum / expected - 1.0).abs() < 1e-6, "{sum}, {expected}");
    }
}
