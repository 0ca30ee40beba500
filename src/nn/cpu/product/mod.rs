//! Products of matrices for the vectors of WebAssembly, where `gemm` gets two thirds of the speed.
//!
//! ```text
//!  panels  a matrix cut into panels that the innermost loop reads from front to back
//!  tile    that loop: four rows and eight columns of the product, held in registers
//! ```
//!
//! Four by eight because the eight sums, with what goes into them, are as many vectors as x86-64 can hold without FMA, and because
//! every number of channels here is a multiple of four.

mod panels;
mod tile;

use std::mem::MaybeUninit;

pub use panels::{Operand, Panels};
use tile::tile;

use super::lanes::Lanes;

/// Rows of a tile.
pub const ROWS: usize = 4;
/// Columns of a tile: two vectors. What is left at the end of a row is done with one vector where that is enough.
pub const COLUMNS: usize = 8;

/// Values of the right matrix that are packed at a time: few enough for the second cache, beside a panel of the left one.
const BLOCK: usize = 32 * 1024;

/// What a product begins with and how it ends.
#[derive(Clone, Copy)]
pub struct Affix<'a> {
    /// Added to all of a row; one for each row, or none at all.
    pub bias: &'a [f32],
    pub relu6: bool,
}

impl Affix<'_> {
    pub const NONE: Self = Self { bias: &[], relu6: false };
}

/// `clamp(left · right + bias, 0, 6)`, where the depth of both is that of all their parts one after the other.
///
/// # Shapes
/// - left: lines are rows; right: lines are columns; both of the same depth
/// - out: `[rows, columns]`, all of which is written
pub fn multiply<V: Lanes>(out: &mut [MaybeUninit<f32>], left: &Panels, right: &[Operand], affix: Affix) {
    let columns = right[0].lines;
    assert_eq!(out.len(), left.lines * columns);
    assert!(affix.bias.is_empty() || affix.bias.len() == left.lines);
    let block = (BLOCK / left.depth.max(1)).next_multiple_of(COLUMNS);
    let mut panels = Panels::new(COLUMNS);
    for first in (0..columns).step_by(block) {
        panels.pack::<V>(right, first..(first + block).min(columns));
        assert_eq!(panels.depth, left.depth);
        for row in (0..left.lines).step_by(ROWS) {
            let rows = row..(row + ROWS).min(left.lines);
            let bias: [f32; ROWS] = std::array::from_fn(|lane| affix.bias.get(row + lane).copied().unwrap_or(0.0));
            for column in (0..panels.lines).step_by(COLUMNS) {
                let count = (panels.lines - column).min(COLUMNS);
                let (a, b) = (left.panel(row).as_ptr(), panels.panel(column).as_ptr());
                let place = Place { rows: rows.clone(), stride: columns, column: first + column, count };
                // SAFETY: a panel has `depth` steps of its width, and all of `place` lies inside `out`, whose length was checked.
                unsafe {
                    if count > COLUMNS / 2 {
                        place.put(out, tile::<V, ROWS, 2>(left.depth, a, b, COLUMNS, bias), affix.relu6);
                    } else {
                        place.put(out, tile::<V, ROWS, 1>(left.depth, a, b, COLUMNS, bias), affix.relu6);
                    }
                }
            }
        }
    }
}

/// Where a tile belongs in the product.
struct Place {
    rows: std::ops::Range<usize>,
    /// Columns of the product.
    stride: usize,
    column: usize,
    /// Columns of the tile that there are.
    count: usize,
}

