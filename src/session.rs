//! A session: a device, the source model, the user's photos, and the classifier made of them. The page's worker, the command
//! line and the tests all drive this one type.

mod ahead;
mod answers;
mod comparing;
mod learning;
pub mod lending;
mod photos;
mod resume;
mod running;
pub mod warm_up;
mod why;

use serde::Deserialize;

use learning::Learner;
use lending::Loans;

use crate::advise::cost::Measured;
use crate::advise::decide::Advice;
use crate::advise::run::AdviceRun;
use crate::backbone::weights::Weights;
use crate::data::dataset::{ClassId, Dataset};
use crate::device::ComputeDevice;
use crate::error::{Error, ErrorCode, Result};
use crate::eval::classifier::Classifier;
use crate::eval::comparison::Comparison;
use crate::eval::cross_validation::CrossValidation;
use crate::image::prepare::InputSpec;
use crate::model::{Split, Suffix};
use crate::train::fit::Fit;
use crate::train::plan::budget::ACTIVATION_BUDGET;
use crate::train::plan::config::TrainConfig;
use crate::train::read::cache::ActivationCache;
use crate::train::read::embed::Embedder;
use crate::train::read::reading::Reading;
use crate::train::read::sample::Sample;
use crate::train::run::TrainRun;

/// Which network answers a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelChoice {
    /// The trained classifier when there is one, the source model otherwise.
    #[default]
    Auto,
    Source,
    Trained,
}

pub struct Session {
    device: ComputeDevice,
    weights: Weights,
    /// Seconds from any fixed point; the core has no clock of its own.
    clock: fn() -> f64,
    dataset: Dataset,
    /// What the pixels in `dataset` are prepared for: in the framing of the last training, or of the one under way.
    stored: InputSpec,
    source: Classifier,
    /// One per split and input in use: the source model's first, and those of the classifier and of the training under way.
    embedders: Vec<Embedder>,
    classifier: Option<Classifier>,
    /// Pooled features of photos by the classifier there is, where its last stages learnt; read when first asked for.
    features: ActivationCache,
    /// How the classifier came about; `None` for one out of a file.
    taught: Option<Taught>,
    run: Option<Run>,
    advice: Option<Box<Advice>>,
    /// The last training that was asked for, as it was asked for: what is read ahead goes by it. The defaults before.
    wish: TrainConfig,
    /// A photo was added since anything was read ahead, and more may follow.
    adding: bool,
    /// What advice has found out of the device so far.
    measured: Vec<Measured>,
    activation_budget: u64,
    loans: Loans,
    /// What learns here for another session.
    learner: Option<Learner>,
    readers: usize,
}

/// What is under way.
enum Run {
    Training(Box<TrainRun>),
    Evaluation(Box<CrossValidation>),
    Advice(Box<AdviceRun>),
    Comparison(Box<Comparison>),
}

impl Run {
    fn config(&self) -> &TrainConfig {
        match self {
            Self::Training(run) => run.config(),
            Self::Evaluation(run) => run.config(),
            Self::Advice(run) => run.config(),
            Self::Comparison(run) => run.config(),
        }
    }

    fn reading(&mut self) -> Option<&mut Reading> {
        match self {
            Self::Training(run) => run.reading(),
            Self::Evaluation(run) => run.reading(),
            Self::Advice(run) => run.reading(),
            Self::Comparison(run) => run.reading(),
        }
    }

    /// The fit under way, where there is one that may share its steps.
    fn fit(&mut self) -> Option<&mut Fit> {
        match self {
            Self::Training(run) => run.fit(),
            Self::Evaluation(run) => run.fit(),
            Self::Advice(_) => None,
            Self::Comparison(run) => run.fit(),
        }
    }
}

/// A training: its photos and options, with the epochs of the fit that was kept.
#[derive(PartialEq)]
struct Taught {
    /// In the order of the labels of `samples`.
    classes: Vec<ClassId>,
    samples: Vec<Sample>,
    config: TrainConfig,
}

