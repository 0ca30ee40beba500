//! How photos become squares, and that no square of one kind is taken for one of another, on a toy backbone.

mod common;

use common::{TOY_LABELS, TOY_SIZE, cpu, drawn, head, open_toy, stages, toy_session, toy_weights_file};
use lastlayer::data::dataset::PhotoId;
use lastlayer::eval::comparison_config::{ComparisonConfig, HOLDOUT, NamedConfig};
use lastlayer::eval::cross_validation::EvaluationConfig;
use lastlayer::eval::explain::Question;
use lastlayer::eval::feature_maps::Layer;
use lastlayer::halves::{narrow, widen};
use lastlayer::image::Pixels;
use lastlayer::image::prepare::Framing;
use lastlayer::session::event::StepEvent;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;
use lastlayer::train::run::report::Report;

const PHOTOS: PhotoId = 9;
const EVERY: [Framing; 3] = [Framing::Crop, Framing::Pad, Framing::Squash];

/// Far from square, with something at its left end that the centre square does not hold.
fn wide(id: PhotoId) -> Pixels {
    let mut photo = drawn(id as usize / 3, u64::from(id), 80, 36);
    let bright = [250, 240, 10];
    photo.rgb.chunks_exact_mut(80 * 3).for_each(|row| row[..36].copy_from_slice(&bright.repeat(12)));
    photo
}

fn session() -> Session {
    let mut session = toy_session();
    (0..PHOTOS).for_each(|id| add(&mut session, id));
    session
}

fn add(session: &mut Session, id: PhotoId) {
    let label = TOY_LABELS[id as usize / 3];
    session.add_photo(id, &format!("{id}.png"), label, &format!("hash {id}"), &wide(id)).unwrap();
}

/// Trains to the end; which photos were asked for, and the report.
fn train(session: &mut Session, config: TrainConfig) -> (Vec<PhotoId>, Report) {
    session.start_training(config).unwrap();
    match finish(session) {
        (asked, StepEvent::Done { report }) => (asked, *report),
        (_, event) => panic!("a training that ends with {event:?}"),
    }
}

/// Everything under way to its end; which photos were asked for, and the last event.
fn finish(session: &mut Session) -> (Vec<PhotoId>, StepEvent) {
    let mut asked = Vec::new();
    loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::NeedPhotos { ids } => {
                ids.iter().for_each(|&id| session.supply_photo(id, &wide(id)).unwrap());
                asked.extend(ids);
            }
            event @ (StepEvent::Done { .. }
            | StepEvent::Advised { .. }
            | StepEvent::Compared { .. }
            | StepEvent::Evaluated { .. }) => return (asked, event),
            _ => {}
        }
    }
}

fn config(framing: Framing, last_stages: usize) -> TrainConfig {
    TrainConfig { framing, epochs: 3, augment: 2, ..stages(last_stages) }
}

fn answer(session: &Session, model: ModelChoice) -> Vec<f32> {
    let mut all = pollster::block_on(session.predict(&wide(4), 3, model)).unwrap();
    all.sort_by_key(|guess| guess.index);
    all.iter().map(|guess| guess.probability).collect()
}

/// What a session answers that knew no other framing.
fn alone(framing: Framing, last_stages: usize) -> (Vec<f32>, Report) {
    let mut session = session();
    let (_, report) = train(&mut session, config(framing, last_stages));
    (answer(&session, ModelChoice::Trained), report)
}

#[test]
fn another_framing_asks_for_the_photos_again_and_learns_from_nothing_older() {
    for last_stages in [0, 1] {
        let mut session = session();
        let source = answer(&session, ModelChoice::Source);
        let (asked, _) = train(&mut session, config(Framing::Crop, last_stages));
        assert!(asked.is_empty(), "added with this framing");
        for framing in [Framing::Pad, Framing::Squash, Framing::Crop] {
            let (asked, report) = train(&mut session, config(framing, last_stages));
            let (expected, fresh) = alone(framing, last_stages);
            assert_eq!(report.history, fresh.history, "{framing:?} at the last {last_stages} stages");
            assert_eq!(answer(&session, ModelChoice::Trained), expected);
            assert_eq!(answer(&session, ModelChoice::Source), source, "the source model crops, whatever is trained");
            if framing != Framing::Crop || last_stages > 0 {
                assert_eq!(asked, (0..PHOTOS).collect::<Vec<_>>(), "{framing:?}");
            }
        }
    }
}

