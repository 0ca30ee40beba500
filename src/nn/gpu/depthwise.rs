//! Convolutions with one filter per channel, four channels at a time.
//!
//! # Shapes
//! - x, y and their gradients: `[batch, height, width, channels]`
//! - filters: `[kernel · kernel, channels]`

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::activation::all_activated;
use super::filters::Filters;
use super::geometry::{Geometry, Sizes};
use super::kernel::Kernel;
use super::{LANES, argument, joined, one_each, parts, unwritten};
use crate::nn::spec::Activation;

#[derive(Debug)]
pub struct Depthwise;

impl Kernel for Depthwise {
    fn takes(&self, geometry: &Geometry) -> bool {
        let Geometry { inputs, outputs, groups, .. } = *geometry;
        groups == inputs && inputs == outputs && inputs.is_multiple_of(LANES)
    }

    fn filters(&self, geometry: &Geometry) -> Filters {
        Filters { outputs: geometry.outputs, inputs: 1, padded: 1, taps: geometry.taps(), outputs_last: true }
    }

    fn forward(
        &self,
        geometry: &Geometry,
        x: &CubeTensor,
        filters: &CubeTensor,
        shift: &CubeTensor,
        activation: Activation,
    ) -> CubeTensor {
        let y = unwritten(x, geometry.shape_of_y());
        let (count, dim) = one_each(&x.client, geometry.output_pixels() * geometry.outputs / LANES);
        // Safety: what lies outside the picture is not read, and units past the last value do nothing.
        unsafe {
            of_outputs::launch_unchecked(
                &x.client,
                count,
                dim,
                LANES,
                argument(x),
                argument(filters),
                argument(shift),
                argument(&y),
                geometry.arguments(),
                geometry.kernel as u32,
                geometry.stride as u32,
                activation,
            );
        }
        y
    }

    fn of_x(&self, geometry: &Geometry, gradient: &CubeTensor, filters: &CubeTensor) -> CubeTensor {
        let out = unwritten(gradient, geometry.shape_of_x());
        let (count, dim) = one_each(&gradient.client, geometry.pixels() * geometry.inputs / LANES);
        // Safety: as in `forward`.
        unsafe {
            of_inputs::launch_unchecked(
                &gradient.client,
                count,
                dim,
                LANES,
                argument(gradient),
                argument(filters),
                argument(&out),
                geometry.arguments(),
                geometry.kernel as u32,
                geometry.stride as u32,
            );
        }
        out
    }

    fn of_filters(&self, geometry: &Geometry, gradient: &CubeTensor, x: &CubeTensor) -> CubeTensor {
        let (taps, channels) = (geometry.taps(), geometry.inputs);
        let [out_height, out_width] = geometry.output;
        let (units, lines) = (taps * channels / LANES, geometry.batch * out_height);
        let parts = parts(units, lines * out_width).min(lines);
        let out = unwritten(gradient, [parts, taps, channels]);
        let (count, dim) = one_each(&gradient.client, parts * units);
        // Safety: as in `forward`.
        unsafe {
            of_taps::launch_unchecked(
                &gradient.client,
                count,
                dim,
                LANES,
                argument(gradient),
                argument(x),
                argument(&out),
                geometry.arguments(),
                parts as u32,
                geometry.kernel as u32,
                geometry.stride as u32,
            );
        }
        joined(out, [taps, 1, channels])
    }
}

