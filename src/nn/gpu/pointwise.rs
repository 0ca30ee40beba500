//! `clamp(scale · (weight ∗ x) + shift, 0, 6)` for convolutions of 1 × 1, forward and backward: products of matrices, since a picture here
//! lies in memory as rows of channels. Burn's own is a convolution for any window, which loads two values for each product; these keep
//! four by four or more sums in registers.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::{Autodiff, Wgpu};
use burn::tensor::Tensor;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::*;

use super::{argument, contiguous, one_each, shape, unwritten};

/// Channels that are loaded at once; both numbers of channels have to be multiples.
const LANES: usize = 4;
/// Rows that a unit computes together.
const ROWS: usize = 4;

/// `None` for what this is not made for.
///
/// # Shapes
/// - x: `[batch, inputs, height, width]`
/// - weight: `[outputs, inputs, 1, 1]`
/// - scale and shift: `[outputs]`; no scale is one of 1, and then the weight does not learn
/// - output: `[batch, outputs, height, width]`
pub fn conv_norm(
    x: &Tensor<4>,
    weight: Tensor<4>,
    scale_and_shift: impl FnOnce() -> (Option<Tensor<1>>, Tensor<1>),
    relu6: bool,
) -> Option<Tensor<4>> {
    let ([batch, inputs, height, width], [outputs, ..]) = (x.dims(), weight.dims());
    if inputs % LANES != 0 || outputs % LANES != 0 || batch * height * width == 0 {
        return None;
    }
    let pixels = [batch, height, width];
    if !x.device().is_autodiff() {
        let x = rows(contiguous_pixels(x.clone())?, inputs)?;
        let (scale, shift) = scale_and_shift();
        let filters = filters(Tensor::from_primitive::<Wgpu>(contiguous(weight)?), scale.as_ref())?;
        let y = forward(&x, &filters, &contiguous(shift)?, relu6);
        return Some(pictures(Tensor::from_primitive::<Wgpu>(y), pixels));
    }
    type Differentiable = Autodiff<Wgpu>;
    let x = x.clone().try_into_primitive::<Differentiable>().ok()?;
    let weight = weight.try_into_primitive::<Differentiable>().ok()?;
    let (scale, shift) = scale_and_shift();
    let scale = scale?.try_into_primitive::<Differentiable>().ok()?;
    let shift = shift.try_into_primitive::<Differentiable>().ok()?;
    let nodes = [x.node(), weight.node(), scale.node(), shift.node()];
    let x = rows(contiguous_pixels(Tensor::from_primitive::<Wgpu>(x.into_primitive()))?, inputs)?;
    let weight = Tensor::<4>::from_primitive::<Wgpu>(weight.into_primitive());
    let scale = Tensor::<1>::from_primitive::<Wgpu>(scale.into_primitive());
    let shift = contiguous(Tensor::<1>::from_primitive::<Wgpu>(shift.into_primitive()))?;
    let filters = filters(weight.clone(), Some(&scale))?;
    let y = forward(&x, &filters, &shift, relu6);
    let kept = State { x, weight, scale, filters, y: relu6.then(|| y.clone()), pixels };
    let y = primitive(pictures(Tensor::from_primitive::<Wgpu>(y), pixels))?;
    let y = match ConvNormBackward.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(kept, y),
        OpsKind::UnTracked(prep) => prep.finish(y),
    };
    Some(Tensor::from_primitive::<Differentiable>(y))
}

fn primitive<const D: usize>(tensor: Tensor<D>) -> Option<CubeTensor> {
    tensor.try_into_primitive::<Wgpu>().ok()
}

/// The channels of each pixel side by side, which is how they lie in memory after a convolution.
fn contiguous_pixels(x: Tensor<4>) -> Option<CubeTensor> {
    contiguous(x.permute([0, 2, 3, 1]))
}

/// `[pixels, channels]`.
fn rows(x: CubeTensor, channels: usize) -> Option<CubeTensor> {
    let pixels = x.meta.shape().num_elements() / channels;
    contiguous(Tensor::<4>::from_primitive::<Wgpu>(x).reshape([pixels, channels]))
}

/// `[pixels, channels]` as `[batch, channels, height, width]`.
fn pictures(rows: Tensor<2>, [batch, height, width]: [usize; 3]) -> Tensor<4> {
    let channels = rows.dims()[1];
    rows.reshape([batch, height, width, channels]).permute([0, 3, 1, 2])
}

