//! The honest score: what cross-validation says of a classifier, of every photo, and of every class.

use std::collections::BTreeMap;

use serde::Serialize;

use super::calibration::{Calibration, Rows, fit_temperature};
use super::confusion::{ClassScore, confusion, per_class};
use super::interval::{Interval, cross_validated, independent_count};
use super::novelty::{Threshold, threshold};
use crate::data::dataset::PhotoId;
use crate::error::{Error, Result};
use crate::metrics::{Scores, cross_entropy, softmax, top_k};

/// A photo as it was judged by a fit that did not see it, nor a near-duplicate of it.
#[derive(Debug, Clone, PartialEq)]
pub struct OutOfFold {
    pub photo: PhotoId,
    /// Index of its class.
    pub label: usize,
    pub fold: usize,
    /// Photos with the same number are near-duplicates.
    pub group: usize,
    /// `[classes]`.
    pub logits: Vec<f32>,
    /// To the nearest class of that fit; see [`Centroids::similarity`](super::novelty::Centroids::similarity).
    pub similarity: f64,
}

/// How the photos were divided and what was fitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Method {
    pub folds: usize,
    /// Of every fold's fit: fixed beforehand, so that no fold chooses its own best.
    pub epochs: usize,
    pub seed: u64,
    /// How many of the backbone's last stages learnt.
    pub last_stages: usize,
    /// Photos in all, those never held out included.
    pub photos: usize,
    /// Near-duplicates that were kept together, groups of one left out.
    pub near_duplicates: Vec<Vec<PhotoId>>,
    /// Classes of one photo, or near-duplicates of one: they could not be held out, and the score does not cover them.
    pub never_held_out: Vec<String>,
}

/// The result of a cross-validation. Classes are indices into `classes`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    pub classes: Vec<String>,
    pub method: Method,
    /// Over all photos held out, at temperature 1.
    pub scores: Scores,
    /// Limits at 95 % of the accuracy on new photos of a classifier taught on all photos; see
    /// [`cross_validated`](super::interval::cross_validated).
    pub accuracy: Interval,
    pub per_class: Vec<ClassScore>,
    /// `[true class][predicted class]`; the photos of a cell are those of `photos` with these two.
    pub confusion: Vec<Vec<usize>>,
    pub calibration: Calibration,
    /// "None of these".
    pub unknown: Threshold,
    /// Every photo held out, the most suspicious label first: by falling loss.
    pub photos: Vec<PhotoResult>,
    /// Whether the classifier there is was taught on these photos, and now carries the temperature and the threshold.
    pub applied: bool,
}

/// A held-out photo, with probabilities at the fitted temperature.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PhotoResult {
    pub id: PhotoId,
    pub label: usize,
    pub predicted: usize,
    /// Of the predicted class.
    pub probability: f64,
    /// Negative log-likelihood of its class, in nats.
    pub loss: f64,
    pub similarity: f64,
    /// Whether it would have been answered with "none of these".
    pub unknown: bool,
    pub fold: usize,
}

impl Evaluation {
    /// `reject_rate`: the fraction of known photos that "none of these" may cost.
    ///
    /// # Errors
    /// `internal` without photos.
    pub fn new(classes: Vec<String>, method: Method, held_out: &[OutOfFold], reject_rate: f64) -> Result<Self> {
        let none = || Error::internal("an evaluation without photos");
        let labels: Vec<usize> = held_out.iter().map(|photo| photo.label).collect();
        let logits: Vec<f32> = held_out.iter().flat_map(|photo| photo.logits.iter().copied()).collect();
        let rows = Rows { logits: &logits, classes: classes.len(), labels: &labels };
        let scores = Scores::from_logits(&logits, classes.len(), &labels).ok_or_else(none)?;
        let temperature = fit_temperature(rows);
        let similarities: Vec<f64> = held_out.iter().map(|photo| photo.similarity).collect();
        let unknown = threshold(&similarities, reject_rate).ok_or_else(none)?;
        let mut photos: Vec<PhotoResult> =
            held_out.iter().map(|photo| judged(photo, temperature, unknown.similarity)).collect();
        photos.sort_by(|a, b| b.loss.total_cmp(&a.loss).then(a.id.cmp(&b.id)));
        let confusion = confusion(classes.len(), photos.iter().map(|photo| (photo.label, photo.predicted)));
        let mut group_sizes: BTreeMap<usize, usize> = BTreeMap::new();
        held_out.iter().for_each(|photo| *group_sizes.entry(photo.group).or_default() += 1);
        let independent = independent_count(&group_sizes.into_values().collect::<Vec<_>>());
        Ok(Self {
            accuracy: cross_validated(scores.top1, independent, method.folds),
            per_class: per_class(&classes, &confusion),
            calibration: Calibration::at(temperature, rows),
            classes,
            method,
            scores,
            confusion,
            unknown,
            photos,
            applied: false,
        })
    }
}

