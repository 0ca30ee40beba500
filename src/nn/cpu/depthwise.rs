//! Depthwise convolution: one filter per channel.
//!
//! The work goes plane by plane, in vectors along the run that [`super::padded`] describes.

use pulp::Arch;

use super::padded::{BLOCK, Geometry};
use super::{rows, tasks};

/// Values summed side by side in the filters' gradient. In the browser a vector is 4 values and there are 16 of them: five
/// taps of 8 values and what they are multiplied with just fit.
const LANES: usize = if cfg!(target_family = "wasm") { 8 } else { 16 };

/// `clamp(w ∗ x + b, 0, 6)`, the clamp only where `relu6` says so.
///
/// # Shapes
/// - x: `[batch, channels, height, width]`
/// - weight: `[channels, kernel, kernel]`, bias: `[channels]`
/// - output: `[batch, channels, out_height, out_width]`
pub fn forward(geometry: &Geometry, x: &[f32], weight: &[f32], bias: &[f32], relu6: bool) -> Vec<f32> {
    let (channels, taps) = (bias.len(), geometry.kernel * geometry.kernel);
    let (low, high) = if relu6 { (0.0, 6.0) } else { (f32::NEG_INFINITY, f32::INFINITY) };
    let planes = x.len() / geometry.plane();
    let mut y = vec![0.0; planes * geometry.out_plane()];
    let arch = Arch::new();
    tasks::for_each(
        y.chunks_exact_mut(geometry.out_plane()).collect(),
        || (vec![0.0; geometry.padded()], vec![0.0; geometry.blocked_run()]),
        |(padded, run), index, out| {
            let channel = index % channels;
            let plane = &x[index * geometry.plane()..][..geometry.plane()];
            let filter = &weight[channel * taps..][..taps];
            arch.dispatch(|| {
                geometry.pad(plane, padded);
                match geometry.kernel {
                    3 => correlate::<3>(geometry, run, padded, filter, bias[channel]),
                    _ => correlate::<5>(geometry, run, padded, filter, bias[channel]),
                }
                for (out, values) in out.chunks_exact_mut(geometry.out_width).zip(run.chunks(geometry.row)) {
                    rows::map(out, &values[..out.len()], |value| value.clamp(low, high));
                }
            });
        },
    );
    y
}

/// Gradients of [`forward`].
pub struct Gradients {
    pub x: Option<Vec<f32>>,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

/// What one channel's task writes.
struct Channel<'a> {
    /// Its planes of the input's gradient, one for each of the batch; none where nobody wants them.
    x: Vec<&'a mut [f32]>,
    weight: &'a mut [f32],
    bias: &'a mut f32,
}

struct Scratch {
    /// An input plane.
    x: Vec<f32>,
    /// A plane of the output's gradient, zero where the clamp stopped the output.
    gradient: Vec<f32>,
    /// The input's gradient by phases.
    phases: Vec<f32>,
    /// Partial sums of the filter's gradient.
    sums: Vec<[f32; LANES]>,
}

/// Gradients, given the output `y` (only where it was clamped) and the gradient of it.
///
/// # Shapes
/// As those of [`forward`].
pub fn backward(
    geometry: &Geometry,
    x: &[f32],
    weight: &[f32],
    y: Option<&[f32]>,
    gradient: &[f32],
    channels: usize,
    x_wanted: bool,
) -> Gradients {
    let taps = geometry.kernel * geometry.kernel;
    let (plane, out_plane) = (geometry.plane(), geometry.out_plane());
    let batch = x.len() / (channels * plane);
    let mut x_gradient = vec![0.0; if x_wanted { x.len() } else { 0 }];
    let mut weight_gradient = vec![0.0; weight.len()];
    let mut bias_gradient = vec![0.0; channels];

    let parameters = weight_gradient.chunks_exact_mut(taps).zip(&mut bias_gradient);
    let mut items: Vec<Channel> =
        parameters.map(|(weight, bias)| Channel { x: Vec::with_capacity(batch), weight, bias }).collect();
    for (index, plane) in x_gradient.chunks_exact_mut(plane).enumerate() {
        items[index % channels].x.push(plane);
    }

    let arch = Arch::new();
    let scratch = || Scratch {
        x: vec![0.0; geometry.padded()],
        gradient: vec![0.0; geometry.phase()],
        phases: vec![0.0; geometry.transposed()],
        sums: vec![[0.0; LANES]; taps],
    };
    tasks::for_each(items, scratch, |scratch, channel, out| {
        let filter = &weight[channel * taps..][..taps];
        scratch.sums.fill([0.0; LANES]);
        let mut planes = out.x.into_iter();
        for item in 0..batch {
            let index = item * channels + channel;
            let x = &x[index * plane..][..plane];
            let range = index * out_plane..(index + 1) * out_plane;
            let (y, gradient) = (y.map(|y| &y[range.clone()]), &gradient[range]);
            let x_gradient = planes.next();
            *out.bias += arch.dispatch(|| match geometry.kernel {
                3 => backward_plane::<3>(geometry, scratch, x, filter, y, gradient, x_gradient),
                _ => backward_plane::<5>(geometry, scratch, x, filter, y, gradient, x_gradient),
            });
        }
        for (out, sums) in out.weight.iter_mut().zip(&scratch.sums) {
            *out = sums.iter().sum();
        }
    });
    Gradients { x: x_wanted.then_some(x_gradient), weight: weight_gradient, bias: bias_gradient }
}

