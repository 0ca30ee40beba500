//! By how much one classifier is better than another, from their answers to the same photos.
//!
//! Two scores on the same photos are not independent: a hard photo is hard for both. What tells the classifiers apart is the photos
//! that one of them gets right and the other does not, so the difference has an interval of its own; that two intervals of
//! accuracies overlap says little about it.

use serde::Serialize;

use super::interval::{Interval, wilson};

/// What two classifiers made of each photo.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PairedCounts {
    pub both_right: usize,
    pub only_a: usize,
    pub only_b: usize,
    pub both_wrong: usize,
}

impl PairedCounts {
    /// From whether `a` and `b` are right on each photo.
    pub fn of(right: impl Iterator<Item = (bool, bool)>) -> Self {
        right.fold(Self::default(), |mut counts, right| {
            *match right {
                (true, true) => &mut counts.both_right,
                (true, false) => &mut counts.only_a,
                (false, true) => &mut counts.only_b,
                (false, false) => &mut counts.both_wrong,
            } += 1;
            counts
        })
    }

    pub fn photos(&self) -> usize {
        self.both_right + self.only_a + self.only_b + self.both_wrong
    }

    /// Accuracy of `b` less that of `a`; 0 without photos.
    pub fn difference(&self) -> f64 {
        (self.only_b as f64 - self.only_a as f64) / self.photos().max(1) as f64
    }

    /// Limits of that difference at 95 %, −1 to 1. `independent` is as how many independent photos they count: all of them, or
    /// fewer where some are near-duplicates ([`independent_count`](super::interval::independent_count)).
    ///
    /// Method 10 of R. G. Newcombe (*Improved confidence intervals for the difference between binomial proportions based on
    /// paired data*, Statistics in Medicine 17, 1998): Wilson's limits of the two accuracies, put together like the sides of a
    /// triangle, with the correlation of the answers for the angle. It stays inside −1..1, does not shrink to nothing when all
    /// photos are right, and keeps what it promises with few of them, where the textbook ± does not; `tests/comparison.rs`
    /// prints how often it holds the true difference.
    pub fn interval(&self, independent: f64) -> Interval {
        if self.photos() == 0 || independent <= 0.0 {
            return Interval { low: -1.0, high: 1.0 };
        }
        let scale = independent / self.photos() as f64;
        let [both, a, b, neither] =
            [self.both_right, self.only_a, self.only_b, self.both_wrong].map(|count| count as f64 * scale);
        let (rate_a, rate_b) = ((both + a) / independent, (both + b) / independent);
        let (wilson_a, wilson_b) = (wilson(rate_a, independent), wilson(rate_b, independent));
        let correlation = correlation([both, a, b, neither]);
        let side = |x: f64, y: f64| (x * x - 2.0 * correlation * x * y + y * y).max(0.0).sqrt();
        let difference = rate_b - rate_a;
        Interval {
            low: difference - side(rate_b - wilson_b.low, wilson_a.high - rate_a),
            high: difference + side(wilson_b.high - rate_b, rate_a - wilson_a.low),
        }
    }
}

/// The correlation of right and wrong between the two, a positive one corrected towards 0; 0 where one of them is always right
/// or always wrong.
fn correlation([both, a, b, neither]: [f64; 4]) -> f64 {
    let photos = both + a + b + neither;
    let margins = (both + a) * (b + neither) * (both + b) * (a + neither);
    if margins <= 0.0 {
        return 0.0;
    }
    let agreement = both * neither - a * b;
    let corrected = if agreement > 0.0 { (agreement - photos / 2.0).max(0.0) } else { agreement };
    corrected / margins.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(both_right: usize, only_a: usize, only_b: usize, both_wrong: usize) -> (f64, f64) {
        let counts = PairedCounts { both_right, only_a, only_b, both_wrong };
        let Interval { low, high } = counts.interval(counts.photos() as f64);
        (low, high)
    }

    fn close((low, high): (f64, f64), expected: (f64, f64), within: f64) {
        assert!((low - expected.0).abs() < within && (high - expected.1).abs() < within, "{low} to {high}");
    }

    #[test]
    fn published_intervals() {
        // Newcombe 1998, the first example of his table of method 10; there the difference is of the first less the second.
        close(limits(36, 2, 12, 0), (0.0569, 0.3404), 5e-5);
        // Airway hyper-responsiveness of 21 children before and after a transplantation, in M. W. Fagerland, S. Lydersen and
        // P. Laake, BMC Medical Research Methodology 14, 2014.
        close(limits(1, 7, 1, 12), (-0.507, -0.026), 5e-4);
    }

    #[test]
    fn the_other_way_round_is_the_negative() {
        for [both, a, b, neither] in [[9, 4, 1, 6], [20, 0, 0, 0], [0, 5, 5, 0], [3, 0, 7, 2]] {
            let (low, high) = limits(both, a, b, neither);
            close(limits(both, b, a, neither), (-high, -low), 1e-12);
            assert!(-1.0 <= low && low <= high && high <= 1.0);
        }
    }

    #[test]
    fn all_right_leaves_room_and_near_duplicates_leave_more() {
        let (low, high) = limits(20, 0, 0, 0);
        assert!(low < -0.1 && high > 0.1, "{low} to {high}: twenty photos prove no equality");
        let counts = PairedCounts { both_right: 14, only_a: 1, only_b: 4, both_wrong: 1 };
        let (plain, fewer) = (counts.interval(20.0), counts.interval(9.5));
        assert!(fewer.low < plain.low && fewer.high > plain.high);
        assert_eq!(PairedCounts::default().interval(0.0), Interval { low: -1.0, high: 1.0 });
    }

    #[test]
    fn counting() {
        let (a, b) = ([true, true, false, false, true], [true, false, true, false, true]);
        let counts = PairedCounts::of(a.into_iter().zip(b));
        assert_eq!(counts, PairedCounts { both_right: 2, only_a: 1, only_b: 1, both_wrong: 1 });
        assert_eq!((counts.photos(), counts.difference()), (5, 0.0));
    }
}