#[test]
fn framings_differ_in_what_they_see() {
    let answers = EVERY.map(|framing| alone(framing, 0).0);
    assert!(answers[0] != answers[1] && answers[1] != answers[2] && answers[0] != answers[2], "{answers:?}");
}

#[test]
fn a_cancelled_training_with_another_framing_leaves_the_classifier_as_it_was() {
    let mut session = session();
    train(&mut session, config(Framing::Crop, 1));
    let before = answer(&session, ModelChoice::Trained);
    let nearest = common::nearest(&mut session, &wide(4), 3, ModelChoice::Trained);
    session.start_training(config(Framing::Pad, 1)).unwrap();
    assert!(matches!(pollster::block_on(session.step()).unwrap(), StepEvent::NeedPhotos { .. }));
    assert_eq!(answer(&session, ModelChoice::Trained), before, "in the middle of it");
    session.cancel_training();
    assert_eq!(answer(&session, ModelChoice::Trained), before);
    let again = common::nearest(&mut session, &wide(4), 3, ModelChoice::Trained);
    assert_eq!((again.compared, again.neighbours), (9, nearest.neighbours));
    // Photos added meanwhile are prepared for the cancelled one; the next training asks for them as for the others.
    session.remove_photos(&[8]).unwrap();
    add(&mut session, 8);
    let (asked, _) = train(&mut session, config(Framing::Crop, 1));
    assert_eq!(asked, [8], "the others are still embedded");
    assert_eq!(answer(&session, ModelChoice::Trained), before);
}

#[test]
fn a_session_told_beforehand_asks_for_nothing() {
    let mut session = toy_session();
    session.prepare_for(&config(Framing::Squash, 0)).unwrap();
    (0..PHOTOS).for_each(|id| add(&mut session, id));
    let (asked, _) = train(&mut session, config(Framing::Squash, 0));
    assert!(asked.is_empty());
    assert_eq!(answer(&session, ModelChoice::Trained), alone(Framing::Squash, 0).0);
}

#[test]
fn explanations_feature_maps_and_similar_photos_have_the_classifiers_framing() {
    for framing in EVERY {
        let mut session = session();
        train(&mut session, config(framing, 1));
        let photo = wide(4);
        let input = &session.classifier().unwrap().input;
        assert_eq!(input.framing, framing);
        let seen = input.prepare(&photo).unwrap();
        let ask = |model| pollster::block_on(session.explain(&photo, Question::default(), model)).unwrap();
        let trained = ask(ModelChoice::Trained);
        assert_eq!((&trained.seen, trained.crop), (&seen, input.crop(80, 36)));
        assert_eq!(trained.top[0].label, {
            let best = pollster::block_on(session.predict(&photo, 1, ModelChoice::Trained)).unwrap();
            best[0].label.clone()
        });
        let cropped = session.weights().card.input.prepare(&photo).unwrap();
        assert_eq!(ask(ModelChoice::Source).seen, cropped);
        let maps = |model| pollster::block_on(session.feature_maps(&photo, Layer(0), 2, model)).unwrap();
        assert_eq!(maps(ModelChoice::Trained).seen, seen);
        assert_eq!(maps(ModelChoice::Source).seen, cropped);
        let nearest = common::nearest(&mut session, &photo, 1, ModelChoice::Trained);
        assert!(nearest.neighbours[0].id == 4 && nearest.neighbours[0].similarity > 0.99999, "{framing:?}");
    }
}

#[test]
fn shown_draws_are_those_that_are_learnt_from() {
    use lastlayer::train::read::embed::Draw;
    for framing in EVERY {
        let mut session = session();
        let config = config(framing, 2);
        let shown = session.draws(&wide(4), "hash 4", 2, &config).unwrap();
        assert_eq!((shown.draws.len(), shown.seen.width, shown.draws[1].height), (2, TOY_SIZE, TOY_SIZE));
        assert_eq!(shown.crop, session.weights().card.input.framed(framing).crop(80, 36));
        train(&mut session, config.clone());
        let numbers = std::iter::once(&shown.seen).chain(&shown.draws).enumerate();
        for (number, picture) in numbers {
            let learnt = session.cached_activation(&config, Draw { photo: 4, number }).unwrap();
            // The picture itself, which is as large as the input: framing it again changes nothing.
            let activation = session.activation(picture, ModelChoice::Trained);
            let kept: Vec<f32> =
                pollster::block_on(activation).unwrap().into_iter().map(|x| widen(narrow(x))).collect();
            assert_eq!(kept, learnt, "{framing:?}, draw {number}");
        }
    }
    let error = toy_session().draws(&wide(0), "", 65, &head()).unwrap_err();
    assert!(error.message.contains("at most 64"), "{error}");
}

