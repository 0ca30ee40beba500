//! The networks of a session: the source model, the classifier that answers, and the frozen stages under each.

use serde::Deserialize;

use crate::backbone::taps::Taps;
use crate::backbone::weights::{LoadedParams, Weights};
use crate::data::dataset::{ClassId, PhotoId};
use crate::device::ComputeDevice;
use crate::error::{Error, ErrorCode, Result};
use crate::eval::classifier::Classifier;
use crate::image::prepare::InputSpec;
use crate::model::{Split, Suffix};
use crate::train::plan::config::TrainConfig;
use crate::train::read::cache::ActivationCache;
use crate::train::read::embed::Embedder;
use crate::train::read::sample::Sample;

/// Which network answers a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelChoice {
    /// The trained classifier when there is one, the source model otherwise.
    #[default]
    Auto,
    Source,
    Trained,
    /// The first classifier, as long as nothing is trained or opened: see [`provisional`](crate::eval::provisional).
    Provisional,
}

pub(super) struct Models {
    /// With the output layer of the weights, and the layers of its own head where it has such; `None` where they have none.
    pub source: Option<Classifier>,
    /// The trained or opened one.
    pub classifier: Option<Classifier>,
    /// The first one, made while photos arrive; `None` once there is another.
    pub provisional: Option<Classifier>,
    /// How the trained one came about; `None` for one out of a file.
    pub taught: Option<Taught>,
    /// Pooled features of photos by that one, where its last stages learnt; read when first asked for.
    pub features: ActivationCache,
    /// One per split and input in use: the source model's first, and those of the classifier and of the run under way.
    pub embedders: Vec<Embedder>,
}

/// A training: its photos and options, with the epochs of the fit that was kept.
#[derive(PartialEq)]
pub(super) struct Taught {
    /// In the order of the labels of `samples`.
    pub classes: Vec<ClassId>,
    pub samples: Vec<Sample>,
    pub config: TrainConfig,
}

