//! The tensors of the PyTorch checkpoint.

use lastlayer::backbone::architecture::Architecture;
use lastlayer::backbone::file::{Number, TensorFile};
use lastlayer::backbone::recognise::{Recognised, recognise};
use lastlayer::backbone::tensor_file::FileTensor;
use lastlayer::error::{Error, ErrorCode, Result};

/// The network that the checkpoint is of, and its tensors under timm's names and sorted by them.
pub fn read(checkpoint: Vec<u8>) -> Result<(&'static Architecture, Vec<FileTensor>)> {
    let file = TensorFile::open(checkpoint)?;
    let mismatch = |message: String| Error::new(ErrorCode::WeightsMismatch, message);
    let Recognised { architecture, names, unused, .. } = recognise(&file)?;
    if !unused.is_empty() {
        return Err(mismatch(format!("unexpected tensors: {}", unused.join(", "))));
    }
    let tensor = |(ours, theirs): (String, String)| {
        let info = file.tensors.get(&theirs).filter(|info| info.number() == Number::F32);
        let info = info.ok_or_else(|| mismatch(format!("{theirs}: expected f32 numbers")))?;
        let values = file.take(&theirs).ok_or_else(|| Error::internal(format!("{theirs} vanished")))?;
        Ok(FileTensor { name: ours, shape: info.shape().to_vec(), values })
    };
    Ok((architecture, names.into_iter().map(tensor).collect::<Result<_>>()?))
}
