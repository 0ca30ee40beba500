//! Convolution of few input channels, such as the first one, forward only, for WebAssembly: a frozen stem is what every photo runs
//! through, and one that learns is a small part of its step.
//!
//! A photo's channels are padded once; then each output channel gathers from all of them as a depthwise one does from its own.

use std::mem::MaybeUninit;

use pulp::{Arch, Simd, WithSimd};

use super::padded::{Geometry, Tap};
use super::runs::{Filter, correlate_band};
use super::tasks;
use super::unwritten::written;
use crate::nn::spec::Activation;

/// Whether this is quicker than [`super::dense`]: in WebAssembly, where EfficientNet's takes three quarters of the time, as long as the
/// padded channels stay in the fast caches and the window is small. Natively the product takes two thirds of this one's.
pub fn is_for(inputs: usize, kernel: usize) -> bool {
    cfg!(target_family = "wasm") && inputs <= 4 && matches!(kernel, 3 | 5)
}

/// `activation(w ∗ x + b)`.
///
/// # Shapes
/// - x: `[batch, inputs, height, width]`
/// - weight: `[outputs, inputs, kernel, kernel]`, bias: `[outputs]`
/// - output: `[batch, outputs, out_height, out_width]`
pub fn forward(
    geometry: &Geometry,
    inputs: usize,
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    activation: Activation,
) -> Vec<f32> {
    let outputs = bias.len();
    let photo = inputs * geometry.plane();
    let batch = x.len() / photo;
    // Fewer photos than threads: each photo in parts, by channels.
    let part = outputs.div_ceil(tasks::threads().div_ceil(batch).min(outputs));

    let (arch, taps) = (Arch::new(), geometry.taps());
    let all = |input: usize, tap: &Tap| Tap {
        number: input * taps.len() + tap.number,
        offset: input * geometry.padded() + tap.offset,
    };
    let taps: Vec<Tap> = (0..inputs).flat_map(|input| taps.iter().map(move |tap| all(input, tap))).collect();
    let write = |y: &mut [MaybeUninit<f32>]| {
        let photos = y.chunks_exact_mut(outputs * geometry.out_plane()).enumerate();
        let parts = photos.flat_map(|(photo, out)| {
            out.chunks_mut(part * geometry.out_plane()).enumerate().map(move |(index, out)| (photo, index * part, out))
        });
        tasks::for_each(
            parts.collect(),
            || (vec![0.0; inputs * geometry.padded()], vec![0.0; geometry.band_run()]),
            |(padded, run), _, (index, first, out)| {
                let x = &x[index * photo..][..photo];
                let (weight, bias) = (&weight[first * taps.len()..], &bias[first..]);
                arch.dispatch(Part { geometry, taps: &taps, padded, run, x, weight, bias, activation, out });
            },
        );
    };
    // SAFETY: every plane is written band by band, and a band row by row.
    unsafe { written(batch * outputs * geometry.out_plane(), write) }
}

/// Some output channels of one photo. A struct, not a closure: only so is all of it compiled for the vectors that the
/// processor has.
struct Part<'a> {
    geometry: &'a Geometry,
    taps: &'a [Tap],
    padded: &'a mut [f32],
    run: &'a mut [f32],
    x: &'a [f32],
    weight: &'a [f32],
    bias: &'a [f32],
    activation: Activation,
    out: &'a mut [MaybeUninit<f32>],
}

impl WithSimd for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { geometry, taps, padded, run, activation, .. } = self;
        let planes = self.x.chunks_exact(geometry.plane());
        for (plane, padded) in planes.zip(padded.chunks_exact_mut(geometry.padded())) {
            geometry.pad(plane, padded);
        }
        let (band, width) = (geometry.band(), geometry.out_width);
        // Band after band, so that all channels read the same few rows.
        for first in (0..geometry.out_height).step_by(band) {
            let values = first * width..(first + band).min(geometry.out_height) * width;
            let filters = self.weight.chunks_exact(taps.len()).zip(self.bias);
            for (out, (weights, bias)) in self.out.chunks_exact_mut(geometry.out_plane()).zip(filters) {
                let filter = Filter { taps, weights, bias: *bias, activation };
                correlate_band(geometry, first, run, padded, &filter, &mut out[values.clone()]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::dense::{Dense, Scaled};
    use super::*;
    use crate::nn::spec::{Padding, Spec};

    #[test]
    fn it_is_what_a_product_gives() {
        let values = |count: usize, seed: usize| -> Vec<f32> {
            (0..count).map(|index| ((index * 7919 + seed * 104_729) % 1009) as f32 / 500.0 - 1.0).collect()
        };
        for (kernel, stride, padding, picture) in [
            (3, 2, Padding::Same, [37, 50]),
            (3, 2, Padding::Each(1), [50, 37]),
            (3, 1, Padding::Each(1), [9, 4]),
            (5, 1, Padding::Same, [9, 4]),
            (7, 2, Padding::Each(3), [33, 20]),
        ] {
            let window = Spec { kernel, stride, groups: 1, padding, activation: Activation::Relu6 };
            let geometry = Geometry::of(&window, picture).unwrap();
            let (x, weight) = (values(3 * 3 * picture[0] * picture[1], 1), values(5 * 3 * kernel * kernel, 2));
            let (bias, filters) = (values(5, 3), Scaled { weight: &weight, scale: &[1.0; 5] });
            let expected =
                Dense::of(window, 3, 5, picture).unwrap().forward(&x, filters, &bias, Activation::Relu6, None);
            let found = forward(&geometry, 3, &x, &weight, &bias, Activation::Relu6);
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-4, "{window:?}: {found} is not {expected}");
            }
        }
    }
}
