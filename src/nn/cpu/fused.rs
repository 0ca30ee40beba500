//! The fused operation on Burn's tensors, and its node for autodiff.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads as autodiff;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::Tensor;

pub use super::dense::Kept;
use super::dense::Scaled;
use super::gradients::{Clamped, Gradients};
use super::kernel::Kernel;
use super::rows;
use super::tasks;
use super::tensors::{ours, tensor, values};
use crate::nn::spec::{Activation, Spec};

/// `activation(scale · (weight ∗ x) + shift)`. `None` for what there is no kernel for, which is left to Burn.
///
/// # Shapes
/// - x: `[batch, inputs, height, width]`
/// - weight: `[outputs, inputs / groups, kernel, kernel]`
/// - scale and shift: `[outputs]`; asked for only where they are needed
/// - output: `[batch, outputs, out_height, out_width]`, as [`Spec::outputs`] says
///
/// `kept` is of a layer whose weight and scale never change.
pub fn conv_norm(
    x: &Tensor<4>,
    weight: Tensor<4>,
    scale_and_shift: impl FnOnce() -> (Tensor<1>, Tensor<1>),
    spec: Spec,
    kept: Option<&Kept>,
) -> Option<Tensor<4>> {
    if !ours(x) {
        return None;
    }
    let learns = x.device().is_autodiff();
    let kernel = Kernel::of(x.dims(), weight.dims(), spec, learns)?;
    let (scale, shift) = scale_and_shift();
    type Differentiable = Autodiff<Flex>;
    if learns {
        let x = x.clone().try_into_primitive::<Differentiable>().ok()?;
        let weight = weight.try_into_primitive::<Differentiable>().ok()?;
        let scale = scale.try_into_primitive::<Differentiable>().ok()?;
        let shift = shift.try_into_primitive::<Differentiable>().ok()?;
        let nodes = [x.node(), weight.node(), scale.node(), shift.node()];
        let inputs = [x.into_primitive(), weight.into_primitive(), scale.into_primitive(), shift.into_primitive()];
        let inputs = inputs.map(|tensor| tensor.to_contiguous());
        let y = forward(kernel, spec.activation, &inputs, None);
        let y = match ConvNormBackward.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let [x, weight, scale, _] = inputs;
                let y_kept = (spec.activation != Activation::None).then(|| y.clone());
                prep.finish(State { kernel, activation: spec.activation, x, weight, scale, y: y_kept }, y)
            }
            OpsKind::UnTracked(prep) => prep.finish(y),
        };
        return Some(Tensor::from_primitive::<Differentiable>(y));
    }
    let x = x.clone().try_into_primitive::<Flex>().ok()?;
    let weight = weight.try_into_primitive::<Flex>().ok()?;
    let inputs = [x, weight, scale.try_into_primitive::<Flex>().ok()?, shift.try_into_primitive::<Flex>().ok()?];
    let inputs = inputs.map(|tensor| tensor.to_contiguous());
    Some(Tensor::from_primitive::<Flex>(forward(kernel, spec.activation, &inputs, kept)))
}

/// What the backward pass needs.
#[derive(Debug, Clone)]
struct State {
    kernel: Kernel,
    activation: Activation,
    x: FlexTensor,
    weight: FlexTensor,
    scale: FlexTensor,
    /// The output, where it was clamped.
    y: Option<FlexTensor>,
}

fn forward(kernel: Kernel, activation: Activation, inputs: &[FlexTensor; 4], kept: Option<&Kept>) -> FlexTensor {
    let [x, weight, scale, shift] = inputs;
    let filters = Scaled { weight: values(weight), scale: values(scale) };
    let y = kernel.forward(values(x), filters, values(shift), activation, kept);
    let [height, width] = kernel.out();
    tensor(y, [x.layout().shape()[0], weight.layout().shape()[0], height, width])
}

/// The node in the graph of gradients. Its parents: x, weight, scale, shift.
#[derive(Debug)]
struct ConvNormBackward;

impl Backward<Flex, 4> for ConvNormBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 4>, gradients: &mut autodiff::Gradients, _: &mut Checkpointer) {
        let State { kernel, activation, x, weight, scale, y } = ops.state;
        let [x_node, weight_node, scale_node, shift_node] = ops.parents;
        // Made over in place where nobody else holds it, which is nearly always.
        let mut gradient = gradients.consume::<Flex>(&ops.node).to_contiguous();
        let y = y.as_ref().and_then(|y| Clamped::of(values(y), activation));
        let filters = Scaled { weight: values(&weight), scale: values(&scale) };
        let found = kernel.backward(values(&x), filters, y, gradient.storage_mut::<f32>(), x_node.is_some());
        let Gradients { x: x_gradient, weight: mut filter_gradient, bias: shift_gradient } = found;
        if let (Some(node), Some(values)) = (x_node, x_gradient) {
            gradients.register::<Flex>(node.id, tensor(values, x.layout().shape().clone()));
        }
        // The filters are weight · scale: the gradient of each is the filters' times the other. Channel by channel, so that a filter is
        // still near for the second.
        let channels = values(&scale).len();
        let per_channel = filter_gradient.len() / channels;
        let mut scale_gradient = vec![0.0; channels];
        let filters = filter_gradient.chunks_exact_mut(per_channel).zip(values(&weight).chunks_exact(per_channel));
        tasks::for_each(
            filters.zip(scale_gradient.iter_mut().zip(values(&scale))).collect(),
            || (),
            |(), _, ((gradient, weight), (scale_gradient, scale))| {
                if scale_node.is_some() {
                    *scale_gradient = rows::dot(gradient, weight);
                }
                gradient.iter_mut().for_each(|gradient| *gradient *= scale);
            },
        );
        if let Some(node) = scale_node {
            gradients.register::<Flex>(node.id, tensor(scale_gradient, [channels]));
        }
        if let Some(node) = weight_node {
            gradients.register::<Flex>(node.id, tensor(filter_gradient, weight.layout().shape().clone()));
        }
        if let Some(node) = shift_node {
            gradients.register::<Flex>(node.id, tensor(shift_gradient, [channels]));
        }
    }
}
