//! Protocol Buffers, as much of it as an ONNX file takes: <https://protobuf.dev/programming-guides/encoding>.

/// A message in the making. Fields that are empty by default need not be written.
#[derive(Debug, Clone, Default)]
pub struct Message(pub Vec<u8>);

/// How a field's value is written.
const VARINT: u64 = 0;
const LENGTH_DELIMITED: u64 = 2;

impl Message {
    /// A whole number; negative ones as their two's complement, as `int64` has it.
    pub fn int(&mut self, field: u64, value: i64) {
        self.varint(field << 3 | VARINT);
        self.varint(value as u64);
    }

    pub fn text(&mut self, field: u64, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    pub fn message(&mut self, field: u64, message: &Message) {
        self.bytes(field, &message.0);
    }

    pub fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.begin(field, bytes.len());
        self.0.extend(bytes);
    }

    /// What a field of `length` bytes begins with; the caller appends these.
    pub fn begin(&mut self, field: u64, length: usize) {
        self.varint(field << 3 | LENGTH_DELIMITED);
        self.varint(length as u64);
    }

    /// Seven bits a byte, the lowest first; the eighth says that more follow.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_encoding_guide_writes_it() {
        let mut message = Message::default();
        message.int(1, 150);
        message.text(2, "testing");
        message.int(3, -1);
        let negative = [0x18, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
        let expected = [&[0x08, 0x96, 0x01, 0x12, 7][..], b"testing", &negative].concat();
        assert_eq!(message.0, expected);
    }
}
