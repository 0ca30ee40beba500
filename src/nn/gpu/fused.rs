//! `clamp(scale · (weight ∗ x) + shift, 0, 6)`, which is what a convolution followed by batch-norm with fixed statistics and ReLU6 amounts
//! to, on Burn's tensors: which kernel takes it, and its node for autodiff.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Autodiff, Wgpu};
use burn::tensor::Tensor;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::batch_norm::{BatchNorm, Filters};
use super::depthwise::Geometry;
use super::{LANES, argument, contiguous, depthwise, one_each, pointwise, shape, unwritten};
use crate::nn::spec::{Activation, Padding, Spec};

/// A convolution whose batch-norm is folded into it, outside autodiff; `None` for what this is not made for.
///
/// # Shapes
/// - x: `[batch, inputs, height, width]`
/// - weight: `[outputs, inputs / groups, kernel, kernel]`
/// - shift: `[outputs]`
/// - output: `[batch, outputs, ⌈height / stride⌉, ⌈width / stride⌉]`
pub fn conv(x: &Tensor<4>, weight: Tensor<4>, shift: Tensor<1>, spec: Spec) -> Option<Tensor<4>> {
    let kernel = Kernel::of(x.dims(), weight.dims(), spec)?;
    let x = kernel.input(x.clone())?;
    let y = kernel.forward(&x, &kernel.filters(weight)?, &contiguous(shift)?, spec.activation == Activation::Relu6);
    Some(kernel.picture(y, kernel.output()))
}

/// A convolution and a batch-norm with fixed statistics, whose mean and variance live outside autodiff; `None` for what this is not made
/// for.
///
/// # Shapes
/// As [`conv`].
pub fn conv_norm(x: &Tensor<4>, weight: Tensor<4>, norm: BatchNorm<Tensor<1>>, spec: Spec) -> Option<Tensor<4>> {
    let dims = weight.dims();
    let kernel = Kernel::of(x.dims(), dims, spec)?;
    if !x.device().is_autodiff() {
        let x = kernel.input(x.clone())?;
        let (filters, shift) = kernel.layout(dims).fold(&contiguous(weight)?, &norm.contiguous()?);
        let y = kernel.forward(&x, &filters, &shift, spec.activation == Activation::Relu6);
        return Some(kernel.picture(y, kernel.output()));
    }
    type Differentiable = Autodiff<Wgpu>;
    let x = x.clone().try_into_primitive::<Differentiable>().ok()?;
    let weight = weight.try_into_primitive::<Differentiable>().ok()?;
    let gamma = norm.gamma.try_into_primitive::<Differentiable>().ok()?;
    let beta = norm.beta.try_into_primitive::<Differentiable>().ok()?;
    let nodes = [x.node(), weight.node(), gamma.node(), beta.node()];
    let x = kernel.input(Tensor::from_primitive::<Wgpu>(x.into_primitive()))?;
    let weight = contiguous(Tensor::<4>::from_primitive::<Wgpu>(weight.into_primitive()))?;
    let norm = BatchNorm {
        gamma: Tensor::from_primitive::<Wgpu>(gamma.into_primitive()),
        beta: Tensor::from_primitive::<Wgpu>(beta.into_primitive()),
        ..norm
    };
    let norm = norm.contiguous()?;
    let (filters, shift) = kernel.layout(dims).fold(&weight, &norm);
    let y = kernel.forward(&x, &filters, &shift, spec.activation == Activation::Relu6);
    let kept = State { kernel, x, weight, norm, filters, y: (spec.activation == Activation::Relu6).then(|| y.clone()) };
    let y = kernel.picture(y, kernel.output()).try_into_primitive::<Wgpu>().ok()?;
    let y = match ConvNormBackward.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(kept, y),
        OpsKind::UnTracked(prep) => prep.finish(y),
    };
    Some(Tensor::from_primitive::<Differentiable>(y))
}

/// One of the kernels with the sizes it needs. Inside, the channels of each pixel lie side by side.
#[derive(Debug, Clone, Copy)]
enum Kernel {
    Pointwise { batch: usize, height: usize, width: usize },
    Depthwise(Geometry),
}

impl Kernel {
    /// `None` where there is none for tensors of these shapes.
    fn of([batch, inputs, height, width]: [usize; 4], weight: [usize; 4], spec: Spec) -> Option<Self> {
        let [outputs, inputs_per_group, ..] = weight;
        if !inputs.is_multiple_of(LANES) || !outputs.is_multiple_of(LANES) || batch * height * width == 0 {
            return None;
        }
        let Spec { kernel, stride, groups, padding, activation } = spec;
        if activation == Activation::Relu || (padding != Padding::Same && kernel > 1) {
            return None;
        }
        match (kernel, groups) {
            (1, 1) if stride == 1 => Some(Self::Pointwise { batch, height, width }),
            (3 | 5, groups) if groups == inputs && outputs == inputs && inputs_per_group == 1 => {
                Some(Self::Depthwise(Geometry { batch, channels: inputs, kernel, stride, height, width }))
            }
            _ => None,
        }
    }

    /// `[height, width]`
    fn output(self) -> [usize; 2] {
        match self {
            Self::Pointwise { height, width, .. } => [height, width],
            Self::Depthwise(geometry) => geometry.output(),
        }
    }

    /// A picture or gradient as the kernels take it. A copy only where it does not lie so already, as after a convolution it does.
    fn input(self, x: Tensor<4>) -> Option<CubeTensor> {
        let [batch, channels, height, width] = x.dims();
        let x = x.permute([0, 2, 3, 1]);
        match self {
            Self::Pointwise { .. } => contiguous(x.reshape([batch * height * width, channels])),
            Self::Depthwise(_) => contiguous(x),
        }
    }

