//! Filters times columns, block by block: each block's sums are done before the next one's columns are packed.

use std::ops::Range;

use super::aligned::Aligned;
use super::columns::Columns;
use super::filters::Filters;
use super::reading::Reading;
use super::tile::Tile;
use super::vectors::{Machine, Vectors, Work};

/// Steps in depth for which columns are packed at a time.
const DEPTH: usize = 256;

/// Takes what the product is.
pub trait Sink {
    /// The values of a row from `place` of the grid of a photo on.
    fn put(&mut self, row: usize, photo: usize, place: usize, values: &[f32]);
}

#[cfg(target_family = "wasm")]
impl Sink for &mut dyn Sink {
    fn put(&mut self, row: usize, photo: usize, place: usize, values: &[f32]) {
        (**self).put(row, photo, place, values);
    }
}

/// Room for a block, kept from one to the next.
#[derive(Default)]
pub struct Scratch {
    columns: Option<Columns>,
    sums: Aligned,
}

/// The product of some rows with all columns of some photos.
pub struct Product<'a, M, S> {
    pub filters: &'a Filters<M>,
    /// The first of them begins a panel.
    pub rows: Range<usize>,
    pub reading: &'a Reading,
    /// `[photos, channels, height, width]`
    pub source: &'a [f32],
    pub channels: usize,
    pub scratch: &'a mut Scratch,
    pub sink: S,
}

impl<M: Machine, S: Sink> Work for Product<'_, M, S> {
    #[inline(always)]
    fn run<T: Vectors>(self, vectors: T) {
        match T::ROWS {
            8 => self.by_blocks::<T, 8>(vectors),
            _ => self.by_blocks::<T, 4>(vectors),
        }
    }
}

impl<M: Machine, S: Sink> Product<'_, M, S> {
    #[inline(always)]
    fn by_blocks<T: Vectors, const ROWS: usize>(mut self, vectors: T) {
        let mut scratch = std::mem::take(self.scratch);
        let columns = scratch.columns.get_or_insert_with(Columns::new::<T>);
        let photos = self.source.len() / (self.channels * self.reading.plane());
        for block in Columns::blocks::<T>(photos * self.reading.places()) {
            columns.lay_out::<T>(self.reading, self.channels, block);
            let room = self.rows.len().next_multiple_of(ROWS) * columns.padded();
            let sums = scratch.sums.room(room);
            self.block::<T, ROWS>(vectors, columns, sums);
            self.hand_over(columns, sums);
        }
        *self.scratch = scratch;
    }

    #[inline(always)]
    fn block<T: Vectors, const ROWS: usize>(&self, vectors: T, columns: &mut Columns, sums: &mut [f32]) {
        let taps = self.reading.taps.len();
        assert_eq!(self.filters.depth, self.channels * taps);
        if taps == 0 {
            return sums.fill(0.0);
        }
        let channels = (DEPTH / taps).clamp(1, self.channels);
        let stride = columns.padded();
        for first in (0..self.channels).step_by(channels) {
            let channels = first..(first + channels).min(self.channels);
            let (start, depth) = (first * taps, channels.len() * taps);
            columns.pack(vectors, self.reading, self.source, channels);
            for (index, row) in self.rows.clone().step_by(ROWS).enumerate() {
                let a = &self.filters.panel(row, ROWS, start)[..depth * ROWS];
                for (number, panel) in columns.panels.iter().enumerate() {
                    let b = columns.panel::<T>(number, depth);
                    let sums = &mut sums[index * ROWS * stride + panel.start..];
                    match panel.vectors {
                        1 => add::<T, ROWS, 1>(vectors, a, b, depth, sums, stride, start == 0),
                        count if T::is_two(count) => add::<T, ROWS, 2>(vectors, a, b, depth, sums, stride, start == 0),
                        _ => add::<T, ROWS, 3>(vectors, a, b, depth, sums, stride, start == 0),
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn hand_over(&mut self, columns: &Columns, sums: &[f32]) {
        let places = self.reading.places();
        for (row, sums) in self.rows.clone().zip(sums.chunks_exact(columns.padded())) {
            let mut column = 0;
            while column < columns.count {
                let (photo, place) = ((columns.first + column) / places, (columns.first + column) % places);
                let count = (places - place).min(columns.count - column);
                self.sink.put(row, photo, place, &sums[column..column + count]);
                column += count;
            }
        }
    }
}

/// `sums += a · b`, or `sums = a · b` where they are `fresh`.
#[inline(always)]
fn add<T: Vectors, const ROWS: usize, const VECTORS: usize>(
    vectors: T,
    a: &[f32],
    b: &[f32],
    depth: usize,
    sums: &mut [f32],
    stride: usize,
    fresh: bool,
) {
    let width = VECTORS * T::WIDTH;
    assert!(a.len() >= depth * ROWS && b.len() >= depth * width && sums.len() >= (ROWS - 1) * stride + width);
    // SAFETY: as was checked.
    unsafe {
        let mut tile = match fresh {
            true => Tile::<T, ROWS, VECTORS>::zero(vectors),
            false => Tile::<T, ROWS, VECTORS>::load(vectors, sums.as_ptr(), stride),
        };
        tile.add_product(depth, (a.as_ptr(), ROWS), (b.as_ptr(), width));
        tile.store(sums.as_mut_ptr(), stride);
    }
}
