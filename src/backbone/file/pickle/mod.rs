//! The pickle inside a PyTorch checkpoint, read without running anything.
//!
//! A pickle is a program for a stack machine, and Python's runs whatever function a file names. Here the machine knows a closed list of
//! [names](global), each of which stands for plain data; any other name ends the reading, and the error tells it. What comes out are
//! values that refer to each other by number, so a file that nests or repeats itself costs no more than its bytes.
//!
//! Opcodes: <https://github.com/python/cpython/blob/v3.14.0/Lib/pickletools.py>; what PyTorch makes of them:
//! <https://github.com/pytorch/pytorch/blob/v2.9.0/torch/_weights_only_unpickler.py>.

mod call;
mod global;
mod machine;
mod opcode;
mod value;

use super::bytes::Reader;
use super::refusal::corrupt;
use crate::error::Result;
use machine::Machine;
pub use value::{Objects, Tensor, Value};

/// Longest pickle. That of a network with a thousand tensors has 150 kB.
const MAX_BYTES: usize = 64 << 20;

/// A pickle that has been read.
pub struct Pickle<'a> {
    pub root: Value<'a>,
    pub objects: Objects<'a>,
}

/// The pickle that `reader` is at; it is at the byte after it then.
///
/// # Errors
/// `weights-corrupt` where it is no pickle, ends too early or is larger than any checkpoint's; `weights-unsupported` where it names
/// what is not plain data.
pub fn read<'a>(reader: &mut Reader<'a>) -> Result<Pickle<'a>> {
    let start = reader.position();
    let mut machine = Machine::new(reader);
    loop {
        if let Some(root) = machine.step()? {
            return Ok(Pickle { root, objects: machine.into_objects() });
        }
        if machine.position() - start > MAX_BYTES {
            return Err(corrupt(format!("its pickle is longer than {MAX_BYTES} bytes")));
        }
    }
}
