//! Scores from logits, on the host: softmax, cross-entropy, top-k, and their averages.

use serde::{Deserialize, Serialize};

/// How many classes there must be before "right class among the first five" says anything.
pub const CLASSES_FOR_TOP5: usize = 6;

/// Probabilities of one image's classes: the softmax of its logits, divided by a temperature before (1 leaves them as they are).
pub fn softmax(logits: &[f32], temperature: f64) -> Vec<f64> {
    let exponentials: Vec<f64> = shifted(logits, temperature).map(f64::exp).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.into_iter().map(|x| x / sum).collect()
}

/// Negative log-likelihood of `label` in nats at a temperature, by log-sum-exp: exact where the probability is too small for a number.
pub fn cross_entropy(logits: &[f32], label: usize, temperature: f64) -> f64 {
    let shifted: Vec<f64> = shifted(logits, temperature).collect();
    shifted.iter().map(|x| x.exp()).sum::<f64>().ln() - shifted[label]
}

/// Logits at a temperature, less their maximum, so that no exponential overflows.
fn shifted(logits: &[f32], temperature: f64) -> impl Iterator<Item = f64> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    logits.iter().map(move |&logit| (f64::from(logit) - f64::from(max)) / temperature)
}

/// Indices of the `k` largest scores, largest first; equal scores keep the lower index first.
pub fn top_k(scores: &[f32], k: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    order.truncate(k);
    order
}

/// Averages over a set of photos with known classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Fraction of photos whose first guess is right.
    pub top1: f64,
    /// Fraction whose class is among the first five; `None` with fewer than six classes, where it would always be 1.
    pub top5: Option<f64>,
    /// Number of photos.
    pub count: usize,
}

impl Scores {
    /// From logits row by row (`[photos, classes]`, row-major) and the class index of each row. `None` without rows.
    pub fn from_logits(logits: &[f32], classes: usize, labels: &[usize]) -> Option<Self> {
        if labels.is_empty() {
            return None;
        }
        let (mut loss, mut first, mut among_five) = (0.0, 0usize, 0usize);
        for (row, &label) in logits.chunks_exact(classes).zip(labels) {
            loss += cross_entropy(row, label, 1.0);
            let best = top_k(row, 5);
            first += usize::from(best.first() == Some(&label));
            among_five += usize::from(best.contains(&label));
        }
        let count = labels.len();
        let fraction = |hits: usize| hits as f64 / count as f64;
        Some(Self {
            loss: loss / count as f64,
            top1: fraction(first),
            top5: (classes >= CLASSES_FOR_TOP5).then(|| fraction(among_five)),
            count,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_survives_large_logits() {
        let p = softmax(&[1000.0, 999.0], 1.0);
        assert!((p[0] - 0.731_058_578_6).abs() < 1e-9 && (p[0] + p[1] - 1.0).abs() < 1e-12);
        assert_eq!(p, softmax(&[500.0, 499.5], 0.5), "half the temperature, twice the distance");
        assert_eq!(cross_entropy(&[0.0, -2000.0], 1, 1.0), 2000.0, "of a probability that is no number any more");
    }

    #[test]
    fn ties_go_to_the_lower_index() {
        assert_eq!(top_k(&[0.5, 1.0, 1.0, 0.5], 3), [1, 2, 0]);
        assert_eq!(top_k(&[0.5, 1.0], 5), [1, 0]);
    }

    #[test]
    fn scores_of_a_hand_computed_case() {
        // Two rows of two classes: right with p = 0.75, wrong with p = 0.25 for the true class.
        let logits = [3f32.ln(), 0.0, 3f32.ln(), 0.0];
        let scores = Scores::from_logits(&logits, 2, &[0, 1]).unwrap();
        assert!((scores.loss - (-(0.75f64.ln()) - 0.25f64.ln()) / 2.0).abs() < 1e-6);
        assert_eq!((scores.top1, scores.top5, scores.count), (0.5, None, 2));
        assert_eq!(Scores::from_logits(&[], 2, &[]), None);
    }
}
