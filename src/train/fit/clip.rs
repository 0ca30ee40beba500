//! Clipping by the global norm. Burn's own clips each tensor by itself, which turns the gradient; this shortens it.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
#[cfg(feature = "cpu")]
use burn::tensor::Device;
use burn::tensor::Tensor;

#[cfg(feature = "cpu")]
use crate::nn::cpu::optimiser as cpu;
#[cfg(feature = "webgpu")]
use crate::nn::gpu::optimiser::SquaredNorm as GpuNorm;

/// What all gradients are to be multiplied by, one value: `max_norm / norm` where their common L2 norm exceeds `max_norm`, otherwise 1.
/// `None` where there is no gradient. Nothing is read back: the factor stays on the device.
pub fn clip_factor<M: Module>(module: &M, gradients: &GradientsParams, max_norm: f32) -> Option<Tensor<1>> {
    #[cfg(feature = "webgpu")]
    {
        let mut norm = OnGpu { gradients, norm: GpuNorm::default(), all: true };
        module.visit(&mut norm);
        if norm.all {
            return norm.norm.clip_factor(max_norm);
        }
    }
    #[cfg(feature = "cpu")]
    {
        let mut norm = OnCpu { gradients, sum: 0.0, device: None, all: true };
        module.visit(&mut norm);
        if norm.all {
            let ratio = f64::from(max_norm) / (norm.sum.sqrt() + 1e-6);
            // What is no number stays none.
            let factor = if ratio > 1.0 { 1.0 } else { ratio };
            return norm.device.map(|device| Tensor::from_floats([factor as f32], &device));
        }
    }
    let mut norm = SquaredNorm { gradients, sum: None };
    module.visit(&mut norm);
    Some(norm.sum?.sqrt().add_scalar(1e-6).recip().mul_scalar(max_norm).clamp_max(1.0))
}

struct SquaredNorm<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for SquaredNorm<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            let squares = gradient.square().sum();
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum + squares,
                None => squares,
            });
        }
    }
}

/// The same in operations of our own.
#[cfg(feature = "webgpu")]
struct OnGpu<'a> {
    gradients: &'a GradientsParams,
    norm: GpuNorm,
    /// Whether that is where all gradients so far are.
    all: bool,
}

#[cfg(feature = "webgpu")]
impl ModuleVisitor for OnGpu<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let (true, Some(gradient)) = (self.all, self.gradients.get::<D>(param.id)) {
            self.all = self.norm.add(gradient);
        }
    }
}

/// And on the CPU, where it is read as it is summed.
#[cfg(feature = "cpu")]
struct OnCpu<'a> {
    gradients: &'a GradientsParams,
    sum: f64,
    /// Of the gradients; `None` before the first.
    device: Option<Device>,
    all: bool,
}

#[cfg(feature = "cpu")]
impl ModuleVisitor for OnCpu<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let (true, Some(gradient)) = (self.all, self.gradients.get::<D>(param.id)) {
            self.all = cpu::takes(&gradient);
            if self.all {
                self.device = Some(gradient.device());
                self.sum += cpu::sum_of_squares(gradient);
            }
        }
    }
}
