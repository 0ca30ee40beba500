//! `activation(x + y)` in one pass, into the memory of `x` where nobody else wants that.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::Tensor;
use pulp::{Arch, Simd, WithSimd};

use super::rows::{self, Clamp, Masked, Op, Sum};
use super::tasks;
use super::tensors::{ours, values};
use crate::nn::spec::Activation;

/// Values that a thread takes at a time.
const PART: usize = 32 * 1024;

/// `None` where it is left to Burn. Both of one shape.
pub fn sum(x: &Tensor<4>, y: &Tensor<4>, activation: Activation) -> Option<Tensor<4>> {
    if !ours(x) || !ours(y) || x.dims() != y.dims() || x.device().is_autodiff() != y.device().is_autodiff() {
        return None;
    }
    type Differentiable = Autodiff<Flex>;
    if x.device().is_autodiff() {
        let x = x.clone().try_into_primitive::<Differentiable>().ok()?;
        let y = y.clone().try_into_primitive::<Differentiable>().ok()?;
        let nodes = [x.node(), y.node()];
        let out = forward(x.into_primitive(), y.into_primitive(), activation);
        let out = match SumBackward.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let kept = (activation != Activation::None).then(|| out.clone());
                prep.finish((kept, activation), out)
            }
            OpsKind::UnTracked(prep) => prep.finish(out),
        };
        return Some(Tensor::from_primitive::<Differentiable>(out));
    }
    let x = x.clone().try_into_primitive::<Flex>().ok()?;
    let y = y.clone().try_into_primitive::<Flex>().ok()?;
    Some(Tensor::from_primitive::<Flex>(forward(x, y, activation)))
}

fn forward(x: FlexTensor, y: FlexTensor, activation: Activation) -> FlexTensor {
    let (mut x, y) = (x.to_contiguous(), y.to_contiguous());
    update(x.storage_mut::<f32>(), values(&y), Sum(Clamp::new(activation)));
    x
}

/// `out[i] = op(out[i], b[i])`, by all threads.
fn update(out: &mut [f32], b: &[f32], op: impl Op + Send + Sync) {
    let arch = Arch::new();
    tasks::for_each(
        out.chunks_mut(PART).zip(b.chunks(PART)).collect(),
        || (),
        |(), _, (out, b)| {
            arch.dispatch(Update { out, b, op });
        },
    );
}

struct Update<'a, O> {
    out: &'a mut [f32],
    b: &'a [f32],
    op: O,
}

impl<O: Op> WithSimd for Update<'_, O> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        rows::update(self.out, self.b, self.op);
    }
}

/// The node in the graph of gradients. Its parents: x, y.
#[derive(Debug)]
struct SumBackward;

impl Backward<Flex, 2> for SumBackward {
    /// The output, where it was clamped, and by what.
    type State = (Option<FlexTensor>, Activation);

    fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (out, activation) = ops.state;
        let mut gradient = gradients.consume::<Flex>(&ops.node).to_contiguous();
        if let Some(out) = out {
            update(gradient.storage_mut::<f32>(), values(&out), Masked::behind(activation));
        }
        for node in ops.parents.into_iter().flatten() {
            gradients.register::<Flex>(node.id, gradient.clone());
        }
    }
}