/// One plane's part in the gradients; returns that of the bias.
#[inline(always)]
fn backward_plane<const K: usize>(
    geometry: &Geometry,
    scratch: &mut Scratch,
    x: &[f32],
    filter: &[f32],
    y: Option<&[f32]>,
    gradient: &[f32],
    x_gradient: Option<&mut [f32]>,
) -> f32 {
    geometry.pad_out(&mut scratch.gradient, |out, from, to| match y {
        // As PyTorch's: nothing flows where the output touches a bound.
        Some(y) => rows::zip(
            out,
            &gradient[from..to],
            &y[from..to],
            |gradient, y| {
                if y > 0.0 && y < 6.0 { gradient } else { 0.0 }
            },
        ),
        None => rows::map(out, &gradient[from..to], |gradient| gradient),
    });
    geometry.pad(x, &mut scratch.x);
    let run = &scratch.gradient[geometry.out_start()..][..geometry.blocked_run()];
    add_filter_gradient::<K>(geometry, &mut scratch.sums, run, &scratch.x);
    let bias = rows::sum(run);
    if let Some(x_gradient) = x_gradient {
        transpose_correlate::<K>(geometry, &mut scratch.phases, &scratch.gradient, filter);
        geometry.unpad(&scratch.phases, x_gradient);
    }
    bias
}

/// `run[i] = start + Σ over taps of filter[tap] · padded[tap's offset + i]`.
#[inline(always)]
fn correlate<const K: usize>(geometry: &Geometry, run: &mut [f32], padded: &[f32], filter: &[f32], start: f32) {
    for (index, out) in run.chunks_exact_mut(BLOCK).enumerate() {
        let mut sums = [start; BLOCK];
        for y in 0..K {
            for x in 0..K {
                accumulate(&mut sums, &padded[geometry.tap(y, x) + index * BLOCK..], filter[y * K + x]);
            }
        }
        out.copy_from_slice(&sums);
    }
}

/// The same backwards: each input gathers from the outputs it had a part in. Each phase has the taps of its own parity.
#[inline(always)]
fn transpose_correlate<const K: usize>(geometry: &Geometry, phases: &mut [f32], gradient: &[f32], filter: &[f32]) {
    let stride = geometry.stride;
    for (phase, run) in phases.chunks_exact_mut(geometry.transposed_run()).enumerate() {
        for (index, out) in run.chunks_exact_mut(BLOCK).enumerate() {
            let mut sums = [0.0; BLOCK];
            for y in (phase / stride..K).step_by(stride) {
                for x in (phase % stride..K).step_by(stride) {
                    let values = &gradient[geometry.transposed_tap(y, x) + index * BLOCK..];
                    accumulate(&mut sums, values, filter[y * K + x]);
                }
            }
            out.copy_from_slice(&sums);
        }
    }
}

#[inline(always)]
fn accumulate(sums: &mut [f32; BLOCK], values: &[f32], weight: f32) {
    let values = &values[..BLOCK];
    for lane in 0..BLOCK {
        sums[lane] += weight * values[lane];
    }
}

/// `sums[tap] += Σ run[i] · padded[tap's offset + i]`, a row of taps at a time.
#[inline(always)]
fn add_filter_gradient<const K: usize>(geometry: &Geometry, sums: &mut [[f32; LANES]], run: &[f32], padded: &[f32]) {
    for (y, sums) in sums.chunks_exact_mut(K).enumerate() {
        let mut row = [[0.0; LANES]; K];
        for (index, gradient) in run.chunks_exact(LANES).enumerate() {
            for (x, sums) in row.iter_mut().enumerate() {
                let values = &padded[geometry.tap(y, x) + index * LANES..][..LANES];
                for lane in 0..LANES {
                    sums[lane] += gradient[lane] * values[lane];
                }
            }
        }
        for (sums, row) in sums.iter_mut().zip(&row) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    }
}
