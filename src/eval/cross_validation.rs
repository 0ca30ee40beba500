//! Cross-validation, one small step at a time, as [`TrainRun`](crate::train::run::TrainRun) goes.
//!
//! 1. **Read** what is not cached yet.
//! 2. **Fold by fold**: a fresh fit on the photos outside the fold, for a number of epochs that was fixed beforehand, then one
//!    pass over all photos: those inside the fold are judged by a network that saw neither them nor near-duplicates of them.
//! 3. **The kept classifier**, where there is one, is asked for the features of all photos, so that "none of these" can be told.
//!
//! No fold chooses its own best epoch: that would be choosing by the photos it is judged on.

use super::outputs::Outputs;
use crate::data::dataset::PhotoId;
use crate::data::folds::Folds;
use crate::error::{Error, ErrorCode, Result};
use crate::model::Suffix;
use crate::rng::Rng;
use crate::score::evaluation::{Evaluation, Method, OutOfFold};
use crate::score::novelty::Centroids;
use crate::train::fit::{Fit, Progress};
use crate::train::plan::config::TrainConfig;
use crate::train::read::reading::{EmbedEvent, Reading};
use crate::train::read::sample::Sample;
use crate::train::read::step::Step;
use crate::train::read::teaching_set::{TeachingSet, near_duplicates};
use crate::train::run::under_way::UnderWay;
use crate::train::run::workbench::Workbench;

/// The fraction of photos of known classes that "none of these" may cost.
pub const REJECT_RATE: f64 = 0.05;

/// What to evaluate. By default, the training that made the classifier.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationConfig {
    /// How the fits go; `None`: as the last training went.
    pub train: Option<TrainConfig>,
    /// Epochs of every fold's fit; `None`: as many as that training chose for the classifier it kept.
    pub epochs: Option<usize>,
    /// `None`: by the smallest class; see [`Folds::draw`].
    pub folds: Option<usize>,
    /// See [`REJECT_RATE`].
    pub reject_rate: f64,
}

impl Default for EvaluationConfig {
    fn default() -> Self {
        Self { train: None, epochs: None, folds: None, reject_rate: REJECT_RATE }
    }
}

/// One step of a cross-validation, or a part of one; folds, epochs and batches count from 1. After the last epoch of a fold its held-out
/// photos are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoldEvent {
    pub fold: usize,
    pub folds: usize,
    pub epoch: usize,
    pub epochs: usize,
    pub batch: usize,
    pub batches: usize,
}

/// What a cross-validation tells while it goes.
#[derive(Debug, Clone, Copy)]
pub enum EvaluationEvent {
    Embed(EmbedEvent),
    Fold(FoldEvent),
}

/// What a cross-validation ends with.
pub struct Evaluated {
    pub evaluation: Evaluation,
    /// The directions of the kept classifier's classes, where there is such a classifier.
    pub centroids: Option<Centroids>,
}

/// What a step of a cross-validation brings.
pub type EvaluationStep = Step<EvaluationEvent, Box<Evaluated>>;

pub struct CrossValidation {
    config: TrainConfig,
    wanted_folds: Option<usize>,
    reject_rate: f64,
    labels: Vec<String>,
    samples: Vec<Sample>,
    reading: Reading,
    /// The suffix of a classifier that was taught on these very photos.
    kept: Option<Suffix>,
    division: Division,
    judged: Vec<OutOfFold>,
    phase: Phase,
}

/// Drawn once the photos are read.
#[derive(Default)]
struct Division {
    groups: Vec<usize>,
    folds: Option<Folds>,
}

enum Phase {
    Read,
    Fit { fold: usize, epoch: usize, fit: Box<Fit> },
    Judge { fold: usize, outputs: Box<Outputs> },
    Kept(Box<Outputs>),
}

impl UnderWay for CrossValidation {
    fn config(&self) -> &TrainConfig {
        &self.config
    }

    fn reading(&mut self) -> Option<&mut Reading> {
        matches!(self.phase, Phase::Read).then_some(&mut self.reading)
    }

    fn fit(&mut self) -> Option<&mut Fit> {
        match &mut self.phase {
            Phase::Fit { fit, .. } => Some(fit),
            _ => None,
        }
    }
}

