//! The fused operation on Burn's tensors: which kernel takes it, and its node for autodiff.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{DType, Device, Shape, Tensor, TensorData};

use super::padded::Geometry;
use super::pointwise::Sizes;
use super::{depthwise, pointwise, rows, stem, switched_off};
use crate::nn::spec::{Activation, Padding, Spec};

/// `clamp(scale · (weight ∗ x) + shift, 0, 6)` with "SAME" padding, without the clamp where there is no ReLU6. `None` for
/// what this is not made for, which is left to Burn.
///
/// # Shapes
/// - x: `[batch, inputs, height, width]`
/// - weight: `[outputs, inputs / groups, kernel, kernel]`
/// - scale and shift: `[outputs]`; asked for only where they are needed
/// - output: `[batch, outputs, ⌈height / stride⌉, ⌈width / stride⌉]`
pub fn conv_norm(
    x: &Tensor<4>,
    weight: Tensor<4>,
    scale_and_shift: impl FnOnce() -> (Tensor<1>, Tensor<1>),
    spec: Spec,
) -> Option<Tensor<4>> {
    if switched_off() || x.device() != Device::flex() || x.dtype() != DType::F32 || x.dims().contains(&0) {
        return None;
    }
    if spec.activation == Activation::Relu || (spec.padding != Padding::Same && spec.kernel > 1) {
        return None;
    }
    let relu6 = spec.activation == Activation::Relu6;
    let Some(kernel) = Kernel::of(x.dims(), weight.dims(), spec) else {
        return frozen_stem(x, weight, scale_and_shift, spec);
    };
    let (scale, shift) = scale_and_shift();
    type Differentiable = Autodiff<Flex>;
    if x.device().is_autodiff() {
        let x = x.clone().try_into_primitive::<Differentiable>().ok()?;
        let weight = weight.try_into_primitive::<Differentiable>().ok()?;
        let scale = scale.try_into_primitive::<Differentiable>().ok()?;
        let shift = shift.try_into_primitive::<Differentiable>().ok()?;
        let nodes = [x.node(), weight.node(), scale.node(), shift.node()];
        let inputs = [x.into_primitive(), weight.into_primitive(), scale.into_primitive(), shift.into_primitive()];
        let inputs = inputs.map(|tensor| tensor.to_contiguous());
        let y = forward(kernel, relu6, &inputs);
        let y = match ConvNormBackward.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let [x, weight, scale, _] = inputs;
                let y_kept = relu6.then(|| y.clone());
                prep.finish(State { kernel, x, weight, scale, y: y_kept }, y)
            }
            OpsKind::UnTracked(prep) => prep.finish(y),
        };
        return Some(Tensor::from_primitive::<Differentiable>(y));
    }
    let x = x.clone().try_into_primitive::<Flex>().ok()?;
    let weight = weight.try_into_primitive::<Flex>().ok()?;
    let inputs = [x, weight, scale.try_into_primitive::<Flex>().ok()?, shift.try_into_primitive::<Flex>().ok()?];
    Some(Tensor::from_primitive::<Flex>(forward(kernel, relu6, &inputs.map(|tensor| tensor.to_contiguous()))))
}

/// The same for a convolution of few inputs, outside autodiff.
fn frozen_stem(
    x: &Tensor<4>,
    weight: Tensor<4>,
    scale_and_shift: impl FnOnce() -> (Tensor<1>, Tensor<1>),
    spec: Spec,
) -> Option<Tensor<4>> {
    let ([batch, inputs, height, width], [outputs, inputs_per_group, ..]) = (x.dims(), weight.dims());
    let fits = matches!(spec.kernel, 3 | 5) && spec.groups == 1 && inputs <= stem::MOST_INPUTS;
    if !fits || inputs_per_group != inputs || x.device().is_autodiff() {
        return None;
    }
    let geometry = Geometry::new(spec.kernel, spec.stride, height, width)?;
    let x = x.clone().try_into_primitive::<Flex>().ok()?.to_contiguous();
    let weight = weight.try_into_primitive::<Flex>().ok()?.to_contiguous();
    let (scale, shift) = scale_and_shift();
    let scale = scale.try_into_primitive::<Flex>().ok()?.to_contiguous();
    let shift = shift.try_into_primitive::<Flex>().ok()?.to_contiguous();
    let filters = scaled(values(&weight), values(&scale));
    let y =
        stem::forward(&geometry, inputs, values(&x), &filters, values(&shift), spec.activation == Activation::Relu6);
    Some(Tensor::from_primitive::<Flex>(tensor(y, [batch, outputs, geometry.out_height, geometry.out_width])))
}

/// One of the kernels with the sizes it needs.
#[derive(Debug, Clone, Copy)]
enum Kernel {
    Depthwise(Geometry),
    Pointwise { height: usize, width: usize },
}

