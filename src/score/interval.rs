//! Between which limits the accuracy on new photos lies.

use serde::{Deserialize, Serialize};
use statrs::function::beta::beta_reg;

/// What lies outside a two-sided 95 % interval, on either side.
const TAIL: f64 = 0.025;
/// Above which so much of the normal distribution lies.
const NORMAL_QUANTILE: f64 = 1.959_963_984_540_054;

/// Limits of a fraction, at 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// Jeffreys' interval of a fraction seen on `count` independent photos: the quantiles of Beta(right + ½, wrong + ½), with 0 and 1
/// for none and all right. L. D. Brown, T. T. Cai and A. DasGupta (*Interval Estimation for a Binomial Proportion*, Statistical
/// Science 16, 2001) recommend it, or Wilson's, for few trials; it stays inside 0..1 and does not shrink to nothing when all are
/// right, as the textbook ± does. `count` may be a fraction: an effective number. The whole of 0..1 where it is 0.
pub fn jeffreys(rate: f64, count: f64) -> Interval {
    let (right, wrong) = (rate * count, (1.0 - rate) * count);
    let low = if right <= 0.0 { 0.0 } else { beta_quantile(TAIL, right + 0.5, wrong + 0.5) };
    let high = if wrong <= 0.0 { 1.0 } else { 1.0 - beta_quantile(TAIL, wrong + 0.5, right + 0.5) };
    Interval { low, high }
}

/// Wilson's interval of a fraction seen on `count` independent photos, which may be a fraction too (E. B. Wilson, *Probable
/// Inference, the Law of Succession, and Statistical Inference*, Journal of the American Statistical Association 22, 1927).
/// The whole of 0..1 where `count` is 0.
pub fn wilson(rate: f64, count: f64) -> Interval {
    if count <= 0.0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let square = NORMAL_QUANTILE * NORMAL_QUANTILE;
    let centre = rate + square / (2.0 * count);
    let half = NORMAL_QUANTILE * (rate * (1.0 - rate) / count + square / (4.0 * count * count)).sqrt();
    let scale = 1.0 + square / count;
    Interval { low: ((centre - half) / scale).max(0.0), high: ((centre + half) / scale).min(1.0) }
}

/// Limits of the accuracy on new photos of a classifier taught on *all* photos, from the accuracy `rate` of `folds`-fold
/// cross-validation on them. `count` is the (effective) number of photos held out.
///
/// It is [Jeffreys' interval](jeffreys) with two corrections:
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
    let plain = jeffreys(rate, count / (1.0 + folds / (folds - 1.0)));
    Interval { low: plain.low, high: 1.0 - (1.0 - plain.high) * (folds - 1.0) / folds }
}

/// As how many independent photos groups of near-duplicates count, given the size of each: `(Σ m)² / Σ m²` (L. Kish, *Survey
/// Sampling*, 1965, for members of a group that agree fully).
pub fn independent_count(group_sizes: &[usize]) -> f64 {
    let sizes = || group_sizes.iter().map(|&size| size as f64); // squares of counts need more than 32 bits
    let (sum, squares) = (sizes().sum::<f64>(), sizes().map(|size| size * size).sum::<f64>());
    if squares == 0.0 { 0.0 } else { sum * sum / squares }
}

/// The `x` with `I_x(a, b) = p`, by bisection: the function climbs from 0 to 1.
fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if beta_reg(a, b, middle) < p { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(ours: Interval, low: f64, high: f64) {
        assert!((ours.low - low).abs() < 5e-5 && (ours.high - high).abs() < 5e-5, "{ours:?} against {low} to {high}");
    }

    #[test]
    fn more_photos_than_their_square_can_be_counted_of_are_as_independent_as_few() {
        assert_eq!(independent_count(&[5_000_000_000; 3]), 3.0);
        assert_eq!(independent_count(&[2, 1, 1]), 16.0 / 6.0);
    }

    #[test]
    fn jeffreys_interval_of_known_cases() {
        // Beta(½, n + ½) and others by scipy.stats.beta.ppf.
        close(jeffreys(0.0, 20.0), 0.0, 0.116_639);
        close(jeffreys(0.5, 2.0), 0.060832, 0.939168);
        assert_eq!(jeffreys(1.0, 20.0).high, 1.0);
        assert!((jeffreys(1.0, 20.0).low - (1.0 - 0.116_639)).abs() < 1e-5, "symmetric");
        assert_eq!(jeffreys(0.5, 0.0), Interval { low: 0.0, high: 1.0 });
        let many = jeffreys(0.9, 100_000.0);
        let half = 1.96 * (0.9f64 * 0.1 / 100_000.0).sqrt();
        close(many, 0.9 - half, 0.9 + half);
    }

    #[test]
    fn wilsons_interval_of_known_cases() {
        // scipy.stats.binomtest(…).proportion_ci(method="wilson").
        close(wilson(0.0, 10.0), 0.0, 0.277_533);
        close(wilson(0.81, 100.0), 0.722_212, 0.874_852);
        close(wilson(1.0, 10.0), 1.0 - 0.277_533, 1.0);
        assert_eq!(wilson(0.5, 0.0), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn cross_validation_counts_for_less_than_as_many_test_photos() {
        let (plain, ours) = (jeffreys(0.9, 50.0), cross_validated(0.9, 50.0, 5));
        assert!(ours.low < plain.low && ours.high > plain.high);
        close(ours, jeffreys(0.9, 50.0 / 2.25).low, 1.0 - 0.8 * (1.0 - jeffreys(0.9, 50.0 / 2.25).high));
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
