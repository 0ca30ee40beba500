//! What serde writes to the page, one sample of each object, in `fixtures/boundary.json`. `tests/web/unit/boundary.test.mjs` checks that the
//! types of the JavaScript say the same, key by key: so a field that is added, renamed or left out here is missed there.
//!
//! After a change of what is written: `BLESS=1 cargo test --release --test boundary`, then look at the diff.

use lastlayer::advise::cost::{Measured, Speed};
use lastlayer::advise::decide::{Advice, Findings, Plan, Reason, Separability};
use lastlayer::advise::similarity::Similarity;
use lastlayer::advise::trial::{Trial, Tried};
use lastlayer::data::folder_layout::{Group, Layout, Note};
use lastlayer::device::DeviceKind;
use lastlayer::error::{Error, ErrorCode};
use lastlayer::eval::classifier::{Answer, Prediction};
use lastlayer::eval::compared::{Compared, ComparedRun, Difference};
use lastlayer::eval::explain::{ClassScore, Explanation};
use lastlayer::eval::feature_maps::Channel;
use lastlayer::eval::nearest::{Features, Nearest, Neighbour};
use lastlayer::eval::provisional::{Impression, LeftOut};
use lastlayer::image::Pixels;
use lastlayer::image::prepare::Crop;
use lastlayer::metrics::Scores;
use lastlayer::score::calibration::{Bin, Calibration};
use lastlayer::score::confusion::ClassScore as ClassResult;
use lastlayer::score::evaluation::{Evaluation, Method, PhotoResult};
use lastlayer::score::interval::Interval;
use lastlayer::score::novelty::Threshold;
use lastlayer::score::paired::PairedCounts;
use lastlayer::session::event::StepEvent;
use lastlayer::session::provisional::ProvisionalStep;
use lastlayer::train::plan::budget::{Change, Reduced};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;
use lastlayer::train::run::epoch::{EpochEvent, FitPhase};
use lastlayer::train::run::overfitting::Overfitting;
use lastlayer::train::run::report::Report;
use lastlayer::train::run::resume::Resumed;
use serde_json::{Value, json};

/// Structs are written out field by field, and enums matched without a wildcard: what is new does not compile until it is here.
#[test]
fn what_crosses_the_boundary_is_what_the_fixture_says() {
    let found = json!({
        "StepEvent": events(),
        "Advice": [advice(true), advice(false)],
        "CoreResumed": [resumed(Some(FitPhase::Refit)), resumed(None)],
        "ProvisionalStep": provisional(),
        "NearestIds": [nearest(Features::Source), nearest(Features::Trained)],
        "Layout": [layout()],
        "Answer": [answer(true), answer(false)],
        "ExplanationAsWritten": [explanation(true), explanation(false)],
        "ChannelAsWritten": [channel()],
        "ErrorMessage": codes().into_iter().map(|code| Error::new(code, "text").with("name", 1)).collect::<Vec<_>>(),
    });
    let text = format!("{}\n", serde_json::to_string_pretty(&found).unwrap());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/boundary.json");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let expected: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(found, expected, "run with BLESS=1 to write what is written now, then look at the diff");
}

/// One of each that reaches the page, nothing in it `None`, and then everything that can be.
fn events() -> Vec<StepEvent> {
    let some = [
        StepEvent::NeedPhotos { ids: vec![1, 2] },
        StepEvent::Embed { done: 1, total: 2 },
        StepEvent::Batch { phase: FitPhase::Holdout, epoch: 1, epochs: 2, batch: 1, batches: 3 },
        StepEvent::Epoch(epoch(true)),
        StepEvent::Advising,
        StepEvent::Advised { advice: Box::new(advice(true)) },
        StepEvent::Done { report: Box::new(report(true)) },
        StepEvent::Fold { fold: 1, folds: 5, epoch: 1, epochs: 2, batch: 1, batches: 3 },
        StepEvent::Evaluated { evaluation: Box::new(evaluation()) },
        StepEvent::Run { run: 1, runs: 2, name: "head".to_owned(), event: Box::new(StepEvent::Epoch(epoch(true))) },
        StepEvent::ComparedSoFar { comparison: Box::new(compared(true)) },
        StepEvent::Compared { comparison: Box::new(compared(true)) },
    ];
    let none = [
        StepEvent::Epoch(epoch(false)),
        StepEvent::Done { report: Box::new(report(false)) },
        StepEvent::Compared { comparison: Box::new(compared(false)) },
    ];
    some.into_iter().chain(none).inspect(every_event_is_known).collect()
}

/// An event that is added does not compile until it has a sample.
fn every_event_is_known(event: &StepEvent) {
    match event {
        StepEvent::NeedPhotos { .. }
        | StepEvent::Embed { .. }
        | StepEvent::Batch { .. }
        | StepEvent::Epoch(_)
        | StepEvent::Advising
        | StepEvent::Advised { .. }
        | StepEvent::Done { .. }
        | StepEvent::Fold { .. }
        | StepEvent::Evaluated { .. }
        | StepEvent::Run { .. }
        | StepEvent::ComparedSoFar { .. }
        | StepEvent::Compared { .. } => {}
    }
}

