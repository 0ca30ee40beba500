//! Whether 80 % means right four times out of five, and the one number that makes it so.

use serde::{Deserialize, Serialize};

use crate::metrics::{cross_entropy, softmax, top_k};

/// Bins of the reliability diagram, of equal width.
const BINS: usize = 10;
/// Limits of the temperature.
const LOWEST: f64 = 0.05;
const HIGHEST: f64 = 20.0;
/// How sure one is beforehand that the temperature is near 1, as the standard deviation of its logarithm: within a factor of
/// `e` in 19 cases of 20. Fifteen photos that are all recognised would otherwise ask for a temperature of zero; a few hundred
/// outweigh it. Over 120 trainings on 15 to 50 photos, values from 0.3 to 1 lowered the mean loss on other photos; no prior
/// at all raised it.
const PRIOR: f64 = 0.5;

/// Logits row by row, `[photos, classes]`, with the class of each row.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    pub logits: &'a [f32],
    pub classes: usize,
    pub labels: &'a [usize],
}

impl<'a> Rows<'a> {
    fn iter(self) -> impl Iterator<Item = (&'a [f32], usize)> {
        self.logits.chunks_exact(self.classes).zip(self.labels.iter().copied())
    }
}

/// Calibration at one temperature, beside that without.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Calibration {
    /// Logits are divided by it before the softmax. Above 1: the classifier was too sure of itself.
    pub temperature: f64,
    /// Mean negative log-likelihood in nats at temperature 1, and at this one.
    pub nll_before: f64,
    pub nll_after: f64,
    /// Expected calibration error (M. P. Naeini and others, AAAI 2015): the mean over photos of |accuracy − confidence| of
    /// their bin.
    pub ece_before: f64,
    pub ece_after: f64,
    /// The reliability diagram at this temperature.
    pub bins: Vec<Bin>,
}

/// Photos whose most probable class has a probability above `low`, up to `high`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    pub low: f64,
    pub high: f64,
    pub count: usize,
    /// Mean probability of the first guess, and how often it is right. 0 where the bin is empty.
    pub confidence: f64,
    pub accuracy: f64,
}

impl Calibration {
    pub fn at(temperature: f64, rows: Rows<'_>) -> Self {
        let bins = reliability(rows, temperature);
        Self {
            temperature,
            nll_before: nll(rows, 1.0),
            nll_after: nll(rows, temperature),
            ece_before: expected_error(&reliability(rows, 1.0)),
            ece_after: expected_error(&bins),
            bins,
        }
    }
}

/// The temperature that makes the known classes most probable (C. Guo and others, *On Calibration of Modern Neural Networks*,
/// ICML 2017), with a prior towards 1: it minimises `Σ −ln p(class) + (ln T)² / (2 · 0.5²)`. Rows must come from fits that did
/// not see their photo. 1 without rows.
pub fn fit_temperature(rows: Rows<'_>) -> f64 {
    if rows.labels.is_empty() {
        return 1.0;
    }
    let photos = rows.labels.len() as f64;
    let cost = |u: f64| nll(rows, u.exp()) + u * u / (2.0 * PRIOR * PRIOR * photos);
    // The log-likelihood alone has one minimum, with the prior nearly always so: a grid finds its valley, golden sections its
    // bottom. Neither needs derivatives that vanish far out.
    const STEPS: usize = 48;
    let (first, last) = (LOWEST.ln(), HIGHEST.ln());
    let width = (last - first) / STEPS as f64;
    let best = (0..=STEPS).map(|step| first + width * step as f64).min_by(|a, b| cost(*a).total_cmp(&cost(*b)));
    let centre = best.unwrap_or(0.0);
    let (mut low, mut high) = ((centre - width).max(first), (centre + width).min(last));
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    for _ in 0..40 {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if cost(a) <= cost(b) { high = b } else { low = a }
    }
    ((low + high) / 2.0).exp()
}

fn nll(rows: Rows<'_>, temperature: f64) -> f64 {
    let sum: f64 = rows.iter().map(|(row, label)| cross_entropy(row, label, temperature)).sum();
    sum / rows.labels.len().max(1) as f64
}

