//! Running the frozen prefix.

use burn::tensor::{Device, Tensor, TensorData};

use super::cache::{ActivationCache, MIRRORED};
use super::config::TrainConfig;
use crate::backbone::Architecture;
use crate::data::dataset::{Dataset, PhotoId};
use crate::device::ComputeDevice;
use crate::error::{Error, Result};
use crate::image::augment::Augmentation;
use crate::image::prepare::InputSpec;
use crate::image::{Pixels, StoredPhoto};
use crate::model::{Prefix, Split};
use crate::nn::params::Params;

/// One look at a photo: number 0 is the photo as it is, [`MIRRORED`] its mirror image, the others are augmented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    pub photo: PhotoId,
    pub number: usize,
}

/// What became of a batch.
pub enum Embedded {
    /// So many draws more are cached.
    Draws(usize),
    /// The pixels of these are needed first.
    Missing(Vec<PhotoId>),
}

/// The prefix of one split and what it has computed so far, of photos prepared in one way.
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

    /// The same prefix for photos prepared in another way: shares its weights, knows no photo yet.
    pub fn with_input(&self, input: InputSpec, architecture: &Architecture) -> Self {
        let cache = ActivationCache::new(self.split.activation_shape(architecture, input.size as usize));
        let (split, prefix, device) = (self.split, self.prefix.clone(), self.device.clone());
        Self { split, prefix, input, device, augmentation: self.augmentation, cache }
    }

    pub fn is_for(&self, split: Split, input: &InputSpec) -> bool {
        self.split == split && self.input == *input
    }

    /// Where the prefix runs.
    pub fn device(&self) -> &Device {
        &self.device.tensors
    }

    /// Activations at the split of prepared photos, photo after photo. One forward pass and one readback.
    pub async fn activations(&self, photos: &[&Pixels]) -> Result<Vec<f32>> {
        read(self.prefix.forward(self.images(photos))).await
    }

    /// Activations of prepared pictures after the first `layers` layers, not pooled; see [`Prefix::forward_layers`].
    pub fn layers(&self, pictures: &[&Pixels], layers: usize) -> Tensor<4> {
        self.prefix.forward_layers(self.images(pictures), layers)
    }

    /// `[photos, 3, size, size]`, normalised.
    fn images(&self, photos: &[&Pixels]) -> Tensor<4> {
        let size = self.input.size as usize;
        let mut images = Vec::with_capacity(photos.len() * 3 * size * size);
        photos.iter().for_each(|photo| self.input.normalise_into(photo, &mut images));
        Tensor::from_data(TensorData::new(images, [photos.len(), 3, size, size]), self.device())
    }

    /// Embeds the first of `draws`, one batch of them. The pixels of photos with no draw left are dropped: at another split they
    /// would be wanted again, and are asked for anew then.
    pub async fn embed_next(&mut self, draws: &[Draw], dataset: &mut Dataset) -> Result<Embedded> {
        let (batch, rest) = draws.split_at(draws.len().min(self.device.embedding_batch()));
        let mut pictures: Vec<(Draw, Pixels)> = Vec::with_capacity(batch.len());
        let mut missing: Vec<PhotoId> = Vec::new();
        for &draw in batch {
            let photo = dataset.photo(draw.photo)?;
            match &photo.pixels {
                Some(pixels) => pictures.push((draw, self.picture(pixels, &photo.sha256, draw.number))),
                None => missing.push(draw.photo),
            }
        }
        if !missing.is_empty() {
            missing.dedup();
            return Ok(Embedded::Missing(missing));
        }
        self.embed(&pictures).await?;
        let unfinished = rest.first().map(|draw| draw.photo);
        let finished: Vec<PhotoId> =
            batch.iter().map(|draw| draw.photo).filter(|photo| Some(*photo) != unfinished).collect();
        dataset.drop_pixels(&finished);
        Ok(Embedded::Draws(batch.len()))
    }

    /// Those draws of the photos that a training with `config` needs and that are not cached yet, photo after photo.
    pub fn to_embed(&mut self, photos: impl Iterator<Item = PhotoId>, config: &TrainConfig) -> Vec<Draw> {
        self.set_augmentation(config.augmentation());
        photos
            .flat_map(|photo| config.needed_draws().map(move |number| Draw { photo, number }))
            .filter(|draw| !self.cache.contains_draw(draw.photo, draw.number))
            .collect()
    }

    /// Runs the prefix on prepared pictures and keeps the results.
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
            MIRRORED => photo.prepared.mirrored(),
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
