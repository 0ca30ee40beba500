//! Files a user takes away.
//!
//! ```text
//!  model_file    what learnt: this program's own            source_file     the source model of a next task
//!  onnx          the whole network, to be run elsewhere     network_file    the same for PyTorch
//!  card_text     what it is, for people                     tuned           its parameters, which the last rows share
//! ```

pub mod card_text;
pub mod model_file;
pub mod network_file;
pub mod onnx;
pub mod source_file;
pub mod tuned;
