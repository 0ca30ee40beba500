//! What an ONNX file computes, by the words of its specification alone: slow, in double precision, and for the operators that are written here.

use std::collections::BTreeMap;

use half::f16;

use super::onnx_file::{Node, OnnxFile, Tensor};

/// A tensor of any element type. Whole numbers are divided as such.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    pub shape: Vec<usize>,
    pub data: Vec<f64>,
    whole: bool,
}

impl Value {
    pub fn new(shape: &[usize], data: Vec<f64>) -> Self {
        assert_eq!(data.len(), shape.iter().product::<usize>());
        Self { shape: shape.to_vec(), data, whole: false }
    }

    fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self { data: self.data.iter().map(|&x| f(x)).collect(), ..self.clone() }
    }

    fn ints(&self) -> Vec<i64> {
        self.data.iter().map(|&x| x as i64).collect()
    }
}

/// Every value of the graph by its name, from that input.
pub fn run(file: &OnnxFile, input: Value) -> BTreeMap<String, Value> {
    let mut values: BTreeMap<String, Value> =
        file.constants.iter().map(|(name, tensor)| (name.clone(), constant(tensor))).collect();
    values.insert(file.inputs[0].0.clone(), input);
    for node in &file.nodes {
        let inputs: Vec<&Value> = node.inputs.iter().map(|name| &values[name]).collect();
        let output = compute(node, &inputs);
        values.insert(node.output.clone(), output);
    }
    values
}

fn constant(tensor: &Tensor) -> Value {
    let bytes = tensor.bytes.as_slice();
    let data = match tensor.element {
        1 => bytes.as_chunks().0.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect(),
        7 => bytes.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes) as f64).collect(),
        10 => bytes.as_chunks().0.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f64()).collect(),
        11 => bytes.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect(),
        element => panic!("no constants of element type {element}"),
    };
    Value { whole: tensor.element == 7, ..Value::new(&tensor.shape, data) }
}