impl CrossValidation {
    /// Checks the options; computes nothing yet. `config.epochs` is the fixed schedule of every fit, and `kept` the suffix of a
    /// classifier that was taught on the photos of `set`, if there is one, with the classes in that order.
    ///
    /// # Errors
    /// `invalid-option`.
    pub fn new(
        config: TrainConfig,
        folds: Option<usize>,
        reject_rate: f64,
        kept: Option<Suffix>,
        set: TeachingSet,
        mut bench: Workbench<'_>,
    ) -> Result<Self> {
        if !(0.0..=0.5).contains(&reject_rate) {
            return Err(Error::new(
                ErrorCode::InvalidOption,
                format!("rejectRate must be from 0 to 0.5, got {reject_rate}"),
            )
            .with("name", "rejectRate")
            .with("min", 0)
            .with("max", 0.5)
            .with("value", reject_rate));
        }
        let TeachingSet { labels, samples, .. } = set;
        let reading = Reading::new(&samples, &config, &mut bench.photos);
        Ok(Self {
            config,
            wanted_folds: folds,
            reject_rate,
            labels,
            samples,
            reading,
            kept,
            division: Division::default(),
            judged: Vec::new(),
            phase: Phase::Read,
        })
    }

    /// One batch of photos read, one optimiser step or a part of one, or one batch of photos judged.
    ///
    /// # Errors
    /// `too-few-photos` and `invalid-option` once the photos are read: how many are near-duplicates is known only then.
    pub async fn step(&mut self, mut bench: Workbench<'_>) -> Result<EvaluationStep> {
        let device = &bench.device.tensors;
        match &mut self.phase {
            Phase::Read => {
                if let Some(step) = self.reading.step(&mut bench.photos).await?.within(EvaluationEvent::Embed) {
                    return Ok(step);
                }
                let groups = near_duplicates(&self.samples, &bench.photos, bench.weights.architecture.features())?;
                let labels: Vec<usize> = self.samples.iter().map(|sample| sample.label).collect();
                let mut rng = Rng::stream(self.config.seed, "folds");
                let folds = Folds::draw(&labels, &groups, self.labels.len(), self.wanted_folds, &mut rng)?;
                self.division = Division { groups, folds: Some(folds) };
                self.phase = self.begin(0, &bench)?;
            }
            Phase::Fit { fold, epoch, fit } => {
                if let Progress::Missing(ids) = fit.step(&bench.inputs(), device)? {
                    return Ok(Step::NeedPhotos(ids));
                }
                bench.photos.dataset.drop_surplus();
                let step = fold_step(self.division.folds()?, *fold, *epoch, &self.config, fit);
                if fit.epoch_is_over() {
                    fit.end_epoch().await?;
                    *epoch += 1;
                }
                if *epoch > self.config.epochs {
                    let outputs = Outputs::new(fit.learnt(), self.samples.clone(), self.config.views());
                    self.phase = Phase::Judge { fold: *fold, outputs: Box::new(outputs) };
                }
                return Ok(step);
            }
            Phase::Judge { fold, outputs } if !outputs.is_complete() => {
                let (fold, folds) = (*fold, self.division.folds()?.count);
                if let Progress::Missing(ids) = outputs
                    .step(self.config.batch_size.min(bench.at_once(&self.config)), &bench.inputs(), device)
                    .await?
                {
                    return Ok(Step::NeedPhotos(ids));
                }
                bench.photos.dataset.drop_surplus();
                return Ok(judging_step(fold, folds, self.config.epochs));
            }
            Phase::Judge { fold, outputs } => {
                let fold = *fold;
                self.judged.extend(self.division.judge(fold, outputs, self.labels.len())?);
                if fold + 1 < self.division.folds()?.count {
                    self.phase = self.begin(fold + 1, &bench)?;
                } else {
                    match self.kept.take() {
                        Some(suffix) => {
                            let outputs = Outputs::new(suffix, self.samples.clone(), self.config.views());
                            self.phase = Phase::Kept(Box::new(outputs));
                        }
                        None => return self.finished(None),
                    }
                }
            }
            Phase::Kept(outputs) if !outputs.is_complete() => {
                if let Progress::Missing(ids) = outputs
                    .step(self.config.batch_size.min(bench.at_once(&self.config)), &bench.inputs(), device)
                    .await?
                {
                    return Ok(Step::NeedPhotos(ids));
                }
                bench.photos.dataset.drop_surplus();
            }
            Phase::Kept(outputs) => {
                let labels: Vec<usize> = outputs.samples().iter().map(|sample| sample.label).collect();
                let centroids = Centroids::of(&outputs.features, &labels, self.labels.len())?;
                return self.finished(Some(centroids));
            }
        }
        let folds = self.division.folds()?.count;
        let fold = match &self.phase {
            Phase::Fit { fold, .. } | Phase::Judge { fold, .. } => *fold,
            Phase::Read | Phase::Kept(_) => folds - 1,
        };
        Ok(judging_step(fold, folds, self.config.epochs))
    }

