//! What a trained network says of photos.

pub mod classifier;
