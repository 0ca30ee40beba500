//! The convolution itself.

use std::mem::MaybeUninit;
use std::sync::Arc;

use super::super::rows::{self, Clamp, Shifted};
use super::super::tasks;
use super::super::unwritten::written;
use super::Dense;
use super::filters::{Order, Scaled};
use super::kept::Kept;
use super::prepared::{Prepared, Scratch};
use super::product::Sink;
use super::reading::Reading;
use super::vectors::Machine;
use crate::nn::spec::Activation;

/// `activation(filters ∗ x + bias)`, by filters that are kept where there is room for them.
///
/// # Shapes
/// - x: `[batch, inputs, height, width]`
/// - filters: `[outputs, inputs, kernel, kernel]`, bias: `[outputs]`
/// - output: `[batch, outputs, out_height, out_width]`
pub fn forward<M: Machine>(
    dense: &Dense,
    x: &[f32],
    filters: Scaled,
    bias: &[f32],
    activation: Activation,
    kept: Option<&Kept<M>>,
) -> Vec<f32> {
    let Dense { inputs, outputs, .. } = *dense;
    let reading = Reading::of_picture(&dense.window, dense.picture);
    let prepare = || {
        let taps: Vec<usize> = (0..reading.taps.len()).collect();
        let (row, channel) = (inputs * taps.len(), taps.len());
        let order = Order { rows: outputs, channels: inputs, taps: &taps, row, channel, rows_are_outputs: true };
        Prepared::new(reading.clone(), filters, order)
    };
    let prepared = kept.map_or_else(|| Arc::new(prepare()), |kept| kept.or(&reading, prepare));

    let (places, photo) = (dense.out_plane(), inputs * dense.picture[0] * dense.picture[1]);
    let batch = x.len() / photo;
    let group = tasks::photos_together(batch, prepared.columns());
    // Fewer photos than threads: each photo in parts, by channels.
    let part = match batch < tasks::threads() {
        true => outputs.div_ceil(tasks::threads().div_ceil(batch)).next_multiple_of(8),
        false => outputs,
    };
    let write = |y: &mut [MaybeUninit<f32>]| {
        let groups = y.chunks_mut(group * outputs * places).enumerate();
        let parts = groups.flat_map(|(index, out)| {
            let part = if part < outputs { part * places } else { out.len() };
            out.chunks_mut(part).enumerate().map(move |(part, out)| (index * group, part, out))
        });
        tasks::for_each(parts.collect(), Scratch::default, |scratch, _, (first, index, out)| {
            let rows = index * part..(index * part + part).min(outputs);
            let photos = out.len() / (rows.len() * places);
            let source = &x[first * photo..][..photos * photo];
            let clamp = Clamp::new(activation);
            let sink = Finish { out, first: rows.start, rows: rows.len(), places, bias, clamp };
            prepared.run(rows, source, scratch, sink);
        });
    };
    // SAFETY: a product hands over each of its rows for each place of each photo.
    unsafe { written(batch * outputs * places, write) }
}

/// Adds the bias, clamps, and puts a row where it belongs.
struct Finish<'a> {
    out: &'a mut [MaybeUninit<f32>],
    first: usize,
    rows: usize,
    places: usize,
    bias: &'a [f32],
    clamp: Clamp,
}

impl Sink for Finish<'_> {
    #[inline(always)]
    fn put(&mut self, row: usize, photo: usize, place: usize, values: &[f32]) {
        let start = (photo * self.rows + row - self.first) * self.places + place;
        let out = &mut self.out[start..start + values.len()];
        rows::map(out, values, Shifted { by: self.bias[row], clamp: self.clamp });
    }
}
