//! Backbones: a network is a table, and this is what reads it.
//!
//! ```text
//!  architecture  a network as a list of operations; everything that has to know its geometry walks that list
//!  stage         the same as it computes
//!  inverted_residuals, efficientnet_lite, mobilenet_v2, resnet, vgg    the families' tables
//!  weights       the file that the parameters come from         card    what it says of itself
//!  file          files that people bring, as named tensors      recognise    of which network they are
//!  tensor_file   the form that model files and checkpoints share
//! ```
//!
//! A backbone is features and nothing else; the output layer on top of it belongs to [`crate::model`].
//!
//! # One more network
//! Of a known family: a row in [`all`] with its numbers. Of a new family: a module whose table becomes an [`Architecture`] under timm's
//! names, with a [`Naming`](architecture::Naming) where others call the layers otherwise. Then its line in
//! `tests/fixtures/make_networks.py`, which writes what PyTorch computes, and `cargo test --test networks` compares every stage with it.

pub mod architecture;
pub mod card;
pub mod efficientnet_lite;
pub mod file;
pub mod inverted_residuals;
pub mod mobilenet_v2;
pub mod recognise;
pub mod resnet;
pub mod stage;
pub mod tensor_file;
pub mod vgg;
pub mod weights;

use std::sync::LazyLock;

use architecture::Architecture;
use mobilenet_v2::mobilenet_v2;

use crate::image::filter::Filter;
use crate::image::prepare::InputSpec;

/// How ImageNet's photos were prepared for the weights of most: 224 × 224 pixels out of 256, channels normalised each.
fn imagenet(filter: Filter) -> InputSpec {
    let (mean, std) = ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375]);
    InputSpec { crop_fraction: 0.875, filter, ..InputSpec::new(224, mean, std) }
}

/// Every network there is.
pub fn all() -> &'static [Architecture] {
    static ALL: LazyLock<Vec<Architecture>> = LazyLock::new(|| {
        use efficientnet_lite::{LITE0, LITE1, LITE2, LITE3, LITE4};
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
