//! A suffix with names for its outputs.

use burn::tensor::{Device, Tensor, TensorData};
use serde::Serialize;

use crate::error::Result;
use crate::metrics::{softmax, top_k};
use crate::model::{Split, Suffix};
use crate::train::embed::read;

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
    /// The `k` most probable classes of one photo, the best first; all of them when there are fewer. `activation` is what an
    /// [`Embedder`](crate::train::embed::Embedder) of the same split made of the photo, of shape `[channels, height, width]`.
    pub async fn predict(
        &self,
        activation: Vec<f32>,
        shape: [usize; 3],
        device: &Device,
        k: usize,
    ) -> Result<Vec<Prediction>> {
        let probabilities = softmax(&self.logits(activation, shape, device).await?);
        Ok(self.best(&probabilities, k))
    }

    /// The `k` most probable classes, the best first.
    pub fn best(&self, probabilities: &[f32], k: usize) -> Vec<Prediction> {
        let guess =
            |index: usize| Prediction { label: self.labels[index].clone(), index, probability: probabilities[index] };
        top_k(probabilities, k).into_iter().map(guess).collect()
    }

    /// Logits of activations of one or more photos, `[photos, classes]` row-major.
    pub async fn logits(
        &self,
        activations: Vec<f32>,
        [channels, height, width]: [usize; 3],
        device: &Device,
    ) -> Result<Vec<f32>> {
        let photos = activations.len() / (channels * height * width);
        let data = TensorData::new(activations, [photos, channels, height, width]);
        read(self.suffix.forward(Tensor::<4>::from_data(data, device))).await
    }
}
