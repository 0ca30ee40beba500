//! What a classifier sees and why it answers as it does: draws, heatmaps, feature maps, the most similar photos.

use burn::tensor::{Tensor, TensorData};

use super::{ModelChoice, Session};
use crate::data::dataset::{Photo, PhotoId};
use crate::error::{Error, ErrorCode, Result};
use crate::eval::explain::{ClassMaps, Explanation, Question};
use crate::eval::feature_maps::{FeatureMaps, Layer};
use crate::eval::nearest::{Features, Nearest};
use crate::halves::widened;
use crate::image::DecodedPhoto;
use crate::image::draws::Draws;
use crate::image::scaler::Scaler;
use crate::train::plan::config::TrainConfig;
use crate::train::read::embed::read;

/// Most draws that are shown of a photo.
const MAX_DRAWS: usize = 64;

impl Session {
    /// What the network sees of a decoded photo in a training with `config`, and the first `count` augmented draws of it. They are
    /// fixed by the photo's file, whose hash is `sha256`. No forward pass.
    ///
    /// # Errors
    /// `invalid-option` for a `count` above 64, and for options that contradict the regime.
    pub fn draws(&self, photo: &impl DecodedPhoto, sha256: &str, count: usize, config: &TrainConfig) -> Result<Draws> {
        if count > MAX_DRAWS {
            let message = format!("count must be at most {MAX_DRAWS}, got {count}");
            return Err(Error::new(ErrorCode::InvalidOption, message)
                .with("name", "count")
                .with("min", 0)
                .with("max", MAX_DRAWS)
                .with("value", count));
        }
        let config = self.shown(config)?;
        Draws::of(photo, sha256, (&self.stored_for(&config), &self.input(&config)), config.augmentation(), count)
    }

    /// For a photo of that size whose rows arrive one strip after another: [`draws`](Self::draws) with that configuration takes what
    /// becomes of it in place of the pixels.
    ///
    /// # Errors
    /// `invalid-option` for options that contradict the regime; `image-empty`.
    pub fn scaler_to_draw(&self, width: u32, height: u32, config: &TrainConfig) -> Result<Scaler> {
        let stored = self.stored_for(&self.shown(config)?);
        Scaler::new(width, height, |width, height| stored.stored_layouts(width, height))
    }

    fn shown(&self, config: &TrainConfig) -> Result<TrainConfig> {
        config.clone().settle(self.weights.architecture, self.dataset.photos().len())
    }

    /// Where in a decoded photo the evidence for a class lies. One forward pass.
    ///
    /// # Errors
    /// `unknown-class` with the classes there are; `no-classifier`, also for a source model with fully connected layers; `invalid-option` for a class against itself.
    pub async fn explain(
        &self,
        photo: &impl DecodedPhoto,
        question: Question<'_>,
        model: ModelChoice,
    ) -> Result<Explanation> {
        let (classifier, embedder) = self.models.network(model)?;
        if self.models.is_own_head(classifier) {
            return Err(Error::new(
                ErrorCode::NoClassifier,
                "the fully connected layers of this network look at all places of a picture at once, so there is no map of what each \
                 says: train first, what is trained has one",
            ));
        }
        let pictures = classifier.pictures(embedder.seen(photo)?);
        let maps = ClassMaps::of(classifier, embedder.maps(&pictures.iter().collect::<Vec<_>>())).await?;
        let (width, height) = photo.size();
        let crop = embedder.input.crop(width, height);
        let seen = pictures.into_iter().next().ok_or_else(|| Error::internal("a classifier that looks at nothing"))?;
        Explanation::new(classifier, &maps, question, (seen, crop))
    }

    /// The `count` channels of a layer that respond most to a decoded photo. One forward pass up to that layer; stages that
    /// learnt are the trained classifier's where that is asked for.
    ///
    /// # Errors
    /// `no-classifier`; `invalid-option` for a layer that is not there or a `count` of 0.
    pub async fn feature_maps(
        &self,
        photo: &impl DecodedPhoto,
        layer: Layer,
        count: usize,
        model: ModelChoice,
    ) -> Result<FeatureMaps> {
        let (classifier, embedder) = self.models.network(model)?;
        let seen = embedder.seen(photo)?;
        let layers = layer.check(self.weights.architecture)?.0 + 1;
        let frozen = classifier.split.frozen_stages(self.weights.architecture);
        let activation = embedder.layers(&[&seen], layers);
        let activation = classifier.suffix.forward_layers(activation, layers.saturating_sub(frozen));
        FeatureMaps::strongest(activation, count, seen).await
    }