/// The filters times their scales, `[outputs, inputs]`.
fn filters(weight: Tensor<4>, scale: Option<&Tensor<1>>) -> Option<CubeTensor> {
    let [outputs, inputs, ..] = weight.dims();
    let weight = weight.reshape([outputs, inputs]);
    contiguous(match scale {
        Some(scale) => weight * scale.clone().reshape([outputs, 1]),
        None => weight,
    })
}

/// `clamp(x · filtersᵀ + shift)`.
fn forward(x: &CubeTensor, filters: &CubeTensor, shift: &CubeTensor, relu6: bool) -> CubeTensor {
    let ([pixels, inputs], [outputs, _]) = (shape(x), shape(filters));
    let y = unwritten(x, [pixels, outputs]);
    let (count, dim) = one_each(&x.client, pixels.div_ceil(ROWS) * (outputs / 2));
    // Safety: rows past the last one are neither read nor written, and units past the last one do nothing.
    unsafe {
        of_outputs::launch_unchecked(
            &x.client,
            count,
            dim,
            LANES,
            argument(x),
            argument(filters),
            argument(shift),
            argument(&y),
            pixels as u32,
            (inputs / LANES) as u32,
            outputs as u32,
            relu6,
        );
    }
    y
}

/// `a · b`; the columns of `b` are a multiple of [`LANES`], as are those of `a`.
fn product(a: &CubeTensor, b: &CubeTensor) -> CubeTensor {
    let ([pixels, terms], [_, columns]) = (shape(a), shape(b));
    let out = unwritten(a, [pixels, columns]);
    let (count, dim) = one_each(&a.client, pixels.div_ceil(ROWS) * (columns / LANES));
    // Safety: as in `forward`.
    unsafe {
        of_inputs::launch_unchecked(
            &a.client,
            count,
            dim,
            LANES,
            argument(a),
            argument(b),
            argument(&out),
            pixels as u32,
            terms as u32,
            (columns / LANES) as u32,
        );
    }
    out
}

/// `aᵀ · b`; the columns of both are multiples of [`LANES`].
fn transposed_product(a: &CubeTensor, b: &CubeTensor) -> CubeTensor {
    let ([pixels, rows], [_, columns]) = (shape(a), shape(b));
    let out = unwritten(a, [rows, columns]);
    let (count, dim) = one_each(&a.client, (rows / LANES) * (columns / LANES));
    // Safety: as in `forward`.
    unsafe {
        of_filters::launch_unchecked(
            &a.client,
            count,
            dim,
            LANES,
            argument(a),
            argument(b),
            argument(&out),
            pixels as u32,
            (rows / LANES) as u32,
            (columns / LANES) as u32,
        );
    }
    out
}

/// The gradient where the output was not clamped.
fn unclamped(gradient: &CubeTensor, y: &CubeTensor) -> CubeTensor {
    let dims = shape::<2>(y);
    let out = unwritten(y, dims);
    let (count, dim) = one_each(&y.client, dims.iter().product());
    // Safety: each unit looks at one place.
    unsafe {
        where_unclamped::launch_unchecked(&y.client, count, dim, argument(gradient), argument(y), argument(&out));
    }
    out
}

/// What the backward pass needs.
#[derive(Debug, Clone)]
struct State {
    x: CubeTensor,
    weight: Tensor<4>,
    scale: Tensor<1>,
    filters: CubeTensor,
    /// The output, where it was clamped.
    y: Option<CubeTensor>,
    pixels: [usize; 3],
}

/// The node in the graph of gradients. Its parents: x, weight, scale, shift.
#[derive(Debug)]
struct ConvNormBackward;

