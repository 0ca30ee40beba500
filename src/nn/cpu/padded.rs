//! Planes laid out so that a convolution over them is a few long loops without a test in them.
//!
//! A plane is copied into a larger one with zeros around it. One tap of the kernel then reads the plane at a fixed offset
//! from the output's position, for all positions of all rows in one run: the run also goes over the padding between two
//! rows, and what it computes there is thrown away. Two rows share one strip of zeros, right of the one and left of the other.
//!
//! At stride 2 the padded plane is taken apart into four *phases*, by the parity of row and column, in each of which the
//! values that one tap reads lie side by side again.

use std::mem::MaybeUninit;

use super::halves;
use super::rows::{self, Clamp, Same};
use crate::nn::spec::{Activation, Padding, Spec};

/// How far a run may read past its end: kernels take whole blocks.
pub const BLOCK: usize = 32;

/// Values of a band of rows.
const BAND: usize = 1024;

/// A value of the kernel, counted row by row, and where it reads from the position that it reads for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tap {
    pub number: usize,
    pub offset: usize,
}

/// The geometry of a convolution with an odd kernel, of stride 1 or 2, that is padded as far as the kernel reaches to a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    pub kernel: usize,
    pub stride: usize,
    pub height: usize,
    pub width: usize,
    pub out_height: usize,
    pub out_width: usize,
    /// Padding above and left of the input; below and right it is as much, one more or one less.
    top: usize,
    left: usize,
    /// Zeros above, below and left of a padded output plane. One strip of them at the side of two rows is enough.
    margin: usize,
    /// From one row to the next, in the phases of the input and in a padded output plane alike.
    pub row: usize,
}

impl Geometry {
    /// `None` for what the kernels are not made for.
    pub fn of(window: &Spec, [height, width]: [usize; 2]) -> Option<Self> {
        let Spec { kernel, stride, padding, .. } = *window;
        if kernel.is_multiple_of(2) || !(1..=2).contains(&stride) || height == 0 || width == 0 {
            return None;
        }
        // Other paddings make more or fewer outputs than the strips of zeros below are made for.
        if !matches!(padding, Padding::Same) && padding != Padding::Each(kernel / 2) {
            return None;
        }
        let ([top, left], [out_height, out_width]) = (window.before([height, width]), window.outputs([height, width]));
        // How far a tap reaches beyond an output's own position: at stride 2 from 0 to k − 1 inputs, which is as many outputs.
        let margin = kernel / 2;
        Some(Self { kernel, stride, height, width, out_height, out_width, top, left, margin, row: out_width + margin })
    }

    /// Values of an input plane.
    pub fn plane(&self) -> usize {
        self.height * self.width
    }

    /// Values of an output plane.
    pub fn out_plane(&self) -> usize {
        self.out_height * self.out_width
    }

    /// The run over all outputs: row by row, with the strip of zeros between two rows.
    pub fn run(&self) -> usize {
        (self.out_height - 1) * self.row + self.out_width
    }

    /// Whole blocks that cover [`Self::run`].
    pub fn blocked_run(&self) -> usize {
        self.run().next_multiple_of(BLOCK)
    }

    /// Rows of outputs that are computed at a time: few enough values for the first cache.
    pub fn band(&self) -> usize {
        (BAND / self.row).clamp(1, self.out_height)
    }

    /// Whole blocks that cover the run over a band.
    pub fn band_run(&self) -> usize {
        (self.band() * self.row).next_multiple_of(BLOCK)
    }

    /// Rows of a padded output plane, and at least those of a phase.
    fn rows(&self) -> usize {
        self.out_height + 2 * self.margin
    }

    /// Values of one phase or of one padded output plane, with room to read past the end.
    pub fn phase(&self) -> usize {
        (self.rows() + 1) * self.row + 2 * BLOCK
    }

    /// Values of an input plane with its padding: one phase at stride 1, four at stride 2.
    pub fn padded(&self) -> usize {
        self.stride * self.stride * self.phase()
    }

    /// All taps on the padded input, from the output's position in the run.
    pub fn taps(&self) -> Vec<Tap> {
        let offset = |y: usize, x: usize| match self.stride {
            1 => y * self.row + x,
            _ => (2 * (y % 2) + x % 2) * self.phase() + y / 2 * self.row + x / 2,
        };
        let taps = (0..self.kernel * self.kernel).map(|number| (number, number / self.kernel, number % self.kernel));
        taps.map(|(number, y, x)| Tap { number, offset: offset(y, x) }).collect()
    }

