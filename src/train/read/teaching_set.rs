//! The photos of a training, and which of them are as good as the same.

use std::collections::HashMap;

use super::cache::ActivationCache;
use super::sample::Sample;
use crate::data::dataset::{ClassId, Dataset, Photo};
use crate::data::similar::{self, Look};
use crate::error::{Error, ErrorCode, Result};

/// What there is to learn from.
pub struct TeachingSet {
    pub labels: Vec<String>,
    /// In the order of `labels`.
    pub classes: Vec<ClassId>,
    /// Photos per class, in the order of `labels`.
    pub per_class: Vec<usize>,
    pub samples: Vec<Sample>,
}

impl TeachingSet {
    /// # Errors
    /// `too-few-classes`, `empty-class`.
    pub fn of(dataset: &Dataset) -> Result<Self> {
        let classes = dataset.classes();
        if classes.len() < 2 {
            return Err(Error::new(
                ErrorCode::TooFewClasses,
                format!(
                    "training needs at least two classes with photos, there is {}: add another class",
                    classes.len()
                ),
            )
            .with("count", classes.len()));
        }
        let label_of: HashMap<ClassId, usize> =
            classes.iter().enumerate().map(|(label, class)| (class.id, label)).collect();
        let sample = |photo: &Photo| Some(Sample { photo: photo.id, label: *label_of.get(&photo.class)? });
        let samples: Vec<Sample> = dataset.photos().filter_map(sample).collect();
        let mut per_class = vec![0; classes.len()];
        samples.iter().for_each(|sample| per_class[sample.label] += 1);
        if let Some(empty) = per_class.iter().position(|&photos| photos == 0) {
            let label = &classes[empty].label;
            return Err(Error::new(
                ErrorCode::EmptyClass,
                format!("the class {label:?} has no photos: add some, or remove the class"),
            )
            .with("label", label));
        }
        let labels = classes.iter().map(|class| class.label.clone()).collect();
        let classes = classes.iter().map(|class| class.id).collect();
        Ok(Self { labels, classes, per_class, samples })
    }
}

/// The group of near-duplicates that each photo belongs to, by its hash and the source model's pooled features of it.
pub fn near_duplicates(samples: &[Sample], dataset: &Dataset, features: &ActivationCache) -> Result<Vec<usize>> {
    let look =
        |sample: &Sample| Ok(Look { hash: dataset.photo(sample.photo)?.hash, features: features.get(sample.photo) });
    Ok(similar::groups(&samples.iter().map(look).collect::<Result<Vec<_>>>()?))
}
