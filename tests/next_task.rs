//! A network that was taught here as the source model of the next task.

mod common;

use common::{TOY_LABELS, add_drawn, cpu, drawn, open_toy, stages, toy_session, toy_weights_file, train};
use lastlayer::backbone::weights::Weights;
use lastlayer::error::ErrorCode;
use lastlayer::image::Pixels;
use lastlayer::nn::params::Params;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;

fn photo() -> Pixels {
    drawn(1, 99, 50, 40)
}

/// Labels and probabilities, the most probable first.
fn answers(session: &Session, model: ModelChoice) -> Vec<(String, f32)> {
    let answers = pollster::block_on(session.predict(&photo(), 3, model)).unwrap();
    answers.into_iter().map(|guess| (guess.label, guess.probability)).collect()
}

fn assert_same(ours: &[(String, f32)], theirs: &[(String, f32)], what: &str) {
    assert_close(ours, theirs, 1e-5, what);
}

fn assert_close(ours: &[(String, f32)], theirs: &[(String, f32)], most: f32, what: &str) {
    for ((label, probability), (other_label, other)) in ours.iter().zip(theirs) {
        assert!(label == other_label && (probability - other).abs() < most, "{what}: {ours:?}, {theirs:?}");
    }
    assert_eq!(ours.len(), theirs.len(), "{what}");
}

fn taught(mut session: Session, config: TrainConfig, classes: usize) -> Session {
    add_drawn(&mut session, classes, 4, 0);
    train(&mut session, config);
    session
}

fn next(session: &Session) -> Session {
    let source = pollster::block_on(session.export_source()).unwrap();
    Session::new(cpu(), open_toy(source).unwrap(), || 0.0).unwrap()
}

fn model(session: &Session) -> Vec<u8> {
    pollster::block_on(session.export_model()).unwrap()
}

fn floats(weights: &Weights, name: &str, shape: &[usize]) -> Vec<u32> {
    weights.params().take(name, shape).into_iter().map(f32::to_bits).collect()
}

fn quick(k: usize) -> TrainConfig {
    TrainConfig { epochs: 3, ..stages(k) }
}

#[test]
fn what_was_taught_answers_as_the_source_model_does() {
    let mirrored = TrainConfig { flip_average: 1, ..quick(1) };
    let scratch = TrainConfig { regime: Regime::Scratch, input_size: 64, ..quick(0) };
    for (what, config) in [
        ("head", quick(0)),
        ("last 1", quick(1)),
        ("everything", quick(3)),
        ("mirrored", mirrored),
        ("scratch", scratch),
    ] {
        let first = taught(toy_session(), config, 3);
        let second = next(&first);
        // What is taught from scratch sees pictures that were scaled to the source model's size first, and as a source model not.
        let most = if what == "scratch" { 0.02 } else { 1e-5 };
        assert_close(&answers(&second, ModelChoice::Source), &answers(&first, ModelChoice::Trained), most, what);
        assert_eq!(second.weights().card.input, first.classifier().unwrap().input, "{what}");
    }
}

#[test]
fn a_calibrated_classifier_is_as_sure_as_a_source_model() {
    let mut first = taught(toy_session(), quick(0), 3);
    let mut model = first.classifier().unwrap().temperature;
    assert_eq!(model, 1.0);
    first.start_evaluation(Default::default()).unwrap();
    while first.is_training() {
        pollster::block_on(first.step()).unwrap();
    }
    model = first.classifier().unwrap().temperature;
    assert!((model - 1.0).abs() > 1e-3, "it was calibrated: {model}");
    assert_same(&answers(&next(&first), ModelChoice::Source), &answers(&first, ModelChoice::Trained), "calibrated");
}

/// Whatever depths the two tasks had: the second model opens on the weights that the first began with, and what no training touched is
/// what it was, bit for bit.
#[test]
fn a_model_of_the_next_task_needs_the_first_weights_alone() {
    for (before, after) in [(0, 0), (0, 2), (1, 0), (2, 1), (1, 2), (3, 0), (3, 3)] {
        let what = format!("last {before}, then last {after}");
        let second = taught(next(&taught(toy_session(), quick(before), 3)), quick(after), 2);
        let saved = model(&second);

        let mut plain = toy_session();
        plain.open_model(&saved).unwrap();
        assert_same(&answers(&plain, ModelChoice::Trained), &answers(&second, ModelChoice::Trained), &what);
        // And in a session like the one that it came from.
        let mut again = next(&taught(toy_session(), quick(before), 3));
        again.open_model(&saved).unwrap();
        assert_same(&answers(&again, ModelChoice::Trained), &answers(&second, ModelChoice::Trained), &what);

        let third = next(&second);
        assert_eq!(third.weights().tuned_stages(), before.max(after), "{what}");
        let first = open_toy(toy_weights_file(|_| ())).unwrap();
        assert_eq!(third.weights().first_sha256(), first.sha256, "{what}");
        let architecture = first.architecture;
        for (index, stage) in architecture.stages.iter().enumerate() {
            let parameters = stage.operations.iter().flat_map(|operation| operation.convolutions());
            let (mut same, mut all) = (0, 0);
            for (name, shape) in parameters.flat_map(|layer| layer.parameters()) {
                let [ours, theirs] = [third.weights(), &first].map(|weights| floats(weights, &name, &shape));
                (same, all) = (same + usize::from(ours == theirs), all + 1);
            }
            let frozen = index < architecture.stages.len() - before.max(after);
            assert!(
                if frozen { same == all } else { same < all },
                "{what}: {same} of {all} of stage {index} are as before"
            );
        }
    }
}

#[test]
fn a_model_from_before_is_not_taken_for_one_of_the_tuned_network() {
    let first = taught(toy_session(), quick(1), 3);
    let old = model(&taught(toy_session(), quick(0), 3));
    let error = next(&first).open_model(&old).unwrap_err();
    assert_eq!(error.code, ErrorCode::ModelMismatch);
    assert!(error.message.contains("before the last 1 stages"), "{}", error.message);
    // Where only the output layer was taught, the features are the same.
    next(&taught(toy_session(), quick(0), 3)).open_model(&old).unwrap();
}

#[test]
fn the_next_task_learns_from_there() {
    let first = taught(toy_session(), TrainConfig { epochs: 20, ..stages(2) }, 3);
    let mut second = next(&first);
    assert_eq!(second.weights().card.labels, TOY_LABELS.map(str::to_owned));
    add_drawn(&mut second, 2, 4, 0);
    let (_, report) = train(&mut second, quick(0));
    // The features were made for these very classes: the first epochs find them.
    let loss = report.train.loss;
    let (_, cold) = {
        let mut plain = toy_session();
        add_drawn(&mut plain, 2, 4, 0);
        train(&mut plain, quick(0))
    };
    assert!(loss < cold.train.loss, "{loss} against {}", cold.train.loss);
}

#[test]
fn a_model_file_is_no_network() {
    let file = model(&taught(toy_session(), quick(0), 3));
    let error = Weights::bring(file, None, &[]).err().expect("refused");
    assert_eq!((error.code, error.params["kind"].as_str()), (ErrorCode::WeightsUnsupported, "a lastlayer model file"));
}
