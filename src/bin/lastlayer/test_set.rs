//! Scoring a classifier on class folders.

use std::collections::BTreeMap;

use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::metrics::{Scores, top_k};
use lastlayer::score::calibration::{Calibration, Rows};
use lastlayer::score::confusion::{ClassScore, confusion, per_class};
use lastlayer::score::interval::{Interval, jeffreys};
use lastlayer::session::{ModelChoice, Session};
use serde::Serialize;

use crate::class_folders::PhotoFile;
use crate::embeddings::EmbeddingFiles;
use crate::photos;
use crate::print_line;
use crate::progress;
use crate::skipped::Skipped;
use crate::tables;

/// Photos of class folders as a classifier sees them.
pub struct TestSet {
    labels: Vec<String>,
    temperature: f64,
    can_tell_unknown: bool,
    /// Photos of classes the classifier knows.
    known: Vec<Row>,
    /// Per folder that is none of its classes: photos, and those of them it called "none of these".
    strangers: BTreeMap<String, (usize, usize)>,
}

struct Row {
    label: usize,
    logits: Vec<f32>,
    unknown: bool,
}

/// The JSON of a test. Classes are indices into `classes`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestReport {
    pub classes: Vec<String>,
    /// On the photos of classes the classifier knows, at temperature 1.
    pub scores: Scores,
    /// Jeffreys' 95 % interval of the accuracy on other such photos.
    pub accuracy: Interval,
    pub per_class: Vec<ClassScore>,
    /// `[true class][predicted class]`.
    pub confusion: Vec<Vec<usize>>,
    /// At the classifier's temperature.
    pub calibration: Calibration,
    /// Whether the classifier can say "none of these": it can after an evaluation.
    pub can_tell_unknown: bool,
    /// Photos of known classes that were called "none of these".
    pub rejected_known: usize,
    /// Photos in folders that are none of its classes; they count in no score above.
    pub strangers: Vec<Stranger>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Stranger {
    pub label: String,
    pub count: usize,
    /// Photos called "none of these", as all should be.
    pub rejected: usize,
}

impl TestSet {
    /// Runs the session's trained classifier over the photos. Files that cannot be read go to `skipped`.
    pub async fn of(
        session: &Session,
        files: &[PhotoFile],
        store: Option<&EmbeddingFiles>,
        json: bool,
        skipped: &mut Vec<Skipped>,
    ) -> Result<Self> {
        let classifier = session.classifier().ok_or_else(|| Error::internal("a test without a classifier"))?;
        let bar = progress::bar(json, files.len(), "testing");
        let mut set = Self {
            labels: classifier.labels.clone(),
            temperature: classifier.temperature,
            can_tell_unknown: classifier.known.is_some(),
            known: Vec::new(),
            strangers: BTreeMap::new(),
        };
        for file in files {
            match photos::read(&file.path) {
                Ok(photo) => {
                    photos::tell(&file.path, photo.note);
                    let activation = match store.map(|store| store.read_views(&photo.sha256)).transpose()?.flatten() {
                        Some(activation) => activation,
                        None => session.activation(&photo.pixels, ModelChoice::Trained).await?,
                    };
                    if let Some(store) = store {
                        store.write_views(&photo.sha256, &activation)?;
                    }
                    let raw = session.outputs(activation, ModelChoice::Trained).await?;
                    let similarity = classifier.known.as_ref().map(|known| known.centroids.similarity(&raw.features));
                    let unknown = classifier.is_unknown(similarity);
                    match set.labels.iter().position(|label| *label == file.label) {
                        Some(label) => set.known.push(Row { label, logits: raw.logits, unknown }),
                        None => {
                            let (count, rejected) = set.strangers.entry(file.label.clone()).or_default();
                            *count += 1;
                            *rejected += usize::from(unknown);
                        }
                    }
                }
                Err(error) => skipped.push(Skipped::because(&file.path, error)),
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(set)
    }

    /// Fractions of all photos whose class is the first guess, and among the first five; strangers count as wrong. `None`
    /// without photos.
    pub fn fractions(&self) -> Option<(f64, f64, usize)> {
        let count = self.known.len() + self.strangers.values().map(|(count, _)| count).sum::<usize>();
        let among = |k| self.known.iter().filter(|row| top_k(&row.logits, k).contains(&row.label)).count() as f64;
        (count > 0).then(|| (among(1) / count as f64, among(5) / count as f64, count))
    }

    /// # Errors
    /// `empty-class` when no folder is of a class the classifier knows.
    pub fn report(&self) -> Result<TestReport> {
        let labels: Vec<usize> = self.known.iter().map(|row| row.label).collect();
        let logits: Vec<f32> = self.known.iter().flat_map(|row| row.logits.iter().copied()).collect();
        let classes = self.labels.len();
        let scores = Scores::from_logits(&logits, classes, &labels).ok_or_else(|| {
            let names = self.labels.join(", ");
            Error::new(
                ErrorCode::EmptyClass,
                format!("no photo is in a folder named as one of the model's classes: {names}"),
            )
            .with("label", names)
        })?;
        let first = |row: &Row| (row.label, top_k(&row.logits, 1).first().copied().unwrap_or(0));
        let confusion = confusion(classes, self.known.iter().map(first));
        let stranger = |(label, &(count, rejected)): (&String, &(usize, usize))| Stranger {
            label: label.clone(),
            count,
            rejected,
        };
        Ok(TestReport {
            classes: self.labels.clone(),
            scores,
            accuracy: jeffreys(scores.top1, scores.count as f64),
            per_class: per_class(&self.labels, &confusion),
            confusion,
            calibration: Calibration::at(self.temperature, Rows { logits: &logits, classes, labels: &labels }),
            can_tell_unknown: self.can_tell_unknown,
            rejected_known: self.known.iter().filter(|row| row.unknown).count(),
            strangers: self.strangers.iter().map(stranger).collect(),
        })
    }
}

impl TestReport {
    pub fn print(&self) {
        print_line(format_args!(
            "{}; on other photos of these classes {}",
            tables::accuracy(self.scores),
            tables::between(self.accuracy)
        ));
        tables::print_classes(&self.per_class, &self.confusion);
        tables::print_calibration(&self.calibration);
        if self.can_tell_unknown {
            print_line(format_args!(
                "    \"none of these\" was said of {} of these {} photos",
                self.rejected_known, self.scores.count
            ));
        } else if !self.strangers.is_empty() {
            print_line("    the model was not evaluated, so it cannot say \"none of these\": train with --folds auto");
        }
        for stranger in &self.strangers {
            print_line(format_args!(
                "    {}: not a class of the model; \"none of these\" was said of {} of {}",
                stranger.label, stranger.rejected, stranger.count
            ));
        }
    }
}
