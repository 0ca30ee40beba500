//! The tensors of the PyTorch checkpoint.

use std::collections::BTreeMap;
use std::path::Path;

use burn::store::pytorch::PytorchReader;
use burn::store::pytorch_reader::DType;
use lastlayer::backbone::architecture::Architecture;
use lastlayer::backbone::tensor_file::FileTensor;
use lastlayer::error::{Error, ErrorCode, Result};

/// Everything in the checkpoint but PyTorch's counters, under timm's names and sorted by them: the reader's order is not stable,
/// and the converted file's hash should be.
pub fn read(path: &Path, architecture: &Architecture) -> Result<Vec<FileTensor>> {
    let unreadable = |error: &dyn std::fmt::Debug| {
        Error::new(ErrorCode::WeightsCorrupt, format!("{} is not a PyTorch checkpoint: {error:?}", path.display()))
    };
    let reader = PytorchReader::new(path).map_err(|error| unreadable(&error))?;
    let names = architecture.namings.iter().flat_map(|naming| {
        let parameters = architecture.parameters().into_iter().chain(architecture.classifier_parameters(0));
        parameters.map(|(name, _)| (naming.name_of(&name), name))
    });
    let names: BTreeMap<String, String> = names.collect();
    let mut tensors = Vec::new();
    for name in reader.keys() {
        if name.ends_with("num_batches_tracked") {
            continue;
        }
        let timm = names.get(&name).cloned().ok_or_else(|| {
            Error::new(ErrorCode::WeightsMismatch, format!("unexpected tensor {name:?} in {}", path.display()))
        })?;
        let tensor = reader.get(&name).ok_or_else(|| Error::internal(format!("{name} vanished")))?;
        if tensor.dtype() != DType::F32 {
            let got = tensor.dtype();
            return Err(Error::new(ErrorCode::WeightsMismatch, format!("{name}: expected f32 numbers, got {got:?}")));
        }
        let bytes = tensor.read().map_err(|error| unreadable(&error))?;
        let values = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        tensors.push(FileTensor { name: timm, shape: tensor.shape().to_vec(), values });
    }
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tensors)
}
