//! The gradient of the filters in fewer products: the convolution's three transforms, each the other way round.
//!
//! What the tiles read is transformed as for the convolution, and their gradients, four by four, are by the transpose of what makes outputs.
//! For each of the thirty-six points, the product of the two is summed over all tiles; the transpose of what the filters go through makes
//! nine values of the sums.
//!
//! Vectors are of channels: those of a place lie side by side, so that nothing has to be taken apart.

use super::super::super::tasks;
use super::super::Dense;
use super::super::packed::{Chunk, PackPlanes, Strip, panels, parts, strips};
use super::super::tile::Tile;
use super::super::vectors::{Machine, Shape, Vectors, Work};
use super::transforms::{self, INPUTS, OUTPUTS, POINTS};
use crate::nn::spec::{Activation, Padding, Spec};

/// Fewest channels, and tiles of all photos, for which there are fewer products by so much that they outweigh the transforms.
const CHANNELS: usize = 24;
const TILES: usize = 16;

/// Outputs that a thread takes at a time: their gradients stay in the second cache, beside a panel of what is read.
const TOGETHER: usize = 64;

/// Values of a filter.
const TAPS: usize = 9;

/// Whether there are fewer products by enough.
pub fn is_for(dense: &Dense, batch: usize) -> bool {
    let Dense { window, inputs, outputs, .. } = *dense;
    let tiles: usize = dense.out.iter().map(|size| size.div_ceil(OUTPUTS)).product();
    // Tiles that go past the outputs by half are as many products as there were.
    let full = 2 * dense.out_plane() >= tiles * OUTPUTS * OUTPUTS;
    window.kernel == 3 && window.stride == 1 && full && inputs.min(outputs) >= CHANNELS && batch * tiles >= TILES
}

/// As [`weight::gradient`](super::super::weight::gradient), for what it [is for](is_for).
pub fn gradient<M: Machine>(dense: &Dense, x: &[f32], gradient: &[f32]) -> Vec<f32> {
    let Dense { inputs, outputs, .. } = *dense;
    let batch = gradient.len() / (outputs * dense.out_plane());
    let Shape { width, most, rows } = Shape::of::<M>();
    // Of whole tiles: what is read beyond the picture is zero, and so is the gradient beyond the outputs.
    let out = dense.out.map(|size| size.next_multiple_of(OUTPUTS));
    let read = Dense { out, ..*dense };
    let window = Spec { kernel: 1, stride: 1, groups: 1, padding: Padding::Each(0), activation: Activation::None };
    let written = Dense { window, inputs: outputs, outputs, picture: dense.out, out };

    let padded = inputs.next_multiple_of(width);
    let panels = panels(padded / width, most, width);
    // Outputs in whole vectors, and in whole tiles of a product.
    let panel = width.max(rows);
    let together = outputs.div_ceil(tasks::threads()).next_multiple_of(panel).min(TOGETHER);
    let mut sums = vec![0.0; outputs * inputs * TAPS];
    let mut planes = Vec::new();
    for chunks in strips(&read, batch, OUTPUTS) {
        let chunks = &chunks[..];
        let tiles = Strip::new(&read, chunks).places / (OUTPUTS * OUTPUTS);
        planes.resize(POINTS * tiles * padded, 0.0);
        let items = parts(&panels, width, POINTS * tiles, &mut planes);
        tasks::for_each(items, Vec::new, |packed, _, (first, width, out)| {
            let pack = PackPlanes { dense: &read, chunks, x, first, width, out: packed };
            transform::<M>(pack, Side::Read, out);
        });
        let planes = &planes[..];
        tasks::for_each(
            sums.chunks_mut(together * inputs * TAPS).collect(),
            Scratch::default,
            |scratch, group, sums| {
                let Scratch { packed, gradients, products } = scratch;
                gradients.resize(POINTS * tiles * (sums.len() / (inputs * TAPS)).next_multiple_of(panel), 0.0);
                for (nth, out) in gradients.chunks_exact_mut(panel * POINTS * tiles).enumerate() {
                    let first = group * together + nth * panel;
                    let pack =
                        PackPlanes { dense: &written, chunks, x: gradient, first, width: panel, out: &mut *packed };
                    transform::<M>(pack, Side::Written, out);
                }
                M::compute(Rows { tiles, panel, gradients, planes, panels: &panels, inputs, products, sums });
            },
        );
    }
    sums
}

