//! How photos were prepared for pretraining.

use crate::image::filter::Filter;
use crate::image::prepare::InputSpec;

/// How ImageNet's photos were prepared for the weights of most: 224 × 224 pixels out of 256, channels normalised each.
pub fn imagenet(filter: Filter) -> InputSpec {
    let (mean, std) = ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375]);
    InputSpec { crop_fraction: 0.875, filter, ..InputSpec::new(224, mean, std) }
}
