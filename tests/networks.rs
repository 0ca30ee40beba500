//! Every network of the registry against PyTorch, under timm's names and under torchvision's; see `fixtures/make_networks.py`.
//! `web/networks.test.mjs` does it in a browser.
//!
//!     cargo test --release --test networks -- --nocapture      prints the table

mod common;

use common::drawn_network::{Drawn, Golden, Network, SIZE, TOLERANCE, difference, image, own_head_difference};
use common::{fixture, fnv1a};
use lastlayer::backbone::architecture::Architecture;
use lastlayer::backbone::registry::{all, by_name};
use lastlayer::backbone::taps::Features;
use lastlayer::model::{Prefix, Split, Suffix};
use lastlayer::nn::conv_norm::Mode;

/// Names and shapes of a file's parameters, as the fixture's hash has them.
fn listed(golden: &Network, architecture: &Architecture) -> String {
    let drawn = Drawn { architecture, names: &golden.names };
    let logits = golden.outputs.iter().any(|output| output.name == "logits");
    let head = logits.then(|| architecture.classifier_parameters(1000));
    let parameters = architecture.parameters().into_iter().chain(head.into_iter().flatten());
    let line = |(name, shape): (String, Vec<usize>)| {
        let shape: Vec<String> = shape.iter().map(ToString::to_string).collect();
        (drawn.name(&name), shape.join("x"))
    };
    let mut lines: Vec<(String, String)> = parameters.map(line).collect();
    lines.sort();
    lines.into_iter().map(|(name, shape)| format!("{name} {shape}\n")).collect()
}

#[test]
fn every_network_is_pytorchs() {
    let golden: Golden = fixture("networks.json");
    let device = common::cpu().tensors;
    println!("{:20} {:12} {:>10}  largest difference, of the largest value", "network", "names", "parameters");
    let mut wrong = Vec::new();
    for golden in &golden.networks {
        let architecture = by_name(&golden.name).unwrap_or_else(|| panic!("no network {}", golden.name));
        let listed = listed(golden, architecture);
        assert_eq!(listed.lines().count(), golden.parameters, "{}, {}:\n{listed}", golden.name, golden.names);
        assert_eq!(fnv1a(listed.as_bytes()), golden.fnv1a, "{}, {}:\n{listed}", golden.name, golden.names);
        let of = |mode| pollster::block_on(difference(golden, mode, &device));
        // As it stands frozen, batch-norm folded away, and as it learns.
        let (frozen, learning) = (of(Mode::Frozen), of(Mode::Trainable));
        let parameters: usize =
            architecture.parameters().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
        println!("{:20} {:12} {parameters:>10}  {frozen:.1e} {learning:.1e}", golden.name, golden.names);
        if frozen.max(learning) > TOLERANCE {
            wrong.push(format!("{} ({})", golden.name, golden.names));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?} differ by more than {TOLERANCE} of the largest value");
    for architecture in all() {
        let tested = golden.networks.iter().any(|golden| golden.name == architecture.name && golden.names == "timm");
        assert!(tested, "{} is not in networks.json", architecture.name);
    }
}

#[test]
fn a_network_with_its_own_head_is_pytorchs() {
    let golden: Golden = fixture("networks.json");
    let device = common::cpu().tensors;
    for golden in &golden.own_heads {
        let difference = pollster::block_on(own_head_difference(golden, &device));
        println!("{:20} {:12} with its own head  {difference:.1e}", golden.name, golden.names);
        assert!(difference < TOLERANCE, "{}: {difference}", golden.name);
    }
    assert!(!golden.own_heads.is_empty());
}

#[test]
fn every_split_computes_the_same_function() {
    let device = common::cpu().tensors;
    for architecture in all()
        .iter()
        .filter(|architecture| ["mobilenetv2_035", "resnet18", "resnet50", "vgg16_bn"].contains(&architecture.name))
    {
        let logits = |split: Split, features: Features| {
            let mut params = Drawn { architecture, names: "timm" };
            let prefix = Prefix::load(architecture, split, &mut params, &device);
            let mut head = Drawn { architecture, names: "timm" };
            let suffix = Suffix::load(
                architecture,
                split,
                split.taps(architecture, features),
                10,
                &mut params,
                &mut head,
                &device,
            );
            let activation = prefix.forward(image(SIZE, &device));
            let [_, channels, height, width] = activation.dims();
            assert_eq!([channels, height, width], split.activation_shape(architecture, SIZE), "{}", architecture.name);
            let logits: Vec<f32> = suffix.forward(activation).into_data().iter::<f32>().collect();
            logits
        };
        for features in [Features::Last, Features::Several] {
            let whole = logits(Split(0), features);
            let scale = whole.iter().fold(0f32, |largest, value| largest.max(value.abs()));
            let seen = Split(0).taps(architecture, features);
            for k in (1..=architecture.stages.len()).filter(|&k| Split(k).taps(architecture, features) == seen) {
                for (ours, expected) in logits(Split(k), features).iter().zip(&whole) {
                    let name = architecture.name;
                    assert!((ours - expected).abs() < 1e-4 * scale, "{name}, last {k}: {ours}, {expected}");
                }
            }
        }
    }
}