fn reliability(rows: Rows<'_>, temperature: f64) -> Vec<Bin> {
    let mut sums = [(0usize, 0.0, 0usize); BINS];
    for (row, label) in rows.iter() {
        let Some(&first) = top_k(row, 1).first() else { continue };
        let confidence = softmax(row, temperature)[first];
        let bin = ((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        sums[bin].0 += 1;
        sums[bin].1 += confidence;
        sums[bin].2 += usize::from(first == label);
    }
    let bin = |(index, &(count, confidence, right)): (usize, &(usize, f64, usize))| {
        let mean = |sum: f64| if count == 0 { 0.0 } else { sum / count as f64 };
        Bin {
            low: index as f64 / BINS as f64,
            high: (index + 1) as f64 / BINS as f64,
            count,
            confidence: mean(confidence),
            accuracy: mean(right as f64),
        }
    };
    sums.iter().enumerate().map(bin).collect()
}

fn expected_error(bins: &[Bin]) -> f64 {
    let photos: usize = bins.iter().map(|bin| bin.count).sum();
    let sum: f64 = bins.iter().map(|bin| bin.count as f64 * (bin.accuracy - bin.confidence).abs()).sum();
    if photos == 0 { 0.0 } else { sum / photos as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// Rows whose labels are drawn from the softmax of their logits, which are then scaled: the right temperature is `scale`.
    fn drawn(photos: usize, scale: f32, seed: u64) -> (Vec<f32>, Vec<usize>) {
        let mut rng = Rng::new(seed);
        let (mut logits, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..photos {
            let row: Vec<f32> = (0..4).map(|_| 1.5 * rng.normal()).collect();
            let mut left = f64::from(rng.uniform());
            let class = softmax(&row, 1.0).iter().position(|p| {
                left -= p;
                left < 0.0
            });
            labels.push(class.unwrap_or(3));
            logits.extend(row.iter().map(|x| x * scale));
        }
        (logits, labels)
    }

    #[test]
    fn a_known_scaling_is_recovered() {
        for scale in [0.4, 1.0, 3.0] {
            let (logits, labels) = drawn(4000, scale, 5);
            let rows = Rows { logits: &logits, classes: 4, labels: &labels };
            let temperature = fit_temperature(rows);
            assert!((temperature / f64::from(scale) - 1.0).abs() < 0.08, "{temperature} for {scale}");
            let calibration = Calibration::at(temperature, rows);
            assert!(calibration.nll_after <= calibration.nll_before + 1e-9);
            assert!(calibration.ece_after < 0.03, "{}", calibration.ece_after);
        }
    }

    #[test]
    fn a_few_photos_that_are_all_right_do_not_ask_for_certainty() {
        let logits: Vec<f32> = (0..10).flat_map(|photo| if photo % 2 == 0 { [3.0, 0.0] } else { [0.0, 3.0] }).collect();
        let labels: Vec<usize> = (0..10).map(|photo| photo % 2).collect();
        let rows = Rows { logits: &logits, classes: 2, labels: &labels };
        let temperature = fit_temperature(rows);
        assert!(temperature < 1.0 && temperature > 0.5, "{temperature}");
        assert_eq!(fit_temperature(Rows { logits: &[], classes: 2, labels: &[] }), 1.0);
        // All wrong, and sure of it.
        let wrong: Vec<usize> = labels.iter().map(|label| 1 - label).collect();
        let temperature = fit_temperature(Rows { logits: &logits, classes: 2, labels: &wrong });
        assert!(temperature > 2.0 && temperature <= HIGHEST, "{temperature}");
    }

    #[test]
    fn bins_and_error_of_a_hand_computed_case() {
        // First guesses at 0.75 (right, wrong) and 0.9 (right, right): errors 0.25 and 0.1.
        let logits = [3f32.ln(), 0.0, 3f32.ln(), 0.0, 9f32.ln(), 0.0, 0.0, 9f32.ln()];
        let calibration = Calibration::at(1.0, Rows { logits: &logits, classes: 2, labels: &[0, 1, 0, 1] });
        assert_eq!(calibration.bins.len(), BINS);
        assert_eq!((calibration.bins[7].count, calibration.bins[7].accuracy), (2, 0.5));
        assert!((calibration.bins[7].confidence - 0.75).abs() < 1e-6);
        assert_eq!(calibration.bins.iter().map(|bin| bin.count).sum::<usize>(), 4);
        assert!((calibration.ece_after - 0.175).abs() < 1e-6, "{}", calibration.ece_after);
        assert_eq!(calibration.ece_before, calibration.ece_after);
    }
}