fn compute(node: &Node, inputs: &[&Value]) -> Value {
    let ints = |name: &str| node.attributes[name].clone();
    let int = |name: &str, default| node.attributes.get(name).map_or(default, |values| values[0]);
    let truth = |truth: bool| f64::from(u8::from(truth));
    let x = inputs[0];
    match node.op.as_str() {
        "Add" => pairwise(x, inputs[1], |a, b| a + b),
        "Sub" => pairwise(x, inputs[1], |a, b| a - b),
        "Mul" => pairwise(x, inputs[1], |a, b| a * b),
        "Div" if x.whole => pairwise(x, inputs[1], |a, b| (a / b).trunc()),
        "Div" => pairwise(x, inputs[1], |a, b| a / b),
        "Mod" => pairwise(x, inputs[1], |a, b| a % b),
        "Min" => pairwise(x, inputs[1], f64::min),
        "Max" => pairwise(x, inputs[1], f64::max),
        "Pow" => pairwise(x, inputs[1], f64::powf),
        "Less" => pairwise(x, inputs[1], |a, b| truth(a < b)),
        "Equal" => pairwise(x, inputs[1], |a, b| truth(a == b)),
        "And" => pairwise(x, inputs[1], |a, b| a * b),
        "Where" => {
            let chosen = pairwise(x, inputs[1], |yes, a| if yes == 1.0 { a } else { f64::NAN });
            pairwise(&chosen, inputs[2], |a, b| if a.is_nan() { b } else { a })
        }
        "Abs" => x.map(f64::abs),
        "Floor" => x.map(f64::floor),
        "Ceil" => x.map(f64::ceil),
        "Round" => x.map(f64::round_ties_even),
        "Sqrt" => x.map(f64::sqrt),
        "Relu" => x.map(|x| x.max(0.0)),
        "Clip" => x.map(|x| x.clamp(inputs[1].data[0], inputs[2].data[0])),
        "Cast" => match int("to", 0) {
            7 => Value { whole: true, ..x.map(f64::trunc) },
            1 => Value { whole: false, ..x.map(|x| f64::from(x as f32)) },
            _ => Value { whole: false, ..x.clone() },
        },
        "Shape" => whole(&x.shape.iter().map(|&side| side as f64).collect::<Vec<_>>()),
        "Gather" => Value { shape: Vec::new(), data: vec![x.data[inputs[1].data[0] as usize]], whole: x.whole },
        "Range" => whole(&(x.data[0] as i64..inputs[1].data[0] as i64).map(|x| x as f64).collect::<Vec<_>>()),
        "Unsqueeze" => {
            let mut shape = x.shape.clone();
            shape.insert(inputs[1].ints()[0] as usize, 1);
            Value { shape, ..x.clone() }
        }
        "Reshape" => reshape(x, &inputs[1].ints()),
        "Flatten" => Value { shape: vec![x.shape[0], x.data.len() / x.shape[0]], ..x.clone() },
        "Concat" => concat(inputs, int("axis", 0) as usize),
        "Slice" => {
            let steps = inputs.get(4).map_or(vec![1; inputs[1].data.len()], |steps| steps.ints());
            (0..steps.len()).fold(x.clone(), |x, at| {
                let [start, end, axis] = [1, 2, 3].map(|input| inputs[input].ints()[at]);
                slice(&x, start, end, axis as usize, steps[at])
            })
        }
        "Transpose" => transpose(x, &ints("perm")),
        "MatMul" => matmul(x, inputs[1]),
        "Gemm" => {
            assert_eq!(int("transB", 0), 1);
            pairwise(&matmul(x, &transpose(inputs[1], &[1, 0])), inputs[2], |a, b| a + b)
        }
        "Softmax" => softmax(x),
        "ReduceSum" | "ReduceMax" | "ReduceMean" | "ReduceSumSquare" => {
            let axes = inputs.get(1).map_or_else(|| (0..x.shape.len() as i64).collect(), |axes| axes.ints());
            reduce(x, &axes, int("keepdims", 1) == 1, &node.op)
        }
        "GlobalAveragePool" => reduce(x, &[2, 3], true, "ReduceMean"),
        "GlobalMaxPool" => reduce(x, &[2, 3], true, "ReduceMax"),
        "Conv" => {
            let windows = Windows::new(x, &ints("kernel_shape"), &ints("strides"), &ints("pads"));
            convolve(&windows, inputs[1], &inputs[2].data, int("group", 1) as usize)
        }
        "MaxPool" => Windows::new(x, &ints("kernel_shape"), &ints("strides"), &ints("pads")).largest(),
        op => panic!("the operator {op} is not written here"),
    }
}

fn whole(data: &[f64]) -> Value {
    Value { whole: true, ..Value::new(&[data.len()], data.to_vec()) }
}

/// Numpy's broadcasting: shapes are aligned at their ends, and sides of 1 are repeated.
fn pairwise(a: &Value, b: &Value, f: impl Fn(f64, f64) -> f64) -> Value {
    let rank = a.shape.len().max(b.shape.len());
    let aligned = |value: &Value| [vec![1; rank - value.shape.len()], value.shape.clone()].concat();
    let (left, right) = (aligned(a), aligned(b));
    let shape: Vec<usize> = left.iter().zip(&right).map(|(&a, &b)| if a == 1 { b } else { a }).collect();
    let data = places(&shape).map(|place| f(a.data[offset(&left, &place)], b.data[offset(&right, &place)])).collect();
    Value { whole: a.whole && b.whole, ..Value::new(&shape, data) }
}

fn places(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let shape = shape.to_vec();
    (0..shape.iter().product()).map(move |mut flat| {
        let mut place = vec![0; shape.len()];
        for (at, side) in shape.iter().enumerate().rev() {
            place[at] = flat % side;
            flat /= side;
        }
        place
    })
}

