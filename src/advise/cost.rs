//! What a training costs on this device: measured on one batch, and carried over by counting multiply-adds.

use serde::Serialize;

use crate::backbone::architecture::{Architecture, Placed};
use crate::train::fit::parts::parts_of;
use crate::train::plan::config::TrainConfig;
use crate::train::plan::regime::Regime;

/// Multiply-adds of one `size` × `size` picture in every stage, the stem with the first; those of the tail come last. In floating point:
/// larger networks come past what integers count.
pub fn multiply_adds(architecture: &Architecture, size: usize) -> Vec<f64> {
    architecture.placed(size).iter().map(|layer| layer.iter().map(Placed::multiply_adds).sum()).collect()
}

/// Seconds that one picture takes at one split, as measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    pub last_stages: usize,
    /// Pictures that learnt together.
    pub batch_size: usize,
    /// Through the prefix.
    pub embed_seconds: f64,
    /// Through the suffix and back, with its share of the optimiser's step.
    pub train_seconds: f64,
}

/// What was measured of this device.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Speed {
    /// At least one, by rising `last_stages`.
    pub measured: Vec<Measured>,
    /// Instances of the core that read photos at the same time, and share steps; one was measured.
    pub readers: usize,
}

/// What a further reader adds, as a fraction of what the first does: it gets its pictures from the first.
const FURTHER_READER: f64 = 0.8;

/// Fraction of a step that one does alone: the optimiser's own part, handing on parameters and gradients, and waiting. Two workers took 257 ms
/// by the clock for a step of the last two stages, where one took 388; 236 and 208 ms of processor time, where one took 404.
const ALONE: f64 = 0.3;

impl Speed {
    /// How many times faster than one all readers are together.
    fn reading(&self) -> f64 {
        1.0 + FURTHER_READER * (self.readers as f64 - 1.0)
    }

    /// The time of a step that all share, as a fraction of the time that one takes.
    fn teaching(&self, config: &TrainConfig, photos: usize) -> f64 {
        if !config.regime.divides_steps() {
            return 1.0;
        }
        let batches = photos.div_ceil(config.batch_size).max(1);
        let parts = parts_of(photos.div_ceil(batches)).max(1);
        let most = parts.div_ceil(self.readers.max(1)); // that one of them computes
        ALONE + (1.0 - ALONE) * most as f64 / parts as f64
    }

    /// At any split. Where it was not measured itself, a picture's way through the prefix is interpolated between the splits that
    /// were, by multiply-adds; and the way through the suffix and back takes as many times its forward pass as at the nearest
    /// split that was.
    fn at(&self, last_stages: usize, architecture: &Architecture) -> Measured {
        if let Some(measured) = self.measured.iter().find(|measured| measured.last_stages == last_stages) {
            return *measured;
        }
        let whole = self.measured[0].embed_seconds;
        let forward = |measured: &Measured| {
            let share = share_of_suffix(measured.last_stages, architecture);
            // The difference of two noisy numbers: never less than half of what the multiply-adds say.
            (whole - measured.embed_seconds).max(0.5 * share * whole)
        };
        let deeper = self.measured.iter().filter(|measured| measured.last_stages > 0);
        let Some(nearest) = deeper.min_by_key(|measured| measured.last_stages.abs_diff(last_stages)) else {
            return self.measured[0];
        };
        let there = share_of_suffix(nearest.last_stages, architecture);
        let here = share_of_suffix(last_stages, architecture);
        // From the split measured to the end of the network on this side of it, or to its start on the other.
        let suffix = if here <= there {
            forward(nearest) * here / there
        } else {
            whole - (whole - forward(nearest)) * (1.0 - here) / (1.0 - there)
        };
        let train_seconds = nearest.train_seconds * suffix / forward(nearest);
        Measured { embed_seconds: whole - suffix, train_seconds, last_stages, ..*nearest }
    }
}

/// Fraction of the network's multiply-adds that the last stages and the tail make up.
fn share_of_suffix(last_stages: usize, architecture: &Architecture) -> f64 {
    let all = multiply_adds(architecture, architecture.input.size as usize);
    let frozen = architecture.stages.len() - last_stages;
    all[frozen..].iter().sum::<f64>() / all.iter().sum::<f64>()
}

/// Rendering an augmented draw costs so much of a second; next to the forward pass of the whole network it hardly counts.
const DRAW_SECONDS: f64 = 0.002;