    /// The `count` photos of the session most like a decoded photo, by the cosine of their features. Compared are the photos that
    /// the model has read: those of the last training, and those handed back by
    /// [`restore_activation`](Session::restore_activation).
    ///
    /// With a classifier whose last stages learnt, the features are its own, and those photos are compared whose features have been
    /// [read](Self::read_features). This call itself takes one forward pass.
    ///
    /// # Errors
    /// `no-classifier`; `invalid-option` for a `count` of 0.
    pub async fn nearest(&self, photo: &impl DecodedPhoto, count: usize, model: ModelChoice) -> Result<Nearest> {
        if count == 0 {
            return Err(Error::new(ErrorCode::InvalidOption, "count must be at least 1, got 0")
                .with("name", "count")
                .with("value", 0));
        }
        let source = self.models.source_features(model)?;
        let embedder = source.map_or_else(|| self.models.network(model).map(|(_, embedder)| embedder), Ok)?;
        // The photo as it is, as are those that it is compared with, also where the classifier looks at mirror images too.
        let activation = embedder.activations(&[&embedder.seen(photo)?]).await?;
        if source.is_some() {
            let width = self.weights.architecture.features();
            let known = |photo: &Photo| Some((photo.id, &embedder.cache.get(photo.id)?[..width]));
            let known = self.dataset.photos().filter_map(known);
            return Nearest::of(Features::Source, &activation[..width], known, &self.dataset, count);
        }
        let features = self.trained_features(vec![activation]).await?;
        let known = self.dataset.photos().filter_map(|photo| Some((photo.id, self.models.features.get(photo.id)?)));
        Nearest::of(Features::Trained, &features, known, &self.dataset, count)
    }

    /// Reads one batch of what [`nearest`](Self::nearest) compares with that model, and says whether it did: `false` where nothing is
    /// left, so that nothing is read twice. Also while something is under way.
    ///
    /// Needed are the features of all photos by a classifier whose last stages learnt; all batches together take about as long as one
    /// epoch. Where no stage is frozen nothing of a photo is cached, and those photos are read whose pixels are at hand: some 600,
    /// usually all, and none where a training has begun since that frames photos otherwise.
    ///
    /// # Errors
    /// `no-classifier`.
    pub async fn read_features(&mut self, model: ModelChoice) -> Result<bool> {
        if self.models.source_features(model)?.is_some() {
            return Ok(false); // what every training reads anyway
        }
        let (_, embedder) = self.models.network(model)?;
        let readable = |photo: &&Photo| match embedder.has_frozen_stages() {
            true => embedder.cache.contains(photo.id),
            false => photo.pixels.as_ref().is_some_and(|pixels| pixels.framing == embedder.input.framing),
        };
        let unread = self.dataset.photos().filter(|photo| !self.models.features.contains(photo.id));
        let ids: Vec<PhotoId> = unread.filter(readable).map(|photo| photo.id).take(embedder.batch()).collect();
        if ids.is_empty() {
            return Ok(false);
        }
        let features = self.trained_features(self.activations_of(&ids).await?).await?;
        for (id, features) in ids.iter().zip(features.chunks_exact(features.len() / ids.len())) {
            self.models.features.insert(*id, features)?;
        }
        Ok(true)
    }

    /// Activations of photos at the trained classifier's split: cached ones, or the pictures themselves.
    async fn activations_of(&self, ids: &[PhotoId]) -> Result<Vec<Vec<f32>>> {
        let (_, embedder) = self.models.network(ModelChoice::Trained)?;
        let mut activations = Vec::with_capacity(ids.len());
        for &id in ids {
            activations.push(match (embedder.cache.get(id), &self.dataset.photo(id)?.pixels) {
                (Some(activation), _) => widened(activation),
                (None, Some(pixels)) => {
                    let picture = embedder.picture(pixels, "", 0)?;
                    embedder.activations(&[&picture]).await?
                }
                (None, None) => return Err(Error::internal(format!("photo {id} has neither activation nor pixels"))),
            });
        }
        Ok(activations)
    }

    /// The first of what the trained classifier's head sees of activations at its split, photo after photo: the average of its last map.
    async fn trained_features(&self, activations: Vec<Vec<f32>>) -> Result<Vec<f32>> {
        let classifier = self.models.trained()?;
        let (_, embedder) = self.models.network(ModelChoice::Trained)?;
        let [channels, height, width] = embedder.cache.shape();
        let data = TensorData::new(activations.concat(), [activations.len(), channels, height, width]);
        let seen = classifier.suffix.pooled(Tensor::<4>::from_data(data, embedder.device()));
        read(classifier.suffix.taps().average(seen)).await
    }
}