impl Models {
    /// The source model alone.
    ///
    /// # Errors
    /// `weights-mismatch` with the lists of what does not fit.
    pub fn load(weights: &Weights, device: &ComputeDevice) -> Result<Self> {
        let (mut params, input) = (weights.params(), weights.card.input.clone());
        let load = |split, params: &mut LoadedParams<'_>| {
            Embedder::load(weights.architecture, split, params, input.clone(), input.clone(), device)
        };
        let mut embedders = vec![load(Split(0), &mut params)];
        let labels = weights.card.labels.clone();
        // The layers of an own head come after the last stage: the source model is that stage with them then.
        let whole = weights.with_own_head();
        let (architecture, split) = match &whole {
            Some(whole) => (whole, Split(1)),
            None => (weights.architecture, Split(0)),
        };
        let taps = Taps::of_file(weights.card.layers.as_deref(), architecture, split.0)
            .map_err(|reason| Error::new(ErrorCode::WeightsMismatch, format!("the weights do not fit: {reason}")))?;
        let source = (!labels.is_empty()).then(|| {
            if split != Split(0) {
                embedders.push(load(split, &mut params));
            }
            let (classes, mut stages) = (labels.len(), weights.params());
            let suffix = Suffix::load(architecture, split, taps, classes, &mut stages, &mut params, &device.tensors);
            let flip_average = weights.card.flip_average;
            Classifier { flip_average, ..Classifier::new(split, input.clone(), suffix, labels) }
        });
        params.finish_all()?;
        Ok(Self {
            source,
            classifier: None,
            provisional: None,
            taught: None,
            features: ActivationCache::new([weights.architecture.features(), 1, 1]),
            embedders,
        })
    }

    /// Another classifier takes the place of the one there is.
    pub fn replace(&mut self, classifier: Classifier, taught: Option<Taught>) -> &Classifier {
        self.features = ActivationCache::new(self.features.shape());
        self.taught = taught;
        self.provisional = None;
        self.classifier.insert(classifier)
    }

    /// The trained or opened classifier.
    ///
    /// # Errors
    /// `no-classifier`.
    pub fn trained(&self) -> Result<&Classifier> {
        self.classifier.as_ref().ok_or_else(no_classifier)
    }

    /// A network with the frozen stages under it.
    ///
    /// # Errors
    /// `no-classifier` when the trained one is asked for and there is none.
    pub fn network(&self, model: ModelChoice) -> Result<(&Classifier, &Embedder)> {
        let classifier = match model {
            ModelChoice::Source => self.source.as_ref().ok_or_else(no_source)?,
            ModelChoice::Trained => self.trained()?,
            ModelChoice::Provisional => self.provisional.as_ref().ok_or_else(no_provisional)?,
            ModelChoice::Auto => self.classifier.as_ref().or(self.source.as_ref()).ok_or_else(no_classifier)?,
        };
        let mut embedders = self.embedders.iter();
        let embedder = embedders.find(|embedder| embedder.is_of(classifier.split, &classifier.input));
        Ok((classifier, embedder.ok_or_else(|| Error::internal("the classifier's prefix is not loaded"))?))
    }

    /// Where the features lie that photos are compared by with that model, as every training reads them: the pooled features of the backbone.
    /// `None` for the trained one whose last stages learnt, which has its own.
    ///
    /// # Errors
    /// As [`network`](Self::network).
    pub fn source_features(&self, model: ModelChoice) -> Result<Option<&Embedder>> {
        let (classifier, embedder) = self.network(model)?;
        Ok(match classifier.split {
            Split(0) => Some(embedder),
            _ if self.is_own_head(classifier) => self.embedders.first(),
            _ => None,
        })
    }

    /// Whether that is the source model, with the fully connected layers that it was pretrained with.
    pub fn is_own_head(&self, classifier: &Classifier) -> bool {
        classifier.split != Split(0) && self.source.as_ref().is_some_and(|source| std::ptr::eq(source, classifier))
    }

    /// The output layer that the source model has on pooled features.
    pub fn source_layer(&self) -> Option<&Classifier> {
        self.source.as_ref().filter(|source| source.split == Split(0))
    }

    /// Position of the embedder of that split and input, made when it is not there.
    pub fn embedder(
        &mut self,
        split: Split,
        input: &InputSpec,
        weights: &Weights,
        device: &ComputeDevice,
    ) -> Result<usize> {
        if let Some(index) = self.embedders.iter().position(|embedder| embedder.is_of(split, input)) {
            return Ok(index);
        }
        let (architecture, stored) = (weights.architecture, weights.card.input.framed(input.framing));
        let embedder = match self.embedders.iter().find(|embedder| embedder.split == split) {
            Some(other) => other.with_input(input.clone(), stored, architecture),
            None => {
                let mut params = weights.params();
                let embedder = Embedder::load(architecture, split, &mut params, input.clone(), stored, device);
                params.finish()?;
                embedder
            }
        };
        self.embedders.push(embedder);
        Ok(self.embedders.len() - 1)
    }

    /// Keeps the embedders of the source model and of the classifier, and what was embedded for the output layer alone of photos
    /// prepared as `stored`: that is small, and the next training of such photos can use it.
    pub fn forget_unused_embedders(&mut self, stored: &InputSpec) {
        let in_use: Vec<&Classifier> = self.source.iter().chain(&self.classifier).collect();
        self.embedders.retain(|embedder| {
            embedder.is_of(Split(0), stored) || in_use.iter().any(|model| embedder.is_of(model.split, &model.input))
        });
    }

    pub fn forget_photos(&mut self, ids: &[PhotoId]) {
        self.embedders.iter_mut().for_each(|embedder| embedder.cache.remove(ids));
        self.provisional = None;
        self.features.remove(ids);
    }
}

fn no_source() -> Error {
    Error::new(
        ErrorCode::NoClassifier,
        "these weights have no output layer that is used here, so the network has no answers of its own: train first",
    )
}

fn no_provisional() -> Error {
    Error::new(
        ErrorCode::NoClassifier,
        "there is no first classifier: it is made once photos of two classes are read, and goes when one is trained or opened",
    )
}

pub(super) fn no_classifier() -> Error {
    Error::new(ErrorCode::NoClassifier, "nothing is trained yet: train first, or open a model file")
}
