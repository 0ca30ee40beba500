//! What holds in every regime, and what is peculiar to `full` and `scratch`, on the toy backbone.

mod common;

use std::collections::BTreeMap;

use common::{TOY, TOY_LABELS, TOY_SIZE, add_drawn, drawn, open_toy, toy_session, toy_weights_file, train};
use lastlayer::backbone::weights::sha256_hex;
use lastlayer::data::dataset::{Dataset, PhotoId};
use lastlayer::data::similar::PerceptualHash;
use lastlayer::eval::cross_validation::EvaluationConfig;
use lastlayer::eval::explain::Question;
use lastlayer::eval::feature_maps::Layer;
use lastlayer::eval::nearest::Features;
use lastlayer::image::prepare::InputSpec;
use lastlayer::model::Split;
use lastlayer::session::event::StepEvent;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::budget::{ACTIVATION_BUDGET, Change};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;
use lastlayer::train::read::embed::{Draw, Embedder};
use lastlayer::train::read::photos::Photos;
use lastlayer::train::read::step::Step;
use lastlayer::train::run::TrainRun;
use lastlayer::train::run::report::Report;
use lastlayer::train::run::workbench::Workbench;

const REGIMES: [Regime; 4] = [Regime::Head, Regime::LastK, Regime::Full, Regime::Scratch];

/// A short training; `scratch` at its smallest size.
fn config(regime: Regime) -> TrainConfig {
    let input_size = if regime == Regime::Scratch { 64 } else { 0 };
    let last_stages = if regime == Regime::LastK { 2 } else { 0 };
    TrainConfig { regime, input_size, last_stages, epochs: 3, augment: 2, ..TrainConfig::default() }
}

fn photo(id: PhotoId) -> lastlayer::image::Pixels {
    drawn(id as usize / 4, u64::from(id), 40, 36)
}

/// Steps to the end, drawing again the photos whose pixels are asked for; returns how often which was.
fn finish(session: &mut Session) -> (BTreeMap<PhotoId, usize>, StepEvent) {
    let mut asked = BTreeMap::new();
    loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::NeedPhotos { ids } => {
                for id in ids {
                    session.supply_photo(id, &photo(id)).unwrap();
                    *asked.entry(id).or_default() += 1;
                }
            }
            end @ (StepEvent::Done { .. } | StepEvent::Evaluated { .. }) => return (asked, end),
            _ => {}
        }
    }
}

fn trained(regime: Regime, seed: u64) -> (Session, Report) {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 4, 0);
    let (_, report) = train(&mut session, TrainConfig { seed, ..config(regime) });
    (session, report)
}

/// Names and bits of everything in a model file.
fn tensors(file: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let tensors = safetensors::SafeTensors::deserialize(file).unwrap();
    tensors.iter().map(|(name, view)| (name.to_owned(), view.data().to_vec())).collect()
}

