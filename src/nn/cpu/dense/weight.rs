//! The gradient of the filters: for each tap the product of the output's gradient and of what the tap reads, summed over all places.
//!
//! Both are packed by place, the channels of a place side by side. Then what a tap reads begins somewhere else, and nothing has to be
//! packed once for each.

use std::ops::Range;

use super::super::tasks;
use super::Dense;
use super::tile::Tile;
use super::vectors::{Machine, Vectors, Work};

/// Places over which one product sums: enough for it to take longer than fetching the sums and putting them back.
const PLACES: usize = 1024;

/// # Shapes
/// - x: `[batch, inputs, height, width]`
/// - gradient: `[batch, outputs, out_height, out_width]`
/// - result: `[outputs, inputs, kernel, kernel]`
pub fn gradient<M: Machine>(dense: &Dense, x: &[f32], gradient: &[f32]) -> Vec<f32> {
    let Dense { inputs, outputs, .. } = *dense;
    let batch = gradient.len() / (outputs * dense.out_plane());
    let taps = dense.window.kernel * dense.window.kernel;
    let mut shape = None;
    M::compute(Measure(&mut shape));
    let Shape { width, most, rows: tile_rows } = shape.expect("measured");

    let padded = inputs.next_multiple_of(width);
    // A tile's rows for each task, and for each of these rows what is learnt of all taps and inputs.
    let mut sums = vec![0.0; outputs.next_multiple_of(tile_rows) * taps * padded];
    let (mut planes, mut gradients) = (Vec::new(), Vec::new());
    for (index, chunks) in strips(dense, batch).iter().enumerate() {
        let strip = Strip::new(dense, chunks);
        planes.resize(strip.pixels * padded, 0.0);
        let panels = panels(padded / width, most).map(|vectors| (vectors.start * width, vectors.len()));
        let panels: Vec<(usize, usize)> = panels.collect();
        let mut rest = &mut planes[..];
        let items: Vec<_> = panels
            .iter()
            .map(|(first, vectors)| {
                let (panel, others) = std::mem::take(&mut rest).split_at_mut(strip.pixels * vectors * width);
                rest = others;
                (*first, vectors * width, panel)
            })
            .collect();
        tasks::for_each(
            items,
            || (),
            |(), _, (first, width, out)| M::compute(PackPlanes { dense, chunks, x, first, width, out }),
        );
        gradients.resize(strip.places * outputs.next_multiple_of(tile_rows), 0.0);
        let planes = &planes[..];
        let items =
            sums.chunks_exact_mut(tile_rows * taps * padded).zip(gradients.chunks_exact_mut(strip.places * tile_rows));
        tasks::for_each(
            items.collect(),
            || (),
            |(), panel, (sums, packed)| {
                M::compute(Rows {
                    dense,
                    chunks,
                    strip: &strip,
                    gradient,
                    first: panel * tile_rows,
                    packed,
                    planes,
                    panels: &panels,
                    padded,
                    sums,
                    fresh: index == 0,
                });
            },
        );
    }
    unfold(&sums, inputs, outputs, taps, padded)
}

/// `[outputs, taps, padded inputs]` as `[outputs, inputs, taps]`.
fn unfold(sums: &[f32], inputs: usize, outputs: usize, taps: usize, padded: usize) -> Vec<f32> {
    let mut out = vec![0.0; outputs * inputs * taps];
    tasks::for_each(
        out.chunks_exact_mut(inputs * taps).zip(sums.chunks_exact(taps * padded)).collect(),
        || (),
        |(), _, (out, sums)| {
            for (input, out) in out.chunks_exact_mut(taps).enumerate() {
                out.iter_mut().enumerate().for_each(|(tap, out)| *out = sums[tap * padded + input]);
            }
        },
    );
    out
}

/// What a machine's tiles are like.
struct Shape {
    width: usize,
    most: usize,
    rows: usize,
}

struct Measure<'a>(&'a mut Option<Shape>);

impl Work for Measure<'_> {
    fn run<T: Vectors>(self, _: T) {
        *self.0 = Some(Shape { width: T::WIDTH, most: T::MOST, rows: T::ROWS });
    }
}

/// So many vectors in as few tiles as they fit, none much narrower than another.
fn panels(vectors: usize, most: usize) -> impl Iterator<Item = Range<usize>> {
    let tiles = vectors.div_ceil(most);
    (0..tiles).map(move |tile| tile * vectors / tiles..(tile + 1) * vectors / tiles)
}

/// Some rows of a photo's output.
#[derive(Debug, Clone)]
struct Chunk {
    photo: usize,
    rows: Range<usize>,
}

