//! The types of numbers that tensors are stored in, by the names PyTorch gives them.

use half::{bf16, f16};

/// The type of a tensor's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    F16,
    BF16,
    F32,
    F64,
    /// Counters, indices and masks: no weights, so they are told apart and not read. With the bytes of each.
    Integer(u8),
    /// What no network here has: complex and quantised numbers, and floats of 8 bits. The name is PyTorch's.
    Foreign(u8, &'static str),
}

impl Number {
    /// Bytes of one.
    pub fn bytes(self) -> u64 {
        match self {
            Self::F16 | Self::BF16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
            Self::Integer(bytes) | Self::Foreign(bytes, _) => bytes.into(),
        }
    }

    /// By the class of the storage: `FloatStorage` of `torch`.
    pub fn of_storage(class: &str) -> Option<Self> {
        Some(match class {
            "HalfStorage" => Self::F16,
            "BFloat16Storage" => Self::BF16,
            "FloatStorage" => Self::F32,
            "DoubleStorage" => Self::F64,
            "ByteStorage" | "CharStorage" | "BoolStorage" => Self::Integer(1),
            "ShortStorage" => Self::Integer(2),
            "IntStorage" => Self::Integer(4),
            "LongStorage" => Self::Integer(8),
            "ComplexFloatStorage" => Self::Foreign(8, "complex64"),
            "ComplexDoubleStorage" => Self::Foreign(16, "complex128"),
            "QUInt8Storage" => Self::Foreign(1, "quint8"),
            "QInt8Storage" => Self::Foreign(1, "qint8"),
            "QInt32Storage" => Self::Foreign(4, "qint32"),
            "QUInt4x2Storage" => Self::Foreign(1, "quint4x2"),
            "QUInt2x4Storage" => Self::Foreign(1, "quint2x4"),
            _ => return None,
        })
    }

    /// By the name of the `dtype`: `float32` of `torch`.
    pub fn of_dtype(name: &str) -> Option<Self> {
        const FOREIGN: [(u8, &str); 12] = [
            (1, "float8_e4m3fn"),
            (1, "float8_e4m3fnuz"),
            (1, "float8_e5m2"),
            (1, "float8_e5m2fnuz"),
            (1, "float8_e8m0fnu"),
            (1, "float4_e2m1fn_x2"),
            (4, "complex32"),
            (8, "complex64"),
            (16, "complex128"),
            (1, "quint8"),
            (1, "qint8"),
            (4, "qint32"),
        ];
        Some(match name {
            "float16" => Self::F16,
            "bfloat16" => Self::BF16,
            "float32" => Self::F32,
            "float64" => Self::F64,
            "uint8" | "int8" | "bool" => Self::Integer(1),
            "uint16" | "int16" => Self::Integer(2),
            "uint32" | "int32" => Self::Integer(4),
            "uint64" | "int64" => Self::Integer(8),
            _ => {
                let &(bytes, name) = FOREIGN.iter().find(|(_, foreign)| *foreign == name)?;
                Self::Foreign(bytes, name)
            }
        })
    }

    /// Whether these are weights: numbers that [`decode`](Self::decode) makes f32 of.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::BF16 | Self::F32 | Self::F64)
    }

    /// Appends the little-endian numbers in `bytes` as f32, those of f64 rounded; nothing where they are no floats.
    pub fn decode(self, bytes: &[u8], out: &mut Vec<f32>) {
        match self {
            Self::F16 => out.extend(bytes.as_chunks().0.iter().map(|number| f16::from_le_bytes(*number).to_f32())),
            Self::BF16 => out.extend(bytes.as_chunks().0.iter().map(|number| bf16::from_le_bytes(*number).to_f32())),
            Self::F32 => out.extend(bytes.as_chunks().0.iter().map(|number| f32::from_le_bytes(*number))),
            Self::F64 => out.extend(bytes.as_chunks().0.iter().map(|number| f64::from_le_bytes(*number) as f32)),
            Self::Integer(_) | Self::Foreign(..) => {}
        }
    }
}
