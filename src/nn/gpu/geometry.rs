//! The sizes of a convolution, as its kernels take them. Inside, the channels of each pixel lie side by side.

use cubecl::prelude::*;

use super::LANES;
use crate::nn::spec::Spec;

#[derive(Debug, Clone, Copy)]
pub struct Geometry {
    pub batch: usize,
    pub inputs: usize,
    pub outputs: usize,
    pub groups: usize,
    pub kernel: usize,
    pub stride: usize,
    /// `[height, width]`
    pub picture: [usize; 2],
    pub output: [usize; 2],
    /// Zeros above and left.
    before: [usize; 2],
}

impl Geometry {
    /// Of a convolution of `[batch, inputs, height, width]` by a weight `[outputs, inputs / groups, kernel, kernel]`; `None` where nothing
    /// comes out.
    pub fn new([batch, inputs, height, width]: [usize; 4], [outputs, ..]: [usize; 4], spec: Spec) -> Option<Self> {
        let (picture, Spec { kernel, stride, groups, .. }) = ([height, width], spec);
        let (output, before) = (spec.outputs(picture), spec.before(picture));
        let some = batch * inputs * outputs > 0 && !picture.contains(&0) && !output.contains(&0);
        some.then_some(Self { batch, inputs, outputs, groups, kernel, stride, picture, output, before })
    }

    /// Pixels of all pictures.
    pub fn pixels(&self) -> usize {
        self.batch * self.picture[0] * self.picture[1]
    }

    pub fn output_pixels(&self) -> usize {
        self.batch * self.output[0] * self.output[1]
    }

    pub fn taps(&self) -> usize {
        self.kernel * self.kernel
    }

    /// Channels of a pixel in memory: whole groups of [`LANES`], the last one filled up with zeros.
    pub fn padded_inputs(&self) -> usize {
        self.inputs.next_multiple_of(LANES)
    }

    pub fn shape_of_x(&self) -> [usize; 4] {
        [self.batch, self.picture[0], self.picture[1], self.padded_inputs()]
    }

    pub fn shape_of_y(&self) -> [usize; 4] {
        [self.batch, self.output[0], self.output[1], self.outputs]
    }

    pub(super) fn arguments(&self) -> SizesLaunch {
        SizesLaunch::new(
            self.batch as u32,
            (self.padded_inputs() / LANES) as u32,
            (self.outputs / LANES) as u32,
            self.picture[0] as u32,
            self.picture[1] as u32,
            self.output[0] as u32,
            self.output[1] as u32,
            self.before[0] as u32,
            self.before[1] as u32,
        )
    }
}

#[derive(CubeType, CubeLaunch)]
pub(super) struct Sizes {
    pub batch: u32,
    /// Groups of [`LANES`].
    pub inputs: u32,
    /// Groups of [`LANES`].
    pub outputs: u32,
    pub height: u32,
    pub width: u32,
    pub out_height: u32,
    pub out_width: u32,
    pub top: u32,
    pub left: u32,
}
