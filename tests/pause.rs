//! A training that is interrupted anywhere and goes on in a new session ends as if nothing had been: the same classifier, bit for
//! bit, the same answers, the same report.

mod common;

use common::{TOY_LABELS, add_drawn, cpu, drawn, head, open_toy, stages, toy_session, toy_weights_file};
use lastlayer::backbone::tensor_file;
use lastlayer::backbone::weights::sha256_hex;
use lastlayer::error::ErrorCode;
use lastlayer::session::event::StepEvent;
use lastlayer::session::lending::Loan;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::budget::{Change, Reduced};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;
use lastlayer::train::run::checkpoint::{Checkpoint, Exact, FitState};
use lastlayer::train::run::epoch::FitPhase;
use lastlayer::train::run::report::Report;

const PER_CLASS: usize = 7;

fn session() -> Session {
    let mut session = toy_session();
    add_drawn(&mut session, 3, PER_CLASS, 0);
    session
}

fn step(session: &mut Session) -> StepEvent {
    loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::NeedPhotos { ids } => ids.into_iter().for_each(|id| supply(session, id)),
            event => return event,
        }
    }
}

fn supply(session: &mut Session, id: u32) {
    session.supply_photo(id, &drawn(id as usize / PER_CLASS, u64::from(id), 40, 36)).unwrap();
}

/// What a training came to, without the seconds; and its events.
struct Outcome {
    model: String,
    report: serde_json::Value,
    probabilities: Vec<f32>,
    events: Vec<StepEvent>,
}

fn finish(session: &mut Session) -> Outcome {
    let mut events = Vec::new();
    let report = loop {
        match step(session) {
            StepEvent::Done { report } => break report,
            event => events.push(event),
        }
    };
    let answers = pollster::block_on(session.predict(&drawn(1, 500, 40, 36), 3, ModelChoice::Trained)).unwrap();
    let probabilities = answers.iter().map(|answer| answer.probability).collect();
    let model = sha256_hex(&pollster::block_on(session.export_model()).unwrap());
    Outcome { model, report: without_seconds(*report), probabilities, events }
}

fn without_seconds(mut report: Report) -> serde_json::Value {
    (report.seconds, report.embed_seconds) = (0.0, 0.0);
    serde_json::to_value(report).unwrap()
}

fn uninterrupted(config: &TrainConfig) -> Outcome {
    let mut session = session();
    session.start_training(config.clone()).unwrap();
    finish(&mut session)
}

/// Steps until `steps` steps have been done, and what a checkpoint is then.
fn checkpoint_after(config: &TrainConfig, steps: usize) -> Vec<u8> {
    let mut session = session();
    session.start_training(config.clone()).unwrap();
    (0..steps).for_each(|_| drop(step(&mut session)));
    pollster::block_on(session.pause()).unwrap()
}

fn assert_same(outcome: &Outcome, expected: &Outcome, what: &str) {
    assert_eq!(outcome.model, expected.model, "the classifier of {what}");
    assert_eq!(outcome.probabilities, expected.probabilities, "{what}");
    assert_eq!(outcome.report, expected.report, "{what}");
}

/// Positions in the events right after which to interrupt: at the start, in the middle of embedding, before, in and after the
/// first and the last epoch of each fit.
fn interesting(events: &[StepEvent]) -> Vec<usize> {
    let mut points = vec![0, 1];
    for wanted in [FitPhase::Holdout, FitPhase::Refit] {
        let of_phase = |event: &StepEvent| match event {
            StepEvent::Batch { phase, .. } => *phase == wanted,
            StepEvent::Epoch(epoch) => epoch.phase == wanted,
            _ => false,
        };
        let first = events.iter().position(of_phase).unwrap();
        let last = events.iter().rposition(of_phase).unwrap();
        points.extend([first, first + 1, first + 2, first + 3, last - 2, last - 1, last, last + 1]);
    }
    points.retain(|&point| point <= events.len());
    points.sort_unstable();
    points.dedup();
    points
}

