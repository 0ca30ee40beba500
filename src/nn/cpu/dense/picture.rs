//! The gradient of the picture: a convolution of the output's gradient, with the filters the other way round.

use std::mem::MaybeUninit;

use super::super::rows::{self, Same};
use super::super::tasks;
use super::super::unwritten::{Slot, written};
use super::Dense;
use super::filters::{Order, Scaled};
use super::prepared::{Prepared, Scratch};
use super::product::Sink;
use super::reading::Reading;
use super::vectors::Machine;

/// # Shapes
/// - gradient: `[batch, outputs, out_height, out_width]`
/// - filters: `[outputs, inputs, kernel, kernel]`
/// - result: `[batch, inputs, height, width]`
pub fn gradient<M: Machine>(dense: &Dense, filters: Scaled, gradient: &[f32]) -> Vec<f32> {
    let Dense { inputs, outputs, .. } = *dense;
    let stride = dense.window.stride;
    let filter = dense.window.kernel * dense.window.kernel;
    // Places whose rows and columns leave the same rests.
    let phases: Vec<([usize; 2], Prepared<M>)> = (0..stride * stride)
        .map(|phase| {
            let phase = [phase / stride, phase % stride];
            let reading = Reading::of_gradient(&dense.window, dense.picture, phase);
            let taps: Vec<usize> = reading.taps.iter().map(|tap| tap.number).collect();
            let order = Order {
                rows: inputs,
                channels: outputs,
                taps: &taps,
                row: filter,
                channel: inputs * filter,
                rows_are_outputs: false,
            };
            (phase, Prepared::new(reading, filters, order))
        })
        .filter(|(_, prepared)| prepared.reading.places() > 0)
        .collect();

    let [height, width] = dense.picture;
    let (plane, photo) = (height * width, outputs * dense.out_plane());
    let batch = gradient.len() / photo;
    let group = tasks::photos_together(batch, phases.iter().map(|(_, prepared)| prepared.columns()).max().unwrap_or(1));
    let write = |out: &mut [MaybeUninit<f32>]| {
        tasks::for_each(out.chunks_mut(group * inputs * plane).collect(), Scratch::default, |scratch, index, out| {
            for (phase, prepared) in &phases {
                let source = &gradient[index * group * photo..][..out.len() / (inputs * plane) * photo];
                let columns = prepared.reading.grid[1];
                let sink = Spread { out, inputs, plane, width, stride, phase: *phase, columns };
                prepared.run(0..inputs, source, scratch, sink);
            }
        });
    };
    // SAFETY: each place of a plane belongs to one phase, and a product hands over each of its rows for each place of each photo.
    unsafe { written(batch * inputs * plane, write) }
}

/// Puts the places of a phase where they belong.
struct Spread<'a> {
    out: &'a mut [MaybeUninit<f32>],
    inputs: usize,
    plane: usize,
    width: usize,
    stride: usize,
    phase: [usize; 2],
    /// Of the phase.
    columns: usize,
}

impl Sink for Spread<'_> {
    #[inline(always)]
    fn put(&mut self, row: usize, photo: usize, place: usize, mut values: &[f32]) {
        let out = &mut self.out[(photo * self.inputs + row) * self.plane..][..self.plane];
        if self.stride == 1 {
            return rows::map(&mut out[place..place + values.len()], values, Same);
        }
        let (mut y, mut x) = (place / self.columns, place % self.columns);
        while !values.is_empty() {
            let (row, rest) = values.split_at((self.columns - x).min(values.len()));
            let start = (y * self.stride + self.phase[0]) * self.width + x * self.stride + self.phase[1];
            out[start..].iter_mut().step_by(self.stride).zip(row).for_each(|(out, value)| out.put(*value));
            (y, x, values) = (y + 1, 0, rest);
        }
    }
}
