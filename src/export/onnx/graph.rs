//! A graph of ONNX in the making: nodes, and the constants they take. Field numbers are those of
//! <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.

use std::collections::BTreeSet;

use super::wire::Message;
use crate::error::{Error, ErrorCode, Result};
use crate::halves::f16;

/// Numbers of weights in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    #[default]
    Single,
    /// Filters and matrices in half precision, computed with in single: half the file, the same time.
    Half,
}

/// The name of something that a node makes or that is there from the beginning.
pub type Value = String;

/// A tensor's element type, by ONNX's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    F32 = 1,
    U8 = 2,
    I64 = 7,
    F16 = 10,
    F64 = 11,
}

/// Of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    Int(&'static str, i64),
    Ints(&'static str, Vec<i64>),
}

/// One side of a shape: a number, or a name for what is known when it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Fixed(usize),
    Free(&'static str),
}

#[derive(Default)]
pub struct Graph {
    /// The message `GraphProto`, without its name.
    message: Message,
    /// Names that are given.
    names: BTreeSet<String>,
    /// How many nodes have none but their number.
    unnamed: usize,
    precision: Precision,
}

const NODE: u64 = 1;
const INITIALIZER: u64 = 5;
const INPUT: u64 = 11;
const OUTPUT: u64 = 12;

impl Graph {
    pub fn new(precision: Precision) -> Self {
        Self { precision, ..Self::default() }
    }

    /// A node with one output, which is called `name`.
    pub fn named(&mut self, name: &str, op: &str, inputs: &[&Value], attributes: &[Attribute]) -> Value {
        self.names.insert(name.to_owned());
        let mut node = Message::default();
        inputs.iter().for_each(|input| node.text(1, input));
        node.text(2, name);
        node.text(3, name);
        node.text(4, op);
        attributes.iter().for_each(|attribute| node.message(5, &attribute.message()));
        self.message.message(NODE, &node);
        name.to_owned()
    }

    /// The same; its name does not matter.
    pub fn node(&mut self, op: &str, inputs: &[&Value], attributes: &[Attribute]) -> Value {
        self.unnamed += 1;
        let name = format!("{op}_{}", self.unnamed);
        self.named(&name, op, inputs, attributes)
    }

    /// A node without attributes.
    pub fn apply(&mut self, op: &str, inputs: &[&Value]) -> Value {
        self.node(op, inputs, &[])
    }

    /// The same as another element type.
    pub fn cast(&mut self, x: &Value, to: Element) -> Value {
        self.node("Cast", &[x], &[Attribute::Int("to", to as i64)])
    }

    /// Filters, or a matrix, in the file's precision.
    ///
    /// # Errors
    /// `invalid-option` for a number that half precision does not have.
    pub fn weights(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Result<Value> {
        if self.precision == Precision::Single {
            return Ok(self.floats(name, shape, values));
        }
        let largest = values.iter().fold(0f32, |largest, value| largest.max(value.abs()));
        if largest > f16::MAX.to_f32() {
            return Err(Error::new(
                ErrorCode::InvalidOption,
                format!(
                    "half precision holds numbers up to 65504, and {name} has one of {largest}: export in single precision"
                ),
            )
            .with("name", "precision")
            .with("value", "half"));
        }
        let bytes = values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes());
        let stored = format!("{name}.half");
        self.constant(&stored, shape, Element::F16, bytes);
        Ok(self.named(name, "Cast", &[&stored], &[Attribute::Int("to", Element::F32 as i64)]))
    }

    /// Numbers in single precision.
    pub fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Value {
        self.constant(name, shape, Element::F32, values.iter().flat_map(|value| value.to_le_bytes()))
    }

    /// Numbers in double precision.
    pub fn doubles(&mut self, name: &str, shape: &[usize], values: &[f64]) -> Value {
        self.constant(name, shape, Element::F64, values.iter().flat_map(|value| value.to_le_bytes()))
    }

    /// One number, without a shape.
    pub fn float(&mut self, value: f32) -> Value {
        self.floats(&format!("float_{value}"), &[], &[value])
    }

    pub fn double(&mut self, value: f64) -> Value {
        self.doubles(&format!("double_{value}"), &[], &[value])
    }

    pub fn int(&mut self, value: i64) -> Value {
        self.constant(&format!("int_{value}"), &[], Element::I64, value.to_le_bytes())
    }

    pub fn ints(&mut self, values: &[i64]) -> Value {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        let name = values.iter().fold("ints".to_owned(), |name, value| format!("{name}_{value}"));
        self.constant(&name, &[values.len()], Element::I64, bytes)
    }

    /// A constant that is there already, by its name, is not written again.
    fn constant(
        &mut self,
        name: &str,
        shape: &[usize],
        element: Element,
        bytes: impl IntoIterator<Item = u8>,
    ) -> Value {
        if !self.names.insert(name.to_owned()) {
            return name.to_owned();
        }
        let mut tensor = Message::default();
        shape.iter().for_each(|&side| tensor.int(1, side as i64));
        tensor.int(2, element as i64);
        tensor.text(8, name);
        let length = element.bytes() * shape.iter().product::<usize>();
        tensor.begin(9, length);
        // Written where it stays: the weights are the file, and half a gigabyte of some.
        self.message.begin(INITIALIZER, tensor.0.len() + length);
        self.message.0.extend(&tensor.0);
        self.message.0.extend(bytes);
        name.to_owned()
    }

    pub fn input(&mut self, name: &str, element: Element, shape: &[Side]) -> Value {
        self.message.message(INPUT, &value_info(name, element, shape));
        self.names.insert(name.to_owned());
        name.to_owned()
    }

    /// Of numbers in single precision that a node of that name makes.
    pub fn output(&mut self, name: &str, shape: &[Side]) {
        self.message.message(OUTPUT, &value_info(name, Element::F32, shape));
    }

    /// The message `GraphProto`.
    pub fn finish(mut self, name: &str) -> Message {
        self.message.text(2, name);
        self.message
    }
}

impl Element {
    fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::F16 => 2,
            Self::F32 => 4,
            Self::I64 | Self::F64 => 8,
        }
    }
}

impl Attribute {
    fn message(&self) -> Message {
        let mut message = Message::default();
        // The last field says which kind it is.
        match self {
            Self::Int(name, value) => {
                message.text(1, name);
                message.int(3, *value);
                message.int(20, 2);
            }
            Self::Ints(name, values) => {
                message.text(1, name);
                values.iter().for_each(|&value| message.int(8, value));
                message.int(20, 7);
            }
        }
        message
    }
}

fn value_info(name: &str, element: Element, shape: &[Side]) -> Message {
    let mut sides = Message::default();
    for side in shape {
        let mut dimension = Message::default();
        match side {
            Side::Fixed(size) => dimension.int(1, *size as i64),
            Side::Free(name) => dimension.text(2, name),
        }
        sides.message(1, &dimension);
    }
    let (mut tensor, mut kind, mut value) = (Message::default(), Message::default(), Message::default());
    tensor.int(1, element as i64);
    tensor.message(2, &sides);
    kind.message(1, &tensor);
    value.text(1, name);
    value.message(2, &kind);
    value
}
