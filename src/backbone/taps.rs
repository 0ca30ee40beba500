//! What an output layer sees of a photo: *taps*. A tap is the average, or the largest value, that each channel of a layer's map has over
//! its places.
//!
//! The average of the last map is what most networks are read by. Earlier maps show what the last one has let go of since ImageNet has no
//! class for it, and the largest value what is small in the picture (Evci et al., 2022, <https://arxiv.org/abs/2201.03529>). All of them
//! are computed on the way to the last one anyway. `docs/features.md` has what was measured.

use std::collections::VecDeque;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::architecture::Architecture;
use super::stage::Stage;
use crate::nn::pool::{global_average, global_maximum};

/// How much an output layer sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Features {
    /// The average of the last layer's map.
    #[default]
    Last,
    /// Averages and largest values of the last layers' maps.
    Several,
}

impl Features {
    pub fn is_last(&self) -> bool {
        *self == Self::Last
    }
}

/// Which layers are seen, and how wide they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taps {
    /// Of each layer that is seen, the last first.
    channels: Vec<usize>,
    features: Features,
}

impl Taps {
    /// What an output layer sees where the last `last_stages` stages learn with it: with [`Features::Several`] the last layer and those
    /// before it whose maps have at most twice its sides, but none before the one that the first stage to learn begins with.
    pub fn new(architecture: &Architecture, last_stages: usize, features: Features) -> Self {
        let shapes = shapes(architecture);
        let within =
            |layers: usize| Self { channels: shapes[..layers].iter().map(|shape| shape[0]).collect(), features };
        if features.is_last() {
            return within(1);
        }
        let [_, height, _] = shapes[0];
        let seen = shapes.iter().take_while(|shape| shape[1] <= 2 * height).count();
        // Where every stage learns there is no layer before the first.
        let learning = shapes.len() - architecture.stages.len() + last_stages;
        within(if last_stages == 0 { seen } else { seen.min(learning + 1).min(shapes.len()) })
    }

