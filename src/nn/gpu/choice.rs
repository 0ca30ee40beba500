//! Which kernel takes a convolution: what none takes is left to Burn.

use super::dense::Dense;
use super::depthwise::Depthwise;
use super::geometry::Geometry;
use super::kernel::Kernel;
use super::pointwise::Pointwise;

/// Whoever is asked first takes it.
const KERNELS: [&dyn Kernel; 3] = [&Pointwise, &Depthwise, &Dense];

pub fn kernel_for(geometry: &Geometry) -> Option<&'static dyn Kernel> {
    KERNELS.into_iter().find(|kernel| kernel.takes(geometry))
}
