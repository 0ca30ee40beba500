//! A product of two matrices by tiles that a workgroup shares: what all passes of a convolution have in common.
//!
//! A workgroup computes `32 · wide` rows and as many columns, 8 × 8 units with `4 · wide` rows and columns each. In every round
//! its units load a block of 4 × 4 values of either matrix each, which makes `32 / wide` terms, and then go over them. Two tiles take 8 kB
//! of the 16 that every WebGPU device has.
//!
//! Tiles are `[term, group]`, whose groups are of four rows (or columns). In the matrices, either the rows of a term lie side by side
//! ("along"), and a block is stored as it is, or the terms of a row do ("across"), and it is turned over.

use cubecl::prelude::*;

/// Units side by side in a tile.
const SIDE: u32 = 8;
const _: () = assert!(SIDE * SIDE == crate::nn::gpu::UNITS);

/// Groups of four rows in a tile.
#[cube]
pub fn groups(#[comptime] wide: usize) -> comptime_type!(u32) {
    comptime!(SIDE * wide as u32)
}

/// Groups of four terms in a round.
#[cube]
pub fn step(#[comptime] wide: usize) -> comptime_type!(u32) {
    comptime!(SIDE / wide as u32)
}

/// The block that a unit loads, `(group, group of terms)`: neighbours in memory go to neighbouring units.
#[cube]
pub fn block(#[comptime] along: bool, #[comptime] wide: usize) -> (u32, u32) {
    if along {
        (UNIT_POS % groups(wide), UNIT_POS / groups(wide))
    } else {
        (UNIT_POS / step(wide), UNIT_POS % step(wide))
    }
}

/// Four numbers of rows (or columns) that a unit computes: their group in the tile, for the `at`-th of `wide`.
#[cube]
pub fn own_row(at: u32) -> u32 {
    UNIT_POS / SIDE + at * SIDE
}

#[cube]
pub fn own_column(at: u32) -> u32 {
    UNIT_POS % SIDE + at * SIDE
}

/// What a workgroup shares, and what a unit keeps.
#[derive(CubeType)]
pub struct Tiles<N: Size> {
    rows: Shared<[Vector<f32, N>]>,
    columns: Shared<[Vector<f32, N>]>,
    /// `[4 · wide rows, wide groups of columns]`
    pub sums: Array<Vector<f32, N>>,
    #[cube(comptime)]
    wide: usize,
}

#[cube]
impl<N: Size> Tiles<N> {
    pub fn new(#[comptime] wide: usize) -> Self {
        let mut sums = Array::<Vector<f32, N>>::new(comptime!(4 * wide * wide));
        #[unroll]
        for at in 0..comptime!(4 * wide * wide) {
            sums[at] = Vector::<f32, N>::new(0.0f32);
        }
        Tiles::<N> { rows: Shared::new_slice(256usize), columns: Shared::new_slice(256usize), sums, wide }
    }

    /// One round: the blocks of all units make the tiles, which are multiplied.
    pub fn add(
        &mut self,
        rows: &Array<Vector<f32, N>>,
        columns: &Array<Vector<f32, N>>,
        #[comptime] rows_along: bool,
        #[comptime] columns_along: bool,
    ) {
        sync_cube(); // Nobody reads the tiles of the last round any more.
        put(&mut self.rows, rows, rows_along, self.wide);
        put(&mut self.columns, columns, columns_along, self.wide);
        sync_cube();
        let groups = groups(self.wide);
        for term in 0..comptime!(32 / self.wide as u32) {
            let mut of_columns = Array::<Vector<f32, N>>::new(self.wide);
            #[unroll]
            for column in 0..self.wide {
                of_columns[column] = self.columns[(term * groups + own_column(column as u32)) as usize];
            }
            #[unroll]
            for group in 0..self.wide {
                let of_rows = self.rows[(term * groups + own_row(group as u32)) as usize];
                #[unroll]
                for row in 0..4usize {
                    let value = Vector::<f32, N>::new(of_rows.extract(row));
                    #[unroll]
                    for column in 0..self.wide {
                        let at = comptime!((group * 4 + row) * self.wide + column);
                        self.sums[at] += value * of_columns[column];
                    }
                }
            }
        }
    }
}

#[cube]
fn put<N: Size>(
    tile: &mut Shared<[Vector<f32, N>]>,
    values: &Array<Vector<f32, N>>,
    #[comptime] along: bool,
    #[comptime] wide: usize,
) {
    let (group, term) = block(along, wide);
    let at = term * 4 * groups(wide) + group;
    #[unroll]
    for term in 0..4usize {
        let place = (at + term as u32 * groups(wide)) as usize;
        if along {
            tile[place] = values[term];
        } else {
            let mut turned = Vector::<f32, N>::new(0.0f32);
            #[unroll]
            for row in 0..4usize {
                turned.insert(row, values[row].extract(term));
            }
            tile[place] = turned;
        }
    }
}
