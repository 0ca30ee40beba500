//! How the learning rate moves during a fit, and how it falls with depth.

use std::f64::consts::PI;

/// Pretrained stages learn this much slower than the new head.
const STAGE_RATE: f64 = 0.1;
/// And each stage further from the head this much slower than the one after it: shallow stages hold what is common to all
/// pictures (Howard and Ruder, 2018, <https://arxiv.org/abs/1801.06146>, who divide by 2.6 a layer; a stage here is several).
const DEPTH_DECAY: f64 = 0.7;
/// Fraction of a fit's steps over which the rate rises from zero.
const WARM_UP: f64 = 0.1;

/// The factor on every rate at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Schedule {
    /// For fits that stop when the held-out photos say so: every prefix of the fit is the fit that would have stopped there.
    Constant,
    /// A linear warm-up, then half a cosine down to zero at `steps` (Loshchilov and Hutter, 2017,
    /// <https://arxiv.org/abs/1608.03983>).
    Cosine { steps: usize },
}

impl Schedule {
    /// `step` counts from 0.
    pub fn factor(self, step: usize) -> f64 {
        match self {
            Schedule::Constant => 1.0,
            Schedule::Cosine { steps } => {
                let warm_up = (steps as f64 * WARM_UP).ceil();
                let step = step as f64;
                if step < warm_up {
                    return (step + 1.0) / (warm_up + 1.0);
                }
                let progress = (step - warm_up) / (steps as f64 - warm_up).max(1.0);
                (1.0 + (PI * progress.min(1.0)).cos()) / 2.0
            }
        }
    }
}

/// The factor on the base rate of a stage that is `distance` stages before the last one.
pub fn stage_factor(distance: usize) -> f64 {
    STAGE_RATE * DEPTH_DECAY.powi(distance as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_rises_then_falls_to_zero() {
        let schedule = Schedule::Cosine { steps: 100 };
        let factors: Vec<f64> = (0..100).map(|step| schedule.factor(step)).collect();
        assert!(factors[0] > 0.0 && factors[0] < 0.1);
        assert!((factors[10] - 1.0).abs() < 1e-9, "full rate after the warm-up");
        assert!((factors[55] - 0.5).abs() < 1e-9, "half of it in the middle of the rest");
        assert!(factors[99] < 1e-3);
        assert!(factors[..11].is_sorted() && factors[10..].is_sorted_by(|a, b| a >= b));
        assert!(Schedule::Cosine { steps: 1 }.factor(0) > 0.0, "a fit of one step must learn");
    }

    #[test]
    fn deeper_is_slower() {
        assert!((stage_factor(0) - 0.1).abs() < 1e-12 && stage_factor(2) < stage_factor(1));
        assert_eq!(Schedule::Constant.factor(7), 1.0);
    }
}
