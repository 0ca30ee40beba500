//! What fits into memory: fewer draws, then fewer stages, where the activations of all photos would not.

use serde::{Deserialize, Serialize};

use super::config::TrainConfig;
use super::regime::Regime;
use crate::backbone::architecture::{Architecture, Placed};
use crate::error::Result;
use crate::halves::bytes_of;
use crate::model::Split;

/// Bytes that the activations of a training may take. They lie in the host's memory whatever the device, and the command line
/// keeps to the same, so that it trains as the page does. With nine draws of three stages of EfficientNet-Lite0: 1,900 photos.
pub const ACTIVATION_BUDGET: u64 = 512 << 20;

/// Bytes that what a learning step keeps of its photos may take, until it has gone back through it. With the activations and pixels of
/// a training they stay well within the 4 GiB that a browser's core can address. From random weights, at 128 pixels: 61 photos.
pub const STEP_BUDGET: u64 = 1536 << 20;

/// A step keeps the outputs of every convolution that learns, and in what becomes of them as much again, and half of that on the way back:
/// measured with live batch-norms, 21.5 MB of a photo of 128 pixels, and 5.6 of one of 64, are 2.5 times these outputs before it goes back.
const KEPT: u64 = 3;

/// How many photos may learn together: `KEPT` × 4 bytes × all outputs of the convolutions that learn are one photo's.
pub fn photos_at_once(config: &TrainConfig, architecture: &Architecture, input_size: usize) -> usize {
    let size = if config.input_size > 0 { config.input_size } else { input_size };
    let learning: u64 = match config.last_stages {
        0 => Split(0).taps(architecture, config.features()).width() as u64,
        last_stages => {
            let frozen = architecture.stages.len().saturating_sub(last_stages);
            architecture.placed(size).iter().skip(frozen).flatten().map(Placed::outputs).sum()
        }
    };
    let bytes = KEPT * size_of::<f32>() as u64 * learning;
    usize::try_from(STEP_BUDGET / bytes.max(1)).unwrap_or(usize::MAX).max(1)
}

/// What a training was asked for and could not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reduced {
    pub budget_bytes: u64,
    pub augment: Change,
    pub last_stages: Change,
    /// Where a network that learns from nothing, whose photos have to go together, had to take fewer at a time; `budget_bytes` are a
    /// step's then.
    #[serde(default)]
    pub batch_size: Option<Change>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub asked: usize,
    pub used: usize,
}