/// Everything learns, from the pretrained weights or from random ones, and every epoch draws anew. With two photos a batch, the
/// three held-out ones are judged in two pieces.
fn all_stages(regime: Regime) -> TrainConfig {
    TrainConfig { regime, last_stages: 0, epochs: 2, augment: 2, batch_size: 2, seed: 5, ..head() }
}

fn scratch() -> TrainConfig {
    TrainConfig { input_size: 64, ..all_stages(Regime::Scratch) }
}

fn configs() -> [(&'static str, TrainConfig); 6] {
    let small = |config: TrainConfig| TrainConfig { batch_size: 6, seed: 5, ..config };
    [
        ("the head", small(TrainConfig { epochs: 6, ..head() })),
        ("the head, stopped early", small(TrainConfig { epochs: 12, patience: 3, ..head() })),
        ("the head with draws and dropout", small(TrainConfig { epochs: 3, augment: 2, dropout: 0.3, ..head() })),
        ("one stage", small(TrainConfig { epochs: 4, ..stages(1) })),
        ("two stages with draws", small(TrainConfig { epochs: 3, augment: 2, ..stages(2) })),
        ("all stages", small(TrainConfig { epochs: 2, label_smoothing: 0.1, ..stages(3) })),
    ]
}

#[test]
fn going_on_elsewhere_equals_never_stopping() {
    for (name, config) in configs() {
        let expected = uninterrupted(&config);
        for steps in interesting(&expected.events) {
            let file = checkpoint_after(&config, steps);
            let mut other = session();
            let resumed = other.resume(&file).unwrap();
            assert_eq!(resumed.config, config.clone().settle(&common::TOY, 3 * PER_CLASS).unwrap());
            assert_same(&finish(&mut other), &expected, &format!("{name}, interrupted after {steps} steps"));
        }
    }
}

#[test]
fn where_every_stage_learns_going_on_after_any_step_equals_never_stopping() {
    for (name, config) in [("full", all_stages(Regime::Full)), ("scratch", scratch())] {
        let expected = uninterrupted(&config);
        let mut states = Vec::new();
        for steps in 0..=expected.events.len() {
            let file = checkpoint_after(&config, steps);
            if let Some(FitState { position, .. }) = Checkpoint::read(&file).unwrap().card.fit {
                states.push((position.next, position.measured, position.judged));
            }
            let mut other = session();
            other.resume(&file).unwrap();
            assert_same(&finish(&mut other), &expected, &format!("{name}, interrupted after {steps} steps"));
        }
        let measured = if config.regime == Regime::Scratch { 18 } else { 0 };
        for state in [(0, 0, 0), (4, 0, 0), (18, 0, 0), (18, 0, 2), (18, measured, 2), (18, measured, 3), (21, 0, 0)] {
            assert!(states.contains(&state), "{name} never was at {state:?}");
        }
        assert_eq!(
            states.contains(&(18, 2, 0)),
            config.regime == Regime::Scratch,
            "{name}, in the middle of measuring"
        );
    }
}

/// On the CPU a step comes in parts, of which some may be out when a training is interrupted: none of them shows in the file.
#[test]
fn a_step_that_is_interrupted_begins_again() {
    let in_parts = |config: TrainConfig| TrainConfig { epochs: 2, augment: 2, dropout: 0.3, seed: 5, ..config };
    for (name, config) in [("two stages", in_parts(stages(2))), ("full", in_parts(all_stages(Regime::Full)))] {
        let config = TrainConfig { batch_size: 10, ..config };
        let expected = uninterrupted(&config);
        let mut current = session();
        current.start_training(config).unwrap();
        let mut within = 0;
        for _ in 0..expected.events.len() {
            while let Loan::Missing(ids) = pollster::block_on(current.lend(2)).unwrap() {
                ids.into_iter().for_each(|id| supply(&mut current, id));
            }
            let file = pollster::block_on(current.checkpoint()).unwrap();
            if matches!(step(&mut current), StepEvent::Batch { .. }) && current.waits() {
                within += 1;
                let again = pollster::block_on(current.checkpoint()).unwrap();
                assert!(again == file, "{name}: a part of a step shows in the checkpoint");
                let mut other = session();
                other.resume(&again).unwrap();
                assert_same(&finish(&mut other), &expected, &format!("{name}, interrupted within a step"));
            }
        }
        assert!(within > 10, "{name} was interrupted {within} times within a step");
        assert_same(&finish(&mut current), &expected, name);
    }
}

#[test]
fn an_epoch_that_waits_for_the_pixels_of_its_first_batch_keeps_its_order() {
    let config = all_stages(Regime::Full);
    // The first training has read the photos, and let go of their pixels.
    let begin = || {
        let mut session = session();
        session.start_training(TrainConfig { epochs: 1, ..head() }).unwrap();
        finish(&mut session);
        session.start_training(config.clone()).unwrap();
        session
    };
    let expected = finish(&mut begin());
    let mut waiting = begin();
    assert!(matches!(pollster::block_on(waiting.step()).unwrap(), StepEvent::NeedPhotos { .. }));
    let file = pollster::block_on(waiting.pause()).unwrap();
    let fit = Checkpoint::read(&file).unwrap().card.fit.unwrap();
    assert_eq!((fit.position.order.len(), fit.position.next), (18, 0));
    let mut other = session();
    other.resume(&file).unwrap();
    assert_same(&finish(&mut other), &expected, "a training interrupted while it waits");
}

#[test]
fn a_training_that_had_to_be_reduced_goes_on_as_it_was_where_there_is_more_memory() {
    let config = TrainConfig { epochs: 2, augment: 3, ..stages(1) };
    let begin = || {
        let mut session = session();
        // Two looks at 21 photos, [12, 8, 8] each, two bytes a number.
        session.set_activation_budget(2 * 21 * 12 * 8 * 8 * 2);
        session.start_training(config.clone()).unwrap();
        session
    };
    let expected = finish(&mut begin());
    assert_eq!(expected.report["reduced"]["augment"]["used"], 1);
    let mut other = begin();
    (0..9).for_each(|_| drop(step(&mut other)));
    let file = pollster::block_on(other.pause()).unwrap();
    let mut roomy = session();
    roomy.resume(&file).unwrap();
    assert_same(&finish(&mut roomy), &expected, "a reduced training");
}

#[test]
fn going_on_in_the_same_session_embeds_nothing_again() {
    let config = TrainConfig { epochs: 3, ..stages(1) };
    let expected = uninterrupted(&config);
    let mut session = session();
    session.start_training(config).unwrap();
    while !matches!(step(&mut session), StepEvent::Epoch(_)) {}
    let file = pollster::block_on(session.pause()).unwrap();
    assert!(!session.is_training());
    session.resume(&file).unwrap();
    let outcome = finish(&mut session);
    assert!(!outcome.events.iter().any(|event| matches!(event, StepEvent::Embed { .. })));
    assert_same(&outcome, &expected, "a training paused and continued");
}

#[test]
fn many_interruptions_one_after_the_other_change_nothing() {
    let config = TrainConfig { epochs: 3, batch_size: 6, ..stages(1) };
    let expected = uninterrupted(&config);
    let mut current = session();
    current.start_training(config).unwrap();
    // A new session after every two batches, and before it one that gets no further than its embedding.
    let mut done = 0;
    let outcome = loop {
        let mut events = 0;
        while events < 2 {
            match step(&mut current) {
                StepEvent::Embed { .. } => {}
                _ => events += 1,
            }
        }
        done += events;
        if done > 6 {
            break finish(&mut current);
        }
        let file = pollster::block_on(current.checkpoint()).unwrap();
        current = session();
        current.resume(&file).unwrap();
        let embedding = step(&mut current);
        assert!(matches!(embedding, StepEvent::Embed { .. }));
        let again = pollster::block_on(current.pause()).unwrap();
        current = session();
        current.resume(&again).unwrap();
    };
    assert_same(&outcome, &expected, "a training interrupted many times");
}

#[test]
fn taking_checkpoints_does_not_disturb_the_training() {
    for config in [TrainConfig { epochs: 2, batch_size: 6, ..stages(1) }, scratch()] {
        let expected = uninterrupted(&config);
        let mut session = session();
        session.start_training(config).unwrap();
        for _ in 0..expected.events.len() {
            let first = pollster::block_on(session.checkpoint()).unwrap();
            assert_eq!(
                first,
                pollster::block_on(session.checkpoint()).unwrap(),
                "a checkpoint is a function of the state"
            );
            step(&mut session);
        }
        assert_same(&finish(&mut session), &expected, "a training that was looked at");
    }
}

#[test]
fn photos_may_come_in_another_order_and_under_other_names_and_ids() {
    let config = TrainConfig { epochs: 2, ..stages(1) };
    let expected = uninterrupted(&config);
    let file = checkpoint_after(&config, 4);
    let mut other = toy_session();
    for id in (0..3 * PER_CLASS as u32).rev() {
        let class = id as usize / PER_CLASS;
        let photo = drawn(class, u64::from(id), 40, 36);
        other.add_photo(500 - id, "other", TOY_LABELS[class], &format!("hash {id}"), &photo).unwrap();
    }
    other.resume(&file).unwrap();
    assert_same(&finish(&mut other), &expected, "a training that goes on with the photos in another order");
}

#[test]
fn a_training_goes_on_with_classes_that_were_renamed_meanwhile() {
    let config = TrainConfig { epochs: 2, ..head() };
    let expected = uninterrupted(&config);
    let file = checkpoint_after(&config, 4);
    let mut session = session();
    // Two of them change their names.
    for (from, to) in [("one", "other"), ("two", "one"), ("other", "two"), ("zero", "tres")] {
        session.rename_class(from, to).unwrap();
    }
    session.resume(&file).unwrap();
    let outcome = finish(&mut session);
    assert_eq!(outcome.report["classes"], serde_json::json!(["two", "one", "tres"]));
    assert_eq!(
        (&outcome.report["train"], &outcome.probabilities),
        (&expected.report["train"], &expected.probabilities)
    );
    session.rename_class("tres", "zero").unwrap();
    assert_eq!(session.classifier().unwrap().labels, ["two", "one", "zero"]);
}

#[test]
fn other_photos_classes_and_weights_are_refused_with_words() {
    let file = checkpoint_after(&TrainConfig { epochs: 2, ..head() }, 4);
    let refuse = |change: &dyn Fn(&mut Session), words: &str| {
        let mut session = session();
        change(&mut session);
        let error = session.resume(&file).unwrap_err();
        assert_eq!(error.code, ErrorCode::CheckpointMismatch);
        assert!(error.message.contains(words), "{words:?} is not in {:?}", error.message);
        assert!(!session.is_training());
        session.start_training(head()).unwrap();
    };
    refuse(&|session| session.remove_photos(&[3]).unwrap(), "1 are missing and 0 are in another class, and 0 are new");
    refuse(&|session| session.move_photos(&[3, 4], "two").unwrap(), "0 are missing and 2 are in another class");
    refuse(&|session| add_drawn(session, 3, 1, 900), "and 3 are new");
    refuse(&|session| session.remove_class("two").unwrap(), "the classes one, two, zero, these are one, zero");

    let other_weights = toy_weights_file(|tensors| tensors[0].2[0] += 1.0);
    let mut other = Session::new(cpu(), open_toy(other_weights).unwrap(), || 0.0).unwrap();
    add_drawn(&mut other, 3, PER_CLASS, 0);
    let error = other.resume(&file).unwrap_err();
    assert_eq!(error.code, ErrorCode::CheckpointMismatch);
    assert!(error.message.contains("toy weights"), "{}", error.message);
}

#[test]
fn a_checkpoint_needs_a_training_and_a_training_refuses_another() {
    let mut session = session();
    assert_eq!(pollster::block_on(session.checkpoint()).unwrap_err().code, ErrorCode::Internal);
    let file = checkpoint_after(&TrainConfig { epochs: 2, ..head() }, 4);
    session.start_training(head()).unwrap();
    assert_eq!(session.resume(&file).unwrap_err().code, ErrorCode::Busy);
}

#[test]
fn a_damaged_file_is_refused_wherever_the_damage_is() {
    let file = checkpoint_after(&TrainConfig { epochs: 3, batch_size: 6, ..head() }, 7);
    let mut session = session();
    let mut refuse = |bytes: &[u8], what: &str| {
        let code = session.resume(bytes).expect_err(what).code;
        assert!(matches!(code, ErrorCode::CheckpointCorrupt | ErrorCode::CheckpointMismatch), "{what}: {code:?}");
    };
    refuse(b"", "nothing");
    refuse(b"not a checkpoint", "text");
    refuse(&toy_weights_file(|_| ()), "another kind of file");
    refuse(&file[..file.len() - 1], "a file cut short");
    for position in (0..file.len()).step_by(37) {
        let mut spoilt = file.clone();
        spoilt[position] ^= 4;
        refuse(&spoilt, &format!("a wrong bit at {position} of {}", file.len()));
    }
    session.resume(&file).unwrap();
}

/// Files whose hash is right and whose contents are not: each must be found by a check of its own, at once or at the first step.
#[test]
fn a_file_with_impossible_numbers_is_refused() {
    type Spoiling = (&'static str, fn(&mut Checkpoint));
    let changes: &[Spoiling] = &[
        ("an option out of range", |file| drop(file.card.config.insert("epochs".into(), "-3".into()))),
        ("an unknown option", |file| drop(file.card.config.insert("colour".into(), "1".into()))),
        ("a missing option", |file| drop(file.card.config.remove("epochs"))),
        ("an option left open", |file| drop(file.card.config.insert("augment".into(), "-1".into()))),
        ("a regime left open", |file| {
            file.card.config.insert("regime".into(), "auto".into());
        }),
        ("a class twice", |file| file.card.labels[1] = file.card.labels[0].clone()),
        ("a photo of no class", |file| file.card.photos[2].label = 3),
        ("a photo twice", |file| file.card.photos[2] = file.card.photos[1].clone()),
        ("too many photos read", |file| file.card.photos_read = 99),
        ("no time", |file| file.card.seconds = Exact(f64::NAN)),
        ("time that runs backwards", |file| file.card.embed_seconds = Exact(-1.0)),
        ("an epoch of another count", |file| file.card.history.truncate(0)),
        ("a best epoch that is to come", |file| best(file).epoch = 9),
        ("a best epoch of 0", |file| best(file).epoch = 0),
        ("progress that is to come", |file| best(file).progress_epoch = 9),
        ("more than all right", |file| best(file).top1 = Exact(1.5)),
        ("a score of other photos", |file| best(file).count = 1),
        ("no fit", |file| file.card.fit = None),
        ("epoch 0", |file| fit(file).epoch = 0),
        ("too many epochs", |file| fit(file).epochs = 4000),
        ("a held-out photo that is not there", |file| *fit(file).held_out.last_mut().unwrap() = 21),
        ("held-out photos twice", |file| fit(file).held_out[1] = fit(file).held_out[0]),
        ("everything held out", |file| fit(file).held_out = (0..21).collect()),
        ("nothing held out", |file| fit(file).held_out.clear()),
        ("too many look-alikes", |file| fit(file).look_alikes = 50),
        ("a reduction to something else", |file| {
            let (augment, last_stages) = (Change { asked: 3, used: 2 }, Change { asked: 0, used: 0 });
            file.card.reduced = Some(Reduced { budget_bytes: 1, augment, last_stages, batch_size: None });
        }),
        ("measured photos where nothing is measured", |file| fit(file).position.measured = 6),
        ("judged photos before the last batch", |file| fit(file).position.judged = 3),
        ("more judged photos than there are", |file| fit(file).position.judged = usize::MAX),
        ("steps not taken", |file| fit(file).position.steps += 1),
        ("steps beyond counting", |file| fit(file).position.steps = usize::MAX),
        ("a photo of the epoch that is not there", |file| fit(file).position.order[0].0 = 100),
        ("a draw that is not there", |file| fit(file).position.order[0].1 = 1),
        ("an epoch too short", |file| fit(file).position.order.truncate(5)),
        ("a place within a batch", |file| fit(file).position.next -= 1),
        ("a place past the end", |file| fit(file).position.next = 600),
        ("random numbers without a state", |file| fit(file).position.rng = [0; 4]),
        ("a parameter with no step", |file| *fit(file).position.parameter_steps.get_mut("head.weight").unwrap() = 0),
        ("a parameter ahead of all", |file| *fit(file).position.parameter_steps.get_mut("head.weight").unwrap() = 99),
        ("a parameter that is not there", |file| drop(file.tensors.remove(0))),
        ("a tensor too many", |file| {
            let mut tensor = file.tensors[0].clone();
            tensor.name = "parameters.tail".into();
            file.tensors.push(tensor);
        }),
        ("a tensor of another shape", |file| {
            file.tensors.iter_mut().for_each(|tensor| tensor.shape.insert(0, 1));
        }),
    ];
    let config = TrainConfig { epochs: 3, patience: 10, batch_size: 6, ..head() };
    // One batch into the second epoch.
    let events = uninterrupted(&config).events;
    let second = events.iter().position(|event| matches!(event, StepEvent::Batch { epoch: 2, .. })).unwrap();
    let file = checkpoint_after(&config, second + 1);
    let whole = Checkpoint::read(&file).unwrap();
    assert_eq!((fit(&mut whole.clone()).epoch, fit(&mut whole.clone()).position.next), (2, 6));
    for (what, change) in changes {
        let mut spoilt = whole.clone();
        change(&mut spoilt);
        assert_ne!(spoilt, whole, "{what} changes nothing");
        let file = spoilt.write().unwrap();
        let mut session = session();
        let outcome = session.resume(&file).map(drop).and_then(|()| {
            loop {
                if !matches!(pollster::block_on(session.step())?, StepEvent::Embed { .. }) {
                    return Ok(());
                }
            }
        });
        let code = outcome.expect_err(what).code;
        assert!(matches!(code, ErrorCode::CheckpointCorrupt | ErrorCode::CheckpointMismatch), "{what}: {code:?}");
    }
    let future = tensor_file::write(&[], "lastlayer.checkpoint", &{
        let mut card = whole.card.clone();
        card.format_version = 2;
        card
    });
    let error = session().resume(&future.unwrap()).unwrap_err();
    assert!(error.message.contains("format version 2, this program reads 1"), "{}", error.message);
    session().resume(&whole.write().unwrap()).unwrap();
}

fn best(file: &mut Checkpoint) -> &mut lastlayer::train::run::checkpoint::BestEpoch {
    file.card.best.as_mut().unwrap()
}

fn fit(file: &mut Checkpoint) -> &mut lastlayer::train::run::checkpoint::FitState {
    file.card.fit.as_mut().unwrap()
}

#[test]
fn numbers_survive_exactly() {
    for number in [0.1 + 0.2, 1e-300, f64::MIN_POSITIVE / 3.0, f64::INFINITY, -0.0, 123_456_789.123_456_78] {
        let text = serde_json::to_string(&Exact(number)).unwrap();
        let Exact(back) = serde_json::from_str(&text).unwrap();
        assert_eq!(back.to_bits(), number.to_bits(), "{text}");
    }
    let Exact(nan) = serde_json::from_str(&serde_json::to_string(&Exact(f64::NAN)).unwrap()).unwrap();
    assert!(nan.is_nan());
    assert!(serde_json::from_str::<Exact>("\"twelve\"").is_err());
}