    /// The other way round.
    fn picture(self, x: CubeTensor, [height, width]: [usize; 2]) -> Tensor<4> {
        let batch = match self {
            Self::Pointwise { batch, .. } | Self::Depthwise(Geometry { batch, .. }) => batch,
        };
        let channels = x.meta.shape().num_elements() / (batch * height * width);
        let x = match self {
            Self::Pointwise { .. } => Tensor::<2>::from_primitive::<Wgpu>(x).reshape([batch, height, width, channels]),
            Self::Depthwise(_) => Tensor::<4>::from_primitive::<Wgpu>(x),
        };
        x.permute([0, 3, 1, 2])
    }

    /// How the filters of a weight `[outputs, inputs / groups, kernel, kernel]` lie: `[outputs, inputs]`, or `[taps, channels]`.
    fn layout(self, [outputs, inputs_per_group, height, width]: [usize; 4]) -> Filters {
        Filters { outputs, length: inputs_per_group * height * width, transposed: matches!(self, Self::Depthwise(_)) }
    }

    /// The weight in that layout.
    fn filters(self, weight: Tensor<4>) -> Option<CubeTensor> {
        let Filters { outputs, length, transposed } = self.layout(weight.dims());
        let weight: Tensor<2> = weight.reshape([outputs, length]);
        contiguous(if transposed { weight.transpose() } else { weight })
    }

    fn forward(self, x: &CubeTensor, filters: &CubeTensor, shift: &CubeTensor, relu6: bool) -> CubeTensor {
        match self {
            Self::Pointwise { .. } => pointwise::forward(x, filters, shift, relu6),
            Self::Depthwise(geometry) => depthwise::forward(geometry, x, filters, shift, relu6),
        }
    }
}

/// What the backward pass needs.
#[derive(Debug, Clone)]
struct State {
    kernel: Kernel,
    x: CubeTensor,
    weight: CubeTensor,
    norm: BatchNorm<CubeTensor>,
    filters: CubeTensor,
    /// The output, where it was clamped.
    y: Option<CubeTensor>,
}

/// The node in the graph of gradients. Its parents: x, weight, γ, β.
#[derive(Debug)]
struct ConvNormBackward;

impl Backward<Wgpu, 4> for ConvNormBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 4>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let State { kernel, x, weight, norm, filters, y } = ops.state;
        let [x_node, weight_node, gamma_node, beta_node] = ops.parents;
        let gradient = Tensor::<4>::from_primitive::<Wgpu>(gradients.consume::<Wgpu>(&ops.node));
        let Some(gradient) = kernel.input(gradient) else { unreachable!("a gradient lives where its tensor does") };
        let gradient = y.map_or_else(|| gradient.clone(), |y| unclamped(&gradient, &y));
        if let Some(node) = x_node {
            let (of_x, size) = match kernel {
                Kernel::Pointwise { height, width, .. } => (pointwise::product(&gradient, &filters), [height, width]),
                Kernel::Depthwise(geometry) => {
                    (depthwise::of_x(geometry, &gradient, &filters), [geometry.height, geometry.width])
                }
            };
            register(gradients, node.id, kernel.picture(of_x, size));
        }
        let of_filters = match kernel {
            Kernel::Pointwise { .. } => pointwise::transposed_product(&gradient, &x),
            Kernel::Depthwise(geometry) => depthwise::of_filters(geometry, &gradient, &x),
        };
        let of_shift = sum_of_pixels(gradient);
        let layout = kernel.layout(shape(&weight));
        let (of_weight, of_gamma) = layout.unfold(&of_filters, &of_shift, &weight, &norm);
        for (node, gradient) in [(weight_node, of_weight), (gamma_node, of_gamma), (beta_node, of_shift)] {
            if let Some(node) = node {
                gradients.register::<Wgpu>(node.id, gradient);
            }
        }
    }
}

/// The sum over all pixels, whose channels come last: `[channels]`.
fn sum_of_pixels(gradient: CubeTensor) -> CubeTensor {
    let values = gradient.meta.shape().num_elements();
    let channels = gradient.meta.shape()[gradient.meta.shape().num_dims() - 1];
    let rows = match gradient.meta.shape().num_dims() {
        2 => Tensor::<2>::from_primitive::<Wgpu>(gradient),
        _ => Tensor::<4>::from_primitive::<Wgpu>(gradient).reshape([values / channels, channels]),
    };
    let Some(sums) = contiguous(rows.sum_dim(0).reshape([channels])) else {
        unreachable!("a sum lives where its terms do")
    };
    sums
}

fn register<const D: usize>(gradients: &mut Gradients, node: burn::backend::autodiff::NodeId, gradient: Tensor<D>) {
    if let Ok(gradient) = gradient.try_into_primitive::<Wgpu>() {
        gradients.register::<Wgpu>(node, gradient);
    }
}

/// The gradient where the output was not clamped.
fn unclamped(gradient: &CubeTensor, y: &CubeTensor) -> CubeTensor {
    let out = match y.meta.shape().num_dims() {
        2 => unwritten(y, shape::<2>(y)),
        _ => unwritten(y, shape::<4>(y)),
    };
    let (count, dim) = one_each(&y.client, y.meta.shape().num_elements());
    // Safety: each unit looks at one place.
    unsafe {
        where_unclamped::launch_unchecked(&y.client, count, dim, argument(gradient), argument(y), argument(&out));
    }
    out
}

#[cube(launch_unchecked)]
fn where_unclamped(gradient: &[f32], y: &[f32], out: &mut [f32]) {
    let at = ABSOLUTE_POS;
    if at < out.len() {
        let inside = y[at] > 0.0f32 && y[at] < 6.0f32;
        out[at] = select(inside, gradient[at], 0.0f32);
    }
}
