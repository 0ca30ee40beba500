//! The tensors of the PyTorch checkpoint.

use lastlayer::backbone::Architecture;
use lastlayer::backbone::efficientnet_lite::timm_name;
use lastlayer::backbone::file::{Number, TensorFile};
use lastlayer::backbone::tensor_file::FileTensor;
use lastlayer::error::{Error, ErrorCode, Result};

/// Everything in the checkpoint but PyTorch's counters, under timm's names and sorted by them.
pub fn read(checkpoint: Vec<u8>, architecture: &Architecture) -> Result<Vec<FileTensor>> {
    let file = TensorFile::open(checkpoint)?;
    let mut tensors = Vec::new();
    for (name, info) in &file.tensors {
        let mismatch = |message: String| Error::new(ErrorCode::WeightsMismatch, message);
        let timm = timm_name(name, architecture).ok_or_else(|| mismatch(format!("unexpected tensor {name:?}")))?;
        if info.number() != Number::F32 {
            return Err(mismatch(format!("{name}: expected f32 numbers, got {:?}", info.number())));
        }
        let values = file.take(name).ok_or_else(|| Error::internal(format!("{name} vanished")))?;
        tensors.push(FileTensor { name: timm, shape: info.shape().to_vec(), values });
    }
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tensors)
}