    /// A fresh fit on the photos outside a fold: every fold starts alike.
    fn begin(&self, fold: usize, bench: &Workbench<'_>) -> Result<Phase> {
        let (train, _) = self.division.folds()?.sides(fold);
        let samples = train.into_iter().map(|index| self.samples[index]).collect();
        let fit = bench.fresh_fit(&self.config, samples, Vec::new(), self.labels.len(), self.config.epochs);
        Ok(Phase::Fit { fold, epoch: 1, fit: Box::new(fit) })
    }

    fn finished(&self, centroids: Option<Centroids>) -> Result<EvaluationStep> {
        Ok(Step::Finished(Box::new(Evaluated { evaluation: self.evaluation()?, centroids })))
    }

    fn evaluation(&self) -> Result<Evaluation> {
        let folds = self.division.folds()?;
        let mut members: Vec<Vec<PhotoId>> = vec![Vec::new(); self.samples.len()];
        self.division.groups.iter().zip(&self.samples).for_each(|(&group, sample)| members[group].push(sample.photo));
        members.retain(|photos| photos.len() > 1);
        let method = Method {
            folds: folds.count,
            epochs: self.config.epochs,
            seed: self.config.seed,
            last_stages: self.config.last_stages,
            photos: self.samples.len(),
            near_duplicates: members,
            never_held_out: folds.never_held_out.iter().map(|&class| self.labels[class].clone()).collect(),
        };
        Evaluation::new(self.labels.clone(), method, &self.judged, self.reject_rate)
    }

    /// Names of the classes, in the order of the logits.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }
}

impl Division {
    fn folds(&self) -> Result<&Folds> {
        self.folds.as_ref().ok_or_else(|| Error::internal("a fold before the folds were drawn"))
    }

    /// The photos that `fold` holds out, from a pass over all photos of the network that was taught on the others.
    fn judge(&self, fold: usize, outputs: &Outputs, classes: usize) -> Result<Vec<OutOfFold>> {
        let (train, held_out) = self.folds()?.sides(fold);
        let (mut features, mut labels) = (Vec::new(), Vec::new());
        for &photo in &train {
            features.extend_from_slice(outputs.row(photo)?.0);
            labels.push(outputs.samples()[photo].label);
        }
        let centroids = Centroids::of(&features, &labels, classes)?;
        held_out
            .into_iter()
            .map(|index| {
                let (features, logits) = outputs.row(index)?;
                let Sample { photo, label } = outputs.samples()[index];
                let similarity = centroids.similarity(features);
                Ok(OutOfFold { photo, label, fold, group: self.groups[index], logits: logits.to_vec(), similarity })
            })
            .collect()
    }
}

fn fold_step(folds: &Folds, fold: usize, epoch: usize, config: &TrainConfig, fit: &Fit) -> EvaluationStep {
    let (batch, batches) = (fit.batch(), fit.batches());
    let (fold, folds) = (fold + 1, folds.count);
    Step::Event(EvaluationEvent::Fold(FoldEvent { fold, folds, epoch, epochs: config.epochs, batch, batches }))
}

/// Nothing is learnt in this step: the fold stands at its end.
fn judging_step(fold: usize, folds: usize, epochs: usize) -> EvaluationStep {
    let (fold, epoch) = (fold + 1, epochs);
    Step::Event(EvaluationEvent::Fold(FoldEvent { fold, folds, epoch, epochs, batch: 1, batches: 1 }))
}
