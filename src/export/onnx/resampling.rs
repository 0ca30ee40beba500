//! A photo's pixels to fewer or more, by matrices.
//!
//! ONNX's `Resize` is not used: with `antialias` it leaves open what is rounded on the way, and it would scale all of a panorama of which
//! the centre is wanted. Each direction is a matrix instead, one row of filter weights for each row or column of the square,
//! computed in the graph from the photo's size; the photo is multiplied by one from either side and rounded to 8 bits after each. That is the
//! same arithmetic, weights of 16 bits included, but for sums in single precision, which end on the other side of a half now and then.
//! What it costs: four bytes for each colour of the part of the photo that is used, and for each of them `size` multiply-adds.

use super::graph::{Attribute, Element, Graph, Value};
use crate::image::filter::Filter;

/// One direction of the way from a photo to a picture, as the graph computes it.
pub struct Direction {
    /// Pixels of the photo, i64.
    pub source: Value,
    /// Where the part of the photo begins that becomes `length` pixels, and how long it is, f64.
    pub start: Value,
    pub extent: Value,
    pub length: Value,
    /// Of the picture, i64.
    pub count: Value,
    /// Where these pixels begin in it, f64; `None`: they are all of it.
    pub offset: Option<Value>,
}

/// What a direction's filter takes of the photo and makes of it.
pub struct Filtered {
    /// The first pixel that is taken and the one after the last, i64 `[1]`.
    first: Value,
    end: Value,
    /// f32 `[count, pixels taken]`.
    matrix: Value,
    /// Which rows of the picture have any photo in them, bool `[count, 1]`; `None`: all.
    pub inside: Option<Value>,
}

/// The filter of one direction.
pub fn filtered(graph: &mut Graph, filter: Filter, direction: Direction) -> Filtered {
    let scale = graph.apply("Div", &[&direction.extent, &direction.length]);
    let one = graph.double(1.0);
    // Wider than a pixel of the photo only where there are fewer pixels than before.
    let width = graph.apply("Max", &[&scale, &one]);
    let (first, end) = taken(graph, &direction, &width);
    let (place, inside) = places(graph, &direction);
    let scaled = graph.apply("Mul", &[&place, &scale]);
    let centre = graph.apply("Add", &[&scaled, &direction.start]);
    let pixels = middles(graph, &first, &end);
    let distance = graph.apply("Sub", &[&pixels, &centre]);
    let distance = graph.apply("Div", &[&distance, &width]);
    let distance = graph.apply("Abs", &[&distance]);
    let weights = match filter {
        Filter::Bilinear => bilinear(graph, &distance),
        Filter::Bicubic => bicubic(graph, &distance),
    };
    let axis = graph.ints(&[1]);
    let sums = graph.apply("ReduceSum", &[&weights, &axis]);
    let weights = graph.apply("Div", &[&weights, &sums]);
    let weights = in_sixteen_bits(graph, &weights);
    let matrix = graph.cast(&weights, Element::F32);
    let axis = graph.ints(&[0]);
    let [first, end] = [first, end].map(|value| graph.apply("Unsqueeze", &[&value, &axis]));
    Filtered { first, end, matrix, inside }
}

/// Middles of the pixels from `first` to before `end`, f64 `[pixels]`.
fn middles(graph: &mut Graph, first: &Value, end: &Value) -> Value {
    let (step, half) = (graph.int(1), graph.double(0.5));
    let pixels = graph.apply("Range", &[first, end, &step]);
    let pixels = graph.cast(&pixels, Element::F64);
    graph.apply("Add", &[&pixels, &half])
}

/// The first pixel that a filter of this width looks at, and the one after the last: what is outside is never made floats of.
fn taken(graph: &mut Graph, direction: &Direction, width: &Value) -> (Value, Value) {
    let (two, none) = (graph.double(2.0), graph.double(0.0));
    let reach = graph.apply("Mul", &[width, &two]);
    let first = graph.apply("Sub", &[&direction.start, &reach]);
    let first = graph.apply("Floor", &[&first]);
    let first = graph.apply("Max", &[&first, &none]);
    let first = graph.cast(&first, Element::I64);
    let last = graph.apply("Add", &[&direction.start, &direction.extent]);
    let last = graph.apply("Add", &[&last, &reach]);
    let last = graph.apply("Ceil", &[&last]);
    let last = graph.cast(&last, Element::I64);
    let end = graph.apply("Min", &[&last, &direction.source]);
    (first, end)
}

