//! What a file says of a tensor.

use super::number::Number;
use super::view::View;

/// A tensor that has not been read yet.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorInfo(pub(super) View);

impl TensorInfo {
    pub fn shape(&self) -> &[usize] {
        self.0.shape()
    }

    /// How the file stores its numbers.
    pub fn number(&self) -> Number {
        self.0.number
    }
}
