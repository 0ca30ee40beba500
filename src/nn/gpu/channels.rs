//! Pictures from outside have three channels, and kernels load four at a time.

use burn::tensor::Tensor;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::geometry::Geometry;
use super::{argument, contiguous, one_each, unwritten};

/// A picture or gradient as the kernels take it, [`Geometry::shape_of_x`]. A copy only where it does not lie so already, as after a
/// convolution it does.
pub fn with_padded_channels(geometry: &Geometry, x: Tensor<4>) -> Option<CubeTensor> {
    let channels = geometry.inputs;
    if channels == geometry.padded_inputs() {
        return contiguous(x.permute([0, 2, 3, 1]));
    }
    let x = contiguous(x)?;
    let out = unwritten(&x, geometry.shape_of_x());
    let (count, dim) = one_each(&x.client, geometry.pixels() * geometry.padded_inputs());
    // Safety: units past the last value do nothing, and no other channels are read than there are.
    unsafe {
        padded::launch_unchecked(
            &x.client,
            count,
            dim,
            argument(&x),
            argument(&out),
            (geometry.picture[0] * geometry.picture[1]) as u32,
            channels as u32,
            geometry.padded_inputs() as u32,
        );
    }
    Some(out)
}

/// A unit for each value of `out`, whose channels come last: those of `x` come before its pixels.
#[cube(launch_unchecked)]
fn padded(x: &[f32], out: &mut [f32], pixels: u32, channels: u32, padded_channels: u32) {
    let unit = ABSOLUTE_POS as u32;
    if ABSOLUTE_POS < out.len() {
        let channel = unit % padded_channels;
        let pixel = unit / padded_channels;
        let mut value = 0.0f32;
        if channel < channels {
            value = x[((pixel / pixels * channels + channel) * pixels + pixel % pixels) as usize];
        }
        out[unit as usize] = value;
    }
}
