//! Decoding for the command line and the tests; the page lets the browser decode.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageReader};

use super::file::{self, Note};
use super::{Pixels, header};
use crate::error::{Error, ErrorCode, Result};

/// A decoded file.
#[derive(Debug)]
pub struct Decoded {
    pub pixels: Pixels,
    /// What the person should know of it.
    pub note: Option<Note>,
}

/// Decodes a file, EXIF orientation applied, colour profiles ignored (as the page asks the browser to).
///
/// # Errors
/// As [`file::inspect`] and [`file::examine`], `image-truncated` when the pixels cannot be read after a good header, and
/// `unsupported-format` for formats that only browsers read.
pub fn decode(file: &[u8]) -> Result<Decoded> {
    let inspected = file::inspect(file)?;
    if let Some(kind) = inspected.rare {
        return Err(kind.error());
    }
    let examined = file::examine(file, &inspected)?;
    let file = examined.repaired.as_deref().unwrap_or(file);
    let damaged = |error: image::ImageError| {
        Error::new(ErrorCode::ImageTruncated, format!("the image is damaged or cut short ({error}); copy it again"))
            .with("detail", error)
    };
    let reader = ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(Error::internal)?;
    if reader.format().is_none_or(|format| !format.reading_enabled()) {
        return Err(file::AVIF.error());
    }
    let mut image = DynamicImage::from_decoder(reader.into_decoder().map_err(damaged)?).map_err(damaged)?;
    header::check_size(image.width() as usize, image.height() as usize)?;
    image.apply_orientation(Orientation::from_exif(inspected.orientation.exif()).unwrap_or(Orientation::NoTransforms));
    let pixels = if image.color().has_alpha() {
        let rgba = image.into_rgba8();
        Pixels::from_rgba(rgba.width(), rgba.height(), rgba.as_raw())?
    } else {
        let rgb = image.into_rgb8();
        Pixels { width: rgb.width(), height: rgb.height(), rgb: rgb.into_raw() }
    };
    Ok(Decoded { pixels, note: examined.note })
}
