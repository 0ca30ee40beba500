//! A session as the page and the command line drive it, on a toy backbone.

mod common;

use common::{TOY_LABELS, add_drawn, drawn, head, open_toy, stages, toy_session, toy_weights_file, train};
use lastlayer::data::dataset::Added;
use lastlayer::error::ErrorCode;
use lastlayer::eval::comparison_config::{ComparisonConfig, NamedConfig};
use lastlayer::image::prepare::Framing;
use lastlayer::session::event::StepEvent;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;
use lastlayer::train::run::epoch::FitPhase;

fn predict(session: &Session, class: usize) -> Vec<lastlayer::eval::classifier::Prediction> {
    let photo = drawn(class, 777, 40, 36);
    pollster::block_on(session.predict(&photo, 5, ModelChoice::Auto)).unwrap()
}

fn step(session: &mut Session) -> StepEvent {
    pollster::block_on(session.step()).unwrap()
}

#[test]
fn before_training_the_source_model_answers() {
    let session = toy_session();
    let best = predict(&session, 0);
    assert_eq!(best.len(), TOY_LABELS.len(), "all classes when there are fewer than asked for");
    assert!((best.iter().map(|guess| guess.probability).sum::<f32>() - 1.0).abs() < 1e-5);
    assert!(best.is_sorted_by(|a, b| a.probability >= b.probability));
    let photo = drawn(0, 1, 8, 8);
    let ask = |top_k, model| pollster::block_on(session.predict(&photo, top_k, model)).unwrap_err().code;
    assert_eq!(ask(5, ModelChoice::Trained), ErrorCode::NoClassifier);
    assert_eq!(ask(0, ModelChoice::Auto), ErrorCode::InvalidOption);
    assert_eq!(pollster::block_on(session.export_model()).unwrap_err().code, ErrorCode::NoClassifier);
}

#[test]
fn two_classes_of_two_photos_work() {
    let mut session = toy_session();
    add_drawn(&mut session, 2, 2, 0);
    let (_, report) = train(&mut session, head());
    assert_eq!((report.train_images, report.held_out, report.per_class), (4, 2, vec![2, 2]));
    assert_eq!(report.val.unwrap().count, 2);
    assert_eq!(report.val.unwrap().top5, None, "top-5 says nothing of two classes");
    assert_eq!(predict(&session, 0).len(), 2);
}

#[test]
fn one_photo_a_class_trains_without_a_score_and_says_so() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 1, 0);
    let (_, report) = train(&mut session, TrainConfig { epochs: 5, ..head() });
    assert_eq!((report.val, report.held_out, report.epochs, report.epochs_tried), (None, 0, 5, 0));
}

#[test]
fn too_few_classes_are_refused_with_words() {
    let mut session = toy_session();
    let refuse = |session: &mut Session| session.start_training(head()).unwrap_err();
    assert_eq!(refuse(&mut session).code, ErrorCode::TooFewClasses);
    add_drawn(&mut session, 1, 3, 0);
    assert_eq!(refuse(&mut session).code, ErrorCode::TooFewClasses);
    session.add_class("empty").unwrap();
    let error = refuse(&mut session);
    assert_eq!(error.code, ErrorCode::EmptyClass);
    assert!(error.message.contains("\"empty\"") && error.message.contains("remove the class"), "{}", error.message);
    assert_eq!(pollster::block_on(session.step()).unwrap_err().code, ErrorCode::Internal, "nothing is under way");
}

