//! A tuned network's parameters by name: those that learnt, and under them those that nobody has changed.

use std::collections::BTreeMap;

use super::model_file::{self, ModelCard};
use crate::backbone::architecture::{Architecture, ConvLayer};
use crate::backbone::taps::Taps;
use crate::backbone::tensor_file::FileTensor;
use crate::backbone::weights::{LoadedParams, Weights};
use crate::error::{Error, ErrorCode, Result};
use crate::eval::classifier::Classifier;
use crate::nn::params::Params;
use crate::train::read::embed::read;

/// A classifier with everything under it, as it is exported.
pub struct Tuned<'a> {
    /// What its file says of it.
    pub card: ModelCard,
    /// What its output layer sees.
    pub taps: Taps,
    pub weights: &'a Weights,
    /// The network whose last layer the classifier is: that of the weights, or the same with the layers of its own head.
    pub architecture: &'a Architecture,
    /// Name, shape and values of everything that learnt.
    learnt: BTreeMap<String, FileTensor>,
}

impl<'a> Tuned<'a> {
    /// Read back from the device.
    pub async fn new(classifier: &'a Classifier, weights: &'a Weights, architecture: &'a Architecture) -> Result<Self> {
        let mut learnt = Vec::new();
        for tensor in classifier.suffix.named(architecture) {
            let values = read(tensor.values).await?;
            learnt.push(FileTensor { name: tensor.name, shape: tensor.shape, values });
        }
        let (card, taps) = (model_file::card(classifier, weights), classifier.suffix.taps().clone());
        Ok(Self { card, taps, weights, architecture, learnt: by_name(learnt) })
    }

    /// Out of a model file, without a device: the same as of the classifier that a session opens it as.
    ///
    /// # Errors
    /// As [`model_file::open`].
    pub fn of_file(bytes: &[u8], weights: &'a Weights) -> Result<Self> {
        let (card, taps, learnt) = model_file::read_learnt(bytes, weights)?;
        Ok(Self { card, taps, weights, architecture: weights.architecture, learnt: by_name(learnt) })
    }

    /// The source model as it is, where its output layer is the last layer alone.
    ///
    /// # Errors
    /// `no-classifier` where it has no such output layer; `weights-mismatch` where the weights do not fit.
    pub fn of_source(weights: &'a Weights) -> Result<Self> {
        let card = model_file::source_card(weights);
        if card.labels.is_empty() || weights.with_own_head().is_some() {
            return Err(Error::new(
                ErrorCode::NoClassifier,
                "these weights have no output layer that is used here, so there is no classifier to be written: train first",
            ));
        }
        let taps = Taps::of_file(card.layers.as_deref(), weights.architecture, 0)
            .map_err(|reason| Error::new(ErrorCode::WeightsMismatch, format!("the weights do not fit: {reason}")))?;
        Ok(Self { card, taps, weights, architecture: weights.architecture, learnt: BTreeMap::new() })
    }

    /// Every parameter by the names of the architecture; call [`TunedParams::finish`] once all are taken.
    pub fn params(&self) -> TunedParams<'_> {
        TunedParams { learnt: &self.learnt, weights: self.weights.params() }
    }

    /// The output layer: weight `[classes, features]`, bias `[classes]`.
    pub fn head(&self) -> [FileTensor; 2] {
        let (classes, features) = (self.card.labels.len(), self.taps.width());
        let mut params = self.params();
        let name = self.architecture.classifier;
        [(format!("{name}.weight"), vec![classes, features]), (format!("{name}.bias"), vec![classes])].map(
            |(name, shape)| {
                let values = params.take(&name, &shape);
                FileTensor { name, shape, values }
            },
        )
    }

    /// Everything else.
    ///
    /// # Errors
    /// `weights-mismatch` where the weights lack something.
    pub fn backbone(&self) -> Result<Vec<FileTensor>> {
        let mut params = self.params();
        let parameters = self.architecture.convolutions().flat_map(ConvLayer::parameters);
        let tensors = parameters.map(|(name, shape)| {
            let values = params.take(&name, &shape);
            FileTensor { name, shape, values }
        });
        let tensors = tensors.collect();
        params.finish()?;
        Ok(tensors)
    }
}

fn by_name(tensors: Vec<FileTensor>) -> BTreeMap<String, FileTensor> {
    tensors.into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect()
}

/// [`Params`] of a [`Tuned`] network.
pub struct TunedParams<'a> {
    learnt: &'a BTreeMap<String, FileTensor>,
    weights: LoadedParams<'a>,
}

impl TunedParams<'_> {
    /// # Errors
    /// `weights-mismatch` where the weights lack something.
    pub fn finish(self) -> Result<()> {
        self.weights.finish()
    }
}

impl Params for TunedParams<'_> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        match self.learnt.get(name) {
            Some(tensor) => tensor.values.clone(),
            None => self.weights.take(name, shape),
        }
    }
}