impl Kernel {
    /// `None` where there is none for tensors of these shapes.
    fn of([_, inputs, height, width]: [usize; 4], weight: [usize; 4], spec: Spec) -> Option<Self> {
        let [outputs, inputs_per_group, ..] = weight;
        match (spec.kernel, spec.groups) {
            (1, 1) if spec.stride == 1 => Some(Self::Pointwise { height, width }),
            (3 | 5, groups) if groups == inputs && outputs == inputs && inputs_per_group == 1 => {
                Geometry::new(spec.kernel, spec.stride, height, width).map(Self::Depthwise)
            }
            _ => None,
        }
    }

    fn output(self) -> [usize; 2] {
        match self {
            Self::Depthwise(geometry) => [geometry.out_height, geometry.out_width],
            Self::Pointwise { height, width } => [height, width],
        }
    }

    fn sizes(x: &FlexTensor, weight: &FlexTensor) -> Sizes {
        let (x, weight) = (x.layout().shape(), weight.layout().shape());
        Sizes { inputs: x[1], outputs: weight[0], pixels: x[2] * x[3] }
    }
}

/// What the backward pass needs.
#[derive(Debug, Clone)]
struct State {
    kernel: Kernel,
    x: FlexTensor,
    weight: FlexTensor,
    scale: FlexTensor,
    /// The output, where it was clamped.
    y: Option<FlexTensor>,
}

fn forward(kernel: Kernel, relu6: bool, inputs: &[FlexTensor; 4]) -> FlexTensor {
    let [x, weight, scale, shift] = inputs;
    let filters = scaled(values(weight), values(scale));
    let y = match kernel {
        Kernel::Depthwise(geometry) => depthwise::forward(&geometry, values(x), &filters, values(shift), relu6),
        Kernel::Pointwise { .. } => {
            pointwise::forward(Kernel::sizes(x, weight), values(x), &filters, values(shift), relu6)
        }
    };
    let [height, width] = kernel.output();
    tensor(y, [x.layout().shape()[0], weight.layout().shape()[0], height, width])
}

/// The node in the graph of gradients. Its parents: x, weight, scale, shift.
#[derive(Debug)]
struct ConvNormBackward;

impl Backward<Flex, 4> for ConvNormBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 4>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let State { kernel, x, weight, scale, y } = ops.state;
        let [x_node, weight_node, scale_node, shift_node] = ops.parents;
        let mut gradient = gradients.consume::<Flex>(&ops.node);
        gradient = gradient.to_contiguous();
        let y = y.as_ref().map(values);
        let x_wanted = x_node.is_some();
        let filters = scaled(values(&weight), values(&scale));
        let channels = values(&scale).len();
        let (x_gradient, mut filter_gradient, shift_gradient) = match kernel {
            Kernel::Depthwise(geometry) => {
                let gradient = values(&gradient);
                let found = depthwise::backward(&geometry, values(&x), &filters, y, gradient, channels, x_wanted);
                (found.x, found.weight, found.bias)
            }
            Kernel::Pointwise { .. } => {
                let sizes = Kernel::sizes(&x, &weight);
                // In place where nobody else holds it, which is nearly always.
                let gradient = gradient.storage_mut::<f32>();
                let found = pointwise::backward(sizes, values(&x), &filters, y, gradient, x_wanted);
                (found.x, found.weight, found.bias)
            }
        };
        if let (Some(node), Some(values)) = (x_node, x_gradient) {
            gradients.register::<Flex>(node.id, tensor(values, x.layout().shape().clone()));
        }
        // The filters are weight · scale: the gradient of each is the filters' times the other.
        let per_channel = filter_gradient.len() / channels;
        if let Some(node) = scale_node {
            let pairs = filter_gradient.chunks_exact(per_channel).zip(values(&weight).chunks_exact(per_channel));
            let values: Vec<f32> = pairs.map(|(gradient, weight)| rows::dot(gradient, weight)).collect();
            gradients.register::<Flex>(node.id, tensor(values, [channels]));
        }
        if let Some(node) = weight_node {
            for (gradient, scale) in filter_gradient.chunks_exact_mut(per_channel).zip(values(&scale)) {
                gradient.iter_mut().for_each(|gradient| *gradient *= scale);
            }
            gradients.register::<Flex>(node.id, tensor(filter_gradient, weight.layout().shape().clone()));
        }
        if let Some(node) = shift_node {
            gradients.register::<Flex>(node.id, tensor(shift_gradient, [channels]));
        }
    }
}

/// The filters of each output channel times its scale.
fn scaled(weight: &[f32], scale: &[f32]) -> Vec<f32> {
    let per_channel = weight.len() / scale.len();
    let mut filters = Vec::with_capacity(weight.len());
    for (filter, scale) in weight.chunks_exact(per_channel).zip(scale) {
        filters.extend(filter.iter().map(|value| value * scale));
    }
    filters
}

/// The values of a contiguous tensor.
fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.storage::<f32>()
}

fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
