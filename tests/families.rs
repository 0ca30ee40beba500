//! The same of a narrow member of every family: the split, the frozen and the learnt, and a training that goes on elsewhere.

mod common;

use common::{add_drawn, drawn, narrow_networks, session_of, stages, supply_drawn, train, weights_file_of};
use lastlayer::backbone::architecture::{Architecture, ConvLayer, Operation};
use lastlayer::halves::{narrow, widen};
use lastlayer::session::event::StepEvent;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::read::embed::Draw;
use std::collections::BTreeMap;

/// Names and bits of everything in a file.
fn tensors(file: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let tensors = safetensors::SafeTensors::deserialize(file).unwrap();
    tensors.iter().map(|(name, view)| (name.to_owned(), view.data().to_vec())).collect()
}

/// Names of what the last `k` stages and the output layer learn, and those of them that never move: statistics, and biases that
/// batch-norms have taken in, which are written as zeros.
fn learning(network: &Architecture, k: usize) -> BTreeMap<String, bool> {
    let layers = network.layers().skip(network.stages.len() - k).filter(|_| k > 0);
    let parameters = |layer: &ConvLayer| {
        let merged = format!("{}.bias", layer.conv);
        let fixed = |name: &str| name.contains("running_") || (layer.spec.epsilon.is_some() && name == merged);
        layer.parameters().into_iter().map(|(name, _)| (name.clone(), fixed(&name))).collect::<Vec<_>>()
    };
    let names = layers.flatten().flat_map(Operation::convolutions).flat_map(parameters);
    names.chain(network.classifier_parameters(3).map(|(name, _)| (name, false))).collect()
}

#[test]
fn cached_equals_full_and_only_what_learns_moves() {
    for network in narrow_networks() {
        let before = tensors(&weights_file_of(network, |_| ()));
        for k in 0..=network.stages.len() {
            let mut session = session_of(network);
            add_drawn(&mut session, 3, 3, 0);
            let config = TrainConfig { epochs: 2, ..stages(k) };
            train(&mut session, config.clone());

            let photo = drawn(1, 4, 40, 36);
            let full = pollster::block_on(session.activation(&photo, ModelChoice::Trained)).unwrap();
            let full: Vec<f32> = full.into_iter().map(|value| widen(narrow(value))).collect();
            let cached = session.cached_activation(&config, Draw { photo: 4, number: 0 });
            // Where all stages learn the activation is the picture, which is not cached.
            assert_eq!(cached, (k < network.stages.len()).then_some(full), "{}, the last {k} stages", network.name);

            let model = pollster::block_on(session.export_model()).unwrap();
            let (after, learning) = (tensors(&model), learning(network, k));
            assert!(after.keys().eq(learning.keys()), "{}, {k}: {:?}, {learning:?}", network.name, after.keys());
            for (name, fixed) in &learning {
                let moved = after[name] != before[name];
                let merged = *fixed && !name.contains("running_");
                // The mean of a batch-norm that has taken in a bias is told without it.
                let taken_in = name.ends_with("running_mean") && network.convolutions().any(|layer| layer.spec.bias);
                assert!(merged || taken_in || moved != *fixed, "{}, {k}: {name} moved: {moved}", network.name);
            }

            let answers = pollster::block_on(session.predict(&photo, 3, ModelChoice::Trained)).unwrap();
            let mut other = session_of(network);
            other.open_model(&model).unwrap();
            let reopened = pollster::block_on(other.predict(&photo, 3, ModelChoice::Trained)).unwrap();
            for (one, other) in answers.iter().zip(&reopened) {
                let close = (one.probability - other.probability).abs() < 1e-5;
                assert!(close && one.label == other.label, "{}, {k}: {one:?}, reopened {other:?}", network.name);
            }
        }
    }
}

/// One step, with the photos that it asks for.
fn step(session: &mut Session) -> StepEvent {
    loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::NeedPhotos { ids } => supply_drawn(session, &ids),
            event => return event,
        }
    }
}

fn finish(session: &mut Session) -> Vec<u8> {
    while !matches!(step(session), StepEvent::Done { .. }) {}
    pollster::block_on(session.export_model()).unwrap()
}

#[test]
fn a_training_that_goes_on_elsewhere_ends_as_one_that_never_stopped() {
    for network in narrow_networks() {
        for k in [1, network.stages.len()] {
            let config = TrainConfig { epochs: 2, batch_size: 4, ..stages(k) };
            let begun = || {
                let mut session = session_of(network);
                add_drawn(&mut session, 3, 3, 0);
                session
            };
            let mut whole = begun();
            whole.start_training(config.clone()).unwrap();
            let expected = finish(&mut whole);

            let mut first = begun();
            first.start_training(config).unwrap();
            (0..5).for_each(|_| drop(step(&mut first)));
            let checkpoint = pollster::block_on(first.pause()).unwrap();
            let mut second = begun();
            second.resume(&checkpoint).unwrap();
            assert!(finish(&mut second) == expected, "{}, the last {k} stages", network.name);
        }
    }
}
