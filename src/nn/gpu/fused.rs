//! `activation(scale · (weight ∗ x) + shift)`, which is what a convolution with a bias, or with a batch-norm of fixed statistics, and an
//! activation amount to, on Burn's tensors, with its node for autodiff.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::{Autodiff, Wgpu};
use burn::tensor::Tensor;
use burn_cubecl::tensor::CubeTensor;

use super::activation::masked;
use super::channels::with_padded_channels;
use super::choice::kernel_for;
use super::filters::BatchNorm;
use super::geometry::Geometry;
use super::kernel::Kernel;
use super::{contiguous, expected, shape};
use crate::nn::spec::{Activation, Spec};

/// What a convolution's sums go through before the activation.
#[derive(Debug, Clone)]
pub enum After<T> {
    Bias(T),
    /// Its statistics live outside autodiff.
    Norm(BatchNorm<T>),
}

/// Whether there is a kernel for tensors of these shapes; Burn's operations take the others.
pub fn takes(x: [usize; 4], weight: [usize; 4], spec: Spec) -> bool {
    Geometry::new(x, weight, spec).is_some_and(|geometry| kernel_for(&geometry).is_some())
}

/// `None` for what no kernel takes.
///
/// # Shapes
/// - x: `[batch, inputs, height, width]`
/// - weight: `[outputs, inputs / groups, kernel, kernel]`
/// - output: `[batch, outputs, height, width]`, as [`Spec::outputs`] says
pub fn conv(x: &Tensor<4>, weight: Tensor<4>, after: After<Tensor<1>>, spec: Spec) -> Option<Tensor<4>> {
    let geometry = Geometry::new(x.dims(), weight.dims(), spec)?;
    let plan = Plan { kernel: kernel_for(&geometry)?, geometry, activation: spec.activation };
    if !x.device().is_autodiff() {
        return plan.forward(x.clone(), weight, after).map(|(y, _)| picture(y, geometry.outputs));
    }
    let ((x_node, x), (weight_node, weight)) = (tracked(x.clone())?, tracked(weight)?);
    match after {
        After::Bias(bias) => {
            let (bias_node, bias) = tracked(bias)?;
            plan.differentiable([x_node, weight_node, bias_node], x, weight, After::Bias(bias))
        }
        After::Norm(norm) => {
            let ((gamma_node, gamma), (beta_node, beta)) = (tracked(norm.gamma)?, tracked(norm.beta)?);
            let norm = After::Norm(BatchNorm { gamma, beta, ..norm });
            plan.differentiable([x_node, weight_node, beta_node, gamma_node], x, weight, norm)
        }
    }
}

/// A tensor of the autodiff device as its node and what it holds.
fn tracked<const D: usize>(tensor: Tensor<D>) -> Option<(NodeGuard, Tensor<D>)> {
    let tensor = tensor.try_into_primitive::<Autodiff<Wgpu>>().ok()?;
    Some((tensor.node(), Tensor::from_primitive::<Wgpu>(tensor.into_primitive())))
}

/// `[batch, height, width, channels]` as Burn has it: a view, but a copy where channels were padded.
fn picture(x: CubeTensor, channels: usize) -> Tensor<4> {
    let padded = shape::<4>(&x)[3];
    let picture = Tensor::<4>::from_primitive::<Wgpu>(x).permute([0, 3, 1, 2]);
    if padded == channels { picture } else { picture.narrow(1, 0, channels) }
}

/// A kernel and what it is to do.
#[derive(Debug, Clone, Copy)]
struct Plan {
    kernel: &'static dyn Kernel,
    geometry: Geometry,
    activation: Activation,
}

/// What the backward pass needs.
#[derive(Debug, Clone)]
struct State {
    plan: Plan,
    x: CubeTensor,
    weight: CubeTensor,
    /// What [`Filters::unfold`](super::filters::Filters::unfold) wants of a batch-norm.
    folded: Option<CubeTensor>,
    filters: CubeTensor,
    /// The output, where the activation holds some of it back.
    y: Option<CubeTensor>,
}

