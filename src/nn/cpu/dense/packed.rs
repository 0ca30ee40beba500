//! Pictures packed by place, the channels of each side by side, as the gradients of filters read them.

use std::ops::Range;

use super::Dense;
use super::vectors::{Machine, Vectors, Work};

/// Places over which one product sums: enough for it to take longer than fetching the sums and putting them back.
const PLACES: usize = 1024;

/// So many vectors in as few panels as tiles of `most` take them in, none much narrower than another: the first channel of each, and how
/// many vectors it has.
pub fn panels(vectors: usize, most: usize, width: usize) -> Vec<(usize, usize)> {
    let tiles = vectors.div_ceil(most);
    let start = |tile: usize| tile * vectors / tiles;
    (0..tiles).map(|tile| (start(tile) * width, start(tile + 1) - start(tile))).collect()
}

/// With the first channel and the width of each panel its part of all that is packed, `size` values of each channel.
pub fn parts<'a>(
    panels: &[(usize, usize)],
    width: usize,
    size: usize,
    mut packed: &'a mut [f32],
) -> Vec<(usize, usize, &'a mut [f32])> {
    let part = |(first, vectors): &(usize, usize)| {
        let (panel, rest) = std::mem::take(&mut packed).split_at_mut(size * vectors * width);
        packed = rest;
        (*first, vectors * width, panel)
    };
    panels.iter().map(part).collect()
}

/// Some rows of a photo's output.
#[derive(Debug, Clone)]
pub struct Chunk {
    pub photo: usize,
    pub rows: Range<usize>,
}

/// All rows of all photos, in the order in which they are summed: some rows of one photo, whole times `step`, or several photos whole.
pub fn strips(dense: &Dense, batch: usize, step: usize) -> Vec<Vec<Chunk>> {
    let [height, width] = dense.out;
    if height * width > PLACES {
        let rows = height.div_ceil((height * width).div_ceil(PLACES)).next_multiple_of(step);
        let strip = |photo: usize, first: usize| vec![Chunk { photo, rows: first..(first + rows).min(height) }];
        return (0..batch).flat_map(|photo| (0..height).step_by(rows).map(move |first| strip(photo, first))).collect();
    }
    let photos = PLACES / (height * width);
    let strip = |first: usize| first..(first + photos).min(batch);
    (0..batch)
        .step_by(photos)
        .map(|first| strip(first).map(|photo| Chunk { photo, rows: 0..height }).collect())
        .collect()
}

/// Where the rows of some chunks lie once they are packed.
pub struct Strip {
    /// Places of outputs, all told.
    pub places: usize,
    /// Places of the padded picture that their windows cover.
    pub pixels: usize,
    /// Of these, from one row to the next.
    pub line: usize,
    /// For each row of outputs, where its window begins.
    pub starts: Vec<usize>,
}

impl Strip {
    pub fn new(dense: &Dense, chunks: &[Chunk]) -> Self {
        let (mut pixels, mut starts) = (0, Vec::new());
        let line = dense.covered(dense.out[1]);
        for Chunk { rows, .. } in chunks {
            starts.extend((0..rows.len()).map(|row| pixels + row * dense.window.stride * line));
            pixels += dense.covered(rows.len()) * line;
        }
        Self { places: starts.len() * dense.out[1], pixels, line, starts }
    }
}

/// Packs some channels of the picture under the windows of a strip: `[pixels, width]`.
pub struct PackPlanes<'a, O: ?Sized = [f32]> {
    pub dense: &'a Dense,
    pub chunks: &'a [Chunk],
    pub x: &'a [f32],
    pub first: usize,
    pub width: usize,
    pub out: &'a mut O,
}

impl PackPlanes<'_> {
    /// Not inlined, which would be as many copies of it as there are callers.
    #[inline(never)]
    pub fn pack<M: Machine>(self) {
        M::compute(self);
    }
}

impl Work for PackPlanes<'_> {
    #[inline(always)]
    fn run<T: Vectors>(self, _: T) {
        let Self { dense, width, .. } = self;
        let [height, columns] = dense.picture;
        let [above, left] = dense.window.before(dense.picture);
        let covered = dense.covered(dense.out[1]);
        let channels = (dense.inputs - self.first).min(width);
        let mut lines = self.out.chunks_exact_mut(covered * width);
        for Chunk { photo, rows } in self.chunks {
            for (row, line) in lines.by_ref().take(dense.covered(rows.len())).enumerate() {
                let y = rows.start * dense.window.stride + row;
                let there = columns.min(covered.saturating_sub(left));
                if y < above || y - above >= height || there == 0 {
                    line.fill(0.0);
                    continue;
                }
                let (before, rest) = line.split_at_mut(left * width);
                let (inside, after) = rest.split_at_mut(there * width);
                before.fill(0.0);
                after.fill(0.0);
                let start = (photo * dense.inputs + self.first) * height * columns + (y - above) * columns;
                side_by_side::<T>(inside, width, &self.x[start..], height * columns, channels);
            }
        }
    }
}

/// `out[place][channel] = planes[channel][place]` for `width` channels, zero for those that there are not.
#[inline(always)]
pub fn side_by_side<T: Vectors>(out: &mut [f32], width: usize, planes: &[f32], plane: usize, channels: usize) {
    const TOGETHER: usize = 4;
    let places = out.len() / width;
    for first in (0..width).step_by(TOGETHER) {
        if first + TOGETHER <= channels {
            let planes: [&[f32]; TOGETHER] =
                std::array::from_fn(|channel| &planes[(first + channel) * plane..][..places]);
            for (place, out) in out.chunks_exact_mut(width).enumerate() {
                let out = &mut out[first..first + TOGETHER];
                (0..TOGETHER).for_each(|channel| out[channel] = planes[channel][place]);
            }
        } else {
            for (place, out) in out.chunks_exact_mut(width).enumerate() {
                for channel in first..first + TOGETHER {
                    out[channel] = if channel < channels { planes[channel * plane + place] } else { 0.0 };
                }
            }
        }
    }
}
