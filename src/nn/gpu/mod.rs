//! Operations of our own for WebGPU and whatever else Burn's CubeCL backend drives: a learning step in few launches.
//!
//! A launch costs a browser some tens of microseconds before the graphics card does anything, and the output layer is so
//! small that launches are all it costs. Burn without its fusion takes some twenty of them to update a parameter by AdamW,
//! thirty for a cross-entropy with its gradient, and multiplies a batch of features by the output layer in a single workgroup.
//! Here these are one each:
//!
//! ```text
//!  linear         the output layer: few columns, each a long sum       cross_entropy  the loss and its gradient together
//!  optimiser      the global norm of gradients, and AdamW
//!  fused          convolution, batch-norm or bias, activation in one: the node for autodiff
//!  choice         which kernel takes a convolution: pointwise (windows of 1 × 1), depthwise (one filter per channel) or dense
//!                 (everything else without groups), by its geometry; kernel is what each of them is
//!  filters        how they lie, and batch-norm folded into them     activation     in a kernel, and of gradients
//! ```
//!
//! Each is written once, in Rust, for every graphics API. Other devices, precisions and sizes take Burn's own operations, and
//! what they compute is the measure of these (`tests/gpu_kernels.rs`, `tests/web/gpu-steps.test.mjs`).

mod activation;
mod channels;
mod choice;
pub mod cross_entropy;
mod dense;
mod depthwise;
pub mod filters;
pub mod fused;
mod geometry;
mod kernel;
pub mod linear;
pub mod optimiser;
mod pointwise;

use burn::backend::Wgpu;
use burn::tensor::{DType, Tensor};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;
use cubecl::{calculate_cube_count_elemwise, client::Client};

/// Units that share a sum. Every WebGPU device has workgroups of this size.
const UNITS: u32 = 64;
// Kernels know it as a number alone: as many places do their shared sums have.
const _: () = assert!(UNITS == 64);

/// What keeps even a small graphics card busy: fewer units are made this many or more, by dividing their sums.
const FEW_UNITS: usize = 2_048;
const MANY_UNITS: usize = 8_192;
/// Shorter sums are not divided further.
const LEAST_TERMS: usize = 64;

/// Channels that are loaded at once.
const LANES: usize = 4;

/// The tensor as the kernels take it, its values one after the other; `None` where it lives on another device, or on the
/// autodiff one.
fn contiguous<const D: usize>(tensor: Tensor<D>) -> Option<CubeTensor> {
    let tensor = tensor.try_into_primitive::<Wgpu>().ok()?;
    (tensor.dtype == DType::F32).then(|| into_contiguous(tensor))
}

/// A tensor of values yet to be written, where the other one is.
fn unwritten<const D: usize>(like: &CubeTensor, shape: [usize; D]) -> CubeTensor {
    let handle = like.client.empty(shape.iter().product::<usize>() * size_of::<f32>());
    CubeTensor::new_contiguous(like.client.clone(), like.device.clone(), shape.into(), handle, DType::F32)
}

/// What a view or a sum gives: it lives where that does.
fn expected<T>(primitive: Option<T>) -> T {
    primitive.unwrap_or_else(|| unreachable!("it lives where its terms do"))
}

fn shape<const D: usize>(tensor: &CubeTensor) -> [usize; D] {
    tensor.meta.shape().dims()
}

fn argument(tensor: &CubeTensor) -> BufferArg {
    let length = tensor.meta.shape().num_elements();
    // Safety: the tensor has a buffer of its own size, so that many values.
    unsafe { BufferArg::from_raw_parts(tensor.handle.clone(), length) }
}

/// One unit for each of `values` values.
fn one_each(client: &Client, values: usize) -> (CubeCount, CubeDim) {
    let dim = CubeDim::new_1d(UNITS);
    (calculate_cube_count_elemwise(client, values, dim), dim)
}

/// In how many parts sums of `terms` are computed, to be summed in turn, where there are `units` of them: a graphics card with few long sums
/// is mostly idle, and in single precision long ones grow inexact.
fn parts(units: usize, terms: usize) -> usize {
    if units >= FEW_UNITS { 1 } else { MANY_UNITS.div_ceil(units.max(1)).min(terms.div_ceil(LEAST_TERMS)).max(1) }
}

/// The sum over the parts, which come first. One part is its own sum: no launch.
fn joined<const D: usize>(parts: CubeTensor, shape: [usize; D]) -> CubeTensor {
    let parts = Tensor::<3>::from_primitive::<Wgpu>(parts);
    let sums = if parts.dims()[0] == 1 { parts } else { parts.sum_dim(0) };
    expected(contiguous(sums.reshape(shape)))
}

/// `first` and the `share` of every unit of a workgroup, summed in their order: for the first of them, which finishes the work; the others get
/// `first`.
#[cube]
fn sum_of_units(first: f32, share: f32) -> f32 {
    let mut shares = Shared::new_slice(64usize);
    shares[UNIT_POS as usize] = share;
    sync_cube();
    let mut sum = first;
    if UNIT_POS == 0 {
        for unit in 0..CUBE_DIM {
            sum += shares[unit as usize];
        }
    }
    sum
}
