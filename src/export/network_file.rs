//! A tuned network for PyTorch: safetensors in single precision, under timm's names or another's, with the model file's card.
//!
//! Batch-norms stay what they are, so that the file loads into a network that is to be taught further. The whole network is also a model
//! file: what learnt is in it under the same names.

use super::tuned::Tuned;
use crate::backbone::tensor_file::{self, FileTensor, MODEL_KEY};
use crate::error::Result;

/// Every tensor of the network. `whose`: under whose names, `timm` or one of the architecture's [`namings`]; layers that are called alike
/// keep their names.
///
/// [`namings`]: crate::backbone::architecture::Architecture::namings
///
/// # Errors
/// `weights-mismatch` where the weights lack something.
pub fn write(tuned: &Tuned<'_>, whose: &str) -> Result<Vec<u8>> {
    let mut tensors = tuned.backbone()?;
    tensors.extend(tuned.head());
    if let Some(naming) = tuned.architecture.naming(whose) {
        tensors.iter_mut().for_each(|tensor| tensor.name = naming.name_of(&tensor.name));
    }
    of(tuned, &tensors)
}

/// The output layer alone: weight `[classes, features]`, bias `[classes]`.
pub fn write_head(tuned: &Tuned<'_>) -> Result<Vec<u8>> {
    of(tuned, &tuned.head())
}

fn of(tuned: &Tuned<'_>, tensors: &[FileTensor]) -> Result<Vec<u8>> {
    tensor_file::write(tensors, MODEL_KEY, &tuned.card)
}
