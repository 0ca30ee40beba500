//! The split, on a toy backbone: cached path equals full path, frozen weights stay, and everything that should learn does.

mod common;

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};
use common::{TOY, TOY_SIZE, add_drawn, drawn, open_toy, stages, toy_session, toy_weights_file, train};
use lastlayer::backbone::taps::{Features, Taps};
use lastlayer::error::ErrorCode;
use lastlayer::halves::{narrow, widen};
use lastlayer::model::{Prefix, Split, Suffix};
use lastlayer::nn::params::RandomParams;
use lastlayer::rng::Rng;
use lastlayer::session::ModelChoice;
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::read::embed::{Draw, read};

const STAGES: usize = 3;

fn images(count: usize) -> Tensor<4> {
    let mut values = Vec::new();
    let spec = open_toy(toy_weights_file(|_| ())).unwrap().card.input;
    (0..count).for_each(|index| spec.normalise_into(&drawn(index % 3, index as u64, TOY_SIZE, TOY_SIZE), &mut values));
    let side = TOY_SIZE as usize;
    Tensor::from_data(TensorData::new(values, [count, 3, side, side]), &common::cpu().tensors)
}

/// Logits through a cut at `split` by an output layer that sees `taps`, the suffix untrained.
fn logits(split: Split, taps: Taps, x: Tensor<4>) -> Vec<f32> {
    let weights = open_toy(toy_weights_file(|_| ())).unwrap();
    let device = common::cpu().tensors;
    let prefix = Prefix::load(&TOY, split, &mut weights.params(), &device);
    let (mut stages, mut head) = (weights.params(), RandomParams(Rng::new(7)));
    let suffix = Suffix::load(&TOY, split, taps, 3, &mut stages, &mut head, &device);
    let activation = prefix.forward(x);
    let [_, channels, height, width] = activation.dims();
    assert_eq!([channels, height, width], split.activation_shape(&TOY, TOY_SIZE as usize));
    pollster::block_on(read(suffix.forward(activation))).unwrap()
}

#[test]
fn every_split_computes_the_same_function() {
    // Folded in the prefix, unfolded in the suffix: the same up to rounding, wherever the cut is.
    let mut compared = 0;
    for features in [Features::Last, Features::Several] {
        let seen = Split(0).taps(&TOY, features);
        let expected = logits(Split(0), seen.clone(), images(4));
        // Where one stage learns, an output layer sees one layer less.
        for k in (1..=STAGES).filter(|&k| Split(k).taps(&TOY, features) == seen) {
            compared += 1;
            for (ours, expected) in logits(Split(k), seen.clone(), images(4)).iter().zip(&expected) {
                assert!(
                    (ours - expected).abs() < 1e-5 * (1.0 + expected.abs()),
                    "{features:?}, last {k} stages: {ours} against {expected}"
                );
            }
        }
    }
    assert_eq!(compared, 2 * STAGES);
}

#[test]
fn cached_features_equal_a_full_forward_rounded_to_half_precision_bit_for_bit() {
    // Where all stages learn the activation is the picture, which is not cached.
    for k in 0..STAGES {
        let mut session = toy_session();
        add_drawn(&mut session, 3, 2, 0);
        let config = TrainConfig { epochs: 1, ..stages(k) };
        train(&mut session, config.clone());
        for id in 0..6 {
            // Photos were embedded in batches; here each goes through alone.
            let photo = drawn(id as usize / 2, u64::from(id), 40, 36);
            let full = pollster::block_on(session.activation(&photo, ModelChoice::Trained)).unwrap();
            assert_eq!(
                session.cached_activation(&config, Draw { photo: id, number: 0 }).unwrap(),
                full.into_iter().map(|value| widen(narrow(value))).collect::<Vec<_>>(),
                "photo {id} at the last {k} stages"
            );
        }
    }
}

/// Names and bits of everything in a model file.
fn learnt(file: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let tensors = safetensors::SafeTensors::deserialize(file).unwrap();
    tensors.iter().map(|(name, view)| (name.to_owned(), view.data().to_vec())).collect()
}

#[test]
fn the_last_stages_learn_and_the_others_stay_bitwise() {
    let pretrained = toy_weights_file(|_| ());
    let before = learnt(&pretrained);
    for k in 0..=STAGES {
        let mut session = toy_session();
        add_drawn(&mut session, 3, 4, 0);
        let photo = drawn(1, 99, 50, 40);
        let source = |session: &lastlayer::session::Session| {
            pollster::block_on(session.predict(&photo, 3, ModelChoice::Source)).unwrap()
        };
        let source_before = source(&session);
        train(&mut session, TrainConfig { epochs: 3, ..stages(k) });
        assert_eq!(source(&session), source_before, "training the last {k} stages changed the source model");
        assert_eq!(session.weights().sha256, lastlayer::backbone::weights::sha256_hex(&pretrained));

        let after = learnt(&pollster::block_on(session.export_model()).unwrap());
        let stage_of = |name: &str| name.strip_prefix("blocks.").and_then(|rest| rest[..1].parse::<usize>().ok());
        for (name, bytes) in &before {
            let in_suffix = match stage_of(name) {
                Some(stage) => stage >= STAGES - k,
                None if name.starts_with("conv_stem") || name.starts_with("bn1.") => k == STAGES,
                None => k > 0 || name.starts_with("classifier"),
            };
            match after.get(name) {
                Some(_) if !in_suffix => panic!("{name} is in the model file of the last {k} stages"),
                None if in_suffix => panic!("{name} is missing from the model file of the last {k} stages"),
                // Statistics of batch-norm never move; everything else that may learn does.
                Some(learnt) => assert_eq!(learnt == bytes, name.contains("running_"), "{name} at the last {k} stages"),
                None => {}
            }
        }
    }
}

#[test]
fn loss_falls_at_every_depth_and_drawn_classes_are_told_apart() {
    for k in [0, 1, STAGES] {
        let mut session = toy_session();
        add_drawn(&mut session, 3, 10, 0);
        let rate = if k == 0 { 0.03 } else { 0.01 };
        let config = TrainConfig { epochs: 60, learning_rate: rate, ..stages(k) };
        let (_, report) = train(&mut session, config);
        let first = &report.history[0];
        assert!(report.train.loss < 0.35, "last {k} stages: loss {} after {}", report.train.loss, first.train_loss);
        assert!(first.train_loss > 2.0 * report.train.loss);
        let right = (0..30).filter(|index| {
            let photo = drawn(index % 3, 500 + *index as u64, 40, 36);
            let best = pollster::block_on(session.predict(&photo, 1, ModelChoice::Trained)).unwrap();
            best[0].label == common::TOY_LABELS[index % 3]
        });
        let right = right.count();
        assert!(right >= 27, "last {k} stages: {right} of 30 new photos");
    }
}

#[test]
fn more_stages_than_there_are_is_refused() {
    let mut session = toy_session();
    add_drawn(&mut session, 2, 2, 0);
    let error = session.start_training(stages(STAGES + 1)).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidOption);
    assert!(!session.is_training());
}
