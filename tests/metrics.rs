//! Metrics against scikit-learn's values (`fixtures/make_metrics.py`).

mod common;

use lastlayer::metrics::{Scores, cross_entropy, softmax, top_k};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    ties: Vec<Tie>,
    extreme: Vec<Extreme>,
}

#[derive(Deserialize)]
struct Case {
    labels: Vec<usize>,
    logits: Vec<Vec<f32>>,
    softmax: Vec<Vec<f64>>,
    log_loss: f64,
    top_k: Vec<TopK>,
}

#[derive(Deserialize)]
struct TopK {
    k: usize,
    accuracy: f64,
}

#[derive(Deserialize)]
struct Tie {
    logits: Vec<f32>,
    order: Vec<usize>,
}

#[derive(Deserialize)]
struct Extreme {
    label: usize,
    logits: Vec<f32>,
    softmax: Vec<f64>,
    loss: f64,
}

fn assert_close(ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert!((ours - theirs).abs() < 1e-6, "{ours} against {theirs}");
    }
}

#[test]
fn agrees_with_scikit_learn() {
    let golden: Golden = common::fixture("metrics.json");
    assert!(golden.cases.len() >= 2);
    for case in &golden.cases {
        for (logits, expected) in case.logits.iter().zip(&case.softmax) {
            assert_close(&softmax(logits, 1.0), expected);
        }
        let classes = case.logits[0].len();
        let scores = Scores::from_logits(&case.logits.concat(), classes, &case.labels).unwrap();
        assert!((scores.loss - case.log_loss).abs() < 1e-6, "{} against {}", scores.loss, case.log_loss);
        for expected in &case.top_k {
            let hits =
                case.logits.iter().zip(&case.labels).filter(|(row, label)| top_k(row, expected.k).contains(label));
            let accuracy = hits.count() as f64 / case.labels.len() as f64;
            assert!((accuracy - expected.accuracy).abs() < 1e-9, "top-{}", expected.k);
            match expected.k {
                1 => assert!((scores.top1 - expected.accuracy).abs() < 1e-9),
                5 => assert!(scores.top5.is_some_and(|top5| (top5 - expected.accuracy).abs() < 1e-9)),
                _ => {}
            }
        }
    }
}

#[test]
fn ties_and_extremes() {
    let golden: Golden = common::fixture("metrics.json");
    for tie in &golden.ties {
        assert_eq!(top_k(&tie.logits, tie.logits.len()), tie.order);
    }
    for extreme in &golden.extreme {
        assert_close(&softmax(&extreme.logits, 1.0), &extreme.softmax);
        assert!((cross_entropy(&extreme.logits, extreme.label, 1.0) - extreme.loss).abs() < 1e-4);
    }
}
