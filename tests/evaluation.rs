//! Cross-validation on the toy backbone: what it holds out, what it must not see, and what the classifier keeps of it; and the
//! scores against scikit-learn's (`fixtures/make_evaluation.py`).

mod common;

use std::collections::BTreeSet;

use common::{TOY_LABELS, add_drawn, drawn, fixture, head, stages, toy_session, train};
use lastlayer::error::ErrorCode;
use lastlayer::eval::cross_validation::EvaluationConfig;
use lastlayer::image::Pixels;
use lastlayer::rng::Rng;
use lastlayer::score::calibration::{Calibration, Rows, fit_temperature};
use lastlayer::score::confusion::{confusion, per_class};
use lastlayer::score::evaluation::Evaluation;
use lastlayer::score::interval::jeffreys;
use lastlayer::session::event::StepEvent;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::config::TrainConfig;
use serde::Deserialize;

fn short() -> TrainConfig {
    TrainConfig { epochs: 15, ..head() }
}

fn step(session: &mut Session) -> StepEvent {
    pollster::block_on(session.step()).unwrap()
}

fn finish(session: &mut Session) -> Evaluation {
    loop {
        if let StepEvent::Evaluated { evaluation } = step(session) {
            return *evaluation;
        }
    }
}

fn evaluate(session: &mut Session, config: EvaluationConfig) -> Evaluation {
    session.start_evaluation(config).unwrap();
    finish(session)
}

/// Without a training before: every fold for `epochs`.
fn alone(epochs: usize) -> EvaluationConfig {
    EvaluationConfig { train: Some(head()), epochs: Some(epochs), ..EvaluationConfig::default() }
}

fn noise(seed: u64, size: u32) -> Pixels {
    let mut rng = Rng::new(seed);
    Pixels { width: size, height: size, rgb: (0..size * size * 3).map(|_| rng.below(256) as u8).collect() }
}

#[test]
fn every_photo_is_judged_once_and_the_classifier_learns_to_doubt() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 8, 0);
    let (_, report) = train(&mut session, short());
    let before = session.classifier().unwrap();
    assert!(before.known.is_none() && before.temperature == 1.0);
    let evaluation = evaluate(&mut session, EvaluationConfig::default());
    assert_eq!((evaluation.method.folds, evaluation.method.epochs, evaluation.method.photos), (5, report.epochs, 24));
    assert_eq!(evaluation.scores.count, 24);
    let ids: BTreeSet<_> = evaluation.photos.iter().map(|photo| photo.id).collect();
    assert_eq!(ids.len(), 24);
    assert!(evaluation.photos.iter().all(|photo| photo.label == photo.id as usize / 8));
    assert!(evaluation.photos.is_sorted_by(|a, b| a.loss >= b.loss));
    assert_eq!(evaluation.confusion.iter().flatten().sum::<usize>(), 24);
    assert!(evaluation.accuracy.low <= evaluation.scores.top1 && evaluation.scores.top1 <= evaluation.accuracy.high);
    assert!(evaluation.calibration.nll_after <= evaluation.calibration.nll_before + 1e-9);
    let after = session.classifier().unwrap();
    assert!(evaluation.applied);
    assert_eq!(after.temperature, evaluation.calibration.temperature);
    assert_eq!(after.known.as_ref().unwrap().threshold, evaluation.unknown);
    let json = serde_json::to_value(&evaluation).unwrap();
    for key in ["perClass", "confusion", "calibration", "unknown", "photos", "accuracy", "method", "applied"] {
        assert!(!json[key].is_null(), "{key}");
    }
    assert!(json["method"]["neverHeldOut"].is_array() && json["calibration"]["nllBefore"].is_number());
}