#[test]
fn the_held_out_photos_choose_the_epochs_and_all_photos_are_refitted() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 10, 0);
    let (events, report) = train(&mut session, TrainConfig { epochs: 40, ..head() });
    let holdout: Vec<_> = report.history.iter().filter(|event| event.phase == FitPhase::Holdout).collect();
    let best = holdout.iter().min_by(|a, b| a.val_loss.unwrap().total_cmp(&b.val_loss.unwrap())).unwrap();
    assert_eq!(report.epochs, best.epoch);
    assert_eq!(report.val.unwrap().loss, best.val_loss.unwrap());
    assert_eq!(report.epochs_tried, holdout.len());
    assert_eq!((report.held_out, report.train_images), (6, 30));
    let batches = |wanted| {
        let steps = events.iter().filter(|event| matches!(event, StepEvent::Batch { phase, .. } if *phase == wanted));
        steps.count()
    };
    assert_eq!(batches(FitPhase::Holdout), report.epochs_tried * 2, "24 photos in batches of 16");
    assert_eq!(batches(FitPhase::Refit), report.epochs * 2, "30 photos in batches of 16");
    assert!(report.history.iter().filter(|event| event.phase == FitPhase::Refit).all(|event| event.val_loss.is_none()));
}

#[test]
fn patience_stops_a_fit_that_gets_worse() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 6, 0);
    // A rate far too high: the first epochs are as good as it gets.
    let config = TrainConfig { epochs: 200, patience: 3, learning_rate: 1.0, ..head() };
    let (_, report) = train(&mut session, config);
    assert!(
        report.stopped_early && report.epochs_tried == report.epochs + 3,
        "{} of {}",
        report.epochs,
        report.epochs_tried
    );
}

#[test]
fn the_same_seed_gives_the_same_result_and_another_seed_another() {
    let run = |seed| {
        let mut session = toy_session();
        add_drawn(&mut session, 3, 5, 0);
        let (_, report) = train(&mut session, TrainConfig { epochs: 6, seed, ..stages(1) });
        (report.history, pollster::block_on(session.export_model()).unwrap())
    };
    let (history, file) = run(3);
    let (again, file_again) = run(3);
    assert_eq!(history, again);
    assert_eq!(lastlayer::backbone::weights::sha256_hex(&file), lastlayer::backbone::weights::sha256_hex(&file_again));
    assert_ne!(history, run(4).0);
}

#[test]
fn photos_added_later_are_the_only_ones_embedded() {
    let mut session = toy_session();
    add_drawn(&mut session, 2, 5, 0);
    let short = TrainConfig { epochs: 2, ..head() };
    let embedded = |events: &[StepEvent]| {
        events
            .iter()
            .filter_map(|event| match event {
                StepEvent::Embed { done, total } => Some((*done, *total)),
                _ => None,
            })
            .next_back()
    };
    let (events, report) = train(&mut session, short.clone());
    assert_eq!((embedded(&events), report.photos_read), (Some((10, 10)), 10));
    add_drawn(&mut session, 3, 1, 100);
    let (events, report) = train(&mut session, short.clone());
    assert_eq!((embedded(&events), report.photos_read, report.train_images), (Some((3, 3)), 3, 13));
    session.remove_photos(&[0]).unwrap();
    let (events, report) = train(&mut session, short);
    assert_eq!((embedded(&events), report.photos_read, report.train_images), (None, 0, 12));
}

#[test]
fn cancel_and_predict_work_between_any_two_steps() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 5, 0);
    session.start_training(TrainConfig { epochs: 3, ..head() }).unwrap();
    assert!(matches!(step(&mut session), StepEvent::Embed { .. }));
    assert_eq!(predict(&session, 0).len(), 3, "the source model answers in the middle of embedding");
    let busy = [
        session.add_class("new").unwrap_err().code,
        session.remove_photos(&[0]).unwrap_err().code,
        session.move_photos(&[0], "two").unwrap_err().code,
        session.rename_class("one", "uno").unwrap_err().code,
        session.remove_class("one").unwrap_err().code,
        session.start_training(head()).unwrap_err().code,
        session.open_model(&[]).unwrap_err().code,
    ];
    assert_eq!(busy, [ErrorCode::Busy; 7]);
    session.cancel_training();
    assert!(!session.is_training() && session.classifier().is_none());

    let (_, report) = train(&mut session, TrainConfig { epochs: 3, ..head() });
    assert!(report.photos_read < 15, "what the cancelled run embedded is kept");
    let trained = predict(&session, 1);
    session.start_training(TrainConfig { seed: 9, ..head() }).unwrap();
    while !matches!(step(&mut session), StepEvent::Batch { phase: FitPhase::Refit, .. }) {}
    assert_eq!(predict(&session, 1), trained, "the previous classifier answers until the new one is done");
    session.cancel_training();
    assert_eq!(predict(&session, 1), trained);
}

