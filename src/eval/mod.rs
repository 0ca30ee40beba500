//! What a trained network says of photos.

pub mod classifier;
pub mod explain;
pub mod feature_maps;
pub mod nearest;
