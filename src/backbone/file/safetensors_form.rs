//! safetensors: a header in JSON and the numbers behind it. The crate of that name reads the header and checks that the tensors fill the
//! file without gaps.

use safetensors::tensor::{Dtype, SafeTensors};

use super::checkpoint::{Collected, Found, foreign_number};
use super::number::Number;
use super::refusal::{corrupt, shown};
use super::view::View;
use crate::error::Result;

/// Longest header. A tensor takes about a hundred bytes of it.
const MAX_HEADER: u64 = 16 << 20;

/// Bytes of the header's length.
const LENGTH: usize = 8;

/// Whether the file begins like safetensors: the length of a header, and its first brace.
pub fn begins(bytes: &[u8]) -> bool {
    bytes.get(LENGTH) == Some(&b'{') && header_length(bytes).is_some_and(|length| length >> 48 == 0)
}

fn header_length(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|length| u64::from_le_bytes(*length))
}

/// The tensors of the file. What it has in its metadata is read by [`read_card`](super::super::tensor_file::read_card).
pub fn read(bytes: &[u8]) -> Result<Found> {
    let length = header_length(bytes).unwrap_or_default();
    if length > MAX_HEADER {
        return Err(corrupt(format!("its header has {length} bytes, expected at most {MAX_HEADER}")));
    }
    let (length, header) = SafeTensors::read_metadata(bytes).map_err(|error| corrupt(shown(&error.to_string())))?;
    let start = LENGTH + length;
    let mut collected = Collected::new(bytes.len());
    for (name, info) in header.tensors() {
        let Some(number) = number(info.dtype) else {
            return Err(foreign_number(&name, info.dtype));
        };
        let shape: Vec<u64> = info.shape.iter().map(|&size| size as u64).collect();
        let (from, to) = info.data_offsets;
        let view = View::new(number, &shape, &row_major(&shape), 0, start + from..start + to)?;
        collected.add(&name, view)?;
    }
    Ok(collected.found())
}

/// Strides of numbers that lie in order. Saturating, as an empty tensor may have any shape.
fn row_major(shape: &[u64]) -> Vec<u64> {
    let mut strides = vec![1u64; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(shape[axis]);
    }
    strides
}

fn number(dtype: Dtype) -> Option<Number> {
    Some(match dtype {
        Dtype::F16 => Number::F16,
        Dtype::BF16 => Number::BF16,
        Dtype::F32 => Number::F32,
        Dtype::F64 => Number::F64,
        Dtype::BOOL | Dtype::U8 | Dtype::I8 => Number::Integer(1),
        Dtype::U16 | Dtype::I16 => Number::Integer(2),
        Dtype::U32 | Dtype::I32 => Number::Integer(4),
        Dtype::U64 | Dtype::I64 => Number::Integer(8),
        _ => return None,
    })
}
