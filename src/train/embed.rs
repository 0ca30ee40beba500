//! Running the frozen prefix.

use burn::tensor::{Device, Tensor, TensorData};

use super::cache::ActivationCache;
use crate::backbone::Architecture;
use crate::data::dataset::{Dataset, PhotoId};
use crate::device::ComputeDevice;
use crate::error::{Error, Result};
use crate::image::Pixels;
use crate::image::prepare::InputSpec;
use crate::model::{Prefix, Split};
use crate::nn::params::Params;

/// What became of a batch.
pub enum Embedded {
    /// So many photos more are cached.
    Photos(usize),
    /// The pixels of these are needed first.
    Missing(Vec<PhotoId>),
}

/// The prefix of one split and what it has computed so far.
pub struct Embedder {
    pub split: Split,
    prefix: Prefix,
    input: InputSpec,
    device: ComputeDevice,
    pub cache: ActivationCache,
}

impl Embedder {
    pub fn load(
        architecture: &Architecture,
        split: Split,
        params: &mut dyn Params,
        input: InputSpec,
        device: &ComputeDevice,
    ) -> Self {
        let prefix = Prefix::load(architecture, split, params, &device.tensors);
        let cache = ActivationCache::new(split.activation_shape(architecture, input.size as usize));
        Self { split, prefix, input, device: device.clone(), cache }
    }

    /// Where the prefix runs.
    pub fn device(&self) -> &Device {
        &self.device.tensors
    }

    /// Activations at the split of photos of the backbone's input size, photo after photo. One forward pass and one readback.
    pub async fn activations(&self, photos: &[&Pixels]) -> Result<Vec<f32>> {
        let size = self.input.size as usize;
        let mut images = Vec::with_capacity(photos.len() * 3 * size * size);
        photos.iter().for_each(|photo| self.input.normalise_into(photo, &mut images));
        let images = TensorData::new(images, [photos.len(), 3, size, size]);
        read(self.prefix.forward(Tensor::<4>::from_data(images, self.device()))).await
    }

    /// Embeds the first of `photos`, one batch of them, and drops their pixels: at another split the same pixels would be wanted
    /// again, and are asked for anew then.
    pub async fn embed_next(&mut self, photos: &[PhotoId], dataset: &mut Dataset) -> Result<Embedded> {
        let batch = &photos[..photos.len().min(self.device.embedding_batch())];
        let mut found: Vec<(PhotoId, &Pixels)> = Vec::with_capacity(batch.len());
        let mut missing = Vec::new();
        for &id in batch {
            match &dataset.photo(id)?.pixels {
                Some(pixels) => found.push((id, pixels)),
                None => missing.push(id),
            }
        }
        if !missing.is_empty() {
            return Ok(Embedded::Missing(missing));
        }
        self.embed(&found).await?;
        dataset.drop_pixels(batch);
        Ok(Embedded::Photos(batch.len()))
    }

    /// Runs the prefix on photos and keeps the result.
    pub async fn embed(&mut self, photos: &[(PhotoId, &Pixels)]) -> Result<()> {
        let pixels: Vec<&Pixels> = photos.iter().map(|(_, pixels)| *pixels).collect();
        let values = self.activations(&pixels).await?;
        let per_photo = self.cache.shape().iter().product();
        for ((id, _), activation) in photos.iter().zip(values.chunks_exact(per_photo)) {
            self.cache.insert(*id, activation.to_vec())?;
        }
        Ok(())
    }
}

/// Reads a tensor back to the host, row-major. The one place where the host waits for the device.
///
/// # Errors
/// `internal` when the device refuses, as a lost one does.
pub async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let data = tensor.into_data_async().await.map_err(|error| Error::internal(format!("{error:?}")))?;
    data.try_into_vec::<f32>().map_err(|error| Error::internal(format!("{error:?}")))
}
