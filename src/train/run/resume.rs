//! A training as a checkpoint, and a training that goes on from one: with the same photos it ends as the first would have ended.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;

use super::{Best, Phase, TrainRun};
use crate::backbone::weights::Weights;
use crate::data::dataset::{ClassId, Dataset, PhotoId};
use crate::data::hold_out::HoldOut;
use crate::error::{Error, ErrorCode, Result};
use crate::train::plan::budget::Reduced;
use crate::train::plan::config::TrainConfig;
use crate::train::read::reading::Reading;
use crate::train::read::sample::Sample;
use crate::train::run::checkpoint::{
    BestEpoch, Card, Checkpoint, Exact, FitState, PastEpoch, TaughtPhoto, corrupt, values_of,
};
use crate::train::run::epoch::{EpochEvent, FitPhase};
use crate::train::run::workbench::Workbench;

/// Where a resumed training goes on.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resumed {
    pub config: TrainConfig,
    /// Whether held-out photos choose the number of epochs.
    pub epochs_chosen: bool,
    /// `None` where photos are still read for the first time.
    pub phase: Option<FitPhase>,
    /// From 1; 0 where there is no phase yet.
    pub epoch: usize,
    pub epochs: usize,
    /// Of the epochs that are done.
    pub history: Vec<EpochEvent>,
}

impl TrainRun {
    /// Everything that the rest of this training depends on, but for the photos and the weights.
    ///
    /// # Errors
    /// `unknown-photo` when a photo is gone; `internal` when the device is.
    pub async fn checkpoint(&self, weights: &Weights, dataset: &Dataset, now: f64) -> Result<Checkpoint> {
        let (fit, tensors) = match (&self.phase, &self.resumed) {
            (Phase::Read, None) => (None, Vec::new()),
            // Interrupted again before it was where it had been.
            (Phase::Read, Some(checkpoint)) => (checkpoint.card.fit.clone(), checkpoint.tensors.clone()),
            (Phase::Fit { phase, epoch, epochs, fit }, _) => {
                let (position, tensors) = fit.save().await?;
                let state = FitState {
                    phase: *phase,
                    epoch: *epoch,
                    epochs: *epochs,
                    held_out: self.hold_out.held_out.clone(),
                    look_alikes: self.hold_out.look_alikes,
                    position,
                };
                (Some(state), tensors)
            }
        };
        let photo = |sample: &Sample| {
            Ok(TaughtPhoto { sha256: dataset.photo(sample.photo)?.sha256.clone(), label: sample.label })
        };
        let reading = matches!(self.phase, Phase::Read);
        let embed_seconds = if reading { now - self.reading_since } else { self.embed_seconds };
        let card = Card {
            format_version: 0,
            made_by: String::new(),
            sha256: String::new(),
            backbone: weights.card.name.clone(),
            weights_sha256: weights.sha256.clone(),
            config: values_of(&self.config)?,
            reduced: self.reduced,
            labels: self.labels.clone(),
            photos: self.samples.iter().map(photo).collect::<Result<_>>()?,
            photos_read: self.photos_read,
            seconds: Exact(now - self.started),
            embed_seconds: Exact(embed_seconds),
            stopped_early: self.stopped_early,
            best: self.best.as_ref().map(BestEpoch::from),
            history: self.history.iter().map(PastEpoch::from).collect(),
            fit,
        };
        Ok(Checkpoint { card, tensors })
    }

    /// The training of a checkpoint, to be carried on with [`step`](Self::step). Photos may have been added in another order and
    /// under other ids; they are taken in the checkpoint's.
    ///
    /// # Errors
    /// `checkpoint-mismatch` for other weights, classes or photos; `checkpoint-corrupt` for numbers that cannot be. What concerns
    /// the network itself is found by the first step after reading.
    pub fn resume(checkpoint: Checkpoint, config: TrainConfig, mut bench: Workbench<'_>) -> Result<Self> {
        let card = &checkpoint.card;
        check_weights(card, bench.weights)?;
        let (labels, samples) = find_photos(card, bench.photos.dataset)?;
        check_times(card)?;
        check_reduced(card, &config)?;
        let hold_out = match &card.fit {
            Some(fit) => {
                check_fit(card, fit, &config)?;
                held_out_of(fit, samples.len())?
            }
            None if card.history.is_empty() && card.best.is_none() && checkpoint.tensors.is_empty() => {
                HoldOut::default()
            }
            None => return Err(corrupt("it has epochs before the first fit")),
        };
        let reading = Reading::new(&samples, &config, &mut bench.photos);
        // What to hold out is known once there has been a fit.
        let reading = if card.fit.is_some() { reading.by_prefix_alone() } else { reading };
        let per_class = |label| samples.iter().filter(|sample| sample.label == label).count();
        let (seconds, embed_seconds) = (card.seconds.0, card.embed_seconds.0);
        Ok(Self {
            config,
            reduced: card.reduced,
            labels,
            per_class: (0..card.labels.len()).map(per_class).collect(),
            hold_out,
            photos_read: card.photos_read,
            samples,
            reading,
            phase: Phase::Read,
            best: card.best.as_ref().map(Best::from),
            history: card.history.iter().map(EpochEvent::from).collect(),
            stopped_early: card.stopped_early,
            started: bench.now - seconds,
            reading_since: bench.now - embed_seconds,
            embed_seconds,
            resumed: card.fit.is_some().then(|| Box::new(checkpoint)),
        })
    }