#[test]
fn a_model_file_carries_its_framing() {
    for framing in EVERY {
        let mut session = session();
        train(&mut session, config(framing, 0));
        let file = pollster::block_on(session.export_model()).unwrap();
        let mut other = toy_session();
        other.open_model(&file).unwrap();
        assert_eq!(other.classifier().unwrap().input.framing, framing);
        assert_eq!(answer(&other, ModelChoice::Trained), answer(&session, ModelChoice::Trained));
        // An opened classifier's framing is not that of the photos that are there.
        assert_eq!(other.classifier().unwrap().input.size, TOY_SIZE);
        let says = String::from_utf8_lossy(&file).contains("framing");
        assert_eq!(says, framing != Framing::Crop, "files without it mean crop");
    }
}

#[test]
fn a_cross_validation_is_judged_with_the_framing_of_its_training() {
    let mut session = session();
    train(&mut session, TrainConfig { framing: Framing::Pad, epochs: 3, ..head() });
    session.start_evaluation(Default::default()).unwrap();
    loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::NeedPhotos { .. } | StepEvent::Embed { .. } => panic!("all of them are embedded"),
            StepEvent::Evaluated { evaluation } => {
                assert!(evaluation.applied);
                break;
            }
            _ => {}
        }
    }
}

#[test]
fn a_network_from_random_weights_learns_from_what_it_is_asked_about_in_every_framing() {
    let mut answers = Vec::new();
    for framing in EVERY {
        let config = TrainConfig { framing, regime: Regime::Scratch, input_size: 64, ..config(framing, 0) };
        let mut session = session();
        let (asked, _) = train(&mut session, config.clone());
        assert_eq!(asked.len(), if framing == Framing::Crop { 0 } else { PHOTOS as usize }, "{framing:?}");
        let input = session.classifier().unwrap().input.clone();
        assert_eq!((input.framing, input.size), (framing, 64));
        let shown = session.draws(&wide(4), "hash 4", 1, &config).unwrap();
        let why = pollster::block_on(session.explain(&wide(4), Question::default(), ModelChoice::Trained)).unwrap();
        assert_eq!(shown.seen, why.seen);
        // The features of the session's photos come from the stored ones, those of the question from the decoded one.
        let nearest = common::nearest(&mut session, &wide(4), 1, ModelChoice::Trained);
        assert_eq!((nearest.compared, nearest.neighbours[0].id), (PHOTOS as usize, 4), "{framing:?}");
        assert!(nearest.neighbours[0].similarity > 0.99999, "{framing:?}");
        // Photos that are stored otherwise from now on are not taken for such ones.
        let other = if framing == Framing::Squash { Framing::Pad } else { Framing::Squash };
        session.start_training(TrainConfig { framing: other, ..config }).unwrap();
        let ids: Vec<PhotoId> = (0..PHOTOS).collect();
        ids.iter().for_each(|&id| session.supply_photo(id, &wide(id)).unwrap());
        session.cancel_training();
        let again = common::nearest(&mut session, &wide(4), 1, ModelChoice::Trained);
        assert_eq!(again.neighbours, nearest.neighbours);
        answers.push(answer(&session, ModelChoice::Trained));
        let file = pollster::block_on(session.export_model()).unwrap();
        let mut opened = toy_session();
        opened.open_model(&file).unwrap();
        let classifier = opened.classifier().unwrap();
        assert_eq!((&classifier.input, classifier.regime), (&input, Some(Regime::Scratch)));
        assert_eq!(answer(&opened, ModelChoice::Trained), answers[answers.len() - 1]);
    }
    assert!(answers[0] != answers[1] && answers[1] != answers[2] && answers[0] != answers[2], "{answers:?}");
}

