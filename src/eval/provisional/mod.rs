//! A first classifier, while photos arrive: an output layer in closed form on what is read of them, and a score from leaving each of them out.
//!
//! On four photo sets it is as often right as one that is taught by steps (`docs/features.md`), and there in milliseconds. What a training does
//! besides: augmented draws, deeper stages, held-out photos and folds, "none of these".

mod gram;
mod ridge;

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::classifier::Classifier;
use crate::backbone::architecture::Architecture;
use crate::backbone::taps::Features;
use crate::data::dataset::{ClassId, Dataset, PhotoId};
use crate::data::label::Natural;
use crate::data::similar::{self, Look};
use crate::device::ComputeDevice;
use crate::halves::widened;
use crate::image::prepare::InputSpec;
use crate::metrics::Scores;
use crate::model::{Split, Suffix};
use crate::nn::params::Params;
use crate::score::calibration::{Rows, fit_temperature};
use crate::score::interval::{Interval, cross_validated, independent_count};
use crate::train::read::cache::ActivationCache;
use gram::Gram;

/// Photos that it learns from at most, as many of each class: of *n* photos it takes *n*³ operations.
const MOST: usize = 400;
/// It is made anew once there are more photos than it was made of by one in so many: all of them together take three times as long as the last.
const EIGHTH: usize = 8;
/// Products of two photos in one piece, 0.1 s of them.
const PRODUCTS: usize = 8192;

/// What a first classifier rests on, and how good it seems.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Impression {
    /// Its classes.
    pub classes: Vec<String>,
    /// Photos that it has learnt from.
    pub photos: usize,
    /// Of each of them, by all others but near-duplicates of it; those of classes aside that have one photo, or near-duplicates of one. `None`
    /// where all have.
    pub scores: Option<LeftOut>,
}

/// A score of photos left out one by one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LeftOut {
    /// Fraction that was told right.
    pub top1: f64,
    /// Where it lies for new photos, at 95 %.
    pub interval: Interval,
}

/// How a piece of work on it ended.
pub enum Piece {
    /// There is nothing to do as long as no photo is read, removed or moved.
    Nothing,
    /// There is more to do.
    More,
    /// It was made anew.
    Made(Box<Provisional>),
}

/// The classifier, and what it rests on.
pub struct Provisional {
    pub classifier: Classifier,
    pub impression: Impression,
}

/// What is kept from one to the next.
#[derive(Debug, Default)]
pub struct Provisionally {
    gram: Gram,
    /// The photos that the last one was made of, with their classes.
    made_of: Vec<(PhotoId, ClassId)>,
}

/// What it is made with.
pub struct Materials<'a> {
    pub dataset: &'a Dataset,
    /// Of the source model: split 0.
    pub cache: &'a ActivationCache,
    pub input: &'a InputSpec,
    pub architecture: &'a Architecture,
    pub device: &'a ComputeDevice,
}

impl Provisionally {
    /// A piece of work of a tenth of a second or so. `there`: the last one still answers, and was not let go of because photos or classes
    /// changed; `all_read`: no photo is left to be read, so there is nothing to wait for.
    pub fn go_on(&mut self, with: &Materials<'_>, there: bool, all_read: bool) -> Piece {
        let wanted = wanted(with);
        let now: HashSet<_> = wanted.iter().copied().collect();
        let changed = !self.made_of.iter().all(|photo| now.contains(photo));
        let enough = self.made_of.len() + self.made_of.len().div_ceil(EIGHTH);
        let grown = wanted.len() > enough || (all_read && wanted.len() > self.made_of.len());
        if wanted.is_empty() || (there && !grown && !changed) {
            return Piece::Nothing;
        }
        let ids: HashSet<PhotoId> = wanted.iter().map(|&(photo, _)| photo).collect();
        self.gram.keep(|photo| ids.contains(&photo));
        let mut products = 0;
        let there: HashSet<PhotoId> = self.gram.photos().iter().copied().collect();
        let missing: Vec<PhotoId> =
            wanted.iter().map(|&(photo, _)| photo).filter(|photo| !there.contains(photo)).collect();
        for photo in missing {
            if products > PRODUCTS {
                return Piece::More;
            }
            products += self.gram.photos().len() + 1;
            self.gram.add(photo, with.cache);
        }
        let made = self.make(with);
        self.made_of = wanted;
        made.map_or(Piece::Nothing, |made| Piece::Made(Box::new(made)))
    }

