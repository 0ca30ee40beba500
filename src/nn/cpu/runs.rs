//! The loops over the runs that [`super::padded`] lays out: a convolution, and the gradient of its filter.
//!
//! The former is there twice: natively the compiler makes the vectors, for WebAssembly they are spelled out.

use std::mem::MaybeUninit;

#[cfg(any(target_family = "wasm", test))]
use super::lanes::Lanes;
#[cfg(target_family = "wasm")]
use super::lanes::Native;
use super::padded::{BLOCK, Geometry, Tap};
use crate::nn::spec::Activation;

/// Values summed side by side in the filters' gradient: enough for the widest vectors, and for several of the narrowest.
pub const LANES: usize = 16;

/// What one output channel is made with: `activation(weights ∗ x + bias)`.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    pub taps: &'a [Tap],
    pub weights: &'a [f32],
    pub bias: f32,
    pub activation: Activation,
}

/// A band's outputs, from the padded input. `first` is the band's first row, `run` room for [`Geometry::band_run`] values.
#[inline(always)]
pub fn correlate_band(
    geometry: &Geometry,
    first: usize,
    run: &mut [f32],
    padded: &[f32],
    filter: &Filter,
    out: &mut [MaybeUninit<f32>],
) {
    let rows = out.len() / geometry.out_width;
    let run = &mut run[..((rows - 1) * geometry.row + geometry.out_width).next_multiple_of(BLOCK)];
    correlate(run, &padded[first * geometry.row..], filter.taps, filter.weights, filter.bias);
    geometry.clamp_out(run, out, filter.activation);
}

/// `run[i] = start + Σ over taps of filter[tap] · values[offset + i]`.
#[cfg(not(target_family = "wasm"))]
#[inline(always)]
pub fn correlate(run: &mut [f32], values: &[f32], taps: &[Tap], filter: &[f32], start: f32) {
    for (index, out) in run.chunks_exact_mut(BLOCK).enumerate() {
        let mut sums = [start; BLOCK];
        for tap in taps {
            let weight = filter[tap.number];
            let values = &values[tap.offset + index * BLOCK..][..BLOCK];
            for lane in 0..BLOCK {
                sums[lane] += weight * values[lane];
            }
        }
        out.copy_from_slice(&sums);
    }
}

/// The same in vectors spelled out.
#[cfg(target_family = "wasm")]
#[inline(always)]
pub fn correlate(run: &mut [f32], values: &[f32], taps: &[Tap], filter: &[f32], start: f32) {
    correlate_lanes::<Native>(run, values, taps, filter, start);
}

#[cfg(any(target_family = "wasm", test))]
#[inline(always)]
fn correlate_lanes<V: Lanes>(run: &mut [f32], values: &[f32], taps: &[Tap], filter: &[f32], start: f32) {
    // Checked once, here: a check in the loops below takes as long as what it checks.
    assert!(taps.iter().all(|tap| tap.number < filter.len() && tap.offset + run.len() <= values.len()));
    for (index, out) in run.chunks_exact_mut(BLOCK).enumerate() {
        let mut sums = [V::splat(start); BLOCK / 4];
        for tap in taps {
            // SAFETY: the number and the whole run from the offset on were checked above, of which this is one block.
            unsafe {
                let weight = V::splat(*filter.as_ptr().add(tap.number));
                let values = values.as_ptr().add(tap.offset + index * BLOCK);
                for (vector, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.plus_product(weight, V::load(values.add(4 * vector)));
                }
            }
        }
        for (vector, sum) in sums.into_iter().enumerate() {
            // SAFETY: `out` is one block.
            unsafe { sum.store(out.as_mut_ptr().add(4 * vector)) };
        }
    }
}

/// `sums[tap] += Σ run[i] · padded[tap's offset + i]`, over `LANES` lanes.
#[inline(always)]
pub fn add_filter_gradient(sums: &mut [[f32; LANES]], run: &[f32], padded: &[f32], taps: &[Tap]) {
    for (tap, out) in taps.iter().zip(sums) {
        // A copy, which stays in registers.
        let mut sums = *out;
        for (gradient, values) in run.chunks_exact(LANES).zip(padded[tap.offset..].chunks_exact(LANES)) {
            for lane in 0..LANES {
                sums[lane] += gradient[lane] * values[lane];
            }
        }
        *out = sums;
    }
}

#[cfg(test)]
mod tests {
    use super::super::lanes;
    use super::*;
    use crate::nn::spec::{Padding, Spec};

    #[test]
    fn vectors_spelled_out_are_the_compilers() {
        let same = [(3, 1), (5, 1), (3, 2), (5, 2)].map(|(kernel, stride)| (kernel, stride, Padding::Same));
        for (kernel, stride, padding) in same.into_iter().chain([(7, 2, Padding::Each(3)), (3, 2, Padding::Each(1))]) {
            let window = Spec { kernel, stride, groups: 1, padding, activation: Activation::None };
            let geometry = Geometry::of(&window, [13, 18]).unwrap();
            let plane: Vec<f32> = (0..geometry.plane()).map(|index| (index % 19) as f32 - 9.0).collect();
            let filter: Vec<f32> = (0..kernel * kernel).map(|index| index as f32 / 8.0 - 1.0).collect();
            let mut padded = vec![0.0; geometry.padded()];
            geometry.pad(&plane, &mut padded);
            let (mut ours, mut compilers) = (vec![0.0; geometry.blocked_run()], vec![0.0; geometry.blocked_run()]);
            correlate_lanes::<lanes::Native>(&mut ours, &padded, &geometry.taps(), &filter, 0.5);
            correlate(&mut compilers, &padded, &geometry.taps(), &filter, 0.5);
            assert_eq!(ours, compilers);
        }
    }
}
