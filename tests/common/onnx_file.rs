//! A reader of ONNX files, as small as a test of their structure needs it. Field numbers are those of `onnx.proto`.

use std::collections::BTreeMap;

/// A field of a message: a number, or the bytes of anything else.
#[derive(Debug, Clone)]
pub enum Field<'a> {
    Int(i64),
    Bytes(&'a [u8]),
}

/// Fields by their numbers, in the order in which they come.
pub struct Message<'a>(BTreeMap<u64, Vec<Field<'a>>>);

impl<'a> Message<'a> {
    pub fn read(mut bytes: &'a [u8]) -> Self {
        let mut fields: BTreeMap<u64, Vec<Field<'a>>> = BTreeMap::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let field = match key & 7 {
                0 => Field::Int(varint(&mut bytes) as i64),
                2 => {
                    let length = varint(&mut bytes) as usize;
                    let (value, rest) = bytes.split_at(length);
                    bytes = rest;
                    Field::Bytes(value)
                }
                kind => panic!("fields of kind {kind} are not written here"),
            };
            fields.entry(key >> 3).or_default().push(field);
        }
        Self(fields)
    }

    pub fn ints(&self, field: u64) -> Vec<i64> {
        self.all(field, |field| match field {
            Field::Int(value) => *value,
            Field::Bytes(_) => panic!("no number"),
        })
    }

    pub fn int(&self, field: u64) -> i64 {
        self.ints(field)[0]
    }

    pub fn bytes(&self, field: u64) -> Vec<&'a [u8]> {
        self.all(field, |field| match field {
            Field::Int(_) => panic!("a number"),
            Field::Bytes(value) => *value,
        })
    }

    pub fn texts(&self, field: u64) -> Vec<String> {
        self.bytes(field).into_iter().map(|text| String::from_utf8(text.to_vec()).unwrap()).collect()
    }

    pub fn text(&self, field: u64) -> String {
        self.texts(field).remove(0)
    }

    pub fn messages(&self, field: u64) -> Vec<Message<'a>> {
        self.bytes(field).into_iter().map(Message::read).collect()
    }

    pub fn message(&self, field: u64) -> Message<'a> {
        self.messages(field).remove(0)
    }

    fn all<T>(&self, field: u64, value: impl Fn(&Field<'a>) -> T) -> Vec<T> {
        self.0.get(&field).into_iter().flatten().map(value).collect()
    }
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    let (value, rest) = bytes.split_at(length);
    *bytes = rest;
    value.iter().rev().fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7f))
}

#[derive(Debug)]
pub struct Node {
    pub inputs: Vec<String>,
    pub output: String,
    pub op: String,
    pub attributes: BTreeMap<String, Vec<i64>>,
}

#[derive(Debug)]
pub struct Tensor {
    pub shape: Vec<usize>,
    /// ONNX's number of it.
    pub element: i64,
    pub bytes: Vec<u8>,
}

/// What a test looks at.
pub struct OnnxFile {
    pub ir_version: i64,
    pub opset: i64,
    pub description: String,
    pub properties: BTreeMap<String, String>,
    pub nodes: Vec<Node>,
    pub constants: BTreeMap<String, Tensor>,
    /// Name, element type, and sides as they are written.
    pub inputs: Vec<(String, i64, Vec<String>)>,
    pub outputs: Vec<(String, i64, Vec<String>)>,
}

impl OnnxFile {
    pub fn read(bytes: &[u8]) -> Self {
        let model = Message::read(bytes);
        let graph = model.message(7);
        let properties = model.messages(14).iter().map(|entry| (entry.text(1), entry.text(2))).collect();
        Self {
            ir_version: model.int(1),
            opset: model.message(8).int(2),
            description: model.text(6),
            properties,
            nodes: graph.messages(1).iter().map(node).collect(),
            constants: graph.messages(5).iter().map(tensor).collect(),
            inputs: graph.messages(11).iter().map(value).collect(),
            outputs: graph.messages(12).iter().map(value).collect(),
        }
    }

    pub fn count(&self, op: &str) -> usize {
        self.nodes.iter().filter(|node| node.op == op).count()
    }
}

fn node(node: &Message<'_>) -> Node {
    let attribute = |attribute: &Message<'_>| {
        let values = if attribute.int(20) == 2 { attribute.ints(3) } else { attribute.ints(8) };
        (attribute.text(1), values)
    };
    let attributes = node.messages(5).iter().map(attribute).collect();
    Node { inputs: node.texts(1), output: node.text(2), op: node.text(4), attributes }
}

fn tensor(tensor: &Message<'_>) -> (String, Tensor) {
    let shape = tensor.ints(1).into_iter().map(|side| side as usize).collect();
    (tensor.text(8), Tensor { shape, element: tensor.int(2), bytes: tensor.bytes(9)[0].to_vec() })
}

fn value(value: &Message<'_>) -> (String, i64, Vec<String>) {
    let tensor = value.message(2).message(1);
    let side = |side: &Message<'_>| side.ints(1).first().map_or_else(|| side.text(2), ToString::to_string);
    (value.text(1), tensor.int(1), tensor.message(2).messages(1).iter().map(side).collect())
}
