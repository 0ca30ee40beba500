//! Predictions, and model files.

use super::{ModelChoice, Session};
use crate::data::dataset::PhotoId;
use crate::error::{Error, ErrorCode, Result};
use crate::eval::classifier::{Answer, Classifier, Prediction, RawOutputs};
use crate::export::{model_file, source_file};
use crate::halves::{f16, widened};
use crate::image::DecodedPhoto;
use crate::image::scaler::Scaler;
use crate::model::Split;
use crate::train::plan::config::TrainConfig;
use crate::train::read::embed::{Draw, Embedder};

/// How many numbers before the features of a photo say of which weights they are.
const MARK: usize = 4;

impl Session {
    /// For a photo of that size whose rows arrive one strip after another and that will be asked about: [`predict`](Self::predict) and its
    /// like take what becomes of it in place of the pixels.
    ///
    /// # Errors
    /// `no-classifier`; `image-empty`.
    pub fn scaler_to_ask(&self, width: u32, height: u32, model: ModelChoice) -> Result<Scaler> {
        let (_, embedder) = self.models.network(model)?;
        Scaler::new(width, height, |width, height| embedder.layouts(width, height))
    }

    /// The `top_k` most probable classes of a decoded photo.
    ///
    /// # Errors
    /// `no-classifier` when the trained one is asked for and there is none; `invalid-option` for a `top_k` of 0.
    pub async fn predict(
        &self,
        photo: &impl DecodedPhoto,
        top_k: usize,
        model: ModelChoice,
    ) -> Result<Vec<Prediction>> {
        Ok(self.answer(photo, top_k, model).await?.predictions)
    }

    /// As [`predict`](Self::predict), and whether the photo is of any class at all.
    pub async fn answer(&self, photo: &impl DecodedPhoto, top_k: usize, model: ModelChoice) -> Result<Answer> {
        let activation = self.activation(photo, model).await?;
        self.answer_activation(activation, top_k, model).await
    }

    /// What the frozen layers under that model make of a decoded photo, and of its mirror image after that where the model looks at
    /// both: for callers that keep it and come again.
    pub async fn activation(&self, photo: &impl DecodedPhoto, model: ModelChoice) -> Result<Vec<f32>> {
        let (classifier, embedder) = self.models.network(model)?;
        embedder.activations(&classifier.pictures(embedder.seen(photo)?).iter().collect::<Vec<_>>()).await
    }

    /// As [`predict`](Self::predict), from [`activation`](Self::activation)'s result.
    pub async fn predict_activation(
        &self,
        activation: Vec<f32>,
        top_k: usize,
        model: ModelChoice,
    ) -> Result<Vec<Prediction>> {
        Ok(self.answer_activation(activation, top_k, model).await?.predictions)
    }

    /// As [`answer`](Self::answer), from [`activation`](Self::activation)'s result.
    pub async fn answer_activation(&self, activation: Vec<f32>, top_k: usize, model: ModelChoice) -> Result<Answer> {
        let (classifier, embedder) = self.models.network(model)?;
        if top_k == 0 {
            return Err(Error::new(ErrorCode::InvalidOption, "topK must be at least 1, got 0")
                .with("name", "topK")
                .with("value", 0)
                .with("min", 1)
                .with("max", classifier.labels.len()));
        }
        let shape = check_activation(&activation, classifier, embedder)?;
        classifier.answer(activation, shape, embedder.device(), top_k).await
    }

    /// Logits of one photo, and its features where the classifier knows what its classes look like, from
    /// [`activation`](Self::activation)'s result: for scores that need more than the best classes.
    pub async fn outputs(&self, activation: Vec<f32>, model: ModelChoice) -> Result<RawOutputs> {
        let (classifier, embedder) = self.models.network(model)?;
        let shape = check_activation(&activation, classifier, embedder)?;
        classifier.outputs(activation, shape, embedder.device()).await
    }

    /// What a training with that configuration has cached of one draw of a photo, in half precision: nothing where no stage is frozen.
    pub fn cached_activation(&self, config: &TrainConfig, draw: Draw) -> Option<Vec<f32>> {
        let (split, input) = (Split(config.last_stages), self.input(config));
        let embedder = self.models.embedders.iter().find(|embedder| embedder.is_of(split, &input))?;
        embedder.cache.get_draw(draw.photo, draw.number).map(widened)
    }

