//! What a suffix makes of photos, batch by batch.

use burn::tensor::Device;

use crate::error::{Error, Result};
use crate::model::Suffix;
use crate::train::fit::Progress;
use crate::train::fit::inputs::{Batch, Inputs};
use crate::train::read::embed::read;
use crate::train::read::sample::{Sample, looks};

/// A pass over photos in progress: their features and logits so far.
pub struct Outputs {
    suffix: Suffix,
    samples: Vec<Sample>,
    /// The draws of a photo that are averaged; see [`TrainConfig::views`](crate::train::plan::config::TrainConfig::views).
    views: &'static [usize],
    /// `[photos, channels of the last map]`, its averages, and `[photos, classes]`, row-major.
    pub features: Vec<f32>,
    pub logits: Vec<f32>,
    done: usize,
}

impl Outputs {
    /// `suffix` must be on the plain device.
    pub fn new(suffix: Suffix, samples: Vec<Sample>, views: &'static [usize]) -> Self {
        Self { suffix, samples, views, features: Vec::new(), logits: Vec::new(), done: 0 }
    }

    pub fn is_complete(&self) -> bool {
        self.done == self.samples.len()
    }

    /// The next `batch` photos: one forward pass, one readback of each of the two.
    pub async fn step(&mut self, batch: usize, inputs: &Inputs<'_>, device: &Device) -> Result<Progress> {
        let rest = &self.samples[self.done..];
        let photos = &rest[..rest.len().min(batch.max(1))];
        let input = match inputs.batch(&looks(photos, self.views), device)? {
            Batch::Ready(input) => input,
            Batch::Missing(photos) => return Ok(Progress::Missing(photos)),
        };
        let features = self.suffix.pooled_over(self.views.len(), input);
        self.logits.extend(read(self.suffix.logits(features.clone())).await?);
        self.features.extend(read(self.suffix.taps().average(features)).await?);
        self.done += photos.len();
        Ok(Progress::Done)
    }

    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Features and logits of one photo of the finished pass, by its position among the samples.
    pub fn row(&self, position: usize) -> Result<(&[f32], &[f32])> {
        let row = |values: &'_ [f32]| -> std::ops::Range<usize> {
            let width = values.len() / self.done.max(1);
            position * width..(position + 1) * width
        };
        let features = self.features.get(row(&self.features));
        let logits = self.logits.get(row(&self.logits));
        features.zip(logits).ok_or_else(|| Error::internal(format!("no outputs at {position}")))
    }
}
