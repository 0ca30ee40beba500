//! AdamW as operations of our own take it, on whatever device.

use burn::optim::{AdamWState, AdaptiveMomentumState};
use burn::tensor::Tensor;

/// What AdamW does with a parameter: the same as Burn's (`burn::optim::AdamW`), whose arithmetic this is.
#[derive(Debug, Clone, Copy)]
pub struct AdamW {
    pub beta_1: f32,
    pub beta_2: f32,
    pub epsilon: f32,
    pub weight_decay: f32,
}

/// The numbers of one step of a parameter.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub beta_1: f32,
    pub beta_2: f32,
    pub epsilon: f32,
    /// What the means of the gradients and of their squares are divided by, since they began at nothing.
    pub correction_1: f32,
    pub correction_2: f32,
    /// What is left of the parameter.
    pub decay: f32,
    pub rate: f32,
}

impl AdamW {
    /// The step after `time - 1` others.
    pub fn at(self, time: usize, rate: f64) -> Step {
        let Self { beta_1, beta_2, epsilon, weight_decay } = self;
        Step {
            beta_1,
            beta_2,
            epsilon,
            correction_1: 1.0 - beta_1.powi(time as i32),
            correction_2: 1.0 - beta_2.powi(time as i32),
            decay: (1.0 - rate * f64::from(weight_decay)) as f32,
            rate: rate as f32,
        }
    }
}

/// The moments of a parameter, which begin at nothing.
pub fn moments<const D: usize>(state: Option<AdamWState<D>>, parameter: &Tensor<D>) -> AdaptiveMomentumState<D> {
    state.map(|state| state.momentum).unwrap_or_else(|| {
        let zeros = || Tensor::zeros(parameter.dims(), &parameter.device());
        AdaptiveMomentumState::new(0, zeros(), zeros())
    })
}
