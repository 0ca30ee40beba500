//! Which kernel takes a convolution. Each says of what it is given whether it is made for that; where none is, Burn's operation runs.

use super::dense::{Dense, Kept, Scaled};
use super::gradients::{Clamped, Gradients};
use super::padded::Geometry;
use super::pointwise::Sizes;
use super::{depthwise, pointwise, stem};
use crate::nn::spec::{Activation, Spec};

/// A kernel with the sizes it needs.
#[derive(Debug, Clone, Copy)]
pub enum Kernel {
    Depthwise { geometry: Geometry, channels: usize },
    Pointwise { sizes: Sizes, picture: [usize; 2] },
    Stem { geometry: Geometry, inputs: usize },
    Dense(Dense),
}

impl Kernel {
    /// `None` where there is none for tensors of these shapes. `learns` where there may be a backward pass.
    pub fn of([_, inputs, height, width]: [usize; 4], weight: [usize; 4], window: Spec, learns: bool) -> Option<Self> {
        let ([outputs, per_group, kernel, _], picture) = (weight, [height, width]);
        let Spec { stride, groups, .. } = window;
        if weight[3] != kernel || kernel != window.kernel || per_group * groups != inputs || outputs % groups != 0 {
            return None;
        }
        if groups == inputs && outputs == inputs && matches!(kernel, 3 | 5) && groups > 1 {
            let geometry = Geometry::of(&window, picture)?;
            return Some(Self::Depthwise { geometry, channels: inputs });
        }
        if groups > 1 {
            return None;
        }
        if kernel == 1 && stride == 1 && window.outputs(picture) == picture {
            return Some(Self::Pointwise { sizes: Sizes { inputs, outputs, pixels: height * width }, picture });
        }
        if stem::is_for(inputs, kernel)
            && !learns
            && let Some(geometry) = Geometry::of(&window, picture)
        {
            return Some(Self::Stem { geometry, inputs });
        }
        Dense::of(window, inputs, outputs, picture).map(Self::Dense)
    }

    /// `[height, width]` of the output.
    pub fn out(&self) -> [usize; 2] {
        match self {
            Self::Depthwise { geometry, .. } | Self::Stem { geometry, .. } => [geometry.out_height, geometry.out_width],
            Self::Pointwise { picture, .. } => *picture,
            Self::Dense(dense) => dense.out,
        }
    }

    /// `activation((scale · weight) ∗ x + bias)`
    pub fn forward(
        &self,
        x: &[f32],
        filters: Scaled,
        bias: &[f32],
        activation: Activation,
        kept: Option<&Kept>,
    ) -> Vec<f32> {
        if let Self::Dense(dense) = self {
            return dense.forward(x, filters, bias, activation, kept);
        }
        let filters = &scaled(filters);
        match self {
            Self::Depthwise { geometry, .. } => depthwise::forward(geometry, x, filters, bias, activation),
            Self::Pointwise { sizes, .. } => pointwise::forward(*sizes, x, filters, bias, activation),
            Self::Stem { geometry, inputs } => stem::forward(geometry, *inputs, x, filters, bias, activation),
            Self::Dense(_) => unreachable!("returned above"),
        }
    }

    /// Gradients, given the output `y` where it was clamped, and the gradient of it, which is overwritten.
    pub fn backward(
        &self,
        x: &[f32],
        filters: Scaled,
        y: Option<Clamped>,
        gradient: &mut [f32],
        x_wanted: bool,
    ) -> Gradients {
        match self {
            Self::Depthwise { geometry, channels } => {
                depthwise::backward(geometry, x, &scaled(filters), y, gradient, *channels, x_wanted)
            }
            Self::Pointwise { sizes, .. } => pointwise::backward(*sizes, x, &scaled(filters), y, gradient, x_wanted),
            Self::Stem { .. } => unreachable!("chosen only where nothing learns"),
            Self::Dense(dense) => dense.backward(x, filters, y, gradient, x_wanted),
        }
    }
}

/// The filters of each output channel times its scale.
fn scaled(Scaled { weight, scale }: Scaled) -> Vec<f32> {
    let per_channel = weight.len() / scale.len();
    let mut filters = Vec::with_capacity(weight.len());
    for (filter, scale) in weight.chunks_exact(per_channel).zip(scale) {
        filters.extend(filter.iter().map(|value| value * scale));
    }
    filters
}
