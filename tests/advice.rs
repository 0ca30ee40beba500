//! Advice: what follows from findings and speed, and the run that finds them out.

mod common;

use std::sync::Mutex;

use common::{add_drawn, cpu, head, open_toy, toy_session, toy_weights_file, train};
use lastlayer::advise::cost::{Measured, Speed};
use lastlayer::advise::decide::{Advice, Findings, Separability, decide};
use lastlayer::advise::similarity::Similarity;
use lastlayer::advise::trial::{Trial, Tried};
use lastlayer::backbone::efficientnet_lite::LITE0;
use lastlayer::error::ErrorCode;
use lastlayer::score::interval::Interval;
use lastlayer::session::Session;
use lastlayer::session::event::StepEvent;
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;

const FLOWERS: f64 = 0.54;
const BETWEEN: f64 = 0.46;
const HANDS: f64 = 0.32;

fn findings(per_class: usize, score: f64, accuracy: f64) -> Findings {
    let similarity = Some(Similarity { score, confidence: score, already_told_apart: 0.0 });
    let interval = Interval { low: accuracy - 0.1, high: (accuracy + 0.05).min(1.0) };
    let separability = Some(Separability { accuracy, interval, folds: 5 });
    let (photos, smallest, largest, trial) = (5 * per_class, per_class, per_class, None);
    Findings { photos, classes: 5, smallest, largest, similarity, separability, trial }
}

/// A try after which the loss with the last stage is so many times that of the output layer.
fn tried(ratio: f64) -> Option<Trial> {
    let (head, deeper) = (Tried { accuracy: 0.8, loss: 0.5 }, Tried { accuracy: 0.8, loss: 0.5 * ratio });
    Some(Trial { last_stages: 1, folds: 2, photos: 50, head, deeper, seconds: 6.0, expected_seconds: 6.0 })
}

/// A middling laptop.
fn speed() -> Speed {
    let measured = |last_stages, embed_seconds, train_seconds| Measured {
        last_stages,
        batch_size: 16,
        embed_seconds,
        train_seconds,
    };
    Speed { measured: vec![measured(0, 0.02, 1e-4), measured(3, 0.012, 0.02), measured(7, 0.0, 0.09)], readers: 1 }
}

fn advice(findings: Findings, wish: &TrainConfig) -> Advice {
    let photos = findings.photos;
    decide(findings, speed(), wish, |config| if config.last_stages == 0 { photos } else { 0 }, &LITE0).unwrap()
}

fn unlimited() -> TrainConfig {
    TrainConfig { time_limit: 86_400.0, ..TrainConfig::default() }
}

fn codes(advice: &Advice) -> Vec<&'static str> {
    advice.reasons.iter().map(|reason| reason.code).collect()
}

#[test]
fn the_table_of_the_four_regimes() {
    let regime = |per_class, score, accuracy| advice(findings(per_class, score, accuracy), &unlimited()).plan.regime;
    assert_eq!(regime(10, FLOWERS, 0.9), Regime::Head);
    assert_eq!(regime(10, HANDS, 0.8), Regime::LastK);
    assert_eq!([3, 4, 5].map(|few| regime(few, HANDS, 0.8)), [Regime::Head, Regime::Head, Regime::LastK]);
    assert_eq!(regime(300, FLOWERS, 0.9), Regime::Full);
    assert_eq!(regime(300, HANDS, 0.9), Regime::Full);
    assert_eq!(regime(5000, HANDS, 0.9), Regime::Scratch);
    // In between the photos are asked what the frozen features can tell apart.
    assert_eq!([0.95, 0.7].map(|accuracy| regime(10, BETWEEN, accuracy)), [Regime::Head, Regime::LastK]);
    let mut solved = findings(300, HANDS, 1.0);
    solved.separability = Some(Separability { accuracy: 1.0, interval: Interval { low: 0.98, high: 1.0 }, folds: 5 });
    assert_eq!(advice(solved, &unlimited()).plan.regime, Regime::Head, "nothing left to gain");
    let of_few = |accuracy, low| {
        let separability = Separability { accuracy, interval: Interval { low, high: 1.0 }, folds: 5 };
        advice(Findings { separability: Some(separability), ..findings(10, HANDS, accuracy) }, &unlimited()).plan.regime
    };
    assert_eq!(of_few(0.96, 0.94), Regime::LastK);
    assert_eq!(of_few(0.99, 0.94), Regime::Head, "hardly anything left to gain");
    assert_eq!(of_few(1.0, 0.9), Regime::LastK, "25 photos do not say that much");
}

