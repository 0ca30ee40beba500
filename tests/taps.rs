//! What an output layer sees: which layers, in which order, and what becomes of it in files.

mod common;

use std::collections::BTreeMap;

use burn::tensor::{Distribution, Tensor};
use common::{TOY, add_drawn, cpu, drawn, head, stages, toy_session, train};
use lastlayer::backbone::efficientnet_lite::{LITE0, LITE2};
use lastlayer::backbone::registry::by_name;
use lastlayer::backbone::taps::{Features, Taps};
use lastlayer::error::ErrorCode;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::FeatureChoice;
use safetensors::tensor::{SafeTensors, TensorView};

fn several(name: &str, last_stages: usize) -> (Vec<String>, usize) {
    let architecture = by_name(name).unwrap();
    let taps = Taps::new(architecture, last_stages, Features::Several);
    (taps.layer_names(architecture), taps.width())
}

#[test]
fn seen_are_the_last_layers_of_at_most_twice_the_sides() {
    let lite = ["conv_head", "blocks.6", "blocks.5", "blocks.4", "blocks.3"].map(str::to_owned);
    assert_eq!(several("efficientnet_lite0", 0), (lite.to_vec(), 2 * (1280 + 320 + 192 + 112 + 80)));
    // None before what the first stage to learn begins with.
    assert_eq!(several("efficientnet_lite0", 3).0, lite);
    assert_eq!(several("efficientnet_lite0", 1).0, lite[..3]);
    assert_eq!(several("efficientnet_lite0", 7).0, lite);
    assert_eq!(several("resnet18", 0), (vec!["layer4".into(), "layer3".into()], 2 * (512 + 256)));
    assert_eq!(several("vgg16", 0), (vec!["stage5".into(), "stage4".into()], 2 * (512 + 512)));
    assert_eq!(several("vgg16", 5).1, 2048);
    for architecture in [&*LITE0, &*LITE2, &*TOY] {
        let last = Taps::new(architecture, 0, Features::Last);
        assert_eq!((last.layers(), last.width()), (1, architecture.features()));
    }
}

#[test]
fn a_file_may_name_fewer_layers_than_there_are() {
    let layers = ["conv_head", "blocks.2"].map(str::to_owned);
    let taps = Taps::of_file(Some(&layers), &TOY, 0).unwrap();
    assert_eq!((taps.layers(), taps.width()), (2, 2 * (32 + 16)));
    assert_eq!(taps.named(&TOY), Some(layers.to_vec()));
    assert_eq!(Taps::of_file(None, &TOY, 0).unwrap().named(&TOY), None);
    // What they see is the first of what all see.
    let several = Tensor::<2>::random([2, 120], Distribution::Default, &cpu().tensors);
    assert_eq!(taps.of_several(several).dims(), [2, 96]);
}

#[test]
fn what_is_seen_is_the_sum_of_its_places_each_tap_as_long_as_the_first() {
    let taps = Taps::new(&TOY, 0, Features::Several);
    let device = cpu().tensors;
    let map = |channels, side| {
        let x = Tensor::<4>::random([2, channels, side, side], Distribution::Uniform(-1.0, 1.0), &device);
        // So that some largest values are found more than once.
        (x * 4.0).round() / 4.0
    };
    let maps = [map(32, 4), map(16, 4), map(12, 8)];
    assert_eq!(taps.layers(), maps.len());
    let seen = taps.see(&maps);
    assert_eq!(seen.dims(), [2, taps.width()]);
    let by_place = taps.by_place(&maps);
    for ((first, width), places) in taps.columns().zip(by_place) {
        let tap = seen.clone().narrow(1, first, width);
        let sum: Tensor<2> = places.flatten::<3>(2, 3).sum_dim(2).squeeze_dim(2);
        let apart: f32 = (tap.clone() - sum).abs().max().into_scalar();
        assert!(apart < 1e-5, "columns from {first} on: {apart}");
        let length = |row: usize, from: usize, width: usize| -> f32 {
            seen.clone().narrow(0, row, 1).narrow(1, from, width).square().sum().sqrt().into_scalar()
        };
        for row in 0..2 {
            let (first_tap, this) = (length(row, 0, 32), length(row, first, width));
            assert!((this / first_tap - 1.0).abs() < 1e-4, "photo {row}, columns from {first} on: {this}, {first_tap}");
        }
    }
}

