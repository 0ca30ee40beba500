//! From a photo of any size to the square the backbone was trained on.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::filter::Filter;
use super::layout::{Ground, Layout, Side, Window, crop_start, long_side_to, short_side_to};
use super::{DecodedPhoto, Pixels};
use crate::error::Result;

/// How a photo that is not square becomes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Framing {
    /// The centre square, as wide as the short side. What the pretrained weights are used to.
    #[default]
    Crop,
    /// The whole photo, with bars along the long sides.
    Pad,
    /// The whole photo, its proportions changed.
    Squash,
}

/// Sides that a network's input may have, and fractions of the short side that it may see.
const SIZES: RangeInclusive<u32> = 1..=1024;
const CROP_FRACTIONS: RangeInclusive<f64> = 0.1..=1.0;

/// How a photo is prepared for a network: the one value that a classifier, its embedder and its model file share. The card of
/// the weights says what the backbone expects; a training may choose another framing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputSpec {
    /// Side of the square, in pixels.
    pub size: u32,
    /// Per channel, in units of 0..255: the backbone sees `(x - mean) / std`.
    pub mean: [f32; 3],
    pub std: [f32; 3],
    /// Files without it were made with the centre square.
    #[serde(default, skip_serializing_if = "Framing::is_crop")]
    pub framing: Framing,
    /// With [`Framing::Crop`], the side of the square as a fraction of the short side; 1 of files without it.
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub crop_fraction: f64,
    /// Bicubic of files without it.
    #[serde(default, skip_serializing_if = "Filter::is_bicubic")]
    pub filter: Filter,
}

impl InputSpec {
    /// The centre square of the whole short side, by bicubic interpolation.
    pub const fn new(size: u32, mean: [f32; 3], std: [f32; 3]) -> Self {
        Self { size, mean, std, framing: Framing::Crop, crop_fraction: 1.0, filter: Filter::Bicubic }
    }

    /// Whether a photo can be prepared so at all: it may come out of any file.
    ///
    /// # Errors
    /// What is not usable, for the error that names the file.
    pub fn check(&self) -> std::result::Result<(), String> {
        let Self { size, mean, std, crop_fraction, .. } = self;
        let usable = |(mean, std): (&f32, &f32)| mean.is_finite() && std.is_normal() && *std > 0.0;
        if !SIZES.contains(size) || !mean.iter().zip(std).all(usable) || !CROP_FRACTIONS.contains(crop_fraction) {
            return Err(format!(
                "its input of {size} pixels, {crop_fraction} of the short side, mean {mean:?} and deviation {std:?} is not usable"
            ));
        }
        Ok(())
    }

    /// How photos are resized and cropped, in words: for people who read a file.
    pub fn described(&self) -> String {
        let filter = self.filter.described();
        format!("{filter}, antialiased; short side to {}, centre crop {}", self.short_side(), self.size)
    }

    /// How a photo becomes the square, in words: for people who prepare one elsewhere.
    pub fn framed_in_words(&self) -> String {
        let (size, filter) = (self.size, self.filter.described());
        match self.framing {
            Framing::Crop => {
                let short = self.short_side();
                format!(
                    "the short side scaled to {short} by {filter}, antialiased, and the middle {size} × {size} of it"
                )
            }
            Framing::Pad => {
                let colour = self.mean_colour();
                format!("the long side scaled to {size} by {filter}, antialiased, on bars of the colour {colour:?}")
            }
            Framing::Squash => format!("scaled to {size} × {size} by {filter}, antialiased, whatever its proportions"),
        }
    }

    /// What the short side of a photo is scaled to before the centre is cropped, as timm rounds it.
    pub fn short_side(&self) -> u32 {
        (f64::from(self.size) / self.crop_fraction).floor() as u32
    }

    /// The same with another framing.
    pub fn framed(&self, framing: Framing) -> Self {
        Self { framing, ..self.clone() }
    }

    /// The `size` × `size` square that the network sees of a photo, by the antialiased [`Filter`]. With
    /// [`Framing::Crop`] this is what torchvision's `Resize` (to `size / crop_fraction`) and `CenterCrop` do to a PIL image, with [`Framing::Pad`] Pillow's
    /// `ImageOps.pad` on the [mean colour](Self::mean_colour), with [`Framing::Squash`] its `resize`, each within one grey level.
    ///
    /// The rows are filtered first, rounded to 8 bits, then the columns: Pillow's order wherever proportions are kept (otherwise its
    /// newer versions choose). `fast_image_resize` on its own would take the other, which differs by up to 17 grey levels. So each direction is a call of its own, and only the part inside the
    /// square is computed.
    pub fn prepare(&self, photo: &impl DecodedPhoto) -> Result<Pixels> {
        let (width, height) = photo.size();
        photo.picture(&self.layout(width, height))
    }

    /// How [`prepare`](Self::prepare) makes the square of a photo of that size.
    pub fn layout(&self, width: u32, height: u32) -> Layout {
        let [across, down] = self.lay(width, height);
        let square = (across.length, down.length) == (self.size, self.size);
        let ground = (!square).then(|| Ground { size: self.size, colour: self.mean_colour() });
        Layout { across, down, ground, filter: self.filter }
    }