macro_rules! codes {
    ($($code:ident)*) => {
        /// All but that of the command line alone.
        fn codes() -> Vec<ErrorCode> {
            let known = |code| match code { $(ErrorCode::$code => code != ErrorCode::Io,)* };
            [$(ErrorCode::$code,)*].into_iter().filter(|&code| known(code)).collect()
        }
    };
}

codes! {
    NotAnImage UnsupportedFormat ImageTruncated ImageEmpty ImageTooLarge TooFewClasses EmptyClass TooFewPhotos ClassExists UnknownClass UnknownPhoto InvalidLabel
    InvalidOption NoClassifier WeightsCorrupt WeightsMismatch WeightsUnsupported ModelCorrupt ModelMismatch CheckpointCorrupt CheckpointMismatch WebgpuUnavailable
    Busy Io Internal
}

fn scores(some: bool) -> Scores {
    Scores { loss: 0.25, top1: 0.75, top5: some.then_some(1.0), count: 4 }
}

fn epoch(some: bool) -> EpochEvent {
    EpochEvent {
        phase: if some { FitPhase::Holdout } else { FitPhase::Refit },
        epoch: 1,
        epochs: 2,
        train_loss: 0.5,
        train_top1: 0.5,
        train_top5: some.then_some(1.0),
        val_loss: some.then_some(0.5),
        val_top1: some.then_some(0.5),
        val_top5: some.then_some(1.0),
    }
}

fn overfitting() -> Overfitting {
    Overfitting {
        epoch: 3,
        lowest_val_loss: 0.5,
        last_val_loss: 0.75,
        standard_error: 0.0625,
        train_top1: 1.0,
        val_top1: 0.75,
        gap: 0.25,
    }
}

fn reduced() -> Reduced {
    let change = Change { asked: 4, used: 2 };
    Reduced { budget_bytes: 1 << 20, augment: change, last_stages: change, batch_size: Some(change) }
}

fn report(some: bool) -> Report {
    Report {
        classes: vec!["a".to_owned(), "b".to_owned()],
        train_images: 4,
        per_class: vec![3, 3],
        held_out: 2,
        held_out_look_alikes: 0,
        never_held_out: vec!["b".to_owned()],
        epochs: 1,
        epochs_tried: 2,
        epochs_chosen: true,
        stopped_early: false,
        val: some.then(|| scores(true)),
        train: scores(false),
        overfitting: some.then(overfitting),
        history: vec![epoch(some)],
        seconds: 1.5,
        embed_seconds: 0.5,
        photos_read: 6,
        seed: 1,
        reduced: some.then(reduced),
        config: TrainConfig::default(),
        device: if some { DeviceKind::Cpu } else { DeviceKind::WebGpu },
        adapter: String::new(),
        backbone: "efficientnet_lite0".to_owned(),
        version: "0",
    }
}

fn evaluation() -> Evaluation {
    let method = Method {
        folds: 3,
        epochs: 2,
        seed: 0,
        last_stages: 0,
        photos: 7,
        near_duplicates: vec![vec![1, 2]],
        never_held_out: vec!["c".to_owned()],
    };
    let class = |label: &str, rate: Option<f64>| ClassResult {
        label: label.to_owned(),
        precision: rate,
        recall: rate,
        support: 3,
        predicted: 3,
    };
    let calibration = Calibration {
        temperature: 1.5,
        nll_before: 0.5,
        nll_after: 0.25,
        ece_before: 0.25,
        ece_after: 0.125,
        bins: vec![Bin { low: 0.0, high: 0.5, count: 3, confidence: 0.5, accuracy: 0.5 }],
    };
    let photo = PhotoResult {
        id: 1,
        label: 0,
        predicted: 1,
        probability: 0.75,
        loss: 1.5,
        similarity: 0.5,
        unknown: false,
        fold: 0,
    };
    Evaluation {
        classes: ["a", "b", "c"].map(str::to_owned).to_vec(),
        method,
        scores: scores(true),
        accuracy: Interval { low: 0.5, high: 1.0 },
        per_class: vec![class("a", Some(0.5)), class("b", None)],
        confusion: vec![vec![3, 0], vec![1, 2]],
        calibration,
        unknown: threshold(),
        photos: vec![photo],
        applied: true,
    }
}

fn threshold() -> Threshold {
    Threshold { similarity: 0.5, wanted_reject_rate: 0.0625, reject_rate: 0.125 }
}

fn compared(some: bool) -> Compared {
    let interval = Interval { low: 0.5, high: 1.0 };
    let run = |name: &str| ComparedRun {
        name: name.to_owned(),
        config: TrainConfig::default(),
        reduced: some.then(reduced),
        val: scores(some),
        accuracy: interval,
        predicted: vec![0, 1],
        history: vec![epoch(some)],
        overfitting: some.then(overfitting),
        seconds: 2.5,
        embed_seconds: 0.5,
    };
    let counts = PairedCounts { both_right: 1, only_a: 0, only_b: 1, both_wrong: 0 };
    Compared {
        classes: vec!["a".to_owned(), "b".to_owned()],
        train_images: 4,
        held_out: vec![1, 2],
        labels: vec![0, 1],
        independent: 2.0,
        held_out_look_alikes: 0,
        never_held_out: vec!["b".to_owned()],
        holdout: 0.25,
        seed: 0,
        runs: vec![run("head"), run("full")],
        differences: vec![Difference { a: 0, b: 1, counts, difference: 0.5, interval }],
        seconds: 5.0,
        device: DeviceKind::Cpu,
        adapter: String::new(),
        backbone: "efficientnet_lite0".to_owned(),
        version: "0",
    }
}

