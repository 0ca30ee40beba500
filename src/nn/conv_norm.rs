//! Convolution, batch-norm, activation: the brick of every backbone here.

use burn::module::{Flag, Module, Param, RunningState};
use burn::nn::BatchNorm;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor, TensorData};

#[cfg(feature = "cpu")]
use super::cpu::fused;
#[cfg(feature = "webgpu")]
use super::gpu;
use super::params::{NamedTensor, Params};
use super::spec::{Activation, Padding, Spec};

/// Whether a layer may learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Never learns: batch-norm is folded into the convolution's weights and bias, which saves a pass over every activation.
    Frozen,
    /// Learns weights, scale and shift; the statistics of batch-norm stay those of pretraining.
    Trainable,
    /// Learns everything from nothing: while learning, batch-norm normalises by the statistics of the batch, and moves its
    /// running statistics, which it goes by ever after.
    Live,
}

/// How far one batch moves the running statistics of a [`Mode::Live`] layer towards its own, as in PyTorch.
const MOMENTUM: f64 = 0.1;

/// Sizes of a [`ConvNorm`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConvNormSpec {
    pub inputs: usize,
    pub outputs: usize,
    pub window: Spec,
    /// Whether the convolution has a bias. Before a batch-norm it says nothing that the batch-norm does not, but VGG's files have both.
    pub bias: bool,
    /// Batch-norm's, where there is one.
    pub epsilon: Option<f64>,
}

impl ConvNormSpec {
    /// `[outputs, inputs / groups, kernel, kernel]`
    pub fn weight_shape(&self) -> [usize; 4] {
        [self.outputs, self.inputs / self.window.groups, self.window.kernel, self.window.kernel]
    }
}

/// `activation(γ · (conv(x) − μ) / √(σ² + ε) + β)`, or `activation(conv(x) + b)` where there is no batch-norm.
#[derive(Module, Debug)]
pub struct ConvNorm {
    conv: Conv2d,
    /// `None` once folded.
    norm: Option<BatchNorm>,
    /// Whether `norm` goes by each batch while it learns.
    live: bool,
    /// Whether the file has a bias besides the batch-norm, which has taken it in.
    bias_in_norm: bool,
    #[module(skip)]
    padding: Padding,
    #[module(skip)]
    activation: Activation,
    /// Of a frozen layer, what its filters are made into on the CPU.
    #[cfg(feature = "cpu")]
    #[module(skip)]
    kept: Option<fused::Kept>,
}

impl ConvNorm {
    /// Takes `{conv}.weight`, `{conv}.bias` and `{norm}.{weight,bias,running_mean,running_var}` from `params`, what there is of it.
    pub fn load(
        params: &mut dyn Params,
        (conv_name, norm_name): (&str, &str),
        spec: ConvNormSpec,
        mode: Mode,
        device: &Device,
    ) -> Self {
        let shape = spec.weight_shape();
        let vector = |values: Vec<f32>| TensorData::new(values, [spec.outputs]);
        let bias_in_norm = spec.bias && spec.epsilon.is_some();
        let layer = Values::take(params, (conv_name, norm_name), spec);
        let (weight, bias, norm) = match (mode, layer) {
            (Mode::Frozen, layer) => {
                let (weight, bias) = layer.folded();
                (weight, bias, None)
            }
            (_, Values { weight, bias, norm: None }) => (weight, bias, None),
            (_, Values { weight, norm: Some(norm), .. }) => {
                let norm = BatchNorm {
                    gamma: Param::from_data(vector(norm.gamma), device),
                    beta: Param::from_data(vector(norm.beta), device),
                    // Where it is off, Burn normalises by the running statistics and never moves them. Where it is on,
                    // it does so on the plain device alone, and on the autodiff device goes by the batch.
                    training: Param::<Flag>::from_bool(mode == Mode::Live),
                    running_mean: RunningState::new(Tensor::from_data(vector(norm.mean), device)),
                    running_var: RunningState::new(Tensor::from_data(vector(norm.variance), device)),
                    momentum: MOMENTUM,
                    epsilon: norm.epsilon,
                };
                (weight, None, Some(norm))
            }
        };
        let Spec { kernel, stride, groups, padding, activation } = spec.window;
        let conv = Conv2d {
            weight: Param::from_data(TensorData::new(weight, shape), device),
            bias: bias.map(|bias| Param::from_data(vector(bias), device)),
            stride: [stride; 2],
            kernel_size: [kernel; 2],
            dilation: [1; 2],
            groups,
            padding: padding.config(kernel),
        };
        Self {
            conv,
            norm,
            live: mode == Mode::Live,
            bias_in_norm,
            padding,
            activation,
            #[cfg(feature = "cpu")]
            kept: (mode == Mode::Frozen).then(fused::Kept::default),
        }
    }

