//! The photos of a training, and which of them are as good as the same.

use super::cache::ActivationCache;
use super::sample::Sample;
use crate::data::dataset::{Dataset, Photo};
use crate::data::similar::{self, Look};
use crate::error::{Error, ErrorCode, Result};

/// What there is to learn from.
pub struct TeachingSet {
    pub labels: Vec<String>,
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
        let per_class: Vec<usize> = classes.iter().map(|class| dataset.photos_in(class.id)).collect();
        if let Some(empty) = per_class.iter().position(|&photos| photos == 0) {
            let label = &classes[empty].label;
            return Err(Error::new(
                ErrorCode::EmptyClass,
                format!("the class {label:?} has no photos: add some, or remove the class"),
            )
            .with("label", label));
        }
        let label_of = |photo: &Photo| classes.iter().position(|class| class.id == photo.class);
        let samples: Vec<Sample> =
            dataset.photos().filter_map(|photo| Some(Sample { photo: photo.id, label: label_of(photo)? })).collect();
        let labels = classes.iter().map(|class| class.label.clone()).collect();
        Ok(Self { labels, per_class, samples })
    }
}

/// The group of near-duplicates that each photo belongs to, by its hash and the source model's pooled features of it.
pub fn near_duplicates(samples: &[Sample], dataset: &Dataset, features: &ActivationCache) -> Result<Vec<usize>> {
    let look =
        |sample: &Sample| Ok(Look { hash: dataset.photo(sample.photo)?.hash, features: features.get(sample.photo) });
    Ok(similar::groups(&samples.iter().map(look).collect::<Result<Vec<_>>>()?))
}
