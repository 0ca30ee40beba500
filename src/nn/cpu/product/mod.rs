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
use std::ops::Range;

pub use panels::{Operand, Panels};
use tile::tile;

use super::lanes::Lanes;
use crate::nn::spec::Activation;

/// Rows of a tile.
pub const ROWS: usize = 4;
/// Columns of a tile: two vectors. What is left at the end of a row is done with one vector where that is enough.
pub const COLUMNS: usize = 8;

/// Values of the right matrix that are packed at a time: few enough for the second cache, beside a panel of the left one.
const BLOCK: usize = 32 * 1024;

/// With no more rows than this, packing the right matrix costs more than reading it where it lies, a few values of each step.
const FEW_ROWS: usize = 48;

/// What a product begins with and how it ends.
#[derive(Clone, Copy)]
pub struct Affix<'a> {
    /// Added to all of a row; one for each row, or none at all.
    pub bias: &'a [f32],
    pub activation: Activation,
}

impl Affix<'_> {
    pub const NONE: Self = Self { bias: &[], activation: Activation::None };
}

/// `activation(left · right + bias)`, where the depth of both is that of all their parts one after the other.
///
/// # Shapes
/// - left: lines are rows; right: lines are columns; both of the same depth
/// - out: `[rows, columns]`, all of which is written
pub fn multiply<V: Lanes>(out: &mut [MaybeUninit<f32>], left: &Panels, right: &[Operand], affix: Affix) {
    let columns = right[0].lines;
    assert_eq!(out.len(), left.lines * columns);
    assert!(affix.bias.is_empty() || affix.bias.len() == left.lines);
    assert_eq!(left.depth, right.iter().map(|part| part.depth).sum::<usize>());
    let mut product =
        Product { out, rows: Row::all(left, affix), columns, depth: left.depth, activation: affix.activation };
    match right {
        [right] if left.lines <= FEW_ROWS && right.is_by_depth() => {
            let whole = columns / COLUMNS * COLUMNS;
            product.directly::<V>(right, whole);
            product.by_panels::<V>(&[*right], whole..columns);
        }
        _ => product.by_panels::<V>(right, 0..columns),
    }
}

/// The rows of a tile.
struct Row<'a> {
    first: usize,
    /// How many of them there are: fewer than a tile has at the end of a matrix.
    count: usize,
    panel: &'a [f32],
    bias: [f32; ROWS],
}

impl<'a> Row<'a> {
    fn all(left: &'a Panels, affix: Affix) -> Vec<Self> {
        let bias = |row: usize| affix.bias.get(row).copied().unwrap_or(0.0);
        let row = |first: usize| Self {
            first,
            count: (left.lines - first).min(ROWS),
            panel: left.panel(first),
            bias: std::array::from_fn(|lane| bias(first + lane)),
        };
        (0..left.lines).step_by(ROWS).map(row).collect()
    }
}

struct Product<'a> {
    out: &'a mut [MaybeUninit<f32>],
    rows: Vec<Row<'a>>,
    columns: usize,
    depth: usize,
    activation: Activation,
}

impl Product<'_> {
    /// The first columns, a multiple of a tile's, of a right matrix whose columns lie side by side.
    fn directly<V: Lanes>(&mut self, right: &Operand, columns: usize) {
        assert!(columns <= self.columns && self.columns == right.lines && self.depth == right.depth);
        for column in (0..columns).step_by(COLUMNS) {
            let b = right.values[column..].as_ptr();
            for row in &self.rows {
                // SAFETY: each step has the tile's columns from this one on, and the next step is as many columns away as there are.
                let sums = unsafe { tile::<V, ROWS, 2>(self.depth, row.panel.as_ptr(), b, self.columns, row.bias) };
                put(self.out, self.columns, row, column..column + COLUMNS, sums, self.activation);
            }
        }
    }

    /// Any columns of any right matrix, which is packed for it.
    fn by_panels<V: Lanes>(&mut self, right: &[Operand], columns: Range<usize>) {
        let block = (BLOCK / self.depth.max(1)).max(1).next_multiple_of(COLUMNS);
        let mut panels = Panels::new(COLUMNS);
        for first in columns.clone().step_by(block) {
            panels.pack::<V>(right, first..(first + block).min(columns.end));
            for row in &self.rows {
                let a = row.panel.as_ptr();
                for column in (0..panels.lines).step_by(COLUMNS) {
                    let b = panels.panel(column).as_ptr();
                    let columns = first + column..first + (column + COLUMNS).min(panels.lines);
                    // SAFETY: both panels have as many steps as the matrices are deep, each of `ROWS` and of `COLUMNS` values.
                    unsafe {
                        if columns.len() > COLUMNS / 2 {
                            let sums = tile::<V, ROWS, 2>(self.depth, a, b, COLUMNS, row.bias);
                            put(self.out, self.columns, row, columns, sums, self.activation);
                        } else {
                            let sums = tile::<V, ROWS, 1>(self.depth, a, b, COLUMNS, row.bias);
                            put(self.out, self.columns, row, columns, sums, self.activation);
                        }
                    }
                }
            }
        }
    }
}

/// Writes the rows and columns of a tile that there are into the product, which has `stride` columns.
#[inline(always)]
fn put<V: Lanes, const VECTORS: usize>(
    out: &mut [MaybeUninit<f32>],
    stride: usize,
    row: &Row,
    columns: Range<usize>,
    mut sums: [[V; VECTORS]; ROWS],
    activation: Activation,
) {
    assert!((row.first + row.count) * stride <= out.len() && columns.end <= stride);
    if activation != Activation::None {
        let (low, high) = activation.bounds();
        let (low, high) = (V::splat(low), V::splat(high));
        sums = sums.map(|row| row.map(|sums| sums.clamp(low, high)));
    }
    if row.count == ROWS && columns.len() == 4 * VECTORS {
        for (index, sums) in sums.iter().enumerate() {
            for (vector, sums) in sums.iter().enumerate() {
                let start = (row.first + index) * stride + columns.start + 4 * vector;
                // SAFETY: all rows and columns of the tile lie inside `out`, as was checked above.
                unsafe { sums.store(out.as_mut_ptr().add(start).cast()) };
            }
        }
    } else {
        let values = sums.map(|sums| sums.map(|sums| sums.values()));
        for (index, values) in values.iter().take(row.count).enumerate() {
            let out = &mut out[(row.first + index) * stride..][columns.clone()];
            out.iter_mut().zip(values.as_flattened()).for_each(|(out, value)| _ = out.write(*value));
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
            let (low, high) = affix.activation.bounds();
            let clamp = |value: f32| value.clamp(low, high);
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

    /// Sums of multiples of 1/16 below 2^18: exact in whatever order they are taken.
    #[test]
    fn products_of_all_shapes_are_exact() {
        for (rows, columns, depth) in [
            (1, 1, 1),
            (3, 5, 2),
            (4, 8, 4),
            (5, 9, 7),
            (8, 12, 33),
            (7, 49, 6),
            (50, 17, 3),
            (52, 49, 6),
            (13, 20, 5),
            (2, 5000, 9),
            (5, 9, 40_000),
        ] {
            let (left, right) = (values(rows * depth, 1), values(columns * depth, 2));
            let (left_by_depth, right_by_depth) = (transposed(&left, depth), transposed(&right, depth));
            let bias = values(rows, 3);
            for affix in [
                Affix::NONE,
                Affix { bias: &bias, activation: Activation::Relu6 },
                Affix { bias: &bias, activation: Activation::Relu },
            ] {
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
