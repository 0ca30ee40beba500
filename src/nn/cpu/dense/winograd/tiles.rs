//! Where tiles lie: those of a grid, and those of a block in memory.

use std::ops::Range;

use super::super::reading::{Reading, Tap};
use super::super::vectors::Vectors;
use super::transforms::OUTPUTS;

/// Fewest places of a grid, and channels and rows, for which there are fewer products by so much that they outweigh the transforms.
const PLACES: usize = 100;
const CHANNELS: usize = 24;

/// Where the tiles of a grid read.
#[derive(Debug, Clone, Copy)]
pub struct Winograd {
    pub source: [usize; 2],
    pub grid: [usize; 2],
    /// Zeros above and left of the source; less than none where the grid begins inside it.
    pub before: [isize; 2],
    /// The window's places among a filter's values, row by row.
    pub taps: [usize; 9],
}

impl Winograd {
    /// `None` where it is not for that, or would not be quicker.
    pub fn of(reading: &Reading, channels: usize, rows: usize) -> Option<Self> {
        let mut taps = reading.taps.clone();
        taps.sort_by_key(|tap| (tap.down, tap.right));
        let first = taps.first()?;
        let square = |(nth, tap): (usize, &Tap)| {
            [tap.down - first.down, tap.right - first.right] == [nth / 3, nth % 3].map(|place| place as isize)
        };
        let fits = reading.step == 1 && taps.iter().enumerate().all(square);
        if !fits || reading.places() < PLACES || channels.min(rows) < CHANNELS {
            return None;
        }
        let before = [-first.down, -first.right];
        let taps = taps.iter().map(|tap| tap.number).collect::<Vec<_>>().try_into().ok()?;
        Some(Self { source: reading.source, grid: reading.grid, before, taps })
    }

    /// Rows and columns of tiles, the last of which may go past the grid.
    pub fn tiles(&self) -> [usize; 2] {
        self.grid.map(|size| size.div_ceil(OUTPUTS))
    }
}

/// Some rows of tiles of a photo, and how many tiles of a block are in front of them.
#[derive(Debug, Clone)]
pub struct Part {
    pub photo: usize,
    pub rows: Range<usize>,
    pub first: usize,
}

/// Vectors of all points, for so many channels or rows of so many tiles.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// From one channel's or row's tiles to the next one's.
    pub line: usize,
    /// From one point to the next. A vector behind them is overwritten, and those of a tile do not fall into the same lines of the caches.
    pub point: usize,
}

impl Room {
    pub fn new<T: Vectors>(lines: usize, tiles: usize) -> Self {
        let line = tiles.next_multiple_of(T::WIDTH);
        Self { line, point: lines * line + 16.max(T::WIDTH) }
    }
}
