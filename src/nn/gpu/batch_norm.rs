//! Batch-norm with fixed statistics, folded into the filters of the convolution before it, and taken out of their gradient again: a
//! launch each, where its arithmetic on a few hundred channels would take a dozen.

use burn::tensor::Tensor;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::{UNITS, argument, contiguous, one_each, shape, sum_of_units, unwritten};

/// `γ · (x − μ) / √(σ² + ε) + β`, `[outputs]` each.
#[derive(Debug, Clone)]
pub struct BatchNorm<T> {
    pub gamma: T,
    pub beta: T,
    pub mean: T,
    pub variance: T,
    pub epsilon: f64,
}

impl BatchNorm<Tensor<1>> {
    /// `None` where it lives on another device, or on the autodiff one.
    pub fn contiguous(self) -> Option<BatchNorm<CubeTensor>> {
        Some(BatchNorm {
            gamma: contiguous(self.gamma)?,
            beta: contiguous(self.beta)?,
            mean: contiguous(self.mean)?,
            variance: contiguous(self.variance)?,
            epsilon: self.epsilon,
        })
    }
}

/// How filters lie in memory, as against the weight, whose values for an output lie side by side.
#[derive(Debug, Clone, Copy)]
pub struct Filters {
    pub outputs: usize,
    /// Values for each output.
    pub length: usize,
    /// `[length, outputs]` instead of `[outputs, length]`.
    pub transposed: bool,
}

impl Filters {
    fn shape(self) -> [usize; 2] {
        if self.transposed { [self.length, self.outputs] } else { [self.outputs, self.length] }
    }

    /// Filters and a shift that do to a picture what the convolution and then the batch-norm do.
    pub fn fold(self, weight: &CubeTensor, norm: &BatchNorm<CubeTensor>) -> (CubeTensor, CubeTensor) {
        let filters = unwritten(weight, self.shape());
        let shift = unwritten(weight, [self.outputs]);
        let (count, dim) = one_each(&weight.client, self.outputs * self.length);
        // Safety: units past the last value do nothing; there are at least as many values as outputs.
        unsafe {
            folded::launch_unchecked(
                &weight.client,
                count,
                dim,
                argument(weight),
                argument(&norm.gamma),
                argument(&norm.beta),
                argument(&norm.mean),
                argument(&norm.variance),
                argument(&filters),
                argument(&shift),
                norm.epsilon as f32,
                self.outputs as u32,
                self.length as u32,
                self.transposed,
            );
        }
        (filters, shift)
    }

    /// Gradients of the weight and of γ, from those of the filters and of the shift. The latter is also that of β.
    pub fn unfold(
        self,
        of_filters: &CubeTensor,
        of_shift: &CubeTensor,
        weight: &CubeTensor,
        norm: &BatchNorm<CubeTensor>,
    ) -> (CubeTensor, CubeTensor) {
        let (of_weight, of_gamma) = (unwritten(weight, shape::<4>(weight)), unwritten(weight, [self.outputs]));
        // Safety: a workgroup for each output, whose units stay within its values.
        unsafe {
            unfolded::launch_unchecked(
                &weight.client,
                CubeCount::Static(self.outputs as u32, 1, 1),
                CubeDim::new_1d(UNITS),
                argument(of_filters),
                argument(of_shift),
                argument(weight),
                argument(&norm.gamma),
                argument(&norm.mean),
                argument(&norm.variance),
                argument(&of_weight),
                argument(&of_gamma),
                norm.epsilon as f32,
                self.outputs as u32,
                self.length as u32,
                self.transposed,
            );
        }
        (of_weight, of_gamma)
    }
}

/// A unit for each value of the filters.
#[allow(clippy::manual_is_multiple_of)] // Kernels do not know it.
#[cube(launch_unchecked)]
fn folded(
    weight: &[f32],
    gamma: &[f32],
    beta: &[f32],
    mean: &[f32],
    variance: &[f32],
    filters: &mut [f32],
    shift: &mut [f32],
    epsilon: f32,
    outputs: u32,
    length: u32,
    #[comptime] transposed: bool,
) {
    let unit = ABSOLUTE_POS as u32;
    if unit < outputs * length {
        let output = unit / length;
        let scale = gamma[output as usize] / (variance[output as usize] + epsilon).sqrt();
        filters[place(unit, outputs, length, transposed)] = weight[unit as usize] * scale;
        if unit % length == 0 {
            shift[output as usize] = beta[output as usize] - mean[output as usize] * scale;
        }
    }
}

/// A workgroup for each output.
#[cube(launch_unchecked)]
fn unfolded(
    of_filters: &[f32],
    of_shift: &[f32],
    weight: &[f32],
    gamma: &[f32],
    mean: &[f32],
    variance: &[f32],
    of_weight: &mut [f32],
    of_gamma: &mut [f32],
    epsilon: f32,
    outputs: u32,
    length: u32,
    #[comptime] transposed: bool,
) {
    let output = CUBE_POS_X as usize;
    let deviation = (variance[output] + epsilon).sqrt();
    let scale = gamma[output] / deviation;
    let mut share = 0.0f32;
    let mut at = UNIT_POS;
    while at < length {
        let value = CUBE_POS_X * length + at;
        let of_filter = of_filters[place(value, outputs, length, transposed)];
        of_weight[value as usize] = of_filter * scale;
        share += of_filter * weight[value as usize];
        at += CUBE_DIM;
    }
    let sum = sum_of_units(-mean[output] * of_shift[output], share);
    if UNIT_POS == 0 {
        of_gamma[output] = sum / deviation;
    }
}

/// Where the filters have a value of the weight.
#[cube]
fn place(value: u32, outputs: u32, length: u32, #[comptime] transposed: bool) -> usize {
    if transposed { (value % length * outputs + value / length) as usize } else { value as usize }
}