impl Session {
    /// Builds the source model on the device.
    ///
    /// # Errors
    /// `weights-mismatch` with the lists of what does not fit.
    pub fn new(device: ComputeDevice, weights: Weights, clock: fn() -> f64) -> Result<Self> {
        let split = Split(0);
        let mut params = weights.params();
        let input = weights.card.input.clone();
        let embedder = Embedder::load(weights.architecture, split, &mut params, input.clone(), input.clone(), &device);
        let labels = weights.card.labels.clone();
        // The head alone is loaded: at split 0 no stage parameter is taken.
        let mut stages = weights.params();
        let suffix = Suffix::load(weights.architecture, split, labels.len(), &mut stages, &mut params, &device.tensors);
        params.finish_all()?;
        let source = Classifier::new(split, input.clone(), suffix, labels);
        let dataset = Dataset::default();
        let features = ActivationCache::new([weights.architecture.features, 1, 1]);
        let (embedders, classifier, taught, run, advice) = (vec![embedder], None, None, None, None);
        Ok(Self {
            device,
            weights,
            clock,
            dataset,
            stored: input,
            source,
            embedders,
            classifier,
            features,
            taught,
            run,
            advice,
            wish: TrainConfig::default(),
            adding: false,
            measured: Vec::new(),
            activation_budget: ACTIVATION_BUDGET,
            loans: Loans::default(),
            learner: None,
            readers: 1,
        })
    }

    pub fn device(&self) -> &ComputeDevice {
        &self.device
    }

    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// The trained or opened classifier.
    pub fn classifier(&self) -> Option<&Classifier> {
        self.classifier.as_ref()
    }

    /// How many bytes the activations of a training may take, instead of [`ACTIVATION_BUDGET`]. There may be two such caches at a
    /// time: of the classifier and of a training at another split.
    pub fn set_activation_budget(&mut self, bytes: u64) {
        self.activation_budget = bytes;
    }

    /// Whether a training or an evaluation is under way.
    pub fn is_training(&self) -> bool {
        self.run.is_some()
    }

    /// What the network sees in a run with that configuration.
    fn input(&self, config: &TrainConfig) -> InputSpec {
        config.input(&self.weights.card.input)
    }

    fn set_classifier(&mut self, classifier: Classifier) -> &Classifier {
        self.features = ActivationCache::new(self.features.shape());
        self.classifier.insert(classifier)
    }

    /// Position of the embedder of that split and input, made when it is not there.
    fn embedder(&mut self, split: Split, input: &InputSpec) -> Result<usize> {
        if let Some(index) = self.embedders.iter().position(|embedder| embedder.is_of(split, input)) {
            return Ok(index);
        }
        let (architecture, stored) = (self.weights.architecture, self.weights.card.input.framed(input.framing));
        let embedder = match self.embedders.iter().find(|embedder| embedder.split == split) {
            Some(other) => other.with_input(input.clone(), stored, architecture),
            None => {
                let mut params = self.weights.params();
                let embedder = Embedder::load(architecture, split, &mut params, input.clone(), stored, &self.device);
                params.finish()?;
                embedder
            }
        };
        self.embedders.push(embedder);
        Ok(self.embedders.len() - 1)
    }

    fn forget_unused_embedders(&mut self) {
        let in_use: Vec<&Classifier> = [Some(&self.source), self.classifier.as_ref()].into_iter().flatten().collect();
        self.embedders.retain(|embedder| {
            // What was embedded for the output layer alone is small, and is kept for the next training with such photos.
            embedder.is_of(Split(0), &self.stored)
                || in_use.iter().any(|model| embedder.is_of(model.split, &model.input))
        });
    }
}

fn no_classifier() -> Error {
    Error::new(ErrorCode::NoClassifier, "nothing is trained yet: train first, or open a model file")
}