fn judged(photo: &OutOfFold, temperature: f64, least_similarity: f64) -> PhotoResult {
    let predicted = top_k(&photo.logits, 1).first().copied().unwrap_or(0);
    PhotoResult {
        id: photo.photo,
        label: photo.label,
        predicted,
        probability: softmax(&photo.logits, temperature)[predicted],
        loss: cross_entropy(&photo.logits, photo.label, temperature),
        similarity: photo.similarity,
        unknown: photo.similarity < least_similarity,
        fold: photo.fold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method() -> Method {
        Method {
            folds: 2,
            epochs: 3,
            seed: 0,
            last_stages: 0,
            photos: 4,
            near_duplicates: Vec::new(),
            never_held_out: Vec::new(),
        }
    }

    fn photo(id: PhotoId, label: usize, logits: [f32; 2], similarity: f64) -> OutOfFold {
        OutOfFold { photo: id, label, fold: 0, group: id as usize, logits: logits.to_vec(), similarity }
    }

    #[test]
    fn a_wrong_label_comes_first_and_cells_can_be_traced_to_photos() {
        let held_out = [
            photo(7, 0, [2.0, 0.0], 0.9),
            photo(8, 0, [0.0, 4.0], 0.8), // said to be 0, looks like 1
            photo(9, 1, [0.0, 3.0], 0.7),
            photo(5, 1, [0.0, 1.0], 0.2),
        ];
        let evaluation = Evaluation::new(vec!["a".into(), "b".into()], method(), &held_out, 0.05).unwrap();
        assert_eq!(evaluation.photos.iter().map(|photo| photo.id).collect::<Vec<_>>(), [8, 5, 7, 9]);
        assert_eq!(evaluation.confusion, [[1, 1], [0, 2]]);
        assert_eq!((evaluation.scores.top1, evaluation.scores.top5, evaluation.scores.count), (0.75, None, 4));
        let cell: Vec<_> = evaluation.photos.iter().filter(|photo| (photo.label, photo.predicted) == (0, 1)).collect();
        assert_eq!((cell.len(), cell[0].id), (1, 8));
        assert_eq!(evaluation.unknown.similarity, 0.2, "the least similar one");
        assert!(evaluation.photos.iter().all(|photo| !photo.unknown), "and the limit itself still counts as known");
        assert!(evaluation.accuracy.low < 0.75 && evaluation.accuracy.high > 0.75);
        assert!(Evaluation::new(vec!["a".into()], method(), &[], 0.05).is_err());
    }

    #[test]
    fn near_duplicates_widen_the_interval() {
        let of = |groups: usize| {
            let held_out: Vec<OutOfFold> = (0..12)
                .map(|id| OutOfFold { group: id as usize % groups, ..photo(id, (id % 2) as usize, [0.0, 0.0], 0.5) })
                .collect();
            let evaluation = Evaluation::new(vec!["a".into(), "b".into()], method(), &held_out, 0.05).unwrap();
            evaluation.accuracy.high - evaluation.accuracy.low
        };
        assert!(of(4) > of(12));
    }
}
