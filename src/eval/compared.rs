//! What a comparison of trainings found.

use serde::Serialize;

use crate::data::dataset::PhotoId;
use crate::device::DeviceKind;
use crate::metrics::Scores;
use crate::score::interval::Interval;
use crate::score::paired::PairedCounts;
use crate::train::plan::budget::Reduced;
use crate::train::plan::config::TrainConfig;
use crate::train::run::epoch::EpochEvent;
use crate::train::run::overfitting::Overfitting;

/// Trainings that learnt from the same photos and were judged on the same others. Classes are positions in `classes`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    pub classes: Vec<String>,
    /// Photos learnt from.
    pub train_images: usize,
    /// The photos held out, and the class each is in.
    pub held_out: Vec<PhotoId>,
    pub labels: Vec<usize>,
    /// As how many independent photos those count for the intervals: fewer than there are where some are near-duplicates.
    pub independent: f64,
    /// How many of them have near-duplicates among the photos learnt from, because their class holds nothing else.
    pub held_out_look_alikes: usize,
    /// Classes of a single photo, which none of these scores covers.
    pub never_held_out: Vec<String>,
    /// The fraction of each class that was to be held out, and the seed of the draw.
    pub holdout: f64,
    pub seed: u64,
    /// Those that are over, in the order they were asked for.
    pub runs: Vec<ComparedRun>,
    /// Of every pair of runs, in the order (0, 1), (0, 2), …, (1, 2), …
    pub differences: Vec<Difference>,
    pub seconds: f64,
    pub device: DeviceKind,
    pub adapter: String,
    pub backbone: String,
    pub version: &'static str,
}

/// One of the trainings.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ComparedRun {
    pub name: String,
    /// With everything decided: a training with it repeats the fit.
    pub config: TrainConfig,
    /// What the photos' activations left no room for; `None` where the run is as it was asked for.
    pub reduced: Option<Reduced>,
    /// On the held-out photos after the last epoch, which was fixed beforehand: nothing was chosen by it.
    pub val: Scores,
    /// Limits at 95 % of this classifier's accuracy on new photos; see [`jeffreys`](crate::score::interval::jeffreys).
    pub accuracy: Interval,
    /// The class each held-out photo was taken for.
    pub predicted: Vec<usize>,
    pub history: Vec<EpochEvent>,
    pub overfitting: Option<Overfitting>,
    /// From the start of this run to its end, with `embed_seconds`. What an earlier run or training embedded costs nothing here.
    pub seconds: f64,
    pub embed_seconds: f64,
}

/// One run against another, by their positions in [`Compared::runs`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    pub a: usize,
    pub b: usize,
    #[serde(flatten)]
    pub counts: PairedCounts,
    /// Accuracy of `b` less that of `a`.
    pub difference: f64,
    /// Its limits at 95 %; see [`PairedCounts::interval`].
    #[serde(flatten)]
    pub interval: Interval,
}

impl Difference {
    /// Of two runs that were judged on the same photos.
    pub fn between(runs: &[ComparedRun], [a, b]: [usize; 2], labels: &[usize], independent: f64) -> Self {
        let right = |run: usize| runs[run].predicted.iter().zip(labels).map(|(predicted, label)| predicted == label);
        let counts = PairedCounts::of(right(a).zip(right(b)));
        Self { a, b, counts, difference: counts.difference(), interval: counts.interval(independent) }
    }

    /// Whether the photos are enough to tell which of the two is better.
    pub fn is_clear(&self) -> bool {
        self.interval.low > 0.0 || self.interval.high < 0.0
    }
}
