//! What the backward passes take and give.

use pulp::{Simd, WithSimd};

use super::rows::{self, Masked};
use crate::nn::spec::Activation;

/// An output, and what it was clamped by.
#[derive(Debug, Clone, Copy)]
pub struct Clamped<'a> {
    pub y: &'a [f32],
    pub activation: Activation,
}

impl<'a> Clamped<'a> {
    /// `None` where nothing was.
    pub fn of(y: &'a [f32], activation: Activation) -> Option<Self> {
        (activation != Activation::None).then_some(Self { y, activation })
    }

    pub fn part(self, start: usize, length: usize) -> Self {
        Self { y: &self.y[start..][..length], ..self }
    }
}

/// Gradients of a convolution with a bias.
pub struct Gradients {
    /// `None` where nobody wants it.
    pub x: Option<Vec<f32>>,
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Gradients {
    /// With the bias's out of `sums`, those of each photo's gradient by channel: `[batch, outputs]`.
    pub fn new(x: Option<Vec<f32>>, weight: Vec<f32>, sums: &[f32], outputs: usize) -> Self {
        let mut bias = vec![0.0; outputs];
        for sums in sums.chunks_exact(outputs) {
            bias.iter_mut().zip(sums).for_each(|(bias, sum)| *bias += sum);
        }
        Self { x, weight, bias }
    }
}

/// Stops the gradient where the output was clamped, and sums what is left by channel. A struct, not a closure: only so is all of
/// it compiled for the vectors that the processor has.
pub struct MaskAndSum<'a> {
    pub gradient: &'a mut [f32],
    pub y: Option<Clamped<'a>>,
    pub sums: &'a mut [f32],
    pub pixels: usize,
}

impl WithSimd for MaskAndSum<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (channel, (row, sum)) in self.gradient.chunks_exact_mut(self.pixels).zip(self.sums).enumerate() {
            if let Some(Clamped { y, activation }) = self.y {
                rows::update(row, &y[channel * self.pixels..][..row.len()], Masked::behind(activation));
            }
            *sum = rows::sum(row);
        }
    }
}