/// Room for a group of outputs: their gradients, packed and then transformed, and the products of a tile.
#[derive(Default)]
struct Scratch {
    packed: Vec<f32>,
    gradients: Vec<f32>,
    products: Vec<f32>,
}

/// Which of the two that are multiplied.
#[derive(Clone, Copy)]
enum Side {
    Read,
    Written,
}

/// Packs some channels, and transforms their tiles: `[point][tile][width]`.
fn transform<M: Machine>(pack: PackPlanes<Vec<f32>>, side: Side, out: &mut [f32]) {
    let PackPlanes { dense, chunks, x, first, width, out: packed } = pack;
    packed.resize(Strip::new(dense, chunks).pixels * width, 0.0);
    PackPlanes { dense, chunks, x, first, width, out: &mut packed[..] }.pack::<M>();
    M::compute(Tiles { dense, chunks, packed, width, side, out });
}

struct Tiles<'a> {
    dense: &'a Dense,
    chunks: &'a [Chunk],
    packed: &'a [f32],
    width: usize,
    side: Side,
    out: &'a mut [f32],
}

impl Work for Tiles<'_> {
    #[inline(always)]
    fn run<T: Vectors>(self, by: T) {
        let Self { dense, width, .. } = self;
        let line = dense.covered(dense.out[1]);
        let point = self.out.len() / POINTS;
        let (from, to) = ([line * width, width], [INPUTS * point, point]);
        let (mut pixel, mut tile) = (0, 0);
        for Chunk { rows, .. } in self.chunks {
            for row in (0..rows.len()).step_by(OUTPUTS) {
                for column in (0..dense.out[1]).step_by(OUTPUTS) {
                    let read = &self.packed[(pixel + row * line + column) * width..];
                    let out = &mut self.out[tile * width..];
                    for lane in (0..width).step_by(T::WIDTH) {
                        let (read, out) = (&read[lane..], &mut out[lane..]);
                        match self.side {
                            Side::Read => square(
                                by,
                                read,
                                from,
                                out,
                                to,
                                #[inline(always)]
                                |line| transforms::inputs(by, line),
                            ),
                            Side::Written => square(
                                by,
                                read,
                                from,
                                out,
                                to,
                                #[inline(always)]
                                |line| transforms::gradients(by, line),
                            ),
                        }
                    }
                    tile += 1;
                }
            }
            pixel += dense.covered(rows.len()) * line;
        }
    }
}

/// A vector of squares: over their columns, then over their rows. Both steps are from row to row and from column to column.
#[inline(always)]
fn square<T: Vectors, const FROM: usize, const TO: usize>(
    by: T,
    read: &[f32],
    from: [usize; 2],
    out: &mut [f32],
    to: [usize; 2],
    transform: impl Fn([T::Vector; FROM]) -> [T::Vector; TO],
) {
    assert!(read.len() >= (FROM - 1) * (from[0] + from[1]) + T::WIDTH);
    assert!(out.len() >= (TO - 1) * (to[0] + to[1]) + T::WIDTH);
    let mut lines = [[by.splat(0.0); FROM]; TO];
    for column in 0..FROM {
        let mut values = [by.splat(0.0); FROM];
        for (row, value) in values.iter_mut().enumerate() {
            // SAFETY: as was checked.
            *value = unsafe { by.load(read.as_ptr().add(row * from[0] + column * from[1])) };
        }
        lines.iter_mut().zip(transform(values)).for_each(|(line, value)| line[column] = value);
    }
    for (row, line) in lines.into_iter().enumerate() {
        for (column, value) in transform(line).into_iter().enumerate() {
            // SAFETY: as was checked.
            unsafe { by.store(value, out.as_mut_ptr().add(row * to[0] + column * to[1])) };
        }
    }
}