#[test]
fn labels_that_mean_nothing_give_a_score_of_chance() {
    // By construction: noise under labels drawn at random can be learnt by heart, but not foreseen. A photo that was seen by the
    // fit that judges it would be recognised.
    let mut session = toy_session();
    for id in 0..36 {
        let label = TOY_LABELS[id as usize % 3];
        session.add_photo(id, "", label, &format!("hash {id}"), &noise(u64::from(id) * 31 + 7, 32)).unwrap();
    }
    let config = TrainConfig { epochs: 400, learning_rate: 0.3, weight_decay: 0.0, holdout: 0.0, ..head() };
    let (_, report) = train(&mut session, config);
    let evaluation = evaluate(&mut session, EvaluationConfig::default());
    let (learnt, foreseen) = (report.train.top1, evaluation.scores.top1);
    assert!(learnt > 0.7, "the labels can be learnt by heart: {learnt}, foreseen {foreseen}");
    assert!(foreseen < 0.53, "chance is 0.33, give or take 0.08; the score is {foreseen}");
    assert!(evaluation.accuracy.low < 1.0 / 3.0);
    assert!(evaluation.calibration.temperature > 1.0, "sure and wrong: {}", evaluation.calibration.temperature);
}

#[test]
fn copies_and_bursts_never_lie_on_both_sides() {
    // The same noise, twelve bursts of four frames each; what class a burst has means nothing, so only a leak could score.
    let mut session = toy_session();
    let mut id = 0;
    for burst in 0..12 {
        let scene = noise(burst * 17 + 5, 8);
        for frame in 0..4 {
            let mut rng = Rng::new(1000 + burst * 10 + frame);
            // Each pixel of the scene is a block of four, with a little noise of the frame's own.
            let rgb = (0..32u32 * 32 * 3).map(|at| {
                let (pixel, channel) = (at / 3, at % 3);
                let source = (pixel / 32 / 4 * 8 + pixel % 32 / 4) * 3 + channel;
                scene.rgb[source as usize].saturating_add(rng.below(8) as u8)
            });
            let photo = Pixels { width: 32, height: 32, rgb: rgb.collect() };
            let label = TOY_LABELS[burst as usize % 2];
            session.add_photo(id, "", label, &format!("hash {id}"), &photo).unwrap();
            id += 1;
        }
    }
    let config = EvaluationConfig { train: Some(TrainConfig { learning_rate: 0.03, ..short() }), ..alone(60) };
    let evaluation = evaluate(&mut session, config);
    assert_eq!(evaluation.method.near_duplicates.len(), 12, "{:?}", evaluation.method.near_duplicates);
    for photos in &evaluation.method.near_duplicates {
        let folds: BTreeSet<usize> =
            photos.iter().map(|id| evaluation.photos.iter().find(|photo| photo.id == *id).unwrap().fold).collect();
        assert_eq!((photos.len(), folds.len()), (4, 1));
    }
    let wide = evaluation.accuracy.high - evaluation.accuracy.low;
    assert!(wide > 0.4, "48 photos count as 12: {:?}", evaluation.accuracy);
    // The hold-out keeps bursts together as well: a fifth of six bursts is one, whole.
    let (_, report) = train(&mut session, short());
    assert_eq!(report.held_out % 4, 0);
    assert!(report.held_out > 0);
}

#[test]
fn the_same_seed_gives_the_same_evaluation_and_another_seed_another() {
    let run = |seed| {
        let mut session = toy_session();
        add_drawn(&mut session, 3, 6, 0);
        train(&mut session, TrainConfig { seed, ..short() });
        evaluate(&mut session, EvaluationConfig::default())
    };
    let first = run(3);
    assert_eq!(first, run(3));
    assert_ne!(first.photos, run(4).photos);
}

