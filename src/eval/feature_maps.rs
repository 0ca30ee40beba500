//! What single channels of a layer respond to in a photo, as pictures: edges and colours in the first stages, parts of things in
//! the last.

use burn::tensor::Tensor;

use crate::backbone::Architecture;
use crate::error::{Error, ErrorCode, Result};
use crate::image::{Pixels, mosaic};
use crate::train::embed::read;

/// A stage, counted from 0, or the last convolution, which comes after the stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer(pub usize);

/// timm's name of the last convolution.
const CONV_HEAD: &str = "conv_head";

impl Layer {
    /// From `0`, `1`, … or `conv_head`.
    ///
    /// # Errors
    /// `invalid-option` when the backbone has no such layer.
    pub fn parse(name: &str, architecture: &Architecture) -> Result<Self> {
        let stages = architecture.stages.len();
        let found = match name {
            CONV_HEAD => Some(stages),
            _ => name.parse().ok().filter(|stage| *stage < stages),
        };
        found.map(Self).ok_or_else(|| {
            let last = stages - 1;
            Error::new(ErrorCode::InvalidOption, format!("stage must be 0 to {last} or {CONV_HEAD}, got {name:?}"))
                .with("name", "stage")
                .with("value", name)
        })
    }

    /// The layer's output channels.
    pub fn channels(self, architecture: &Architecture) -> usize {
        architecture.stages.get(self.0).map_or(architecture.features, |stage| stage.channels)
    }
}

/// The channels of one layer that respond most to one photo.
#[derive(Debug, Clone)]
pub struct FeatureMaps {
    /// Size of the layer's maps, before they are enlarged.
    pub width: usize,
    pub height: usize,
    /// How many channels the layer has.
    pub of: usize,
    /// The most telling first.
    pub channels: Vec<Channel>,
    /// What the network sees of the photo.
    pub seen: Pixels,
}

#[derive(Debug, Clone)]
pub struct Channel {
    /// Position in the layer.
    pub index: usize,
    /// Variance of the activation over the photo.
    pub variance: f32,
    /// Smallest and largest activation, which are drawn black and white.
    pub range: [f32; 2],
    /// Enlarged to the size of [`FeatureMaps::seen`] by repeating pixels.
    pub picture: Pixels,
}

impl FeatureMaps {
    /// The `count` channels whose activation varies most over the photo; all of them when there are fewer. Variance and not the
    /// mean: a channel that is high everywhere says nothing about where.
    ///
    /// # Shapes
    /// - activation: of one photo, `[1, channels, height, width]`
    ///
    /// # Errors
    /// `invalid-option` for a `count` of 0.
    pub async fn strongest(activation: Tensor<4>, count: usize, seen: Pixels) -> Result<Self> {
        let [_, of, height, width] = activation.dims();
        if count == 0 {
            let message = format!("channels must be at least 1, got 0 (this layer has {of})");
            return Err(Error::new(ErrorCode::InvalidOption, message).with("name", "channels").with("value", 0));
        }
        let values = read(activation).await?;
        let planes: Vec<&[f32]> = values.chunks_exact(height * width).collect();
        let mut order: Vec<(usize, f32)> = planes.iter().map(|plane| variance(plane)).enumerate().collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        order.truncate(count);
        let channel = |(index, variance): (usize, f32)| {
            let plane = planes[index];
            let range = plane.iter().fold([f32::MAX, f32::MIN], |[low, high], &x| [low.min(x), high.max(x)]);
            Channel { index, variance, range, picture: mosaic::enlarge(&mosaic::grey(plane, width), seen.width) }
        };
        let channels = order.into_iter().map(channel).collect();
        Ok(Self { width, height, of, channels, seen })
    }

    /// The photo as the network sees it and then the channels, in reading order.
    pub fn sheet(&self) -> Pixels {
        let pictures = std::iter::once(&self.seen).chain(self.channels.iter().map(|channel| &channel.picture));
        mosaic::sheet(&pictures.collect::<Vec<_>>())
    }
}

fn variance(values: &[f32]) -> f32 {
    let count = values.len() as f32;
    let mean = values.iter().sum::<f32>() / count;
    values.iter().map(|value| (value - mean) * (value - mean)).sum::<f32>() / count
}
