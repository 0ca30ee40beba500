//! What follows a sum, where it is computed; and its share in the gradient.

use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::{argument, one_each, shape, unwritten};
use crate::nn::spec::Activation;

/// The gradient where the activation let `y` through, both `[batch, height, width, channels]`. For one that holds something back.
pub fn masked(gradient: &CubeTensor, y: &CubeTensor, activation: Activation) -> CubeTensor {
    let out = unwritten(y, shape::<4>(y));
    let (count, dim) = one_each(&y.client, y.meta.shape().num_elements());
    // Safety: each unit looks at one place.
    unsafe {
        where_let_through::launch_unchecked(
            &y.client,
            count,
            dim,
            argument(gradient),
            argument(y),
            argument(&out),
            activation,
        );
    }
    out
}

#[cube(launch_unchecked)]
fn where_let_through(gradient: &[f32], y: &[f32], out: &mut [f32], #[comptime] activation: Activation) {
    let at = ABSOLUTE_POS;
    if at < out.len() {
        if comptime!(activation == Activation::Relu6) {
            let inside = y[at] > 0.0f32 && y[at] < 6.0f32;
            out[at] = select(inside, gradient[at], 0.0f32);
        } else {
            out[at] = select(y[at] > 0.0f32, gradient[at], 0.0f32);
        }
    }
}

/// Of one value. What is not a number stays so, as with Burn's: a fit that went wrong has to show. (A comparison that a driver
/// may take for a maximum, as Mesa's does, loses it.)
#[cube]
pub(super) fn activated(value: f32, #[comptime] activation: Activation) -> f32 {
    if comptime!(activation == Activation::None) {
        value
    } else if comptime!(activation == Activation::Relu6) {
        clamp_nan(value, 0.0f32, 6.0f32)
    } else {
        max_nan(value, 0.0f32)
    }
}

/// Of several at once.
#[cube]
pub(super) fn all_activated<N: Size>(values: Vector<f32, N>, #[comptime] activation: Activation) -> Vector<f32, N> {
    let low = Vector::<f32, N>::new(0.0f32);
    if comptime!(activation == Activation::None) {
        values
    } else if comptime!(activation == Activation::Relu6) {
        clamp_nan(values, low, Vector::<f32, N>::new(6.0f32))
    } else {
        max_nan(values, low)
    }
}
