//! A session: a device, the source model, the user's photos, and the classifier made of them. The page's worker, the command
//! line and the tests all drive this one type.

mod comparing;
mod resume;
mod why;

use serde::Deserialize;

use crate::advise::run::{AdviceRun, AdviceStep};
use crate::advise::{self, decide::Advice};
use crate::backbone::weights::Weights;
use crate::data::dataset::{Added, Dataset, PhotoId};
use crate::data::similar::PerceptualHash;
use crate::device::ComputeDevice;
use crate::error::{Error, ErrorCode, Result};
use crate::eval::classifier::{Answer, Classifier, Known, Prediction, RawOutputs};
use crate::eval::comparison::{Comparison, ComparisonStep};
use crate::eval::cross_validation::{CrossValidation, EvaluationConfig, EvaluationStep};
use crate::export::model_file;
use crate::image::Pixels;
use crate::image::prepare::InputSpec;
use crate::image::stored::StoredPhoto;
use crate::model::{Split, Suffix};
use crate::train::budget::{ACTIVATION_BUDGET, Reduced, settle_within};
use crate::train::cache::ActivationCache;
use crate::train::config::{Regime, TrainConfig};
use crate::train::embed::{Draw, Embedder};
use crate::train::event::StepEvent;
use crate::train::run::{Step, TrainRun};
use crate::train::sample::Sample;
use crate::train::teaching_set::TeachingSet;
use crate::train::workbench::Workbench;

/// Which network answers a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelChoice {
    /// The trained classifier when there is one, the source model otherwise.
    #[default]
    Auto,
    Source,
    Trained,
}

pub struct Session {
    device: ComputeDevice,
    weights: Weights,
    /// Seconds from any fixed point; the core has no clock of its own.
    clock: fn() -> f64,
    dataset: Dataset,
    /// What the pixels in `dataset` are prepared for: in the framing of the last training, or of the one under way.
    stored: InputSpec,
    source: Classifier,
    /// One per split and input in use: the source model's first, and those of the classifier and of the training under way.
    embedders: Vec<Embedder>,
    classifier: Option<Classifier>,
    /// Pooled features of photos by the classifier there is, where its last stages learnt; read when first asked for.
    features: ActivationCache,
    /// How the classifier came about; `None` for one out of a file.
    taught: Option<Taught>,
    run: Option<Run>,
    advice: Option<Box<Advice>>,
    activation_budget: usize,
}

/// What is under way.
enum Run {
    Training(Box<TrainRun>),
    Evaluation(Box<CrossValidation>),
    Advice(Box<AdviceRun>),
    Comparison(Box<Comparison>),
}

impl Run {
    fn config(&self) -> &TrainConfig {
        match self {
            Self::Training(run) => run.config(),
            Self::Evaluation(run) => run.config(),
            Self::Advice(run) => run.config(),
            Self::Comparison(run) => run.config(),
        }
    }
}

/// A training: its photos and options, with the epochs of the fit that was kept.
#[derive(PartialEq)]
struct Taught {
    samples: Vec<Sample>,
    config: TrainConfig,
}

impl Session {
    /// Builds the source model on the device.
    ///
    /// # Errors
    /// `weights-mismatch` with the lists of what does not fit.
    pub fn new(device: ComputeDevice, weights: Weights, clock: fn() -> f64) -> Result<Self> {
        let split = Split(0);
        let mut params = weights.params();
        let input = weights.card.input.clone();
        let embedder = Embedder::load(weights.architecture, split, &mut params, input.clone(), input.clone(), &device);
        let labels = weights.card.labels.clone();
        // The head alone is loaded: at split 0 no stage parameter is taken.
        let mut stages = weights.params();
        let suffix = Suffix::load(weights.architecture, split, labels.len(), &mut stages, &mut params, &device.tensors);
        params.finish_all()?;
        let source = Classifier::new(split, input.clone(), suffix, labels);
        let dataset = Dataset::default();
        let features = ActivationCache::new([weights.architecture.features, 1, 1]);
        let (embedders, classifier, taught, run, advice) = (vec![embedder], None, None, None, None);
        Ok(Self {
            device,
            weights,
            clock,
            dataset,
            stored: input,
            source,
            embedders,
            classifier,
            features,
            taught,
            run,
            advice,
            activation_budget: ACTIVATION_BUDGET,
        })
    }

    pub fn device(&self) -> &ComputeDevice {
        &self.device
    }

    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// The trained or opened classifier.
    pub fn classifier(&self) -> Option<&Classifier> {
        self.classifier.as_ref()
    }

