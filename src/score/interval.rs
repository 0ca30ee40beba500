//! Between which limits the accuracy on new photos lies.

use serde::{Deserialize, Serialize};

/// The normal quantile of a two-sided 95 % interval.
const Z: f64 = 1.959_963_984_540_054;

/// Limits of a fraction, at 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// Wilson's score interval of a fraction seen on `count` independent photos (E. B. Wilson, *JASA* 22, 1927): the fractions that
/// a test at 5 % would not reject. Unlike the textbook ± it stays inside 0..1 and does not shrink to nothing when all are
/// right. `count` may be a fraction: an effective number. The whole of 0..1 where it is 0.
pub fn wilson(rate: f64, count: f64) -> Interval {
    if count <= 0.0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let z2 = Z * Z;
    let centre = (rate + z2 / (2.0 * count)) / (1.0 + z2 / count);
    let half = Z * (rate * (1.0 - rate) / count + z2 / (4.0 * count * count)).sqrt() / (1.0 + z2 / count);
    Interval { low: (centre - half).max(0.0), high: (centre + half).min(1.0) }
}

/// Limits of the accuracy on new photos of a classifier taught on *all* photos, from the accuracy `rate` of `folds`-fold
/// cross-validation on them. `count` is the (effective) number of photos held out.
///
/// It is Wilson's interval with two corrections:
///
/// 1. **Fewer photos than there are.** Folds share their training photos, so that one odd photo spoils the judgement of
///    others, and another draw of as many photos would have taught another classifier. C. Nadeau and Y. Bengio (*Inference for
///    the Generalization Error*, Machine Learning 52, 2003) put the variance of a mean over folds at `1/k + n_test/n_train`
///    times that of a fold, where the binomial formula has `1/k`; with `n_test/n_train = 1/(k − 1)` it grows by the factor
///    `1 + k/(k − 1)`, and `count` is divided by that.
/// 2. **Taught on fewer photos than the kept classifier.** By a fraction `(k − 1)/k` of them. More photos help; the fastest
///    that errors fall in the theory of learning is in proportion to the number of photos. So the upper limit's error rate is
///    multiplied by `(k − 1)/k`, and the lower limit stays: nothing promises that they help at all.
pub fn cross_validated(rate: f64, count: f64, folds: usize) -> Interval {
    let folds = folds.max(2) as f64;
    let plain = wilson(rate, effective_count(count, folds));
    Interval { low: plain.low, high: 1.0 - (1.0 - plain.high) * (folds - 1.0) / folds }
}

fn effective_count(count: f64, folds: f64) -> f64 {
    count / (1.0 + folds / (folds - 1.0))
}

/// As how many independent photos groups of near-duplicates count, given the size of each: `(Σ m)² / Σ m²` (L. Kish, *Survey
/// Sampling*, 1965, for members of a group that agree fully).
pub fn independent_count(group_sizes: &[usize]) -> f64 {
    let sum: usize = group_sizes.iter().sum();
    let squares: usize = group_sizes.iter().map(|size| size * size).sum();
    if squares == 0 { 0.0 } else { (sum * sum) as f64 / squares as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(ours: Interval, low: f64, high: f64) {
        assert!((ours.low - low).abs() < 5e-5 && (ours.high - high).abs() < 5e-5, "{ours:?} against {low} to {high}");
    }

    #[test]
    fn wilson_equals_published_values() {
        // R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        close(wilson(81.0 / 263.0, 263.0), 0.2553, 0.3662);
        close(wilson(15.0 / 148.0, 148.0), 0.0624, 0.1605);
        close(wilson(0.0, 20.0), 0.0, 0.1611);
        close(wilson(1.0 / 29.0, 29.0), 0.0061, 0.1718);
        assert_eq!(wilson(1.0, 20.0).high, 1.0);
        assert_eq!(wilson(0.5, 0.0), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn cross_validation_counts_for_less_than_as_many_test_photos() {
        let (plain, ours) = (wilson(0.9, 50.0), cross_validated(0.9, 50.0, 5));
        assert!(ours.low < plain.low && ours.high > plain.high);
        close(ours, wilson(0.9, 50.0 / 2.25).low, 1.0 - 0.8 * (1.0 - wilson(0.9, 50.0 / 2.25).high));
        assert!(cross_validated(0.9, 500.0, 5).low > ours.low, "more photos, narrower");
        let all_right = cross_validated(1.0, 15.0, 3);
        assert!(all_right.high == 1.0 && all_right.low > 0.5 && all_right.low < 0.7, "{all_right:?}");
    }

    #[test]
    fn a_burst_counts_as_one() {
        assert_eq!(independent_count(&[1; 12]), 12.0);
        assert_eq!(independent_count(&[5, 5]), 2.0);
        assert!((independent_count(&[10, 1, 1, 1, 1, 1, 1, 1, 1, 1]) - 361.0 / 109.0).abs() < 1e-12);
        assert_eq!(independent_count(&[]), 0.0);
    }
}
