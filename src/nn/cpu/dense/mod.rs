//! Convolution with filters over all channels and a window of any size, stride and padding: a product of matrices, whose columns are
//! what the window covers at each place.
//!
//! Written out, the columns would be as many times larger than the picture as the window has places: 460 MB for a photo in VGG's
//! second layer. They are fetched as the product gets to them, into what fits the second cache.
//!
//! ```text
//!  forward   the convolution                  columns   a block of columns, fetched and packed
//!  picture   the gradient of its input        filters   the other side of the product, packed
//!  weight    the gradient of its filters      product   block by block, panel by panel
//!  reading   what a window covers, and, the   tile      the innermost loop
//!            other way round, what covers     vectors   what it is written in
//!  prepared  filters, for the product or for  winograd  fewer products for 3 × 3
//!            fewer of them                    kept      filters that stay prepared
//!                                             packed    pictures by place, for `weight`
//! ```

mod aligned;
mod columns;
mod filters;
mod forward;
#[cfg(any(target_family = "wasm", test))]
mod in_lanes;
mod kept;
mod packed;
mod picture;
mod prepared;
mod product;
mod reading;
mod tile;
mod vectors;
mod weight;
#[cfg(not(target_family = "wasm"))]
mod widest;
mod winograd;

use pulp::Arch;

use super::gradients::{Clamped, Gradients, MaskAndSum};
use super::tasks;
use crate::nn::spec::{Activation, Spec};
pub use filters::Scaled;
use vectors::Machine;

/// This build's vectors.
#[cfg(not(target_family = "wasm"))]
type Here = widest::Widest;
#[cfg(target_family = "wasm")]
type Here = in_lanes::InLanes;

/// What a layer that never learns keeps.
pub type Kept = kept::Kept<Here>;

/// Sizes of such a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dense {
    window: Spec,
    inputs: usize,
    outputs: usize,
    picture: [usize; 2],
    pub out: [usize; 2],
}

impl Dense {
    /// `None` where there are no outputs.
    pub fn of(window: Spec, inputs: usize, outputs: usize, picture: [usize; 2]) -> Option<Self> {
        let out = window.outputs(picture);
        let some = window.groups == 1 && window.stride > 0 && !out.contains(&0) && inputs > 0 && outputs > 0;
        some.then_some(Self { window, inputs, outputs, picture, out })
    }

    fn out_plane(&self) -> usize {
        self.out[0] * self.out[1]
    }

    /// Rows or columns that the windows of so many outputs cover.
    fn covered(&self, outputs: usize) -> usize {
        (outputs - 1) * self.window.stride + self.window.kernel
    }

    /// See [`forward::forward`].
    pub fn forward(
        &self,
        x: &[f32],
        filters: Scaled,
        bias: &[f32],
        activation: Activation,
        kept: Option<&Kept>,
    ) -> Vec<f32> {
        forward::forward::<Here>(self, x, filters, bias, activation, kept)
    }

    /// Gradients, given the output `y` where it was clamped, and the gradient of it, which is overwritten.
    pub fn backward(
        &self,
        x: &[f32],
        filters: Scaled,
        y: Option<Clamped>,
        gradient: &mut [f32],
        x_wanted: bool,
    ) -> Gradients {
        self.backward_by::<Here>(x, filters, y, gradient, x_wanted)
    }

    fn backward_by<M: Machine>(
        &self,
        x: &[f32],
        filters: Scaled,
        y: Option<Clamped>,
        gradient: &mut [f32],
        x_wanted: bool,
    ) -> Gradients {
        let (arch, photo) = (Arch::new(), self.outputs * self.out_plane());
        let mut sums = vec![0.0; gradient.len() / self.out_plane()]; // of each photo's gradient, by channel
        tasks::for_each(
            gradient.chunks_exact_mut(photo).zip(sums.chunks_exact_mut(self.outputs)).collect(),
            || (),
            |(), index, (gradient, sums)| {
                let y = y.map(|y| y.part(index * photo, photo));
                arch.dispatch(MaskAndSum { gradient, y, sums, pixels: self.out_plane() });
            },
        );
        let x_gradient = x_wanted.then(|| picture::gradient::<M>(self, filters, gradient));
        Gradients::new(x_gradient, weight::gradient::<M>(self, x, gradient), &sums, self.outputs)
    }
}

#[cfg(test)]
mod tests;
