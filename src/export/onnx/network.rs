//! From pictures to logits: the network's description, walked once.

use super::graph::{Attribute, Graph, Value};
use crate::backbone::architecture::{ConvLayer, Operation, Window};
use crate::backbone::taps::Taps;
use crate::error::Result;
use crate::export::tuned::{Tuned, TunedParams};
use crate::nn::conv_norm;
use crate::nn::spec::{Activation, Padding};

/// A map on its way through the network.
struct Map {
    value: Value,
    /// Height and width. They are known, so that padding is said in numbers: `auto_pad` is deprecated.
    sides: [usize; 2],
}

/// Adds the layers, with batch-norms folded into the convolutions, and the output layer, which is called `logits`.
///
/// # Shapes
/// - images: `[batch, 3, size, size]`, normalised
/// - output: `[batch, classes]`
///
/// # Errors
/// `weights-mismatch` where the weights lack something; `invalid-option` for numbers that the precision does not have.
pub fn add(graph: &mut Graph, tuned: &Tuned<'_>, images: Value) -> Result<Value> {
    let (card, taps) = (&tuned.card, &tuned.taps);
    let value = if card.flip_average { with_mirrored(graph, &images) } else { images };
    let mut x = Map { value, sides: [card.input.size as usize; 2] };
    let mut params = tuned.params();
    let mut maps = Vec::new();
    // An empty tail is no layer.
    for operations in tuned.architecture.layers().filter(|operations| !operations.is_empty()) {
        for operation in operations {
            x = add_operation(graph, &mut params, operation, x)?;
        }
        maps.push(x.value.clone());
    }
    params.finish()?;
    let seen: Vec<Value> = maps.into_iter().rev().take(taps.layers()).collect();
    let mut features = see(graph, taps, &seen);
    if card.flip_average {
        features = over_views(graph, &features, taps.width());
    }
    output_layer(graph, tuned, &features)
}

fn add_operation(graph: &mut Graph, params: &mut TunedParams<'_>, operation: &Operation, x: Map) -> Result<Map> {
    match operation {
        Operation::Conv(layer) => convolution(graph, params, layer, x),
        Operation::MaxPool(window) => Ok(max_pool(graph, *window, x)),
        Operation::Residual { body, shortcut, activation } => {
            let (value, sides) = (x.value.clone(), x.sides);
            let around = match shortcut {
                Some(layer) => convolution(graph, params, layer, Map { value, sides })?.value,
                None => value,
            };
            let y = body.iter().try_fold(x, |x, layer| convolution(graph, params, layer, x))?;
            let sum = graph.apply("Add", &[&y.value, &around]);
            Ok(Map { value: activate(graph, sum, *activation), ..y })
        }
    }
}

fn convolution(graph: &mut Graph, params: &mut TunedParams<'_>, layer: &ConvLayer, x: Map) -> Result<Map> {
    let (spec, window) = (layer.spec, layer.spec.window);
    let (weight, bias) = conv_norm::folded(params, (&layer.conv, &layer.norm), spec);
    let weight = graph.weights(&format!("{}.weight", layer.conv), &spec.weight_shape(), &weight)?;
    let bias = bias.map(|bias| graph.floats(&format!("{}.bias", layer.conv), &[spec.outputs], &bias));
    let inputs: Vec<&Value> = [Some(&x.value), Some(&weight), bias.as_ref()].into_iter().flatten().collect();
    let attributes = [
        Attribute::Int("group", window.groups as i64),
        Attribute::Ints("kernel_shape", vec![window.kernel as i64; 2]),
        Attribute::Ints("pads", pads(window.padding, window.kernel, window.stride, x.sides)),
        Attribute::Ints("strides", vec![window.stride as i64; 2]),
    ];
    let value = graph.named(&layer.conv, "Conv", &inputs, &attributes);
    Ok(Map { value: activate(graph, value, window.activation), sides: window.outputs(x.sides) })
}

fn max_pool(graph: &mut Graph, window: Window, x: Map) -> Map {
    let attributes = [
        Attribute::Ints("kernel_shape", vec![window.kernel as i64; 2]),
        Attribute::Ints("pads", vec![window.padding as i64; 4]),
        Attribute::Ints("strides", vec![window.stride as i64; 2]),
    ];
    Map { value: graph.node("MaxPool", &[&x.value], &attributes), sides: window.outputs(x.sides) }
}