    /// # Shapes
    /// - input: `[batch, inputs, height, width]`
    /// - output: `[batch, outputs, height, width]`, as [`Spec::outputs`] says
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        #[cfg(feature = "cpu")]
        {
            // The statistics of a live batch-norm are of the very batch while it learns: not known before the convolution is.
            let live = self.live && self.norm.is_some() && x.device().is_autodiff();
            if let Some(y) = self.forward_on_cpu(&x, live) {
                return if live { self.normalise(y) } else { y };
            }
        }
        #[cfg(feature = "webgpu")]
        if let Some(y) = self.forward_on_gpu(&x) {
            return y;
        }
        self.normalise(self.conv.forward(x))
    }

    /// What follows the convolution.
    fn normalise(&self, x: Tensor<4>) -> Tensor<4> {
        let x = match &self.norm {
            Some(norm) => norm.forward(x),
            None => x,
        };
        activate(x, self.activation)
    }

    /// In one operation of our own, where there is one for this device and these sizes; the convolution alone where `bare`.
    #[cfg(feature = "cpu")]
    fn forward_on_cpu(&self, x: &Tensor<4>, bare: bool) -> Option<Tensor<4>> {
        let spec = self.spec();
        let spec = if bare { Spec { activation: Activation::None, ..spec } } else { spec };
        fused::conv_norm(x, self.conv.weight.val(), || self.scale_and_shift(bare), spec, self.kept.as_ref())
    }

    /// The same on a graphics card. The statistics of a live batch-norm are not known before the convolution is.
    #[cfg(feature = "webgpu")]
    fn forward_on_gpu(&self, x: &Tensor<4>) -> Option<Tensor<4>> {
        let after = match (&self.norm, &self.conv.bias) {
            (Some(norm), _) if !(self.live && x.device().is_autodiff()) => {
                let plain = |values: Tensor<1>| if values.device().is_autodiff() { values.inner() } else { values };
                gpu::fused::After::Norm(gpu::filters::BatchNorm {
                    gamma: norm.gamma.val(),
                    beta: norm.beta.val(),
                    mean: plain(norm.running_mean.value()),
                    variance: plain(norm.running_var.value()),
                    epsilon: norm.epsilon,
                })
            }
            (None, Some(bias)) => gpu::fused::After::Bias(bias.val()),
            _ => return None,
        };
        gpu::fused::conv(x, self.conv.weight.val(), after, self.spec())
    }

    fn spec(&self) -> Spec {
        Spec {
            kernel: self.conv.kernel_size[0],
            stride: self.conv.stride[0],
            groups: self.conv.groups,
            padding: self.padding,
            activation: self.activation,
        }
    }

    /// What batch-norm does to the convolution's output, as a factor and a summand for each channel, `[outputs]` both.
    #[cfg(feature = "cpu")]
    fn scale_and_shift(&self, bare: bool) -> (Tensor<1>, Tensor<1>) {
        match (&self.norm, &self.conv.bias) {
            (Some(norm), _) if !bare => {
                let gamma = norm.gamma.val();
                let device = gamma.device();
                let mean = norm.running_mean.value().to_device(&device);
                let deviation = norm.running_var.value().to_device(&device).add_scalar(norm.epsilon).sqrt();
                let scale = gamma / deviation;
                (scale.clone(), norm.beta.val() - mean * scale)
            }
            (_, bias) => {
                let weight = self.conv.weight.val();
                let (outputs, device) = (weight.dims()[0], weight.device());
                let shift = bias.as_ref().map(|bias| bias.val());
                let ones = Tensor::ones([outputs], &device);
                (ones, shift.unwrap_or_else(|| Tensor::zeros([outputs], &device)))
            }
        }
    }

    /// How far the next batch moves the running statistics of a [`Mode::Live`] layer towards its own: 1 all the way.
    pub fn set_momentum(&mut self, momentum: f64) {
        self.norm.iter_mut().for_each(|norm| norm.momentum = momentum);
    }

    /// The parameters of a trainable layer under the names they were loaded by, to be written to a file.
    pub fn named(&self, (conv_name, norm_name): (&str, &str), out: &mut Vec<NamedTensor>) {
        out.push(NamedTensor::new(format!("{conv_name}.weight"), self.conv.weight.val()));
        if let (Some(bias), None) = (&self.conv.bias, &self.norm) {
            out.push(NamedTensor::new(format!("{conv_name}.bias"), bias.val()));
        }
        if let Some(norm) = &self.norm {
            if self.bias_in_norm {
                out.push(NamedTensor::new(format!("{conv_name}.bias"), norm.beta.val().zeros_like()));
            }
            for (name, value) in [
                ("weight", norm.gamma.val()),
                ("bias", norm.beta.val()),
                ("running_mean", norm.running_mean.value_sync()),
                ("running_var", norm.running_var.value_sync()),
            ] {
                out.push(NamedTensor::new(format!("{norm_name}.{name}"), value));
            }
        }
    }
}

