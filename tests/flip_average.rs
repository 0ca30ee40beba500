//! Classifiers that look at a photo and at its mirror image, on a toy backbone.

mod common;

use burn::tensor::{Tensor, TensorData};
use common::{TOY, TOY_LABELS, TOY_SIZE, add_drawn, drawn, stages, toy_session, train};
use lastlayer::data::dataset::PhotoId;
use lastlayer::eval::explain::Question;
use lastlayer::image::Pixels;
use lastlayer::model::Split;
use lastlayer::score::evaluation::Evaluation;
use lastlayer::session::event::StepEvent;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;
use lastlayer::train::read::embed::read;
use lastlayer::train::run::report::Report;

fn config(flip_average: usize, last_stages: usize) -> TrainConfig {
    TrainConfig { flip_average, epochs: 4, ..stages(last_stages) }
}

fn trained(flip_average: usize, last_stages: usize) -> (Session, Report) {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 6, 0);
    let (_, report) = train(&mut session, config(flip_average, last_stages));
    (session, report)
}

/// As wide as the network's input, so that nothing is resized and the mirror image is exact.
fn photo() -> Pixels {
    let mut photo = drawn(0, 500, 32, 32);
    photo.rgb.chunks_exact_mut(32 * 3).for_each(|row| row[..30].fill(250));
    photo
}

/// Probabilities of all classes, in their order, and the similarity.
fn answer(session: &Session, photo: &Pixels) -> (Vec<f32>, Option<f64>) {
    let mut answer = pollster::block_on(session.answer(photo, 3, ModelChoice::Trained)).unwrap();
    answer.predictions.sort_by_key(|guess| guess.index);
    (answer.predictions.iter().map(|guess| guess.probability).collect(), answer.similarity)
}

fn furthest(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn evaluate(session: &mut Session) -> Evaluation {
    session.start_evaluation(Default::default()).unwrap();
    loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::NeedPhotos { .. } | StepEvent::Embed { .. } => panic!("the training has embedded all there is"),
            StepEvent::Evaluated { evaluation } => return *evaluation,
            _ => {}
        }
    }
}

#[test]
fn a_photo_and_its_mirror_image_get_the_same_answer_with_it_and_another_without() {
    for last_stages in [0, 2] {
        let [with, without] = [1, 0].map(|flip| {
            let (mut session, _) = trained(flip, last_stages);
            evaluate(&mut session);
            let (one, similarity) = answer(&session, &photo());
            let (other, mirrored) = answer(&session, &photo().mirrored());
            (furthest(&one, &other), (similarity.unwrap() - mirrored.unwrap()).abs())
        });
        assert!(with.0 < 1e-5 && with.1 < 1e-5, "{with:?} at the last {last_stages} stages");
        assert!(without.0 > 1e-3 && without.1 > 1e-4, "{without:?} at the last {last_stages} stages");
    }
}

#[test]
fn logits_are_the_average_of_both() {
    let (session, _) = trained(1, 1);
    let classifier = session.classifier().unwrap();
    let both = pollster::block_on(session.activation(&photo(), ModelChoice::Trained)).unwrap();
    let [channels, height, width] = Split(1).activation_shape(&TOY, TOY_SIZE as usize);
    let logits = |activation: &[f32]| {
        let data = TensorData::new(activation.to_vec(), [1, channels, height, width]);
        let logits = classifier.suffix.forward(Tensor::<4>::from_data(data, &common::cpu().tensors));
        pollster::block_on(read(logits)).unwrap()
    };
    let (one, other) = both.split_at(channels * height * width);
    let (one, other) = (logits(one), logits(other));
    let mean: Vec<f32> = one.iter().zip(&other).map(|(a, b)| (a + b) / 2.0).collect();
    let outputs = pollster::block_on(session.outputs(both, ModelChoice::Trained)).unwrap();
    assert!(furthest(&mean, &outputs.logits) < 1e-5);
    assert!(furthest(&one, &mean) > 1e-3, "the two differ");
}

#[test]
fn every_photo_is_embedded_twice_and_learnt_from_once() {
    let (with, without) = (trained(1, 1).1, trained(0, 1).1);
    assert_eq!((with.photos_read, without.photos_read), (18, 18));
    let mut session = toy_session();
    add_drawn(&mut session, 3, 6, 0);
    let (events, _) = train(&mut session, config(1, 1));
    let total = events.iter().find_map(|event| match event {
        StepEvent::Embed { total, .. } => Some(*total),
        _ => None,
    });
    assert_eq!(total, Some(54), "by the source model once, for near-duplicates, and by the prefix twice");
    let losses = |report: &Report| report.history.iter().map(|epoch| epoch.train_loss).collect::<Vec<_>>();
    assert_eq!(losses(&with), losses(&without), "what is learnt is the same");
    assert_ne!(with.val, without.val, "how it is judged is not");
}

