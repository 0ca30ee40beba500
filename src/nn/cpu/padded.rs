//! Planes laid out so that a convolution over them is a few long loops without a test in them.
//!
//! A plane is copied into a larger one with zeros around it. One tap of the kernel then reads the plane at a fixed offset
//! from the output's position, for all positions of all rows in one run: the run also goes over the padding between two
//! rows, and what it computes there is thrown away. Two rows share one strip of zeros, right of the one and left of the other.
//!
//! At stride 2 the padded plane is taken apart into four *phases*, by the parity of row and column, in each of which the
//! values that one tap reads lie side by side again.

use super::rows;

/// How far a run may read past its end: kernels take whole blocks.
pub const BLOCK: usize = 32;

/// The geometry of a convolution with TensorFlow's "SAME" padding: an odd kernel, stride 1 or 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    pub kernel: usize,
    pub stride: usize,
    pub height: usize,
    pub width: usize,
    pub out_height: usize,
    pub out_width: usize,
    /// Padding above and left of the input; below and right it is as much or one more.
    top: usize,
    left: usize,
    /// Zeros above, below and left of a padded output plane. One strip of them at the side of two rows is enough.
    margin: usize,
    /// From one row to the next, in the phases of the input and in a padded output plane alike.
    pub row: usize,
}

impl Geometry {
    /// `None` for what the kernels are not made for.
    pub fn new(kernel: usize, stride: usize, height: usize, width: usize) -> Option<Self> {
        if kernel % 2 == 0 || !(1..=2).contains(&stride) || height == 0 || width == 0 {
            return None;
        }
        let before = |size: usize| {
            let out = size.div_ceil(stride);
            (((out - 1) * stride + kernel).saturating_sub(size)) / 2
        };
        let (out_height, out_width) = (height.div_ceil(stride), width.div_ceil(stride));
        // How far a tap reaches beyond an output's own position: at stride 2 from 0 to k − 1 inputs, which is as many outputs.
        let margin = kernel / 2;
        Some(Self {
            kernel,
            stride,
            height,
            width,
            out_height,
            out_width,
            top: before(height),
            left: before(width),
            margin,
            row: out_width + margin,
        })
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

    /// Where the tap at (`y`, `x`) of the kernel reads the padded input, from the output's position in the run.
    #[inline(always)]
    pub fn tap(&self, y: usize, x: usize) -> usize {
        match self.stride {
            1 => y * self.row + x,
            _ => (2 * (y % 2) + x % 2) * self.phase() + y / 2 * self.row + x / 2,
        }
    }

    /// Copies an input plane into its padded form. The padding is left as it is: zero, in a scratch that was made so.
    #[inline(always)]
    pub fn pad(&self, plane: &[f32], padded: &mut [f32]) {
        for (y, values) in plane.chunks_exact(self.width).enumerate() {
            let y = y + self.top;
            if self.stride == 1 {
                let start = y * self.row + self.left;
                rows::map(&mut padded[start..start + self.width], values, |value| value);
                continue;
            }
            for parity in 0..2 {
                let first = (parity + self.left) % 2; // the first column of this phase
                let start = (2 * (y % 2) + parity) * self.phase() + y / 2 * self.row + (first + self.left) / 2;
                let out = &mut padded[start..start + (self.width + 1 - first) / 2];
                for (out, pair) in out.iter_mut().zip(values[first..].chunks(2)) {
                    *out = pair[0];
                }
            }
        }
    }

    /// Where the outputs' run begins in a padded output plane.
    pub fn out_start(&self) -> usize {
        self.margin * self.row + self.margin
    }

    /// Fills a padded output plane, row by row: `fill(out, from, to)` gives the values `from..to` of the plane.
    #[inline(always)]
    pub fn pad_out(&self, padded: &mut [f32], mut fill: impl FnMut(&mut [f32], usize, usize)) {
        for y in 0..self.out_height {
            let start = self.out_start() + y * self.row;
            fill(&mut padded[start..start + self.out_width], y * self.out_width, (y + 1) * self.out_width);
        }
    }

    /// Where the transposed tap at (`y`, `x`) reads a padded output plane, from the input's position in the run over a phase.
    #[inline(always)]
    pub fn transposed_tap(&self, y: usize, x: usize) -> usize {
        let (y, x) = match self.stride {
            // The run goes over the inputs themselves, not over their padding.
            1 => (2 * self.margin - y, 2 * self.margin - x),
            _ => (self.margin - y / 2, self.margin - x / 2),
        };
        y * self.row + x
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
    pub fn unpad(&self, phases: &[f32], plane: &mut [f32]) {
        for (y, values) in plane.chunks_exact_mut(self.width).enumerate() {
            if self.stride == 1 {
                let start = y * self.row;
                rows::map(values, &phases[start..start + self.width], |value| value);
                continue;
            }
            let y = y + self.top;
            for parity in 0..2 {
                let first = (parity + self.left) % 2;
                let start = (2 * (y % 2) + parity) * self.transposed_run() + y / 2 * self.row + (first + self.left) / 2;
                for (pair, value) in values[first..].chunks_mut(2).zip(&phases[start..]) {
                    pair[0] = *value;
                }
            }
        }
    }
}
