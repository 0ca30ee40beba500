//! Decoding for the command line and the tests; the page lets the browser decode.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageReader};

use super::{Pixels, header};
use crate::error::{Error, ErrorCode, Result};

/// Decodes a file, EXIF orientation applied, colour profiles ignored (as the page asks the browser to).
///
/// # Errors
/// As [`header::read_size`], and `image-truncated` when the pixels cannot be read after a good header.
pub fn decode(file: &[u8]) -> Result<Pixels> {
    header::read_size(file)?;
    let damaged = |error: image::ImageError| {
        Error::new(ErrorCode::ImageTruncated, format!("the image is damaged or cut short ({error}); copy it again"))
            .with("detail", error)
    };
    let reader = ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(Error::internal)?;
    if reader.format().is_none_or(|format| !format.reading_enabled()) {
        return Err(Error::new(
            ErrorCode::NotAnImage,
            "the command line does not read this image format; convert it to JPEG, PNG, WebP, GIF or BMP",
        ));
    }
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let orientation = decoder.orientation().map_err(damaged)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    image.apply_orientation(orientation);
    if image.color().has_alpha() {
        let rgba = image.into_rgba8();
        return Pixels::from_rgba(rgba.width(), rgba.height(), rgba.as_raw());
    }
    let rgb = image.into_rgb8();
    Ok(Pixels { width: rgb.width(), height: rgb.height(), rgb: rgb.into_raw() })
}
