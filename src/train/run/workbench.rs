//! What a training or a cross-validation works with.

use crate::backbone::weights::Weights;
use crate::device::{ComputeDevice, DeviceKind};
use crate::model::{Split, Suffix};
use crate::nn::params::RandomParams;
use crate::rng::Rng;
use crate::train::fit::Fit;
use crate::train::fit::inputs::Inputs;
use crate::train::plan::budget::photos_at_once;
use crate::train::plan::config::TrainConfig;
use crate::train::plan::regime::Regime;
use crate::train::read::photos::Photos;
use crate::train::read::sample::Sample;

/// What a run works with; the session owns it.
pub struct Workbench<'a> {
    pub device: &'a ComputeDevice,
    pub weights: &'a Weights,
    pub photos: Photos<'a>,
    /// Instances of the core that read photos and share steps, this one among them.
    pub readers: usize,
    /// Seconds from any fixed point at the start of the step, for the report alone.
    pub now: f64,
    /// Where they come from, for what is measured within a step.
    pub clock: fn() -> f64,
}

impl Workbench<'_> {
    /// What the run's fits are fed with.
    pub fn inputs(&self) -> Inputs<'_> {
        let embedder = self.photos.own();
        if embedder.has_frozen_stages() {
            Inputs::Activations(&embedder.cache)
        } else {
            Inputs::Pictures(embedder, self.photos.dataset)
        }
    }

    /// How many of the pictures that a training of `samples` with that settled configuration needs are embedded already.
    pub fn embedded(&self, samples: &[Sample], config: &TrainConfig) -> usize {
        let (split, input) = (Split(config.last_stages), config.input(&self.weights.card.input));
        let embedder = self.photos.embedders.iter().find(|embedder| embedder.is_of(split, &input));
        embedder.map_or(0, |embedder| embedder.embedded(samples.iter().map(|sample| sample.photo), config))
    }

    /// A fit of `samples` for `epochs` epochs. It starts and goes by the seed alone, so all fits of a run start alike.
    pub fn fresh_fit(
        &self,
        config: &TrainConfig,
        samples: Vec<Sample>,
        held_out: Vec<Sample>,
        classes: usize,
        epochs: usize,
    ) -> Fit {
        let suffix = self.fresh_suffix(config, classes);
        let fit = Fit::new(suffix, samples, held_out, classes, epochs, config, Rng::stream(config.seed, "order"));
        // A graphics card is better off with one large launch.
        let divided = self.device.kind == DeviceKind::Cpu && config.regime.divides_steps();
        let fit = if divided { fit.in_parts() } else { fit };
        fit.within(self.at_once(config), config.regime.divides_steps())
    }

    /// How many photos of a run with that configuration may be computed together.
    pub fn at_once(&self, config: &TrainConfig) -> usize {
        photos_at_once(config, self.weights.architecture, self.weights.card.input.size as usize)
    }

    /// Pretrained stages, or random ones, and a random head, on the autodiff device.
    fn fresh_suffix(&self, config: &TrainConfig, classes: usize) -> Suffix {
        let (architecture, device) = (self.weights.architecture, self.device.tensors.clone().autodiff());
        let mut head = RandomParams(Rng::stream(config.seed, "head"));
        let taps = |split: Split| split.taps(architecture, config.features());
        if config.regime == Regime::Scratch {
            let mut stages = RandomParams(Rng::stream(config.seed, "stages"));
            let all = taps(Split(architecture.stages.len()));
            return Suffix::load_live(architecture, all, classes, &mut stages, &mut head, &device);
        }
        let split = Split(config.last_stages);
        Suffix::load(architecture, split, taps(split), classes, &mut self.weights.params(), &mut head, &device)
    }
}
