//! How filters lie in memory, and batch-norm with fixed statistics, folded into them and taken out of their gradient again: a
//! launch each, where its arithmetic on a few hundred channels would take a dozen.

use burn::backend::Wgpu;
use burn::tensor::Tensor;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::{UNITS, argument, contiguous, expected, one_each, shape, sum_of_units, unwritten};

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

/// How filters lie, as against the weight, which is `[outputs, inputs, taps]`.
#[derive(Debug, Clone, Copy)]
pub struct Filters {
    pub outputs: usize,
    /// Of each group.
    pub inputs: usize,
    /// As many as there are in memory; what is past the inputs is zero.
    pub padded: usize,
    pub taps: usize,
    /// `[taps, padded, outputs]` instead of `[outputs, padded, taps]`.
    pub outputs_last: bool,
}

impl Filters {
    fn shape(self) -> [usize; 3] {
        let Self { outputs, padded, taps, .. } = self;
        if self.outputs_last { [taps, padded, outputs] } else { [outputs, padded, taps] }
    }

    fn arguments(self) -> LengthsLaunch {
        LengthsLaunch::new(self.outputs as u32, self.inputs as u32, self.padded as u32, self.taps as u32)
    }

    /// The weight as it is, in this layout; no launch where it lies so already.
    pub fn lay_out(self, weight: CubeTensor) -> CubeTensor {
        if !self.outputs_last && self.padded == self.inputs {
            return weight;
        }
        let filters = unwritten(&weight, self.shape());
        let (count, dim) = one_each(&weight.client, self.shape().iter().product());
        // Safety: units past the last value do nothing.
        unsafe {
            laid_out::launch_unchecked(
                &weight.client,
                count,
                dim,
                argument(&weight),
                argument(&filters),
                self.arguments(),
                self.outputs_last,
            );
        }
        filters
    }

    /// The other way round, for a gradient.
    pub fn take_out(self, of_filters: CubeTensor, weight: [usize; 4]) -> CubeTensor {
        let of_filters = Tensor::<3>::from_primitive::<Wgpu>(of_filters);
        let of_weight = if self.outputs_last { of_filters.permute([2, 1, 0]) } else { of_filters };
        let of_weight = if self.padded == self.inputs { of_weight } else { of_weight.narrow(1, 0, self.inputs) };
        expected(contiguous(of_weight.reshape(weight)))
    }

    /// Filters and a shift that do to a picture what the convolution and then the batch-norm do. With the shift comes what [`Self::unfold`]
    /// wants of the batch-norm: in one tensor, `[4, outputs]`, since a WebGPU device may bind no more than eight to a kernel.
    pub fn fold(self, weight: &CubeTensor, norm: &BatchNorm<CubeTensor>) -> (CubeTensor, CubeTensor) {
        let filters = unwritten(weight, self.shape());
        let shift = unwritten(weight, [4, self.outputs]);
        let (count, dim) = one_each(&weight.client, self.shape().iter().product());
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
                self.arguments(),
                norm.epsilon as f32,
                self.outputs_last,
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
        shift: &CubeTensor,
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
                argument(shift),
                argument(&of_weight),
                argument(&of_gamma),
                self.arguments(),
                self.outputs_last,
            );
        }
        (of_weight, of_gamma)
    }
}

#[derive(CubeType, CubeLaunch)]
struct Lengths {
    outputs: u32,
    inputs: u32,
    padded: u32,
    taps: u32,
}

/// A unit for each value of the filters.
#[cube(launch_unchecked)]
fn laid_out(weight: &[f32], filters: &mut [f32], lengths: &Lengths, #[comptime] outputs_last: bool) {
    let unit = ABSOLUTE_POS as u32;
    let length = lengths.padded * lengths.taps;
    if unit < lengths.outputs * length {
        let (output, value) = (unit / length, unit % length);
        let at = place(output, value, lengths, outputs_last);
        filters[at] = weight_or_zero(weight, output, value, lengths);
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
    lengths: &Lengths,
    epsilon: f32,
    #[comptime] outputs_last: bool,
) {
    let unit = ABSOLUTE_POS as u32;
    let length = lengths.padded * lengths.taps;
    if unit < lengths.outputs * length {
        let (output, value) = (unit / length, unit % length);
        let deviation = (variance[output as usize] + epsilon).sqrt();
        let scale = gamma[output as usize] / deviation;
        let at = place(output, value, lengths, outputs_last);
        filters[at] = weight_or_zero(weight, output, value, lengths) * scale;
        if value == 0 {
            shift[output as usize] = beta[output as usize] - mean[output as usize] * scale;
            shift[(lengths.outputs + output) as usize] = scale;
            shift[(lengths.outputs * 2 + output) as usize] = deviation;
            shift[(lengths.outputs * 3 + output) as usize] = mean[output as usize];
        }
    }
}

/// A workgroup for each output.
#[cube(launch_unchecked)]
fn unfolded(
    of_filters: &[f32],
    of_shift: &[f32],
    weight: &[f32],
    shift: &[f32],
    of_weight: &mut [f32],
    of_gamma: &mut [f32],
    lengths: &Lengths,
    #[comptime] outputs_last: bool,
) {
    let output = CUBE_POS_X as usize;
    let scale = shift[lengths.outputs as usize + output];
    let deviation = shift[lengths.outputs as usize * 2 + output];
    let mean = shift[lengths.outputs as usize * 3 + output];
    let length = lengths.inputs * lengths.taps;
    let mut share = 0.0f32;
    let mut value = UNIT_POS;
    while value < length {
        let at = (CUBE_POS_X * length + value) as usize;
        let of_filter = of_filters[place(CUBE_POS_X, value, lengths, outputs_last)];
        of_weight[at] = of_filter * scale;
        share += of_filter * weight[at];
        value += CUBE_DIM;
    }
    let sum = sum_of_units(-mean * of_shift[output], share);
    if UNIT_POS == 0 {
        of_gamma[output] = sum / deviation;
    }
}

/// Where the filters have a value of an output, counted as in the weight if that were padded.
#[cube]
fn place(output: u32, value: u32, lengths: &Lengths, #[comptime] outputs_last: bool) -> usize {
    if outputs_last {
        let (input, tap) = (value / lengths.taps, value % lengths.taps);
        ((tap * lengths.padded + input) * lengths.outputs + output) as usize
    } else {
        (output * lengths.padded * lengths.taps + value) as usize
    }
}

#[cube]
fn weight_or_zero(weight: &[f32], output: u32, value: u32, lengths: &Lengths) -> f32 {
    let length = lengths.inputs * lengths.taps;
    let mut found = 0.0f32;
    if value < length {
        found = weight[(output * length + value) as usize];
    }
    found
}
