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
    /// What the output layer sees where nobody says. A network that learns from random weights has nothing in its earlier layers yet.
    pub(super) fn usual_features(self) -> Features {
        if self == Self::Scratch { Features::Last } else { Features::Several }
    }

    /// Whether stages learn with batch-norms that are fixed: no photo of a batch depends on another then, and a step can be divided.
    pub fn divides_steps(self) -> bool {
        matches!(self, Self::LastK | Self::Full)
    }
}

/// Side of the picture for `scratch`: a network that starts from nothing sees each photo many times.
pub(super) const SCRATCH_INPUT_SIZE: usize = 128;
pub(super) const SMALLEST_INPUT_SIZE: usize = 64;

/// Steps below which a deeper fit has not learnt what its augmented draws could teach it, and epochs that are enough for any
/// set. Hand signs, five a class, the last three stages: 40 steps gave 0.94 and 0.95 on two splits, 120 gave 0.97 and more.
const DEEPER_STEPS: usize = 150;
const DEEPER_EPOCHS: (usize, usize) = (20, 60);

/// Pictures that a training embeds, unless more draws are asked for: the fewer the photos, the more a further draw of each
/// teaches, and the less it costs. With the output layer alone, of flowers, 3 and 5 a class, 32 draws beat 16, 16 beat 8, and 8
/// beat 4.
const PICTURES: usize = 800;
const DRAWS: (usize, usize) = (4, 32);
/// Deeper fits see one draw of each photo an epoch. Of hand signs the last three stages learnt more from 16 draws than from 8 in
/// 150 steps (ten a class: 0.987 against 0.979), and less from 32 than from 8 in 60 (three a class: 0.868 against 0.905).
const DEEPER_DRAWS: usize = 16;
/// In shorter fits; and where nothing is embedded, since draws are made anew: this many of nine looks at a photo
/// are of a draw.
const FEW_DRAWS: usize = 8;

/// Augmented draws of each of `photos` photos, where nobody says how many draws.
pub fn usual_draws(regime: Regime, photos: usize, batch_size: usize) -> i32 {
    let (least, most) = DRAWS;
    let affordable = (PICTURES / photos.max(1)).clamp(least, most);
    let steps = usual_epochs(regime, photos, batch_size).saturating_mul(photos.div_ceil(batch_size));
    let draws = match regime {
        Regime::Head | Regime::Auto => affordable,
        Regime::LastK if steps >= DEEPER_STEPS => affordable.min(DEEPER_DRAWS),
        Regime::LastK => affordable.min(FEW_DRAWS),
        Regime::Full | Regime::Scratch => FEW_DRAWS,
    };
    draws as i32
}

/// Epochs of a regime for `photos` photos, where nobody says how many epochs.
pub fn usual_epochs(regime: Regime, photos: usize, batch_size: usize) -> usize {
    let (least, most) = DEEPER_EPOCHS;
    match regime {
        Regime::Head | Regime::Auto => 100,
        Regime::Scratch => 60,
        Regime::LastK | Regime::Full => DEEPER_STEPS.div_ceil(photos.div_ceil(batch_size).max(1)).clamp(least, most),
    }
}