/// Where a place lies; sides of 1 are repeated.
fn offset(shape: &[usize], place: &[usize]) -> usize {
    shape.iter().zip(place).fold(0, |sum, (&side, &at)| sum * side + if side == 1 { 0 } else { at })
}

fn reshape(x: &Value, shape: &[i64]) -> Value {
    let known: usize = shape.iter().filter(|side| **side > 0).map(|side| *side as usize).product();
    let side = |&side: &i64| if side < 0 { x.data.len() / known } else { side as usize };
    Value { whole: x.whole, ..Value::new(&shape.iter().map(side).collect::<Vec<_>>(), x.data.clone()) }
}

fn concat(inputs: &[&Value], axis: usize) -> Value {
    let mut shape = inputs[0].shape.clone();
    shape[axis] = inputs.iter().map(|value| value.shape[axis]).sum();
    let outer: usize = shape[..axis].iter().product();
    let mut data = Vec::new();
    for row in 0..outer {
        for value in inputs {
            let width = value.data.len() / outer;
            data.extend(&value.data[row * width..(row + 1) * width]);
        }
    }
    Value { whole: inputs[0].whole, ..Value::new(&shape, data) }
}

fn slice(x: &Value, start: i64, end: i64, axis: usize, step: i64) -> Value {
    let side = x.shape[axis] as i64;
    let from_end = |at: i64| if at < 0 { at.saturating_add(side) } else { at };
    let taken: Vec<usize> = match step {
        1 => (from_end(start).clamp(0, side)..from_end(end).clamp(0, side)).map(|at| at as usize).collect(),
        -1 => (from_end(end).clamp(-1, side - 1) + 1..=from_end(start).clamp(0, side - 1))
            .rev()
            .map(|at| at as usize)
            .collect(),
        _ => panic!("steps of {step}"),
    };
    let mut shape = x.shape.clone();
    shape[axis] = taken.len();
    let data = places(&shape).map(|mut place| {
        place[axis] = taken[place[axis]];
        x.data[offset(&x.shape, &place)]
    });
    Value { whole: x.whole, ..Value::new(&shape, data.collect()) }
}

fn transpose(x: &Value, axes: &[i64]) -> Value {
    let shape: Vec<usize> = axes.iter().map(|&axis| x.shape[axis as usize]).collect();
    let data = places(&shape).map(|place| {
        let mut of = vec![0; place.len()];
        axes.iter().zip(place).for_each(|(&axis, at)| of[axis as usize] = at);
        x.data[offset(&x.shape, &of)]
    });
    Value::new(&shape, data.collect())
}

/// Matrices, or stacks of them on either side.
fn matmul(a: &Value, b: &Value) -> Value {
    let sides = |value: &Value| [value.shape[value.shape.len() - 2], value.shape[value.shape.len() - 1]];
    let ([rows, inner], [_, columns]) = (sides(a), sides(b));
    let stack = if a.shape.len() > 2 { &a.shape[..a.shape.len() - 2] } else { &b.shape[..b.shape.len() - 2] };
    let of = |value: &Value, index: usize, size: usize| if value.shape.len() > 2 { index * size } else { 0 };
    let mut data = Vec::new();
    for index in 0..stack.iter().product() {
        let (a, b) = (&a.data[of(a, index, rows * inner)..], &b.data[of(b, index, inner * columns)..]);
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            data.push((0..inner).map(|at| a[row * inner + at] * b[at * columns + column]).sum());
        }
    }
    Value::new(&[stack, &[rows, columns]].concat(), data)
}

fn softmax(x: &Value) -> Value {
    let width = x.shape[x.shape.len() - 1];
    let rows = x.data.chunks_exact(width).flat_map(|row| {
        let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = row.iter().map(|x| (x - most).exp()).collect();
        let sum: f64 = powers.iter().sum();
        powers.into_iter().map(move |power| power / sum)
    });
    Value::new(&x.shape, rows.collect())
}

