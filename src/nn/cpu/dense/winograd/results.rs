//! The products of tiles, transformed back.

use std::ops::Range;

use super::super::super::halves;
use super::super::product::Sink;
use super::super::vectors::Vectors;
use super::tiles::{Part, Room, Winograd};
use super::transforms::{self, INPUTS, OUTPUTS, POINTS};

/// Hands over the rows of a part's tiles, out of `sums[point][row][tile]`.
#[inline(always)]
pub fn transform<T: Vectors>(
    by: T,
    winograd: &Winograd,
    part: &Part,
    rows: Range<usize>,
    (sums, room): (&[f32], Room),
    lines: &mut Vec<f32>,
    sink: &mut impl Sink,
) {
    let [height, width] = winograd.grid;
    let tiles = winograd.tiles()[1];
    // Of four lines, taken apart into quarters of them with a vector behind, and of one line, its halves and all of it.
    let (quarter, whole) = (tiles.next_multiple_of(T::WIDTH), OUTPUTS * tiles);
    lines.clear();
    lines.resize(OUTPUTS * OUTPUTS * quarter + 2 * whole, 0.0);
    let (quarters, rest) = lines.split_at_mut(OUTPUTS * OUTPUTS * quarter);
    let (halves, line) = rest.split_at_mut(whole);
    let (even, odd) = halves.split_at_mut(whole / 2);
    for (nth, row) in rows.enumerate() {
        for (index, tile_row) in part.rows.clone().enumerate() {
            let first = nth * room.line + part.first + index * tiles;
            for tile in (0..tiles).step_by(T::WIDTH) {
                square(by, &sums[first + tile..], room.point, &mut quarters[tile..], quarter);
            }
            for (down, quarters) in quarters.chunks_exact(OUTPUTS * quarter).enumerate() {
                let y = OUTPUTS * tile_row + down;
                if y == height {
                    break;
                }
                let [a, b, c, d] = std::array::from_fn(|place| &quarters[place * quarter..][..tiles]);
                halves::interleave(even, a, c);
                halves::interleave(odd, b, d);
                halves::interleave(line, even, odd);
                sink.put(row, part.photo, y * width, &line[..width]);
            }
        }
    }
}

/// A vector of tiles, into `out[row][column][tile]`.
#[inline(always)]
fn square<T: Vectors>(by: T, read: &[f32], point: usize, out: &mut [f32], quarter: usize) {
    assert!(read.len() >= (POINTS - 1) * point + T::WIDTH);
    assert!(out.len() >= (OUTPUTS * OUTPUTS - 1) * quarter + T::WIDTH);
    let mut lines = [[by.splat(0.0); INPUTS]; OUTPUTS];
    for column in 0..INPUTS {
        // SAFETY: there is a vector of each point, as was checked.
        let load = |row: usize| unsafe { by.load(read.as_ptr().add((row * INPUTS + column) * point)) };
        let values = transforms::outputs(by, [load(0), load(1), load(2), load(3), load(4), load(5)]);
        lines.iter_mut().zip(values).for_each(|(line, value)| line[column] = value);
    }
    for (row, line) in lines.into_iter().enumerate() {
        for (column, value) in transforms::outputs(by, line).into_iter().enumerate() {
            // SAFETY: as was checked.
            unsafe { by.store(value, out.as_mut_ptr().add((row * OUTPUTS + column) * quarter)) };
        }
    }
}