    /// What the output layer of a file sees that names these `layers`, the last first; none: the average of the last layer.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn of_file(layers: Option<&[String]>, architecture: &Architecture, last_stages: usize) -> Result<Self, String> {
        let Some(layers) = layers else { return Ok(Self::new(architecture, last_stages, Features::Last)) };
        let mut all = Self::new(architecture, last_stages, Features::Several);
        let known = all.layer_names(architecture);
        if layers.is_empty() || !known.starts_with(layers) {
            return Err(format!(
                "its output layer sees the layers {}, expected the first of {}",
                layers.join(", "),
                known.join(", ")
            ));
        }
        all.channels.truncate(layers.len());
        Ok(all)
    }

    /// Names of the layers that are seen, the last first.
    pub fn layer_names(&self, architecture: &Architecture) -> Vec<String> {
        let mut names = layer_names(architecture);
        names.truncate(self.channels.len());
        names
    }

    /// As files name them; `None` for the average of the last layer alone.
    pub fn named(&self, architecture: &Architecture) -> Option<Vec<String>> {
        (!self.features.is_last()).then(|| self.layer_names(architecture))
    }

    pub fn features(&self) -> Features {
        self.features
    }

    /// How many layers are seen.
    pub fn layers(&self) -> usize {
        self.channels.len()
    }

    /// How many numbers are seen of a photo.
    pub fn width(&self) -> usize {
        self.kinds() * self.channels.iter().sum::<usize>()
    }

    /// By which the rate of an output layer that sees the last average alone is multiplied for one that sees these. AdamW moves every
    /// weight by as much, so that one with three times as many goes three times as far in a step. Half of what the number of weights asks for
    /// is better by a tenth of a point (four sets, ten splits each), a quarter is no better.
    pub fn rate_factor(&self) -> f64 {
        match self.features {
            Features::Last => 1.0,
            Features::Several => 0.5 * self.channels[0] as f64 / self.width() as f64,
        }
    }

    /// Taps of each layer.
    pub fn kinds(&self) -> usize {
        if self.features.is_last() { 1 } else { 2 }
    }

    /// What is seen of photos: the average of the last map as it is, then its largest values, then the average of the map before it,
    /// and so on. Each tap of a photo is scaled to the length of the first, so that none outweighs the others, whose numbers may be a
    /// hundred times as large: by nothing but the photo itself, so there is nothing to learn or to keep.
    ///
    /// # Shapes
    /// - maps: those of [`layers`](Self::layers) layers, the last first, `[batch, channels, height, width]` each
    /// - output: `[batch, width]`
    pub fn see(&self, maps: &[Tensor<4>]) -> Tensor<2> {
        let average = flat(global_average(maps[0].clone()));
        if self.features.is_last() {
            return average;
        }
        let wanted = length(&average);
        let scaled = |tap: Tensor<2>| {
            let factor = lengthening(&tap, &wanted);
            tap * factor
        };
        let mut taps = Vec::with_capacity(2 * maps.len());
        for (index, map) in maps.iter().enumerate() {
            taps.push(if index == 0 { average.clone() } else { scaled(flat(global_average(map.clone()))) });
            taps.push(scaled(flat(global_maximum(map.clone()))));
        }
        Tensor::cat(taps, 1)
    }

    /// What is seen taken apart by place: what each place of a layer's map adds to its taps. Averages are spread over all places, a
    /// largest value sits where it was found, in equal parts where it was found more than once.
    ///
    /// # Shapes
    /// - maps: as in [`see`](Self::see)
    /// - output: for each tap, in the order of what is seen, `[batch, channels, height, width]`
    pub fn by_place(&self, maps: &[Tensor<4>]) -> Vec<Tensor<4>> {
        let wanted = length(&flat(global_average(maps[0].clone())));
        let mut taps = Vec::with_capacity(2 * maps.len());
        for (index, map) in maps.iter().enumerate() {
            let [batch, _, height, width] = map.dims();
            let factor = |tap: Tensor<4>| lengthening(&flat(tap), &wanted).reshape([batch, 1, 1, 1]);
            let averages = map.clone() / (height * width) as f32;
            taps.push(if index == 0 { averages } else { averages * factor(global_average(map.clone())) });
            if !self.features.is_last() {
                let largest = global_maximum(map.clone());
                let found = map.clone().greater_equal(largest.clone().expand(map.dims())).float();
                let times = global_average(found.clone()) * (height * width) as f32;
                taps.push(found * (largest.clone() / times * factor(largest)));
            }
        }
        taps
    }

    /// The first of what [`Features::Several`] see: all taps begin with that of the last layer.
    ///
    /// # Shapes
    /// - several: `[batch, at least width]`
    /// - output: `[batch, width]`
    pub fn of_several(&self, several: Tensor<2>) -> Tensor<2> {
        if several.dims()[1] == self.width() { several } else { several.narrow(1, 0, self.width()) }
    }

    /// The first tap: the average of the last map. Photos are compared by it, whatever else an output layer sees: of photos of rubbish, told
    /// by their material, 97 % of photos of other things lie too far off for one of them by this, and 88 % by all taps.
    ///
    /// # Shapes
    /// - seen: `[batch, width]`
    /// - output: `[batch, channels of the last map]`
    pub fn average(&self, seen: Tensor<2>) -> Tensor<2> {
        if self.features.is_last() { seen } else { seen.narrow(1, 0, self.channels[0]) }
    }

    /// Where each tap begins and how wide it is, in the order of what is seen.
    pub fn columns(&self) -> impl Iterator<Item = (usize, usize)> {
        let widths = self.channels.iter().flat_map(|&channels| std::iter::repeat_n(channels, self.kinds()));
        widths.scan(0, |next, width| {
            *next += width;
            Some((*next - width, width))
        })
    }
}

/// What the last `count` of these layers give, the last first. `x` counts as what a layer before them gives.
pub fn maps<'a>(layers: impl Iterator<Item = &'a Stage>, x: Tensor<4>, count: usize) -> Vec<Tensor<4>> {
    let mut maps = VecDeque::from([x]);
    for layer in layers {
        let next = layer.forward(maps[0].clone());
        maps.push_front(next);
        maps.truncate(count);
    }
    maps.into()
}

/// `[channels, height, width]` after each layer, the last first.
fn shapes(architecture: &Architecture) -> Vec<[usize; 3]> {
    let layers = layer_names(architecture).len();
    (1..=layers).rev().map(|layers| architecture.shape_after(layers, architecture.input.size as usize)).collect()
}

/// The stages' names and, where there is one, that of the last convolution of the tail; the last first.
fn layer_names(architecture: &Architecture) -> Vec<String> {
    let tail = architecture.tail.iter().flat_map(|operation| operation.convolutions()).map(|layer| &layer.conv).last();
    let mut names: Vec<String> = architecture.stages.iter().map(|stage| &stage.name).chain(tail).cloned().collect();
    names.reverse();
    names
}

fn flat(pooled: Tensor<4>) -> Tensor<2> {
    pooled.flatten::<2>(1, 3)
}

/// What each row is multiplied by to be as long as is wanted, `[batch, 1]`.
fn lengthening(rows: &Tensor<2>, wanted: &Tensor<2>) -> Tensor<2> {
    wanted.clone() / length(rows)
}

/// Of each row, `[batch, 1]`. The root of nothing has no slope to go back by, so it is never quite nothing.
fn length(rows: &Tensor<2>) -> Tensor<2> {
    (rows.clone().square().sum_dim(1) + 1e-12).sqrt()
}
