//! How a picture is made of a photo of some size: each direction by itself, across first.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::Pixels;
use super::filter::Filter;
use crate::error::{Error, Result};

/// Which part of a photo becomes a picture, of what size, and what is around it. Two of the same make the same pixels of the same
/// photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    pub(super) across: Side,
    pub(super) down: Side,
    /// What the picture is laid on where it is no square by itself.
    pub(super) ground: Option<Ground>,
    pub(super) filter: Filter,
}

/// A square of one colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ground {
    pub size: u32,
    pub colour: [u8; 3],
}

impl Layout {
    /// The picture, from the photo whose rows have been scaled [across](Self::across) already.
    pub(super) fn finish(&self, rows: &Pixels) -> Result<Pixels> {
        let size = (self.across.length, self.down.length);
        let part = resample(rows, size, Window::whole(rows.width), self.down.window, self.filter)?;
        Ok(match &self.ground {
            Some(ground) => self.mount(&part, ground),
            None => part,
        })
    }

    fn mount(&self, part: &Pixels, ground: &Ground) -> Pixels {
        let size = ground.size as usize;
        let mut rgb: Vec<u8> = ground.colour.repeat(size * size);
        for (row, line) in (self.down.start as usize..).zip(part.rgb.chunks_exact(part.width as usize * 3)) {
            let start = (row * size + self.across.start as usize) * 3;
            rgb[start..start + line.len()].copy_from_slice(line);
        }
        Pixels { width: ground.size, height: ground.size, rgb }
    }
}

/// One direction of the way from photo to picture: `window` of the photo becomes `length` pixels, from `start` of the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Side {
    pub window: Window,
    pub start: u32,
    pub length: u32,
}

impl Side {
    /// The whole square, of `size` pixels, in pixels of the photo.
    pub(super) fn square(self, size: u32) -> Window {
        let scale = self.window.length / f64::from(self.length);
        let enlarged = f64::from(size) / f64::from(self.length);
        Window { start: self.window.start - f64::from(self.start) * scale, length: self.window.length * enlarged }
    }

    /// The first of the photo's `of` pixels that the filter looks at, and the one after the last.
    pub(super) fn needed(&self, of: u32) -> (u32, u32) {
        let Window { start, length } = self.window;
        // Two pixels either way, of the photo or of the picture, whichever are larger; one more, so that nothing hangs on rounding.
        let reach = 2.0 * (length / f64::from(self.length)).max(1.0) + 1.0;
        let end = (start + length + reach).ceil().min(f64::from(of));
        ((start - reach).floor().max(0.0) as u32, end as u32)
    }
}

/// A part of one direction of a photo, in its pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    pub start: f64,
    pub length: f64,
}

impl Window {
    /// `source` pixels are scaled to `scaled`, of which the middle `crop` are kept.
    pub(super) fn new(source: u32, scaled: u32, crop: u32) -> Self {
        let scale = f64::from(source) / f64::from(scaled);
        let start = f64::from(crop_start(scaled, crop)) * scale;
        // Where everything is kept, the product may come out a little above `source`, as for 225 pixels scaled to 224.
        Self { start, length: (f64::from(crop) * scale).min(f64::from(source) - start) }
    }

    pub(super) fn whole(length: u32) -> Self {
        Self { start: 0.0, length: f64::from(length) }
    }
}

/// Rows of `width` pixels, scaled across alone: `out` has as many of them, of `side.length` pixels each.
pub(super) fn resample_rows(
    bytes: &[u8],
    width: u32,
    pixel: PixelType,
    (side, filter): (&Side, Filter),
    out: &mut [u8],
) -> Result<()> {
    let rows = (bytes.len() / (width as usize * pixel.size())) as u32;
    let source = ImageRef::new(width, rows, bytes, pixel).map_err(Error::internal)?;
    let mut target = Image::from_slice_u8(side.length, rows, out, pixel).map_err(Error::internal)?;
    scale(&source, &mut target, side.window, Window::whole(rows), filter)
}

fn resample(
    photo: &Pixels,
    (width, height): (u32, u32),
    across: Window,
    down: Window,
    filter: Filter,
) -> Result<Pixels> {
    let source = ImageRef::new(photo.width, photo.height, &photo.rgb, PixelType::U8x3).map_err(Error::internal)?;
    let mut target = Image::new(width, height, PixelType::U8x3);
    scale(&source, &mut target, across, down, filter)?;
    Ok(Pixels { width, height, rgb: target.into_vec() })
}

fn scale(source: &ImageRef<'_>, target: &mut Image<'_>, across: Window, down: Window, filter: Filter) -> Result<()> {
    let filter = match filter {
        Filter::Bicubic => FilterType::CatmullRom,
        Filter::Bilinear => FilterType::Bilinear,
    };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false).crop(
        across.start,
        down.start,
        across.length,
        down.length,
    );
    Resizer::new().resize(source, target, &options).map_err(Error::internal)
}

/// The size that makes the short side `size`; the long side is rounded down, as torchvision does.
pub(super) fn short_side_to(width: u32, height: u32, size: u32) -> (u32, u32) {
    let long = |long: u32, short: u32| (u64::from(size) * u64::from(long) / u64::from(short)) as u32;
    if width <= height { (size, long(height, width)) } else { (long(width, height), size) }
}

/// The size that makes the long side `size`; the short side is rounded, halves to the even number, as Pillow's `ImageOps.contain`
/// does, but never to nothing.
pub(super) fn long_side_to(width: u32, height: u32, size: u32) -> (u32, u32) {
    let short = |short: u32, long: u32| {
        let exact = f64::from(short) / f64::from(long) * f64::from(size);
        (exact.round_ties_even() as u32).max(1)
    };
    if width >= height { (size, short(height, width)) } else { (short(width, height), size) }
}

/// `round((length - size) / 2)` with halves to the even number, as Python rounds.
pub(super) fn crop_start(length: u32, size: u32) -> u32 {
    let slack = length - size;
    let half = slack / 2;
    if slack % 2 == 1 && half % 2 == 1 { half + 1 } else { half }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crop_rounds_halves_to_even() {
        assert_eq!([224, 225, 226, 227, 229, 231].map(|length| crop_start(length, 224)), [0, 0, 1, 2, 2, 4]);
    }

    #[test]
    fn long_side_is_rounded_down() {
        assert_eq!(short_side_to(333, 500, 224), (224, 336));
        assert_eq!(short_side_to(1000, 230, 224), (973, 224));
        assert_eq!(short_side_to(17, 31, 224), (224, 408));
    }

    #[test]
    fn no_window_reaches_beyond_the_photo() {
        for source in 1..=crate::image::header::MAX_SIDE as u32 {
            for (scaled, crop) in [(224, 224), (252, 252), (96, 96), (298, 224), (504, 504), (505, 504), (225, 224)] {
                let Window { start, length } = Window::new(source, scaled, crop);
                assert!(start + length <= f64::from(source), "{source} to {scaled}, the middle {crop}");
            }
        }
    }
}