#[test]
fn dropped_pixels_are_asked_for_again() {
    let mut session = toy_session();
    add_drawn(&mut session, 2, 3, 0);
    train(&mut session, TrainConfig { epochs: 1, ..head() });
    // At another split the photos are needed anew, but their pixels are gone.
    session.start_training(TrainConfig { epochs: 1, ..stages(1) }).unwrap();
    let mut asked = Vec::new();
    loop {
        match step(&mut session) {
            StepEvent::NeedPhotos { ids } => {
                for id in &ids {
                    session.supply_photo(*id, &drawn(*id as usize / 3, u64::from(*id), 40, 36)).unwrap();
                }
                asked.extend(ids);
            }
            StepEvent::Done { .. } => break,
            _ => {}
        }
    }
    assert_eq!(asked, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn renaming_needs_no_training_and_a_duplicate_is_noticed() {
    let mut session = toy_session();
    add_drawn(&mut session, 2, 3, 0);
    train(&mut session, TrainConfig { epochs: 20, ..head() });
    let before = predict(&session, 0);
    session.rename_class("one", "uno").unwrap();
    let after = predict(&session, 0);
    for (before, after) in before.iter().zip(&after) {
        let expected = if before.label == "one" { "uno" } else { before.label.as_str() };
        assert_eq!((after.label.as_str(), after.probability), (expected, before.probability));
    }
    let copy = session.add_photo(50, "copy.png", "two", "hash 1", &drawn(0, 1, 40, 36)).unwrap();
    assert_eq!(copy, Added::DuplicateOf(1));
    assert_eq!(session.dataset().photos().len(), 6);
}

#[test]
fn photos_whose_files_a_run_needs_are_known_when_it_begins() {
    let mut session = toy_session();
    add_drawn(&mut session, 2, 3, 0);
    let wanted = |session: &mut Session, config: TrainConfig| {
        session.start_training(config).unwrap();
        let wanted = session.wanted_files();
        session.cancel_training();
        wanted
    };
    let (all, none): (Vec<u32>, Vec<u32>) = ((0..6).collect(), Vec::new());
    assert_eq!(session.wanted_files(), none, "nothing is under way");
    assert_eq!(wanted(&mut session, head()), none, "their pixels are at hand");
    train(&mut session, TrainConfig { epochs: 2, ..head() });
    assert_eq!(wanted(&mut session, head()), none, "they are read, and their pixels are gone");
    assert_eq!(wanted(&mut session, stages(1)), all, "at another split");
    assert_eq!(wanted(&mut session, TrainConfig { augment: 1, ..head() }), all, "draws that nobody has made");
    assert_eq!(wanted(&mut session, TrainConfig { regime: Regime::Full, ..head() }), all);
    add_drawn(&mut session, 1, 2, 100);
    assert_eq!(wanted(&mut session, head()), none);
    assert_eq!(wanted(&mut session, stages(1)), all, "those that were added have pixels");
    assert_eq!(
        wanted(&mut session, TrainConfig { framing: Framing::Pad, ..head() }).len(),
        8,
        "pixels of another framing"
    );
    session.remove_photos(&[0, 1, 100, 101]).unwrap();
    assert_eq!(wanted(&mut session, stages(1)), [2, 3, 4, 5]);
    // The second run would want the pixels that the first lets go of.
    let mut session = toy_session();
    add_drawn(&mut session, 2, 3, 0);
    let run = |name: &str, config| NamedConfig { name: name.into(), config };
    let runs = vec![run("head", head()), run("stage", stages(1))];
    session.start_comparison(ComparisonConfig { runs, holdout: 0.3, seed: 0 }).unwrap();
    assert_eq!(session.wanted_files(), all);
}

fn labels(session: &Session) -> Vec<String> {
    session.classifier().unwrap().labels.clone()
}

/// Taught with three classes, of which the second was removed afterwards.
fn taught_then_removed() -> Session {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 3, 0);
    train(&mut session, TrainConfig { epochs: 2, ..head() });
    session.remove_class("two").unwrap();
    session
}

#[test]
fn outputs_of_a_classifier_follow_the_identity_of_classes_and_not_their_names() {
    let mut session = taught_then_removed();
    let error = session.rename_class("one", " two ").unwrap_err();
    assert_eq!(error.code, ErrorCode::ClassExists);
    assert!(error.message.contains("removed since: choose another name, or train again"), "{}", error.message);
    assert_eq!(labels(&session), TOY_LABELS, "what is refused changes nothing");
    assert_eq!(session.dataset().classes()[0].label, "one");
    session.rename_class("one", "uno").unwrap();
    assert_eq!(labels(&session), ["uno", "two", "zero"]);

    // Another class of the old name is another class.
    session.add_class("two").unwrap();
    session.rename_class("two", "zwei").unwrap();
    assert_eq!(labels(&session), ["uno", "two", "zero"]);
    // It has no output, so it may be called as it likes.
    session.rename_class("zwei", "two").unwrap();
    session.rename_class("uno", "one").unwrap();
    assert_eq!(labels(&session), TOY_LABELS);
    // After another training nothing stands in the way.
    session.remove_class("two").unwrap();
    train(&mut session, TrainConfig { epochs: 2, ..head() });
    session.rename_class("one", "two").unwrap();
    assert_eq!(labels(&session), ["two", "zero"]);
}

#[test]
fn classes_of_a_model_file_are_its_own_but_for_a_session_that_takes_over() {
    let file = pollster::block_on(taught_then_removed().export_model()).unwrap();
    let open = |own: &[&str]| {
        let mut session = toy_session();
        add_drawn(&mut session, 3, 1, 0);
        session.reopen_model(&file, &own.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>()).unwrap();
        session.rename_class("one", "uno").unwrap();
        session.rename_class("two", "zwei").unwrap();
        labels(&session)
    };
    assert_eq!(open(&[]), TOY_LABELS);
    assert_eq!(open(&["one", "zero"]), ["uno", "two", "zero"]);
}

#[test]
fn a_model_file_with_two_classes_of_one_name_is_refused() {
    let file = pollster::block_on(taught_then_removed().export_model()).unwrap();
    let [from, to] = [r#"[\"one\",\"two\","#, r#"[\"two\",\"two\","#];
    let at = file.windows(from.len()).position(|bytes| bytes == from.as_bytes()).expect("the labels in the card");
    let mut spoilt = file.clone();
    spoilt[at..at + to.len()].copy_from_slice(to.as_bytes());
    let mut session = toy_session();
    session.open_model(&file).unwrap();
    let error = session.open_model(&spoilt).unwrap_err();
    assert_eq!(error.code, ErrorCode::ModelCorrupt);
    assert!(error.message.contains("two classes named \"two\""), "{}", error.message);
}

#[test]
fn a_model_file_gives_the_same_answers_elsewhere() {
    for last_stages in [0, 2] {
        let mut session = toy_session();
        add_drawn(&mut session, 3, 4, 0);
        train(&mut session, TrainConfig { epochs: 5, ..stages(last_stages) });
        let file = pollster::block_on(session.export_model()).unwrap();
        let mut other = toy_session();
        assert_eq!(other.open_model(&file).unwrap(), TOY_LABELS);
        for class in 0..3 {
            assert_eq!(predict(&other, class), predict(&session, class), "last {last_stages} stages");
        }
    }
}

#[test]
fn a_bad_model_file_is_refused_and_the_classifier_stays() {
    let mut session = toy_session();
    add_drawn(&mut session, 2, 2, 0);
    train(&mut session, TrainConfig { epochs: 2, ..head() });
    let file = pollster::block_on(session.export_model()).unwrap();
    let expected = predict(&session, 0);
    for bad in [&b"not a model"[..], &file[..file.len() - 5], &toy_weights_file(|_| ())] {
        assert_eq!(session.open_model(bad).unwrap_err().code, ErrorCode::ModelCorrupt);
    }
    let other_weights = toy_weights_file(|tensors| tensors[0].2[0] += 1.0);
    let mut other = Session::new(common::cpu(), open_toy(other_weights).unwrap(), || 0.0).unwrap();
    assert_eq!(other.open_model(&file).unwrap_err().code, ErrorCode::ModelMismatch);
    assert_eq!(predict(&session, 0), expected);
}

#[test]
fn weights_that_do_not_fit_are_listed_by_name() {
    let spoilt = toy_weights_file(|tensors| {
        tensors.retain(|(name, _, _)| name != "blocks.1.0.conv_pw.weight");
        tensors.push(("blocks.9.9.conv_pw.weight".into(), vec![2], vec![0.0; 2]));
        let stem = tensors.iter_mut().find(|(name, _, _)| name == "conv_stem.weight").unwrap();
        (stem.1, stem.2) = (vec![8, 3, 1, 1], vec![0.0; 24]);
    });
    let error = Session::new(common::cpu(), open_toy(spoilt).unwrap(), || 0.0).err().unwrap();
    assert_eq!(error.code, ErrorCode::WeightsMismatch);
    for expected in [
        "1 missing: blocks.1.0.conv_pw.weight",
        "1 unexpected: blocks.9.9.conv_pw.weight",
        "1 of the wrong shape: conv_stem.weight (expected [8, 3, 3, 3], got [8, 3, 1, 1])",
    ] {
        assert!(error.message.contains(expected), "{expected:?} is not in {:?}", error.message);
    }
}

#[test]
fn a_weights_file_with_another_hash_is_refused() {
    let file = toy_weights_file(|_| ());
    let open = |bytes: Vec<u8>, hash: &str| {
        lastlayer::backbone::weights::Weights::open_as(bytes, Some(hash), |_| Some(&common::TOY))
            .err()
            .map(|error| error.code)
    };
    let hash = lastlayer::backbone::weights::sha256_hex(&file);
    assert_eq!(open(file.clone(), &hash), None);
    assert_eq!(open(file[1..].to_vec(), &hash), Some(ErrorCode::WeightsCorrupt));
    assert_eq!(
        open(b"short".to_vec(), &lastlayer::backbone::weights::sha256_hex(b"short")),
        Some(ErrorCode::WeightsCorrupt)
    );
}

/// Whether the session still holds what stages under the last `k` made of a photo.
fn holds_activation(session: &Session, k: usize, photo: u32) -> bool {
    session.cached_activation(&stages(k), lastlayer::train::read::embed::Draw { photo, number: 0 }).is_some()
}

#[test]
fn a_failing_step_leaves_nothing_of_its_run_behind() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 1, 0);
    let config = lastlayer::eval::cross_validation::EvaluationConfig {
        train: Some(stages(1)),
        epochs: Some(2),
        ..Default::default()
    };
    session.start_evaluation(config).unwrap();
    let mut held = false;
    let error = loop {
        match pollster::block_on(session.step()) {
            Ok(_) => held |= holds_activation(&session, 1, 0),
            Err(error) => break error,
        }
    };
    assert!(held, "it failed after it had read");
    assert_eq!(error.code, ErrorCode::TooFewPhotos);
    assert!(!session.is_training() && !holds_activation(&session, 1, 0));
    let (_, report) = train(&mut session, TrainConfig { epochs: 2, ..stages(1) });
    assert_eq!(report.train_images, 3, "the next training works");
}

#[test]
fn an_opened_model_takes_the_place_of_what_the_one_before_needed() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 2, 0);
    train(&mut session, TrainConfig { epochs: 2, ..stages(1) });
    let of_one = pollster::block_on(session.export_model()).unwrap();
    train(&mut session, TrainConfig { epochs: 2, ..stages(2) });
    assert!(holds_activation(&session, 2, 0));
    session.open_model(&of_one).unwrap();
    assert!(!holds_activation(&session, 2, 0));
    assert_eq!(predict(&session, 0).len(), 3);
}
