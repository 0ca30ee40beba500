//! How a kernel offers itself for a convolution, or declines.

use std::fmt::Debug;

use burn_cubecl::tensor::CubeTensor;

use super::filters::Filters;
use super::geometry::Geometry;
use crate::nn::spec::Activation;

/// One way to compute convolutions. Pictures, outputs and their gradients lie as [`Geometry::shape_of_x`] and [`Geometry::shape_of_y`] say.
pub trait Kernel: Debug + Sync {
    fn takes(&self, geometry: &Geometry) -> bool;

    /// How it wants the filters.
    fn filters(&self, geometry: &Geometry) -> Filters;

    /// `activation(filters ∗ x + shift)`.
    fn forward(
        &self,
        geometry: &Geometry,
        x: &CubeTensor,
        filters: &CubeTensor,
        shift: &CubeTensor,
        activation: Activation,
    ) -> CubeTensor;

    /// The gradient of x.
    fn of_x(&self, geometry: &Geometry, gradient: &CubeTensor, filters: &CubeTensor) -> CubeTensor;

    /// The gradient of the filters.
    fn of_filters(&self, geometry: &Geometry, gradient: &CubeTensor, x: &CubeTensor) -> CubeTensor;
}
