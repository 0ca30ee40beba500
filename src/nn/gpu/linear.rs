//! `x · W + b` for the few columns of an output layer: a workgroup sums each value of the result, where a general product of matrices has
//! one workgroup for all of them.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Autodiff, Wgpu};
use burn::tensor::Tensor;
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::{UNITS, argument, contiguous, one_each, shape, sum_of_units, unwritten};

/// Past this many columns a general product fills the device by itself.
const MOST_OUTPUTS: usize = 64;

/// `None` for what this is not made for.
///
/// # Shapes
/// - x: `[rows, inputs]`
/// - weight: `[inputs, outputs]`
/// - bias: `[outputs]`
/// - output: `[rows, outputs]`
pub fn linear(x: &Tensor<2>, weight: Tensor<2>, bias: Tensor<1>) -> Option<Tensor<2>> {
    let ([rows, _], [_, outputs]) = (x.dims(), weight.dims());
    if !(1..=MOST_OUTPUTS).contains(&outputs) || !(1..=usize::from(u16::MAX)).contains(&rows) {
        return None;
    }
    if !x.device().is_autodiff() {
        let y = forward(&contiguous(x.clone())?, &contiguous(weight)?, &contiguous(bias)?);
        return Some(Tensor::from_primitive::<Wgpu>(y));
    }
    type Differentiable = Autodiff<Wgpu>;
    let x = x.clone().try_into_primitive::<Differentiable>().ok()?;
    let weight = weight.try_into_primitive::<Differentiable>().ok()?;
    let bias = bias.try_into_primitive::<Differentiable>().ok()?;
    let nodes = [x.node(), weight.node(), bias.node()];
    let [x, weight, bias] = [x.into_primitive(), weight.into_primitive(), bias.into_primitive()].map(into_contiguous);
    let y = forward(&x, &weight, &bias);
    let y = match LinearBackward.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(State { x, weight }, y),
        OpsKind::UnTracked(prep) => prep.finish(y),
    };
    Some(Tensor::from_primitive::<Differentiable>(y))
}

fn forward(x: &CubeTensor, weight: &CubeTensor, bias: &CubeTensor) -> CubeTensor {
    let ([rows, inputs], [_, outputs]) = (shape(x), shape(weight));
    let y = unwritten(x, [rows, outputs]);
    // Safety: indices are below rows · inputs, inputs · outputs and rows · outputs, which are the lengths.
    unsafe {
        sums::launch_unchecked(
            &x.client,
            CubeCount::Static(outputs as u32, rows as u32, 1),
            CubeDim::new_1d(UNITS),
            argument(x),
            argument(weight),
            argument(bias),
            argument(&y),
            inputs as u32,
            outputs as u32,
        );
    }
    y
}

#[derive(Debug, Clone)]
struct State {
    x: CubeTensor,
    weight: CubeTensor,
}

/// The node in the graph of gradients. Its parents: x, weight, bias.
#[derive(Debug)]
struct LinearBackward;

impl Backward<Wgpu, 3> for LinearBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let State { x, weight } = ops.state;
        let [x_node, weight_node, bias_node] = ops.parents;
        let gradient = into_contiguous(gradients.consume::<Wgpu>(&ops.node));
        let ([rows, inputs], [_, outputs]) = (shape::<2>(&x), shape::<2>(&weight));
        if let Some(node) = x_node {
            let of_x = unwritten(&x, [rows, inputs]);
            let (count, dim) = one_each(&x.client, rows * inputs);
            let (gradient, weight) = (argument(&gradient), argument(&weight));
            // Safety: as in `forward`.
            unsafe {
                of_inputs::launch_unchecked(
                    &x.client,
                    count,
                    dim,
                    gradient,
                    weight,
                    argument(&of_x),
                    inputs as u32,
                    outputs as u32,
                );
            }
            gradients.register::<Wgpu>(node.id, of_x);
        }
        let (of_weight, of_bias) = (unwritten(&x, [inputs, outputs]), unwritten(&x, [outputs]));
        let (count, dim) = one_each(&x.client, inputs * outputs);
        // Safety: as in `forward`.
        unsafe {
            of_parameters::launch_unchecked(
                &x.client,
                count,
                dim,
                argument(&x),
                argument(&gradient),
                argument(&of_weight),
                argument(&of_bias),
                rows as u32,
                inputs as u32,
                outputs as u32,
            );
        }
        if let Some(node) = weight_node {
            gradients.register::<Wgpu>(node.id, of_weight);
        }
        if let Some(node) = bias_node {
            gradients.register::<Wgpu>(node.id, of_bias);
        }
    }
}

/// A workgroup for each value of the output.
#[cube(launch_unchecked)]
fn sums(x: &[f32], weight: &[f32], bias: &[f32], y: &mut [f32], inputs: u32, outputs: u32) {
    let mut share = 0.0f32;
    let mut input = UNIT_POS;
    while input < inputs {
        share += x[(CUBE_POS_Y * inputs + input) as usize] * weight[(input * outputs + CUBE_POS_X) as usize];
        input += CUBE_DIM;
    }
    let sum = sum_of_units(bias[CUBE_POS_X as usize], share);
    if UNIT_POS == 0 {
        y[(CUBE_POS_Y * outputs + CUBE_POS_X) as usize] = sum;
    }
}

#[cube(launch_unchecked)]
fn of_inputs(gradient: &[f32], weight: &[f32], of_x: &mut [f32], inputs: u32, outputs: u32) {
    let at = ABSOLUTE_POS;
    if at < of_x.len() {
        let row = at as u32 / inputs;
        let input = at as u32 % inputs;
        let mut sum = 0.0f32;
        for output in 0..outputs {
            sum += gradient[(row * outputs + output) as usize] * weight[(input * outputs + output) as usize];
        }
        of_x[at] = sum;
    }
}

#[cube(launch_unchecked)]
fn of_parameters(
    x: &[f32],
    gradient: &[f32],
    of_weight: &mut [f32],
    of_bias: &mut [f32],
    rows: u32,
    inputs: u32,
    outputs: u32,
) {
    let at = ABSOLUTE_POS;
    if at < of_weight.len() {
        let input = at as u32 / outputs;
        let output = at as u32 % outputs;
        let mut weight = 0.0f32;
        let mut bias = 0.0f32;
        for row in 0..rows {
            let share = gradient[(row * outputs + output) as usize];
            weight += x[(row * inputs + input) as usize] * share;
            bias += share;
        }
        of_weight[at] = weight;
        if input == 0 {
            of_bias[output as usize] = bias;
        }
    }
}
