//! ResNet (He et al., 2016, <https://arxiv.org/abs/1512.03385>), as in timm and torchvision, which call its layers the same. The
//! stride of a bottleneck is its 3 × 3 convolution's.

use super::architecture::{Architecture, Chain, Operation, StageSpec, Window};
use super::pretraining::imagenet;
use crate::image::filter::Filter;
use crate::nn::spec::{Activation, Padding, Spec};

/// What a block is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Two 3 × 3 convolutions.
    Basic,
    /// 1 × 1 to a quarter of the channels, 3 × 3, 1 × 1 back.
    Bottleneck,
}

/// A network as numbers.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    pub name: &'static str,
    pub kind: Kind,
    /// Of each of the four stages.
    pub blocks: [usize; 4],
    /// Channels of the stem and inside the first stage's blocks; each further stage has twice as many.
    pub channels: usize,
}

const EPSILON: f64 = 1e-5;

impl Table {
    pub fn architecture(&self) -> Architecture {
        let mut chain = Chain::new(3, false, Some(EPSILON));
        let stem = chain.conv("conv1".into(), "bn1".into(), self.channels, window(7, 2, Activation::Relu));
        let mut first = vec![Operation::Conv(stem), Operation::MaxPool(Window { kernel: 3, stride: 2, padding: 1 })];
        let mut stages = Vec::with_capacity(4);
        for (index, blocks) in self.blocks.into_iter().enumerate() {
            let name = format!("layer{}", index + 1);
            let mut operations = std::mem::take(&mut first);
            for block in 0..blocks {
                let stride = if block == 0 && index > 0 { 2 } else { 1 };
                operations.push(self.block(&mut chain, &format!("{name}.{block}"), self.channels << index, stride));
            }
            stages.push(StageSpec { name, operations });
        }
        Architecture {
            name: self.name,
            stages,
            tail: Vec::new(),
            classifier: "fc",
            input: imagenet(Filter::Bilinear),
            last_stages: 2,
            own_head: None,
            namings: Vec::new(),
        }
    }

    fn block(&self, chain: &mut Chain, prefix: &str, channels: usize, stride: usize) -> Operation {
        let inputs = chain.channels();
        // (channels, kernel, stride) of each convolution.
        let body = match self.kind {
            Kind::Basic => vec![(channels, 3, stride), (channels, 3, 1)],
            Kind::Bottleneck => vec![(channels, 1, 1), (channels, 3, stride), (4 * channels, 1, 1)],
        };
        let last = body.len() - 1;
        let mut layer = |(index, (outputs, kernel, stride)): (usize, (usize, usize, usize))| {
            let activation = if index == last { Activation::None } else { Activation::Relu };
            let (conv, norm) = (format!("{prefix}.conv{}", index + 1), format!("{prefix}.bn{}", index + 1));
            chain.conv(conv, norm, outputs, window(kernel, stride, activation))
        };
        let body: Vec<_> = body.into_iter().enumerate().map(&mut layer).collect();
        let outputs = chain.channels();
        let shortcut = (stride > 1 || inputs != outputs).then(|| {
            let (conv, norm) = (format!("{prefix}.downsample.0"), format!("{prefix}.downsample.1"));
            Chain::new(inputs, false, Some(EPSILON)).conv(conv, norm, outputs, window(1, stride, Activation::None))
        });
        Operation::Residual { body, shortcut, activation: Activation::Relu }
    }
}

fn window(kernel: usize, stride: usize, activation: Activation) -> Spec {
    Spec { kernel, stride, groups: 1, padding: Padding::Each(kernel / 2), activation }
}
