//! Networks of inverted residuals (Sandler et al., 2018, <https://arxiv.org/abs/1801.04381>): widen, filter each channel, narrow, add.
//! MobileNetV2 and EfficientNet-Lite differ in these numbers only.

use std::collections::BTreeMap;

use super::architecture::{Architecture, Chain, ConvLayer, Naming, Operation, StageSpec};
use crate::image::prepare::InputSpec;
use crate::nn::spec::{Activation, Padding, Spec};

/// A network as numbers.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: &'static str,
    /// Channels of the first convolution (3 × 3, stride 2). It belongs to the first stage.
    pub stem: usize,
    pub stages: &'static [Row],
    /// Channels of the last convolution (1 × 1), which are the features.
    pub features: usize,
    /// Factors of the stages' channels, and of how many blocks the stages between the first and the last have.
    pub width: f64,
    pub depth: f64,
    /// TensorFlow's, or PyTorch's: half of the window on each side.
    pub same: bool,
    /// Of every batch-norm.
    pub epsilon: f64,
    pub input: InputSpec,
}

/// One stage: `blocks` inverted residuals, the first of which may shrink the picture.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// How many times wider the middle is; 1 leaves the widening convolution out.
    pub expansion: usize,
    pub kernel: usize,
    pub stride: usize,
    pub channels: usize,
    pub blocks: usize,
}

pub const fn row(expansion: usize, kernel: usize, stride: usize, channels: usize, blocks: usize) -> Row {
    Row { expansion, kernel, stride, channels, blocks }
}

/// The nearest multiple of 8 that is not more than a tenth below: what these families' channels are rounded to.
fn round_channels(channels: f64) -> usize {
    let nearest = ((channels + 4.0) as usize / 8 * 8).max(8);
    if (nearest as f64) < 0.9 * channels { nearest + 8 } else { nearest }
}

/// Channels times a width.
pub fn scaled(channels: usize, width: f64) -> usize {
    if width == 1.0 { channels } else { round_channels(channels as f64 * width) }
}

impl Table {
    /// Under timm's names, with `namings` for other files.
    pub fn architecture(&self, namings: impl Fn(&Layers) -> Vec<Naming>) -> Architecture {
        let mut chain = Chain::new(3, false, Some(self.epsilon));
        let stem = chain.conv("conv_stem".into(), "bn1".into(), self.stem, self.window(3, 2, 1, Activation::Relu6));
        let mut layers = Layers::default();
        let mut first = vec![Operation::Conv(stem)];
        let last = self.stages.len().saturating_sub(1);
        let mut stages = Vec::with_capacity(self.stages.len());
        for (index, row) in self.stages.iter().enumerate() {
            let mut operations = std::mem::take(&mut first);
            let deepened = (row.blocks as f64 * self.depth).ceil() as usize;
            for block in 0..if index == 0 || index == last { row.blocks } else { deepened } {
                let prefix = format!("blocks.{index}.{block}");
                operations.extend(self.block(&mut chain, row, &prefix, if block == 0 { row.stride } else { 1 }));
                layers.blocks.push((prefix, row.expansion > 1));
            }
            stages.push(StageSpec { name: format!("blocks.{index}"), operations });
        }
        let window = self.window(1, 1, 1, Activation::Relu6);
        let tail = vec![Operation::Conv(chain.conv("conv_head".into(), "bn2".into(), self.features, window))];
        Architecture {
            name: self.name,
            last_stages: 3.min(stages.len()),
            stages,
            tail,
            classifier: "classifier",
            input: self.input.clone(),
            own_head: None,
            namings: namings(&layers),
        }
    }

    /// `x + project(depthwise(expand(x)))`; the sum only where the shapes allow it.
    fn block(&self, chain: &mut Chain, row: &Row, prefix: &str, stride: usize) -> Vec<Operation> {
        let inputs = chain.channels();
        let (middle, outputs) = (inputs * row.expansion, scaled(row.channels, self.width));
        let mut layer = |[conv, norm]: [&str; 2], channels, window| {
            chain.conv(format!("{prefix}.{conv}"), format!("{prefix}.{norm}"), channels, window)
        };
        let pointwise = self.window(1, 1, 1, Activation::Relu6);
        let [expand, depthwise, project] = layer_names(row.expansion > 1);
        let mut body: Vec<ConvLayer> = Vec::with_capacity(3);
        if row.expansion > 1 {
            body.push(layer(expand, middle, pointwise));
        }
        body.push(layer(depthwise, middle, self.window(row.kernel, stride, middle, Activation::Relu6)));
        body.push(layer(project, outputs, Spec { activation: Activation::None, ..pointwise }));
        if stride == 1 && inputs == outputs {
            vec![Operation::Residual { body, shortcut: None, activation: Activation::None }]
        } else {
            body.into_iter().map(Operation::Conv).collect()
        }
    }

    fn window(&self, kernel: usize, stride: usize, groups: usize, activation: Activation) -> Spec {
        let padding = if self.same { Padding::Same } else { Padding::Each(kernel / 2) };
        Spec { kernel, stride, groups, padding, activation }
    }
}

/// timm's names of (convolution, batch-norm) of a block's three layers. The first pair is unused where nothing is widened.
fn layer_names(widened: bool) -> [[&'static str; 2]; 3] {
    if widened {
        [["conv_pw", "bn1"], ["conv_dw", "bn2"], ["conv_pwl", "bn3"]]
    } else {
        [["", ""], ["conv_dw", "bn1"], ["conv_pw", "bn2"]]
    }
}

/// What the blocks are called here, counted straight through, and whether each widens.
#[derive(Debug, Default)]
pub struct Layers {
    blocks: Vec<(String, bool)>,
}

impl Layers {
    /// Others' names: of what is outside the blocks, as pairs of the name here and theirs, and of the layers of a block, by its number
    /// and whether it widens: of (convolution, batch-norm) of the three layers.
    pub fn naming(
        &self,
        whose: &'static str,
        outside: &[[&str; 2]],
        of_block: impl Fn(usize, bool) -> [[String; 2]; 3],
    ) -> Naming {
        let mut layers: BTreeMap<String, String> =
            outside.iter().map(|[here, there]| (here.to_string(), there.to_string())).collect();
        for (number, (prefix, widened)) in self.blocks.iter().enumerate() {
            let pairs = layer_names(*widened).into_iter().zip(of_block(number, *widened));
            for (here, there) in pairs.skip(usize::from(!widened)) {
                layers.extend(here.into_iter().map(|name| format!("{prefix}.{name}")).zip(there));
            }
        }
        Naming { whose, layers }
    }

    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_rounded_as_in_the_papers_code() {
        assert_eq!([16.0 * 0.35, 24.0 * 1.1, 320.0 * 1.4, 32.0 * 1.1, 17.6].map(round_channels), [8, 24, 448, 32, 16]);
    }
}