    fn make(&self, with: &Materials<'_>) -> Option<Provisional> {
        let photos =
            self.gram.photos().iter().map(|&photo| with.dataset.photo(photo)).collect::<Result<Vec<_>, _>>().ok()?;
        let mut classes: Vec<_> = with.dataset.classes().iter().collect();
        classes.retain(|class| photos.iter().any(|photo| photo.class == class.id));
        classes.sort_by_key(|class| Natural(&class.label));
        let of = |class: ClassId| classes.iter().position(|other| other.id == class);
        let labels = photos.iter().map(|photo| of(photo.class)).collect::<Option<Vec<usize>>>()?;
        let width = with.architecture.features();
        let look = |photo: PhotoId| with.cache.get(photo).map(|seen| &seen[..width]);
        let looks: Vec<Look<'_>> =
            photos.iter().map(|photo| Look { hash: photo.hash, features: look(photo.id) }).collect();
        let groups = similar::groups(&looks);
        let solution = ridge::solve(&self.gram.products(), &labels, classes.len(), &groups)?;

        let taps = Split(0).taps(with.architecture, Features::Several);
        let mut head = Head {
            weight: self.weight(&solution.of_photos, classes.len(), taps.width(), with.cache)?,
            bias: solution.bias,
        };
        let device = &with.device.tensors;
        let suffix = Suffix::load(with.architecture, Split(0), taps, classes.len(), &mut Nothing, &mut head, device);
        let rows = Rows { logits: &solution.left_out, classes: classes.len(), labels: &labels };
        let named: Vec<String> = classes.iter().map(|class| class.label.clone()).collect();
        let classifier = Classifier {
            temperature: fit_temperature(rows),
            classes: classes.iter().map(|class| Some(class.id)).collect(),
            ..Classifier::new(Split(0), with.input.clone(), suffix, named.clone())
        };
        let scores = scores(rows, &groups);
        Some(Provisional { classifier, impression: Impression { classes: named, photos: photos.len(), scores } })
    }

    /// `[classes, width]`, row-major: of each class the photos' features, times what they count for it.
    fn weight(&self, of_photos: &[f64], classes: usize, width: usize, cache: &ActivationCache) -> Option<Vec<f32>> {
        let mut weight = vec![0f32; classes * width];
        for (&photo, counts) in self.gram.photos().iter().zip(of_photos.chunks_exact(classes)) {
            let seen = widened(cache.get(photo)?);
            for (row, &count) in weight.chunks_exact_mut(width).zip(counts) {
                row.iter_mut().zip(&seen).for_each(|(weight, seen)| *weight += count as f32 * seen);
            }
        }
        Some(weight)
    }
}

/// The photos that it learns from: of every class the first that are read, as many of each as come to [`MOST`] together. None as long as they are of
/// one class.
fn wanted(with: &Materials<'_>) -> Vec<(PhotoId, ClassId)> {
    let photos = with.dataset.photos().filter(|photo| with.cache.contains(photo.id));
    let mut read: Vec<(PhotoId, ClassId)> = photos.map(|photo| (photo.id, photo.class)).collect();
    let mut taken: HashMap<ClassId, usize> = read.iter().map(|&(_, class)| (class, 0)).collect();
    if !(2..=MOST).contains(&taken.len()) {
        return Vec::new();
    }
    if read.len() > MOST {
        let each = MOST / taken.len();
        read.retain(|(_, class)| {
            let taken = taken.entry(*class).or_default();
            *taken += 1;
            *taken <= each
        });
    }
    read
}

/// Leaving out one by one is a cross-validation of as many folds as there are photos. A class of one photo, or of near-duplicates of one, cannot
/// do without it: it is not judged.
fn scores(rows: Rows<'_>, groups: &[usize]) -> Option<LeftOut> {
    let alone = |class: usize| {
        let mut of_class = groups.iter().zip(rows.labels).filter(|&(_, &label)| label == class).map(|(group, _)| group);
        let first = of_class.next();
        of_class.all(|group| Some(group) == first)
    };
    let judged: Vec<bool> = (0..rows.classes).map(|class| !alone(class)).collect();
    let (mut logits, mut labels, mut sizes) = (Vec::new(), Vec::new(), vec![0; groups.len()]);
    for ((row, &label), &group) in rows.logits.chunks_exact(rows.classes).zip(rows.labels).zip(groups) {
        if judged[label] {
            logits.extend_from_slice(row);
            labels.push(label);
            sizes[group] += 1;
        }
    }
    let top1 = Scores::from_logits(&logits, rows.classes, &labels)?.top1;
    Some(LeftOut { top1, interval: cross_validated(top1, independent_count(&sizes), labels.len()) })
}

/// The parameters of the output layer.
struct Head {
    weight: Vec<f32>,
    bias: Vec<f64>,
}

impl Params for Head {
    fn take(&mut self, _name: &str, shape: &[usize]) -> Vec<f32> {
        if shape.len() == 2 {
            std::mem::take(&mut self.weight)
        } else {
            self.bias.iter().map(|&bias| bias as f32).collect()
        }
    }
}

/// Of stages that learn there are none.
struct Nothing;

impl Params for Nothing {
    fn take(&mut self, _name: &str, shape: &[usize]) -> Vec<f32> {
        vec![0.0; shape.iter().product()]
    }
}