/// The settled configuration of a training of `photos` photos that keeps to the budget: with fewer draws where that is
/// enough, and with fewer stages where not even the photos as they are would fit. The features that the output layer
/// learns from are kept in any case, and where no stage is frozen nothing is. From random weights batch-norms go by the
/// batch, so its photos have to learn together: it has as many as [`STEP_BUDGET`] bears. Any other step is computed in
/// parts where it has more.
///
/// # Errors
/// As [`TrainConfig::settle`].
pub fn settle_within(
    budget: u64,
    config: TrainConfig,
    photos: usize,
    architecture: &Architecture,
    input_size: usize,
) -> Result<(TrainConfig, Option<Reduced>)> {
    let asked = config.clone().settle(architecture, photos)?;
    let unchanged = |value: usize| Change { asked: value, used: value };
    if asked.regime == Regime::Scratch {
        let used = asked.batch_size.min(photos_at_once(&asked, architecture, input_size));
        // A set of fewer photos is one batch whatever is asked for.
        let reduced = (used < asked.batch_size.min(photos)).then(|| Reduced {
            budget_bytes: STEP_BUDGET,
            augment: unchanged(asked.draws()),
            last_stages: unchanged(asked.last_stages),
            batch_size: Some(Change { asked: asked.batch_size, used }),
        });
        let batch_size = if reduced.is_some() { used } else { asked.batch_size };
        return Ok((TrainConfig { batch_size, ..asked }, reduced));
    }
    if asked.draws_anew() || asked.regime == Regime::Auto {
        return Ok((asked, None));
    }
    let looks = |split: Split| {
        let bytes = bytes_of(split.activation_shape(architecture, input_size)).saturating_mul(photos.max(1) as u64);
        usize::try_from(budget / bytes).unwrap_or(usize::MAX)
    };
    let views = asked.views().len();
    let last_stages = (0..=asked.last_stages).rev().find(|&k| looks(Split(k)) >= views).unwrap_or(0);
    let draws = asked.draws().min(looks(Split(last_stages)).saturating_sub(views));
    if (draws, last_stages) == (asked.draws(), asked.last_stages) {
        return Ok((asked, None));
    }
    let reduced = Reduced {
        budget_bytes: budget,
        augment: Change { asked: asked.draws(), used: draws },
        last_stages: Change { asked: asked.last_stages, used: last_stages },
        batch_size: None,
    };
    let regime = if last_stages == 0 { Regime::Head } else { Regime::LastK };
    // From what was given, so that what it left open is settled as for the smaller regime.
    let used = TrainConfig { regime, last_stages, augment: draws as i32, ..config }.settle(architecture, photos)?;
    Ok((used, Some(reduced)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::efficientnet_lite::LITE0;

    fn settle(budget: u64, config: TrainConfig) -> (TrainConfig, Option<Reduced>) {
        settle_within(budget, config, 100, &LITE0, 224).unwrap()
    }

    fn last_k(last_stages: usize) -> TrainConfig {
        TrainConfig { regime: Regime::LastK, last_stages, ..TrainConfig::default() }
    }

    #[test]
    fn first_draws_go_then_stages() {
        let photos = |shape: [usize; 3]| 100 * bytes_of(shape);
        let three = photos([80, 14, 14]);
        let (config, reduced) = settle(9 * three, last_k(3));
        assert_eq!((config.augment, config.last_stages, reduced), (8, 3, None));

        let (config, reduced) = settle(9 * three - 1, last_k(3));
        assert_eq!((config.augment, config.last_stages), (7, 3));
        assert_eq!(reduced.unwrap().augment, Change { asked: 8, used: 7 });
        let (config, _) = settle(three, last_k(3));
        assert_eq!((config.augment, config.last_stages), (0, 3));

        // Two stages would need more than three do: their activation is the larger one.
        let (config, reduced) = settle(three - 1, last_k(3));
        assert_eq!((config.last_stages, config.regime, config.epochs), (1, Regime::LastK, 22));
        assert_eq!(reduced.unwrap().last_stages, Change { asked: 3, used: 1 });
        assert!((config.augment as u64 + 1) * photos([192, 7, 7]) < three);

        let (config, _) = settle(1, last_k(3));
        assert_eq!((config.regime, config.last_stages, config.augment, config.epochs), (Regime::Head, 0, 0, 58));
        assert_eq!(settle(1, config.clone()), (config, None), "a reduced configuration stays");
    }

    #[test]
    fn mirror_images_take_room_too() {
        let three = 100 * bytes_of([80, 14, 14]);
        let averaging = TrainConfig { flip_average: 1, ..last_k(3) };
        assert_eq!(settle(10 * three, averaging.clone()).1, None);
        assert_eq!(settle(9 * three, averaging.clone()).0.augment, 7);
        let (config, _) = settle(2 * three - 1, averaging);
        assert_eq!((config.last_stages, config.flip_average), (1, 1), "both views of three stages do not fit");
    }

    #[test]
    fn the_budget_holds_where_32_bits_would_wrap() {
        // Six stages learn on 401,408 bytes a photo: of 10,700 photos that is 2³² and less than 1 MB.
        let (config, reduced) = settle_within(ACTIVATION_BUDGET, last_k(6), 10_700, &LITE0, 224).unwrap();
        assert_eq!((config.last_stages, config.augment), (3, 0));
        assert_eq!(reduced.map(|reduced| reduced.last_stages), Some(Change { asked: 6, used: 3 }));
        // And where 64 would.
        let (config, _) = settle_within(ACTIVATION_BUDGET, last_k(6), 1 << 62, &LITE0, 224).unwrap();
        assert_eq!((config.regime, config.augment), (Regime::Head, 0));
    }

    #[test]
    fn a_batch_from_random_weights_is_no_larger_than_memory_bears() {
        let settle = |batch_size, input_size, photos| {
            let config = TrainConfig { regime: Regime::Scratch, batch_size, input_size, ..TrainConfig::default() };
            settle_within(ACTIVATION_BUDGET, config, photos, &LITE0, 224).unwrap()
        };
        let (config, reduced) = settle(512, 0, 1_000);
        assert_eq!((config.batch_size, config.input_size), (61, 128));
        let reduced = reduced.unwrap();
        assert_eq!((reduced.budget_bytes, reduced.batch_size), (STEP_BUDGET, Some(Change { asked: 512, used: 61 })));
        assert_eq!(reduced.augment, Change { asked: 8, used: 8 });
        assert_eq!(settle(512, 224, 1_000).0.batch_size, 19);
        for usual in [settle(16, 0, 1_000), settle(16, 224, 1_000), settle(512, 0, 61), settle(61, 0, 1_000)] {
            assert_eq!(usual.1, None);
        }
        assert_eq!(settle(512, 0, 61).0.batch_size, 512);
        // Steps of the other regimes go in parts, and come to the same.
        let full = TrainConfig { regime: Regime::Full, batch_size: 512, ..TrainConfig::default() };
        let (full, reduced) = settle_within(ACTIVATION_BUDGET, full, 1_000, &LITE0, 224).unwrap();
        assert_eq!((full.batch_size, reduced, photos_at_once(&full, &LITE0, 224)), (512, None, 19));
    }

    #[test]
    fn what_keeps_no_activations_is_not_reduced() {
        for regime in [Regime::Full, Regime::Scratch] {
            let config = TrainConfig { regime, ..TrainConfig::default() };
            assert_eq!(settle(1, config.clone()), (config.settle(&LITE0, 100).unwrap(), None));
        }
    }
}
