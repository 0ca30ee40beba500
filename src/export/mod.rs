//! Files a user takes away.

pub mod model_file;
pub mod source_file;
