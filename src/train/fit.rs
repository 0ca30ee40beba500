//! One fit: a suffix and its head taught on cached activations, batch by batch.

use burn::lr_scheduler::module_lr_scheduler::ModuleLrScheduler;
use burn::module::{Module, ParamGroup};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::cache::ActivationCache;
use super::config::TrainConfig;
use super::embed::read;
use crate::data::dataset::PhotoId;
use crate::error::{Error, Result};
use crate::metrics::Scores;
use crate::model::Suffix;
use crate::rng::Rng;

/// Pretrained stages learn this much slower than the new head.
const STAGE_RATE: f64 = 0.1;

/// A photo to learn from: its cached activation and the index of its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    pub photo: PhotoId,
    pub label: usize,
}

/// The scores of an epoch, read back from the device in one go.
pub struct EpochScores {
    pub train: Scores,
    pub val: Option<Scores>,
}

pub struct Fit {
    /// On the autodiff device.
    suffix: Suffix,
    optimizer: ModuleOptimizer,
    rates: ModuleLrScheduler,
    samples: Vec<Sample>,
    held_out: Vec<Sample>,
    batch_size: usize,
    classes: usize,
    rng: Rng,
    /// Position of the next batch in `samples`, which are shuffled at the start of every epoch.
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
        let head = ParamGroup::ids_from_module(suffix.head().clone());
        let rates = ModuleLrScheduler::new(config.learning_rate * STAGE_RATE).with_group(head, config.learning_rate);
        let batch_size = config.batch_size;
        Self { suffix, optimizer, rates, samples, held_out, batch_size, classes, rng, next: 0, logits: Vec::new() }
    }

    /// Steps in one epoch.
    pub fn batches(&self) -> usize {
        self.samples.len().div_ceil(self.batch_size)
    }

    /// Batches done of the current epoch.
    pub fn batches_done(&self) -> usize {
        self.next.div_ceil(self.batch_size)
    }

    /// One optimiser step on the next batch. Nothing is read back.
    pub fn step(&mut self, cache: &ActivationCache, device: &Device) -> Result<()> {
        if self.next == 0 {
            self.rng.shuffle(&mut self.samples);
        }
        let end = (self.next + self.batch_size).min(self.samples.len());
        let batch = &self.samples[self.next..end];
        let device = device.clone().autodiff();
        let labels: Vec<i32> = batch.iter().map(|sample| sample.label as i32).collect();
        let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [batch.len()]), &device);

        let logits = self.suffix.forward(gather(batch, cache, &device)?);
        self.logits.push(logits.clone().inner());
        let loss = CrossEntropyLossConfig::new().init(&device).forward(logits, labels);
        let gradients = GradientsParams::from_grads(loss.backward(), &self.suffix);
        self.suffix = self.optimizer.step(self.rates.step(), self.suffix.clone(), gradients);
        self.next = end;
        Ok(())
    }

    /// Whether every batch of the current epoch is done.
    pub fn epoch_is_over(&self) -> bool {
        self.next == self.samples.len()
    }

    /// Ends the epoch: the one readback, of the logits of all batches and of the held-out photos.
    pub async fn end_epoch(&mut self, cache: &ActivationCache, device: &Device) -> Result<EpochScores> {
        let mut logits = std::mem::take(&mut self.logits);
        let suffix = self.suffix.valid();
        for batch in self.held_out.chunks(self.batch_size) {
            logits.push(suffix.forward(gather(batch, cache, device)?));
        }
        let logits = read(Tensor::cat(logits, 0)).await?;
        let (train, val) = logits.split_at(self.samples.len() * self.classes);
        self.next = 0;
        Ok(EpochScores {
            train: Scores::from_logits(train, self.classes, &labels(&self.samples))
                .ok_or_else(|| Error::internal("an epoch without photos"))?,
            val: Scores::from_logits(val, self.classes, &labels(&self.held_out)),
        })
    }

    /// What has been learnt so far, on the plain device.
    pub fn learnt(&self) -> Suffix {
        self.suffix.valid()
    }
}

fn labels(samples: &[Sample]) -> Vec<usize> {
    samples.iter().map(|sample| sample.label).collect()
}

/// The cached activations of a batch as one tensor, `[batch, channels, height, width]`.
pub(crate) fn gather(batch: &[Sample], cache: &ActivationCache, device: &Device) -> Result<Tensor<4>> {
    let [channels, height, width] = cache.shape();
    let mut values = Vec::with_capacity(batch.len() * channels * height * width);
    for sample in batch {
        let activation = cache.get(sample.photo).ok_or_else(|| Error::internal("a photo was not embedded"))?;
        values.extend_from_slice(activation);
    }
    Ok(Tensor::from_data(TensorData::new(values, [batch.len(), channels, height, width]), device))
}