/// By Burn's operations.
pub fn activate<const D: usize>(x: Tensor<D>, activation: Activation) -> Tensor<D> {
    match activation {
        Activation::None => x,
        Activation::Relu => x.clamp_min(0.0),
        Activation::Relu6 => x.clamp(0.0, 6.0),
    }
}

/// The numbers of a layer, as its file has them.
struct Values {
    weight: Vec<f32>,
    /// `None` where there is none, or the batch-norm has taken it in.
    bias: Option<Vec<f32>>,
    norm: Option<NormValues>,
}

struct NormValues {
    gamma: Vec<f32>,
    beta: Vec<f32>,
    mean: Vec<f32>,
    variance: Vec<f32>,
    epsilon: f64,
}

impl Values {
    fn take(params: &mut dyn Params, (conv_name, norm_name): (&str, &str), spec: ConvNormSpec) -> Self {
        let weight = params.take(&format!("{conv_name}.weight"), &spec.weight_shape());
        let bias = spec.bias.then(|| params.take(&format!("{conv_name}.bias"), &[spec.outputs]));
        let Some(epsilon) = spec.epsilon else { return Self { weight, bias, norm: None } };
        let mut per_channel = |name: &str| params.take(&format!("{norm_name}.{name}"), &[spec.outputs]);
        let (gamma, beta) = (per_channel("weight"), per_channel("bias"));
        let (mut mean, variance) = (per_channel("running_mean"), per_channel("running_var"));
        // (x + b) − μ = x − (μ − b)
        mean.iter_mut().zip(bias.into_iter().flatten()).for_each(|(mean, bias)| *mean -= bias);
        Self { weight, bias: None, norm: Some(NormValues { gamma, beta, mean, variance, epsilon }) }
    }

    /// Filters and biases with the batch-norm in them: scales the kernels of each output channel by `γ / √(σ² + ε)`; the bias is
    /// `β − μ γ / √(σ² + ε)`. In f64: the variances of some pretrained channels are tiny.
    fn folded(self) -> (Vec<f32>, Option<Vec<f32>>) {
        let Self { mut weight, bias, norm: Some(norm) } = self else { return (self.weight, self.bias) };
        let scales = norm.gamma.iter().zip(&norm.variance);
        let scales: Vec<f64> =
            scales.map(|(&gamma, &variance)| f64::from(gamma) / (f64::from(variance) + norm.epsilon).sqrt()).collect();
        let per_output = weight.len() / scales.len();
        for (kernels, scale) in weight.chunks_exact_mut(per_output).zip(&scales) {
            kernels.iter_mut().for_each(|value| *value = (f64::from(*value) * scale) as f32);
        }
        let shifts = norm.beta.iter().zip(&norm.mean).zip(&scales);
        let shifts = shifts.map(|((&beta, &mean), scale)| (f64::from(beta) - f64::from(mean) * scale) as f32).collect();
        debug_assert!(bias.is_none(), "the batch-norm has taken it in");
        (weight, Some(shifts))
    }
}

/// Filters `[outputs, inputs / groups, kernel, kernel]` and biases `[outputs]` of a layer that no longer learns: its batch-norm is folded
/// into them. For files of programs that know no batch-norm.
pub fn folded(params: &mut dyn Params, names: (&str, &str), spec: ConvNormSpec) -> (Vec<f32>, Option<Vec<f32>>) {
    Values::take(params, names, spec).folded()
}
