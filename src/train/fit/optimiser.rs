//! AdamW over a module, with its moments within reach. Burn's own `ModuleOptimizer` gives its record away only by a synchronous
//! readback, which a browser does not have, and puts it back on the default device, which need not be ours. The arithmetic is
//! Burn's.

use std::any::Any;
use std::collections::HashMap;

use burn::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::optim::{AdamW, AdamWConfig, AdamWState, GradientsParams, Optimizer};
use burn::tensor::Tensor;

use crate::nn::adamw;
#[cfg(feature = "cpu")]
use crate::nn::cpu::optimiser as cpu;
#[cfg(feature = "webgpu")]
use crate::nn::gpu::optimiser as gpu;

/// Burn's defaults differ from PyTorch's; these are PyTorch's.
const BETAS: (f32, f32) = (0.9, 0.999);
const EPSILON: f32 = 1e-8;

pub struct Optimiser {
    adamw: AdamW,
    /// The same for operations of our own.
    settings: adamw::AdamW,
    /// An [`AdamWState`] of the parameter's rank each, on the plain device. Empty before the first step.
    states: HashMap<ParamId, Box<dyn Any + Send>>,
}

impl Optimiser {
    pub fn new(weight_decay: f32) -> Self {
        let (beta_1, beta_2) = BETAS;
        let config = AdamWConfig::new().with_beta_1(beta_1).with_beta_2(beta_2).with_epsilon(EPSILON);
        Self {
            adamw: config.with_weight_decay(weight_decay).build(),
            settings: adamw::AdamW { beta_1, beta_2, epsilon: EPSILON, weight_decay },
            states: HashMap::new(),
        }
    }

    /// One step of every parameter that has a gradient, after the gradients are multiplied by `factor`, one value.
    pub fn step<M: Module>(
        &mut self,
        rates: &ModuleLearningRate,
        module: M,
        gradients: GradientsParams,
        factor: Tensor<1>,
    ) -> M {
        module.map(&mut Step { optimiser: self, rates, gradients, factor })
    }

    /// Moments of a parameter of rank `D`; `None` before its first step.
    pub fn state<const D: usize>(&self, id: ParamId) -> Option<&AdamWState<D>> {
        self.states.get(&id)?.downcast_ref()
    }

    pub fn set_state<const D: usize>(&mut self, id: ParamId, state: AdamWState<D>) {
        self.states.insert(id, Box::new(state));
    }

    /// The new value of a parameter; its moments are kept.
    fn update<const D: usize>(
        &mut self,
        id: ParamId,
        rate: f64,
        tensor: Tensor<D>,
        gradient: Tensor<D>,
        factor: &Tensor<1>,
    ) -> Tensor<D> {
        let state = self.states.remove(&id).and_then(|state| state.downcast().ok()).map(|state| *state);
        #[cfg(feature = "cpu")]
        if cpu::takes(&tensor) && cpu::takes(&gradient) {
            let (updated, state) = cpu::step(self.settings, rate, tensor, gradient, factor, state);
            self.set_state(id, state);
            return updated;
        }
        #[cfg(feature = "webgpu")]
        if gpu::takes(&tensor) {
            let (updated, state) = gpu::step(self.settings, rate, tensor, gradient, factor, state);
            self.set_state(id, state);
            return updated;
        }
        let gradient = gradient * factor.clone().reshape([1; D]);
        let (updated, state) = self.adamw.step(rate, tensor, gradient, state);
        if let Some(state) = state {
            self.set_state(id, state);
        }
        updated
    }
}

struct Step<'a> {
    optimiser: &'a mut Optimiser,
    rates: &'a ModuleLearningRate,
    gradients: GradientsParams,
    factor: Tensor<1>,
}

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let id = param.id;
        let Some(gradient) = self.gradients.remove::<D>(id) else { return param };
        let rate = self.rates.lr_from_param(id, None);
        param.map(|tensor| {
            let updated = self.optimiser.update(id, rate, tensor.inner(), gradient, &self.factor);
            Tensor::from_inner(updated).require_grad()
        })
    }
}
