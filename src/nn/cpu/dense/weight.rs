//! The gradient of the filters: for each tap the product of the output's gradient and of what the tap reads, summed over all places.
//!
//! Both are packed by place. Then what a tap reads begins somewhere else, and nothing has to be packed once for each.

use std::mem::MaybeUninit;

use super::super::tasks;
use super::super::unwritten::written;
use super::Dense;
use super::packed::{Chunk, PackPlanes, Strip, panels, parts, side_by_side, strips};
use super::tile::Tile;
use super::vectors::{Machine, Shape, Vectors, Work};
#[cfg(not(target_family = "wasm"))]
use super::winograd;

/// # Shapes
/// - x: `[batch, inputs, height, width]`
/// - gradient: `[batch, outputs, out_height, out_width]`
/// - result: `[outputs, inputs, kernel, kernel]`
pub fn gradient<M: Machine>(dense: &Dense, x: &[f32], gradient: &[f32]) -> Vec<f32> {
    let Dense { inputs, outputs, .. } = *dense;
    let batch = gradient.len() / (outputs * dense.out_plane());
    let taps = dense.window.kernel * dense.window.kernel;
    // In WebAssembly it would be 6 kB more to download, compressed.
    #[cfg(not(target_family = "wasm"))]
    if winograd::weight::is_for(dense, batch) {
        return winograd::weight::gradient::<M>(dense, x, gradient);
    }
    let Shape { width, most, rows: tile_rows } = Shape::of::<M>();

    let padded = inputs.next_multiple_of(width);
    let panels = panels(padded / width, most, width);
    // A tile's rows for each task, and for each of these rows what is learnt of all taps and inputs.
    let mut sums = vec![0.0; outputs.next_multiple_of(tile_rows) * taps * padded];
    let (mut planes, mut gradients) = (Vec::new(), Vec::new());
    for (index, chunks) in strips(dense, batch, 1).iter().enumerate() {
        let strip = Strip::new(dense, chunks);
        planes.resize(strip.pixels * padded, 0.0);
        tasks::for_each(
            parts(&panels, width, strip.pixels, &mut planes),
            || (),
            |(), _, (first, width, out)| PackPlanes { dense, chunks, x, first, width, out }.pack::<M>(),
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
    let write = |out: &mut [MaybeUninit<f32>]| {
        tasks::for_each(
            out.chunks_exact_mut(inputs * taps).zip(sums.chunks_exact(taps * padded)).collect(),
            || (),
            |(), _, (out, sums)| {
                for (input, out) in out.chunks_exact_mut(taps).enumerate() {
                    out.iter_mut().enumerate().for_each(|(tap, out)| _ = out.write(sums[tap * padded + input]));
                }
            },
        );
    };
    // SAFETY: there are sums for each of the outputs, and each of their filters' values is written.
    unsafe { written(outputs * inputs * taps, write) }
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
                count if T::is_two(*count) => self.tiles::<T, ROWS, 2>(vectors, planes, *first),
                _ => self.tiles::<T, ROWS, 3>(vectors, planes, *first),
            }
        }
    }

    /// For each tap the tile of some inputs.
    #[inline(always)]
    fn tiles<T: Vectors, const ROWS: usize, const VECTORS: usize>(&mut self, vectors: T, planes: &[f32], first: usize) {
        let (kernel, stride) = (self.dense.window.kernel, self.dense.window.stride);
        let (places, line) = (self.dense.out[1], self.strip.line);
        let (width, taps) = (VECTORS * T::WIDTH, kernel * kernel);
        let last = self.strip.starts.last().map_or(0, |start| start + kernel * line);
        assert!(last * width <= planes.len() && self.strip.starts.len() * places * ROWS <= self.packed.len());
        for tap in 0..taps {
            let sums = &mut self.sums[tap * self.padded + first..];
            assert!(sums.len() >= (ROWS - 1) * taps * self.padded + width);
            let offset = tap / kernel * line + tap % kernel;
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
                    tile.add_product(places, (a, ROWS), (b, stride * width));
                }
                tile.store(sums.as_mut_ptr(), taps * self.padded);
            }
        }
    }
}
