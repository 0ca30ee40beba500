//! In WebAssembly: on the product of matrices of our own. One thread.

use std::mem::MaybeUninit;

use pulp::Arch;

use super::super::gradients::{Clamped, Gradients, MaskAndSum};
use super::super::lanes::Native;
use super::super::product::{Affix, Operand, Panels, ROWS, multiply};
use super::super::unwritten::written;
use super::Sizes;
use crate::nn::spec::Activation;

/// Pixels over which one product of a weight gradient sums.
const DEPTH: usize = 4096;

/// `activation(w · x + b)`.
///
/// # Shapes
/// - x: `[batch, inputs, pixels]`
/// - weight: `[outputs, inputs]`, bias: `[outputs]`
/// - output: `[batch, outputs, pixels]`
pub fn forward(sizes: Sizes, x: &[f32], weight: &[f32], bias: &[f32], activation: Activation) -> Vec<f32> {
    let Sizes { inputs, outputs, pixels } = sizes;
    let weight = packed(Operand::by_lines(weight, outputs, inputs));
    let write = |y: &mut [MaybeUninit<f32>]| {
        for (y, x) in y.chunks_exact_mut(outputs * pixels).zip(x.chunks_exact(inputs * pixels)) {
            multiply::<Native>(y, &weight, &[Operand::by_depth(x, pixels, inputs)], Affix { bias, activation });
        }
    };
    // SAFETY: a product is written as a whole.
    unsafe { written(x.len() / inputs * outputs, write) }
}

/// Gradients, given the output `y` where it was clamped, and the gradient of it, which is overwritten.
///
/// # Shapes
/// As those of [`forward`].
pub fn backward(
    sizes: Sizes,
    x: &[f32],
    weight: &[f32],
    y: Option<Clamped>,
    gradient: &mut [f32],
    x_wanted: bool,
) -> Gradients {
    let Sizes { inputs, outputs, pixels } = sizes;
    let mut sums = vec![0.0; x.len() / (inputs * pixels) * outputs];
    // Photo after photo, channel after channel.
    Arch::new().dispatch(MaskAndSum { gradient, y, sums: &mut sums, pixels });
    let gradients = || gradient.chunks_exact(outputs * pixels);

    let x_gradient = x_wanted.then(|| {
        let weight = packed(Operand::by_depth(weight, inputs, outputs));
        let write = |out: &mut [MaybeUninit<f32>]| {
            for (out, gradient) in out.chunks_exact_mut(inputs * pixels).zip(gradients()) {
                multiply::<Native>(out, &weight, &[Operand::by_depth(gradient, pixels, outputs)], Affix::NONE);
            }
        };
        // SAFETY: as above.
        unsafe { written(x.len(), write) }
    });

    // The sum over several photos as one product, their pixels one after the other, as far as what is packed stays small.
    let group = (DEPTH / pixels).max(1);
    let groups = x.chunks(group * inputs * pixels).zip(gradient.chunks(group * outputs * pixels));
    let parts = groups.map(|(x, gradient)| weight_gradient(sizes, x, gradient));
    let sum = |mut sum: Vec<f32>, part: Vec<f32>| {
        sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        sum
    };
    Gradients::new(x_gradient, parts.reduce(sum).unwrap_or_default(), &sums, outputs)
}

/// `Σ gradient · xᵀ` over some photos.
fn weight_gradient(Sizes { inputs, outputs, pixels }: Sizes, x: &[f32], gradient: &[f32]) -> Vec<f32> {
    let by_lines = |photo, lines| Operand::by_lines(photo, lines, pixels);
    let x: Vec<Operand> = x.chunks_exact(inputs * pixels).map(|photo| by_lines(photo, inputs)).collect();
    let gradients = gradient.chunks_exact(outputs * pixels).map(|photo| by_lines(photo, outputs));
    let mut left = Panels::new(ROWS);
    left.pack::<Native>(&gradients.collect::<Vec<_>>(), 0..outputs);
    // SAFETY: a product is written as a whole.
    unsafe { written(outputs * inputs, |out| multiply::<Native>(out, &left, &x, Affix::NONE)) }
}

fn packed(left: Operand) -> Panels {
    let mut panels = Panels::new(ROWS);
    panels.pack::<Native>(&[left], 0..left.lines);
    panels
}
