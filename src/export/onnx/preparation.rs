//! From a photo of any size to the normalised square, as [`InputSpec::prepare`](crate::image::prepare::InputSpec::prepare) makes it.

use super::graph::{Attribute, Element, Graph, Value};
use super::resampling::{Direction, Filtered, filtered, resampled};
use crate::image::prepare::{Framing, InputSpec};

/// What a picture is to be: i64 without a shape.
enum Picture {
    /// The middle of the photo, whose short side is scaled to `short`: `most` pixels at most in either direction.
    Middle {
        short: Value,
        most: Value,
    },
    /// A square with all of the photo.
    Padded {
        size: Value,
    },
    Squashed {
        size: Value,
    },
}

/// `stored` is what photos are kept for in the photo's framing: a network that sees smaller pictures, as one from random weights does, gets
/// them from these, twice scaled; see [`InputSpec::resized`].
///
/// # Shapes
/// - image: u8 `[height, width, 3]`
/// - output: f32 `[1, 3, size, size]`
pub fn add(graph: &mut Graph, input: &InputSpec, stored: &InputSpec, image: &Value) -> Value {
    let mut planes = graph.node("Transpose", &[image], &[Attribute::Ints("perm", vec![2, 0, 1])]);
    if input.size != stored.size {
        planes = picture(graph, stored, &planes, whole);
    }
    let prepared = picture(graph, input, &planes, square);
    let [mean, std] =
        [("mean", input.mean), ("std", input.std)].map(|(name, values)| graph.floats(name, &[3, 1, 1], &values));
    let centred = graph.apply("Sub", &[&prepared, &mean]);
    let normalised = graph.apply("Div", &[&centred, &std]);
    let shape = graph.ints(&[1, 3, i64::from(input.size), i64::from(input.size)]);
    graph.apply("Reshape", &[&normalised, &shape])
}

/// What the network sees; [`InputSpec::layout`].
fn square(graph: &mut Graph, input: &InputSpec, _sides: [&Value; 2]) -> Picture {
    let size = graph.int(i64::from(input.size));
    match input.framing {
        Framing::Crop => Picture::Middle { short: graph.int(i64::from(input.short_side())), most: size },
        Framing::Pad => Picture::Padded { size },
        Framing::Squash => Picture::Squashed { size },
    }
}

/// What is kept of a photo to make smaller pictures of: a little larger than what a network of that input sees, but never enlarged;
/// [`InputSpec::stored_layouts`].
fn whole(graph: &mut Graph, stored: &InputSpec, sides: [&Value; 2]) -> Picture {
    let larger = i64::from(stored.size + stored.size / 8);
    let (size, twice) = (graph.int(larger), graph.int(2 * larger));
    let mut at_most = |of: &str| {
        let side = graph.apply(of, &sides);
        graph.apply("Min", &[&side, &size])
    };
    match stored.framing {
        Framing::Crop => Picture::Middle { short: at_most("Min"), most: twice },
        Framing::Pad => Picture::Padded { size: at_most("Max") },
        Framing::Squash => Picture::Squashed { size: at_most("Max") },
    }
}

/// f32 `[3, height, width]` of planes of that shape.
fn picture(
    graph: &mut Graph,
    input: &InputSpec,
    planes: &Value,
    wanted: fn(&mut Graph, &InputSpec, [&Value; 2]) -> Picture,
) -> Value {
    let shape = graph.apply("Shape", &[planes]);
    let [height, width] = [1, 2].map(|axis| {
        let axis = graph.int(axis);
        graph.apply("Gather", &[&shape, &axis])
    });
    let wanted = wanted(graph, input, [&height, &width]);
    let down = direction(graph, &wanted, &height, &width);
    let across = direction(graph, &wanted, &width, &height);
    let [down, across] = [down, across].map(|direction| filtered(graph, input.filter, direction));
    let resampled = resampled(graph, planes, &down, &across);
    mounted(graph, input, resampled, &down, &across)
}

/// How a photo is laid into a picture in one direction: `side` of it and the `other` one are i64 without a shape.
fn direction(graph: &mut Graph, wanted: &Picture, side: &Value, other: &Value) -> Direction {
    let source = side.clone();
    let extent = graph.cast(side, Element::F64);
    let none = graph.double(0.0);
    match wanted {
        Picture::Squashed { size } => {
            let length = graph.cast(size, Element::F64);
            Direction { source, start: none, extent, length, count: size.clone(), offset: None }
        }
        Picture::Padded { size } => {
            let length = fitted(graph, size, side, other);
            let offset = middle(graph, size, &length);
            let [offset, length] = [offset, length].map(|value| graph.cast(&value, Element::F64));
            Direction { source, start: none, extent, length, count: size.clone(), offset: Some(offset) }
        }
        Picture::Middle { short, most } => {
            // The short side becomes `short`, the long one in proportion, rounded down.
            let shortest = graph.apply("Min", &[side, other]);
            let product = graph.apply("Mul", &[short, side]);
            let scaled = graph.apply("Div", &[&product, &shortest]);
            let count = graph.apply("Min", &[&scaled, most]);
            let start = middle(graph, &scaled, &count);
            let [start, scaled, length] = [&start, &scaled, &count].map(|value| graph.cast(value, Element::F64));
            let scale = graph.apply("Div", &[&extent, &scaled]);
            let [start, extent] = [&start, &length].map(|value| graph.apply("Mul", &[value, &scale]));
            Direction { source, start, extent, length, count, offset: None }
        }
    }
}

/// As long as the square where this is the long side, otherwise in proportion, halves to the even number, but at least 1; i64.
fn fitted(graph: &mut Graph, size: &Value, side: &Value, other: &Value) -> Value {
    let longest = graph.apply("Max", &[side, other]);
    let [side, longest, size] = [side, &longest, size].map(|value| graph.cast(value, Element::F64));
    let proportion = graph.apply("Div", &[&side, &longest]);
    let least = graph.double(1.0);
    let exact = graph.apply("Mul", &[&proportion, &size]);
    let rounded = graph.apply("Round", &[&exact]);
    let length = graph.apply("Max", &[&rounded, &least]);
    graph.cast(&length, Element::I64)
}

/// Where the middle `part` of `whole` pixels begins; halves to the even number; i64.
fn middle(graph: &mut Graph, whole: &Value, part: &Value) -> Value {
    let two = graph.int(2);
    let slack = graph.apply("Sub", &[whole, part]);
    let half = graph.apply("Div", &[&slack, &two]);
    // Of an odd slack with an odd half, one more.
    let odd = graph.apply("Mod", &[&half, &two]);
    let even = graph.apply("Add", &[&slack, &odd]);
    graph.apply("Div", &[&even, &two])
}

/// The picture on bars of the mean colour, where it does not fill the square.
fn mounted(graph: &mut Graph, input: &InputSpec, picture: Value, down: &Filtered, across: &Filtered) -> Value {
    let (Some(down), Some(across)) = (&down.inside, &across.inside) else { return picture };
    let across = graph.node("Transpose", &[across], &[Attribute::Ints("perm", vec![1, 0])]);
    let inside = graph.apply("And", &[down, &across]);
    let colour = input.mean_colour();
    let colour = graph.floats(&format!("bars_{colour:?}"), &[3, 1, 1], &colour.map(f32::from));
    graph.apply("Where", &[&inside, &picture, &colour])
}
