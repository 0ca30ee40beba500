//! Convolutions with one filter per channel and TensorFlow's "SAME" padding, four channels at a time.
//!
//! # Shapes
//! - x, y and their gradients: `[batch, height, width, channels]`
//! - filters: `[kernel · kernel, channels]`

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::{LANES, argument, joined, one_each, parts, unwritten};

#[derive(Debug, Clone, Copy)]
pub struct Geometry {
    pub batch: usize,
    pub channels: usize,
    pub kernel: usize,
    pub stride: usize,
    pub height: usize,
    pub width: usize,
}

impl Geometry {
    pub fn output(&self) -> [usize; 2] {
        [self.height.div_ceil(self.stride), self.width.div_ceil(self.stride)]
    }

    /// Padding above and left; below and right it is as much or one more.
    fn before(&self) -> [usize; 2] {
        let [height, width] = self.output();
        let before = |size: usize, out: usize| ((out - 1) * self.stride + self.kernel).saturating_sub(size) / 2;
        [before(self.height, height), before(self.width, width)]
    }

    /// As the kernels take it.
    fn arguments(&self) -> SizesLaunch {
        let ([out_height, out_width], [top, left]) = (self.output(), self.before());
        SizesLaunch::new(
            self.batch as u32,
            (self.channels / LANES) as u32,
            self.height as u32,
            self.width as u32,
            out_height as u32,
            out_width as u32,
            top as u32,
            left as u32,
        )
    }
}

#[derive(CubeType, CubeLaunch)]
struct Sizes {
    batch: u32,
    /// Groups of [`LANES`].
    channels: u32,
    height: u32,
    width: u32,
    out_height: u32,
    out_width: u32,
    top: u32,
    left: u32,
}

/// `clamp(filters ∗ x + shift)`.
pub fn forward(
    geometry: Geometry,
    x: &CubeTensor,
    filters: &CubeTensor,
    shift: &CubeTensor,
    relu6: bool,
) -> CubeTensor {
    let [height, width] = geometry.output();
    let y = unwritten(x, [geometry.batch, height, width, geometry.channels]);
    let (count, dim) = one_each(&x.client, geometry.batch * height * width * geometry.channels / LANES);
    // Safety: what lies outside the picture is not read, and units past the last value do nothing.
    unsafe {
        of_outputs::launch_unchecked(
            &x.client,
            count,
            dim,
            LANES,
            argument(x),
            argument(filters),
            argument(shift),
            argument(&y),
            geometry.arguments(),
            geometry.kernel as u32,
            geometry.stride as u32,
            relu6,
        );
    }
    y
}

/// The gradient of x.
pub fn of_x(geometry: Geometry, gradient: &CubeTensor, filters: &CubeTensor) -> CubeTensor {
    let Geometry { batch, channels, height, width, .. } = geometry;
    let out = unwritten(gradient, [batch, height, width, channels]);
    let (count, dim) = one_each(&gradient.client, batch * height * width * channels / LANES);
    // Safety: as in `forward`.
    unsafe {
        of_inputs::launch_unchecked(
            &gradient.client,
            count,
            dim,
            LANES,
            argument(gradient),
            argument(filters),
            argument(&out),
            geometry.arguments(),
            geometry.kernel as u32,
            geometry.stride as u32,
        );
    }
    out
}

/// The gradient of the filters.
pub fn of_filters(geometry: Geometry, gradient: &CubeTensor, x: &CubeTensor) -> CubeTensor {
    let taps = geometry.kernel * geometry.kernel;
    let [out_height, out_width] = geometry.output();
    let (units, lines) = (taps * geometry.channels / LANES, geometry.batch * out_height);
    let parts = parts(units, lines * out_width).min(lines);
    let out = unwritten(gradient, [parts, taps, geometry.channels]);
    let (count, dim) = one_each(&gradient.client, parts * units);
    // Safety: as in `forward`.
    unsafe {
        of_taps::launch_unchecked(
            &gradient.client,
            count,
            dim,
            LANES,
            argument(gradient),
            argument(x),
            argument(&out),
            geometry.arguments(),
            parts as u32,
            geometry.kernel as u32,
            geometry.stride as u32,
        );
    }
    joined(out, [taps, geometry.channels])
}

