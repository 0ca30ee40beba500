//! One fit: a suffix and its head taught on cached activations, batch by batch.

use burn::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrScheduler};
use burn::module::{Module, ParamGroup};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::cache::ActivationCache;
use super::clip::clip_by_global_norm;
use super::config::TrainConfig;
use super::embed::read;
use super::schedule::{Schedule, stage_factor};
use crate::data::dataset::PhotoId;
use crate::error::{Error, Result};
use crate::metrics::Scores;
use crate::model::Suffix;
use crate::rng::Rng;

/// Gradients of all parameters together are kept below this length. A step is shortened only when something goes wrong, such as
/// a batch unlike all others.
const MAX_GRADIENT_NORM: f32 = 5.0;
/// Classes are weighed equally when the largest has more than this many times the photos of the smallest.
const IMBALANCE: usize = 2;

/// A photo to learn from: its cached activation and the index of its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    pub photo: PhotoId,
    pub label: usize,
}

/// A sample in one of its draws.
pub type Look = (Sample, usize);

/// The scores of an epoch, read back from the device in one go.
pub struct EpochScores {
    pub train: Scores,
    pub val: Option<Scores>,
}

pub struct Fit {
    /// On the autodiff device.
    suffix: Suffix,
    optimizer: ModuleOptimizer,
    /// Each group of parameters with its rate before the schedule's factor; the first holds for all that are in no other.
    rates: Vec<(ParamGroup, f64)>,
    schedule: Schedule,
    /// Steps done.
    steps: usize,
    loss: CrossEntropyLossConfig,
    dropout: f32,
    /// Augmented draws of each photo, beside the photo as it is.
    draws: usize,
    /// Whether an epoch sees every draw, which costs next to nothing when the head learns alone, or one a photo.
    every_draw: bool,
    samples: Vec<Sample>,
    held_out: Vec<Sample>,
    /// The draws by which a held-out photo is judged.
    views: &'static [usize],
    batch_size: usize,
    classes: usize,
    rng: Rng,
    /// What this epoch looks at, in its order.
    epoch: Vec<Look>,
    /// Position of the next batch in it.
    next: usize,
    /// Logits of this epoch's batches, still on the device.
    logits: Vec<Tensor<2>>,
}

impl Fit {
    /// `suffix` must live on an autodiff device.
    pub fn new(
        suffix: Suffix,
        samples: Vec<Sample>,
        held_out: Vec<Sample>,
        classes: usize,
        epochs: usize,
        config: &TrainConfig,
        rng: Rng,
    ) -> Self {
        // Burn's defaults differ from PyTorch's; these are PyTorch's.
        let optimizer = AdamWConfig::new()
            .with_beta_1(0.9)
            .with_beta_2(0.999)
            .with_epsilon(1e-8)
            .with_weight_decay(config.weight_decay as f32)
            .init();
        let batch_size = config.batch_size;
        let steps = epochs * samples.len().div_ceil(batch_size); // of a fit that sees one draw an epoch
        let smoothing = (config.label_smoothing > 0.0).then_some(config.label_smoothing as f32);
        let weights = (config.balance == 1).then(|| class_weights(&samples, classes)).flatten();
        Self {
            rates: rates(&suffix, config.learning_rate),
            schedule: if config.stops_early() { Schedule::Constant } else { Schedule::Cosine { steps } },
            steps: 0,
            loss: CrossEntropyLossConfig::new().with_smoothing(smoothing).with_weights(weights),
            dropout: config.dropout as f32,
            draws: config.draws(),
            every_draw: config.stops_early(),
            suffix,
            optimizer,
            samples,
            held_out,
            views: config.views(),
            batch_size,
            classes,
            rng,
            epoch: Vec::new(),
            next: 0,
            logits: Vec::new(),
        }
    }

    /// Steps in one epoch.
    pub fn batches(&self) -> usize {
        let looks = if self.every_draw { self.samples.len() * (self.draws + 1) } else { self.samples.len() };
        looks.div_ceil(self.batch_size)
    }

    /// Batches done of the current epoch.
    pub fn batches_done(&self) -> usize {
        self.next.div_ceil(self.batch_size)
    }

