//! The filters, transformed: of each, [`POINTS`] values instead of nine.

use std::marker::PhantomData;

use super::super::super::tasks;
use super::super::filters::{Order, Scaled};
use super::super::vectors::{Machine, Vectors, Work};
use super::transforms::{self, INPUTS, POINTS};

/// Rows that are transformed together: whole vectors, and whole panels.
const ROWS: usize = 16;

/// Steps in depth that are transformed before they are put where they belong: what is written then lies in 72 places, too far from one
/// another for a processor to go from each to the next for a few values.
const STEPS: usize = 8;

/// Values behind those of a point, or all points of a step would fall into the same lines of the caches.
const APART: usize = 16;

/// Panels of as many rows as a tile has, and in each, for each point, these rows' values side by side for each step in depth. The last
/// panels are filled up with zeros.
pub struct Transformed<M> {
    depth: usize,
    /// Of [`ROWS`] rows each: all of them as one would be more memory than what an allocator keeps, given by the system page by page.
    panels: Vec<Vec<f32>>,
    machine: PhantomData<M>,
}

impl<M: Machine> Transformed<M> {
    pub fn new(filters: Scaled, order: Order) -> Self {
        let mut panels = vec![Vec::new(); order.rows.div_ceil(ROWS)];
        tasks::for_each(
            panels.iter_mut().collect(),
            || (),
            |(), index, out| M::compute(Rows { filters, order, first: index * ROWS, out }),
        );
        Self { depth: order.channels, panels, machine: PhantomData }
    }

    /// How many values it holds.
    pub fn values(&self) -> usize {
        self.panels.iter().map(Vec::len).sum()
    }

    /// A point of the panel that begins with that row.
    #[inline(always)]
    pub fn panel(&self, row: usize, rows_of_tile: usize, point: usize) -> &[f32] {
        let number = row % ROWS / rows_of_tile * POINTS + point;
        &self.panels[row / ROWS][number * size(self.depth, rows_of_tile)..][..self.depth * rows_of_tile]
    }
}

/// Values from one point of a panel to the next.
#[inline(always)]
fn size(depth: usize, rows_of_tile: usize) -> usize {
    depth * rows_of_tile + APART
}

/// The panels of [`ROWS`] rows.
struct Rows<'a> {
    filters: Scaled<'a>,
    order: Order<'a>,
    first: usize,
    out: &'a mut Vec<f32>,
}

impl Work for Rows<'_> {
    #[inline(always)]
    fn run<T: Vectors>(self, by: T) {
        let size = size(self.order.channels, T::ROWS);
        *self.out = vec![0.0; ROWS / T::ROWS * POINTS * size];
        let mut points = [[0.0; STEPS * ROWS]; POINTS];
        for channel in (0..self.order.channels).step_by(STEPS) {
            let channels = channel..(channel + STEPS).min(self.order.channels);
            for (step, channel) in channels.clone().enumerate() {
                let values = self.values(channel);
                (0..ROWS)
                    .step_by(T::WIDTH)
                    .for_each(|lane| transform(by, &values, lane, &mut points, step * ROWS + lane));
            }
            for (panel, out) in self.out.chunks_exact_mut(POINTS * size).enumerate() {
                for (point, out) in points.iter().zip(out.chunks_exact_mut(size)) {
                    let steps = out[channel * T::ROWS..][..channels.len() * T::ROWS].chunks_exact_mut(T::ROWS);
                    for (out, rows) in steps.zip(point.chunks_exact(ROWS)) {
                        out.copy_from_slice(&rows[panel * T::ROWS..][..T::ROWS]);
                    }
                }
            }
        }
    }
}

impl Rows<'_> {
    /// Those of all taps of a channel, and zeros for rows that there are not.
    #[inline(always)]
    fn values(&self, channel: usize) -> [[f32; ROWS]; 9] {
        let Self { filters: Scaled { weight, scale }, order, first, .. } = self;
        let mut values = [[0.0; ROWS]; 9];
        for row in 0..(order.rows - first).min(ROWS) {
            let filter = &weight[(first + row) * order.row + channel * order.channel..][..9];
            let factor = scale[if order.rows_are_outputs { first + row } else { channel }];
            values.iter_mut().zip(order.taps).for_each(|(values, tap)| values[row] = filter[*tap] * factor);
        }
        values
    }
}

/// A vector of rows.
#[inline(always)]
fn transform<T: Vectors>(
    by: T,
    values: &[[f32; ROWS]; 9],
    lane: usize,
    points: &mut [[f32; STEPS * ROWS]; POINTS],
    to: usize,
) {
    assert!(lane + T::WIDTH <= ROWS && to + T::WIDTH <= STEPS * ROWS);
    let mut lines = [[by.splat(0.0); 3]; INPUTS];
    for column in 0..3 {
        // SAFETY: there is a vector from `lane` on.
        let load = |row: usize| unsafe { by.load(values[3 * row + column].as_ptr().add(lane)) };
        let points = transforms::filters(by, [load(0), load(1), load(2)]);
        lines.iter_mut().zip(points).for_each(|(line, point)| line[column] = point);
    }
    for (line, out) in lines.into_iter().zip(points.chunks_exact_mut(INPUTS)) {
        for (value, out) in transforms::filters(by, line).into_iter().zip(out) {
            // SAFETY: there is a vector from `to` on.
            unsafe { by.store(value, out.as_mut_ptr().add(to)) };
        }
    }
}