/// Some outputs' rows of the result, to which these are added.
struct Rows<'a> {
    tiles: usize,
    /// Outputs whose gradients lie side by side.
    panel: usize,
    gradients: &'a [f32],
    planes: &'a [f32],
    /// First input and number of vectors.
    panels: &'a [(usize, usize)],
    inputs: usize,
    /// Room for the products of a tile, `[row][point][width]`, and for what is made of a row's, `[tap][width]`.
    products: &'a mut Vec<f32>,
    sums: &'a mut [f32],
}

impl Work for Rows<'_> {
    #[inline(always)]
    fn run<T: Vectors>(mut self, by: T) {
        match T::ROWS {
            8 => self.by_tiles::<T, 8>(by),
            _ => self.by_tiles::<T, 4>(by),
        }
    }
}

impl Rows<'_> {
    #[inline(always)]
    fn by_tiles<T: Vectors, const ROWS: usize>(&mut self, by: T) {
        let row = self.inputs * TAPS;
        self.products.resize((ROWS * POINTS + TAPS) * T::MOST * T::WIDTH, 0.0);
        for (first, count) in self.panels {
            let (size, width) = (POINTS * self.tiles, count * T::WIDTH);
            let planes = &self.planes[first * size..][..width * size];
            let (products, taps) = self.products.split_at_mut(ROWS * POINTS * width);
            for (nth, sums) in self.sums.chunks_mut(ROWS * row).enumerate() {
                let (start, lane) = (nth * ROWS / self.panel * self.panel, nth * ROWS % self.panel);
                let a = (&self.gradients[start * size + lane..], self.panel);
                match count {
                    1 => multiply::<T, ROWS, 1>(by, self.tiles, a, planes, products),
                    count if T::is_two(*count) => multiply::<T, ROWS, 2>(by, self.tiles, a, planes, products),
                    _ => multiply::<T, ROWS, 3>(by, self.tiles, a, planes, products),
                }
                let end = row.min((first + width) * TAPS);
                for (products, sums) in products.chunks_exact(POINTS * width).zip(sums.chunks_exact_mut(row)) {
                    add_filters(by, products, width, taps, &mut sums[first * TAPS..end]);
                }
            }
        }
    }
}

/// The products of some outputs and some inputs, of each point over all tiles: `[output][point][input]`. Of `a`, it is said how far its steps
/// are apart.
#[inline(always)]
fn multiply<T: Vectors, const ROWS: usize, const VECTORS: usize>(
    by: T,
    tiles: usize,
    (a, step): (&[f32], usize),
    b: &[f32],
    out: &mut [f32],
) {
    let width = VECTORS * T::WIDTH;
    assert!(a.len() >= (POINTS * tiles - 1) * step + ROWS && b.len() >= POINTS * tiles * width);
    assert!(out.len() >= ROWS * POINTS * width);
    for point in 0..POINTS {
        // SAFETY: there are so many steps of each point and room for its products, as was checked.
        unsafe {
            let (a, b) = (a.as_ptr().add(point * tiles * step), b.as_ptr().add(point * tiles * width));
            let mut tile = Tile::<T, ROWS, VECTORS>::zero(by);
            tile.add_product(tiles, (a, step), (b, width));
            tile.store(out.as_mut_ptr().add(point * width), POINTS * width);
        }
    }
}

/// Adds what an output's products make of the filters over some inputs. In `taps` there is room for it.
#[inline(always)]
fn add_filters<T: Vectors>(by: T, products: &[f32], width: usize, taps: &mut [f32], sums: &mut [f32]) {
    let (from, to) = ([INPUTS * width, width], [3 * width, width]);
    for lane in (0..width).step_by(T::WIDTH) {
        square(
            by,
            &products[lane..],
            from,
            &mut taps[lane..],
            to,
            #[inline(always)]
            |line| transforms::of_filters(by, line),
        );
    }
    for (input, sums) in sums.chunks_exact_mut(TAPS).enumerate() {
        sums.iter_mut().enumerate().for_each(|(tap, sum)| *sum += taps[tap * width + input]);
    }
}