/// A unit for four channels of an output pixel.
#[cube(launch_unchecked)]
fn of_outputs<N: Size>(
    x: &[Vector<f32, N>],
    filters: &[Vector<f32, N>],
    shift: &[Vector<f32, N>],
    y: &mut [Vector<f32, N>],
    sizes: &Sizes,
    #[comptime] kernel: u32,
    #[comptime] stride: u32,
    #[comptime] activation: Activation,
) {
    let unit = ABSOLUTE_POS as u32;
    let channel = unit % sizes.inputs;
    let pixel = unit / sizes.inputs;
    let column = pixel % sizes.out_width;
    let line = pixel / sizes.out_width % sizes.out_height;
    let picture = pixel / sizes.out_width / sizes.out_height;
    if picture < sizes.batch {
        let mut sum = shift[channel as usize];
        for tap_y in 0..kernel {
            // Above the picture this wraps around to something large.
            let source_y = line * stride + tap_y - sizes.top;
            if source_y < sizes.height {
                for tap_x in 0..kernel {
                    let source_x = column * stride + tap_x - sizes.left;
                    if source_x < sizes.width {
                        let source = (picture * sizes.height + source_y) * sizes.width + source_x;
                        sum += x[(source * sizes.inputs + channel) as usize]
                            * filters[((tap_y * kernel + tap_x) * sizes.inputs + channel) as usize];
                    }
                }
            }
        }
        y[unit as usize] = all_activated(sum, activation);
    }
}

/// A unit for four channels of an input pixel.
#[allow(clippy::manual_is_multiple_of)] // Kernels do not know it.
#[cube(launch_unchecked)]
fn of_inputs<N: Size>(
    gradient: &[Vector<f32, N>],
    filters: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    sizes: &Sizes,
    #[comptime] kernel: u32,
    #[comptime] stride: u32,
) {
    let unit = ABSOLUTE_POS as u32;
    let channel = unit % sizes.inputs;
    let pixel = unit / sizes.inputs;
    let column = pixel % sizes.width;
    let line = pixel / sizes.width % sizes.height;
    let picture = pixel / sizes.width / sizes.height;
    if picture < sizes.batch {
        let mut sum = Vector::<f32, N>::new(0.0f32);
        for tap_y in 0..kernel {
            // Where the window would begin above the picture this wraps around to something large.
            let from_y = line + sizes.top - tap_y;
            let target_y = from_y / stride;
            if from_y % stride == 0 && target_y < sizes.out_height {
                for tap_x in 0..kernel {
                    let from_x = column + sizes.left - tap_x;
                    let target_x = from_x / stride;
                    if from_x % stride == 0 && target_x < sizes.out_width {
                        let target = (picture * sizes.out_height + target_y) * sizes.out_width + target_x;
                        sum += gradient[(target * sizes.inputs + channel) as usize]
                            * filters[((tap_y * kernel + tap_x) * sizes.inputs + channel) as usize];
                    }
                }
            }
        }
        out[unit as usize] = sum;
    }
}

/// A unit for one tap of four channels, of one of the parts of all pictures' lines.
#[allow(clippy::manual_div_ceil)] // Kernels do not know it.
#[cube(launch_unchecked)]
fn of_taps<N: Size>(
    gradient: &[Vector<f32, N>],
    x: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    sizes: &Sizes,
    parts: u32,
    #[comptime] kernel: u32,
    #[comptime] stride: u32,
) {
    let unit = ABSOLUTE_POS as u32;
    let channel = unit % sizes.inputs;
    let tap = unit / sizes.inputs % (kernel * kernel);
    let part = unit / sizes.inputs / (kernel * kernel);
    if part < parts {
        let tap_x = tap % kernel;
        let tap_y = tap / kernel;
        let lines = sizes.batch * sizes.out_height;
        let share = (lines + parts - 1) / parts;
        let first = part * share;
        let last = select(first + share < lines, first + share, lines);
        let mut sum = Vector::<f32, N>::new(0.0f32);
        for line_of_all in first..last {
            let picture = line_of_all / sizes.out_height;
            let line = line_of_all % sizes.out_height;
            let source_y = line * stride + tap_y - sizes.top;
            if source_y < sizes.height {
                for column in 0..sizes.out_width {
                    let source_x = column * stride + tap_x - sizes.left;
                    if source_x < sizes.width {
                        let source = (picture * sizes.height + source_y) * sizes.width + source_x;
                        let target = line_of_all * sizes.out_width + column;
                        sum += x[(source * sizes.inputs + channel) as usize]
                            * gradient[(target * sizes.inputs + channel) as usize];
                    }
                }
            }
        }
        out[unit as usize] = sum;
    }
}
