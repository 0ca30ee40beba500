//! From a photo of any size to the square the backbone was trained on.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use serde::{Deserialize, Serialize};

use super::Pixels;
use crate::error::{Error, Result};

/// What the backbone expects of its input, from the card of its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputSpec {
    /// Side of the square, in pixels.
    pub size: u32,
    /// Per channel, in units of 0..255: the backbone sees `(x - mean) / std`.
    pub mean: [f32; 3],
    pub std: [f32; 3],
}

impl InputSpec {
    /// Short side to `size` by antialiased bicubic (a = −0.5), then the centre `size` × `size`: torchvision's
    /// `Resize` and `CenterCrop` on a PIL image, down to its rounding.
    pub fn prepare(&self, photo: &Pixels) -> Result<Pixels> {
        let (width, height) = short_side_to(photo.width, photo.height, self.size);
        let resized = resize(photo, width, height)?;
        Ok(crop_centre(&resized, self.size))
    }

    /// `[3, size, size]` planes of `(x - mean) / std`, appended to `out`.
    pub fn normalise_into(&self, prepared: &Pixels, out: &mut Vec<f32>) {
        for channel in 0..3 {
            let (mean, std) = (self.mean[channel], self.std[channel]);
            out.extend(prepared.rgb.iter().skip(channel).step_by(3).map(|&x| (f32::from(x) - mean) / std));
        }
    }
}

/// The size that makes the short side `size`; the long side is rounded down, as torchvision does.
fn short_side_to(width: u32, height: u32, size: u32) -> (u32, u32) {
    let long = |long: u32, short: u32| (u64::from(size) * u64::from(long) / u64::from(short)) as u32;
    if width <= height { (size, long(height, width)) } else { (long(width, height), size) }
}

fn resize(photo: &Pixels, width: u32, height: u32) -> Result<Pixels> {
    if (photo.width, photo.height) == (width, height) {
        return Ok(photo.clone());
    }
    let source =
        ImageRef::new(photo.width, photo.height, &photo.rgb, PixelType::U8x3).map_err(Error::internal)?;
    let mut target = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom)).use_alpha(false);
    Resizer::new().resize(&source, &mut target, &options).map_err(Error::internal)?;
    Ok(Pixels { width, height, rgb: target.into_vec() })
}

fn crop_centre(photo: &Pixels, size: u32) -> Pixels {
    if (photo.width, photo.height) == (size, size) {
        return photo.clone();
    }
    let (left, top) = (crop_start(photo.width, size), crop_start(photo.height, size));
    let row_bytes = size as usize * 3;
    let mut rgb = Vec::with_capacity(row_bytes * size as usize);
    for row in top..top + size {
        let start = (row as usize * photo.width as usize + left as usize) * 3;
        rgb.extend_from_slice(&photo.rgb[start..start + row_bytes]);
    }
    Pixels { width: size, height: size, rgb }
}

/// `round((length - size) / 2)` with halves to the even number, as Python rounds.
fn crop_start(length: u32, size: u32) -> u32 {
    let slack = length - size;
    let half = slack / 2;
    if slack % 2 == 1 && half % 2 == 1 { half + 1 } else { half }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: InputSpec = InputSpec { size: 4, mean: [127.0; 3], std: [128.0; 3] };

    #[test]
    fn crop_rounds_halves_to_even() {
        assert_eq!([224, 225, 226, 227, 229, 231].map(|length| crop_start(length, 224)), [0, 0, 1, 2, 2, 4]);
    }

    #[test]
    fn a_square_of_the_right_size_is_left_alone() {
        let photo = Pixels { width: 4, height: 4, rgb: (0..48).collect() };
        assert_eq!(SPEC.prepare(&photo).unwrap(), photo);
    }

    #[test]
    fn long_side_is_rounded_down() {
        assert_eq!(short_side_to(333, 500, 224), (224, 336));
        assert_eq!(short_side_to(1000, 230, 224), (973, 224));
        assert_eq!(short_side_to(17, 31, 224), (224, 408));
    }

    #[test]
    fn normalisation_is_planar() {
        let photo = Pixels { width: 1, height: 2, rgb: vec![127, 255, 0, 127, 127, 255] };
        let mut planes = Vec::new();
        SPEC.normalise_into(&photo, &mut planes);
        assert_eq!(planes, [0.0, 0.0, 1.0, 0.0, -127.0 / 128.0, 1.0]);
    }
}