#[test]
fn cancel_and_predict_work_between_any_two_steps() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 5, 0);
    assert_eq!(session.start_evaluation(EvaluationConfig::default()).unwrap_err().code, ErrorCode::NoClassifier);
    train(&mut session, TrainConfig { epochs: 3, ..head() });
    let answer = |session: &Session| {
        pollster::block_on(session.answer(&drawn(1, 777, 40, 36), 3, ModelChoice::Trained)).unwrap()
    };
    let before = answer(&session);
    assert_eq!((before.unknown, before.similarity), (false, None));
    session.start_evaluation(EvaluationConfig::default()).unwrap();
    let mut folds = BTreeSet::new();
    for _ in 0..15 {
        match step(&mut session) {
            StepEvent::Fold { fold, folds: 5, epoch, epochs, batch, batches } => {
                folds.insert(fold);
                assert!((1..=epochs).contains(&epoch) && (1..=batches).contains(&batch));
            }
            event => panic!("{event:?}"),
        }
        assert_eq!(answer(&session), before, "the classifier answers as before until the evaluation is over");
    }
    assert!(folds.len() > 1);
    let busy = [
        session.start_evaluation(EvaluationConfig::default()).unwrap_err().code,
        session.start_training(short()).unwrap_err().code,
        session.remove_photos(&[0]).unwrap_err().code,
        session.open_model(&[]).unwrap_err().code,
    ];
    assert_eq!(busy, [ErrorCode::Busy; 4]);
    session.cancel_training();
    assert!(!session.is_training());
    assert_eq!(answer(&session), before);
    assert!(evaluate(&mut session, EvaluationConfig::default()).applied);
    assert!(answer(&session).similarity.is_some());
}

#[test]
fn an_evaluation_of_other_photos_or_options_leaves_the_classifier_alone() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 5, 0);
    train(&mut session, short());
    let other = EvaluationConfig { epochs: Some(2), ..EvaluationConfig::default() };
    assert!(!evaluate(&mut session, other).applied, "for another number of epochs");
    add_drawn(&mut session, 1, 1, 100);
    assert!(!evaluate(&mut session, EvaluationConfig::default()).applied, "a photo was added since");
    session.remove_photos(&[100]).unwrap();
    let file = pollster::block_on(session.export_model()).unwrap();
    assert!(session.classifier().unwrap().known.is_none());
    session.open_model(&file).unwrap();
    let error = session.start_evaluation(EvaluationConfig::default()).unwrap_err();
    assert_eq!(error.code, ErrorCode::NoClassifier, "how an opened model was taught is not known");
    assert!(!evaluate(&mut session, alone(5)).applied);
}

#[test]
fn deeper_splits_are_evaluated_too_and_the_file_carries_it_all() {
    for last_stages in [0, 1] {
        let mut session = toy_session();
        add_drawn(&mut session, 3, 4, 0);
        train(&mut session, TrainConfig { epochs: 6, ..stages(last_stages) });
        let plain = pollster::block_on(session.export_model()).unwrap();
        let evaluation = evaluate(&mut session, EvaluationConfig::default());
        assert_eq!((evaluation.method.folds, evaluation.method.last_stages), (4, last_stages));
        assert!(evaluation.applied);
        let file = pollster::block_on(session.export_model()).unwrap();
        let mut other = toy_session();
        let ask = |session: &Session, photo: &Pixels| {
            pollster::block_on(session.answer(photo, 3, ModelChoice::Trained)).unwrap()
        };
        for (file, evaluated) in [(&file, true), (&plain, false)] {
            other.open_model(file).unwrap();
            assert_eq!(other.classifier().unwrap().known.is_some(), evaluated, "files without it open as before");
            assert_eq!(other.classifier().unwrap().temperature != 1.0, evaluated);
        }
        other.open_model(&file).unwrap();
        for photo in [drawn(0, 50, 40, 36), noise(3, 32)] {
            assert_eq!(ask(&session, &photo), ask(&other, &photo));
        }
        let odd = ask(&session, &noise(3, 32));
        let usual = ask(&session, &drawn(0, 50, 40, 36));
        assert!(odd.similarity < usual.similarity, "last {last_stages}: noise {odd:?}, a photo of a class {usual:?}");
        assert!(odd.unknown, "noise is none of these: {odd:?} against {:?}", evaluation.unknown);
    }
}

