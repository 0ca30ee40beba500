//! A block of a product's columns, packed: never more of them than fit the second cache, instead of all that a window makes of a
//! picture, which is as many times larger as the window has places.

use std::ops::Range;

use super::aligned::Aligned;
use super::reading::Reading;
use super::vectors::Vectors;

/// Vectors of columns in a block: four or five tiles side by side, for which the filters are read once.
const VECTORS: usize = 16;

/// Columns that a tile takes, of `width` values side by side in each step of depth.
#[derive(Debug, Clone, Copy)]
pub struct Panel {
    /// Its first column in the block, which is also where it begins for each step in depth that there is.
    pub start: usize,
    pub vectors: usize,
}

/// Where some columns of a panel come from.
#[derive(Debug, Clone, Copy)]
struct Piece {
    to: usize,
    count: usize,
    /// In the source, for the first channel; `None` for zeros.
    from: Option<usize>,
}

/// Columns of several photos, one after the other, by what they read.
pub struct Columns {
    /// Columns in front of it.
    pub first: usize,
    /// How many there are; to whole vectors they are filled up with zeros.
    pub count: usize,
    pub panels: Vec<Panel>,
    width: usize,
    pieces: Vec<Piece>,
    /// For each panel and tap, where its pieces end.
    ends: Vec<usize>,
    values: Aligned,
}

impl Columns {
    pub fn new<T: Vectors>() -> Self {
        let (panels, pieces, ends) = Default::default();
        Self { first: 0, count: 0, panels, width: T::WIDTH, pieces, ends, values: Aligned::default() }
    }

    /// The blocks that so many columns are done in, none much smaller than another.
    pub fn blocks<T: Vectors>(columns: usize) -> impl Iterator<Item = Range<usize>> {
        let vectors = columns.div_ceil(T::WIDTH);
        let block = vectors.div_ceil(vectors.div_ceil(VECTORS * T::MOST / 3).max(1)).max(1) * T::WIDTH;
        (0..columns).step_by(block).map(move |first| first..(first + block).min(columns))
    }

    /// Columns in whole vectors.
    pub fn padded(&self) -> usize {
        self.count.next_multiple_of(self.width)
    }

    /// Lays out these columns of photos of `channels` planes each.
    pub fn lay_out<T: Vectors>(&mut self, reading: &Reading, channels: usize, columns: Range<usize>) {
        (self.first, self.count) = (columns.start, columns.len());
        self.panels.clear();
        self.pieces.clear();
        self.ends.clear();
        let mut start = 0;
        while start < self.padded() {
            // Two and two are quicker than three and one.
            let left = (self.padded() - start) / T::WIDTH;
            let vectors = if left == T::MOST + 1 { left.div_ceil(2) } else { left.min(T::MOST) };
            self.panels.push(Panel { start, vectors });
            let width = vectors * T::WIDTH;
            let end = (start + width).min(self.count);
            for tap in &reading.taps {
                let mut column = start;
                while column < end {
                    let (photo, place) =
                        ((self.first + column) / reading.places(), (self.first + column) % reading.places());
                    let [y, x] = [place / reading.grid[1], place % reading.grid[1]];
                    let count = (reading.grid[1] - x).min(end - column);
                    let (before, inside, from) = reading.inside(*tap, [y, x], count);
                    let from = photo * channels * reading.plane() + from;
                    let to = column - start;
                    self.piece(to, before, None);
                    self.piece(to + before, inside, Some(from));
                    self.piece(to + before + inside, count - before - inside, None);
                    column += count;
                }
                self.piece(end - start, start + width - end, None);
                self.ends.push(self.pieces.len());
            }
            start += width;
        }
    }

    fn piece(&mut self, to: usize, count: usize, from: Option<usize>) {
        if count > 0 {
            self.pieces.push(Piece { to, count, from });
        }
    }

    /// Fetches what these channels have of the columns.
    ///
    /// Pieces are copied in whole vectors, past their ends: what comes behind is written later, be it the next piece, the next step in
    /// depth or the next panel. A row of a small picture is a few values, and a copy to the value would cost more than the product.
    #[inline(always)]
    pub fn pack<T: Vectors>(&mut self, vectors: T, reading: &Reading, source: &[f32], channels: Range<usize>) {
        let (taps, plane) = (reading.taps.len(), reading.plane());
        let depth = channels.len() * taps;
        let room = self.padded() * depth + T::WIDTH;
        let all = self.values.room(room);
        let (zero, mut first) = (vectors.splat(0.0), 0);
        for (index, panel) in self.panels.iter().enumerate() {
            let width = panel.vectors * T::WIDTH;
            let ends = &self.ends[index * taps..][..taps];
            let mut step = panel.start * depth;
            for channel in channels.clone() {
                let mut start = first;
                for end in ends {
                    for Piece { to, count, from } in &self.pieces[start..*end] {
                        let whole = count.next_multiple_of(T::WIDTH);
                        let out = &mut all[step + to..][..whole];
                        let Some(from) = from.map(|from| from + channel * plane) else {
                            for vector in 0..whole / T::WIDTH {
                                // SAFETY: `out` is whole vectors.
                                unsafe { vectors.store(zero, out.as_mut_ptr().add(vector * T::WIDTH)) };
                            }
                            continue;
                        };
                        if reading.step == 1 && from + whole <= source.len() {
                            let values = &source[from..from + whole];
                            for vector in 0..whole / T::WIDTH {
                                // SAFETY: so are both.
                                unsafe {
                                    let value = vectors.load(values.as_ptr().add(vector * T::WIDTH));
                                    vectors.store(value, out.as_mut_ptr().add(vector * T::WIDTH));
                                }
                            }
                        } else {
                            fetch(&mut out[..*count], &source[from..], reading.step);
                        }
                    }
                    start = *end;
                    step += width;
                }
            }
            first = ends.last().copied().unwrap_or(first);
        }
    }

    /// From one panel's start on, in values, where it has `depth` steps.
    pub fn panel(&self, panel: Panel, depth: usize) -> &[f32] {
        &self.values.values(self.padded() * depth)[panel.start * depth..][..panel.vectors * self.width * depth]
    }
}

/// Every `step`-th value.
#[inline(always)]
fn fetch(out: &mut [f32], values: &[f32], step: usize) {
    match step {
        1 => out.copy_from_slice(&values[..out.len()]),
        2 => {
            let (last, values) = (out.len() - 1, &values[..2 * out.len() - 1]);
            out.iter_mut().zip(values.chunks_exact(2)).for_each(|(out, pair)| *out = pair[0]);
            out[last] = values[2 * last];
        }
        _ => out.iter_mut().zip(values.iter().step_by(step)).for_each(|(out, value)| *out = *value),
    }
}
