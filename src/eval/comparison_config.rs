//! What a comparison compares.

use crate::error::{Error, ErrorCode, Result};
use crate::train::plan::config::TrainConfig;
use crate::train::plan::regime::Regime;

/// The fraction of each class that a comparison holds out. More than a training does: the difference of two classifiers is told by the
/// few photos on which they disagree. Where they disagree on one in five, its standard error is `√(0.2 / n)`: 0.16 with the fifth of a
/// hundred photos, 0.08 (and less to learn from) with half of twice as many; a third lies in between.
pub const HOLDOUT: f64 = 1.0 / 3.0;
/// More runs than that are no comparison at a glance, and each is one more chance of a difference that is none.
pub const MOST_RUNS: usize = 6;
const LONGEST_NAME: usize = 100;

/// Epochs of the fits, where nothing is said: of the output layer alone as a training has; less than one of
/// pretrained stages takes, whose schedule scales: twenty photos a class are learnt in three or four;
const LAST_K_EPOCHS: usize = 10;
const FULL_EPOCHS: usize = 4;
/// and what random weights can be given in the time.
const SCRATCH_EPOCHS: usize = 20;
/// Side of the picture for `scratch`: the time goes with its square.
const SCRATCH_INPUT_SIZE: usize = 96;

/// A training with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedConfig {
    pub name: String,
    pub config: TrainConfig,
}

/// What to compare.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonConfig {
    /// Two to [`MOST_RUNS`], of different names. Their own `holdout` and `patience` say nothing here.
    pub runs: Vec<NamedConfig>,
    /// Above 0, at most 0.5; see [`HOLDOUT`].
    pub holdout: f64,
    /// Of the photos that are held out. Weights and order are each run's own seed's.
    pub seed: u64,
}

impl ComparisonConfig {
    /// # Errors
    /// `invalid-option` for a number of runs, a name or a `holdout` that cannot be.
    pub fn check(&self) -> Result<()> {
        let refuse =
            |name: &str, message: String| Err(Error::new(ErrorCode::InvalidOption, message).with("name", name));
        if !(2..=MOST_RUNS).contains(&self.runs.len()) {
            let count = self.runs.len();
            return refuse("runs", format!("a comparison is of 2 to {MOST_RUNS} runs, got {count}"));
        }
        if !(self.holdout > 0.0 && self.holdout <= 0.5) {
            let message =
                format!("a comparison holds out more than 0 and at most 0.5 of each class, got {}", self.holdout);
            return refuse("holdout", message);
        }
        for (position, NamedConfig { name, .. }) in self.runs.iter().enumerate() {
            if name.trim().is_empty() || name.chars().count() > LONGEST_NAME {
                return refuse("name", format!("the name of a run has 1 to {LONGEST_NAME} characters, got {name:?}"));
            }
            if self.runs[..position].iter().any(|other| other.name == *name) {
                return refuse("name", format!("two runs are named {name:?}: give each a name of its own"));
            }
        }
        Ok(())
    }
}

/// What a configuration leaves open, decided so that several runs on a hundred photos take minutes in a browser without a GPU.
/// `config` as it was given, `settled` as a training would decide it.
pub fn decide(config: &TrainConfig, mut settled: TrainConfig) -> TrainConfig {
    if config.epochs == 0 {
        settled.epochs = match settled.regime {
            Regime::Head => settled.epochs,
            Regime::Scratch => SCRATCH_EPOCHS,
            Regime::Full => FULL_EPOCHS,
            Regime::Auto | Regime::LastK => LAST_K_EPOCHS,
        };
    }
    if config.input_size == 0 && settled.regime == Regime::Scratch {
        settled.input_size = SCRATCH_INPUT_SIZE;
    }
    settled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::efficientnet_lite::LITE0;

    fn config(names: &[&str], holdout: f64) -> ComparisonConfig {
        let run = |name: &&str| NamedConfig { name: (*name).to_owned(), config: TrainConfig::default() };
        ComparisonConfig { runs: names.iter().map(run).collect(), holdout, seed: 0 }
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        assert!(
            config(&["a", "b"], 0.5).check().is_ok()
                && config(&["a", "b", "c", "d", "e", "f"], HOLDOUT).check().is_ok()
        );
        for (names, holdout, what) in [
            (vec!["a"], 0.3, "2 to 6 runs, got 1"),
            (vec!["a", "b", "c", "d", "e", "f", "g"], 0.3, "got 7"),
            (vec!["a", "b"], 0.0, "got 0"),
            (vec!["a", "b"], 0.6, "got 0.6"),
            (vec!["a", "b"], f64::NAN, "got NaN"),
            (vec!["a", " "], 0.3, "1 to 100 characters"),
            (vec!["a", "b", "a"], 0.3, "two runs are named \"a\""),
        ] {
            let error = config(&names, holdout).check().unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidOption);
            assert!(error.message.contains(what), "{}", error.message);
        }
    }

    #[test]
    fn only_what_was_left_open_is_decided() {
        let decided = |config: TrainConfig| decide(&config, config.clone().settle(&LITE0, 50).unwrap());
        let open = |regime| decided(TrainConfig { regime, ..TrainConfig::default() });
        assert_eq!(open(Regime::Head).epochs, 100, "as a training of fifty photos");
        assert_eq!((open(Regime::Full).epochs, open(Regime::Full).input_size), (FULL_EPOCHS, 0));
        assert_eq!(
            (open(Regime::Scratch).epochs, open(Regime::Scratch).input_size),
            (SCRATCH_EPOCHS, SCRATCH_INPUT_SIZE)
        );
        let given =
            decided(TrainConfig { regime: Regime::Scratch, epochs: 7, input_size: 128, ..TrainConfig::default() });
        assert_eq!((given.epochs, given.input_size), (7, 128));
    }
}
