//! The update of parameters: the factor that shortens gradients, then AdamW with it.

use burn::backend::Wgpu;
use burn::optim::{AdamWState, AdaptiveMomentumState};
use burn::tensor::{DType, Tensor};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::{UNITS, argument, contiguous, one_each, shape, sum_of_units, unwritten};
use crate::nn::adamw::{AdamW, Step, moments};

/// Values that a unit squares and sums, until there are `WORKGROUPS` workgroups.
const VALUES: usize = 16;
const WORKGROUPS: usize = 16;

/// Squares of gradients on their way to a norm.
#[derive(Default)]
pub struct SquaredNorm {
    gradients: Vec<CubeTensor>,
}

impl SquaredNorm {
    /// Counts a gradient in; `false` where it lives on another device.
    pub fn add<const D: usize>(&mut self, gradient: Tensor<D>) -> bool {
        let Ok(gradient) = gradient.try_into_primitive::<Wgpu>() else { return false };
        // Its values in whatever order they lie: a permuted one need not be put in order for this.
        self.gradients.push(if gradient.is_contiguous_buffer() { gradient } else { into_contiguous(gradient) });
        true
    }

    /// `max_norm / norm` where that is below 1, otherwise 1, as a tensor of one value. A launch for each gradient and one for all.
    pub fn clip_factor(&self, max_norm: f32) -> Option<Tensor<1>> {
        let first = self.gradients.first()?;
        let workgroups: Vec<usize> =
            self.gradients.iter().map(|gradient| workgroups(gradient.meta.shape().num_elements())).collect();
        let partials = unwritten(first, [workgroups.iter().sum::<usize>() * UNITS as usize]);
        let mut offset = 0;
        for (gradient, workgroups) in self.gradients.iter().zip(workgroups) {
            // Safety: every unit writes one value below the sum of all units.
            unsafe {
                squares::launch_unchecked(
                    &first.client,
                    CubeCount::Static(workgroups as u32, 1, 1),
                    CubeDim::new_1d(UNITS),
                    argument(gradient),
                    argument(&partials),
                    offset as u32,
                    (workgroups * UNITS as usize) as u32,
                );
            }
            offset += workgroups * UNITS as usize;
        }
        let factor = unwritten(first, [1]);
        // Safety: reads no further than the length of `partials`.
        unsafe {
            clip_factor::launch_unchecked(
                &first.client,
                CubeCount::new_single(),
                CubeDim::new_1d(UNITS),
                argument(&partials),
                argument(&factor),
                max_norm,
            );
        }
        Some(Tensor::from_primitive::<Wgpu>(factor))
    }
}

/// How many workgroups sum the squares of `values` values.
fn workgroups(values: usize) -> usize {
    values.div_ceil(UNITS as usize * VALUES).clamp(1, WORKGROUPS)
}

/// Whether a parameter lives where [`step`] works.
pub fn takes<const D: usize>(parameter: &Tensor<D>) -> bool {
    parameter.dtype() == DType::F32 && parameter.clone().try_into_primitive::<Wgpu>().is_ok()
}

/// One step of a parameter by a gradient that is to be multiplied by `factor`, in one launch. All of them must be such as
/// [`takes`] accepts, and live on the same device. The moments are written in place.
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
    let Step { beta_1, beta_2, epsilon, correction_1, correction_2, decay, rate } = adamw.at(time, rate);
    let (moment_1, moment_2) = (own(momentum.moment_1), own(momentum.moment_2));
    let (parameter, gradient, factor) = (expected(parameter), expected(gradient), expected(factor.clone()));
    let dims = shape::<D>(&parameter);
    let updated = unwritten(&parameter, dims);
    let (count, dim) = one_each(&parameter.client, dims.iter().product());
    // Safety: every unit looks at one place, below the length of all of them.
    unsafe {
        adamw_step::launch_unchecked(
            &parameter.client,
            count,
            dim,
            argument(&parameter),
            argument(&gradient),
            argument(&factor),
            argument(&moment_1),
            argument(&moment_2),
            argument(&updated),
            beta_1,
            beta_2,
            correction_1,
            correction_2,
            epsilon,
            decay,
            rate,
        );
    }
    let tensor = Tensor::from_primitive::<Wgpu>;
    let momentum = AdaptiveMomentumState::new(time, tensor(moment_1), tensor(moment_2));
    (tensor(updated), AdamWState::new(momentum))
}

fn expected<const D: usize>(tensor: Tensor<D>) -> CubeTensor {
    contiguous(tensor).unwrap_or_else(|| unreachable!("a step is asked for where its parameter is taken"))
}

/// A tensor that may be written to: a copy where somebody else holds it too, as a checkpoint being made does.
fn own<const D: usize>(tensor: Tensor<D>) -> CubeTensor {
    let tensor = expected(tensor);
    if tensor.can_mut() { tensor } else { expected(Tensor::<D>::from_primitive::<Wgpu>(tensor).mul_scalar(1.0)) }
}

/// Each unit sums the squares of every `units`-th value.
#[cube(launch_unchecked)]
fn squares(gradient: &[f32], partials: &mut [f32], offset: u32, units: u32) {
    let unit = ABSOLUTE_POS as u32;
    let mut sum = 0.0f32;
    let mut at = unit as usize;
    while at < gradient.len() {
        sum += gradient[at] * gradient[at];
        at += units as usize;
    }
    partials[(offset + unit) as usize] = sum;
}

#[cube(launch_unchecked)]
fn clip_factor(partials: &[f32], factor: &mut [f32], max_norm: f32) {
    let mut sum = 0.0f32;
    let mut at = UNIT_POS as usize;
    while at < partials.len() {
        sum += partials[at];
        at += CUBE_DIM as usize;
    }
    let total = sum_of_units(0.0f32, sum);
    if UNIT_POS == 0 {
        let ratio = max_norm / (total.sqrt() + 1e-6f32);
        factor[0] = select(ratio > 1.0f32, 1.0f32, ratio);
    }
}

#[cube(launch_unchecked)]
fn adamw_step(
    parameter: &[f32],
    gradient: &[f32],
    factor: &[f32],
    moment_1: &mut [f32],
    moment_2: &mut [f32],
    updated: &mut [f32],
    beta_1: f32,
    beta_2: f32,
    correction_1: f32,
    correction_2: f32,
    epsilon: f32,
    decay: f32,
    rate: f32,
) {
    let at = ABSOLUTE_POS;
    if at < updated.len() {
        let clipped = gradient[at] * factor[0];
        let first = moment_1[at] * beta_1 + clipped * (1.0f32 - beta_1);
        let second = moment_2[at] * beta_2 + clipped * clipped * (1.0f32 - beta_2);
        moment_1[at] = first;
        moment_2[at] = second;
        let deviation = (second / correction_2).sqrt() + epsilon;
        updated[at] = parameter[at] * decay - first / correction_1 / deviation * rate;
    }
}
