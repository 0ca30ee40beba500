//! From a photo of any size to the square the backbone was trained on.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use serde::{Deserialize, Serialize};

use super::{Pixels, StoredPhoto};
use crate::error::{Error, Result};

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
    /// Short side to `size` by antialiased bicubic (a = −0.5), then the centre `size` × `size`: what torchvision's `Resize`
    /// and `CenterCrop` do to a PIL image, within one grey level.
    ///
    /// Pillow filters the rows first, rounds to 8 bits, then the columns; `fast_image_resize` on its own would take the other
    /// order, which differs by up to 17 grey levels. So each direction is a call of its own, and only the part inside the
    /// crop is computed.
    pub fn prepare(&self, photo: &Pixels) -> Result<Pixels> {
        let (width, height) = short_side_to(photo.width, photo.height, self.size);
        let rows = Window::new(photo.width, width, self.size);
        let columns = Window::new(photo.height, height, self.size);
        let across = resample(photo, (self.size, photo.height), rows, Window::whole(photo.height))?;
        resample(&across, (self.size, self.size), Window::whole(self.size), columns)
    }

    /// What a session keeps of a decoded photo: the prepared square, and the whole photo with its short side at most
    /// an eighth longer than the square's and its long side at most twice that.
    pub fn store(&self, photo: &Pixels) -> Result<StoredPhoto> {
        let short = self.size + self.size / 8;
        let (width, height) = match photo.width.min(photo.height) {
            side if side > short => short_side_to(photo.width, photo.height, short),
            _ => (photo.width, photo.height),
        };
        let (kept_width, kept_height) = (width.min(2 * short), height.min(2 * short));
        let rows = Window::new(photo.width, width, kept_width);
        let columns = Window::new(photo.height, height, kept_height);
        let across = resample(photo, (kept_width, photo.height), rows, Window::whole(photo.height))?;
        let whole = resample(&across, (kept_width, kept_height), Window::whole(kept_width), columns)?;
        Ok(StoredPhoto { prepared: self.prepare(photo)?, whole })
    }

    /// The part of a photo that [`prepare`](Self::prepare) keeps, in the photo's own pixels.
    pub fn crop(&self, photo_width: u32, photo_height: u32) -> Crop {
        let (width, height) = short_side_to(photo_width, photo_height, self.size);
        let rows = Window::new(photo_width, width, self.size);
        let columns = Window::new(photo_height, height, self.size);
        Crop { x: rows.start, y: columns.start, width: rows.length, height: columns.length }
    }

    /// `[3, size, size]` planes of `(x - mean) / std`, appended to `out`.
    pub fn normalise_into(&self, prepared: &Pixels, out: &mut Vec<f32>) {
        for channel in 0..3 {
            let (mean, std) = (self.mean[channel], self.std[channel]);
            out.extend(prepared.rgb.iter().skip(channel).step_by(3).map(|&x| (f32::from(x) - mean) / std));
        }
    }
}

/// A rectangle in a photo, in pixels from its upper left corner; edges may fall between pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Crop {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// The size that makes the short side `size`; the long side is rounded down, as torchvision does.
fn short_side_to(width: u32, height: u32, size: u32) -> (u32, u32) {
    let long = |long: u32, short: u32| (u64::from(size) * u64::from(long) / u64::from(short)) as u32;
    if width <= height { (size, long(height, width)) } else { (long(width, height), size) }
}

/// The part of one source direction that ends up inside the crop, in source pixels.
#[derive(Clone, Copy)]
struct Window {
    start: f64,
    length: f64,
}

impl Window {
    /// `source` pixels are scaled to `scaled`, of which the middle `crop` are kept.
    fn new(source: u32, scaled: u32, crop: u32) -> Self {
        let scale = f64::from(source) / f64::from(scaled);
        Self { start: f64::from(crop_start(scaled, crop)) * scale, length: f64::from(crop) * scale }
    }

    fn whole(length: u32) -> Self {
        Self { start: 0.0, length: f64::from(length) }
    }
}

fn resample(photo: &Pixels, (width, height): (u32, u32), across: Window, down: Window) -> Result<Pixels> {
    let source = ImageRef::new(photo.width, photo.height, &photo.rgb, PixelType::U8x3).map_err(Error::internal)?;
    let mut target = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
        .use_alpha(false)
        .crop(across.start, down.start, across.length, down.length);
    Resizer::new().resize(&source, &mut target, &options).map_err(Error::internal)?;
    Ok(Pixels { width, height, rgb: target.into_vec() })
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
    fn stored_photos_are_bounded() {
        let stored = |width: u32, height: u32| {
            let photo = Pixels { width, height, rgb: vec![9; (width * height * 3) as usize] };
            let spec = InputSpec { size: 16, ..SPEC };
            let whole = spec.store(&photo).unwrap().whole;
            assert_eq!(whole.rgb.len(), (whole.width * whole.height * 3) as usize);
            (whole.width, whole.height)
        };
        assert_eq!(stored(36, 54), (18, 27));
        assert_eq!(stored(10, 12), (10, 12), "small photos are not enlarged");
        assert_eq!(stored(500, 20), (36, 18), "of a panorama the middle is kept");
    }

    #[test]
    fn long_side_is_rounded_down() {
        assert_eq!(short_side_to(333, 500, 224), (224, 336));
        assert_eq!(short_side_to(1000, 230, 224), (973, 224));
        assert_eq!(short_side_to(17, 31, 224), (224, 408));
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
    fn normalisation_is_planar() {
        let photo = Pixels { width: 1, height: 2, rgb: vec![127, 255, 0, 127, 127, 255] };
        let mut planes = Vec::new();
        SPEC.normalise_into(&photo, &mut planes);
        assert_eq!(planes, [0.0, 0.0, 1.0, 0.0, -127.0 / 128.0, 1.0]);
    }
}
