//! The four regimes, and what each takes where nobody says how much.

use serde::{Deserialize, Serialize};

use crate::backbone::taps::Features;

/// How much of the network learns, and from what start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Regime {
    /// Whatever the advice says.
    Auto,
    /// The new output layer alone, on frozen features.
    Head,
    /// The last stages of the backbone too.
    LastK,
    /// All stages, from the pretrained weights.
    Full,
    /// All stages, from random weights.
    Scratch,
}

/// How much the output layer sees, or that the regime chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeatureChoice {
    Auto,
    Last,
    Several,
}

impl Regime {
    /// What the output layer sees where nobody says: several layers where it learns alone. Whether deeper fits gain by it is not measured,
    /// and on a graphics card their steps take three times as many launches for it.
    pub(super) fn usual_features(self) -> Features {
        match self {
            Self::Head | Self::Auto => Features::Several,
            Self::LastK | Self::Full | Self::Scratch => Features::Last,
        }
    }

    /// Whether stages learn with batch-norms that are fixed: no photo of a batch depends on another then, and a step can be divided.
    pub fn divides_steps(self) -> bool {
        matches!(self, Self::LastK | Self::Full)
    }
}

/// Side of the picture for `scratch`: a network that starts from nothing sees each photo many times.
pub(super) const SCRATCH_INPUT_SIZE: usize = 128;
pub(super) const SMALLEST_INPUT_SIZE: usize = 64;

/// Steps of an output layer alone, and epochs that are enough for any set.
const HEAD_STEPS: usize = 400;
const HEAD_EPOCHS: (usize, usize) = (20, 200);

/// Steps below which a deeper fit has not learnt what its augmented draws could teach it, and epochs that are enough for any
/// set. Hand signs, five a class, the last three stages: 40 steps gave 0.94 and 0.95 on two splits, 120 gave 0.97 and more.
const DEEPER_STEPS: usize = 150;
const DEEPER_EPOCHS: (usize, usize) = (20, 60);

/// Pictures that a training of an output layer embeds, unless more draws are asked for, photos as they are counted twice: the fewer the
/// photos, the more a further draw of each teaches, and the less it costs. With three and five a class draws bring half a point to a
/// whole one, with ten nothing (`docs/features.md`), at as many times the embedding: from 84 photos on there are none.
const PICTURES: usize = 250;
const MOST_DRAWS: usize = 16;
/// A deeper fit takes far longer to learn from them than to embed them.
const DEEPER_PICTURES: usize = 800;
const DEEPER_LEAST_DRAWS: usize = 4;
/// Deeper fits see one draw of each photo an epoch. Of hand signs the last three stages learnt more from 16 draws than from 8 in
/// 150 steps (ten a class: 0.987 against 0.979), and less from 32 than from 8 in 60 (three a class: 0.868 against 0.905).
const DEEPER_DRAWS: usize = 16;
/// In shorter fits; and where nothing is embedded, since draws are made anew: this many of nine looks at a photo
/// are of a draw.
const FEW_DRAWS: usize = 8;

/// Augmented draws of each of `photos` photos, where nobody says how many draws.
pub fn usual_draws(regime: Regime, photos: usize, batch_size: usize) -> i32 {
    let affordable = (PICTURES / photos.max(1)).saturating_sub(2).min(MOST_DRAWS);
    let deeper = (DEEPER_PICTURES / photos.max(1)).clamp(DEEPER_LEAST_DRAWS, DEEPER_DRAWS);
    let steps = usual_epochs(regime, photos, batch_size).saturating_mul(photos.div_ceil(batch_size));
    let draws = match regime {
        Regime::Head | Regime::Auto => affordable,
        Regime::LastK if steps >= DEEPER_STEPS => deeper,
        Regime::LastK => deeper.min(FEW_DRAWS),
        Regime::Full | Regime::Scratch => FEW_DRAWS,
    };
    draws as i32
}

/// Epochs of a regime for `photos` photos, where nobody says how many epochs.
pub fn usual_epochs(regime: Regime, photos: usize, batch_size: usize) -> usize {
    let steps = photos.div_ceil(batch_size).max(1);
    let within = |all: usize, (least, most): (usize, usize)| all.div_ceil(steps).clamp(least, most);
    match regime {
        Regime::Head | Regime::Auto => within(HEAD_STEPS, HEAD_EPOCHS),
        Regime::Scratch => 60,
        Regime::LastK | Regime::Full => within(DEEPER_STEPS, DEEPER_EPOCHS),
    }
}