#[test]
fn photos_that_are_alike_are_taught_without_draws() {
    let draws = |score, wish: &TrainConfig| advice(findings(3, score, 0.9), wish).plan.config.augment;
    assert_eq!([FLOWERS, BETWEEN, HANDS].map(|score| draws(score, &unlimited())), [0, 0, 14]);
    assert_eq!(draws(FLOWERS, &TrainConfig { augment: 3, ..unlimited() }), 3, "the person has chosen");
}

#[test]
fn a_try_decides_and_has_to_show_more_where_photos_are_alike() {
    for (score, enough, too_much) in [(FLOWERS, 0.7, 0.8), (BETWEEN, 1.2, 1.3), (HANDS, 1.4, 1.6)] {
        for (ratio, regime, code) in [
            (0.5, Regime::LastK, "verdict-deeper-pays"),
            (enough, Regime::LastK, "verdict-deeper-pays"),
            (too_much, Regime::Head, "verdict-deeper-does-not-pay"),
        ] {
            let advice = advice(Findings { trial: tried(ratio), ..findings(10, score, 0.8) }, &unlimited());
            assert_eq!(
                (advice.plan.regime, codes(&advice)[3..5].to_vec()),
                (regime, vec!["tried", code]),
                "{score} {ratio}"
            );
        }
    }
    // What takes twice as long as it should in the try does so in the training.
    let of = |expected_seconds| {
        let trial = tried(0.5).map(|trial| Trial { expected_seconds, ..trial });
        advice(Findings { trial, ..findings(10, HANDS, 0.8) }, &unlimited())
    };
    assert!((of(3.0).plan.seconds / of(6.0).plan.seconds - 2.0).abs() < 1e-9);
    assert_eq!(of(0.0).plan.seconds, of(6.0).plan.seconds, "of a stopped clock");
    assert_eq!(of(3.0).regimes[0].seconds, of(6.0).regimes[0].seconds, "the output layer alone");
    // What it took is no longer there for the training.
    let within = |trial| {
        advice(Findings { trial, ..findings(40, HANDS, 0.8) }, &TrainConfig { time_limit: 60.0, ..unlimited() })
    };
    assert!(within(tried(0.5)).plan.seconds <= 54.0 && within(None).plan.seconds > 54.0);
}

#[test]
fn a_try_is_made_where_it_is_open_and_short() {
    let of = |per_class: usize, wish: TrainConfig| {
        let mut session = toy_session();
        add_drawn(&mut session, 3, per_class, 0);
        advise(&mut session, wish).findings
    };
    // The toy tells its photos apart but for a few, where each gets the label of another class.
    let wish = TrainConfig::default;
    assert_eq!(of(4, wish()).trial, None, "too few");
    let mut session = toy_session();
    add_drawn(&mut session, 3, 7, 0);
    for (photo, label) in [(0, "two"), (8, "zero"), (15, "one"), (16, "two"), (1, "zero"), (9, "one")] {
        session.move_photos(&[photo], label).unwrap();
    }
    let advice = advise(&mut session, wish());
    let trial = advice.findings.trial.unwrap();
    assert_eq!((trial.last_stages, trial.folds, trial.photos), (1, 2, 21));
    assert!([trial.head, trial.deeper].iter().all(|tried| tried.loss > 0.0 && tried.accuracy < 1.0), "{trial:?}");
    assert!(codes(&advice).contains(&"tried"));
    // Nothing can be held out of classes that are one picture many times.
    let mut copies = toy_session();
    for (id, label) in (0..12).map(|id| (id, ["one", "two"][id as usize % 2])) {
        let photo = common::drawn(id as usize % 2, 0, 48, 40);
        copies.add_photo(id, "", label, &format!("{id:064}"), &photo).unwrap();
    }
    let Findings { separability, trial, .. } = advise(&mut copies, wish()).findings;
    assert_eq!((separability, trial), (None, None));
    let chosen = advise(&mut session, TrainConfig { regime: Regime::Head, ..wish() });
    assert_eq!(chosen.findings.trial, None, "the person has chosen");
    let (_, report) = train(&mut session, advice.plan.config.clone());
    assert_eq!(report.config, advice.plan.config);
}

