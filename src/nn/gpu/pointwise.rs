//! Convolutions of 1 × 1 as products of matrices, since a picture here lies in memory as rows of channels. Burn's own is a convolution for any
//! window, which loads two values for each product; these keep eight sums or more in registers.
//!
//! # Shapes
//! - x, y and their gradients: `[pixels, channels]`
//! - filters: `[outputs, inputs]`

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::{LANES, argument, clamp_at, joined, one_each, parts, shape, unwritten};

/// Rows that a unit computes together.
const ROWS: usize = 4;

/// `clamp(x · filtersᵀ + shift)`.
pub fn forward(x: &CubeTensor, filters: &CubeTensor, shift: &CubeTensor, relu6: bool) -> CubeTensor {
    let ([pixels, inputs], [outputs, _]) = (shape(x), shape(filters));
    let y = unwritten(x, [pixels, outputs]);
    let (count, dim) = one_each(&x.client, pixels.div_ceil(ROWS) * (outputs / 2));
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
            pixels as u32,
            (inputs / LANES) as u32,
            outputs as u32,
            relu6,
        );
    }
    y
}

/// `a · b`; the columns of `b` are a multiple of [`LANES`], as are those of `a`.
pub fn product(a: &CubeTensor, b: &CubeTensor) -> CubeTensor {
    let ([pixels, terms], [_, columns]) = (shape(a), shape(b));
    let out = unwritten(a, [pixels, columns]);
    let (count, dim) = one_each(&a.client, pixels.div_ceil(ROWS) * (columns / LANES));
    // Safety: as in `forward`.
    unsafe {
        of_inputs::launch_unchecked(
            &a.client,
            count,
            dim,
            LANES,
            argument(a),
            argument(b),
            argument(&out),
            pixels as u32,
            terms as u32,
            (columns / LANES) as u32,
        );
    }
    out
}

/// `aᵀ · b`; the columns of both are multiples of [`LANES`].
pub fn transposed_product(a: &CubeTensor, b: &CubeTensor) -> CubeTensor {
    let ([pixels, rows], [_, columns]) = (shape(a), shape(b));
    let units = (rows / LANES) * (columns / LANES);
    let parts = parts(units, pixels);
    let out = unwritten(a, [parts, rows, columns]);
    let (count, dim) = one_each(&a.client, parts * units);
    // Safety: as in `forward`.
    unsafe {
        of_filters::launch_unchecked(
            &a.client,
            count,
            dim,
            LANES,
            argument(a),
            argument(b),
            argument(&out),
            pixels as u32,
            parts as u32,
            (rows / LANES) as u32,
            (columns / LANES) as u32,
        );
    }
    joined(out, [rows, columns])
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
    #[comptime] relu6: bool,
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
        y[at] = finished::<N>(sum_00, shift_0, relu6);
        y[at + 1] = finished::<N>(sum_01, shift_1, relu6);
        if first + 1 < pixels {
            y[at + row] = finished::<N>(sum_10, shift_0, relu6);
            y[at + row + 1] = finished::<N>(sum_11, shift_1, relu6);
        }
        if first + 2 < pixels {
            y[at + 2 * row] = finished::<N>(sum_20, shift_0, relu6);
            y[at + 2 * row + 1] = finished::<N>(sum_21, shift_1, relu6);
        }
        if first + 3 < pixels {
            y[at + 3 * row] = finished::<N>(sum_30, shift_0, relu6);
            y[at + 3 * row + 1] = finished::<N>(sum_31, shift_1, relu6);
        }
    }
}

#[cube]
fn clamp_max(value: u32, most: u32) -> u32 {
    select(value < most, value, most)
}

#[cube]
fn finished<N: Size>(sums: Vector<f32, N>, shift: f32, #[comptime] relu6: bool) -> f32 {
    let sum = sums.extract(0usize) + sums.extract(1usize) + sums.extract(2usize) + sums.extract(3usize) + shift;
    clamp_at(sum, relu6)
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
