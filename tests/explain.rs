//! Heatmaps, feature maps and similar photos on a toy backbone.

mod common;

use common::{TOY, TOY_LABELS, TOY_SIZE, add_drawn, drawn, stages, toy_session, train};
use lastlayer::error::ErrorCode;
use lastlayer::eval::explain::{Explanation, Question};
use lastlayer::eval::feature_maps::{FeatureMaps, Layer};
use lastlayer::eval::nearest::{Features, Nearest};
use lastlayer::image::Pixels;
use lastlayer::model::Split;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::config::TrainConfig;

const STAGES: usize = 3;

fn trained(last_stages: usize, seed: u64) -> Session {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 4, 0);
    train_again(&mut session, last_stages, seed);
    session
}

fn train_again(session: &mut Session, last_stages: usize, seed: u64) {
    train(session, TrainConfig { seed: seed as _, epochs: 3, ..stages(last_stages) });
}

fn explain(session: &Session, photo: &Pixels, class: &str, against: Option<&str>, model: ModelChoice) -> Explanation {
    pollster::block_on(session.explain(photo, Question { class: Some(class), against }, model)).unwrap()
}

fn maps(session: &Session, layer: usize, count: usize, model: ModelChoice) -> FeatureMaps {
    pollster::block_on(session.feature_maps(&drawn(1, 5, 50, 40), Layer(layer), count, model)).unwrap()
}

