//! What a trained network says of photos.

pub mod classifier;
pub mod cross_validation;
pub mod outputs;