    /// Copies an input plane into its padded form. The padding is left as it is: zero, in a scratch that was made so.
    #[inline(always)]
    pub fn pad(&self, plane: &[f32], padded: &mut [f32]) {
        for (y, values) in plane.chunks_exact(self.width).enumerate() {
            let y = y + self.top;
            if self.stride == 1 {
                let start = y * self.row + self.left;
                rows::map(&mut padded[start..start + self.width], values, Same);
                continue;
            }
            let (even, odd) = self.halves(y, self.phase());
            if let [value] = values.chunks_exact(2).remainder() {
                padded[even + values.len() / 2] = *value;
            }
            let (low, high) = padded.split_at_mut(even.max(odd));
            let (even, odd) = match even < odd {
                true => (&mut low[even..], high),
                false => (high, &mut low[odd..]),
            };
            halves::unzip(even, odd, values);
        }
    }

    /// At stride 2, where the inputs of even and of odd columns lie in their phases, which are `phase` values apart, for
    /// row `y` of the padded input.
    #[inline(always)]
    fn halves(&self, y: usize, phase: usize) -> (usize, usize) {
        let start = |x: usize| (2 * (y % 2) + x % 2) * phase + y / 2 * self.row + x / 2;
        (start(self.left), start(self.left + 1))
    }

    /// `out[i] = activation(run[i])` for the outputs in a run over whole rows.
    #[inline(always)]
    pub fn clamp_out(&self, run: &[f32], out: &mut [MaybeUninit<f32>], activation: Activation) {
        for (out, values) in out.chunks_exact_mut(self.out_width).zip(run.chunks(self.row)) {
            rows::map(out, &values[..self.out_width], Clamp::new(activation));
        }
    }

    /// Where the outputs' run begins in a padded output plane.
    pub fn out_start(&self) -> usize {
        self.margin * self.row + self.margin
    }

    /// One row of outputs in a padded output plane.
    #[inline(always)]
    pub fn out_row<'a>(&self, padded: &'a mut [f32], row: usize) -> &'a mut [f32] {
        let start = self.out_start() + row * self.row;
        &mut padded[start..start + self.out_width]
    }

    /// The same backwards: for each phase of the input its taps on a padded output plane, from the input's position in the
    /// run over the phase. A phase has the taps of its own parity.
    pub fn transposed_taps(&self) -> Vec<Vec<Tap>> {
        let reach = match self.stride {
            1 => 2 * self.margin, // the run goes over the inputs themselves, not over their padding
            _ => self.margin,
        };
        let phase = |phase: usize| {
            let of_phase = move |tap: &(usize, usize, usize)| {
                tap.1 % self.stride == phase / self.stride && tap.2 % self.stride == phase % self.stride
            };
            let taps =
                (0..self.kernel * self.kernel).map(|number| (number, number / self.kernel, number % self.kernel));
            let offset = |y: usize, x: usize| (reach - y / self.stride) * self.row + reach - x / self.stride;
            taps.filter(of_phase).map(|(number, y, x)| Tap { number, offset: offset(y, x) }).collect()
        };
        (0..self.stride * self.stride).map(phase).collect()
    }

    /// The run over the inputs of one phase, in whole blocks.
    pub fn transposed_run(&self) -> usize {
        let rows = if self.stride == 1 { self.height } else { self.out_height + self.margin };
        (rows * self.row).next_multiple_of(BLOCK)
    }

    /// Values of the phases' gradients.
    pub fn transposed(&self) -> usize {
        self.stride * self.stride * self.transposed_run()
    }

    /// Copies the inputs' gradient out of the phases: the opposite of [`Self::pad`].
    #[inline(always)]
    pub fn unpad(&self, phases: &[f32], plane: &mut [MaybeUninit<f32>]) {
        for (y, values) in plane.chunks_exact_mut(self.width).enumerate() {
            if self.stride == 1 {
                let start = y * self.row;
                rows::map(values, &phases[start..start + self.width], Same);
                continue;
            }
            let (even, odd) = self.halves(y + self.top, self.transposed_run());
            halves::interleave(values, &phases[even..], &phases[odd..]);
            if let [value] = values.chunks_exact_mut(2).into_remainder() {
                value.write(phases[even + self.width / 2]);
            }
        }
    }
}
