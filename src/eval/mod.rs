//! What a trained network says of photos.

pub mod classifier;
pub mod compared;
pub mod comparison;
pub mod comparison_config;
pub mod cross_validation;
pub mod explain;
pub mod feature_maps;
pub mod nearest;
pub mod outputs;
pub mod provisional;
