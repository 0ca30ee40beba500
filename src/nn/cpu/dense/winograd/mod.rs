//! Convolution by 3 × 3, every place of which there is, in fewer products: Winograd's.
//!
//! Sixteen outputs, four by four, read thirty-six values, six by six. These are transformed by sums of a few of them, as are the filters; then
//! thirty-six products take the place of 144, and a transform makes the sixteen outputs of them. What is summed over channels is the
//! products: for each of the thirty-six a product of matrices, `[rows, channels] · [channels, tiles]`.
//!
//! The sums are of other numbers than those of the definition: what is rounded off is some ten times as much, a hundred-thousandth of the
//! largest value.
//!
//! ```text
//!  filters  transformed, in panels       transforms  of a line
//!  sources  transformed, tile by tile    tiles       where they lie
//!  results  transformed back             weight      the gradient of the filters, natively
//! ```

mod filters;
mod results;
mod sources;
mod tiles;
mod transforms;
#[cfg(not(target_family = "wasm"))]
pub mod weight;

use std::ops::Range;

use super::aligned::Aligned;
use super::product::Sink;
use super::tile::Tile;
use super::vectors::{Machine, Vectors, Work};
pub use filters::Transformed;
use sources::To;
pub use tiles::Winograd;
use tiles::{Part, Room};
use transforms::POINTS;

/// Tiles in a block, all channels of which are there at once: as many as it takes for reading the filters to cost little beside the products.
const TILES: usize = 64;

/// Room for a block, kept from one to the next.
#[derive(Default)]
pub struct Scratch {
    sources: Aligned,
    sums: Aligned,
    lines: Vec<f32>,
}

/// Such a convolution's rows of some photos.
pub struct Product<'a, M, S> {
    pub winograd: &'a Winograd,
    pub filters: &'a Transformed<M>,
    /// The first of them begins a panel.
    pub rows: Range<usize>,
    /// `[photos, channels, height, width]`
    pub source: &'a [f32],
    pub channels: usize,
    pub scratch: &'a mut Scratch,
    pub sink: S,
}

impl<M: Machine, S: Sink> Work for Product<'_, M, S> {
    #[inline(always)]
    fn run<T: Vectors>(self, by: T) {
        match T::ROWS {
            8 => self.by_blocks::<T, 8>(by),
            _ => self.by_blocks::<T, 4>(by),
        }
    }
}

impl<M: Machine, S: Sink> Product<'_, M, S> {
    #[inline(always)]
    fn by_blocks<T: Vectors, const ROWS: usize>(mut self, by: T) {
        let Scratch { mut sources, mut sums, mut lines } = std::mem::take(self.scratch);
        let rows = self.rows.len().next_multiple_of(ROWS);
        for parts in self.blocks() {
            let tiles = parts.last().map_or(0, |part| part.first + part.rows.len() * self.winograd.tiles()[1]);
            let (of_sources, of_sums) = (Room::new::<T>(self.channels, tiles), Room::new::<T>(rows, tiles));
            let transformed = sources.room(POINTS * of_sources.point);
            let to = To { source: self.source, channels: self.channels, out: &mut *transformed, room: of_sources };
            sources::transform(by, self.winograd, &parts, &mut lines, to);
            let sums = sums.room(POINTS * of_sums.point);
            for point in 0..POINTS {
                let (b, out) = (&transformed[point * of_sources.point..], &mut sums[point * of_sums.point..]);
                for row in (0..rows).step_by(ROWS) {
                    let a = self.filters.panel(self.rows.start + row, ROWS, point);
                    multiply::<T, ROWS>(by, a, b, self.channels, &mut out[row * of_sums.line..], of_sums.line);
                }
            }
            for part in &parts {
                let (rows, sums) = (self.rows.clone(), (&*sums, of_sums));
                results::transform(by, self.winograd, part, rows, sums, &mut lines, &mut self.sink);
            }
        }
        *self.scratch = Scratch { sources, sums, lines };
    }

    /// All rows of tiles, in blocks of about as many tiles.
    fn blocks(&self) -> Vec<Vec<Part>> {
        let [height, width] = self.winograd.tiles();
        let photos = self.source.len() / (self.channels * self.winograd.source[0] * self.winograd.source[1]);
        let rows = (TILES / width).max(1);
        let rows = (photos * height).div_ceil((photos * height).div_ceil(rows));
        let block = |start: usize| {
            let (mut row, end, mut parts) = (start, (start + rows).min(photos * height), Vec::new());
            while row < end {
                let (photo, first) = (row / height, row % height);
                let last = height.min(first + end - row);
                parts.push(Part { photo, rows: first..last, first: (row - start) * width });
                row += last - first;
            }
            parts
        };
        (0..photos * height).step_by(rows).map(block).collect()
    }
}

/// `out = a · b`: a panel of rows, and as many columns as a line has.
#[inline(always)]
fn multiply<T: Vectors, const ROWS: usize>(by: T, a: &[f32], b: &[f32], depth: usize, out: &mut [f32], line: usize) {
    assert!(a.len() >= depth * ROWS && b.len() >= depth * line && out.len() >= ROWS * line);
    let (vectors, mut first) = (line / T::WIDTH, 0);
    while first < vectors {
        let left = vectors - first;
        // Two and two are quicker than three and one.
        let count = if left == T::MOST + 1 { left.div_ceil(2) } else { left.min(T::MOST) };
        // SAFETY: as was checked; the vectors are those of a line.
        unsafe {
            let (b, out) = (b.as_ptr().add(first * T::WIDTH), out.as_mut_ptr().add(first * T::WIDTH));
            match count {
                1 => tile::<T, ROWS, 1>(by, a.as_ptr(), b, depth, out, line),
                count if T::is_two(count) => tile::<T, ROWS, 2>(by, a.as_ptr(), b, depth, out, line),
                _ => tile::<T, ROWS, 3>(by, a.as_ptr(), b, depth, out, line),
            }
        }
        first += count;
    }
}

/// # Safety
/// `depth` steps must be readable from `a` and `b` on, `ROWS` lines writable from `out` on.
#[inline(always)]
unsafe fn tile<T: Vectors, const ROWS: usize, const VECTORS: usize>(
    by: T,
    a: *const f32,
    b: *const f32,
    depth: usize,
    out: *mut f32,
    line: usize,
) {
    let mut tile = Tile::<T, ROWS, VECTORS>::zero(by);
    // SAFETY: as above.
    unsafe {
        tile.add_product(depth, (a, ROWS), (b, line));
        tile.store(out, line);
    }
}