impl Place {
    /// # Safety
    /// The place must lie inside `out`.
    #[inline(always)]
    unsafe fn put<V: Lanes, const VECTORS: usize>(
        &self,
        out: &mut [MaybeUninit<f32>],
        mut sums: [[V; VECTORS]; ROWS],
        relu6: bool,
    ) {
        if relu6 {
            let (low, high) = (V::splat(0.0), V::splat(6.0));
            sums = sums.map(|row| row.map(|sums| sums.clamp(low, high)));
        }
        for (row, sums) in self.rows.clone().zip(sums) {
            // SAFETY: as the caller promises.
            let out = unsafe { out.as_mut_ptr().add(row * self.stride + self.column).cast::<f32>() };
            if self.count == 4 * VECTORS {
                // SAFETY: as above, and there are as many columns.
                sums.iter().enumerate().for_each(|(vector, sums)| unsafe { sums.store(out.add(4 * vector)) });
                continue;
            }
            for (index, value) in sums.iter().flat_map(|sums| sums.values()).take(self.count).enumerate() {
                // SAFETY: as above, for the columns that there are.
                unsafe { out.add(index).write(value) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lanes::Native;
    use super::*;

    fn values(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|index| ((index * 31 + seed * 17) % 23) as f32 / 4.0 - 2.5).collect()
    }

    /// The definition, on `[rows, depth]` and `[columns, depth]`.
    fn defined(left: &[f32], right: &[f32], depth: usize, affix: Affix) -> Vec<f32> {
        let row = |(row, left): (usize, &[f32])| {
            let bias = affix.bias.get(row).copied().unwrap_or(0.0);
            let value = |right: &[f32]| left.iter().zip(right).map(|(a, b)| a * b).sum::<f32>() + bias;
            let clamp = |value: f32| if affix.relu6 { value.clamp(0.0, 6.0) } else { value };
            right.chunks_exact(depth).map(|right| clamp(value(right))).collect::<Vec<_>>()
        };
        left.chunks_exact(depth).enumerate().flat_map(row).collect()
    }

    fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
        (0..columns).flat_map(|column| values[column..].iter().step_by(columns).copied()).collect()
    }

    fn product(rows: usize, columns: usize, left: &[Operand], right: &[Operand], affix: Affix) -> Vec<f32> {
        let mut panels = Panels::new(ROWS);
        panels.pack::<Native>(left, 0..rows);
        let mut out = vec![MaybeUninit::new(f32::NAN); rows * columns];
        multiply::<Native>(&mut out, &panels, right, affix);
        // SAFETY: each was given a value when the vector was made.
        out.into_iter().map(|value| unsafe { value.assume_init() }).collect()
    }

    /// Sums of multiples of 1/16 below 2^17: exact in whatever order they are taken.
    #[test]
    fn products_of_all_shapes_are_exact() {
        for (rows, columns, depth) in
            [(1, 1, 1), (3, 5, 2), (4, 8, 4), (5, 9, 7), (8, 12, 33), (7, 49, 6), (13, 20, 5), (2, 5000, 9)]
        {
            let (left, right) = (values(rows * depth, 1), values(columns * depth, 2));
            let (left_by_depth, right_by_depth) = (transposed(&left, depth), transposed(&right, depth));
            let bias = values(rows, 3);
            for affix in [Affix::NONE, Affix { bias: &bias, relu6: true }, Affix { bias: &bias, relu6: false }] {
                let expected = defined(&left, &right, depth, affix);
                for left in [Operand::by_lines(&left, rows, depth), Operand::by_depth(&left_by_depth, rows, depth)] {
                    let by_depth = Operand::by_depth(&right_by_depth, columns, depth);
                    for right in [Operand::by_lines(&right, columns, depth), by_depth] {
                        let found = product(rows, columns, &[left], &[right], affix);
                        assert_eq!(found, expected, "{rows} × {columns}, depth {depth}");
                    }
                }
            }
        }
    }

    #[test]
    fn parts_add_up() {
        let (rows, columns) = (6, 11);
        let depths = [3, 8];
        let parts = depths.map(|depth| (values(rows * depth, depth), values(columns * depth, depth + 1)));
        let left: Vec<Operand> = parts.iter().zip(depths).map(|((a, _), d)| Operand::by_lines(a, rows, d)).collect();
        let right: Vec<Operand> =
            parts.iter().zip(depths).map(|((_, b), d)| Operand::by_lines(b, columns, d)).collect();
        let each = parts.iter().zip(depths).map(|((a, b), depth)| defined(a, b, depth, Affix::NONE));
        let expected = each.reduce(|sum, part| sum.iter().zip(part).map(|(a, b)| a + b).collect()).unwrap();
        assert_eq!(product(rows, columns, &left, &right, Affix::NONE), expected);
    }
}
