//! How much photos are like what the source model was taught on.

use serde::Serialize;

use crate::metrics::{softmax, top_k};

/// A source model of fewer classes than this is not asked: how sure one of three classes is says little of the photos.
const CLASSES_OF_MUCH: usize = 100;

/// Whether a source model of that many classes has an opinion on photos of anything.
pub fn knows_much(source_classes: usize) -> bool {
    source_classes >= CLASSES_OF_MUCH
}

/// What the source model makes of a set of photos.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Similarity {
    /// How sure the source model is of its answers: `1 − H / ln C`, `H` the mean entropy of its probabilities over `C` classes.
    /// 1: every photo is certainly one of them; 0: it has no idea. Photos of ImageNet's validation set get about 0.78, flowers
    /// 0.54, hands before a wall 0.32, drawn shapes 0.34, textures 0.24, handwritten digits 0.19; a set gets less when its photos
    /// are blurred, reduced to their edges or inverted.
    pub score: f64,
    /// Mean probability of its first guess.
    pub confidence: f64,
    /// Fraction of the photos that it would already sort right, if each of the classes were given the ImageNet class it most
    /// often sees there; 0 where two classes would get the same.
    pub already_told_apart: f64,
}

/// From the source model's logits, row by row (`[photos, source classes]`), and the class of each photo. `None` without photos.
pub fn similarity(logits: &[f32], source_classes: usize, labels: &[usize], classes: usize) -> Option<Similarity> {
    if labels.is_empty() || source_classes < 2 {
        return None;
    }
    let (mut entropy, mut confidence) = (0.0, 0.0);
    let mut guesses = Vec::with_capacity(labels.len());
    for row in logits.chunks_exact(source_classes) {
        let probabilities = softmax(row, 1.0);
        entropy -= probabilities.iter().map(|&p| p * p.max(f64::MIN_POSITIVE).ln()).sum::<f64>();
        let best = top_k(row, 1)[0];
        confidence += probabilities[best];
        guesses.push(best);
    }
    let count = labels.len() as f64;
    Some(Similarity {
        score: 1.0 - entropy / count / (source_classes as f64).ln(),
        confidence: confidence / count,
        already_told_apart: already_told_apart(&guesses, labels, classes),
    })
}

fn already_told_apart(guesses: &[usize], labels: &[usize], classes: usize) -> f64 {
    let mut taken = Vec::with_capacity(classes);
    let mut right = 0;
    for class in 0..classes {
        let own = || guesses.iter().zip(labels).filter(|(_, label)| **label == class).map(|(guess, _)| *guess);
        let times = |guess: usize| own().filter(|&other| other == guess).count();
        let Some(most) = own().max_by_key(|&guess| (times(guess), usize::MAX - guess)) else { return 0.0 };
        if taken.contains(&most) {
            return 0.0;
        }
        taken.push(most);
        right += times(most);
    }
    right as f64 / labels.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_is_one_and_clueless_is_nought() {
        let sure = similarity(&[50.0, 0.0, 0.0, 0.0, 50.0, 0.0], 3, &[0, 1], 2).unwrap();
        assert!((sure.score - 1.0).abs() < 1e-6 && (sure.confidence - 1.0).abs() < 1e-6);
        assert_eq!(sure.already_told_apart, 1.0);
        let clueless = similarity(&[1.0; 6], 3, &[0, 1], 2).unwrap();
        assert!(clueless.score.abs() < 1e-6 && (clueless.confidence - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(clueless.already_told_apart, 0.0, "both classes look like the first of ImageNet's");
        assert_eq!(similarity(&[], 3, &[], 2), None);
    }

    #[test]
    fn two_classes_out_of_three_answers() {
        // p = (½, ½, 0): entropy ln 2.
        let half = similarity(&[0.0, 0.0, -80.0], 3, &[0], 1).unwrap();
        assert!((half.score - (1.0 - 2f64.ln() / 3f64.ln())).abs() < 1e-6);
    }

    #[test]
    fn most_frequent_guess_counts() {
        assert_eq!(already_told_apart(&[4, 4, 5, 9, 9, 9], &[0, 0, 0, 1, 1, 1], 2), 5.0 / 6.0);
        assert_eq!(already_told_apart(&[4, 4, 5, 4, 4, 9], &[0, 0, 0, 1, 1, 1], 2), 0.0);
    }
}
