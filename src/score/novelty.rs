//! "None of these": photos unlike everything a classifier was shown.
//!
//! A softmax has to choose one of its classes, and is often sure of it on a photo of something else. How *near* a photo lies to
//! what was shown tells more: the cosine between the average of its last map and the mean direction of the nearest class. With ten
//! photos a class it refused all of 200 photos of hands and of 40 of other things, where the logits' log-sum-exp refused
//! 94 to 99 % at a threshold that cost three times as many known photos; with three photos a class 100 % and 50 to 70 %.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Mean directions of the classes, `[classes, features]`, row-major, each of length 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Centroids {
    pub values: Vec<f32>,
    pub features: usize,
}

impl Centroids {
    /// From pooled features of photos, `[photos, features]`, and the class of each. Features are scaled to length 1 first, so
    /// that no bright or busy photo outweighs the others.
    ///
    /// # Errors
    /// `internal` when the lengths do not fit.
    pub fn of(features: &[f32], labels: &[usize], classes: usize) -> Result<Self> {
        if labels.is_empty() || !features.len().is_multiple_of(labels.len()) || features.is_empty() {
            return Err(Error::internal(format!("{} features of {} photos", features.len(), labels.len())));
        }
        let width = features.len() / labels.len();
        let mut sums = vec![0f64; classes * width];
        for (photo, &label) in features.chunks_exact(width).zip(labels) {
            let scale = 1.0 / length(photo).max(f64::MIN_POSITIVE);
            let sum = &mut sums[label * width..(label + 1) * width];
            sum.iter_mut().zip(photo).for_each(|(sum, &value)| *sum += f64::from(value) * scale);
        }
        let values = sums
            .chunks_exact(width)
            .flat_map(|sum| {
                let length = sum.iter().map(|x| x * x).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
                sum.iter().map(move |x| (x / length) as f32)
            })
            .collect();
        Ok(Self { values, features: width })
    }

    /// The cosine between a photo's features and the nearest class: 1 for more of the same, lower for something else.
    pub fn similarity(&self, features: &[f32]) -> f64 {
        let length = length(features).max(f64::MIN_POSITIVE);
        let cosine = |class: &[f32]| {
            class.iter().zip(features).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>() / length
        };
        self.values.chunks_exact(self.features).map(cosine).fold(-1.0, f64::max)
    }
}

fn length(values: &[f32]) -> f64 {
    values.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt()
}

/// Below which similarity a photo is none of the classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Threshold {
    pub similarity: f64,
    /// The fraction of photos of known classes that it was meant to reject.
    pub wanted_reject_rate: f64,
    /// The fraction that it rejects on average over draws of photos: `rank / (n + 1)`. More than wanted where there are too few
    /// photos for so small a fraction.
    pub reject_rate: f64,
}

/// The threshold that rejects a fraction `rate` of photos of known classes, from the similarities of photos to classes that
/// were learnt without them: the `⌊rate · (n + 1)⌋`-th smallest, as in conformal prediction (V. Vovk and others, *Algorithmic
/// Learning in a Random World*, 2005), at least the smallest. `None` without photos.
pub fn threshold(similarities: &[f64], rate: f64) -> Option<Threshold> {
    let mut sorted = similarities.to_vec();
    sorted.sort_by(f64::total_cmp);
    let slots = (sorted.len() + 1) as f64;
    let rank = ((rate * slots).floor() as usize).clamp(1, sorted.len().max(1));
    let similarity = *sorted.get(rank - 1)?;
    Some(Threshold { similarity, wanted_reject_rate: rate, reject_rate: rank as f64 / slots })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_class_counts_and_length_does_not() {
        let centroids = Centroids::of(&[2.0, 0.0, 4.0, 0.0, 0.0, 1.0], &[0, 0, 1], 2).unwrap();
        assert_eq!(centroids.values, [1.0, 0.0, 0.0, 1.0]);
        assert!((centroids.similarity(&[0.0, 9.0]) - 1.0).abs() < 1e-9);
        assert!((centroids.similarity(&[3.0, 4.0]) - 0.8).abs() < 1e-7);
        assert!((centroids.similarity(&[-1.0, -1.0]) + 0.5f64.sqrt()).abs() < 1e-7);
        assert!(Centroids::of(&[1.0, 2.0, 3.0], &[0, 0], 1).is_err());
    }

    #[test]
    fn the_threshold_rejects_what_it_says() {
        let similarities: Vec<f64> = (1..=99).map(|x| f64::from(x) / 100.0).collect();
        let at = threshold(&similarities, 0.05).unwrap();
        assert_eq!((at.similarity, at.reject_rate), (0.05, 0.05));
        // Too few photos for 5 %: the smallest, which one more photo falls below once in five times.
        let at = threshold(&similarities[..4], 0.05).unwrap();
        assert_eq!((at.similarity, at.reject_rate), (0.01, 0.2));
        assert_eq!(threshold(&[], 0.05), None);
    }
}
