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
//!  fused          convolution, batch-norm and ReLU6 in one: which shapes, the node for autodiff
//!  pointwise      its kernels for windows of 1 × 1                      depthwise      ... for one filter per channel
//! ```
//!
//! Each is written once, in Rust, for every graphics API. Other devices, precisions and sizes take Burn's own operations, and
//! what they compute is the measure of these (`tests/web/gpu-steps.test.mjs`).

pub mod cross_entropy;
mod depthwise;
pub mod fused;
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

fn shape<const D: usize>(tensor: &CubeTensor) -> [usize; D] {
    tensor.meta.shape().dims()
}

fn argument(tensor: &CubeTensor) -> BufferArg {
    let length = tensor.meta.shape().num_elements();
    // Safety: the tensor has a buffer of its own size, so that many values.
    unsafe { BufferArg::from_raw_parts(tensor.handle.clone(), length) }
}

/// One unit for each of so many values.
fn one_each(client: &Client, values: usize) -> (CubeCount, CubeDim) {
    let dim = CubeDim::new_1d(UNITS);
    (calculate_cube_count_elemwise(client, values, dim), dim)
}

/// ReLU6, where it is wished for. What is not a number stays so, as with Burn's: a fit that went wrong has to show.
#[cube]
fn clamp_at(value: f32, #[comptime] relu6: bool) -> f32 {
    if relu6 {
        let positive = select(value < 0.0f32, 0.0f32, value);
        select(positive > 6.0f32, 6.0f32, positive)
    } else {
        value
    }
}
