//! From a photo of any size to the normalised square, as [`InputSpec::prepare`](crate::image::prepare::InputSpec::prepare) makes it.
//!
//! ONNX's `Resize` is not used: with `antialias` it leaves open what is rounded on the way, and it would scale all of a panorama of which
//! the centre is wanted. Each direction is a matrix instead, one row of filter weights for each row or column of the square,
//! computed in the graph from the photo's size; the photo is multiplied by one from either side and rounded to 8 bits after each. That is the
//! same arithmetic, weights of 16 bits included, but for sums in single precision, which end on the other side of a half now and then.
//! What it costs: four bytes for each colour of the part of the photo that is used, and for each of them `size` multiply-adds.

use super::graph::{Attribute, Element, Graph, Value};
use crate::image::filter::Filter;
use crate::image::prepare::{Framing, InputSpec};

/// One direction of the way from photo to square, as the graph computes it.
struct Direction {
    /// Pixels of the photo, i64.
    source: Value,
    /// The part of the photo that becomes `length` pixels from `offset` on, f64: where it begins, how long it is.
    start: Value,
    extent: Value,
    offset: Value,
    length: Value,
}

/// What a direction's filter takes of the photo and makes of it.
struct Filtered {
    /// The first pixel that is taken and the one after the last, i64 `[1]`.
    first: Value,
    end: Value,
    /// f32 `[size, pixels taken]`.
    matrix: Value,
    /// Which rows of the square have any photo in them, bool `[size, 1]`; `None`: all.
    inside: Option<Value>,
}

/// # Shapes
/// - image: u8 `[height, width, 3]`
/// - output: f32 `[1, 3, size, size]`
pub fn add(graph: &mut Graph, input: &InputSpec, image: &Value) -> Value {
    let shape = graph.apply("Shape", &[image]);
    let [height, width] = [0, 1].map(|axis| {
        let axis = graph.int(axis);
        graph.apply("Gather", &[&shape, &axis])
    });
    let down = direction(graph, input, &height, &width);
    let across = direction(graph, input, &width, &height);
    let [down, across] = [down, across].map(|direction| filtered(graph, input, &direction));
    let picture = resampled(graph, image, &down, &across);
    let picture = mounted(graph, input, picture, &down, &across);
    let [mean, std] =
        [("mean", input.mean), ("std", input.std)].map(|(name, values)| graph.floats(name, &[3, 1, 1], &values));
    let centred = graph.apply("Sub", &[&picture, &mean]);
    let normalised = graph.apply("Div", &[&centred, &std]);
    let shape = graph.ints(&[1, 3, i64::from(input.size), i64::from(input.size)]);
    graph.apply("Reshape", &[&normalised, &shape])
}

/// How a photo is laid into the square in one direction: `side` of it and the `other` one are i64 without a shape.
fn direction(graph: &mut Graph, input: &InputSpec, side: &Value, other: &Value) -> Direction {
    let source = graph.cast(side, Element::F64);
    let (none, size) = (graph.double(0.0), graph.double(f64::from(input.size)));
    let whole = |offset, length| (none.clone(), source.clone(), offset, length);
    let (start, extent, offset, length) = match input.framing {
        Framing::Squash => whole(none.clone(), size),
        Framing::Pad => {
            let length = fitted(graph, input.size, side, other);
            let offset = centred(graph, input.size, &length, true);
            let [offset, length] = [offset, length].map(|value| graph.cast(&value, Element::F64));
            whole(offset, length)
        }
        Framing::Crop => {
            // The short side becomes `short_side`, the long one in proportion, rounded down.
            let (short, short_side) = (graph.apply("Min", &[side, other]), graph.int(i64::from(input.short_side())));
            let product = graph.apply("Mul", &[&short_side, side]);
            let scaled = graph.apply("Div", &[&product, &short]);
            let start = centred(graph, input.size, &scaled, false);
            let [start, scaled] = [start, scaled].map(|value| graph.cast(&value, Element::F64));
            let scale = graph.apply("Div", &[&source, &scaled]);
            let [start, extent] = [&start, &size].map(|value| graph.apply("Mul", &[value, &scale]));
            (start, extent, none, size)
        }
    };
    Direction { source: side.clone(), start, extent, offset, length }
}