#[test]
fn every_framing_holds_out_the_same_photos_and_knows_the_same_near_duplicates() {
    let folds = |order: &[Framing]| {
        let mut session = session();
        // Nearly the photo before it.
        let mut twin = wide(4);
        twin.rgb.iter_mut().for_each(|value| *value = value.saturating_add(1));
        session.add_photo(99, "", TOY_LABELS[1], "hash 99", &twin).unwrap();
        let mut found = Vec::new();
        for &framing in order {
            let train = Some(TrainConfig { framing, epochs: 2, ..stages(1) });
            session.start_evaluation(EvaluationConfig { train, epochs: Some(2), ..Default::default() }).unwrap();
            loop {
                match pollster::block_on(session.step()).unwrap() {
                    StepEvent::NeedPhotos { ids } => ids.iter().for_each(|&id| {
                        let photo = if id == 99 { twin.clone() } else { wide(id) };
                        session.supply_photo(id, &photo).unwrap();
                    }),
                    StepEvent::Evaluated { evaluation } => {
                        assert_eq!(evaluation.method.near_duplicates, [[4, 99]], "{framing:?}");
                        let mut photos: Vec<_> = evaluation.photos.iter().map(|photo| (photo.id, photo.fold)).collect();
                        photos.sort_unstable();
                        found.push(photos);
                        break;
                    }
                    _ => {}
                }
            }
        }
        found
    };
    let alone: Vec<_> = EVERY.iter().flat_map(|&framing| folds(&[framing])).collect();
    assert!(alone.iter().all(|found| *found == alone[0]), "{alone:?}");
    assert_eq!(folds(&[Framing::Squash, Framing::Crop, Framing::Pad]), alone);
}

#[test]
fn advice_sees_photos_as_the_source_model_does_whatever_is_wished() {
    let findings = |framing| {
        let weights = toy_weights_file(|tensors| {
            // As many classes as make its opinion count.
            for (name, shape, values) in tensors.iter_mut().filter(|(name, ..)| name.starts_with("classifier.")) {
                let spread = if name.ends_with("weight") { 1.0 } else { 0.0 };
                let each = shape[1..].iter().product::<usize>();
                shape[0] = 120;
                *values = (0..120 * each).map(|i| spread * (i as f32 * 0.7).sin()).collect();
            }
        });
        let mut session = Session::new(cpu(), open_toy(weights).unwrap(), || 0.0).unwrap();
        (0..PHOTOS).for_each(|id| add(&mut session, id));
        session.start_advice(TrainConfig { framing, ..TrainConfig::default() }).unwrap();
        let (asked, _) = finish(&mut session);
        assert_eq!(asked.len(), if framing == Framing::Crop { 0 } else { PHOTOS as usize }, "{framing:?}");
        let advice = session.advice().unwrap();
        assert_eq!(advice.plan.config.framing, framing);
        advice.findings.similarity.unwrap()
    };
    let found = EVERY.map(findings);
    assert!(found.iter().all(|similarity| *similarity == found[0]), "{found:?}");
}

#[test]
fn a_comparison_of_framings_comes_to_the_same_in_any_order() {
    let compared = |order: [Framing; 3]| {
        let mut session = session();
        let run = |framing| NamedConfig {
            name: format!("{framing:?}"),
            config: TrainConfig { flip_average: 1, ..config(framing, 1) },
        };
        let runs = order.map(run).into();
        session.start_comparison(ComparisonConfig { runs, holdout: HOLDOUT, seed: 1 }).unwrap();
        let (asked, end) = finish(&mut session);
        let StepEvent::Compared { comparison } = end else { panic!("another end") };
        let framings = order.iter().filter(|&&framing| framing != Framing::Crop).count();
        assert!(asked.len() <= (framings + 1) * PHOTOS as usize, "every framing asks once: {}", asked.len());
        let mut runs: Vec<_> =
            comparison.runs.iter().map(|run| (run.name.clone(), run.val, run.history.clone())).collect();
        runs.sort_by(|a, b| a.0.cmp(&b.0));
        (comparison.held_out, runs)
    };
    let [crop, pad, squash] = EVERY;
    let expected = compared([crop, pad, squash]);
    assert_eq!(compared([squash, crop, pad]), expected);
    assert!(expected.1.windows(2).all(|pair| pair[0].1 != pair[1].1), "they differ");
}
