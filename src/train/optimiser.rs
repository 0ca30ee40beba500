//! AdamW over a module, with its moments within reach. Burn's own `ModuleOptimizer` gives its record away only by a synchronous
//! readback, which a browser does not have, and puts it back on the default device, which need not be ours. The arithmetic is
//! Burn's.

use std::any::Any;
use std::collections::HashMap;

use burn::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::optim::{AdamW, AdamWConfig, AdamWState, GradientsParams, Optimizer};
use burn::tensor::Tensor;

pub struct Optimiser {
    adamw: AdamW,
    /// An [`AdamWState`] of the parameter's rank each, on the plain device. Empty before the first step.
    states: HashMap<ParamId, Box<dyn Any + Send>>,
}

impl Optimiser {
    pub fn new(config: &AdamWConfig) -> Self {
        Self { adamw: config.build(), states: HashMap::new() }
    }

    /// One step of every parameter that has a gradient.
    pub fn step<M: Module>(&mut self, rates: &ModuleLearningRate, module: M, gradients: GradientsParams) -> M {
        module.map(&mut Step { optimiser: self, rates, gradients })
    }

    /// Moments of a parameter of rank `D`; `None` before its first step.
    pub fn state<const D: usize>(&self, id: ParamId) -> Option<&AdamWState<D>> {
        self.states.get(&id)?.downcast_ref()
    }

    pub fn set_state<const D: usize>(&mut self, id: ParamId, state: AdamWState<D>) {
        self.states.insert(id, Box::new(state));
    }
}

struct Step<'a> {
    optimiser: &'a mut Optimiser,
    rates: &'a ModuleLearningRate,
    gradients: GradientsParams,
}

impl ModuleMapper for Step<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let id = param.id;
        let Some(gradient) = self.gradients.remove::<D>(id) else { return param };
        let rate = self.rates.lr_from_param(id, None);
        let state = self.optimiser.states.remove(&id).and_then(|state| state.downcast().ok()).map(|state| *state);
        param.map(|tensor| {
            let (tensor, state) = self.optimiser.adamw.step(rate, tensor.inner(), gradient, state);
            if let Some(state) = state {
                self.optimiser.set_state(id, state);
            }
            Tensor::from_inner(tensor).require_grad()
        })
    }
}
