//! Running the frozen prefix.

use std::borrow::Cow;

use burn::tensor::{Device, Tensor, TensorData};

use super::cache::ActivationCache;
use crate::backbone::architecture::Architecture;
use crate::data::dataset::{Dataset, PhotoId};
use crate::device::ComputeDevice;
use crate::error::{Error, Result};
use crate::image::augment::Augmentation;
use crate::image::layout::Layout;
use crate::image::prepare::InputSpec;
use crate::image::stored::StoredPhoto;
use crate::image::{DecodedPhoto, Pixels};
use crate::model::{Prefix, Split};
use crate::nn::params::Params;
use crate::train::plan::config::TrainConfig;
use crate::train::plan::draws::MIRRORED;

/// One look at a photo: number 0 is the photo as it is, [`MIRRORED`] its mirror image, the others are augmented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    pub photo: PhotoId,
    pub number: usize,
}

/// What became of a batch.
pub enum Embedded {
    /// This many more draws are cached.
    Draws(usize),
    /// The pixels of these are needed first.
    Missing(Vec<PhotoId>),
}

/// The prefix of one split and what it has computed so far, of photos prepared in one way.
pub struct Embedder {
    pub split: Split,
    prefix: Prefix,
    /// What the network sees.
    pub input: InputSpec,
    /// What photos of that framing are stored for, from whose size only a network taught from random weights departs.
    stored: InputSpec,
    /// `false` where every stage learns: nothing is cached then, since an activation would be the picture itself.
    frozen_stages: bool,
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
        stored: InputSpec,
        device: &ComputeDevice,
    ) -> Self {
        let prefix = Prefix::load(architecture, split, params, &device.tensors);
        let frozen_stages = split.frozen_stages(architecture) > 0;
        let cache = ActivationCache::new(split.activation_shape(architecture, input.size as usize));
        let augmentation = Augmentation { flip: true };
        Self { split, prefix, input, stored, frozen_stages, device: device.clone(), augmentation, cache }
    }

    /// Whether it serves networks of that split and input.
    pub fn is_of(&self, split: Split, input: &InputSpec) -> bool {
        self.split == split && self.input == *input
    }

    /// Whether there is a prefix at all.
    pub fn has_frozen_stages(&self) -> bool {
        self.frozen_stages
    }

    /// The same prefix for photos prepared in another way: shares its weights, knows no photo yet.
    pub fn with_input(&self, input: InputSpec, stored: InputSpec, architecture: &Architecture) -> Self {
        let cache = ActivationCache::new(self.split.activation_shape(architecture, input.size as usize));
        Self { input, stored, cache, prefix: self.prefix.clone(), device: self.device.clone(), ..*self }
    }

    /// Where the prefix runs.
    pub fn device(&self) -> &Device {
        &self.device.tensors
    }

    /// Activations at the split of pictures of the input size, one after the other. One forward pass and one readback.
    pub async fn activations(&self, pictures: &[&Pixels]) -> Result<Vec<f32>> {
        read(self.prefix.forward(self.images(pictures, self.device()))).await
    }

    /// Activations of such pictures after the first `layers` layers, not pooled; see [`Prefix::forward_layers`].
    pub fn layers(&self, pictures: &[&Pixels], layers: usize) -> Tensor<4> {
        self.prefix.forward_layers(self.images(pictures, self.device()), layers)
    }

    /// The maps that the activations of such pictures are made of; see [`Prefix::maps`].
    pub fn maps(&self, pictures: &[&Pixels]) -> Vec<Tensor<4>> {
        self.prefix.maps(self.images(pictures, self.device()))
    }

    /// Pictures of the input size, normalised: `[pictures, 3, size, size]`.
    pub fn images(&self, pictures: &[&Pixels], device: &Device) -> Tensor<4> {
        let size = self.input.size as usize;
        let mut images = Vec::with_capacity(pictures.len() * 3 * size * size);
        pictures.iter().for_each(|picture| self.input.normalise_into(picture, &mut images));
        Tensor::from_data(TensorData::new(images, [pictures.len(), 3, size, size]), device)
    }

    /// Draws in a batch.
    pub fn batch(&self) -> usize {
        self.device.embedding_batch()
    }

    /// Embeds the first of `draws`, one batch of them.
    pub async fn embed_next(&mut self, draws: &[Draw], dataset: &Dataset) -> Result<Embedded> {
        let batch = &draws[..draws.len().min(self.batch())];
        match self.pictures(batch, dataset)? {
            Ok(pictures) => {
                self.embed(batch, &pictures).await?;
                Ok(Embedded::Draws(batch.len()))
            }
            Err(missing) => Ok(Embedded::Missing(missing)),
        }
    }

    /// The pictures of those draws, or the photos whose pixels are needed first.
    ///
    /// # Errors
    /// `unknown-photo`.
    pub fn pictures(
        &self,
        draws: &[Draw],
        dataset: &Dataset,
    ) -> Result<std::result::Result<Vec<Pixels>, Vec<PhotoId>>> {
        let mut pictures = Vec::with_capacity(draws.len());
        let mut missing: Vec<PhotoId> = Vec::new();
        for draw in draws {
            let photo = dataset.photo(draw.photo)?;
            match &photo.pixels {
                Some(pixels) => pictures.push(self.picture(pixels, &photo.sha256, draw.number)?),
                None => missing.push(draw.photo),
            }
        }
        missing.dedup();
        Ok(if missing.is_empty() { Ok(pictures) } else { Err(missing) })
    }

    /// Those draws of the photos that a training with `config` needs and that are not cached yet, photo after photo. None where
    /// no stage is frozen.
    pub fn to_embed(&mut self, photos: impl Iterator<Item = PhotoId>, config: &TrainConfig) -> Vec<Draw> {
        self.set_augmentation(config.augmentation());
        if !self.frozen_stages {
            return Vec::new();
        }
        photos
            .flat_map(|photo| config.needed_draws().map(move |number| Draw { photo, number }))
            .filter(|draw| !self.cache.contains_draw(draw.photo, draw.number))
            .collect()
    }

    /// How many draws of the photos that a training with `config` needs are cached.
    pub fn embedded(&self, photos: impl Iterator<Item = PhotoId>, config: &TrainConfig) -> usize {
        let lasts = |number: &usize| [0, MIRRORED].contains(number) || self.augmentation == config.augmentation();
        let draws = photos.flat_map(|photo| config.needed_draws().filter(lasts).map(move |number| (photo, number)));
        draws.filter(|&(photo, number)| self.cache.contains_draw(photo, number)).count()
    }

    /// Runs the prefix on the pictures of those draws and keeps the results.
    async fn embed(&mut self, draws: &[Draw], pictures: &[Pixels]) -> Result<()> {
        let values = self.activations(&pictures.iter().collect::<Vec<_>>()).await?;
        self.keep(draws, &values)
    }

    /// Keeps the activations of those draws, one after the other, as [`activations`](Self::activations) gives them.
    ///
    /// # Errors
    /// `internal` when they are not as many as the draws need.
    pub fn keep(&mut self, draws: &[Draw], activations: &[f32]) -> Result<()> {
        let per_picture: usize = self.cache.shape().iter().product();
        if activations.len() != draws.len() * per_picture {
            let (draws, got) = (draws.len(), activations.len());
            return Err(Error::internal(format!(
                "expected {draws} activations of {per_picture} values, got {got} values"
            )));
        }
        for (draw, activation) in draws.iter().zip(activations.chunks_exact(per_picture)) {
            self.cache.insert_draw(draw.photo, draw.number, activation)?;
        }
        Ok(())
    }

    /// The picture of one draw of a photo.
    ///
    /// # Errors
    /// `internal` for a photo that is stored in another framing, but for what the source model sees of it.
    pub fn picture(&self, photo: &StoredPhoto, sha256: &str, draw: usize) -> Result<Pixels> {
        if let (0, Some((framing, seen))) = (draw, &photo.by_source)
            && (*framing, seen.width) == (self.input.framing, self.input.size)
        {
            return Ok(seen.clone());
        }
        let photo = self.input.resized(photo)?;
        Ok(match (draw, photo) {
            (0, Cow::Borrowed(photo)) => photo.prepared.clone(),
            (0, Cow::Owned(photo)) => photo.prepared,
            (MIRRORED, photo) => photo.prepared.mirrored(),
            (_, photo) => self.augmentation.draw(&photo.whole, &self.input, sha256, draw),
        })
    }

    /// What the network sees of a decoded photo: the very pixels that it learnt from where the photo is one of the session's.
    pub fn seen(&self, photo: &impl DecodedPhoto) -> Result<Pixels> {
        if self.input == self.stored {
            return self.input.prepare(photo);
        }
        Ok(self.input.resized(&self.stored.store(photo)?)?.into_owned().prepared)
    }

    /// The pictures that [`seen`](Self::seen) takes of a photo of that size.
    pub fn layouts(&self, width: u32, height: u32) -> Vec<Layout> {
        match self.input == self.stored {
            true => vec![self.input.layout(width, height)],
            false => self.stored.stored_layouts(width, height).to_vec(),
        }
    }

    /// By which its draws are made.
    pub fn augmentation(&self) -> Augmentation {
        self.augmentation
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