fn advice(some: bool) -> Advice {
    let plan = |regime| Plan { regime, config: TrainConfig { regime, ..TrainConfig::default() }, seconds: 2.0 };
    let interval = Interval { low: 0.5, high: 1.0 };
    let measured = Measured { last_stages: 0, batch_size: 16, embed_seconds: 0.03125, train_seconds: 0.0625 };
    Advice {
        plan: plan(Regime::Head),
        reasons: vec![Reason { code: "few-photos", params: [("photos", 5.0)].into(), text: "Few.".to_owned() }],
        findings: Findings {
            photos: 6,
            classes: 2,
            smallest: 3,
            largest: 3,
            similarity: Some(Similarity { score: 0.5, confidence: 0.5, already_told_apart: 0.0 }),
            separability: some.then_some(Separability { accuracy: 0.75, interval, folds: 3 }),
            trial: some.then_some(Trial {
                last_stages: 1,
                folds: 2,
                photos: 6,
                head: Tried { accuracy: 0.5, loss: 0.75 },
                deeper: Tried { accuracy: 0.75, loss: 0.5 },
                seconds: 1.5,
                expected_seconds: 1.25,
            }),
        },
        speed: Speed { measured: vec![measured], readers: 2 },
        time_limit: 120.0,
        without_limit: some.then(|| plan(Regime::Full)),
        regimes: [Regime::Head, Regime::LastK, Regime::Full, Regime::Scratch].map(plan).to_vec(),
    }
}

fn resumed(phase: Option<FitPhase>) -> Resumed {
    let history = vec![epoch(phase.is_some())];
    Resumed { config: TrainConfig::default(), epochs_chosen: true, phase, epoch: 1, epochs: 2, history }
}

fn provisional() -> Vec<ProvisionalStep> {
    let interval = Interval { low: 0.25, high: 0.75 };
    let impression = |scores| Impression { classes: vec!["a".to_owned()], photos: 1, scores };
    let made = |scores| ProvisionalStep::Made { impression: impression(scores) };
    let all =
        [ProvisionalStep::UpToDate, ProvisionalStep::More, made(Some(LeftOut { top1: 0.5, interval })), made(None)];
    let known = |step: &ProvisionalStep| match step {
        ProvisionalStep::UpToDate | ProvisionalStep::More | ProvisionalStep::Made { .. } => {}
    };
    all.into_iter().inspect(known).collect()
}

fn nearest(features: Features) -> Nearest {
    let neighbour = Neighbour { id: 1, name: "1.jpg".to_owned(), label: "a".to_owned(), similarity: 0.5 };
    Nearest { features, compared: 2, neighbours: vec![neighbour] }
}

fn layout() -> Layout {
    let group = |label: Option<&str>| Group { label: label.map(str::to_owned), files: vec![0] };
    Layout {
        photos: vec![group(Some("a")), group(None)],
        test: vec![group(Some("a"))],
        left_out: vec![1],
        notes: vec![
            Note::Parts { photos: vec!["train".to_owned()], test: vec!["test".to_owned()] },
            Note::Shortened { from: "long".to_owned(), to: "lo".to_owned() },
        ],
    }
}

fn prediction() -> Prediction {
    Prediction { label: "a".to_owned(), index: 0, probability: 0.5 }
}

fn answer(some: bool) -> Answer {
    Answer {
        predictions: vec![prediction()],
        unknown: some,
        similarity: some.then_some(0.25),
        threshold: some.then(threshold),
    }
}

fn pixel() -> Pixels {
    Pixels { width: 1, height: 1, rgb: vec![0; 3] }
}

/// Without the two maps, which the boundary hands over as typed arrays.
fn explanation(some: bool) -> Value {
    let score = || ClassScore { label: "a".to_owned(), index: 0, logit: 1.5, probability: 0.5 };
    let explanation = Explanation {
        class: score(),
        against: some.then(score),
        width: 1,
        height: 1,
        map: vec![0.5],
        evidence: vec![0.5],
        scale: 0.5,
        top: vec![prediction()],
        crop: Crop { x: 0.5, y: 0.0, width: 1.0, height: 1.0 },
        seen: pixel(),
    };
    let mut written = serde_json::to_value(explanation).unwrap();
    for map in ["map", "evidence"] {
        assert!(written.as_object_mut().unwrap().remove(map).is_some());
    }
    written
}

fn channel() -> Channel {
    Channel { index: 3, variance: 0.5, range: [-0.5, 1.5], picture: pixel() }
}