/// A unit for four channels of an output pixel.
#[cube(launch_unchecked)]
fn of_outputs<N: Size>(
    x: &[Vector<f32, N>],
    filters: &[Vector<f32, N>],
    shift: &[Vector<f32, N>],
    y: &mut [Vector<f32, N>],
    sizes: &Sizes,
    #[comptime] kernel: u32,
    #[comptime] stride: u32,
    #[comptime] relu6: bool,
) {
    let unit = ABSOLUTE_POS as u32;
    let channel = unit % sizes.channels;
    let pixel = unit / sizes.channels;
    let column = pixel % sizes.out_width;
    let line = pixel / sizes.out_width % sizes.out_height;
    let picture = pixel / sizes.out_width / sizes.out_height;
    if picture < sizes.batch {
        let mut sum = shift[channel as usize];
        for tap_y in 0..kernel {
            // Above the picture this wraps around to something large.
            let source_y = line * stride + tap_y - sizes.top;
            if source_y < sizes.height {
                for tap_x in 0..kernel {
                    let source_x = column * stride + tap_x - sizes.left;
                    if source_x < sizes.width {
                        let source = (picture * sizes.height + source_y) * sizes.width + source_x;
                        sum += x[(source * sizes.channels + channel) as usize]
                            * filters[((tap_y * kernel + tap_x) * sizes.channels + channel) as usize];
                    }
                }
            }
        }
        if relu6 {
            let low = Vector::<f32, N>::new(0.0f32);
            let high = Vector::<f32, N>::new(6.0f32);
            y[unit as usize] = clamp_nan(sum, low, high);
        } else {
            y[unit as usize] = sum;
        }
    }
}

/// A unit for four channels of an input pixel.
#[allow(clippy::manual_is_multiple_of)] // Kernels do not know it.
#[cube(launch_unchecked)]
fn of_inputs<N: Size>(
    gradient: &[Vector<f32, N>],
    filters: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    sizes: &Sizes,
    #[comptime] kernel: u32,
    #[comptime] stride: u32,
) {
    let unit = ABSOLUTE_POS as u32;
    let channel = unit % sizes.channels;
    let pixel = unit / sizes.channels;
    let column = pixel % sizes.width;
    let line = pixel / sizes.width % sizes.height;
    let picture = pixel / sizes.width / sizes.height;
    if picture < sizes.batch {
        let mut sum = Vector::<f32, N>::new(0.0f32);
        for tap_y in 0..kernel {
            // Where the window would begin above the picture this wraps around to something large.
            let from_y = line + sizes.top - tap_y;
            let target_y = from_y / stride;
            if from_y % stride == 0 && target_y < sizes.out_height {
                for tap_x in 0..kernel {
                    let from_x = column + sizes.left - tap_x;
                    let target_x = from_x / stride;
                    if from_x % stride == 0 && target_x < sizes.out_width {
                        let target = (picture * sizes.out_height + target_y) * sizes.out_width + target_x;
                        sum += gradient[(target * sizes.channels + channel) as usize]
                            * filters[((tap_y * kernel + tap_x) * sizes.channels + channel) as usize];
                    }
                }
            }
        }
        out[unit as usize] = sum;
    }
}

/// A unit for one tap of four channels, of one of the parts of all pictures' lines.
#[allow(clippy::manual_div_ceil)] // Kernels do not know it.
#[cube(launch_unchecked)]
fn of_taps<N: Size>(
    gradient: &[Vector<f32, N>],
    x: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    sizes: &Sizes,
    parts: u32,
    #[comptime] kernel: u32,
    #[comptime] stride: u32,
) {
    let unit = ABSOLUTE_POS as u32;
    let channel = unit % sizes.channels;
    let tap = unit / sizes.channels % (kernel * kernel);
    let part = unit / sizes.channels / (kernel * kernel);
    if part < parts {
        let tap_x = tap % kernel;
        let tap_y = tap / kernel;
        let lines = sizes.batch * sizes.out_height;
        let share = (lines + parts - 1) / parts;
        let first = part * share;
        let last = select(first + share < lines, first + share, lines);
        let mut sum = Vector::<f32, N>::new(0.0f32);
        for line_of_all in first..last {
            let picture = line_of_all / sizes.out_height;
            let line = line_of_all % sizes.out_height;
            let source_y = line * stride + tap_y - sizes.top;
            if source_y < sizes.height {
                for column in 0..sizes.out_width {
                    let source_x = column * stride + tap_x - sizes.left;
                    if source_x < sizes.width {
                        let source = (picture * sizes.height + source_y) * sizes.width + source_x;
                        let target = line_of_all * sizes.out_width + column;
                        sum += x[(source * sizes.channels + channel) as usize]
                            * gradient[(target * sizes.channels + channel) as usize];
                    }
                }
            }
        }
        out[unit as usize] = sum;
    }
}
