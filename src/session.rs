//! A session: a device, the source model, the user's photos, and the classifier made of them. The page's worker, the command
//! line and the tests all drive this one type.
//!
//! Its parts, which know no session, and what it does with them, a file for each kind of call:
//!
//! ```text
//! models  sharing  event  run │ photos  answers  exports  why │ ahead  provisional  starting  running  resume │ lending  helping
//! ```

mod ahead;
mod answers;
pub mod event;
mod exports;
mod files;
mod helping;
pub mod lending;
mod models;
mod photos;
pub mod provisional;
mod resume;
mod run;
mod running;
mod sharing;
mod starting;
pub mod warm_up;
mod why;

pub use models::ModelChoice;

use models::Models;
use run::Run;
use sharing::Sharing;

use crate::advise::cost::Measured;
use crate::advise::decide::Advice;
use crate::backbone::weights::Weights;
use crate::data::dataset::Dataset;
use crate::device::ComputeDevice;
use crate::error::Result;
use crate::eval::classifier::Classifier;
use crate::eval::provisional::Provisionally;
use crate::image::prepare::InputSpec;
use crate::model::Split;
use crate::train::plan::budget::ACTIVATION_BUDGET;
use crate::train::plan::config::TrainConfig;

pub struct Session {
    device: ComputeDevice,
    weights: Weights,
    /// Seconds from any fixed point; the core has no clock of its own.
    clock: fn() -> f64,
    activation_budget: u64,
    dataset: Dataset,
    /// What the pixels in `dataset` are prepared for: in the framing of the last training, or of the one under way.
    stored: InputSpec,
    models: Models,
    /// What is under way.
    run: Option<Box<dyn Run>>,
    expected: Expected,
    provisionally: Provisionally,
    advice: Option<Box<Advice>>,
    /// What advice has found out of the device so far.
    measured: Vec<Measured>,
    sharing: Sharing,
}

/// What reading ahead goes by.
#[derive(Default)]
struct Expected {
    /// The last training that was asked for, as it was asked for. The defaults before.
    wish: TrainConfig,
    /// A photo was added since anything was read ahead, and more may follow.
    adding: bool,
}

impl Session {
    /// Builds the source model on the device.
    ///
    /// # Errors
    /// `weights-mismatch` with the lists of what does not fit.
    pub fn new(device: ComputeDevice, weights: Weights, clock: fn() -> f64) -> Result<Self> {
        let (models, stored) = (Models::load(&weights, &device)?, weights.card.input.clone());
        Ok(Self {
            device,
            weights,
            clock,
            activation_budget: ACTIVATION_BUDGET,
            dataset: Dataset::default(),
            stored,
            models,
            run: None,
            expected: Expected::default(),
            provisionally: Provisionally::default(),
            advice: None,
            measured: Vec::new(),
            sharing: Sharing::default(),
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
        self.models.classifier.as_ref()
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

    /// Position of the embedder of that split and input, made when it is not there.
    fn embedder(&mut self, split: Split, input: &InputSpec) -> Result<usize> {
        self.models.embedder(split, input, &self.weights, &self.device)
    }

    fn forget_unused_embedders(&mut self) {
        self.models.forget_unused_embedders(&self.stored);
    }
}
