//! What single channels of a layer respond to in a photo, as pictures: edges and colours in the first stages, parts of things in
//! the last.

use burn::tensor::Tensor;
use serde::Serialize;

use crate::backbone::architecture::Architecture;
use crate::error::{Error, ErrorCode, Result};
use crate::image::heat::Grid;
use crate::image::{Pixels, mosaic};
use crate::train::read::embed::read;

/// A stage, counted from 0, or what comes after the stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer(pub usize);

/// Most channels that are drawn of a layer: each is a picture of the input's size, 150 kB and more, twice with that of the sheet.
pub const MAX_CHANNELS: usize = 128;

impl Layer {
    /// From one of [`Architecture::layer_names`]: `0`, `1`, … or, where there is one, the convolution after the stages.
    ///
    /// # Errors
    /// `invalid-option` when the backbone has no such layer.
    pub fn parse(name: &str, architecture: &Architecture) -> Result<Self> {
        let position = architecture.layer_names().iter().position(|layer| layer == name);
        position.map(Self).ok_or_else(|| unknown(name, architecture))
    }

    /// # Errors
    /// `invalid-option` when the backbone has no such layer.
    pub fn check(self, architecture: &Architecture) -> Result<Self> {
        let there = self.0 < architecture.layer_names().len();
        if there { Ok(self) } else { Err(unknown(&self.0.to_string(), architecture)) }
    }
}

fn unknown(name: &str, architecture: &Architecture) -> Error {
    let last = architecture.stages.len().saturating_sub(1);
    let tail: String =
        architecture.layer_names().into_iter().skip(last + 1).map(|tail| format!(" or {tail}")).collect();
    Error::new(ErrorCode::InvalidOption, format!("stage must be 0 to {last}{tail}, got {name:?}"))
        .with("name", "stage")
        .with("value", name)
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

#[derive(Debug, Clone, Serialize)]
pub struct Channel {
    /// Position in the layer.
    pub index: usize,
    /// Variance of the activation over the photo.
    pub variance: f32,
    /// The activations that are drawn black and white: the lowest and the highest but for one in a hundred each, so that a border
    /// or a glint does not take the contrast away.
    pub range: [f32; 2],
    /// The activation in grey, enlarged to the size of [`FeatureMaps::seen`] as a heatmap is.
    #[serde(skip)]
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
    /// `invalid-option` for a `count` of 0, or above [`MAX_CHANNELS`].
    pub async fn strongest(activation: Tensor<4>, count: usize, seen: Pixels) -> Result<Self> {
        let [_, of, height, width] = activation.dims();
        if !(1..=MAX_CHANNELS).contains(&count) {
            let message =
                format!("channels must be at least 1 and at most {MAX_CHANNELS}, got {count} (this layer has {of})");
            return Err(Error::new(ErrorCode::InvalidOption, message)
                .with("name", "channels")
                .with("min", 1)
                .with("max", MAX_CHANNELS)
                .with("value", count));
        }
        let values = read(activation).await?;
        let planes: Vec<&[f32]> = values.chunks_exact(height * width).collect();
        let mut order: Vec<(usize, f32)> = planes.iter().map(|plane| variance(plane)).enumerate().collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        order.truncate(count);
        let channel = |(index, variance): (usize, f32)| {
            let range = contrast(planes[index]);
            let size = seen.width as usize;
            let picture = mosaic::grey(&Grid { width, height, values: planes[index] }.enlarge(size), range, size);
            Channel { index, variance, range, picture }
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

/// The first and the last percentile.
fn contrast(values: &[f32]) -> [f32; 2] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let cut = values.len() / 100;
    [sorted[cut], sorted[values.len() - 1 - cut]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::efficientnet_lite::LITE0;

    #[test]
    fn layers_by_name() {
        let parse = |name| Layer::parse(name, &LITE0);
        assert_eq!([parse("0"), parse("6"), parse("conv_head")], [Ok(Layer(0)), Ok(Layer(6)), Ok(Layer(7))]);
        for wrong in ["7", "-1", "", "head"] {
            let error = parse(wrong).unwrap_err();
            assert!(error.code == ErrorCode::InvalidOption && error.message.contains("0 to 6 or conv_head"), "{error}");
        }
    }

    #[test]
    fn variance_and_contrast_by_hand() {
        assert_eq!(variance(&[1.0, 3.0]), 1.0);
        assert_eq!(contrast(&[3.0, 1.0, 2.0]), [1.0, 3.0]);
        let many: Vec<f32> = (0..200).map(|value| value as f32).collect();
        assert_eq!(contrast(&many), [2.0, 197.0]);
    }
}
