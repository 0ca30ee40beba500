//! What tiles read, transformed.

use super::super::super::halves;
use super::super::super::rows::{self, Same};
use super::super::vectors::Vectors;
use super::tiles::{Part, Room, Winograd};
use super::transforms::{self, INPUTS, OUTPUTS, POINTS};

/// The tiles of some parts, of all channels, into `out[point][channel][tile]`.
///
/// A line of the source is taken apart, so that what all tiles read at one of their places lies side by side: `[place of four][tile]`, and one
/// tile more, for what the last one reads beyond its own four. Vectors go past a row's last tile: what comes there, be it of the next row, the
/// next part or the next channel, is written afterwards.
#[inline(always)]
pub fn transform<T: Vectors>(by: T, winograd: &Winograd, parts: &[Part], lines: &mut Vec<f32>, to: To) {
    let To { source, channels, out, room } = to;
    let [height, width] = winograd.source;
    let [above, left] = winograd.before;
    let tiles = winograd.tiles()[1];
    // Of a line as it comes, of its halves and of its quarters; a vector behind each of these.
    let (whole, quarter) = (OUTPUTS * (tiles + 1), tiles.next_multiple_of(T::WIDTH) + T::WIDTH);
    let covered = |part: &Part| OUTPUTS * part.rows.len() + INPUTS - OUTPUTS;
    lines.clear();
    lines.resize(2 * whole + parts.iter().map(covered).max().unwrap_or(0) * OUTPUTS * quarter, 0.0);
    let (line, rest) = lines.split_at_mut(whole);
    let (halves, quarters) = rest.split_at_mut(whole);
    let (even, odd) = halves.split_at_mut(whole / 2);
    // Where the source begins in a line, and where the line does in the source.
    let (begin, from) = (left.max(0) as usize, (-left).max(0) as usize);
    let inside = whole.saturating_sub(begin).min(width.saturating_sub(from));

    for (channel, part) in (0..channels).flat_map(|channel| parts.iter().map(move |part| (channel, part))) {
        let plane = &source[(part.photo * channels + channel) * height * width..][..height * width];
        for (nth, quarters) in quarters.chunks_exact_mut(OUTPUTS * quarter).take(covered(part)).enumerate() {
            let row = (OUTPUTS * part.rows.start + nth) as isize - above;
            if inside == 0 || row < 0 || row >= height as isize {
                quarters.fill(0.0);
                continue;
            }
            rows::map(&mut line[begin..][..inside], &plane[row as usize * width + from..][..inside], Same);
            halves::unzip(even, odd, line);
            let (first, second) = quarters.split_at_mut(2 * quarter);
            let ((a, c), (b, d)) = (first.split_at_mut(quarter), second.split_at_mut(quarter));
            halves::unzip(a, c, even);
            halves::unzip(b, d, odd);
        }
        for row in 0..part.rows.len() {
            let first = channel * room.line + part.first + row * tiles;
            for tile in (0..tiles).step_by(T::WIDTH) {
                let read = &quarters[row * OUTPUTS * OUTPUTS * quarter + tile..];
                square(by, read, quarter, &mut out[first + tile..], room.point);
            }
        }
    }
}

/// What is transformed, `[photos, channels, height, width]`, and where to.
pub struct To<'a> {
    pub source: &'a [f32],
    pub channels: usize,
    pub out: &'a mut [f32],
    pub room: Room,
}

/// A vector of tiles. In a line of quarters, the places 0 and 2 come before 1 and 3.
#[inline(always)]
fn square<T: Vectors>(by: T, read: &[f32], quarter: usize, out: &mut [f32], point: usize) {
    let place = |column: usize| [0, 2, 1, 3][column % OUTPUTS] * quarter + column / OUTPUTS;
    assert!(read.len() >= (INPUTS - 1) * OUTPUTS * quarter + place(3) + T::WIDTH);
    assert!(out.len() >= (POINTS - 1) * point + T::WIDTH);
    let mut lines = [[by.splat(0.0); INPUTS]; INPUTS];
    for column in 0..INPUTS {
        // SAFETY: there is a vector at each place of six lines, as was checked: `place(3)` is the last one.
        let load = |row: usize| unsafe { by.load(read.as_ptr().add(row * OUTPUTS * quarter + place(column))) };
        let points = transforms::inputs(by, [load(0), load(1), load(2), load(3), load(4), load(5)]);
        lines.iter_mut().zip(points).for_each(|(line, point)| line[column] = point);
    }
    for (row, line) in lines.into_iter().enumerate() {
        for (column, value) in transforms::inputs(by, line).into_iter().enumerate() {
            // SAFETY: as was checked.
            unsafe { by.store(value, out.as_mut_ptr().add((row * INPUTS + column) * point)) };
        }
    }
}
