//! A suffix with names for its outputs.

use burn::tensor::{Device, Tensor, TensorData};
use serde::Serialize;

use crate::data::dataset::ClassId;
use crate::error::{Error, ErrorCode, Result};
use crate::image::Pixels;
use crate::image::prepare::InputSpec;
use crate::metrics::{softmax, top_k};
use crate::model::{Split, Suffix};
use crate::score::novelty::{Centroids, Threshold};
use crate::score::record::Record;
use crate::train::plan::regime::Regime;
use crate::train::read::embed::read;

/// A network that tells classes apart: the user's, or the source model with ImageNet's 1000.
pub struct Classifier {
    pub split: Split,
    /// What the network sees: how the photos are prepared that it was taught on, and those that it is asked about.
    pub input: InputSpec,
    /// How it was taught; `None` for the source model, and for one out of a file that does not say.
    pub regime: Option<Regime>,
    /// Whether it looks at a photo's mirror image too and averages the two. Averaged are the features, which is to average the
    /// logits, as He et al. (2016) do over views, and not the probabilities, as Krizhevsky et al. (2012) do: so one temperature
    /// calibrates the answer, one similarity tells "none of these", and the class activation map stays exact.
    pub flip_average: bool,
    /// On the plain device, not the autodiff one.
    pub suffix: Suffix,
    /// Names of the outputs, in the order of the logits.
    pub labels: Vec<String>,
    /// The session's class that each output is of, whatever it is called by now; `None` for the source model, for a classifier out of a
    /// file, and once the class is removed.
    pub classes: Vec<Option<ClassId>>,
    /// Logits are divided by it before the softmax; 1 until an evaluation has fitted it.
    pub temperature: f64,
    /// What its classes look like; `None` until an evaluation has told.
    pub known: Option<Known>,
    /// How it was judged; `None` for the source model, and for one out of a file that does not say.
    pub record: Option<Record>,
}

/// What the classes look like, and how far from it "none of these" begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    pub centroids: Centroids,
    pub threshold: Threshold,
}

/// One guess.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    pub label: String,
    /// Position of the class among the outputs.
    pub index: usize,
    pub probability: f32,
}

/// What a classifier says of one photo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The most probable classes, the best first.
    pub predictions: Vec<Prediction>,
    /// "None of these": the photo is unlike everything the classifier was shown. `false` where that cannot be told.
    pub unknown: bool,
    /// How like the nearest class the photo is, −1 to 1; `None` where the classifier has not been evaluated.
    pub similarity: Option<f64>,
    /// Below which similarity a photo is none of the classes, and how many photos of the classes that costs; `None` as before.
    pub threshold: Option<Threshold>,
}

/// Raw outputs of one or more photos, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct RawOutputs {
    /// Averages of the last map, `[photos, channels]`.
    pub features: Vec<f32>,
    /// `[photos, classes]`.
    pub logits: Vec<f32>,
}

impl Classifier {
    /// One that has not been evaluated.
    pub fn new(split: Split, input: InputSpec, suffix: Suffix, labels: Vec<String>) -> Self {
        let classes = vec![None; labels.len()];
        let (regime, temperature, known, record) = (None, 1.0, None, None);
        Self { split, input, regime, flip_average: false, suffix, labels, classes, temperature, known, record }
    }

    /// Whether the session's class can have that name.
    ///
    /// # Errors
    /// `class-exists` where the classifier has an output for it, and another output of that name: nobody could tell the two apart.
    pub fn check_rename(&self, class: ClassId, to: &str) -> Result<()> {
        let taken = self.labels.iter().zip(&self.classes).any(|(label, of)| label == to && *of != Some(class));
        if taken && self.classes.contains(&Some(class)) {
            let message = format!(
                "the classifier was trained with another class named {to:?}, which has been removed since: choose another \
                 name, or train again first"
            );
            return Err(Error::new(ErrorCode::ClassExists, message).with("label", to).with("removed", to));
        }
        Ok(())
    }

    /// The session's class has another name, and so has its output, if there is one.
    pub fn rename(&mut self, class: ClassId, to: &str) {
        for (label, _) in self.labels.iter_mut().zip(&self.classes).filter(|(_, of)| **of == Some(class)) {
            to.clone_into(label);
        }
    }

    /// The session's class is no more. Its output goes on, under the name that it had.
    pub fn forget_class(&mut self, class: ClassId) {
        self.classes.iter_mut().filter(|of| **of == Some(class)).for_each(|of| *of = None);
    }

    /// How many pictures of a photo it looks at.
    pub fn views(&self) -> usize {
        if self.flip_average { 2 } else { 1 }
    }

    /// What it looks at, of a photo as the network sees it.
    pub fn pictures(&self, seen: Pixels) -> Vec<Pixels> {
        let mirrored = self.flip_average.then(|| seen.mirrored());
        std::iter::once(seen).chain(mirrored).collect()
    }

    /// The `k` most probable classes of one photo, all of them when there are fewer, and whether it is of any. `activation` is
    /// what an [`Embedder`](crate::train::read::embed::Embedder) of the same split and input made of the photo's
    /// [`pictures`](Self::pictures), of shape `[channels, height, width]` each.
    pub async fn answer(&self, activation: Vec<f32>, shape: [usize; 3], device: &Device, k: usize) -> Result<Answer> {
        let raw = self.outputs(activation, shape, device).await?;
        let similarity = self.known.as_ref().map(|known| known.centroids.similarity(&raw.features));
        let threshold = self.known.as_ref().map(|known| known.threshold);
        let (predictions, unknown) = (self.predictions(&raw.logits, k), self.is_unknown(similarity));
        Ok(Answer { predictions, unknown, similarity, threshold })
    }

    /// The `k` most probable classes, from the logits of one photo.
    pub fn predictions(&self, logits: &[f32], k: usize) -> Vec<Prediction> {
        let probabilities = self.probabilities(logits);
        // By the logits: probabilities that round to the same number keep their order.
        let best = top_k(logits, k).into_iter();
        best.map(|index| Prediction { label: self.labels[index].clone(), index, probability: probabilities[index] })
            .collect()
    }

    /// Probabilities of all classes, at the classifier's temperature.
    pub fn probabilities(&self, logits: &[f32]) -> Vec<f32> {
        softmax(logits, self.temperature).into_iter().map(|probability| probability as f32).collect()
    }

    /// Whether a photo of that similarity is none of the classes.
    pub fn is_unknown(&self, similarity: Option<f64>) -> bool {
        let least = self.known.as_ref().map(|known| known.threshold.similarity);
        similarity.zip(least).is_some_and(|(similarity, least)| similarity < least)
    }

    /// Features and logits of activations of the [`pictures`](Self::pictures) of one or more photos.
    pub async fn outputs(
        &self,
        activations: Vec<f32>,
        [channels, height, width]: [usize; 3],
        device: &Device,
    ) -> Result<RawOutputs> {
        let pictures = activations.len() / (channels * height * width);
        let data = TensorData::new(activations, [pictures, channels, height, width]);
        let features = self.suffix.pooled_over(self.views(), Tensor::<4>::from_data(data, device));
        let logits = read(self.suffix.logits(features.clone())).await?;
        // One readback more, only where somebody looks at them.
        let average = || self.suffix.taps().average(features);
        let features = if self.known.is_some() { read(average()).await? } else { Vec::new() };
        Ok(RawOutputs { features, logits })
    }
}