impl Plan {
    /// The output, and what is needed to come back; all outside autodiff.
    fn forward(self, x: Tensor<4>, weight: Tensor<4>, after: After<Tensor<1>>) -> Option<(CubeTensor, State)> {
        let Self { kernel, geometry, activation } = self;
        let x = with_padded_channels(&geometry, x)?;
        let (weight, layout) = (contiguous(weight)?, kernel.filters(&geometry));
        let (filters, shift, folded) = match after {
            After::Bias(bias) => (layout.lay_out(weight.clone()), contiguous(bias)?, None),
            After::Norm(norm) => {
                let (filters, shift) = layout.fold(&weight, &norm.contiguous()?);
                (filters, shift.clone(), Some(shift))
            }
        };
        let y = kernel.forward(&geometry, &x, &filters, &shift, activation);
        let kept = (activation != Activation::None).then(|| y.clone());
        Some((y, State { plan: self, x, weight, folded, filters, y: kept }))
    }

    fn differentiable<const N: usize>(
        self,
        nodes: [NodeGuard; N],
        x: Tensor<4>,
        weight: Tensor<4>,
        after: After<Tensor<1>>,
    ) -> Option<Tensor<4>> {
        let (y, kept) = self.forward(x, weight, after)?;
        let y = picture(y, self.geometry.outputs).try_into_primitive::<Wgpu>().ok()?;
        let y = match ConvBackward.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(kept, y),
            OpsKind::UnTracked(prep) => prep.finish(y),
        };
        Some(Tensor::from_primitive::<Autodiff<Wgpu>>(y))
    }
}

/// The node in the graph of gradients. Its parents: x, weight, bias or β, and γ where there is a batch-norm.
#[derive(Debug)]
struct ConvBackward;

impl<const N: usize> Backward<Wgpu, N> for ConvBackward {
    type State = State;

    fn backward(self, ops: Ops<State, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let State { plan: Plan { kernel, geometry, activation }, x, weight, folded, filters, y } = ops.state;
        let gradient = Tensor::<4>::from_primitive::<Wgpu>(gradients.consume::<Wgpu>(&ops.node));
        let gradient = expected(contiguous(gradient.permute([0, 2, 3, 1])));
        let gradient = y.map_or_else(|| gradient.clone(), |y| masked(&gradient, &y, activation));
        let mut parents = ops.parents.into_iter().map(|node| node.map(|node| node.id));
        let [x_node, weight_node, shift_node, gamma_node] = std::array::from_fn(|_| parents.next().flatten());
        if let Some(node) = x_node {
            let of_x = picture(kernel.of_x(&geometry, &gradient, &filters), geometry.inputs);
            gradients.register::<Wgpu>(node, expected(of_x.try_into_primitive::<Wgpu>().ok()));
        }
        if weight_node.or(shift_node).or(gamma_node).is_none() {
            return; // A frozen layer below one that learns.
        }
        let of_filters = kernel.of_filters(&geometry, &gradient, &x);
        let of_shift = sum_of_pixels(gradient);
        let layout = kernel.filters(&geometry);
        let (of_weight, of_gamma) = match folded {
            None => (layout.take_out(of_filters, shape(&weight)), None),
            Some(shift) => {
                let (of_weight, of_gamma) = layout.unfold(&of_filters, &of_shift, &weight, &shift);
                (of_weight, Some(of_gamma))
            }
        };
        for (node, gradient) in [(weight_node, Some(of_weight)), (shift_node, Some(of_shift)), (gamma_node, of_gamma)] {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                gradients.register::<Wgpu>(node, gradient);
            }
        }
    }
}

/// The sum over all pixels, whose channels come last: `[channels]`.
fn sum_of_pixels(gradient: CubeTensor) -> CubeTensor {
    let [batch, height, width, channels] = shape(&gradient);
    let rows = Tensor::<4>::from_primitive::<Wgpu>(gradient).reshape([batch * height * width, channels]);
    expected(contiguous(rows.sum_dim(0).reshape([channels])))
}
