//! What a fit is fed with, batch by batch: cached activations, or pictures where no stage is frozen.

use burn::tensor::{Device, Tensor, TensorData};

use crate::data::dataset::{Dataset, PhotoId};
use crate::error::{Error, Result};
use crate::halves::widen;
use crate::train::read::cache::ActivationCache;
use crate::train::read::embed::{Draw, Embedder};
use crate::train::read::sample::Look;

/// Where the batches of a fit come from.
pub enum Inputs<'a> {
    Activations(&'a ActivationCache),
    /// Made as they are needed, and not kept: all draws of all epochs would be gigabytes, and making one
    /// costs little next to learning from it.
    Pictures(&'a Embedder, &'a Dataset),
}

/// A batch, or what it lacks.
#[allow(clippy::large_enum_variant)] // Taken apart where it is made; a box would save nothing.
pub enum Batch {
    /// `[batch, channels, height, width]`.
    Ready(Tensor<4>),
    /// The pixels of these are needed first.
    Missing(Vec<PhotoId>),
}

impl Inputs<'_> {
    /// The activations or pictures of those looks, on `device`.
    ///
    /// # Errors
    /// `internal` for a photo that is gone, or was not embedded.
    pub fn batch(&self, looks: &[Look], device: &Device) -> Result<Batch> {
        match self {
            Self::Activations(cache) => gather(looks, cache, device).map(Batch::Ready),
            Self::Pictures(embedder, dataset) => {
                let draws: Vec<Draw> =
                    looks.iter().map(|&(sample, number)| Draw { photo: sample.photo, number }).collect();
                match embedder.pictures(&draws, dataset)? {
                    Ok(pictures) => Ok(Batch::Ready(embedder.images(&pictures.iter().collect::<Vec<_>>(), device))),
                    Err(missing) => Ok(Batch::Missing(missing)),
                }
            }
        }
    }
}

fn gather(batch: &[Look], cache: &ActivationCache, device: &Device) -> Result<Tensor<4>> {
    let [channels, height, width] = cache.shape();
    let mut values = Vec::with_capacity(batch.len() * channels * height * width);
    for (sample, draw) in batch {
        let activation = cache.get_draw(sample.photo, *draw);
        let activation = activation.ok_or_else(|| Error::internal("a photo was not embedded"))?;
        values.extend(activation.iter().map(|value| widen(*value)));
    }
    Ok(Tensor::from_data(TensorData::new(values, [batch.len(), channels, height, width]), device))
}