#[test]
fn every_reason_cites_its_number() {
    let mut uneven = findings(10, HANDS, 0.3);
    (uneven.smallest, uneven.largest) = (3, 17);
    let said = advice(uneven, &unlimited());
    assert_eq!(
        codes(&said),
        ["few-photos", "unlike", "separability", "verdict-last-k", "imbalance", "very-few", "no-better-than-chance"]
    );
    for reason in &said.reasons {
        for (name, value) in &reason.params {
            let written = [format!("{value:.0}"), format!("{value:.2}"), format!("{:.0} %", value * 100.0)];
            let silent = matches!(*name, "photos" | "folds");
            assert!(silent || written.iter().any(|text| reason.text.contains(text)), "{name} in {reason:?}");
        }
    }
    let mut known = findings(10, FLOWERS, 0.9);
    known.similarity.as_mut().unwrap().already_told_apart = 0.96;
    let worth = |findings| codes(&advice(findings, &unlimited())).pop();
    assert_eq!(worth(known), Some("already-known"));
    assert_eq!(worth(findings(10, FLOWERS, 0.9)), Some("pays"));
}

#[test]
fn without_a_source_model_the_frozen_features_decide() {
    let unasked = |accuracy| Findings { similarity: None, ..findings(20, FLOWERS, accuracy) };
    for (accuracy, regime) in [(0.9, Regime::Head), (0.7, Regime::LastK)] {
        let said = advice(unasked(accuracy), &unlimited());
        assert_eq!(said.plan.regime, regime);
        assert!(codes(&said).contains(&"no-source"), "{:?}", codes(&said));
    }
    let blind = Findings { separability: None, ..unasked(0.9) };
    assert_eq!(advice(blind, &unlimited()).plan.regime, Regime::Head, "the safest where nothing is known");
}

#[test]
fn the_time_limit_takes_away_and_says_what() {
    let free = advice(findings(40, HANDS, 0.8), &unlimited());
    assert_eq!(
        (free.plan.regime, free.plan.config.last_stages, free.without_limit.is_none()),
        (Regime::LastK, 3, true)
    );
    let mut last = f64::INFINITY;
    for limit in [200.0, 100.0, 50.0, 20.0, 5.0, 1.0] {
        let advice = advice(findings(40, HANDS, 0.8), &TrainConfig { time_limit: limit, ..TrainConfig::default() });
        let seconds = advice.plan.seconds;
        assert!(
            seconds <= limit || advice.plan.config.augment == 0 && advice.plan.regime == Regime::Head,
            "{limit}: {seconds}"
        );
        assert!(seconds <= last, "less time, less work");
        last = seconds;
        if seconds < free.plan.seconds {
            let better = advice.without_limit.as_ref().unwrap();
            assert_eq!((better.regime, better.seconds), (free.plan.regime, free.plan.seconds));
            assert!(codes(&advice).contains(&"time-limit"));
        }
    }
}

#[test]
fn what_the_person_chose_stays() {
    let wish = TrainConfig { augment: 3, epochs: 7, seed: 9, holdout: 0.0, ..unlimited() };
    for score in [FLOWERS, HANDS] {
        let TrainConfig { augment, epochs, seed, holdout, .. } = advice(findings(10, score, 0.8), &wish).plan.config;
        assert_eq!((augment, epochs, seed, holdout), (3, 7, 9, 0.0));
    }
}

