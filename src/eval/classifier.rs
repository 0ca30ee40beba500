//! A suffix with names for its outputs.

use burn::tensor::{Tensor, TensorData};
use serde::Serialize;

use crate::error::Result;
use crate::image::Pixels;
use crate::metrics::{softmax, top_k};
use crate::model::{Split, Suffix};
use crate::train::embed::{Embedder, read};

/// A network that tells classes apart: the user's, or the source model with ImageNet's 1000.
pub struct Classifier {
    pub split: Split,
    /// On the plain device, not the autodiff one.
    pub suffix: Suffix,
    /// Names of the outputs, in the order of the logits.
    pub labels: Vec<String>,
}

/// One guess.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    pub label: String,
    /// Position of the class among the outputs.
    pub index: usize,
    pub probability: f32,
}

impl Classifier {
    /// The `k` most probable classes of one prepared photo, the best first; all of them when there are fewer. The `embedder`
    /// must be of the same split.
    pub async fn predict(&self, embedder: &Embedder, photo: &Pixels, k: usize) -> Result<Vec<Prediction>> {
        let logits = self.logits(embedder, &[photo]).await?;
        let probabilities = softmax(&logits);
        let best = top_k(&probabilities, k);
        Ok(best
            .into_iter()
            .map(|index| Prediction { label: self.labels[index].clone(), index, probability: probabilities[index] })
            .collect())
    }

    /// Logits of prepared photos, `[photos, classes]` row-major.
    pub async fn logits(&self, embedder: &Embedder, photos: &[&Pixels]) -> Result<Vec<f32>> {
        let (values, [channels, height, width]) = embedder.activations(photos).await?;
        let data = TensorData::new(values, [photos.len(), channels, height, width]);
        read(self.suffix.forward(Tensor::<4>::from_data(data, embedder.device()))).await
    }
}