fn nearest(session: &mut Session, photo: &Pixels, count: usize, model: ModelChoice) -> Nearest {
    common::nearest(session, photo, count, model)
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

#[test]
fn the_mean_of_a_map_is_the_logit_at_every_split() {
    let photo = drawn(1, 99, 50, 40);
    for k in 0..=STAGES {
        let session = trained(k, 0);
        let classifier = session.classifier().unwrap();
        // Through the pooled features, as a prediction goes.
        let activation = pollster::block_on(session.activation(&photo, ModelChoice::Trained)).unwrap();
        let shape = Split(k).activation_shape(&TOY, TOY_SIZE as usize);
        let device = common::cpu().tensors;
        let outputs = classifier.outputs(activation, shape, &device);
        let logits = pollster::block_on(outputs).unwrap().logits;
        for (index, label) in TOY_LABELS.iter().enumerate() {
            let one = explain(&session, &photo, label, None, ModelChoice::Trained);
            // A head that learns alone sees earlier layers too.
            let size = if k == 0 { (8, 8, 64) } else { (4, 4, 16) };
            assert_eq!((one.width, one.height, one.map.len()), size);
            assert!((mean(&one.map) - logits[index]).abs() < 1e-4, "{label} at the last {k} stages");
            assert!((one.class.logit - logits[index]).abs() < 1e-4);
            assert!((mean(&one.evidence) - (logits[index] - mean(&logits))).abs() < 1e-4);
            let other = (index + 1) % TOY_LABELS.len();
            let two = explain(&session, &photo, label, Some(TOY_LABELS[other]), ModelChoice::Trained);
            assert!((mean(&two.evidence) - (logits[index] - logits[other])).abs() < 1e-4, "{label} at {k}");
        }
    }
}

#[test]
fn an_explanation_agrees_with_the_prediction_and_says_where_it_belongs() {
    let session = trained(0, 0);
    let photo = drawn(2, 99, 80, 40);
    let best = pollster::block_on(session.predict(&photo, 5, ModelChoice::Auto)).unwrap();
    let one = pollster::block_on(session.explain(&photo, Question::default(), ModelChoice::Auto)).unwrap();
    assert_eq!(one.class.label, best[0].label, "without a question, the first guess");
    for (ours, theirs) in one.top.iter().zip(&best) {
        assert!(ours.label == theirs.label && (ours.probability - theirs.probability).abs() < 1e-5);
    }
    assert_eq!((one.crop.x, one.crop.y, one.crop.width, one.crop.height), (20.0, 0.0, 40.0, 40.0));
    assert_eq!(one.seen, session.weights().card.input.prepare(&photo).unwrap());
    assert_eq!(one.overlay().len(), (TOY_SIZE * TOY_SIZE * 4) as usize);
    let picture = one.picture();
    assert_eq!((picture.width, picture.height), (TOY_SIZE, TOY_SIZE));
    let swapped = |class, against| explain(&session, &photo, class, Some(against), ModelChoice::Auto).evidence;
    let (ab, ba) = (swapped("one", "two"), swapped("two", "one"));
    assert!(ab.iter().zip(&ba).all(|(a, b)| (a + b).abs() < 1e-5), "what speaks for one speaks against the other");
}

#[test]
fn questions_that_make_no_sense_are_refused_with_words() {
    let session = toy_session();
    let photo = drawn(0, 0, 32, 32);
    let ask = |class, against, model| {
        pollster::block_on(session.explain(&photo, Question { class, against }, model)).unwrap_err()
    };
    let unknown = ask(Some("four"), None, ModelChoice::Source);
    assert_eq!(unknown.code, ErrorCode::UnknownClass);
    assert!(unknown.message.contains("one, two, zero"), "{unknown}");
    assert_eq!(ask(Some("one"), Some("four"), ModelChoice::Source).code, ErrorCode::UnknownClass);
    assert_eq!(ask(Some("one"), Some("one"), ModelChoice::Source).code, ErrorCode::InvalidOption);
    assert_eq!(ask(None, None, ModelChoice::Trained).code, ErrorCode::NoClassifier);
    let features =
        |layer, count| pollster::block_on(session.feature_maps(&photo, Layer(layer), count, ModelChoice::Auto));
    assert_eq!(features(STAGES + 1, 1).unwrap_err().code, ErrorCode::InvalidOption);
    assert_eq!(features(0, 0).unwrap_err().code, ErrorCode::InvalidOption);
}

#[test]
fn feature_maps_have_the_shape_of_their_layer() {
    let session = toy_session();
    for (layer, (of, side)) in [(8, 16), (12, 8), (16, 4), (32, 4)].into_iter().enumerate() {
        let found = maps(&session, layer, 10, ModelChoice::Source);
        assert_eq!((found.of, found.width, found.height), (of, side, side), "layer {layer}");
        assert_eq!(found.channels.len(), of.min(10));
        assert!(found.channels.is_sorted_by(|a, b| a.variance >= b.variance));
        for channel in &found.channels {
            assert_eq!((channel.picture.width, channel.picture.height), (TOY_SIZE, TOY_SIZE));
            assert!(channel.index < of && channel.range[0] <= channel.range[1]);
        }
        let sheet = found.sheet();
        let across = if of.min(10) + 1 > 9 { 4 } else { 3 };
        assert_eq!(sheet.width, across * (TOY_SIZE + 6) + 6, "the photo and {} channels", found.channels.len());
    }
}

#[test]
fn feature_maps_of_stages_that_learnt_are_the_trained_ones() {
    let session = trained(1, 0);
    let variances = |layer, model| -> Vec<(usize, f32)> {
        maps(&session, layer, 100, model).channels.iter().map(|channel| (channel.index, channel.variance)).collect()
    };
    for layer in 0..=STAGES {
        let same = variances(layer, ModelChoice::Source) == variances(layer, ModelChoice::Trained);
        assert_eq!(same, layer < STAGES - 1, "layer {layer}");
    }
}

#[test]
fn the_nearest_photo_of_a_training_photo_is_itself() {
    for k in 0..=STAGES {
        let mut session = trained(k, 0);
        for round in 0..2 {
            for id in [0, 5, 11] {
                let photo = drawn(id as usize / 4, u64::from(id), 40, 36);
                let found = nearest(&mut session, &photo, 3, ModelChoice::Auto);
                let expected = if k == 0 { Features::Source } else { Features::Trained };
                assert_eq!((found.features, found.compared, found.neighbours.len()), (expected, 12, 3));
                let first = &found.neighbours[0];
                assert_eq!((first.id, first.label.as_str()), (id, TOY_LABELS[id as usize / 4]), "at {k}");
                assert!((first.similarity - 1.0).abs() < 1e-5, "at the last {k} stages: {}", first.similarity);
                assert!(found.neighbours.is_sorted_by(|a, b| a.similarity >= b.similarity));
            }
            if round == 0 {
                // Another network: what was kept of the one before must not be compared with.
                train_again(&mut session, k, 1);
            }
        }
    }
}

#[test]
fn removed_photos_are_not_found_and_new_ones_wait_for_a_training() {
    let mut session = trained(2, 0);
    let photo = drawn(0, 0, 40, 36);
    assert_eq!(nearest(&mut session, &photo, 1, ModelChoice::Trained).neighbours[0].id, 0);
    session.remove_photos(&[0]).unwrap();
    // The id comes back with another photo.
    session.add_photo(0, "new.png", "two", "new", &drawn(1, 77, 40, 36)).unwrap();
    let found = nearest(&mut session, &photo, 50, ModelChoice::Trained);
    assert_eq!((found.compared, found.neighbours.len()), (11, 11));
    assert!(found.neighbours.iter().all(|neighbour| neighbour.id != 0));
    let by_source = nearest(&mut session, &photo, 50, ModelChoice::Source);
    assert_eq!(
        (by_source.features, by_source.compared),
        (Features::Source, 11),
        "every training lets the source model read"
    );
    let error = pollster::block_on(session.nearest(&photo, 0, ModelChoice::Auto)).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidOption);
}

#[test]
fn features_are_read_in_pieces_beside_a_training_and_asking_alone_reads_none() {
    let mut session = trained(1, 0);
    let photo = drawn(0, 0, 40, 36);
    train_begins(&mut session);
    let compared =
        |session: &Session| pollster::block_on(session.nearest(&photo, 1, ModelChoice::Trained)).unwrap().compared;
    assert_eq!(compared(&session), 0);
    assert!(pollster::block_on(session.read_features(ModelChoice::Trained)).unwrap());
    assert!(compared(&session) > 0 && session.is_training());
    while pollster::block_on(session.read_features(ModelChoice::Trained)).unwrap() {}
    assert_eq!(compared(&session), 12);
    assert!(!pollster::block_on(session.read_features(ModelChoice::Source)).unwrap(), "nothing to read");
}

fn train_begins(session: &mut Session) {
    session.start_training(common::head()).unwrap();
    pollster::block_on(session.step()).unwrap();
}