    /// Where the square that [`prepare`](Self::prepare) makes lies in the photo, in the photo's own pixels: inside it where it
    /// is cropped, beyond its edges where it is padded, the whole of it where it is squashed.
    pub fn crop(&self, photo_width: u32, photo_height: u32) -> Crop {
        let [across, down] = self.lay(photo_width, photo_height).map(|side| side.square(self.size));
        Crop { x: across.start, y: down.start, width: across.length, height: down.length }
    }

    /// The mean that normalisation subtracts, as a colour: what the network sees as nothing.
    pub fn mean_colour(&self) -> [u8; 3] {
        self.mean.map(|mean| mean.round() as u8)
    }

    /// How a photo is laid into the square, across and down.
    fn lay(&self, width: u32, height: u32) -> [Side; 2] {
        let size = self.size;
        let whole = |source, length| Side { window: Window::whole(source), start: crop_start(size, length), length };
        match self.framing {
            Framing::Crop => {
                let scaled = short_side_to(width, height, self.short_side());
                let part = |source, scaled| Side { window: Window::new(source, scaled, size), start: 0, length: size };
                [part(width, scaled.0), part(height, scaled.1)]
            }
            Framing::Pad => {
                let scaled = long_side_to(width, height, size);
                [whole(width, scaled.0), whole(height, scaled.1)]
            }
            Framing::Squash => [whole(width, size), whole(height, size)],
        }
    }

    /// `[3, size, size]` planes of `(x - mean) / std`, appended to `out`.
    pub fn normalise_into(&self, prepared: &Pixels, out: &mut Vec<f32>) {
        for channel in 0..3 {
            let (mean, std) = (self.mean[channel], self.std[channel]);
            out.extend(prepared.rgb.iter().skip(channel).step_by(3).map(|&x| (f32::from(x) - mean) / std));
        }
    }
}

fn whole() -> f64 {
    1.0
}

fn is_whole(fraction: &f64) -> bool {
    *fraction == 1.0
}

impl Framing {
    fn is_crop(&self) -> bool {
        *self == Self::Crop
    }
}

/// A rectangle in a photo, in pixels from its upper left corner; edges may fall between pixels, and beyond the photo's own where it
/// is padded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Crop {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: InputSpec = InputSpec::new(4, [127.0; 3], [128.0; 3]);

    #[test]
    fn a_square_of_the_right_size_is_left_alone() {
        let photo = Pixels { width: 4, height: 4, rgb: (0..48).collect() };
        assert_eq!(SPEC.prepare(&photo).unwrap(), photo);
    }

    #[test]
    fn the_crop_is_the_centre_square_of_the_photo() {
        let spec = InputSpec { size: 224, ..SPEC };
        assert_eq!(spec.crop(448, 448), Crop { x: 0.0, y: 0.0, width: 448.0, height: 448.0 });
        assert_eq!(spec.crop(896, 448), Crop { x: 224.0, y: 0.0, width: 448.0, height: 448.0 });
        let tall = spec.crop(333, 500);
        assert!((tall.y - 83.0).abs() < 1.0 && (tall.height - 333.0).abs() < 1.0, "{tall:?}");
    }

    #[test]
    fn the_square_lies_around_a_padded_photo_and_on_a_squashed_one() {
        let spec = InputSpec { size: 224, ..SPEC };
        let [padded, squashed] = [Framing::Pad, Framing::Squash].map(|framing| spec.framed(framing).crop(896, 448));
        assert_eq!(padded, Crop { x: 0.0, y: -224.0, width: 896.0, height: 896.0 });
        assert_eq!(squashed, Crop { x: 0.0, y: 0.0, width: 896.0, height: 448.0 });
        let tall = spec.framed(Framing::Pad).crop(3, 250);
        assert!(tall.x < -90.0 && (tall.x + tall.width / 2.0 - 1.5).abs() < 1.0, "{tall:?}: the photo in its middle");
    }

    #[test]
    fn bars_have_the_colour_of_nothing_and_the_photo_is_whole() {
        let photo = Pixels { width: 8, height: 2, rgb: [[200; 12], [10; 12]].concat().repeat(2) };
        let padded = SPEC.framed(Framing::Pad).prepare(&photo).unwrap();
        let reds: Vec<u8> = padded.rgb.iter().copied().step_by(3).collect();
        assert_eq!(
            (&reds[..8], &reds[12..]),
            (&[127; 8][..], &[127; 4][..]),
            "one row of photo, at 1.5, which rounds to 2"
        );
        assert!(reds[8] > 190 && reds[11] < 20, "{reds:?}");
        let mut planes = Vec::new();
        SPEC.normalise_into(&padded, &mut planes);
        assert_eq!(planes[0], 0.0);
    }

    #[test]
    fn the_framing_is_written_where_it_is_not_the_usual_one() {
        let json = |framing| serde_json::to_string(&SPEC.framed(framing)).unwrap();
        assert!(!json(Framing::Crop).contains("framing"), "files from before stay as they were");
        assert!(json(Framing::Squash).contains(r#""framing":"squash""#));
        for framing in [Framing::Crop, Framing::Pad, Framing::Squash] {
            assert_eq!(serde_json::from_str::<InputSpec>(&json(framing)).unwrap().framing, framing);
        }
    }

    #[test]
    fn normalisation_is_planar() {
        let photo = Pixels { width: 1, height: 2, rgb: vec![127, 255, 0, 127, 127, 255] };
        let mut planes = Vec::new();
        SPEC.normalise_into(&photo, &mut planes);
        assert_eq!(planes, [0.0, 0.0, 1.0, 0.0, -127.0 / 128.0, 1.0]);
    }
}
