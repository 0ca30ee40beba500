//! Convolutions of 1 × 1 as products of matrices, since a picture here lies in memory as rows of channels. Burn's own is a convolution for any
//! window, which loads two values for each product; these keep eight sums or more in registers.
//!
//! # Shapes
//! - x, y and their gradients: `[pixels, channels]`, of all pictures
//! - filters: `[outputs, inputs]`

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::activation::activated;
use super::filters::Filters;
use super::geometry::Geometry;
use super::kernel::Kernel;
use super::{LANES, argument, joined, one_each, parts, unwritten};
use crate::nn::spec::Activation;

/// Rows that a unit computes together.
const ROWS: usize = 4;

#[derive(Debug)]
pub struct Pointwise;

impl Kernel for Pointwise {
    fn takes(&self, geometry: &Geometry) -> bool {
        let Geometry { inputs, outputs, groups, kernel, stride, picture, output, .. } = *geometry;
        (kernel, groups, stride) == (1, 1, 1)
            && picture == output
            && inputs.is_multiple_of(LANES)
            && outputs.is_multiple_of(LANES)
    }

    fn filters(&self, geometry: &Geometry) -> Filters {
        let Geometry { inputs, outputs, .. } = *geometry;
        Filters { outputs, inputs, padded: inputs, taps: 1, outputs_last: false }
    }

    fn forward(
        &self,
        geometry: &Geometry,
        x: &CubeTensor,
        filters: &CubeTensor,
        shift: &CubeTensor,
        activation: Activation,
    ) -> CubeTensor {
        let Geometry { inputs, outputs, .. } = *geometry;
        let y = unwritten(x, geometry.shape_of_y());
        let (count, dim) = one_each(&x.client, geometry.pixels().div_ceil(ROWS) * (outputs / 2));
        // Safety: rows past the last one are neither read nor written, and units past the last one do nothing.
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
                geometry.pixels() as u32,
                (inputs / LANES) as u32,
                outputs as u32,
                activation,
            );
        }
        y
    }

    /// `gradient · filters`.
    fn of_x(&self, geometry: &Geometry, gradient: &CubeTensor, filters: &CubeTensor) -> CubeTensor {
        let Geometry { inputs, outputs, .. } = *geometry;
        let out = unwritten(gradient, geometry.shape_of_x());
        let (count, dim) = one_each(&gradient.client, geometry.pixels().div_ceil(ROWS) * (inputs / LANES));
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
                geometry.pixels() as u32,
                outputs as u32,
                (inputs / LANES) as u32,
            );
        }
        out
    }

    /// `gradientᵀ · x`.
    fn of_filters(&self, geometry: &Geometry, gradient: &CubeTensor, x: &CubeTensor) -> CubeTensor {
        let Geometry { inputs, outputs, .. } = *geometry;
        let (rows, columns) = (outputs / LANES, inputs / LANES);
        let parts = parts(rows * columns, geometry.pixels());
        let out = unwritten(gradient, [parts, outputs, inputs]);
        let (count, dim) = one_each(&gradient.client, parts * rows * columns);
        // Safety: as in `forward`.
        unsafe {
            of_filters::launch_unchecked(
                &gradient.client,
                count,
                dim,
                LANES,
                argument(gradient),
                argument(x),
                argument(&out),
                geometry.pixels() as u32,
                parts as u32,
                rows as u32,
                columns as u32,
            );
        }
        joined(out, [outputs, inputs, 1])
    }
}

/// A unit for four pixels and two outputs.
#[cube(launch_unchecked)]
fn of_outputs<N: Size>(
    x: &[Vector<f32, N>],
    filters: &[Vector<f32, N>],
    shift: &[f32],
    y: &mut [f32],
    pixels: u32,
    terms: u32,
    outputs: u32,
    #[comptime] activation: Activation,
) {
    let unit = ABSOLUTE_POS as u32;
    let pairs = outputs / 2;
    let first = unit / pairs * 4;
    if first < pixels {
        let output = unit % pairs * 2;
        let last = pixels - 1;
        let x_0 = first * terms;
        let x_1 = clamp_max(first + 1, last) * terms;
        let x_2 = clamp_max(first + 2, last) * terms;
        let x_3 = clamp_max(first + 3, last) * terms;
        let filter_0 = output * terms;
        let filter_1 = filter_0 + terms;
        let mut sum_00 = Vector::<f32, N>::new(0.0f32);
        let mut sum_01 = Vector::<f32, N>::new(0.0f32);
        let mut sum_10 = Vector::<f32, N>::new(0.0f32);
        let mut sum_11 = Vector::<f32, N>::new(0.0f32);
        let mut sum_20 = Vector::<f32, N>::new(0.0f32);
        let mut sum_21 = Vector::<f32, N>::new(0.0f32);
        let mut sum_30 = Vector::<f32, N>::new(0.0f32);
        let mut sum_31 = Vector::<f32, N>::new(0.0f32);
        for term in 0..terms {
            let at_0 = filters[(filter_0 + term) as usize];
            let at_1 = filters[(filter_1 + term) as usize];
            let value = x[(x_0 + term) as usize];
            sum_00 += value * at_0;
            sum_01 += value * at_1;
            let value = x[(x_1 + term) as usize];
            sum_10 += value * at_0;
            sum_11 += value * at_1;
            let value = x[(x_2 + term) as usize];
            sum_20 += value * at_0;
            sum_21 += value * at_1;
            let value = x[(x_3 + term) as usize];
            sum_30 += value * at_0;
            sum_31 += value * at_1;
        }
        let at = (first * outputs + output) as usize;
        let row = outputs as usize;
        let shift_0 = shift[output as usize];
        let shift_1 = shift[output as usize + 1];
        y[at] = finished::<N>(sum_00, shift_0, activation);
        y[at + 1] = finished::<N>(sum_01, shift_1, activation);
        if first + 1 < pixels {
            y[at + row] = finished::<N>(sum_10, shift_0, activation);
            y[at + row + 1] = finished::<N>(sum_11, shift_1, activation);
        }
        if first + 2 < pixels {
            y[at + 2 * row] = finished::<N>(sum_20, shift_0, activation);
            y[at + 2 * row + 1] = finished::<N>(sum_21, shift_1, activation);
        }
        if first + 3 < pixels {
            y[at + 3 * row] = finished::<N>(sum_30, shift_0, activation);
            y[at + 3 * row + 1] = finished::<N>(sum_31, shift_1, activation);
        }
    }
}

