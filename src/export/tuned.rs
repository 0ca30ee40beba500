//! A tuned network's parameters by name: those that learnt, and under them those that nobody has changed.

use std::collections::BTreeMap;

use crate::backbone::architecture::{Architecture, ConvLayer};
use crate::backbone::tensor_file::FileTensor;
use crate::backbone::weights::{LoadedParams, Weights};
use crate::error::Result;
use crate::eval::classifier::Classifier;
use crate::nn::params::Params;
use crate::train::read::embed::read;

/// A classifier with everything under it, as it is exported.
pub struct Tuned<'a> {
    pub classifier: &'a Classifier,
    pub weights: &'a Weights,
    /// The network whose last layer the classifier is: that of the weights, or the same with the layers of its own head.
    pub architecture: &'a Architecture,
    /// Read back from the device: name, shape and values of everything that learnt.
    learnt: BTreeMap<String, FileTensor>,
}

impl<'a> Tuned<'a> {
    pub async fn new(classifier: &'a Classifier, weights: &'a Weights, architecture: &'a Architecture) -> Result<Self> {
        let mut learnt = BTreeMap::new();
        for tensor in classifier.suffix.named(architecture) {
            let values = read(tensor.values).await?;
            learnt.insert(tensor.name.clone(), FileTensor { name: tensor.name, shape: tensor.shape, values });
        }
        Ok(Self { classifier, weights, architecture, learnt })
    }

    /// Every parameter by the names of the architecture; call [`TunedParams::finish`] once all are taken.
    pub fn params(&self) -> TunedParams<'_> {
        TunedParams { learnt: &self.learnt, weights: self.weights.params() }
    }

    /// The output layer: weight `[classes, features]`, bias `[classes]`.
    pub fn head(&self) -> [FileTensor; 2] {
        let (classes, features) = (self.classifier.labels.len(), self.classifier.suffix.features());
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