impl Backward<Wgpu, 4> for ConvNormBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 4>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let State { x, weight, scale, filters, y, pixels } = ops.state;
        let [x_node, weight_node, scale_node, shift_node] = ops.parents;
        let [outputs, inputs] = shape(&filters);
        let gradient = Tensor::<4>::from_primitive::<Wgpu>(gradients.consume::<Wgpu>(&ops.node));
        let Some(gradient) = contiguous_pixels(gradient).and_then(|gradient| rows(gradient, outputs)) else {
            unreachable!("a gradient lives where its tensor does");
        };
        let gradient = y.map_or_else(|| gradient.clone(), |y| unclamped(&gradient, &y));
        if let (Some(node), Some(of_x)) =
            (x_node, primitive(pictures(Tensor::from_primitive::<Wgpu>(product(&gradient, &filters)), pixels)))
        {
            gradients.register::<Wgpu>(node.id, of_x);
        }
        // The filters are weight · scale: the gradient of each is the filters' times the other.
        let of_filters = Tensor::<2>::from_primitive::<Wgpu>(transposed_product(&gradient, &x));
        let of_scale = (of_filters.clone() * weight.reshape([outputs, inputs])).sum_dim(1).reshape([outputs]);
        let of_weight = (of_filters * scale.reshape([outputs, 1])).reshape([outputs, inputs, 1, 1]);
        let of_shift = Tensor::<2>::from_primitive::<Wgpu>(gradient).sum_dim(0).reshape([outputs]);
        if let (Some(node), Some(of_weight)) = (weight_node, primitive::<4>(of_weight)) {
            gradients.register::<Wgpu>(node.id, of_weight);
        }
        for (node, gradient) in [(scale_node, of_scale), (shift_node, of_shift)] {
            if let (Some(node), Some(gradient)) = (node, primitive::<1>(gradient)) {
                gradients.register::<Wgpu>(node.id, gradient);
            }
        }
    }
}

/// A unit for four pixels and two outputs.
#[cube(launch_unchecked)]
fn of_outputs<N: Size>(
    x: &[Vector<f32, N>],
    filters: &[Vector<f32, N>],
    shift: &[f32],
    y: &mut [f32],
    pixels: u32,
    terms: u32,
    outputs: u32,
    #[comptime] relu6: bool,
) {
    let unit = ABSOLUTE_POS as u32;
    let pairs = outputs / 2;
    let first = unit / pairs * 4;
    if first < pixels {
        let output = unit % pairs * 2;
        let last = pixels - 1;
        let x_0 = first * terms;
        let x_1 = clamp_max(first + 1, last) * terms;
        let x_2 = clamp_max(first + 2, last) * terms;
        let x_3 = clamp_max(first + 3, last) * terms;
        let filter_0 = output * terms;
        let filter_1 = filter_0 + terms;
        let mut sum_00 = Vector::<f32, N>::new(0.0f32);
        let mut sum_01 = Vector::<f32, N>::new(0.0f32);
        let mut sum_10 = Vector::<f32, N>::new(0.0f32);
        let mut sum_11 = Vector::<f32, N>::new(0.0f32);
        let mut sum_20 = Vector::<f32, N>::new(0.0f32);
        let mut sum_21 = Vector::<f32, N>::new(0.0f32);
        let mut sum_30 = Vector::<f32, N>::new(0.0f32);
        let mut sum_31 = Vector::<f32, N>::new(0.0f32);
        for term in 0..terms {
            let at_0 = filters[(filter_0 + term) as usize];
            let at_1 = filters[(filter_1 + term) as usize];
            let value = x[(x_0 + term) as usize];
            sum_00 += value * at_0;
            sum_01 += value * at_1;
            let value = x[(x_1 + term) as usize];
            sum_10 += value * at_0;
            sum_11 += value * at_1;
            let value = x[(x_2 + term) as usize];
            sum_20 += value * at_0;
            sum_21 += value * at_1;
            let value = x[(x_3 + term) as usize];
            sum_30 += value * at_0;
            sum_31 += value * at_1;
        }
        let at = (first * outputs + output) as usize;
        let row = outputs as usize;
        let shift_0 = shift[output as usize];
        let shift_1 = shift[output as usize + 1];
        y[at] = finished::<N>(sum_00, shift_0, relu6);
        y[at + 1] = finished::<N>(sum_01, shift_1, relu6);
        if first + 1 < pixels {
            y[at + row] = finished::<N>(sum_10, shift_0, relu6);
            y[at + row + 1] = finished::<N>(sum_11, shift_1, relu6);
        }
        if first + 2 < pixels {
            y[at + 2 * row] = finished::<N>(sum_20, shift_0, relu6);
            y[at + 2 * row + 1] = finished::<N>(sum_21, shift_1, relu6);
        }
        if first + 3 < pixels {
            y[at + 3 * row] = finished::<N>(sum_30, shift_0, relu6);
            y[at + 3 * row + 1] = finished::<N>(sum_31, shift_1, relu6);
        }
    }
}