#[test]
fn pictures_made_on_the_fly_are_looked_at_from_both_sides_too() {
    for regime in [Regime::Full, Regime::Scratch] {
        let [with, without] = [1, 0].map(|flip_average| {
            let mut session = toy_session();
            add_drawn(&mut session, 3, 6, 0);
            let config = TrainConfig { regime, flip_average, epochs: 2, augment: 2, ..TrainConfig::default() };
            let (_, report) = train(&mut session, config);
            let evaluation = evaluate(&mut session);
            let one = answer(&session, &photo());
            let difference = furthest(&one.0, &answer(&session, &photo().mirrored()).0);
            (report, evaluation.scores, one.1.is_some(), difference)
        });
        let losses = |report: &Report| report.history.iter().map(|epoch| epoch.train_loss).collect::<Vec<_>>();
        assert_eq!(losses(&with.0), losses(&without.0), "{regime:?}: what is learnt is the same");
        assert_ne!((with.0.val, with.1), (without.0.val, without.1), "{regime:?}: how it is judged is not");
        assert!(with.2 && with.3 < 1e-5 && without.3 > 1e-5, "{regime:?}: {} {}", with.3, without.3);
    }
}

#[test]
fn held_out_photos_are_judged_as_new_ones_are() {
    // Photos that are their own mirror images: then it makes no difference at all.
    let symmetric = |id: PhotoId| {
        let mut photo = drawn(id as usize / 6, u64::from(id), 32, 32);
        photo
            .rgb
            .chunks_exact_mut(96)
            .for_each(|row| (0..16).for_each(|x| row.copy_within(x * 3..x * 3 + 3, 93 - x * 3)));
        assert_eq!(photo, photo.mirrored());
        photo
    };
    let evaluation = |flip_average, symmetrical: bool| {
        let mut session = toy_session();
        for id in 0..18 {
            let photo = if symmetrical { symmetric(id) } else { drawn(id as usize / 6, u64::from(id), 40, 36) };
            session.add_photo(id, "", TOY_LABELS[id as usize / 6], &format!("hash {id}"), &photo).unwrap();
        }
        train(&mut session, config(flip_average, 0));
        evaluate(&mut session)
    };
    let loss = |evaluation: &Evaluation| evaluation.scores.loss;
    assert!((loss(&evaluation(1, true)) - loss(&evaluation(0, true))).abs() < 1e-5);
    assert!((loss(&evaluation(1, false)) - loss(&evaluation(0, false))).abs() > 1e-6);
}

#[test]
fn files_carry_it_and_maps_average_to_the_logits() {
    for last_stages in [0, 1] {
        let (mut session, _) = trained(1, last_stages);
        evaluate(&mut session);
        let file = pollster::block_on(session.export_model()).unwrap();
        let mut other = toy_session();
        other.open_model(&file).unwrap();
        assert!(other.classifier().unwrap().flip_average);
        assert_eq!(answer(&other, &photo()), answer(&session, &photo()));
        let why = |photo: &Pixels| {
            pollster::block_on(session.explain(photo, Question::default(), ModelChoice::Auto)).unwrap()
        };
        let (one, mirrored) = (why(&photo()), why(&photo().mirrored()));
        let best = pollster::block_on(session.predict(&photo(), 1, ModelChoice::Auto)).unwrap();
        assert!((one.top[0].probability - best[0].probability).abs() < 1e-5);
        let mean = one.map.iter().sum::<f32>() / one.map.len() as f32;
        assert!((mean - one.class.logit).abs() < 1e-4);
        // The map of the mirror image is the mirror image of the map.
        for (row, turned) in one.map.chunks_exact(one.width).zip(mirrored.map.chunks_exact(one.width)) {
            let turned: Vec<f32> = turned.iter().rev().copied().collect();
            assert!(furthest(row, &turned) < 1e-4);
        }
        let nearest = pollster::block_on(session.nearest(&drawn(1, 7, 40, 36), 1, ModelChoice::Trained)).unwrap();
        assert_eq!(nearest.neighbours[0].id, 7);
        assert!(nearest.neighbours[0].similarity > 0.99999);
    }
}