fn reduce(x: &Value, axes: &[i64], keep: bool, op: &str) -> Value {
    let reduced = |axis: usize| axes.contains(&(axis as i64));
    let sides = x.shape.iter().enumerate();
    let kept: Vec<usize> = sides.map(|(axis, &side)| if reduced(axis) { 1 } else { side }).collect();
    let mut groups: Vec<Vec<f64>> = vec![Vec::new(); kept.iter().product()];
    for (place, &value) in places(&x.shape).zip(&x.data) {
        groups[offset(&kept, &place)].push(value);
    }
    let of = |group: &Vec<f64>| match op {
        "ReduceMax" => group.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "ReduceSumSquare" => group.iter().map(|x| x * x).sum(),
        "ReduceMean" => group.iter().sum::<f64>() / group.len() as f64,
        _ => group.iter().sum(),
    };
    let data = groups.iter().map(of).collect();
    let left = |(axis, &side): (usize, &usize)| (keep || !reduced(axis)).then_some(side);
    let shape: Vec<usize> = kept.iter().enumerate().filter_map(left).collect();
    Value::new(&shape, data)
}

/// Windows over `[batch, channels, height, width]`.
struct Windows<'a> {
    x: &'a Value,
    kernel: usize,
    stride: usize,
    /// Above and left.
    before: [i64; 2],
    sides: [usize; 2],
}

impl<'a> Windows<'a> {
    fn new(x: &'a Value, kernel: &[i64], strides: &[i64], pads: &[i64]) -> Self {
        let (kernel, stride) = (kernel[0] as usize, strides[0] as usize);
        let sides = [0, 1].map(|axis| {
            let padded = x.shape[2 + axis] + pads[axis] as usize + pads[2 + axis] as usize;
            (padded - kernel) / stride + 1
        });
        Self { x, kernel, stride, before: [pads[0], pads[1]], sides }
    }

    /// Values of a window in one channel with their places in it; those outside of the picture are left out.
    fn window(&self, batch: usize, channel: usize, [row, column]: [usize; 2]) -> impl Iterator<Item = (usize, f64)> {
        let [_, channels, height, width] = self.x.shape[..] else { panic!("no map") };
        let plane = &self.x.data[(batch * channels + channel) * height * width..];
        let (kernel, [above, left]) = (self.kernel, self.before);
        let (top, first) = ((row * self.stride) as i64 - above, (column * self.stride) as i64 - left);
        (0..kernel * kernel).filter_map(move |at| {
            let (y, x) = (top + (at / kernel) as i64, first + (at % kernel) as i64);
            let inside = (0..height as i64).contains(&y) && (0..width as i64).contains(&x);
            inside.then(|| (at, plane[y as usize * width + x as usize]))
        })
    }

    fn over(&self, channels: usize, value: impl Fn(usize, usize, [usize; 2]) -> f64) -> Value {
        let [rows, columns] = self.sides;
        let shape = [self.x.shape[0], channels, rows, columns];
        Value::new(&shape, places(&shape).map(|place| value(place[0], place[1], [place[2], place[3]])).collect())
    }

    fn largest(&self) -> Value {
        let largest =
            |batch, channel, at| self.window(batch, channel, at).map(|(_, x)| x).fold(f64::NEG_INFINITY, f64::max);
        self.over(self.x.shape[1], largest)
    }
}

fn convolve(windows: &Windows<'_>, weight: &Value, bias: &[f64], groups: usize) -> Value {
    let (outputs, inputs, window) = (weight.shape[0], weight.shape[1], windows.kernel * windows.kernel);
    windows.over(outputs, |batch, output, at| {
        let first = output / (outputs / groups) * inputs;
        let filter = &weight.data[output * inputs * window..];
        let sum = |input| {
            windows
                .window(batch, first + input, at)
                .map(move |(place, x)| x * filter[input * window + place])
                .sum::<f64>()
        };
        bias[output] + (0..inputs).map(sum).sum::<f64>()
    })
}
