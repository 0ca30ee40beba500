//! The gradient of x. With a stride of 2 only every fourth tap meets an output at a given pixel: pixels of the same phase, which
//! need the same taps, are computed together, so that none is multiplied by zeros.

use cubecl::prelude::*;

use super::tiles::{Tiles, block, groups, own_column, own_row, step};
use crate::nn::gpu::geometry::Sizes;

/// Below every output: more lines than any picture has.
const NOWHERE: u32 = 1 << 30;

/// Rows are the pixels of a phase, one of each cell of stride × stride pixels; the phases come one after the other, in whole tiles.
#[allow(clippy::manual_div_ceil)] // Kernels do not know it.
#[cube(launch_unchecked)]
pub fn of_inputs<N: Size>(
    gradient: &[Vector<f32, N>],
    filters: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    sizes: &Sizes,
    #[comptime] kernel: u32,
    #[comptime] stride: u32,
    #[comptime] wide: usize,
) {
    let cells_y = (sizes.height + stride - 1) / stride;
    let cells_x = (sizes.width + stride - 1) / stride;
    let cells = sizes.batch * cells_y * cells_x;
    let tile_rows = (cells + groups(wide) * 4 - 1) / (groups(wide) * 4);
    let tile_columns = (sizes.inputs + groups(wide) - 1) / groups(wide);
    let phase = CUBE_POS as u32 / tile_columns / tile_rows;
    let tile_row = CUBE_POS as u32 / tile_columns % tile_rows * groups(wide);
    let tile_column = CUBE_POS as u32 % tile_columns * groups(wide);

    // The taps of this phase: every `stride`-th from the first one on.
    let (phase_y, phase_x) = (phase / stride, phase % stride);
    let (first_y, first_x) = ((phase_y + sizes.top) % stride, (phase_x + sizes.left) % stride);
    let taps_y = (kernel + stride - 1 - first_y) / stride;
    let taps_x = (kernel + stride - 1 - first_x) / stride;
    let terms = taps_y * taps_x * sizes.outputs;

    // The pixels for which this unit loads gradients: the outputs that the first tap meets.
    let (group, first_term) = block(false, wide);
    let mut lines = Array::<u32>::new(4usize);
    let mut columns = Array::<u32>::new(4usize);
    let mut pictures = Array::<u32>::new(4usize);
    #[unroll]
    for row in 0..4usize {
        let cell = (tile_row + group) * 4 + row as u32;
        let line = cell / cells_x % cells_y * stride + phase_y;
        let column = cell % cells_x * stride + phase_x;
        lines[row] = select(cell < cells, (line + sizes.top - first_y) / stride, NOWHERE);
        columns[row] = (column + sizes.left - first_x) / stride;
        pictures[row] = cell / cells_x / cells_y * sizes.out_height;
    }

    let mut tiles = Tiles::<N>::new(wide);
    let mut of_gradient = Array::<Vector<f32, N>>::new(4usize);
    let mut of_filters = Array::<Vector<f32, N>>::new(4usize);
    for round in 0..(terms + step(wide) - 1) / step(wide) {
        let term = round * step(wide) + first_term;
        let (tap, output) = (term / sizes.outputs, term % sizes.outputs);
        let (tap_y, tap_x) = (tap / taps_x, tap % taps_x);
        let filter = ((first_y + tap_y * stride) * kernel + first_x + tap_x * stride) * sizes.inputs * 4;
        #[unroll]
        for row in 0..4usize {
            // Above and left of the outputs these wrap around to something large.
            let (target_y, target_x) = (lines[row] - tap_y, columns[row] - tap_x);
            let mut value = Vector::<f32, N>::new(0.0f32);
            if term < terms && target_y < sizes.out_height && target_x < sizes.out_width {
                let target = (pictures[row] + target_y) * sizes.out_width + target_x;
                value = gradient[(target * sizes.outputs + output) as usize];
            }
            of_gradient[row] = value;
            let input = (tile_column + group) * 4 + row as u32;
            let mut value = Vector::<f32, N>::new(0.0f32);
            if term < terms && input < sizes.inputs * 4 {
                value = filters[((filter + input) * sizes.outputs + output) as usize];
            }
            of_filters[row] = value;
        }
        tiles.add(&of_gradient, &of_filters, false, false);
    }

    #[unroll]
    for row in 0..comptime!(4 * wide) {
        let cell = (tile_row + own_row(comptime!(row as u32 / 4))) * 4 + comptime!(row as u32 % 4);
        let line = cell / cells_x % cells_y * stride + phase_y;
        let column = cell % cells_x * stride + phase_x;
        let pixel = (cell / cells_x / cells_y * sizes.height + line) * sizes.width + column;
        #[unroll]
        for own in 0..wide {
            let input = tile_column + own_column(own as u32);
            let inside = cell < cells && line < sizes.height && column < sizes.width && input < sizes.inputs;
            if inside && phase < comptime!(stride * stride) {
                out[(pixel * sizes.inputs + input) as usize] = tiles.sums[comptime!(row * wide + own)];
            }
        }
    }
}