/// Middles of the picture's pixels, counted from where the photo begins in it, f64 `[count, 1]`, and which of them are in the photo. Those
/// outside take the photo's edge, so that their weights are numbers; what comes of it is covered.
fn places(graph: &mut Graph, direction: &Direction) -> (Value, Option<Value>) {
    let (none, axis) = (graph.int(0), graph.ints(&[1]));
    let middles = middles(graph, &none, &direction.count);
    let middles = graph.apply("Unsqueeze", &[&middles, &axis]);
    let Some(offset) = &direction.offset else { return (middles, None) };
    let half = graph.double(0.5);
    let place = graph.apply("Sub", &[&middles, offset]);
    let last = graph.apply("Sub", &[&direction.length, &half]);
    let nearest = graph.apply("Max", &[&place, &half]);
    let nearest = graph.apply("Min", &[&nearest, &last]);
    let inside = graph.apply("Equal", &[&place, &nearest]);
    (nearest, Some(inside))
}

/// `max(1 − t, 0)`
fn bilinear(graph: &mut Graph, distance: &Value) -> Value {
    let (one, none) = (graph.double(1.0), graph.double(0.0));
    let weights = graph.apply("Sub", &[&one, distance]);
    graph.apply("Max", &[&weights, &none])
}

/// With a = −0.5: `1.5 t³ − 2.5 t² + 1` up to 1, `−0.5 t³ + 2.5 t² − 4 t + 2` from there to 2. Each is nothing where the other begins, so
/// their sum needs no case: one at `min(t, 1)`, the other at t between 1 and 2.
fn bicubic(graph: &mut Graph, distance: &Value) -> Value {
    let [one, two] = [1.0, 2.0].map(|value| graph.double(value));
    let near = graph.apply("Min", &[distance, &one]);
    let far = graph.apply("Max", &[distance, &one]);
    let far = graph.apply("Min", &[&far, &two]);
    let near = polynomial(graph, &near, &[1.5, -2.5, 0.0, 1.0]);
    let far = polynomial(graph, &far, &[-0.5, 2.5, -4.0, 2.0]);
    graph.apply("Add", &[&near, &far])
}

/// Weights as `fast_image_resize` has them: whole numbers of 16 bits over 2ⁿ, the n of the largest that leaves the largest weight room, up
/// to 21. Left out, one colour in three hundred is a grey level or two off, and probabilities by up to 0.003.
fn in_sixteen_bits(graph: &mut Graph, weights: &Value) -> Value {
    let powers: Vec<f64> = (1..=21).map(|n| f64::from(1u32 << n)).collect();
    let (powers, room, two) =
        (graph.doubles("powers", &[powers.len()], &powers), graph.double(f64::from(1 << 15)), graph.double(2.0));
    let largest = graph.node("ReduceMax", &[weights], &[Attribute::Int("keepdims", 0)]);
    let whole = graph.apply("Mul", &[&largest, &powers]);
    let whole = graph.apply("Round", &[&whole]);
    let fits = graph.apply("Less", &[&whole, &room]);
    let fits = graph.cast(&fits, Element::F64);
    let n = graph.node("ReduceSum", &[&fits], &[Attribute::Int("keepdims", 0)]);
    let scale = graph.apply("Pow", &[&two, &n]);
    let whole = graph.apply("Mul", &[weights, &scale]);
    let whole = graph.apply("Round", &[&whole]);
    graph.apply("Div", &[&whole, &scale])
}

/// By Horner's rule, the highest power first.
fn polynomial(graph: &mut Graph, t: &Value, coefficients: &[f64]) -> Value {
    let mut sum = graph.double(coefficients[0]);
    for &coefficient in &coefficients[1..] {
        sum = graph.apply("Mul", &[&sum, t]);
        if coefficient != 0.0 {
            let coefficient = graph.double(coefficient);
            sum = graph.apply("Add", &[&sum, &coefficient]);
        }
    }
    sum
}

/// Across first, then down, each rounded to 8 bits; f32 `[3, height, width]`.
pub fn resampled(graph: &mut Graph, planes: &Value, down: &Filtered, across: &Filtered) -> Value {
    let [starts, ends] = [[&down.first, &across.first], [&down.end, &across.end]]
        .map(|pair| graph.node("Concat", &pair, &[Attribute::Int("axis", 0)]));
    let axes = graph.ints(&[1, 2]);
    let part = graph.apply("Slice", &[planes, &starts, &ends, &axes]);
    let part = graph.cast(&part, Element::F32);
    let turned = graph.node("Transpose", &[&across.matrix], &[Attribute::Ints("perm", vec![1, 0])]);
    let rows = graph.apply("MatMul", &[&part, &turned]);
    let rows = rounded(graph, &rows);
    let picture = graph.apply("MatMul", &[&down.matrix, &rows]);
    rounded(graph, &picture)
}

fn rounded(graph: &mut Graph, x: &Value) -> Value {
    let [half, least, most] = [0.5, 0.0, 255.0].map(|value| graph.float(value));
    let raised = graph.apply("Add", &[x, &half]);
    let whole = graph.apply("Floor", &[&raised]);
    graph.apply("Clip", &[&whole, &least, &most])
}