/// Seconds that a settled training of `photos` photos takes: both its fits, and the embedding of its pictures but for those that
/// are `embedded` already.
pub fn expected_seconds(
    config: &TrainConfig,
    photos: usize,
    embedded: usize,
    speed: &Speed,
    architecture: &Architecture,
) -> f64 {
    let at = speed.at(config.last_stages, architecture);
    // Pictures of the network's own size are timed; others take as long as they are large.
    let whole = f64::from(architecture.input.size);
    let size = if config.regime == Regime::Scratch { config.input_size as f64 / whole } else { 1.0 };
    let (draws, kept) = (config.draws() as f64, config.needed_draws().count() as f64);
    let teaching = speed.teaching(config, photos);
    let photos = photos as f64;
    let embed = if config.draws_anew() {
        0.0
    } else {
        (photos * kept - embedded as f64).max(0.0) * (at.embed_seconds + DRAW_SECONDS) / speed.reading()
    };
    // Where held-out photos stop a fit, an epoch sees every draw, and it usually ends half way.
    let (looks, epochs) = match config.stops_early() {
        true => (1.0 + draws, config.epochs as f64 / 2.0),
        false => (1.0, config.epochs as f64),
    };
    let fits = if config.holdout > 0.0 { 2.0 - config.holdout } else { 1.0 };
    embed + photos * looks * epochs * fits * at.train_seconds * size * size * teaching
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::efficientnet_lite::LITE0;

    #[test]
    fn lite0_has_the_multiply_adds_of_its_paper() {
        // 407 million with the output layer's 1.28 million, by Google's table.
        let all: f64 = multiply_adds(&LITE0, 224).iter().sum();
        assert!((3.75e8..4.1e8).contains(&all), "{all:e}");
    }

    #[test]
    fn multiply_adds_are_not_counted_in_whole_numbers_which_wrap() {
        // 32 bits wrap at 1,300 pixels a side, 64 at these.
        let [small, large] = [224, 224 << 26].map(|size| multiply_adds(&LITE0, size).iter().sum::<f64>());
        assert!((large / small / 2f64.powi(52) - 1.0).abs() < 1e-9, "{small:e} {large:e}");
    }

    #[test]
    fn more_work_costs_more() {
        let measured = |last_stages, embed_seconds, train_seconds| Measured {
            last_stages,
            batch_size: 16,
            embed_seconds,
            train_seconds,
        };
        let speed = Speed { measured: vec![measured(0, 0.02, 1e-4), measured(3, 0.014, 0.03)], readers: 1 };
        let seconds = |regime, last_stages, augment| {
            let config =
                TrainConfig { regime, last_stages, augment, ..TrainConfig::default() }.settle(&LITE0, 50).unwrap();
            let embedded = if last_stages == 0 { 50 } else { 0 };
            expected_seconds(&config, 50, embedded, &speed, &LITE0)
        };
        let head = seconds(Regime::Head, 0, 0);
        assert!((head - 50.0 * 100.0 * 1.8 * 1e-4).abs() < 1e-9, "embedded already, 100 epochs, twice: {head}");
        assert!(seconds(Regime::Head, 0, 8) > head + 8.0);
        let of_stages: Vec<f64> = (1..7).map(|k| seconds(Regime::LastK, k, 0)).collect();
        assert!(of_stages.is_sorted() && of_stages[0] > head, "{of_stages:?}");
        assert!(seconds(Regime::Scratch, 7, 0) < 3.0 * seconds(Regime::Full, 7, 0), "smaller pictures");
    }

    #[test]
    fn workers_share_steps_of_stages_as_far_as_there_are_parts() {
        let measured = Measured { last_stages: 2, batch_size: 16, embed_seconds: 0.01, train_seconds: 0.02 };
        let seconds = |regime, readers| {
            let speed = Speed { measured: vec![measured], readers };
            let stages = if regime == Regime::LastK { 2 } else { 0 };
            let config = TrainConfig { regime, last_stages: stages, augment: 0, ..TrainConfig::default() };
            let config = config.settle(&LITE0, 32).unwrap();
            let read = if config.draws_anew() { 0.0 } else { 32.0 * (0.01 + DRAW_SECONDS) / speed.reading() };
            expected_seconds(&config, 32, 0, &speed, &LITE0) - read
        };
        for regime in [Regime::LastK, Regime::Full] {
            let times = |readers| seconds(regime, 1) / seconds(regime, readers);
            assert!((times(2) - 1.0 / (ALONE + (1.0 - ALONE) / 2.0)).abs() < 1e-9, "{regime:?}: {}", times(2));
            assert!(times(3) == times(2) && times(4) > times(3), "one has two of four parts, whoever has the others");
            assert_eq!(times(9), times(4));
        }
        assert_eq!(seconds(Regime::Scratch, 4), seconds(Regime::Scratch, 1));
    }
}