fn advise(session: &mut Session, wish: TrainConfig) -> Advice {
    session.start_advice(wish).unwrap();
    while !matches!(pollster::block_on(session.step()).unwrap(), StepEvent::Advised { .. }) {}
    session.advice().unwrap().clone()
}

#[test]
fn a_run_finds_out_and_its_plan_trains() {
    let mut session = toy_session();
    add_drawn(&mut session, 3, 4, 0);
    let advice = advise(&mut session, TrainConfig::default());
    let Findings { photos, classes, smallest, largest, separability, .. } = advice.findings.clone();
    assert_eq!((photos, classes, smallest, largest), (12, 3, 4, 4));
    let separability = separability.unwrap();
    assert!(separability.interval.low <= separability.accuracy && separability.folds == 4);
    assert!(!advice.speed.measured.is_empty() && advice.regimes.len() == 4);
    let (_, report) = train(&mut session, advice.plan.config.clone());
    assert_eq!(report.config, advice.plan.config, "settled: the training decides nothing any more");
    // The same findings give the same advice; the toy's stand-in for a clock stands still, so that only making draws would
    // take time, and those are there now.
    let again = advise(&mut session, TrainConfig::default());
    assert_eq!(
        (&again.findings, &again.reasons, &again.plan.config),
        (&advice.findings, &advice.reasons, &advice.plan.config)
    );
    assert!(again.plan.seconds < advice.plan.seconds);
}

#[test]
fn one_photo_a_class_is_enough_for_advice() {
    let mut session = toy_session();
    add_drawn(&mut session, 2, 1, 0);
    let advice = advise(&mut session, TrainConfig::default());
    assert_eq!(advice.findings.separability, None);
    assert!(codes(&advice).contains(&"very-few"));
}

#[test]
fn auto_has_to_be_advised_and_advice_needs_classes() {
    let mut session = toy_session();
    assert_eq!(session.start_advice(TrainConfig::default()).unwrap_err().code, ErrorCode::TooFewClasses);
    add_drawn(&mut session, 2, 2, 0);
    let error = session.start_training(TrainConfig::default()).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidOption);
    assert!(error.message.contains("advice first"), "{}", error.message);
    session.start_advice(TrainConfig::default()).unwrap();
    assert_eq!(session.start_training(head()).unwrap_err().code, ErrorCode::Busy);
    session.cancel_training();
    train(&mut session, TrainConfig { epochs: 2, ..head() });
}

/// Every second batch that is timed by it seems to take ten times as long, as where another program gets in between.
fn unsteady_clock() -> f64 {
    static NOW: Mutex<(u64, f64)> = Mutex::new((0, 0.0));
    let mut now = NOW.lock().unwrap();
    now.0 += 1;
    now.1 += if now.0 % 4 < 2 { 0.1 } else { 0.01 };
    now.1
}

#[test]
fn the_lowest_of_several_times_counts_and_is_remembered() {
    let mut session = Session::new(cpu(), open_toy(toy_weights_file(|_| ())).unwrap(), unsteady_clock).unwrap();
    add_drawn(&mut session, 3, 4, 0);
    let Speed { measured, .. } = advise(&mut session, TrainConfig::default()).speed;
    let batch = session.device().embedding_batch() as f64;
    for Measured { embed_seconds, train_seconds, batch_size, .. } in &measured {
        let batches = [embed_seconds * batch, train_seconds * *batch_size as f64];
        assert!(batches.iter().all(|seconds| (seconds - 0.01).abs() < 1e-9), "{batches:?}");
    }
    let again = |session: &mut Session, batch_size| {
        advise(session, TrainConfig { batch_size, ..TrainConfig::default() }).speed.measured
    };
    let other = again(&mut session, 4);
    assert!(other.iter().all(|measured| measured.batch_size == 4), "another batch takes another time: {other:?}");
    assert_eq!(again(&mut session, TrainConfig::default().batch_size), measured);
}
