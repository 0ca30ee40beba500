//! The outputs, and the gradient of the filters.

use cubecl::prelude::*;

use super::tiles::{Tiles, block, groups, own_column, own_row, step};
use crate::nn::gpu::activation::all_activated;
use crate::nn::gpu::geometry::Sizes;
use crate::nn::spec::Activation;

/// A line above every window: more than any picture has.
const NOWHERE: u32 = 1 << 30;

#[allow(clippy::manual_div_ceil)] // Kernels do not know it.
#[cube(launch_unchecked)]
pub fn of_outputs<N: Size>(
    x: &[Vector<f32, N>],
    filters: &[Vector<f32, N>],
    shift: &[Vector<f32, N>],
    y: &mut [Vector<f32, N>],
    sizes: &Sizes,
    #[comptime] kernel: u32,
    #[comptime] stride: u32,
    #[comptime] activation: Activation,
    #[comptime] wide: usize,
) {
    let tile_columns = (sizes.outputs + groups(wide) - 1) / groups(wide);
    let tile_row = CUBE_POS as u32 / tile_columns * groups(wide);
    let tile_column = CUBE_POS as u32 % tile_columns * groups(wide);
    let pixels = sizes.batch * sizes.out_height * sizes.out_width;
    let terms = kernel * kernel * sizes.inputs;

    // The windows of which this unit loads values: where they begin.
    let (group, first_term) = block(false, wide);
    let mut tops = Array::<u32>::new(4usize);
    let mut lefts = Array::<u32>::new(4usize);
    let mut pictures = Array::<u32>::new(4usize);
    #[unroll]
    for row in 0..4usize {
        let pixel = (tile_row + group) * 4 + row as u32;
        let line = pixel / sizes.out_width;
        // Above and left of the picture these wrap around to something large.
        tops[row] = select(pixel < pixels, line % sizes.out_height * stride - sizes.top, NOWHERE);
        lefts[row] = pixel % sizes.out_width * stride - sizes.left;
        pictures[row] = line / sizes.out_height * sizes.height;
    }
    let (output_group, first_filter) = block(true, wide);
    let output = tile_column + output_group;

    let mut tiles = Tiles::<N>::new(wide);
    let mut of_x = Array::<Vector<f32, N>>::new(4usize);
    let mut of_filters = Array::<Vector<f32, N>>::new(4usize);
    for round in 0..(terms + step(wide) - 1) / step(wide) {
        let term = round * step(wide) + first_term;
        let (tap, input) = (term / sizes.inputs, term % sizes.inputs);
        let filter = (round * step(wide) + first_filter) * 4;
        #[unroll]
        for row in 0..4usize {
            let (source_y, source_x) = (tops[row] + tap / kernel, lefts[row] + tap % kernel);
            let mut value = Vector::<f32, N>::new(0.0f32);
            if term < terms && source_y < sizes.height && source_x < sizes.width {
                value = x[(((pictures[row] + source_y) * sizes.width + source_x) * sizes.inputs + input) as usize];
            }
            of_x[row] = value;
            let mut value = Vector::<f32, N>::new(0.0f32);
            if filter < terms * 4 && output < sizes.outputs {
                value = filters[((filter + row as u32) * sizes.outputs + output) as usize];
            }
            of_filters[row] = value;
        }
        tiles.add(&of_x, &of_filters, false, true);
    }

    #[unroll]
    for row in 0..comptime!(4 * wide) {
        let pixel = (tile_row + own_row(comptime!(row as u32 / 4))) * 4 + comptime!(row as u32 % 4);
        #[unroll]
        for column in 0..wide {
            let output = tile_column + own_column(column as u32);
            if pixel < pixels && output < sizes.outputs {
                let sum = tiles.sums[comptime!(row * wide + column)] + shift[output as usize];
                y[(pixel * sizes.outputs + output) as usize] = all_activated(sum, activation);
            }
        }
    }
}

/// All rows of all parts of the output pixels lie one after the other.
#[allow(clippy::manual_div_ceil)] // Kernels do not know it.
#[cube(launch_unchecked)]
pub fn of_filters<N: Size>(
    gradient: &[Vector<f32, N>],
    x: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    sizes: &Sizes,
    parts: u32,
    #[comptime] kernel: u32,
    #[comptime] stride: u32,
    #[comptime] wide: usize,
) {
    let rows = kernel * kernel * sizes.inputs;
    let tile_rows = (rows + groups(wide) - 1) / groups(wide);
    let tile_columns = (sizes.outputs + groups(wide) - 1) / groups(wide);
    let part = CUBE_POS as u32 / tile_columns / tile_rows;
    let tile_row = CUBE_POS as u32 / tile_columns % tile_rows * groups(wide);
    let tile_column = CUBE_POS as u32 % tile_columns * groups(wide);
    let pixels = sizes.batch * sizes.out_height * sizes.out_width;
    let share = (pixels + parts - 1) / parts;
    let first = part * share;
    let last = select(first + share < pixels, first + share, pixels);

    let (group, first_term) = block(true, wide);
    let (row, output) = (tile_row + group, tile_column + group);
    let (tap, input) = (row / sizes.inputs, row % sizes.inputs);
    let (tap_y, tap_x) = (tap / kernel, tap % kernel);

    let mut tiles = Tiles::<N>::new(wide);
    let mut of_x = Array::<Vector<f32, N>>::new(4usize);
    let mut of_gradient = Array::<Vector<f32, N>>::new(4usize);
    for round in 0..(share + step(wide) * 4 - 1) / (step(wide) * 4) {
        #[unroll]
        for term in 0..4usize {
            let pixel = first + (round * step(wide) + first_term) * 4 + term as u32;
            let line = pixel / sizes.out_width;
            // Above and left of the picture these wrap around to something large.
            let source_y = line % sizes.out_height * stride + tap_y - sizes.top;
            let source_x = pixel % sizes.out_width * stride + tap_x - sizes.left;
            let mut value = Vector::<f32, N>::new(0.0f32);
            if row < rows && pixel < last && source_y < sizes.height && source_x < sizes.width {
                let source = (line / sizes.out_height * sizes.height + source_y) * sizes.width + source_x;
                value = x[(source * sizes.inputs + input) as usize];
            }
            of_x[term] = value;
            let mut value = Vector::<f32, N>::new(0.0f32);
            if output < sizes.outputs && pixel < last {
                value = gradient[(pixel * sizes.outputs + output) as usize];
            }
            of_gradient[term] = value;
        }
        tiles.add(&of_x, &of_gradient, true, true);
    }

    #[unroll]
    for own in 0..comptime!(4 * wide) {
        let row = (tile_row + own_row(comptime!(own as u32 / 4))) * 4 + comptime!(own as u32 % 4);
        #[unroll]
        for column in 0..wide {
            let output = tile_column + own_column(column as u32);
            if part < parts && row < rows * 4 && output < sizes.outputs {
                let at = ((part * rows * 4 + row) * sizes.outputs + output) as usize;
                out[at] = tiles.sums[comptime!(own * wide + column)];
            }
        }
    }
}
