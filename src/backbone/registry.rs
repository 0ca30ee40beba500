//! Every network, by name.

use std::sync::LazyLock;

use super::architecture::Architecture;
use super::efficientnet_lite::{LITE0, LITE1, LITE2, LITE3, LITE4};
use super::mobilenet_v2::mobilenet_v2;
use super::{resnet, vgg};

/// Every network there is.
pub fn all() -> &'static [Architecture] {
    static ALL: LazyLock<Vec<Architecture>> = LazyLock::new(|| {
        let lite = [&LITE0, &LITE1, &LITE2, &LITE3, &LITE4].map(|lite| (*lite).clone());
        let mobile = [
            ("mobilenetv2_035", 0.35),
            ("mobilenetv2_050", 0.5),
            ("mobilenetv2_075", 0.75),
            ("mobilenetv2_100", 1.0),
            ("mobilenetv2_140", 1.4),
        ];
        let mobile = mobile.map(|(name, width)| mobilenet_v2(name, width));
        let resnet = |name, kind, blocks| resnet::Table { name, kind, blocks, channels: 64 }.architecture();
        let resnets = [
            resnet("resnet18", resnet::Kind::Basic, [2, 2, 2, 2]),
            resnet("resnet34", resnet::Kind::Basic, [3, 4, 6, 3]),
            resnet("resnet50", resnet::Kind::Bottleneck, [3, 4, 6, 3]),
        ];
        let vgg = |name, convolutions, norm| {
            vgg::Table { name, convolutions, channels: [64, 128, 256, 512, 512], norm }.architecture()
        };
        let vggs = [
            vgg("vgg16", [2, 2, 3, 3, 3], false),
            vgg("vgg19", [2, 2, 4, 4, 4], false),
            vgg("vgg16_bn", [2, 2, 3, 3, 3], true),
            vgg("vgg19_bn", [2, 2, 4, 4, 4], true),
        ];
        lite.into_iter().chain(mobile).chain(resnets).chain(vggs).collect()
    });
    &ALL
}

/// The network of that name.
pub fn by_name(name: &str) -> Option<&'static Architecture> {
    all().iter().find(|architecture| architecture.name == name)
}