    /// One optimiser step on the next batch. Nothing is read back.
    pub fn step(&mut self, cache: &ActivationCache, device: &Device) -> Result<()> {
        if self.next == 0 {
            self.begin_epoch();
        }
        let end = (self.next + self.batch_size).min(self.epoch.len());
        let batch = &self.epoch[self.next..end];
        let device = device.clone().autodiff();
        let labels: Vec<i32> = batch.iter().map(|(sample, _)| sample.label as i32).collect();
        let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [batch.len()]), &device);

        let features = self.suffix.pooled(gather(batch, cache, &device)?);
        let features = drop_out(features, self.dropout, &mut self.rng, &device);
        let logits = self.suffix.head().forward(features);
        self.logits.push(logits.clone().inner());
        let loss = self.loss.init(&device).forward(logits, labels);
        let mut gradients = GradientsParams::from_grads(loss.backward(), &self.suffix);
        clip_by_global_norm(&self.suffix, &mut gradients, MAX_GRADIENT_NORM);
        self.suffix = self.optimizer.step(self.learning_rates(), self.suffix.clone(), gradients);
        self.steps += 1;
        self.next = end;
        Ok(())
    }

    fn learning_rates(&self) -> ModuleLearningRate {
        let factor = self.schedule.factor(self.steps);
        let scheduler = |rate: f64| ModuleLrScheduler::new(rate * factor);
        let base = self.rates.first().map_or(0.0, |(_, rate)| *rate);
        let groups = self.rates.iter().skip(1);
        groups.fold(scheduler(base), |all, (group, rate)| all.with_group(group.clone(), rate * factor)).step()
    }

    fn begin_epoch(&mut self) {
        let draws = 0..=self.draws;
        self.epoch = if self.every_draw {
            self.samples.iter().flat_map(|&sample| draws.clone().map(move |draw| (sample, draw))).collect()
        } else {
            let rng = &mut self.rng;
            self.samples.iter().map(|&sample| (sample, rng.below(self.draws + 1))).collect()
        };
        self.rng.shuffle(&mut self.epoch);
    }

    /// Whether every batch of the current epoch is done.
    pub fn epoch_is_over(&self) -> bool {
        self.next > 0 && self.next == self.epoch.len()
    }

    /// Ends the epoch: the one readback, of the logits of all batches and of the held-out photos.
    pub async fn end_epoch(&mut self, cache: &ActivationCache, device: &Device) -> Result<EpochScores> {
        let mut logits = std::mem::take(&mut self.logits);
        let suffix = self.suffix.valid();
        for photos in self.held_out.chunks(self.batch_size) {
            let looks = gather(&looks(photos, self.views), cache, device)?;
            logits.push(suffix.head().forward(suffix.pooled_over(self.views.len(), looks)));
        }
        let logits = read(Tensor::cat(logits, 0)).await?;
        let (train, val) = logits.split_at(self.epoch.len() * self.classes);
        self.next = 0;
        Ok(EpochScores {
            train: Scores::from_logits(train, self.classes, &labels(self.epoch.iter().map(|(sample, _)| sample)))
                .ok_or_else(|| Error::internal("an epoch without photos"))?,
            val: Scores::from_logits(val, self.classes, &labels(self.held_out.iter())),
        })
    }

    /// What has been learnt so far, on the plain device.
    pub fn learnt(&self) -> Suffix {
        self.suffix.valid()
    }
}

fn labels<'a>(samples: impl Iterator<Item = &'a Sample>) -> Vec<usize> {
    samples.map(|sample| sample.label).collect()
}

/// Rates by depth: the last convolution and whatever else is in no group at the last stage's, the head at the base rate.
fn rates(suffix: &Suffix, base: f64) -> Vec<(ParamGroup, f64)> {
    let mut rates = vec![(ParamGroup::all(), base * stage_factor(0))];
    for (distance, stage) in suffix.stages().iter().rev().enumerate() {
        rates.push((ParamGroup::ids_from_module(stage.clone()), base * stage_factor(distance)));
    }
    rates.push((ParamGroup::ids_from_module(suffix.head().clone()), base));
    rates
}

/// Weights that make every class count the same, on average 1 a photo; `None` where the classes are balanced enough.
fn class_weights(samples: &[Sample], classes: usize) -> Option<Vec<f32>> {
    let mut counts = vec![0usize; classes];
    samples.iter().for_each(|sample| counts[sample.label] += 1);
    let (smallest, largest) = (counts.iter().min()?, counts.iter().max()?);
    let balanced = *smallest == 0 || *largest <= IMBALANCE * smallest;
    let weight = |count: &usize| samples.len() as f32 / (classes * count) as f32;
    (!balanced).then(|| counts.iter().map(weight).collect())
}

/// Sets a random part of the features to zero and scales the others up. The mask is ours: Burn's comes from the device's generator.
fn drop_out(features: Tensor<2>, rate: f32, rng: &mut Rng, device: &Device) -> Tensor<2> {
    if rate == 0.0 {
        return features;
    }
    let shape = features.dims();
    let kept = 1.0 / (1.0 - rate);
    let mask: Vec<f32> = (0..shape[0] * shape[1]).map(|_| if rng.uniform() < rate { 0.0 } else { kept }).collect();
    features * Tensor::from_data(TensorData::new(mask, shape), device)
}

/// Photos in those of their draws by which they are judged, side by side.
pub(crate) fn looks(photos: &[Sample], views: &[usize]) -> Vec<Look> {
    photos.iter().flat_map(|&sample| views.iter().map(move |&draw| (sample, draw))).collect()
}

/// The cached activations of a batch as one tensor, `[batch, channels, height, width]`.
pub(crate) fn gather(batch: &[Look], cache: &ActivationCache, device: &Device) -> Result<Tensor<4>> {
    let [channels, height, width] = cache.shape();
    let mut values = Vec::with_capacity(batch.len() * channels * height * width);
    for (sample, draw) in batch {
        let activation = cache.get_draw(sample.photo, *draw);
        values.extend_from_slice(activation.ok_or_else(|| Error::internal("a photo was not embedded"))?);
    }
    Ok(Tensor::from_data(TensorData::new(values, [batch.len(), channels, height, width]), device))
}
