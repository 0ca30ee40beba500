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

use super::depthwise::Geometry;
use super::{LANES, argument, contiguous, depthwise, one_each, pointwise, shape, unwritten};
use crate::nn::spec::Spec;

/// `None` for what this is not made for.
///
/// # Shapes
/// - x: `[batch, inputs, height, width]`
/// - weight: `[outputs, inputs / groups, kernel, kernel]`
/// - scale and shift: `[outputs]`; no scale is one of 1, outside autodiff alone
/// - output: `[batch, outputs, ⌈height / stride⌉, ⌈width / stride⌉]`
pub fn conv_norm(
    x: &Tensor<4>,
    weight: Tensor<4>,
    scale_and_shift: impl FnOnce() -> (Option<Tensor<1>>, Tensor<1>),
    spec: Spec,
) -> Option<Tensor<4>> {
    let kernel = Kernel::of(x.dims(), weight.dims(), spec)?;
    if !x.device().is_autodiff() {
        let x = kernel.input(x.clone())?;
        let (scale, shift) = scale_and_shift();
        let filters = kernel.filters(weight, scale)?;
        let y = kernel.forward(&x, &filters, &contiguous(shift)?, spec.relu6);
        return Some(kernel.picture(y, kernel.output()));
    }
    type Differentiable = Autodiff<Wgpu>;
    let x = x.clone().try_into_primitive::<Differentiable>().ok()?;
    let weight = weight.try_into_primitive::<Differentiable>().ok()?;
    let (scale, shift) = scale_and_shift();
    let scale = scale?.try_into_primitive::<Differentiable>().ok()?;
    let shift = shift.try_into_primitive::<Differentiable>().ok()?;
    let nodes = [x.node(), weight.node(), scale.node(), shift.node()];
    let x = kernel.input(Tensor::from_primitive::<Wgpu>(x.into_primitive()))?;
    let weight = Tensor::<4>::from_primitive::<Wgpu>(weight.into_primitive());
    let scale = Tensor::<1>::from_primitive::<Wgpu>(scale.into_primitive());
    let shift = contiguous(Tensor::<1>::from_primitive::<Wgpu>(shift.into_primitive()))?;
    let filters = kernel.filters(weight.clone(), Some(scale.clone()))?;
    let y = kernel.forward(&x, &filters, &shift, spec.relu6);
    let kept = State { kernel, x, weight, scale, filters, y: spec.relu6.then(|| y.clone()) };
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
        let Spec { kernel, stride, groups, .. } = spec;
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

    /// The weight as a matrix: `[outputs, inputs]`, or `[taps, channels]`.
    fn matrix(self, weight: Tensor<4>) -> Tensor<2> {
        let [outputs, inputs_per_group, height, width] = weight.dims();
        let weight = weight.reshape([outputs, inputs_per_group * height * width]);
        match self {
            Self::Pointwise { .. } => weight,
            Self::Depthwise(_) => weight.transpose(),
        }
    }

    /// One value of each output, to be multiplied with a matrix of filters.
    fn per_output(self, values: Tensor<1>) -> Tensor<2> {
        let outputs = values.dims()[0];
        match self {
            Self::Pointwise { .. } => values.reshape([outputs, 1]),
            Self::Depthwise(_) => values.reshape([1, outputs]),
        }
    }

    /// The filters times their scales.
    fn filters(self, weight: Tensor<4>, scale: Option<Tensor<1>>) -> Option<CubeTensor> {
        let weight = self.matrix(weight);
        contiguous(match scale {
            Some(scale) => weight * self.per_output(scale),
            None => weight,
        })
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
    weight: Tensor<4>,
    scale: Tensor<1>,
    filters: CubeTensor,
    /// The output, where it was clamped.
    y: Option<CubeTensor>,
}

/// The node in the graph of gradients. Its parents: x, weight, scale, shift.
#[derive(Debug)]
struct ConvNormBackward;

impl Backward<Wgpu, 4> for ConvNormBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 4>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let State { kernel, x, weight, scale, filters, y } = ops.state;
        let [x_node, weight_node, scale_node, shift_node] = ops.parents;
        let outputs = scale.dims()[0];
        let gradient = Tensor::<4>::from_primitive::<Wgpu>(gradients.consume::<Wgpu>(&ops.node));
        let Some(gradient) = kernel.input(gradient) else { unreachable!("a gradient lives where its tensor does") };
        let gradient = y.map_or_else(|| gradient.clone(), |y| unclamped(&gradient, &y));
        let (of_filters, of_x) = match kernel {
            Kernel::Pointwise { .. } => (
                pointwise::transposed_product(&gradient, &x),
                x_node.is_some().then(|| pointwise::product(&gradient, &filters)),
            ),
            Kernel::Depthwise(geometry) => (
                depthwise::of_filters(geometry, &gradient, &x),
                x_node.is_some().then(|| depthwise::of_x(geometry, &gradient, &filters)),
            ),
        };
        if let (Some(node), Some(of_x)) = (x_node, of_x) {
            let size = match kernel {
                Kernel::Pointwise { height, width, .. } | Kernel::Depthwise(Geometry { height, width, .. }) => {
                    [height, width]
                }
            };
            register(gradients, node.id, kernel.picture(of_x, size));
        }
        // The filters are weight · scale: the gradient of each is the filters' times the other.
        let of_filters = Tensor::<2>::from_primitive::<Wgpu>(of_filters);
        if let Some(node) = scale_node {
            let products = of_filters.clone() * kernel.matrix(weight.clone());
            let sums =
                if matches!(kernel, Kernel::Pointwise { .. }) { products.sum_dim(1) } else { products.sum_dim(0) };
            register(gradients, node.id, sums.reshape([outputs]));
        }
        if let Some(node) = weight_node {
            let of_weight = of_filters * kernel.per_output(scale);
            let of_weight = if matches!(kernel, Kernel::Pointwise { .. }) { of_weight } else { of_weight.transpose() };
            register(gradients, node.id, of_weight.reshape(weight.dims()));
        }
        if let Some(node) = shift_node {
            let pixels = gradient.meta.shape().num_elements() / outputs;
            let rows = match kernel {
                Kernel::Pointwise { .. } => Tensor::<2>::from_primitive::<Wgpu>(gradient),
                Kernel::Depthwise(_) => Tensor::<4>::from_primitive::<Wgpu>(gradient).reshape([pixels, outputs]),
            };
            register(gradients, node.id, rows.sum_dim(0).reshape([outputs]));
        }
    }
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