#[cube]
fn clamp_max(value: u32, most: u32) -> u32 {
    select(value < most, value, most)
}

#[cube]
fn finished<N: Size>(sums: Vector<f32, N>, shift: f32, #[comptime] relu6: bool) -> f32 {
    let sum = sums.extract(0usize) + sums.extract(1usize) + sums.extract(2usize) + sums.extract(3usize) + shift;
    if relu6 {
        let positive = select(sum > 0.0f32, sum, 0.0f32);
        select(positive < 6.0f32, positive, 6.0f32)
    } else {
        sum
    }
}

/// A unit for four pixels and four columns.
#[cube(launch_unchecked)]
fn of_inputs<N: Size>(
    a: &[f32],
    b: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    pixels: u32,
    terms: u32,
    columns: u32,
) {
    let unit = ABSOLUTE_POS as u32;
    let first = unit / columns * 4;
    if first < pixels {
        let column = unit % columns;
        let last = pixels - 1;
        let a_0 = first * terms;
        let a_1 = clamp_max(first + 1, last) * terms;
        let a_2 = clamp_max(first + 2, last) * terms;
        let a_3 = clamp_max(first + 3, last) * terms;
        let mut sum_0 = Vector::<f32, N>::new(0.0f32);
        let mut sum_1 = Vector::<f32, N>::new(0.0f32);
        let mut sum_2 = Vector::<f32, N>::new(0.0f32);
        let mut sum_3 = Vector::<f32, N>::new(0.0f32);
        for term in 0..terms {
            let value = b[(term * columns + column) as usize];
            sum_0 += Vector::<f32, N>::new(a[(a_0 + term) as usize]) * value;
            sum_1 += Vector::<f32, N>::new(a[(a_1 + term) as usize]) * value;
            sum_2 += Vector::<f32, N>::new(a[(a_2 + term) as usize]) * value;
            sum_3 += Vector::<f32, N>::new(a[(a_3 + term) as usize]) * value;
        }
        let at = (first * columns + column) as usize;
        let row = columns as usize;
        out[at] = sum_0;
        if first + 1 < pixels {
            out[at + row] = sum_1;
        }
        if first + 2 < pixels {
            out[at + 2 * row] = sum_2;
        }
        if first + 3 < pixels {
            out[at + 3 * row] = sum_3;
        }
    }
}

/// A unit for four rows and four columns.
#[cube(launch_unchecked)]
fn of_filters<N: Size>(
    a: &[Vector<f32, N>],
    b: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    pixels: u32,
    rows: u32,
    columns: u32,
) {
    let unit = ABSOLUTE_POS as u32;
    let row = unit / columns;
    if row < rows {
        let column = unit % columns;
        let mut sum_0 = Vector::<f32, N>::new(0.0f32);
        let mut sum_1 = Vector::<f32, N>::new(0.0f32);
        let mut sum_2 = Vector::<f32, N>::new(0.0f32);
        let mut sum_3 = Vector::<f32, N>::new(0.0f32);
        for pixel in 0..pixels {
            let of_rows = a[(pixel * rows + row) as usize];
            let value = b[(pixel * columns + column) as usize];
            sum_0 += Vector::<f32, N>::new(of_rows.extract(0usize)) * value;
            sum_1 += Vector::<f32, N>::new(of_rows.extract(1usize)) * value;
            sum_2 += Vector::<f32, N>::new(of_rows.extract(2usize)) * value;
            sum_3 += Vector::<f32, N>::new(of_rows.extract(3usize)) * value;
        }
        let at = (row * 4 * columns + column) as usize;
        let step = columns as usize;
        out[at] = sum_0;
        out[at + step] = sum_1;
        out[at + 2 * step] = sum_2;
        out[at + 3 * step] = sum_3;
    }
}

#[cube(launch_unchecked)]
fn where_unclamped(gradient: &[f32], y: &[f32], out: &mut [f32]) {
    let at = ABSOLUTE_POS;
    if at < out.len() {
        let inside = y[at] > 0.0f32 && y[at] < 6.0f32;
        out[at] = select(inside, gradient[at], 0.0f32);
    }
}
