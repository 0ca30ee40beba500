//! The block of MobileNetV2 and EfficientNet-Lite: widen, filter each channel, narrow, add.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::conv_norm::{ConvNorm, ConvNormSpec, Mode};
use super::params::{NamedTensor, Params};
use super::spec::{Activation, Padding, Spec};

/// Sizes of an [`InvertedResidual`].
#[derive(Debug, Clone, Copy)]
pub struct InvertedResidualSpec {
    pub inputs: usize,
    pub outputs: usize,
    /// How many times wider the middle is; 1 leaves the widening convolution out.
    pub expansion: usize,
    pub kernel: usize,
    pub stride: usize,
    pub epsilon: f64,
}

/// `x + project(depthwise(expand(x)))`; the sum only where the shapes allow it.
#[derive(Module, Debug)]
pub struct InvertedResidual {
    expand: Option<ConvNorm>,
    depthwise: ConvNorm,
    project: ConvNorm,
    residual: bool,
}

impl InvertedResidual {
    /// timm's names under `prefix`: `conv_pw, bn1, conv_dw, bn2, conv_pwl, bn3`, or `conv_dw, bn1, conv_pw, bn2` where
    /// nothing is widened.
    pub fn load(
        params: &mut dyn Params,
        prefix: &str,
        spec: InvertedResidualSpec,
        mode: Mode,
        device: &Device,
    ) -> Self {
        let middle = spec.inputs * spec.expansion;
        let pointwise = ConvNormSpec {
            inputs: spec.inputs,
            outputs: middle,
            window: Spec { kernel: 1, stride: 1, groups: 1, padding: Padding::Same, activation: Activation::Relu6 },
            epsilon: Some(spec.epsilon),
        };
        let spatial = Spec { kernel: spec.kernel, stride: spec.stride, groups: middle, ..pointwise.window };
        let linear = Spec { activation: Activation::None, ..pointwise.window };
        let mut layer = |names: (&str, &str), spec| {
            let (conv, norm) = (format!("{prefix}.{}", names.0), format!("{prefix}.{}", names.1));
            ConvNorm::load(params, (&conv, &norm), spec, mode, device)
        };
        let [expand, depthwise, project] = names(spec.expansion > 1);
        Self {
            expand: (spec.expansion > 1).then(|| layer(expand, pointwise)),
            depthwise: layer(depthwise, ConvNormSpec { inputs: middle, window: spatial, ..pointwise }),
            project: layer(
                project,
                ConvNormSpec { inputs: middle, outputs: spec.outputs, window: linear, ..pointwise },
            ),
            residual: spec.stride == 1 && spec.inputs == spec.outputs,
        }
    }

    /// # Shapes
    /// - input: `[batch, inputs, height, width]`
    /// - output: `[batch, outputs, ⌈height / stride⌉, ⌈width / stride⌉]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let shortcut = self.residual.then(|| x.clone());
        let x = match &self.expand {
            Some(expand) => expand.forward(x),
            None => x,
        };
        let x = self.project.forward(self.depthwise.forward(x));
        match shortcut {
            Some(shortcut) => x + shortcut,
            None => x,
        }
    }

    /// See [`ConvNorm::set_momentum`].
    pub fn set_momentum(&mut self, momentum: f64) {
        let layers = self.expand.iter_mut().chain([&mut self.depthwise, &mut self.project]);
        layers.for_each(|layer| layer.set_momentum(momentum));
    }

    /// See [`ConvNorm::named`].
    pub fn named(&self, prefix: &str, out: &mut Vec<NamedTensor>) {
        let layers = [self.expand.as_ref(), Some(&self.depthwise), Some(&self.project)];
        for (layer, (conv, norm)) in layers.into_iter().zip(names(self.expand.is_some())) {
            if let Some(layer) = layer {
                layer.named((&format!("{prefix}.{conv}"), &format!("{prefix}.{norm}")), out);
            }
        }
    }
}

/// Names of (convolution, batch-norm) of the three layers. The first pair is unused where nothing is widened.
fn names(widened: bool) -> [(&'static str, &'static str); 3] {
    if widened {
        [("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3")]
    } else {
        [("", ""), ("conv_dw", "bn1"), ("conv_pw", "bn2")]
    }
}