fn export(session: &Session) -> Vec<u8> {
    pollster::block_on(session.export_model()).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_result_and_another_seed_another() {
    for regime in REGIMES {
        let run = |seed| {
            let (session, report) = trained(regime, seed);
            (report.history, sha256_hex(&export(&session)))
        };
        let first = run(1);
        assert_eq!(first, run(1), "{regime:?}");
        assert_ne!(first, run(2), "{regime:?}");
    }
}

#[test]
fn every_regime_leaves_the_source_model_as_it_was_and_moves_only_what_it_may() {
    let source = tensors(&toy_weights_file(|_| ()));
    for regime in REGIMES {
        let (session, report) = trained(regime, 0);
        assert_eq!(report.config.regime, regime);
        let stages = report.config.last_stages;
        let learnt = tensors(&export(&session));
        let expected: Vec<&String> = source.keys().filter(|name| Split(stages).learns(name)).collect();
        assert_eq!(learnt.keys().collect::<Vec<_>>(), expected, "{regime:?}");
        for (name, values) in &learnt {
            // Pretrained statistics never move; what starts from nothing has its own.
            let fixed = name.contains("running_") && regime != Regime::Scratch;
            assert_eq!(values == &source[name], fixed, "{name} with {regime:?}");
        }
        let answer = |session: &Session| {
            pollster::block_on(session.predict(&drawn(1, 99, 50, 40), 3, ModelChoice::Source)).unwrap()
        };
        assert_eq!(answer(&session), answer(&toy_session()), "{regime:?}");
    }
}

trait Learns {
    fn learns(&self, name: &str) -> bool;
}

impl Learns for Split {
    /// Whether the toy's tensor of that name is above the split.
    fn learns(&self, name: &str) -> bool {
        let stage = name.strip_prefix("blocks.").and_then(|rest| rest[..1].parse::<usize>().ok());
        match stage {
            Some(stage) => stage >= self.frozen_stages(&TOY),
            None if name.starts_with("conv_stem") || name.starts_with("bn1.") => self.frozen_stages(&TOY) == 0,
            None => self.0 > 0 || name.starts_with("classifier"),
        }
    }
}

#[test]
fn every_regime_holds_out_the_same_photos() {
    let counts = REGIMES.map(|regime| trained(regime, 0).1.held_out);
    assert_eq!(counts, [counts[0]; 4]);
    assert!(counts[0] > 0);
}

#[test]
fn scratch_learns_drawn_photos_far_above_chance() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 16, 0);
    let config = TrainConfig { epochs: 25, augment: 0, ..config(Regime::Scratch) };
    let (_, report) = train(&mut session, config);
    assert!(report.history[0].train_loss > 3.0 * report.train.loss, "{:?}", report.train);
    let right = (0..60).filter(|index| {
        let photo = drawn(index % 3, 500 + *index as u64, 40, 36);
        let best = pollster::block_on(session.predict(&photo, 1, ModelChoice::Trained)).unwrap();
        best[0].label == TOY_LABELS[index % 3]
    });
    // Chance is 20 of 60.
    let right = right.count();
    assert!(right >= 54, "{right} of 60 new photos");
}

#[test]
fn a_scratch_classifier_works_wherever_a_classifier_does() {
    let (mut session, _) = trained(Regime::Scratch, 0);
    let seen = photo(0);
    let probabilities = |session: &Session| -> Vec<f32> {
        let answers = [0, 5, 9].map(|id| pollster::block_on(session.answer(&photo(id), 3, ModelChoice::Auto)).unwrap());
        answers.iter().flat_map(|answer| &answer.predictions).map(|guess| guess.probability).collect()
    };
    let expected = probabilities(&session);

    let file = export(&session);
    let card: serde_json::Value = {
        let (_, header) = safetensors::SafeTensors::read_metadata(&file).unwrap();
        serde_json::from_str(&header.metadata().as_ref().unwrap()["lastlayer"]).unwrap()
    };
    assert_eq!(
        (&card["regime"], &card["input"]["size"], &card["last_stages"]),
        (&"scratch".into(), &64.into(), &3.into())
    );
    let mut opened = toy_session();
    opened.open_model(&file).unwrap();
    assert_eq!(probabilities(&opened), expected);
    assert_eq!(export(&opened), file, "nothing is lost on the way");

    for session in [&session, &opened] {
        let explanation =
            pollster::block_on(session.explain(&seen, Question::default(), ModelChoice::Trained)).unwrap();
        assert_eq!((explanation.seen.width, explanation.seen.height), (64, 64));
        // The centre square of a photo of 40 × 36, at twice what the toy sees otherwise: three halvings leave 8.
        let crop = explanation.crop;
        assert!((crop.x - 2.0).abs() < 0.5 && (crop.width - 36.0).abs() < 0.5 && crop.height == 36.0, "{crop:?}");
        assert_eq!((explanation.width, explanation.height), (8, 8));
        let sum: f32 = explanation.map.iter().sum();
        assert!((sum / 64.0 - explanation.class.logit).abs() < 1e-4, "the map is exact here too");
        let source = pollster::block_on(session.explain(&seen, Question::default(), ModelChoice::Source)).unwrap();
        assert_eq!(source.seen.width, TOY_SIZE);
        let maps = pollster::block_on(session.feature_maps(&seen, Layer(0), 2, ModelChoice::Trained)).unwrap();
        assert_eq!((maps.width, maps.height), (32, 32));
    }

    let nearest = common::nearest(&mut session, &seen, 3, ModelChoice::Trained);
    assert_eq!((nearest.features, nearest.compared, nearest.neighbours[0].id), (Features::Trained, 12, 0));
    assert!((nearest.neighbours[0].similarity - 1.0).abs() < 1e-5);

    session.start_evaluation(EvaluationConfig { folds: Some(2), ..EvaluationConfig::default() }).unwrap();
    let (_, end) = finish(&mut session);
    let StepEvent::Evaluated { evaluation } = end else { panic!("{end:?}") };
    assert!(evaluation.applied && evaluation.photos.len() == 12);
    let answer = pollster::block_on(session.answer(&seen, 1, ModelChoice::Trained)).unwrap();
    assert!(answer.similarity.is_some(), "it can tell none of these");
}