    /// What a caller wants to know of a training that was just resumed.
    pub fn resumed(&self) -> Resumed {
        let fit = self.resumed.as_ref().and_then(|checkpoint| checkpoint.card.fit.as_ref());
        Resumed {
            config: self.config.clone(),
            epochs_chosen: self.config.stops_early(),
            phase: fit.map(|fit| fit.phase),
            epoch: fit.map_or(0, |fit| fit.epoch),
            epochs: fit.map_or(self.config.epochs, |fit| fit.epochs),
            history: self.history.clone(),
        }
    }

    /// The fit of a checkpoint, where it was.
    pub(super) fn resume_fit(&self, checkpoint: Checkpoint, bench: &Workbench<'_>) -> Result<Phase> {
        let Checkpoint { card, tensors } = checkpoint;
        let state = card.fit.ok_or_else(|| Error::internal("a fit that was not saved"))?;
        let mut phase = self.start(state.phase, state.epochs, bench);
        let Phase::Fit { epoch, fit, .. } = &mut phase else {
            return Err(Error::internal("a fit that does not begin"));
        };
        *epoch = state.epoch;
        fit.resume(state.position, state.epoch, tensors, &bench.device.tensors).map_err(corrupt)?;
        Ok(phase)
    }
}

fn check_weights(card: &Card, weights: &Weights) -> Result<()> {
    if card.weights_sha256 == weights.sha256 {
        return Ok(());
    }
    let (name, expected, got) = (&card.backbone, &card.weights_sha256, &weights.sha256);
    let error =
        mismatch(format!("it is of {name} weights with SHA-256 {expected}, these have {got}: use the same weights"));
    Err(error.with("expected", expected).with("got", got))
}

/// The photos of a checkpoint, in its order, and what its classes are called by now: a class is told by its photos, so that it may have
/// been renamed since.
fn find_photos(card: &Card, dataset: &Dataset) -> Result<(Vec<String>, Vec<Sample>)> {
    let labels: HashSet<&String> = card.labels.iter().collect();
    let of_photos: BTreeSet<usize> = card.photos.iter().map(|photo| photo.label).collect();
    if labels.len() != card.labels.len() || !of_photos.into_iter().eq(0..labels.len()) {
        return Err(corrupt("its photos are not of its classes"));
    }
    if card.labels.len() != dataset.classes().len() {
        let list = |mut labels: Vec<&str>| {
            labels.sort_unstable();
            labels.join(", ")
        };
        return Err(mismatch(format!(
            "it was begun with the classes {}, these are {}: bring back the classes as they were",
            list(card.labels.iter().map(String::as_str).collect()),
            list(dataset.classes().iter().map(|class| class.label.as_str()).collect())
        )));
    }
    let mut there: HashMap<&str, (PhotoId, ClassId)> =
        dataset.photos().map(|photo| (photo.sha256.as_str(), (photo.id, photo.class))).collect();
    let classes = classes_of(card, &there, dataset);
    let (mut samples, mut missing, mut moved) = (Vec::new(), 0, 0);
    for TaughtPhoto { sha256, label } in &card.photos {
        match there.remove(sha256.as_str()) {
            Some((photo, class)) if classes[*label] == Some(class) => samples.push(Sample { photo, label: *label }),
            Some(_) => moved += 1,
            None => missing += 1,
        }
    }
    let labels = classes.iter().filter_map(|class| dataset.label((*class)?).map(str::to_owned)).collect();
    if missing + moved + there.len() == 0 && !samples.is_empty() {
        return Ok((labels, samples));
    }
    let added = there.len();
    let error = mismatch(format!(
        "of the {} photos it was begun with, {missing} are missing and {moved} are in another class, and {added} are new: \
         bring the photos back as they were",
        card.photos.len()
    ));
    Err(error.with("missing", missing).with("moved", moved).with("added", added))
}