    /// Hands back an activation from an earlier session with the same weights and configuration, so that the draw is not
    /// embedded again.
    pub fn restore_activation(&mut self, config: &TrainConfig, draw: Draw, activation: &[f32]) -> Result<()> {
        self.dataset.photo(draw.photo)?;
        let split = Split(config.last_stages).check(self.weights.architecture)?;
        let index = self.embedder(split, &self.input(config))?;
        self.models.embedders[index].set_augmentation(config.augmentation());
        self.models.embedders[index].cache.insert_draw(draw.photo, draw.number, activation)
    }

    /// What the source model has made of a photo, for a later session with the same weights: bits of numbers in half precision, after
    /// [`MARK`] that say of which weights. `None` where it has not read the photo.
    pub fn features(&self, photo: PhotoId) -> Option<Vec<u16>> {
        let embedder = self.models.embedders.iter().find(|embedder| embedder.is_of(Split(0), &self.stored))?;
        let features = embedder.cache.get(photo)?;
        Some(self.mark().chain(features.iter().map(|value| value.to_bits())).collect())
    }

    /// Hands these back, so that the photo is not embedded again.
    ///
    /// # Errors
    /// `unknown-photo`; `weights-mismatch` where they are of other weights.
    pub fn restore_features(&mut self, photo: PhotoId, features: &[u16]) -> Result<()> {
        self.dataset.photo(photo)?;
        let (mark, features) = features.split_at_checked(MARK).unwrap_or_default();
        if !self.mark().eq(mark.iter().copied()) {
            return Err(Error::new(ErrorCode::WeightsMismatch, "expected features by these weights, got others"));
        }
        let index = self.embedder(Split(0), &self.stored.clone())?;
        let features: Vec<f16> = features.iter().map(|&bits| f16::from_bits(bits)).collect();
        self.models.embedders[index].cache.insert(photo, &widened(&features))
    }

    /// The beginning of the hash of the weights, four of its digits in a number.
    fn mark(&self) -> impl Iterator<Item = u16> {
        let digits = self.weights.sha256.as_bytes();
        (0..MARK).map(|index| digits[4 * index..][..4].iter().fold(0, |mark, &digit| mark << 4 ^ u16::from(digit)))
    }

    /// The classifier as a model file; see [`model_file`].
    ///
    /// # Errors
    /// `no-classifier`.
    pub async fn export_model(&self) -> Result<Vec<u8>> {
        model_file::write(self.models.trained()?, &self.weights).await
    }

    /// The trained or opened classifier and all that is under it as a weights file: the source model of a next task, whose session opens
    /// it with [`Weights::open`](crate::backbone::weights::Weights::open). A model trained on top of it needs only the weights that
    /// this session began with.
    ///
    /// # Errors
    /// `no-classifier`.
    pub async fn export_source(&self) -> Result<Vec<u8>> {
        source_file::write(self.models.trained()?, &self.weights).await
    }

    /// Opens a model file; its classifier takes the place of the one there is. Returns its labels. Its classes are its own: one of this
    /// session's that is called alike may be another, and renaming that leaves the classifier as it is.
    ///
    /// # Errors
    /// `busy`, `model-corrupt`, `model-mismatch`.
    pub fn open_model(&mut self, bytes: &[u8]) -> Result<&[String]> {
        self.reopen_model(bytes, &[])
    }

    /// As [`open_model`](Self::open_model), of a file that a session with the same classes has written whose place this one takes: the
    /// outputs of those labels are of this session's classes.
    ///
    /// # Errors
    /// As [`open_model`](Self::open_model).
    pub fn reopen_model(&mut self, bytes: &[u8], own: &[String]) -> Result<&[String]> {
        self.editable()?;
        let mut classifier = model_file::open(bytes, &self.weights, &self.device.tensors)?;
        let class = |label: &String| own.contains(label).then(|| self.dataset.class_id(label).ok()).flatten();
        classifier.classes = classifier.labels.iter().map(class).collect();
        self.embedder(classifier.split, &classifier.input)?;
        self.models.replace(classifier, None);
        self.forget_unused_embedders(); // of the one before
        Ok(&self.models.trained()?.labels)
    }
}

/// The shape of one of the activations.
fn check_activation(activation: &[f32], classifier: &Classifier, embedder: &Embedder) -> Result<[usize; 3]> {
    let (shape, views) = (embedder.cache.shape(), classifier.views());
    if activation.len() == views * shape.iter().product::<usize>() {
        return Ok(shape);
    }
    Err(Error::internal(format!("expected {views} activations of {shape:?}, got {} values", activation.len())))
}
