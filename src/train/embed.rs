//! Running the frozen prefix.

use burn::tensor::{Device, Tensor, TensorData};

use super::cache::ActivationCache;
use crate::backbone::Architecture;
use crate::data::dataset::PhotoId;
use crate::device::ComputeDevice;
use crate::error::{Error, Result};
use crate::image::augment::Augmentation;
use crate::image::prepare::InputSpec;
use crate::image::{Pixels, StoredPhoto};
use crate::model::{Prefix, Split};
use crate::nn::params::Params;

/// One look at a photo: number 0 is the photo as it is, the others are augmented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    pub photo: PhotoId,
    pub number: usize,
}

/// The prefix of one split and what it has computed so far.
pub struct Embedder {
    pub split: Split,
    prefix: Prefix,
    input: InputSpec,
    device: ComputeDevice,
    augmentation: Augmentation,
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
        let augmentation = Augmentation { flip: true };
        Self { split, prefix, input, device: device.clone(), augmentation, cache }
    }

    /// Where the prefix runs.
    pub fn device(&self) -> &Device {
        &self.device.tensors
    }

    /// Activations at the split of photos of the backbone's input size, photo after photo. One forward pass and one readback.
    pub async fn activations(&self, photos: &[&Pixels]) -> Result<Vec<f32>> {
        read(self.prefix.forward(self.images(photos))).await
    }

    /// The activation of one photo after the first `layers` layers, not pooled; see [`Prefix::forward_layers`].
    pub fn layers(&self, photo: &Pixels, layers: usize) -> Tensor<4> {
        self.prefix.forward_layers(self.images(&[photo]), layers)
    }

    /// `[photos, 3, size, size]`, normalised.
    fn images(&self, photos: &[&Pixels]) -> Tensor<4> {
        let size = self.input.size as usize;
        let mut images = Vec::with_capacity(photos.len() * 3 * size * size);
        photos.iter().for_each(|photo| self.input.normalise_into(photo, &mut images));
        Tensor::from_data(TensorData::new(images, [photos.len(), 3, size, size]), self.device())
    }

    /// Runs the prefix on pictures of the backbone's input size and keeps the results.
    pub async fn embed(&mut self, pictures: &[(Draw, Pixels)]) -> Result<()> {
        let pixels: Vec<&Pixels> = pictures.iter().map(|(_, pixels)| pixels).collect();
        let values = self.activations(&pixels).await?;
        let per_photo = self.cache.shape().iter().product();
        for ((draw, _), activation) in pictures.iter().zip(values.chunks_exact(per_photo)) {
            self.cache.insert_draw(draw.photo, draw.number, activation.to_vec())?;
        }
        Ok(())
    }

    /// The picture of one draw of a photo.
    pub fn picture(&self, photo: &StoredPhoto, sha256: &str, draw: usize) -> Pixels {
        match draw {
            0 => photo.prepared.clone(),
            _ => self.augmentation.draw(&photo.whole, &self.input, sha256, draw),
        }
    }

    /// Draws embedded under another augmentation are forgotten.
    pub fn set_augmentation(&mut self, augmentation: Augmentation) {
        if self.augmentation != augmentation {
            self.augmentation = augmentation;
            self.cache.remove_draws();
        }
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
