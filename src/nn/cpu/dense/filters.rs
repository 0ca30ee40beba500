//! The filters as the rows of a product: in panels of as many rows as a tile has, those of one step in depth side by side.

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Range;

use super::super::tasks;
use super::super::unwritten::written;
use super::vectors::{Machine, Shape, Vectors, Work};

/// The filters, and what those of each output channel are multiplied by: as they are packed, which spares a copy of them.
#[derive(Debug, Clone, Copy)]
pub struct Scaled<'a> {
    pub weight: &'a [f32],
    pub scale: &'a [f32],
}

/// Where the values of a row lie among the filters: step `[channel, tap]` of row `r` at `r · row + channel · depth + taps[tap]`.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    pub rows: usize,
    pub channels: usize,
    pub taps: &'a [usize],
    pub row: usize,
    pub channel: usize,
    /// Whether the rows are output channels; otherwise these are what is summed over.
    pub rows_are_outputs: bool,
}

impl Order<'_> {
    pub fn depth(&self) -> usize {
        self.channels * self.taps.len()
    }
}

/// Packed for one kind of vectors; the last panel is filled up with zeros.
pub struct Filters<M> {
    pub depth: usize,
    values: Vec<f32>,
    machine: PhantomData<M>,
}

impl<M: Machine> Filters<M> {
    pub fn new(filters: Scaled, order: Order) -> Self {
        let (depth, rows) = (order.depth(), Shape::of::<M>().rows);
        let write = |out: &mut [MaybeUninit<f32>]| M::compute(Pack { filters, order, out });
        // SAFETY: every step of every panel is packed, zeros in place of rows that there are not.
        let values = unsafe { written(order.rows.next_multiple_of(rows) * depth, write) };
        Self { depth, values, machine: PhantomData }
    }

    /// How many values it holds.
    pub fn values(&self) -> usize {
        self.values.len()
    }

    /// The panel that begins with that row, which is the first of one, from a step in depth on.
    #[inline(always)]
    pub fn panel(&self, row: usize, rows_of_tile: usize, step: usize) -> &[f32] {
        &self.values[row * self.depth + step * rows_of_tile..(row + rows_of_tile) * self.depth]
    }
}

struct Pack<'a> {
    filters: Scaled<'a>,
    order: Order<'a>,
    out: &'a mut [MaybeUninit<f32>],
}

impl Work for Pack<'_> {
    fn run<T: Vectors>(self, _: T) {
        match T::ROWS {
            8 => pack::<8>(self.filters, self.order, self.out),
            _ => pack::<4>(self.filters, self.order, self.out),
        }
    }
}

/// Output channels for which the filters are read at a time where they are summed over: these lie far from one another, each the length
/// of a whole channel's, and to go through all of them for a few rows would find none of it in the caches.
const CHANNELS: usize = 8;

fn pack<const ROWS: usize>(filters: Scaled, order: Order, out: &mut [MaybeUninit<f32>]) {
    let (depth, taps) = (order.depth(), order.taps.len());
    let panel = ROWS * depth;
    if panel == 0 {
        return;
    }
    let panels = order.rows.div_ceil(ROWS).div_ceil(tasks::threads());
    let block = if order.rows_are_outputs { order.channels } else { CHANNELS };
    tasks::for_each(
        out.chunks_mut(panels * panel).collect(),
        || (),
        |(), index, out| {
            for channel in (0..order.channels).step_by(block) {
                let channels = channel..(channel + block).min(order.channels);
                for (number, panel) in out.chunks_exact_mut(panel).enumerate() {
                    let steps = &mut panel[channels.start * taps * ROWS..channels.end * taps * ROWS];
                    pack_panel::<ROWS>(filters, order, (index * panels + number) * ROWS, channels.clone(), steps);
                }
            }
        },
    );
}

/// Some channels of the panel that begins with row `first`.
fn pack_panel<const ROWS: usize>(
    filters: Scaled,
    order: Order,
    first: usize,
    channels: Range<usize>,
    out: &mut [MaybeUninit<f32>],
) {
    let rows = (order.rows - first).min(ROWS);
    let mut steps = out.chunks_exact_mut(ROWS);
    for channel in channels {
        let values = &filters.weight[first * order.row + channel * order.channel..];
        let mut factors = [0.0; ROWS];
        for (row, factor) in factors.iter_mut().enumerate().take(rows) {
            *factor = filters.scale[if order.rows_are_outputs { first + row } else { channel }];
        }
        for (tap, step) in order.taps.iter().zip(steps.by_ref()) {
            if rows == ROWS {
                let values = &values[*tap..][..(ROWS - 1) * order.row + 1];
                (0..ROWS).for_each(|row| _ = step[row].write(values[row * order.row] * factors[row]));
            } else {
                let value = |row: usize| if row < rows { values[row * order.row + tap] * factors[row] } else { 0.0 };
                (0..ROWS).for_each(|row| _ = step[row].write(value(row)));
            }
        }
    }
}