#[test]
fn a_map_of_nothing_is_no_division_by_nothing() {
    let taps = Taps::new(&TOY, 0, Features::Several);
    let maps =
        [(32, 4), (16, 4), (12, 8)].map(|(channels, side)| Tensor::zeros([1, channels, side, side], &cpu().tensors));
    let seen: Vec<f32> = taps.see(&maps).into_data().iter::<f32>().collect();
    assert!(seen.iter().all(|&value| value == 0.0));
}

fn taught(config: TrainConfig) -> Session {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 4, 0);
    train(&mut session, config);
    session
}

fn guesses(session: &Session) -> Vec<(String, f32)> {
    let photo = drawn(1, 77, 40, 36);
    let guesses = pollster::block_on(session.predict(&photo, 3, ModelChoice::Trained)).unwrap();
    guesses.into_iter().map(|guess| (guess.label, guess.probability)).collect()
}

/// A model file with another card.
fn with_card(file: &[u8], change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
    let (_, metadata) = SafeTensors::read_metadata(file).unwrap();
    let mut card: serde_json::Value =
        serde_json::from_str(&metadata.metadata().as_ref().unwrap()["lastlayer"]).unwrap();
    change(&mut card);
    let tensors = SafeTensors::deserialize(file).unwrap();
    let views: Vec<(String, TensorView<'_>)> = tensors.tensors();
    let metadata = std::collections::HashMap::from([("lastlayer".to_owned(), card.to_string())]);
    safetensors::serialize(views, Some(metadata)).unwrap()
}

#[test]
fn a_model_file_says_what_its_output_layer_sees_and_opens_as_it_was() {
    let layers = |file: &[u8]| {
        let mut layers = serde_json::Value::Null;
        with_card(file, |card| layers = card["layers"].clone());
        layers
    };
    for k in 0..=3 {
        for (features, expected) in [(FeatureChoice::Last, 0), (FeatureChoice::Several, 3)] {
            let session = taught(TrainConfig { epochs: 3, features, ..if k == 0 { head() } else { stages(k) } });
            let file = pollster::block_on(session.export_model()).unwrap();
            assert_eq!(layers(&file).as_array().map_or(0, Vec::len), expected, "last {k} stages: {}", layers(&file));
            let mut reader = toy_session();
            reader.open_model(&file).unwrap();
            assert_eq!(guesses(&reader), guesses(&session), "last {k} stages, {features:?}");
        }
    }
}

#[test]
fn layers_that_are_not_there_are_refused() {
    let file = pollster::block_on(taught(TrainConfig { epochs: 2, ..head() }).export_model()).unwrap();
    let open = |layers: serde_json::Value| {
        let changed = with_card(&file, |card| card["layers"] = layers);
        toy_session().open_model(&changed).map(<[String]>::to_vec)
    };
    assert!(open(serde_json::json!(["conv_head", "blocks.2", "blocks.1"])).is_ok());
    for wrong in [
        serde_json::json!([]),
        serde_json::json!(["blocks.2", "conv_head", "blocks.1"]),
        serde_json::json!(["conv_head", "blocks.2", "blocks.1", "blocks.0"]),
        serde_json::json!(["conv_head", "layer4"]),
    ] {
        let error = open(wrong.clone()).unwrap_err();
        assert_eq!(error.code, ErrorCode::ModelCorrupt, "{wrong}");
        assert!(error.message.contains("its output layer sees the layers"), "{}", error.message);
    }
    let error = open(serde_json::json!(["conv_head"])).unwrap_err();
    assert!(error.message.contains("classifier.weight of shape [3, 64]"), "{}", error.message);
}

#[test]
fn an_output_layer_that_sees_the_last_layer_alone_is_as_wide_as_ever() {
    let widths = |features| {
        let session = taught(TrainConfig { epochs: 1, features, ..head() });
        let file = pollster::block_on(session.export_model()).unwrap();
        let tensors = SafeTensors::deserialize(&file).unwrap();
        let shapes: BTreeMap<String, Vec<usize>> =
            tensors.iter().map(|(name, view)| (name.to_owned(), view.shape().to_vec())).collect();
        shapes["classifier.weight"][1]
    };
    assert_eq!(widths(FeatureChoice::Last), 32);
    assert_eq!(widths(FeatureChoice::Several), 2 * (32 + 16 + 12));
    assert_eq!(widths(FeatureChoice::Auto), widths(FeatureChoice::Several));
    // From random weights, the last layer.
    let scratch = TrainConfig { regime: lastlayer::train::plan::regime::Regime::Scratch, ..TrainConfig::default() };
    assert_eq!(scratch.settle(&TOY, 12).unwrap().features, FeatureChoice::Last);
}