    /// How many bytes the activations of a training may take, instead of [`ACTIVATION_BUDGET`]. There may be two such caches at a
    /// time: of the classifier and of a training at another split.
    pub fn set_activation_budget(&mut self, bytes: usize) {
        self.activation_budget = bytes;
    }

    /// Whether a training or an evaluation is under way.
    pub fn is_training(&self) -> bool {
        self.run.is_some()
    }

    // --- photos and classes; refused with `busy` during a training or evaluation -------------------------------------------------

    pub fn add_class(&mut self, label: &str) -> Result<()> {
        self.editable()?.add_class(label).map(drop)
    }

    /// Resizes a decoded photo to what the network sees and adds it under an id of the caller's.
    pub fn add_photo(&mut self, id: PhotoId, name: &str, label: &str, sha256: &str, photo: &Pixels) -> Result<Added> {
        let stored = self.store(photo)?;
        // Of the source model's square whatever the framing: bars would make photos of one shape look alike.
        let hash = PerceptualHash::of(stored.by_source.as_ref().map_or(&stored.prepared, |(_, seen)| seen));
        self.editable()?.add_photo(id, name, label, sha256, hash, stored)
    }

    /// From now on photos are prepared as a training with that configuration wants them, which saves it asking for them again.
    /// Pixels that were prepared otherwise are dropped.
    ///
    /// # Errors
    /// `busy`.
    pub fn prepare_for(&mut self, config: &TrainConfig) -> Result<()> {
        let stored = self.stored_for(config);
        if self.stored != stored {
            self.editable()?.drop_all_pixels();
            self.stored = stored;
        }
        Ok(())
    }

    fn stored_for(&self, config: &TrainConfig) -> InputSpec {
        self.weights.card.input.framed(config.framing)
    }

    fn store(&self, photo: &Pixels) -> Result<StoredPhoto> {
        let source = &self.source.input;
        let by_source = match self.stored == *source {
            true => None,
            false => Some((source.framing, source.prepare(photo)?)),
        };
        Ok(StoredPhoto { by_source, ..self.stored.store(photo)? })
    }

    /// Pixels that a step asked for. Allowed, and needed, during a training.
    pub fn supply_photo(&mut self, id: PhotoId, photo: &Pixels) -> Result<()> {
        let stored = self.store(photo)?;
        self.dataset.supply_pixels(id, stored)
    }

    pub fn remove_photos(&mut self, ids: &[PhotoId]) -> Result<()> {
        self.editable()?.remove_photos(ids)?;
        self.forget_photos(ids);
        Ok(())
    }

    pub fn move_photos(&mut self, ids: &[PhotoId], label: &str) -> Result<()> {
        self.editable()?.move_photos(ids, label)
    }

    pub fn remove_class(&mut self, label: &str) -> Result<()> {
        let ids = self.editable()?.remove_class(label)?;
        self.forget_photos(&ids);
        Ok(())
    }

    /// Renames a class, in the classifier too: nothing has to be trained again.
    pub fn rename_class(&mut self, from: &str, to: &str) -> Result<()> {
        self.editable()?.rename_class(from, to)?;
        if let Some(classifier) = &mut self.classifier {
            let labels = classifier.labels.iter_mut().filter(|label| *label == from.trim());
            labels.for_each(|label| *label = to.trim().to_owned());
        }
        Ok(())
    }

    fn forget_photos(&mut self, ids: &[PhotoId]) {
        self.embedders.iter_mut().for_each(|embedder| embedder.cache.remove(ids));
        self.features.remove(ids);
    }

    fn editable(&mut self) -> Result<&mut Dataset> {
        if self.run.is_some() {
            return Err(Error::new(
                ErrorCode::Busy,
                "a training or evaluation is under way: wait for it, or cancel it first",
            ));
        }
        Ok(&mut self.dataset)
    }

    // --- training and evaluation --------------------------------------------------------------------------------------------------

    /// Begins a training; [`step`](Self::step) carries it on.
    ///
    /// # Errors
    /// `busy`, `too-few-classes`, `empty-class`, `invalid-option`. The classifier there is stays until the new one is done.
    pub fn start_training(&mut self, config: TrainConfig) -> Result<()> {
        self.editable()?;
        let (config, reduced) = self.settle(config)?;
        let run = TrainRun::new(config.clone(), reduced, self.begin(&config)?)?;
        self.run = Some(Run::Training(Box::new(run)));
        Ok(())
    }

