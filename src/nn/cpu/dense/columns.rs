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

/// What one tap reads for the columns of a panel: where its pieces end, and where its single zeros do.
#[derive(Debug, Clone, Copy)]
struct End {
    pieces: usize,
    zeros: usize,
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
    /// Columns that are zero among those that pieces fetch, or between them.
    zeros: Vec<usize>,
    /// For each panel and tap.
    ends: Vec<End>,
    values: Aligned,
}

impl Columns {
    pub fn new<T: Vectors>() -> Self {
        let (panels, pieces, zeros, ends) = Default::default();
        Self { first: 0, count: 0, panels, width: T::WIDTH, pieces, zeros, ends, values: Aligned::default() }
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
        self.zeros.clear();
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
                self.ends.push(End { pieces: self.pieces.len(), zeros: self.zeros.len() });
            }
            start += width;
        }
    }

    /// Joined to the piece before it where the source goes on as the columns do. That is so from one row to the next where a window
    /// makes as many columns as the source has; what it reads beyond a row's end is another row's beginning, and made zero afterwards.
    fn piece(&mut self, to: usize, count: usize, from: Option<usize>) {
        const FEW: usize = 4;
        let before = self.ends.last().map_or(0, |end| end.pieces);
        match (from, self.pieces[before..].last_mut()) {
            _ if count == 0 => {}
            (None, _) if count <= FEW => self.zeros.extend(to..to + count),
            (Some(start), Some(Piece { to: first, count: joined, from: Some(from) }))
                if start == *from + to - *first =>
            {
                *joined = to + count - *first;
            }
            (from, _) => self.pieces.push(Piece { to, count, from }),
        }
    }

    /// Fetches what these channels have of the columns.
    ///
    /// Pieces are copied in whole vectors, past their ends: what comes behind is written later, be it the next piece or the next step in
    /// depth. A row of a small picture is a few values, and a copy to the value would cost more than the product.
    #[inline(always)]
    pub fn pack<T: Vectors>(&mut self, vectors: T, reading: &Reading, source: &[f32], channels: Range<usize>) {
        let (taps, plane) = (reading.taps.len(), reading.plane());
        let depth = channels.len() * taps;
        let all = self.values.room(room::<T>(self.padded(), self.panels.len(), depth));
        // Channel by channel, since the values of one lie side by side.
        for (nth, channel) in channels.enumerate() {
            let mut start = End { pieces: 0, zeros: 0 };
            for (index, panel) in self.panels.iter().enumerate() {
                let width = panel.vectors * T::WIDTH;
                let mut step = room::<T>(panel.start, index, depth) + nth * taps * width;
                for end in &self.ends[index * taps..][..taps] {
                    // A step, and a vector that goes past its end.
                    let out = &mut all[step..][..width + T::WIDTH];
                    for Piece { to, count, from } in &self.pieces[start.pieces..end.pieces] {
                        let out = &mut out[*to..];
                        match from.map(|from| &source[from + channel * plane..]) {
                            None => copy(vectors, out, *count, None, 0),
                            Some(values) if reading.step == 1 => copy(vectors, out, *count, Some(values), plane),
                            Some(values) => fetch(&mut out[..*count], values, reading.step),
                        }
                    }
                    self.zeros[start.zeros..end.zeros].iter().for_each(|zero| out[*zero] = 0.0);
                    start = *end;
                    step += width;
                }
            }
        }
    }

    /// A panel of `depth` steps, by its number.
    #[inline(always)]
    pub fn panel<T: Vectors>(&self, index: usize, depth: usize) -> &[f32] {
        let Panel { start, vectors } = self.panels[index];
        let all = self.values.values(room::<T>(self.padded(), self.panels.len(), depth));
        &all[room::<T>(start, index, depth)..][..vectors * T::WIDTH * depth]
    }
}

/// What so many columns in so many panels take: a vector behind each panel is overwritten.
#[inline(always)]
fn room<T: Vectors>(columns: usize, panels: usize, depth: usize) -> usize {
    columns * depth + panels * T::WIDTH
}

/// `count` values or zeros, and what comes behind them as far as whole vectors go. The next channel's, `plane` values away, will be
/// wanted soon: no processor guesses that, and waiting for them took half the time.
#[inline(always)]
fn copy<T: Vectors>(vectors: T, out: &mut [f32], count: usize, values: Option<&[f32]>, plane: usize) {
    let whole = count.next_multiple_of(T::WIDTH);
    assert!(whole <= out.len());
    if let Some(values) = values
        && values.len() < whole
    {
        return out[..count].copy_from_slice(&values[..count]);
    }
    for start in (0..count).step_by(T::WIDTH) {
        // SAFETY: both are as long as so many whole vectors, as was checked.
        unsafe {
            let vector = match values {
                Some(values) => {
                    vectors.prefetch(values.as_ptr().wrapping_add(start + plane));
                    vectors.load(values.as_ptr().add(start))
                }
                None => vectors.splat(0.0),
            };
            vectors.store(vector, out.as_mut_ptr().add(start));
        }
    }
}

/// Every `step`-th value.
#[inline(always)]
fn fetch(out: &mut [f32], values: &[f32], step: usize) {
    if step == 2 {
        let (last, values) = (out.len() - 1, &values[..2 * out.len() - 1]);
        out.iter_mut().zip(values.chunks_exact(2)).for_each(|(out, pair)| *out = pair[0]);
        out[last] = values[2 * last];
    } else {
        out.iter_mut().zip(values.iter().step_by(step)).for_each(|(out, value)| *out = *value);
    }
}