/// The class that each label of a checkpoint is of: the one that holds most of its photos, and of two the one that is called so. `None`
/// where that is another label's.
fn classes_of(card: &Card, there: &HashMap<&str, (PhotoId, ClassId)>, dataset: &Dataset) -> Vec<Option<ClassId>> {
    let mut counts: Vec<BTreeMap<ClassId, usize>> = vec![BTreeMap::new(); card.labels.len()];
    for TaughtPhoto { sha256, label } in &card.photos {
        if let Some((_, class)) = there.get(sha256.as_str()) {
            *counts[*label].entry(*class).or_default() += 1;
        }
    }
    let is_called = |class: &ClassId, label: &String| dataset.label(*class) == Some(label.as_str());
    let most = counts.iter().zip(&card.labels).map(|(counts, label)| {
        counts.iter().max_by_key(|(class, photos)| (**photos, is_called(class, label))).map(|(class, _)| *class)
    });
    let most: Vec<Option<ClassId>> = most.collect();
    let is_its_own = |label: usize| {
        let rivals = (0..most.len()).filter(|&other| other != label && most[other] == most[label]);
        let called = |label: usize| most[label].is_some_and(|class| is_called(&class, &card.labels[label]));
        rivals.into_iter().all(|other| !called(other) && (called(label) || label < other))
    };
    (0..most.len()).map(|label| most[label].filter(|_| is_its_own(label))).collect()
}

fn check_times(card: &Card) -> Result<()> {
    let time = |seconds: Exact| seconds.0.is_finite() && seconds.0 >= 0.0;
    if !time(card.seconds) || !time(card.embed_seconds) || card.photos_read > card.photos.len() {
        return Err(corrupt("its times cannot be"));
    }
    Ok(())
}

fn check_reduced(card: &Card, config: &TrainConfig) -> Result<()> {
    match card.reduced {
        Some(Reduced { augment, last_stages, batch_size, .. })
            if (augment.used, last_stages.used) != (config.draws(), config.last_stages)
                || batch_size.is_some_and(|batch_size| batch_size.used != config.batch_size) =>
        {
            Err(corrupt("its options are not what they were reduced to"))
        }
        _ => Ok(()),
    }
}

fn check_fit(card: &Card, fit: &FitState, config: &TrainConfig) -> Result<()> {
    let FitState { phase, epoch, epochs, .. } = *fit;
    let done = card.history.iter().filter(|past| past.phase == phase).count();
    let in_range = (1..=config.epochs).contains(&epochs) && (1..=epochs).contains(&epoch);
    if !in_range || done + 1 != epoch {
        return Err(corrupt(format!("it is in epoch {epoch} of {epochs} after {done} epochs")));
    }
    let possible = match phase {
        FitPhase::Holdout => !fit.held_out.is_empty(),
        FitPhase::Refit => fit.held_out.is_empty() == card.best.is_none(),
    };
    if !possible {
        return Err(corrupt("its held-out photos and its scores contradict each other"));
    }
    let fraction = |number: Exact| (0.0..=1.0).contains(&number.0);
    let fits = |best: &BestEpoch| {
        let within = if phase == FitPhase::Holdout { epoch - 1 } else { config.epochs };
        let epochs = [best.epoch, best.progress_epoch];
        epochs.iter().all(|epoch| (1..=within).contains(epoch))
            && fraction(best.top1)
            && best.top5.is_none_or(fraction)
            && best.count == fit.held_out.len()
    };
    if !card.best.iter().all(fits) {
        return Err(corrupt("its best epoch cannot be"));
    }
    Ok(())
}

fn held_out_of(fit: &FitState, photos: usize) -> Result<HoldOut> {
    let (held_out, look_alikes) = (fit.held_out.clone(), fit.look_alikes);
    let known = held_out.last().is_none_or(|&last| last < photos);
    if !known || !held_out.is_sorted_by(|a, b| a < b) || held_out.len() >= photos || look_alikes > held_out.len() {
        return Err(corrupt("its held-out photos cannot be"));
    }
    let train = (0..photos).filter(|index| held_out.binary_search(index).is_err()).collect();
    Ok(HoldOut { train, held_out, look_alikes })
}

/// `checkpoint-mismatch`.
fn mismatch(reason: String) -> Error {
    let message = format!("the training cannot be continued: {reason}, or train from the start");
    Error::new(ErrorCode::CheckpointMismatch, message).with("detail", reason)
}

impl From<&Best> for BestEpoch {
    fn from(best: &Best) -> Self {
        let Best { epoch, scores, progress_epoch, progress_loss } = best;
        Self {
            epoch: *epoch,
            loss: Exact(scores.loss),
            top1: Exact(scores.top1),
            top5: scores.top5.map(Exact),
            count: scores.count,
            progress_epoch: *progress_epoch,
            progress_loss: Exact(*progress_loss),
        }
    }
}

impl From<&BestEpoch> for Best {
    fn from(best: &BestEpoch) -> Self {
        let (progress_epoch, progress_loss) = (best.progress_epoch, best.progress_loss.0);
        Self { epoch: best.epoch, scores: best.scores(), progress_epoch, progress_loss }
    }
}