    /// Begins to find out what to train; [`step`](Self::step) carries it on until `Advised`, and then [`advice`](Self::advice) has
    /// it. What differs from the defaults in `wish` is kept; its time limit holds.
    ///
    /// # Errors
    /// `busy`, `too-few-classes`, `empty-class`, `invalid-option`.
    pub fn start_advice(&mut self, wish: TrainConfig) -> Result<()> {
        self.editable()?;
        let source = self.source.suffix.clone();
        let run = AdviceRun::new(wish.clone(), source, self.begin(&advise::run::head(&wish))?)?;
        self.run = Some(Run::Advice(Box::new(run)));
        Ok(())
    }

    /// The last advice, of whatever photos there were then.
    pub fn advice(&self) -> Option<&Advice> {
        self.advice.as_deref()
    }

    /// Begins a cross-validation of the last training, or of the options given; [`step`](Self::step) carries it on. The
    /// classifier there is answers meanwhile; where it was taught with these options on the photos as they are now, it carries
    /// the temperature and the threshold for "none of these" afterwards.
    ///
    /// # Errors
    /// `busy`, `too-few-classes`, `empty-class`, `invalid-option`; `no-classifier` when nothing was trained in this session and
    /// no options are given. A step may answer with `too-few-photos`.
    pub fn start_evaluation(&mut self, config: EvaluationConfig) -> Result<()> {
        self.editable()?;
        let taught = self.taught.as_ref().map(|taught| taught.config.clone());
        let epochs = config.epochs.or_else(|| Some(taught.as_ref()?.epochs));
        let mut train = config.train.or(taught).ok_or_else(no_classifier)?;
        // A fold's schedule is fixed, so 0, which lets a training choose, is no number of epochs here.
        let epochs = epochs.filter(|&epochs| epochs > 0).ok_or_else(|| {
            Error::new(
                ErrorCode::InvalidOption,
                "epochs must be given, from 1 up, where nothing was trained in this session: every fold is taught for so many",
            )
            .with("name", "epochs")
        })?;
        train.set("epochs", epochs as f64)?;
        let train = self.settled(train)?;
        let now = Taught { samples: TeachingSet::of(&self.dataset)?.samples, config: train.clone() };
        let kept = if self.taught.as_ref() == Some(&now) { self.classifier.as_ref() } else { None };
        let kept = kept.map(|classifier| classifier.suffix.clone());
        let bench = self.begin(&train)?;
        let run = CrossValidation::new(train, config.folds, config.reject_rate, kept, bench)?;
        self.run = Some(Run::Evaluation(Box::new(run)));
        Ok(())
    }

    /// The configuration with nothing left to decide: as a training of the photos there are would go.
    ///
    /// # Errors
    /// `invalid-option`, also for the regime `auto`, which needs advice.
    pub fn settled(&self, config: TrainConfig) -> Result<TrainConfig> {
        self.settle(config).map(|(config, _)| config)
    }

    fn settle(&self, config: TrainConfig) -> Result<(TrainConfig, Option<Reduced>)> {
        let (architecture, photos) = (self.weights.architecture, self.dataset.photos().len());
        Split(config.last_stages).check(architecture)?;
        let size = self.weights.card.input.size as usize;
        let (config, reduced) = settle_within(self.activation_budget, config, photos, architecture, size)?;
        if config.regime == Regime::Auto {
            return Err(Error::new(
                ErrorCode::InvalidOption,
                "the regime auto needs advice first: ask for it, and train with the configuration it gives",
            )
            .with("name", "regime"));
        }
        Ok((config, reduced))
    }