#[test]
fn options_that_cannot_be_are_refused() {
    let mut session = toy_session();
    add_drawn(&mut session, 2, 3, 0);
    let start = |session: &mut Session, config| session.start_evaluation(config).map_err(|error| error.code);
    let rate = EvaluationConfig { reject_rate: 0.9, ..alone(3) };
    assert_eq!(start(&mut session, rate), Err(ErrorCode::InvalidOption));
    assert_eq!(start(&mut session, alone(0)), Err(ErrorCode::InvalidOption));
    let no_epochs = EvaluationConfig { epochs: None, ..alone(1) };
    assert_eq!(start(&mut session, no_epochs), Err(ErrorCode::InvalidOption));
    session.start_evaluation(EvaluationConfig { folds: Some(7), ..alone(3) }).unwrap();
    let error = loop {
        if let Err(error) = pollster::block_on(session.step()) {
            break error;
        }
    };
    assert_eq!(error.code, ErrorCode::InvalidOption, "six photos cannot be dealt to seven folds");
    assert!(!session.is_training(), "an error ends it");
    let mut single = toy_session();
    add_drawn(&mut single, 2, 1, 0);
    single.start_evaluation(alone(3)).unwrap();
    let error = loop {
        if let Err(error) = pollster::block_on(single.step()) {
            break error;
        }
    };
    assert_eq!(error.code, ErrorCode::TooFewPhotos);
}

#[test]
fn a_class_of_one_photo_is_named() {
    let mut session = toy_session();
    add_drawn(&mut session, 2, 4, 0);
    session.add_photo(90, "", "zero", "hash 90", &drawn(2, 90, 40, 36)).unwrap();
    let evaluation = evaluate(&mut session, alone(5));
    assert_eq!(evaluation.method.never_held_out, ["zero"]);
    assert_eq!((evaluation.scores.count, evaluation.method.photos), (8, 9));
    assert_eq!((evaluation.per_class[2].support, evaluation.per_class[2].recall), (0, None));
}

// --- against scikit-learn ----------------------------------------------------------------------------------------------------

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    jeffreys: Vec<Limits>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    labels: Vec<usize>,
    logits: Vec<Vec<f32>>,
    confusion: Vec<Vec<usize>>,
    precision: Vec<Option<f64>>,
    recall: Vec<Option<f64>>,
    support: Vec<usize>,
    log_loss: f64,
    temperature: f64,
    bins: Vec<(usize, f64, f64)>,
    ece: f64,
}

#[derive(Deserialize)]
struct Limits {
    right: f64,
    count: f64,
    low: f64,
    high: f64,
}

#[test]
fn scores_agree_with_scikit_learn() {
    let golden: Golden = fixture("evaluation.json");
    let close = |ours: f64, theirs: f64| (ours - theirs).abs() < 1e-6;
    let same = |ours: Option<f64>, theirs: Option<f64>| match (ours, theirs) {
        (Some(ours), Some(theirs)) => close(ours, theirs),
        (ours, theirs) => ours == theirs,
    };
    for case in &golden.cases {
        let classes = case.logits[0].len();
        let first = |row: &Vec<f32>| lastlayer::metrics::top_k(row, 1)[0];
        let matrix = confusion(classes, case.labels.iter().copied().zip(case.logits.iter().map(first)));
        assert_eq!(matrix, case.confusion, "{}", case.name);
        let names: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
        for (class, row) in per_class(&names, &matrix).iter().enumerate() {
            assert!(same(row.precision, case.precision[class]) && same(row.recall, case.recall[class]), "{row:?}");
            assert_eq!(row.support, case.support[class]);
        }
        let logits = case.logits.concat();
        let rows = Rows { logits: &logits, classes, labels: &case.labels };
        let temperature = fit_temperature(rows);
        assert!((temperature / case.temperature - 1.0).abs() < 1e-4, "{temperature} against {}", case.temperature);
        let calibration = Calibration::at(1.0, rows);
        assert!(close(calibration.nll_before, case.log_loss) && close(calibration.ece_before, case.ece));
        for (ours, &(count, confidence, accuracy)) in calibration.bins.iter().zip(&case.bins) {
            assert_eq!(ours.count, count);
            assert!(close(ours.confidence, confidence) && close(ours.accuracy, accuracy), "{ours:?}");
        }
    }
    for limits in &golden.jeffreys {
        let ours = jeffreys(limits.right / limits.count, limits.count);
        assert!(close(ours.low, limits.low) && close(ours.high, limits.high), "{ours:?}");
    }
}