/// Zeros above, left, below, right.
fn pads(padding: Padding, kernel: usize, stride: usize, sides: [usize; 2]) -> Vec<i64> {
    let before = sides.map(|side| padding.before(kernel, stride, side));
    let after = sides.map(|side| padding.after(kernel, stride, side));
    before.into_iter().chain(after).map(|zeros| zeros as i64).collect()
}

fn activate(graph: &mut Graph, x: Value, activation: Activation) -> Value {
    match activation {
        Activation::None => x,
        Activation::Relu => graph.apply("Relu", &[&x]),
        Activation::Relu6 => {
            let (least, most) = (graph.float(0.0), graph.float(6.0));
            graph.apply("Clip", &[&x, &least, &most])
        }
    }
}

/// What the output layer sees; the formula is [`Taps::see`]'s.
///
/// # Shapes
/// - maps: the last layer's first, `[batch, channels, height, width]` each
/// - output: `[batch, width]`
fn see(graph: &mut Graph, taps: &Taps, maps: &[Value]) -> Value {
    let average = pooled(graph, "GlobalAveragePool", &maps[0]);
    if taps.features().is_last() {
        return average;
    }
    let wanted = length(graph, &average);
    let mut scaled = |op: &str, map: &Value| {
        let tap = pooled(graph, op, map);
        let length = length(graph, &tap);
        let factor = graph.apply("Div", &[&wanted, &length]);
        graph.apply("Mul", &[&tap, &factor])
    };
    let mut seen = Vec::with_capacity(2 * maps.len());
    for (index, map) in maps.iter().enumerate() {
        seen.push(if index == 0 { average.clone() } else { scaled("GlobalAveragePool", map) });
        seen.push(scaled("GlobalMaxPool", map));
    }
    graph.node("Concat", &seen.iter().collect::<Vec<_>>(), &[Attribute::Int("axis", 1)])
}

fn pooled(graph: &mut Graph, op: &str, map: &Value) -> Value {
    let pooled = graph.apply(op, &[map]);
    graph.apply("Flatten", &[&pooled])
}

/// Of each row, `[batch, 1]`; never quite nothing, as where it was learnt.
fn length(graph: &mut Graph, rows: &Value) -> Value {
    let axis = graph.ints(&[1]);
    let squares = graph.apply("ReduceSumSquare", &[rows, &axis]);
    let least = graph.float(1e-12);
    let sum = graph.apply("Add", &[&squares, &least]);
    graph.apply("Sqrt", &[&sum])
}

/// The pictures, and after them their mirror images.
fn with_mirrored(graph: &mut Graph, images: &Value) -> Value {
    // From the last column to before the first.
    let (start, end, axis, step) = (graph.ints(&[-1]), graph.ints(&[i64::MIN]), graph.ints(&[3]), graph.ints(&[-1]));
    let mirrored = graph.apply("Slice", &[images, &start, &end, &axis, &step]);
    graph.node("Concat", &[images, &mirrored], &[Attribute::Int("axis", 0)])
}

/// The average over each picture and its mirror image. The output layer is linear, so its answer to the average is the average of its
/// answers.
fn over_views(graph: &mut Graph, features: &Value, width: usize) -> Value {
    let (shape, axis) = (graph.ints(&[2, -1, width as i64]), graph.ints(&[0]));
    let views = graph.apply("Reshape", &[features, &shape]);
    graph.node("ReduceMean", &[&views, &axis], &[Attribute::Int("keepdims", 0)])
}

fn output_layer(graph: &mut Graph, tuned: &Tuned<'_>, features: &Value) -> Result<Value> {
    let [weight, bias] = tuned.head();
    let weight = graph.weights(&weight.name, &weight.shape, &weight.values)?;
    let bias = graph.floats(&bias.name, &bias.shape, &bias.values);
    Ok(graph.named("logits", "Gemm", &[features, &weight, &bias], &[Attribute::Int("transB", 1)]))
}