    /// The workbench of a run that is about to begin. Photos that cannot be taught are no reason to drop their pixels.
    fn begin(&mut self, config: &TrainConfig) -> Result<Workbench<'_>> {
        TeachingSet::of(&self.dataset)?;
        self.workbench(config)
    }

    /// What a run with that configuration works with. Pixels that are prepared otherwise are dropped, as when a comparison comes to
    /// a run of another framing.
    fn workbench(&mut self, config: &TrainConfig) -> Result<Workbench<'_>> {
        self.prepare_for(config)?;
        let own = self.embedder(Split(config.last_stages), &self.input(config))?;
        Ok(Workbench {
            device: &self.device,
            weights: &self.weights,
            dataset: &mut self.dataset,
            embedders: &mut self.embedders,
            own,
            activation_budget: self.activation_budget,
            now: (self.clock)(),
            clock: self.clock,
        })
    }

    /// What the network sees in a run with that configuration.
    fn input(&self, config: &TrainConfig) -> InputSpec {
        config.input(&self.weights.card.input)
    }

    /// Carries the training or evaluation on by one batch. An error ends it; photos and the previous classifier stay.
    ///
    /// # Errors
    /// `internal` when nothing is under way.
    pub async fn step(&mut self) -> Result<StepEvent> {
        let Some(mut run) = self.run.take() else {
            return Err(Error::internal("a step without a training"));
        };
        let (split, input) = (Split(run.config().last_stages), self.input(run.config()));
        let bench = self.workbench(run.config())?;
        match &mut run {
            Run::Training(training) => match training.step(bench).await? {
                Step::Event(event) => {
                    self.run = Some(run);
                    Ok(event)
                }
                Step::Finished(suffix, report) => {
                    let (regime, flip_average) = (Some(report.config.regime), report.config.flip_average == 1);
                    let classifier = Classifier::new(split, input, *suffix, report.classes.clone());
                    self.set_classifier(Classifier { regime, flip_average, ..classifier });
                    let config = TrainConfig { epochs: report.epochs, ..report.config.clone() };
                    let set = TeachingSet::of(&self.dataset)?;
                    // A resumed training keeps the order of classes that it was begun with.
                    self.taught = (set.labels == report.classes).then_some(Taught { samples: set.samples, config });
                    self.forget_unused_embedders();
                    Ok(StepEvent::Done { report })
                }
            },
            Run::Advice(advising) => match advising.step(bench).await? {
                AdviceStep::Event(event) => {
                    self.run = Some(run);
                    Ok(event)
                }
                AdviceStep::Finished(advice) => {
                    self.advice = Some(advice);
                    self.forget_unused_embedders();
                    Ok(StepEvent::Advised)
                }
            },
            Run::Evaluation(evaluation) => match evaluation.step(bench).await? {
                EvaluationStep::Event(event) => {
                    self.run = Some(run);
                    Ok(event)
                }
                EvaluationStep::Finished(mut evaluation, centroids) => {
                    if let (Some(classifier), Some(centroids)) = (&mut self.classifier, centroids) {
                        classifier.temperature = evaluation.calibration.temperature;
                        classifier.known = Some(Known { centroids, threshold: evaluation.unknown });
                        evaluation.applied = true;
                    }
                    self.forget_unused_embedders();
                    Ok(StepEvent::Evaluated { evaluation })
                }
            },
            Run::Comparison(comparison) => match comparison.step(bench).await? {
                ComparisonStep::Event(event) => {
                    let next = comparison.config();
                    let goes_on = (Split(next.last_stages), self.input(next)) == (split, input);
                    self.run = Some(run);
                    if !goes_on {
                        self.forget_unused_embedders(); // of the run before, which may hold a hundred megabytes
                    }
                    Ok(event)
                }
                ComparisonStep::Finished(comparison) => {
                    self.forget_unused_embedders();
                    Ok(StepEvent::Compared { comparison })
                }
            },
        }
    }

    fn set_classifier(&mut self, classifier: Classifier) -> &Classifier {
        self.features = ActivationCache::new(self.features.shape());
        self.classifier.insert(classifier)
    }

    /// Ends the training or evaluation under way, if any. What is embedded stays cached.
    pub fn cancel_training(&mut self) {
        self.run = None;
        self.forget_unused_embedders();
    }

    /// Position of the embedder of that split and input, made when it is not there.
    fn embedder(&mut self, split: Split, input: &InputSpec) -> Result<usize> {
        if let Some(index) = self.embedders.iter().position(|embedder| embedder.is_of(split, input)) {
            return Ok(index);
        }
        let (architecture, stored) = (self.weights.architecture, self.weights.card.input.framed(input.framing));
        let embedder = match self.embedders.iter().find(|embedder| embedder.split == split) {
            Some(other) => other.with_input(input.clone(), stored, architecture),
            None => {
                let mut params = self.weights.params();
                let embedder = Embedder::load(architecture, split, &mut params, input.clone(), stored, &self.device);
                params.finish()?;
                embedder
            }
        };
        self.embedders.push(embedder);
        Ok(self.embedders.len() - 1)
    }

    fn forget_unused_embedders(&mut self) {
        let in_use: Vec<&Classifier> = [Some(&self.source), self.classifier.as_ref()].into_iter().flatten().collect();
        self.embedders.retain(|embedder| {
            // What was embedded for the output layer alone is small, and is kept for the next training with such photos.
            embedder.is_of(Split(0), &self.stored)
                || in_use.iter().any(|model| embedder.is_of(model.split, &model.input))
        });
    }

    // --- predictions and files -------------------------------------------------------------------------------------

    /// The `top_k` most probable classes of a decoded photo.
    ///
    /// # Errors
    /// `no-classifier` when the trained one is asked for and there is none; `invalid-option` for a `top_k` of 0.
    pub async fn predict(&self, photo: &Pixels, top_k: usize, model: ModelChoice) -> Result<Vec<Prediction>> {
        Ok(self.answer(photo, top_k, model).await?.predictions)
    }

    /// As [`predict`](Self::predict), and whether the photo is of any class at all.
    pub async fn answer(&self, photo: &Pixels, top_k: usize, model: ModelChoice) -> Result<Answer> {
        let activation = self.activation(photo, model).await?;
        self.answer_activation(activation, top_k, model).await
    }

    /// What the frozen layers under that model make of a decoded photo, and of its mirror image after that where the model looks at
    /// both: for callers that keep it and come again.
    pub async fn activation(&self, photo: &Pixels, model: ModelChoice) -> Result<Vec<f32>> {
        let (classifier, embedder) = self.network(model)?;
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
        if top_k == 0 {
            return Err(Error::new(ErrorCode::InvalidOption, "topK must be at least 1, got 0")
                .with("name", "topK")
                .with("value", 0)
                .with("min", 1)
                .with("max", self.source.labels.len()));
        }
        let (classifier, embedder) = self.network(model)?;
        let shape = check_activation(&activation, classifier, embedder)?;
        classifier.answer(activation, shape, embedder.device(), top_k).await
    }

    /// Logits of one photo, and its features where the classifier knows what its classes look like, from
    /// [`activation`](Self::activation)'s result: for scores that need more than the best classes.
    pub async fn outputs(&self, activation: Vec<f32>, model: ModelChoice) -> Result<RawOutputs> {
        let (classifier, embedder) = self.network(model)?;
        let shape = check_activation(&activation, classifier, embedder)?;
        classifier.outputs(activation, shape, embedder.device()).await
    }

    /// What a training with that configuration has cached of one draw of a photo: nothing where no stage is frozen.
    pub fn cached_activation(&self, config: &TrainConfig, draw: Draw) -> Option<&[f32]> {
        let (split, input) = (Split(config.last_stages), self.input(config));
        let embedder = self.embedders.iter().find(|embedder| embedder.is_of(split, &input))?;
        embedder.cache.get_draw(draw.photo, draw.number)
    }

    /// Hands back an activation from an earlier session with the same weights and configuration, so that the draw is not
    /// embedded again.
    pub fn restore_activation(&mut self, config: &TrainConfig, draw: Draw, activation: Vec<f32>) -> Result<()> {
        self.dataset.photo(draw.photo)?;
        let split = Split(config.last_stages).check(self.weights.architecture)?;
        let index = self.embedder(split, &self.input(config))?;
        self.embedders[index].set_augmentation(config.augmentation());
        self.embedders[index].cache.insert_draw(draw.photo, draw.number, activation)
    }

    fn network(&self, model: ModelChoice) -> Result<(&Classifier, &Embedder)> {
        let classifier = match model {
            ModelChoice::Source => &self.source,
            ModelChoice::Trained => self.classifier.as_ref().ok_or_else(no_classifier)?,
            ModelChoice::Auto => self.classifier.as_ref().unwrap_or(&self.source),
        };
        let mut embedders = self.embedders.iter();
        let embedder = embedders.find(|embedder| embedder.is_of(classifier.split, &classifier.input));
        Ok((classifier, embedder.ok_or_else(|| Error::internal("the classifier's prefix is not loaded"))?))
    }

    /// The classifier as a model file; see [`model_file`].
    ///
    /// # Errors
    /// `no-classifier`.
    pub async fn export_model(&self) -> Result<Vec<u8>> {
        model_file::write(self.classifier.as_ref().ok_or_else(no_classifier)?, &self.weights).await
    }

    /// Opens a model file; its classifier takes the place of the one there is. Returns its labels.
    ///
    /// # Errors
    /// `busy`, `model-corrupt`, `model-mismatch`.
    pub fn open_model(&mut self, bytes: &[u8]) -> Result<&[String]> {
        self.editable()?;
        let classifier = model_file::open(bytes, &self.weights, &self.device.tensors)?;
        self.embedder(classifier.split, &classifier.input)?;
        self.taught = None;
        Ok(&self.set_classifier(classifier).labels)
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

fn no_classifier() -> Error {
    Error::new(ErrorCode::NoClassifier, "nothing is trained yet: train first, or open a model file")
}
