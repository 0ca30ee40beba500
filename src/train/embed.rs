//! Running the frozen prefix.

use burn::tensor::{Device, Tensor, TensorData};

use super::cache::ActivationCache;
use crate::backbone::Architecture;
use crate::data::dataset::PhotoId;
use crate::device::ComputeDevice;
use crate::error::{Error, Result};
use crate::image::Pixels;
use crate::image::prepare::InputSpec;
use crate::model::{Prefix, Split};
use crate::nn::params::Params;

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
        Self { split, prefix, input, device: device.clone(), cache: ActivationCache::default() }
    }

    /// Where the prefix runs.
    pub fn device(&self) -> &Device {
        &self.device.tensors
    }

    /// Activations at the split of photos of the backbone's input size: the values photo after photo, and the shape of one.
    /// One forward pass and one readback.
    pub async fn activations(&self, photos: &[&Pixels]) -> Result<(Vec<f32>, [usize; 3])> {
        let size = self.input.size as usize;
        let mut images = Vec::with_capacity(photos.len() * 3 * size * size);
        photos.iter().for_each(|photo| self.input.normalise_into(photo, &mut images));
        let images = TensorData::new(images, [photos.len(), 3, size, size]);
        let activation = self.prefix.forward(Tensor::<4>::from_data(images, &self.device.tensors));
        let [_, channels, height, width] = activation.dims();
        Ok((read(activation).await?, [channels, height, width]))
    }

    /// Runs the prefix on photos and keeps the result.
    pub async fn embed(&mut self, photos: &[(PhotoId, &Pixels)]) -> Result<()> {
        let (ids, pixels): (Vec<PhotoId>, Vec<&Pixels>) = photos.iter().copied().unzip();
        let (values, shape) = self.activations(&pixels).await?;
        self.cache.insert_batch(&ids, shape, &values);
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
