//! How a kernel offers itself for a convolution, or declines: what none takes is left to Burn.

use std::fmt::Debug;

use burn_cubecl::tensor::CubeTensor;

use super::dense::Dense;
use super::depthwise::Depthwise;
use super::filters::Filters;
use super::geometry::Geometry;
use super::pointwise::Pointwise;
use crate::nn::spec::Activation;

/// Whoever is asked first takes it.
const KERNELS: [&dyn Kernel; 3] = [&Pointwise, &Depthwise, &Dense];

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

pub fn kernel_for(geometry: &Geometry) -> Option<&'static dyn Kernel> {
    KERNELS.into_iter().find(|kernel| kernel.takes(geometry))
}
