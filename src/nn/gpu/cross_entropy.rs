//! Cross-entropy against any targets, with its gradient, in one launch.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Autodiff, Wgpu};
use burn::tensor::{Tensor, TensorData};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::{argument, contiguous, one_each, shape, unwritten};

/// `−Σ target · log softmax(logits)` of each row: their sum is the loss. `None` for logits that are not on the autodiff device
/// of a graphics card.
///
/// # Shapes
/// - logits: `[rows, classes]`
/// - targets: row-major, as many as there are logits
/// - output: `[rows]`
pub fn cross_entropy(logits: &Tensor<2>, targets: impl FnOnce() -> Vec<f32>) -> Option<Tensor<1>> {
    let ([rows, classes], device) = (logits.dims(), logits.device());
    type Differentiable = Autodiff<Wgpu>;
    let logits = logits.clone().try_into_primitive::<Differentiable>().ok()?;
    let targets = Tensor::<2>::from_data(TensorData::new(targets(), [rows, classes]), &device.inner());
    let targets = contiguous(targets)?;
    let node = logits.node();
    let (losses, gradient) = forward(&into_contiguous(logits.into_primitive()), &targets);
    let losses = match CrossEntropyBackward.prepare::<NoCheckpointing>([node]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(gradient, losses),
        OpsKind::UnTracked(prep) => prep.finish(losses),
    };
    Some(Tensor::from_primitive::<Differentiable>(losses))
}

/// The losses of the rows, and their gradients with respect to the logits.
fn forward(logits: &CubeTensor, targets: &CubeTensor) -> (CubeTensor, CubeTensor) {
    let [rows, classes] = shape(logits);
    let (losses, gradient) = (unwritten(logits, [rows]), unwritten(logits, [rows, classes]));
    let (count, dim) = one_each(&logits.client, rows);
    // Safety: each unit keeps to one row.
    unsafe {
        rows_of::launch_unchecked(
            &logits.client,
            count,
            dim,
            argument(logits),
            argument(targets),
            argument(&losses),
            argument(&gradient),
            classes as u32,
        );
    }
    (losses, gradient)
}

/// The node in the graph of gradients; its state is the gradient of the losses.
#[derive(Debug)]
struct CrossEntropyBackward;

impl Backward<Wgpu, 1> for CrossEntropyBackward {
    type State = CubeTensor;

    fn backward(self, ops: Ops<CubeTensor, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let losses = Tensor::<1>::from_primitive::<Wgpu>(gradients.consume::<Wgpu>(&ops.node));
        let gradient = Tensor::<2>::from_primitive::<Wgpu>(ops.state);
        let rows = losses.dims()[0];
        let [node] = ops.parents;
        let gradient = contiguous(gradient * losses.reshape([rows, 1]));
        if let (Some(node), Some(gradient)) = (node, gradient) {
            gradients.register::<Wgpu>(node.id, gradient);
        }
    }
}

/// A unit for each row.
#[cube(launch_unchecked)]
fn rows_of(logits: &[f32], targets: &[f32], losses: &mut [f32], gradient: &mut [f32], classes: u32) {
    let row = ABSOLUTE_POS;
    if row < losses.len() {
        let start = row as u32 * classes;
        let mut highest = logits[start as usize];
        for class in 1..classes {
            let logit = logits[(start + class) as usize];
            highest = select(logit > highest, logit, highest);
        }
        let mut sum = 0.0f32;
        let mut wanted = 0.0f32;
        for class in 0..classes {
            sum += (logits[(start + class) as usize] - highest).exp();
            wanted += targets[(start + class) as usize];
        }
        let log_sum = sum.ln() + highest;
        let mut loss = 0.0f32;
        for class in 0..classes {
            let at = (start + class) as usize;
            let log_probability = logits[at] - log_sum;
            loss -= targets[at] * log_probability;
            gradient[at] = log_probability.exp() * wanted - targets[at];
        }
        losses[row] = loss;
    }
}
