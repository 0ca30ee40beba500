//! Files a user takes away.

pub mod model_file;
