//! Which tensor is stored in how many bits.

use std::collections::BTreeMap;

use clap::ValueEnum;
use half::f16;
use lastlayer::backbone::architecture::Architecture;
use lastlayer::backbone::stored::StoredTensor;
use lastlayer::backbone::tensor_file::FileTensor;
use lastlayer::backbone::weights::{scale_group, scale_groups, scale_name};
use lastlayer::error::{Error, ErrorCode, Result};
use safetensors::tensor::Dtype;

use crate::layer_inputs::{Moments, layer_inputs};
use crate::rounding::round;

/// How the weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Precision {
    /// Large 1 × 1 convolutions in 8 bits, the output layer in 7, other convolutions in half precision: of Lite0 5 MB.
    Int8,
    /// Convolutions and the output layer in half precision: 9.6 MB.
    Half,
    /// Everything in single precision, to measure what the others cost: 19 MB.
    Full,
}

/// Tensors smaller than this stay in half precision: the first stages, which hold one weight in a hundred and would cost a quarter of
/// the accuracy.
const WORTH_EIGHT_BITS: usize = 16_384;

/// Largest number of a weight in 8 bits.
const EIGHT_BITS: i8 = 127;

/// Largest number of a weight of the output layer, which takes as many bytes as one in 8 bits before compression and an eighth less
/// after: of the default network 160 kB less to download (brotli), and logits 0.022 off (rms, on 440 photos) in place of 0.020. It answers for the source model alone; what is trained has its own.
const SEVEN_BITS: i8 = 63;

/// The tensors in that precision, sorted by name.
pub fn store(
    tensors: &[FileTensor],
    architecture: &Architecture,
    precision: Precision,
) -> Result<Vec<StoredTensor<'static>>> {
    let inputs = match precision {
        Precision::Int8 => layer_inputs(tensors, architecture)?,
        Precision::Half | Precision::Full => BTreeMap::new(),
    };
    let mut stored = Vec::new();
    for tensor in tensors {
        match precision {
            Precision::Int8 if is_worth_eight_bits(tensor) => {
                let is_classifier = tensor.name == format!("{}.weight", architecture.classifier);
                stored.extend(integers(tensor, &inputs, if is_classifier { SEVEN_BITS } else { EIGHT_BITS })?);
            }
            // Batch-norm stays in f32: some of its variances underflow in half precision.
            Precision::Int8 | Precision::Half if tensor.shape.len() > 1 => stored.push(half(tensor)),
            _ => stored.push(new(tensor, Dtype::F32, tensor.bytes())),
        }
    }
    stored.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(stored)
}

/// Large, and a plain matrix: the stem and the depthwise convolutions have few weights for each thing they do, and few in all.
fn is_worth_eight_bits(tensor: &FileTensor) -> bool {
    let is_matrix = matches!(tensor.shape[..], [_, _] | [_, _, 1, 1]);
    is_matrix && tensor.values.len() >= WORTH_EIGHT_BITS
}

/// As `largest` times a scale at the most, and the scales.
fn integers(
    tensor: &FileTensor,
    inputs: &BTreeMap<String, Vec<Moments>>,
    largest: i8,
) -> Result<[StoredTensor<'static>; 2]> {
    let (outputs, width) = (tensor.shape[0], tensor.shape[1]);
    let inputs = inputs.get(&tensor.name).filter(|inputs| inputs.len() == width).ok_or_else(|| {
        let (name, shape) = (&tensor.name, &tensor.shape);
        Error::new(ErrorCode::WeightsMismatch, format!("{name} of shape {shape:?} is not of this architecture"))
    })?;
    let mut bytes = Vec::with_capacity(tensor.values.len());
    let mut scales = Vec::with_capacity(outputs);
    for weights in tensor.values.chunks_exact(width) {
        let row = round(weights, inputs, scale_group(width), largest);
        bytes.extend(row.quantised.iter().flat_map(|value| value.to_le_bytes()));
        scales.extend(row.scales.iter().flat_map(|scale| scale.to_le_bytes()));
    }
    let shape = vec![outputs, scale_groups(width)];
    let scales = StoredTensor { name: scale_name(&tensor.name), dtype: Dtype::F16, bytes: scales.into(), shape };
    Ok([new(tensor, Dtype::I8, bytes), scales])
}

fn half(tensor: &FileTensor) -> StoredTensor<'static> {
    let bytes = tensor.values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect();
    new(tensor, Dtype::F16, bytes)
}

fn new(tensor: &FileTensor, dtype: Dtype, bytes: Vec<u8>) -> StoredTensor<'static> {
    StoredTensor { name: tensor.name.clone(), dtype, bytes: bytes.into(), shape: tensor.shape.clone() }
}
