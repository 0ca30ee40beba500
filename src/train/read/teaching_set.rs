//! The photos of a training, and which of them are near-duplicates.
//!
//! Their order is part of the result: it decides what is held out, which batches are made and how the output layer begins. So it
//! follows from the photos themselves. Classes come in natural order of their names, the photos of a class in that of their
//! files' hashes: neither the order in which they were added nor the names of the files change anything.

use std::collections::HashMap;

use super::photos::Photos;
use super::sample::Sample;
use crate::data::dataset::{Class, ClassId, Dataset, Photo};
use crate::data::label::Natural;
use crate::data::similar::{self, Look};
use crate::error::{Error, ErrorCode, Result};

/// What there is to learn from.
#[derive(Debug, Clone, PartialEq, Eq)]
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
        let mut classes: Vec<&Class> = dataset.classes().iter().collect();
        classes.sort_by_key(|class| Natural(&class.label));
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
        let mut photos: Vec<(usize, &Photo)> =
            dataset.photos().filter_map(|photo| Some((*label_of.get(&photo.class)?, photo))).collect();
        photos.sort_by_key(|(label, photo)| (*label, &photo.sha256));
        let samples: Vec<Sample> = photos.iter().map(|&(label, photo)| Sample { photo: photo.id, label }).collect();
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

    /// The same with the classes in that order, as a classifier has them whose classes were renamed since it was taught. As it is
    /// where these are other classes.
    pub fn in_order_of(self, classes: &[ClassId]) -> Self {
        let place = |class: &ClassId| classes.iter().position(|other| other == class);
        let Some(places) = self.classes.iter().map(place).collect::<Option<Vec<usize>>>() else { return self };
        if places.len() != classes.len() {
            return self;
        }
        // Class by class, so that the photos of each stay in their order.
        let now = |sample: &Sample| Sample { label: places[sample.label], ..*sample };
        let of = |label: usize| self.samples.iter().map(now).filter(move |sample| sample.label == label);
        let samples = (0..classes.len()).flat_map(of).collect();
        let (mut labels, mut per_class) = (vec![String::new(); classes.len()], vec![0; classes.len()]);
        for (&place, (label, photos)) in places.iter().zip(self.labels.into_iter().zip(self.per_class)) {
            (labels[place], per_class[place]) = (label, photos);
        }
        Self { labels, classes: classes.to_vec(), per_class, samples }
    }
}

/// The group of near-duplicates that each photo belongs to, by its hash and the source model's features of it: the `width` numbers that
/// are the average of its last map.
pub fn near_duplicates(samples: &[Sample], photos: &Photos<'_>, width: usize) -> Result<Vec<usize>> {
    let features = |photo| photos.source_features().get(photo).map(|seen| &seen[..width]);
    let look =
        |sample: &Sample| Ok(Look { hash: photos.dataset.photo(sample.photo)?.hash, features: features(sample.photo) });
    Ok(similar::groups(&samples.iter().map(look).collect::<Result<Vec<_>>>()?))
}