#[cube]
fn clamp_max(value: u32, most: u32) -> u32 {
    select(value < most, value, most)
}

#[cube]
fn finished<N: Size>(sums: Vector<f32, N>, shift: f32, #[comptime] activation: Activation) -> f32 {
    let sum = sums.extract(0usize) + sums.extract(1usize) + sums.extract(2usize) + sums.extract(3usize) + shift;
    activated(sum, activation)
}

/// A unit for four pixels and four columns.
#[cube(launch_unchecked)]
fn of_inputs<N: Size>(
    a: &[f32],
    b: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    pixels: u32,
    terms: u32,
    columns: u32,
) {
    let unit = ABSOLUTE_POS as u32;
    let first = unit / columns * 4;
    if first < pixels {
        let column = unit % columns;
        let last = pixels - 1;
        let a_0 = first * terms;
        let a_1 = clamp_max(first + 1, last) * terms;
        let a_2 = clamp_max(first + 2, last) * terms;
        let a_3 = clamp_max(first + 3, last) * terms;
        let mut sum_0 = Vector::<f32, N>::new(0.0f32);
        let mut sum_1 = Vector::<f32, N>::new(0.0f32);
        let mut sum_2 = Vector::<f32, N>::new(0.0f32);
        let mut sum_3 = Vector::<f32, N>::new(0.0f32);
        for term in 0..terms {
            let value = b[(term * columns + column) as usize];
            sum_0 += Vector::<f32, N>::new(a[(a_0 + term) as usize]) * value;
            sum_1 += Vector::<f32, N>::new(a[(a_1 + term) as usize]) * value;
            sum_2 += Vector::<f32, N>::new(a[(a_2 + term) as usize]) * value;
            sum_3 += Vector::<f32, N>::new(a[(a_3 + term) as usize]) * value;
        }
        let at = (first * columns + column) as usize;
        let row = columns as usize;
        out[at] = sum_0;
        if first + 1 < pixels {
            out[at + row] = sum_1;
        }
        if first + 2 < pixels {
            out[at + 2 * row] = sum_2;
        }
        if first + 3 < pixels {
            out[at + 3 * row] = sum_3;
        }
    }
}

/// A unit for four rows and four columns of one of the parts of the pixels. All four rows of all parts lie one after the other.
#[allow(clippy::manual_div_ceil)] // Kernels do not know it.
#[cube(launch_unchecked)]
fn of_filters<N: Size>(
    a: &[Vector<f32, N>],
    b: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    pixels: u32,
    parts: u32,
    rows: u32,
    columns: u32,
) {
    let unit = ABSOLUTE_POS as u32;
    let row_of_part = unit / columns;
    let part = row_of_part / rows;
    if part < parts {
        let row = row_of_part % rows;
        let column = unit % columns;
        let share = (pixels + parts - 1) / parts;
        let first = part * share;
        let last = clamp_max(first + share, pixels);
        let mut sum_0 = Vector::<f32, N>::new(0.0f32);
        let mut sum_1 = Vector::<f32, N>::new(0.0f32);
        let mut sum_2 = Vector::<f32, N>::new(0.0f32);
        let mut sum_3 = Vector::<f32, N>::new(0.0f32);
        for pixel in first..last {
            let of_rows = a[(pixel * rows + row) as usize];
            let value = b[(pixel * columns + column) as usize];
            sum_0 += Vector::<f32, N>::new(of_rows.extract(0usize)) * value;
            sum_1 += Vector::<f32, N>::new(of_rows.extract(1usize)) * value;
            sum_2 += Vector::<f32, N>::new(of_rows.extract(2usize)) * value;
            sum_3 += Vector::<f32, N>::new(of_rows.extract(3usize)) * value;
        }
        let at = (row_of_part * 4 * columns + column) as usize;
        let step = columns as usize;
        out[at] = sum_0;
        out[at + step] = sum_1;
        out[at + 2 * step] = sum_2;
        out[at + 3 * step] = sum_3;
    }
}
