//! VGG (Simonyan and Zisserman, 2015, <https://arxiv.org/abs/1409.1556>), as in timm and torchvision, which number its layers
//! straight through. The backbone is the convolutional part: what is learnt on top of it goes by the average over the last map, as
//! with every network here. The three fully connected layers of the original are its own head, which answers before anything is taught.

use super::architecture::{Architecture, Chain, Naming, Operation, OwnHead, StageSpec, Window};
use super::pretraining::imagenet;
use crate::image::filter::Filter;
use crate::nn::spec::{Activation, Padding, Spec};

/// Side of the last map, of a picture of 224 pixels.
const LAST_MAP: usize = 7;
/// Outputs of each of the fully connected layers but the last.
const FULLY_CONNECTED: usize = 4096;

/// A network as numbers.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    pub name: &'static str,
    /// Convolutions of each of the five stages; each stage ends by halving the picture.
    pub convolutions: [usize; 5],
    /// Of each stage.
    pub channels: [usize; 5],
    /// Whether batch-norms follow the convolutions, which have biases all the same.
    pub norm: bool,
}

impl Table {
    pub fn architecture(&self) -> Architecture {
        let mut chain = Chain::new(3, true, self.norm.then_some(1e-5));
        let window = Spec { kernel: 3, stride: 1, groups: 1, padding: Padding::Each(1), activation: Activation::Relu };
        // Of the next layer: convolution, batch-norm, activation and pooling are one each.
        let mut number = 0;
        let mut stages = Vec::with_capacity(5);
        for (index, (convolutions, channels)) in self.convolutions.into_iter().zip(self.channels).enumerate() {
            let mut operations = Vec::with_capacity(convolutions + 1);
            for _ in 0..convolutions {
                let (conv, norm) = (format!("features.{number}"), format!("features.{}", number + 1));
                operations.push(Operation::Conv(chain.conv(conv, norm, channels, window)));
                number += if self.norm { 3 } else { 2 };
            }
            operations.push(Operation::MaxPool(Window { kernel: 2, stride: 2, padding: 0 }));
            number += 1;
            stages.push(StageSpec { name: format!("stage{}", index + 1), operations });
        }
        Architecture {
            name: self.name,
            stages,
            tail: Vec::new(),
            classifier: "head.fc",
            input: imagenet(Filter::Bilinear),
            last_stages: 1,
            own_head: Some(OwnHead { operations: self.fully_connected(), classifier: "head.fc" }),
            namings: vec![Naming {
                whose: "torchvision",
                layers: [
                    ("pre_logits.fc1", "classifier.0"),
                    ("pre_logits.fc2", "classifier.3"),
                    ("head.fc", "classifier.6"),
                ]
                .map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned()))
                .into(),
            }],
        }
    }

    /// As timm has them: convolutions, the first over the 7 × 7 places of the last map.
    fn fully_connected(&self) -> Vec<Operation> {
        let mut chain = Chain::new(self.channels[4], true, None);
        let mut layer = |name: &str, kernel| {
            let padding = Padding::Each(0);
            let window = Spec { kernel, stride: 1, groups: 1, padding, activation: Activation::Relu };
            Operation::Conv(chain.conv(format!("pre_logits.{name}"), String::new(), FULLY_CONNECTED, window))
        };
        vec![layer("fc1", LAST_MAP), layer("fc2", 1)]
    }
}