/// All rows of all photos, in the order in which they are summed: some rows of one photo, or several photos whole.
fn strips(dense: &Dense, batch: usize) -> Vec<Vec<Chunk>> {
    let [height, width] = dense.out;
    if height * width > PLACES {
        let rows = height.div_ceil((height * width).div_ceil(PLACES));
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
struct Strip {
    /// Places of outputs, all told.
    places: usize,
    /// Places of the padded picture that their windows cover.
    pixels: usize,
    /// For each row of outputs, where in these its window begins.
    starts: Vec<usize>,
}

impl Strip {
    fn new(dense: &Dense, chunks: &[Chunk]) -> Self {
        let (mut pixels, mut starts) = (0, Vec::new());
        for Chunk { rows, .. } in chunks {
            let row = |row| pixels + row * dense.window.stride * dense.covered(dense.out[1]);
            starts.extend((0..rows.len()).map(row));
            pixels += dense.covered(rows.len()) * dense.covered(dense.out[1]);
        }
        Self { places: starts.len() * dense.out[1], pixels, starts }
    }
}

/// Packs some channels of the picture under the windows of a strip: `[pixels, width]`.
struct PackPlanes<'a> {
    dense: &'a Dense,
    chunks: &'a [Chunk],
    x: &'a [f32],
    first: usize,
    width: usize,
    out: &'a mut [f32],
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
fn side_by_side<T: Vectors>(out: &mut [f32], width: usize, planes: &[f32], plane: usize, channels: usize) {
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

/// A tile's rows of the result, that is, so many outputs.
struct Rows<'a> {
    dense: &'a Dense,
    chunks: &'a [Chunk],
    strip: &'a Strip,
    gradient: &'a [f32],
    first: usize,
    /// Room for their gradients by place.
    packed: &'a mut [f32],
    planes: &'a [f32],
    /// First input and number of vectors.
    panels: &'a [(usize, usize)],
    padded: usize,
    sums: &'a mut [f32],
    fresh: bool,
}

impl Work for Rows<'_> {
    #[inline(always)]
    fn run<T: Vectors>(mut self, vectors: T) {
        match T::ROWS {
            8 => self.by_tiles::<T, 8>(vectors),
            _ => self.by_tiles::<T, 4>(vectors),
        }
    }
}

impl Rows<'_> {
    #[inline(always)]
    fn by_tiles<T: Vectors, const ROWS: usize>(&mut self, vectors: T) {
        let Dense { outputs, .. } = *self.dense;
        let (width, plane) = (self.dense.out[1], self.dense.out_plane());
        let mut packed = &mut self.packed[..];
        for Chunk { photo, rows } in self.chunks {
            let (out, rest) = packed.split_at_mut(rows.len() * width * ROWS);
            let start = (photo * outputs + self.first) * plane + rows.start * width;
            side_by_side::<T>(out, ROWS, &self.gradient[start..], plane, (outputs - self.first).min(ROWS));
            packed = rest;
        }
        for (first, count) in self.panels {
            let planes = &self.planes[first * self.strip.pixels..][..count * T::WIDTH * self.strip.pixels];
            match count {
                1 => self.tiles::<T, ROWS, 1>(vectors, planes, *first),
                2 => self.tiles::<T, ROWS, 2>(vectors, planes, *first),
                _ => self.tiles::<T, ROWS, 3>(vectors, planes, *first),
            }
        }
    }

    /// For each tap the tile of some inputs.
    #[inline(always)]
    fn tiles<T: Vectors, const ROWS: usize, const VECTORS: usize>(&mut self, vectors: T, planes: &[f32], first: usize) {
        let (kernel, stride) = (self.dense.window.kernel, self.dense.window.stride);
        let (places, covered) = (self.dense.out[1], self.dense.covered(self.dense.out[1]));
        let (width, taps) = (VECTORS * T::WIDTH, kernel * kernel);
        let last = self.strip.starts.last().map_or(0, |start| start + (kernel - 1) * covered + covered);
        assert!(last * width <= planes.len() && self.strip.starts.len() * places * ROWS <= self.packed.len());
        for tap in 0..taps {
            let sums = &mut self.sums[tap * self.padded + first..];
            assert!(sums.len() >= (ROWS - 1) * taps * self.padded + width);
            let offset = tap / kernel * covered + tap % kernel;
            // SAFETY: the sums are there; a row's places lie one after the other in what is packed of the gradients; and the windows of
            // the last row end where the planes do.
            unsafe {
                let mut tile = match self.fresh {
                    true => Tile::<T, ROWS, VECTORS>::zero(vectors),
                    false => Tile::<T, ROWS, VECTORS>::load(vectors, sums.as_ptr(), taps * self.padded),
                };
                for (row, start) in self.strip.starts.iter().enumerate() {
                    let a = self.packed.as_ptr().add(row * places * ROWS);
                    let b = planes.as_ptr().add((start + offset) * width);
                    tile.add_product(places, a, b, stride * width);
                }
                tile.store(sums.as_mut_ptr(), taps * self.padded);
            }
        }
    }
}
