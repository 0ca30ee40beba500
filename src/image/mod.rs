//! Pixels, exactly: from a decoded photo to what the backbone sees.
//!
//! The browser (or the `image` crate natively) only decodes. Resize, crop and normalisation are here, so that the page,
//! the command line, the tests and an exported model agree.

pub mod augment;
#[cfg(feature = "cli")]
pub mod decode;
pub mod draws;
pub mod file;
pub mod filter;
pub mod header;
pub mod heat;
pub mod layout;
pub mod mosaic;
pub mod prepare;
pub mod scaler;
pub mod stored;

use crate::error::{Error, ErrorCode, Result};
use layout::Layout;
use scaler::{Channels, Scaler};

/// A decoded photo, of which pictures can be had. All of its pixels are one, [what is left](scaler::ScaledPhoto) of those that were let go
/// as they came another.
pub trait DecodedPhoto {
    /// Width and height, in pixels.
    fn size(&self) -> (u32, u32);

    /// # Errors
    /// `internal` for a picture that was not foreseen.
    fn picture(&self, layout: &Layout) -> Result<Pixels>;
}

/// An RGB picture, 8 bits a channel, rows from the top: `rgb.len() == width * height * 3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<u8>,
}

impl Pixels {
    /// From interleaved RGBA with straight alpha, as a canvas gives it. Transparent pixels are laid on white, which is
    /// what a page shows behind them.
    ///
    /// # Errors
    /// `image-empty` without pixels; `internal` when `rgba` is not `width * height * 4` long.
    pub fn from_rgba(width: u32, height: u32, rgba: &[u8]) -> Result<Self> {
        if width == 0 || height == 0 {
            return Err(Error::new(ErrorCode::ImageEmpty, "the image has no pixels"));
        }
        let expected = width as usize * height as usize * 4;
        if rgba.len() != expected {
            return Err(Error::internal(format!(
                "{width}×{height} RGBA pixels are {expected} bytes, got {}",
                rgba.len()
            )));
        }
        Ok(Self { width, height, rgb: on_white(rgba) })
    }

    /// Left and right exchanged.
    pub fn mirrored(&self) -> Self {
        let row =
            |row: &[u8]| row.rchunks_exact(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect::<Vec<_>>();
        let rgb = self.rgb.chunks_exact(self.width.max(1) as usize * 3).flat_map(row).collect();
        Self { rgb, ..*self }
    }

    /// Interleaved RGBA, opaque, as a canvas takes it.
    pub fn to_rgba(&self) -> Vec<u8> {
        self.rgb.chunks_exact(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect()
    }
}

impl DecodedPhoto for Pixels {
    fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn picture(&self, layout: &Layout) -> Result<Pixels> {
        let mut scaler = Scaler::new(self.width, self.height, |_, _| [*layout])?;
        scaler.push(&self.rgb, Channels::Rgb)?;
        scaler.finish()?.picture(layout)
    }
}

/// RGB of pixels with straight alpha.
fn on_white(rgba: &[u8]) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(rgba.len() / 4 * 3);
    for pixel in rgba.chunks_exact(4) {
        let alpha = u32::from(pixel[3]);
        rgb.extend(pixel[..3].iter().map(|&value| over_white(u32::from(value), alpha)));
    }
    rgb
}

fn over_white(value: u32, alpha: u32) -> u8 {
    ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opaque_pixels_pass_and_transparent_ones_turn_white() {
        let pixels = Pixels::from_rgba(3, 1, &[10, 20, 30, 255, 10, 20, 30, 0, 0, 0, 0, 128]).unwrap();
        assert_eq!(pixels.rgb, [10, 20, 30, 255, 255, 255, 127, 127, 127]);
        assert_eq!(pixels.to_rgba(), [10, 20, 30, 255, 255, 255, 255, 255, 127, 127, 127, 255]);
    }

    #[test]
    fn mirroring_by_hand() {
        let pixels = Pixels { width: 2, height: 2, rgb: vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] };
        assert_eq!(pixels.mirrored().rgb, [4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9]);
        assert_eq!(pixels.mirrored().mirrored(), pixels);
    }

    #[test]
    fn wrong_lengths_are_refused() {
        assert_eq!(Pixels::from_rgba(0, 5, &[]).unwrap_err().code, ErrorCode::ImageEmpty);
        assert_eq!(Pixels::from_rgba(2, 2, &[0; 15]).unwrap_err().code, ErrorCode::Internal);
    }
}
