//! Depthwise convolution: one filter per channel.
//!
//! The work goes plane by plane, in vectors along the run that [`super::padded`] describes.

use std::mem::MaybeUninit;

use pulp::{Arch, Simd, WithSimd};

use super::gradients::{Clamped, Gradients};
use super::padded::{Geometry, Tap};
use super::rows::{self, Masked, Same};
use super::runs::{Filter, LANES, add_filter_gradient, correlate, correlate_band};
use super::tasks;
use super::unwritten::written;
use crate::nn::spec::Activation;

/// `activation(w ∗ x + b)`.
///
/// # Shapes
/// - x: `[batch, channels, height, width]`
/// - weight: `[channels, kernel, kernel]`, bias: `[channels]`
/// - output: `[batch, channels, out_height, out_width]`
pub fn forward(geometry: &Geometry, x: &[f32], weight: &[f32], bias: &[f32], activation: Activation) -> Vec<f32> {
    let (channels, filter) = (bias.len(), geometry.kernel * geometry.kernel);
    let (plane, out_plane) = (geometry.plane(), geometry.out_plane());
    let (arch, taps) = (Arch::new(), geometry.taps());
    let write = |y: &mut [MaybeUninit<f32>]| {
        tasks::for_each(
            y.chunks_exact_mut(out_plane).collect(),
            || (vec![0.0; geometry.padded()], vec![0.0; geometry.band_run()]),
            |(padded, run), index, out| {
                let channel = index % channels;
                let weights = &weight[channel * filter..][..filter];
                let filter = Filter { taps: &taps, weights, bias: bias[channel], activation };
                arch.dispatch(ForwardPlane { geometry, padded, run, x: &x[index * plane..][..plane], filter, out });
            },
        )
    };
    // SAFETY: every plane is written band by band, and a band row by row.
    unsafe { written(x.len() / plane * out_plane, write) }
}

/// One plane of [`forward`]. A struct, not a closure: only so is all of it compiled for the vectors that the processor has.
struct ForwardPlane<'a> {
    geometry: &'a Geometry,
    padded: &'a mut [f32],
    run: &'a mut [f32],
    x: &'a [f32],
    filter: Filter<'a>,
    out: &'a mut [MaybeUninit<f32>],
}

impl WithSimd for ForwardPlane<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { geometry, padded, run, filter, .. } = self;
        geometry.pad(self.x, padded);
        let band = geometry.band();
        for (index, out) in self.out.chunks_mut(band * geometry.out_width).enumerate() {
            correlate_band(geometry, index * band, run, padded, &filter, out);
        }
    }
}

/// What one channel's task writes.
struct Channel<'a> {
    /// Its planes of the input's gradient, one for each of the batch; none where nobody wants them.
    x: Vec<&'a mut [MaybeUninit<f32>]>,
    weight: &'a mut [f32],
    bias: &'a mut f32,
}

struct Scratch {
    /// An input plane.
    x: Vec<f32>,
    /// A plane of the output's gradient, zero where the output was clamped.
    gradient: Vec<f32>,
    /// The input's gradient by phases.
    phases: Vec<f32>,
    /// Partial sums of the filter's gradient.
    sums: Vec<[f32; LANES]>,
}

/// Gradients, given the output `y` where it was clamped, and the gradient of it.
///
/// # Shapes
/// As those of [`forward`].
pub fn backward(
    geometry: &Geometry,
    x: &[f32],
    weight: &[f32],
    y: Option<Clamped>,
    gradient: &[f32],
    channels: usize,
    x_wanted: bool,
) -> Gradients {
    let filter = geometry.kernel * geometry.kernel;
    let (plane, out_plane) = (geometry.plane(), geometry.out_plane());
    let batch = x.len() / (channels * plane);
    let mut weight_gradient = vec![0.0; weight.len()];
    let mut bias_gradient = vec![0.0; channels];

    let parameters = weight_gradient.chunks_exact_mut(filter).zip(&mut bias_gradient);
    let write = |x_gradient: &mut [MaybeUninit<f32>]| {
        let mut items: Vec<Channel> =
            parameters.map(|(weight, bias)| Channel { x: Vec::with_capacity(batch), weight, bias }).collect();
        for (index, plane) in x_gradient.chunks_exact_mut(plane).enumerate() {
            items[index % channels].x.push(plane);
        }

        let (arch, taps, transposed_taps) = (Arch::new(), geometry.taps(), geometry.transposed_taps());
        let scratch = || Scratch {
            x: vec![0.0; geometry.padded()],
            gradient: vec![0.0; geometry.phase()],
            phases: vec![0.0; geometry.transposed()],
            sums: vec![[0.0; LANES]; filter],
        };
        tasks::for_each(items, scratch, |scratch, channel, out| {
            scratch.sums.fill([0.0; LANES]);
            let mut planes = out.x.into_iter();
            for item in 0..batch {
                let index = item * channels + channel;
                *out.bias += arch.dispatch(BackwardPlane {
                    geometry,
                    taps: &taps,
                    transposed_taps: &transposed_taps,
                    scratch,
                    x: &x[index * plane..][..plane],
                    filter: &weight[channel * filter..][..filter],
                    y: y.map(|y| y.part(index * out_plane, out_plane)),
                    gradient: &gradient[index * out_plane..][..out_plane],
                    x_gradient: planes.next(),
                });
            }
            for (out, sums) in out.weight.iter_mut().zip(&scratch.sums) {
                *out = sums.iter().sum();
            }
        });
    };
    // SAFETY: every plane of it is written, row by row, where there are any.
    let x_gradient = unsafe { written(if x_wanted { x.len() } else { 0 }, write) };
    Gradients { x: x_wanted.then_some(x_gradient), weight: weight_gradient, bias: bias_gradient }
}

/// One plane's part in the gradients; gives that of the bias.
struct BackwardPlane<'a> {
    geometry: &'a Geometry,
    taps: &'a [Tap],
    transposed_taps: &'a [Vec<Tap>],
    scratch: &'a mut Scratch,
    x: &'a [f32],
    filter: &'a [f32],
    y: Option<Clamped<'a>>,
    gradient: &'a [f32],
    x_gradient: Option<&'a mut [MaybeUninit<f32>]>,
}

impl WithSimd for BackwardPlane<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        let Self { geometry, scratch, .. } = self;
        for (row, gradient) in self.gradient.chunks_exact(geometry.out_width).enumerate() {
            let out = geometry.out_row(&mut scratch.gradient, row);
            match self.y {
                Some(Clamped { y, activation }) => {
                    let y = &y[row * geometry.out_width..][..gradient.len()];
                    rows::zip(out, gradient, y, Masked::behind(activation))
                }
                None => rows::map(out, gradient, Same),
            }
        }
        geometry.pad(self.x, &mut scratch.x);
        let run = &scratch.gradient[geometry.out_start()..][..geometry.blocked_run()];
        add_filter_gradient(&mut scratch.sums, run, &scratch.x, self.taps);
        let bias = rows::sum(run);
        if let Some(x_gradient) = self.x_gradient {
            let phases = scratch.phases.chunks_exact_mut(geometry.transposed_run());
            for (phase, taps) in phases.zip(self.transposed_taps) {
                correlate(phase, &scratch.gradient, taps, self.filter, 0.0);
            }
            geometry.unpad(&scratch.phases, x_gradient);
        }
        bias
    }
}
