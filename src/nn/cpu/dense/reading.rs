//! What a product's columns read: for each place of a grid, the values under a window of a picture. This is the picture of the
//! convolution, or, backwards, the gradient of its output.

use crate::nn::spec::Spec;

/// A place in the window: its number among the filter's values, and where it reads from the place that it reads for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tap {
    pub number: usize,
    pub down: isize,
    pub right: isize,
}

/// Column `[y, x]` of the grid reads the source at `[y · step + down, x · step + right]`: zero where that is outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub source: [usize; 2],
    pub grid: [usize; 2],
    pub step: usize,
    pub taps: Vec<Tap>,
}

impl Reading {
    /// What the outputs read of a picture.
    pub fn of_picture(window: &Spec, picture: [usize; 2]) -> Self {
        let [above, left] = window.before(picture).map(|zeros| zeros as isize);
        let tap = |(number, y, x)| Tap { number, down: y as isize - above, right: x as isize - left };
        let taps = places(window.kernel).map(tap).collect();
        Self { source: picture, grid: window.outputs(picture), step: window.stride, taps }
    }

    /// What the gradient of a picture reads of that of the outputs. An output reads every `stride`-th place, from wherever it
    /// begins; so the places of the picture whose rows and columns leave the same rests, `phase`, are read by the same taps.
    pub fn of_gradient(window: &Spec, picture: [usize; 2], phase: [usize; 2]) -> Self {
        let stride = window.stride as isize;
        let before = window.before(picture);
        let from = |axis: usize, place: usize| {
            let distance = (phase[axis] + before[axis]) as isize - place as isize;
            (distance % stride == 0).then_some(distance / stride)
        };
        let tap = |(number, y, x)| Some(Tap { number, down: from(0, y)?, right: from(1, x)? });
        let taps = places(window.kernel).filter_map(tap).collect();
        let grid = [0, 1].map(|axis| picture[axis].saturating_sub(phase[axis]).div_ceil(window.stride));
        Self { source: window.outputs(picture), grid, step: 1, taps }
    }

    /// Values of a plane of the source.
    pub fn plane(&self) -> usize {
        self.source[0] * self.source[1]
    }

    /// Places of the grid.
    pub fn places(&self) -> usize {
        self.grid[0] * self.grid[1]
    }

    /// Of the `count` columns from `[y, x]` on, all of that row: how many come before those that the tap finds inside the source,
    /// how many it finds there, and where the first of them lies in a plane.
    pub fn inside(&self, tap: Tap, [y, x]: [usize; 2], count: usize) -> (usize, usize, usize) {
        let row = (y * self.step) as isize + tap.down;
        if row < 0 || row >= self.source[0] as isize {
            return (count, 0, 0);
        }
        let column = (x * self.step) as isize + tap.right;
        let (step, width) = (self.step as isize, self.source[1] as isize);
        let missing = if column < 0 { ((-column + step - 1) / step) as usize } else { 0 };
        if missing >= count {
            return (count, 0, 0);
        }
        let column = column + missing as isize * step;
        let there = if column < width { ((width - 1 - column) / step + 1) as usize } else { 0 };
        (missing, there.min(count - missing), row as usize * self.source[1] + column.max(0) as usize)
    }
}

/// Number, row and column of each place of a window.
fn places(kernel: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..kernel * kernel).map(move |number| (number, number / kernel, number % kernel))
}