#[test]
fn a_model_file_with_an_unusable_input_is_refused() {
    let (session, _) = trained(Regime::Scratch, 0);
    let file = export(&session);
    let text = br#""size":64"#;
    let at = file
        .windows(text.len())
        .position(|window| window == text)
        .map_or_else(|| file.windows(11).position(|window| window == br#"\"size\":64"#).unwrap() + 9, |at| at + 7);
    let mut spoilt = file;
    spoilt[at..at + 2].copy_from_slice(b"00");
    spoilt[at] = b' ';
    let error = toy_session().open_model(&spoilt).unwrap_err();
    assert!(error.message.contains("input of 0 pixels"), "{error}");
}

#[test]
fn full_and_scratch_ask_for_pixels_and_learn_the_same_from_them() {
    for regime in [Regime::Full, Regime::Scratch] {
        let (_, expected) = trained(regime, 0);
        let mut session = toy_session();
        add_drawn(&mut session, 3, 4, 0);
        train(&mut session, config(Regime::Head)); // Which drops the pixels.
        session.start_training(config(regime)).unwrap();
        let (asked, end) = finish(&mut session);
        let StepEvent::Done { report } = end else { panic!("{end:?}") };
        assert_eq!(asked, (0..12).map(|id| (id, 1)).collect(), "{regime:?}: each once, since all fit into memory");
        assert_eq!(report.history, expected.history, "{regime:?}");
        let whole = Draw { photo: 0, number: 0 };
        assert_eq!(session.cached_activation(&report.config, whole), None, "no picture is cached");
    }
}

/// A training of [`config`] with room for the pixels of `photos` photos; what it asked for, and its epochs.
fn with_room_for(photos: usize, regime: Regime) -> (usize, Vec<lastlayer::train::run::epoch::EpochEvent>) {
    let weights = open_toy(toy_weights_file(|_| ())).unwrap();
    let (device, card) = (common::cpu(), weights.card.input.clone());
    let stored = |id: PhotoId| card.store(&photo(id)).unwrap();
    let mut dataset = Dataset::with_pixel_budget(photos * stored(0).bytes());
    for id in 0..12 {
        let hash = PerceptualHash::of(&stored(id).prepared);
        let label = TOY_LABELS[id as usize / 4];
        dataset.add_photo(id, "", label, &format!("hash {id}"), hash, stored(id)).unwrap();
    }
    let config = config(regime).settle(&common::TOY, 8).unwrap();
    let mut embedders: Vec<Embedder> = [(0, card.clone()), (3, InputSpec { size: 64.max(card.size), ..card.clone() })]
        .map(|(k, input)| Embedder::load(&TOY, Split(k), &mut weights.params(), input, card.clone(), &device))
        .into();
    let mut asked = 0;
    let mut run: Option<TrainRun> = None;
    loop {
        let bench = Workbench {
            device: &device,
            weights: &weights,
            photos: Photos {
                dataset: &mut dataset,
                embedders: &mut embedders,
                own: 1,
                activation_budget: ACTIVATION_BUDGET,
            },
            readers: 1,
            now: 0.0,
            clock: || 0.0,
        };
        let Some(run) = &mut run else {
            run = Some(TrainRun::new(config.clone(), None, bench).unwrap());
            continue;
        };
        match pollster::block_on(run.step(bench)).unwrap() {
            Step::NeedPhotos(ids) => {
                asked += ids.len();
                ids.iter().for_each(|&id| dataset.supply_pixels(id, stored(id)).unwrap());
                let kept = dataset.photos().filter(|photo| photo.pixels.is_some()).count();
                assert!(kept <= photos + ids.len(), "{kept} photos in memory");
            }
            Step::Event(_) => {}
            Step::Finished(trained) => return (asked, trained.report.history),
        }
    }
}

#[test]
fn pixels_that_do_not_fit_into_memory_are_asked_for_batch_by_batch() {
    let (never, expected) = with_room_for(12, Regime::Scratch);
    let (often, history) = with_room_for(5, Regime::Scratch);
    assert_eq!(never, 0);
    assert!(often > 7 * 3, "{often}");
    assert_eq!(history, expected);
}

#[test]
fn every_epoch_of_full_draws_anew() {
    let losses = |augment| {
        let mut session = toy_session();
        add_drawn(&mut session, 3, 4, 0);
        // A rate so small that nothing is learnt: epochs differ by what they look at alone.
        let config = TrainConfig { augment, learning_rate: 1e-6, batch_size: 512, ..config(Regime::Full) };
        let (_, report) = train(&mut session, config);
        report.history.iter().map(|epoch| epoch.train_loss).collect::<Vec<_>>()
    };
    let spread = |losses: &[f64]| losses.iter().fold(0f64, |most, loss| most.max((loss - losses[0]).abs()));
    // The first three epochs are those without the held-out photos.
    let (plain, augmented) = (losses(0), losses(8));
    assert!(spread(&augmented[..3]) > 10.0 * spread(&plain[..3]), "{plain:?} {augmented:?}");
}

#[test]
fn a_training_too_large_for_memory_gives_up_draws_and_then_stages_and_says_so() {
    let train_within = |budget| {
        let mut session = toy_session();
        session.set_activation_budget(budget);
        add_drawn(&mut session, 3, 4, 0);
        train(&mut session, config(Regime::LastK)).1
    };
    // Two stages learn on 8 × 16 × 16 numbers, one on 12 × 8 × 8.
    let [two, one] = [8 * 16 * 16, 12 * 8 * 8].map(|numbers| 12 * numbers * 2u64);
    let used = |report: &Report| (report.config.augment, report.config.last_stages);
    let report = train_within(3 * two);
    assert_eq!((used(&report), report.reduced), ((2, 2), None));
    let report = train_within(3 * two - 1);
    assert_eq!(used(&report), (1, 2));
    let reduced = report.reduced.unwrap();
    assert_eq!((reduced.budget_bytes, reduced.augment), (3 * two - 1, Change { asked: 2, used: 1 }));
    assert_eq!(reduced.last_stages, Change { asked: 2, used: 2 });
    assert_eq!(used(&train_within(two)), (0, 2));
    let report = train_within(two - 1);
    assert_eq!((used(&report), report.config.regime), (((two - 1) as i32 / one as i32 - 1, 1), Regime::LastK));
    let report = train_within(1);
    assert_eq!((used(&report), report.config.regime), ((0, 0), Regime::Head));
    assert!(report.val.is_some() && report.reduced.is_some());
}