/// As long as the square where this is the long side, otherwise in proportion, halves to the even number, but at least 1; i64.
fn fitted(graph: &mut Graph, size: u32, side: &Value, other: &Value) -> Value {
    let longest = graph.apply("Max", &[side, other]);
    let [side, longest] = [side, &longest].map(|value| graph.cast(value, Element::F64));
    let proportion = graph.apply("Div", &[&side, &longest]);
    let (size, least) = (graph.double(f64::from(size)), graph.double(1.0));
    let exact = graph.apply("Mul", &[&proportion, &size]);
    let rounded = graph.apply("Round", &[&exact]);
    let length = graph.apply("Max", &[&rounded, &least]);
    graph.cast(&length, Element::I64)
}

/// Where the middle `size` of `length` pixels begin, or with `inside` the other way round; halves to the even number; i64.
fn centred(graph: &mut Graph, size: u32, length: &Value, inside: bool) -> Value {
    let (size, two) = (graph.int(i64::from(size)), graph.int(2));
    let slack = if inside { graph.apply("Sub", &[&size, length]) } else { graph.apply("Sub", &[length, &size]) };
    let half = graph.apply("Div", &[&slack, &two]);
    // Of an odd slack with an odd half, one more.
    let odd = graph.apply("Mod", &[&half, &two]);
    let even = graph.apply("Add", &[&slack, &odd]);
    graph.apply("Div", &[&even, &two])
}

fn filtered(graph: &mut Graph, input: &InputSpec, direction: &Direction) -> Filtered {
    let size = input.size as usize;
    let scale = graph.apply("Div", &[&direction.extent, &direction.length]);
    let (one, half) = (graph.double(1.0), graph.double(0.5));
    // Wider than a pixel of the photo only where there are fewer pixels than before.
    let width = graph.apply("Max", &[&scale, &one]);
    let (first, end) = taken(graph, direction, &width);
    let middles: Vec<f64> = (0..size).map(|place| place as f64 + 0.5).collect();
    let middles = graph.doubles("middles", &[size, 1], &middles);
    let (place, inside) = places(graph, input, direction, &middles);
    let scaled = graph.apply("Mul", &[&place, &scale]);
    let centre = graph.apply("Add", &[&scaled, &direction.start]);
    let step = graph.int(1);
    let pixels = graph.apply("Range", &[&first, &end, &step]);
    let pixels = graph.cast(&pixels, Element::F64);
    let pixels = graph.apply("Add", &[&pixels, &half]);
    let distance = graph.apply("Sub", &[&pixels, &centre]);
    let distance = graph.apply("Div", &[&distance, &width]);
    let distance = graph.apply("Abs", &[&distance]);
    let weights = match input.filter {
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

/// Middles of the square's pixels, counted from where the photo begins in it, and which of them are in the photo. Those outside take the
/// photo's edge, so that their weights are numbers; what comes of it is covered.
fn places(graph: &mut Graph, input: &InputSpec, direction: &Direction, middles: &Value) -> (Value, Option<Value>) {
    if input.framing != Framing::Pad {
        return (middles.clone(), None);
    }
    let half = graph.double(0.5);
    let place = graph.apply("Sub", &[middles, &direction.offset]);
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

/// Across first, then down, each rounded to 8 bits; f32 `[3, size, size]`.
fn resampled(graph: &mut Graph, image: &Value, down: &Filtered, across: &Filtered) -> Value {
    let [starts, ends] = [[&down.first, &across.first], [&down.end, &across.end]]
        .map(|pair| graph.node("Concat", &pair, &[Attribute::Int("axis", 0)]));
    let axes = graph.ints(&[0, 1]);
    let part = graph.apply("Slice", &[image, &starts, &ends, &axes]);
    let planes = graph.node("Transpose", &[&part], &[Attribute::Ints("perm", vec![2, 0, 1])]);
    let planes = graph.cast(&planes, Element::F32);
    let turned = graph.node("Transpose", &[&across.matrix], &[Attribute::Ints("perm", vec![1, 0])]);
    let rows = graph.apply("MatMul", &[&planes, &turned]);
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

/// The picture on bars of the mean colour, where it does not fill the square.
fn mounted(graph: &mut Graph, input: &InputSpec, picture: Value, down: &Filtered, across: &Filtered) -> Value {
    let (Some(down), Some(across)) = (&down.inside, &across.inside) else { return picture };
    let across = graph.node("Transpose", &[across], &[Attribute::Ints("perm", vec![1, 0])]);
    let inside = graph.apply("And", &[down, &across]);
    let colour = graph.floats("bars", &[3, 1, 1], &input.mean_colour().map(f32::from));
    graph.apply("Where", &[&inside, &picture, &colour])
}
