//! MobileNetV2 (Sandler et al., 2018, <https://arxiv.org/abs/1801.04381>). Tables as in timm's `mobilenetv2_*` and torchvision's
//! `mobilenet_v2`.

use super::architecture::{Architecture, Naming};
use super::inverted_residuals::{Layers, Row, Table, row, scaled};
use super::pretraining::imagenet;
use crate::image::filter::Filter;

const STAGES: &[Row] = &[
    row(1, 3, 1, 16, 1),
    row(6, 3, 2, 24, 2),
    row(6, 3, 2, 32, 3),
    row(6, 3, 2, 64, 4),
    row(6, 3, 1, 96, 3),
    row(6, 3, 2, 160, 3),
    row(6, 3, 1, 320, 1),
];

/// All channels times `width`, but the last convolution's never fewer than 1280.
pub fn mobilenet_v2(name: &'static str, width: f64) -> Architecture {
    let (stem, features) = (scaled(32, width), scaled(1280, width.max(1.0)));
    let (depth, epsilon, input) = (1.0, 1e-5, imagenet(Filter::Bicubic));
    let table = Table { name, stem, stages: STAGES, features, width, depth, same: false, epsilon, input };
    table.architecture(|layers| vec![torchvision(layers)])
}

/// torchvision counts the stem and the blocks straight through.
fn torchvision(layers: &Layers) -> Naming {
    let last = format!("features.{}", layers.len() + 1);
    let outside = [
        ["conv_stem", "features.0.0"],
        ["bn1", "features.0.1"],
        ["conv_head", &format!("{last}.0")],
        ["bn2", &format!("{last}.1")],
        ["classifier", "classifier.1"],
    ];
    layers.naming("torchvision", &outside, |number, widened| {
        let names =
            if widened { [["0.0", "0.1"], ["1.0", "1.1"], ["2", "3"]] } else { [["", ""], ["0.0", "0.1"], ["1", "2"]] };
        names.map(|names| names.map(|name| format!("features.{}.conv.{name}", number + 1)))
    })
}
