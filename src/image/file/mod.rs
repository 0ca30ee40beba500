//! One verdict for a file, from its bytes alone: what it is, whether it is taken, how it is to be turned. The page and the command
//! line both ask here, so that they cannot differ; then they decode what [`examine`] returns.
//!
//! The rules:
//! * JPEG, PNG, WebP, GIF and BMP are taken. AVIF is where it can be decoded: browsers do, the command line does not. HEIC, JPEG XL
//!   and the rarer kinds of JPEG are tried; where that fails, and for all other kinds, the error names the format and what to do.
//! * A JPEG of which a [twentieth](jpeg::NEEDED) or less is missing is taken with a [note](Note), another cut or broken one refused.
//! * Of an animation the still image is the photo: for PNG the one outside of the animation, for GIF and WebP the first frame.
//! * EXIF says which side is up, in JPEG, PNG and WebP.
//! * A decoder for which a file is not plain enough gets a repaired one.

mod bmp;
mod exif;
mod format;
mod gif;
mod jpeg;
mod jpeg_scan;
mod png;
mod webp;

use serde::Serialize;

use super::header::check_size;
use crate::error::{Error, ErrorCode, Result};
pub use exif::Orientation;
use format::Format;
pub use format::{AVIF, Foreign};

/// What a file's header says.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// As stored, before it is turned.
    pub width: usize,
    pub height: usize,
    pub orientation: Orientation,
    /// Whether every browser turns such a file by itself.
    pub turned_by_browsers: bool,
    /// What to call it where no decoder takes it, for formats that few have.
    pub rare: Option<Foreign>,
    format: Format,
    jpeg: Option<jpeg::Header>,
}

/// What the person should know of a file that is taken nevertheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// A small part of the picture, or its finest details, is missing.
    NearlyWhole,
}

impl Note {
    /// The sentence for the command line.
    pub fn message(self) -> &'static str {
        match self {
            Self::NearlyWhole => {
                "its last bytes are missing or broken; nearly all of the picture is there, so it was taken"
            }
        }
    }
}

/// What the rest of a file says.
#[derive(Debug, Clone, PartialEq)]
pub struct Examined {
    pub note: Option<Note>,
    /// What is to be decoded in place of the file.
    pub repaired: Option<Vec<u8>>,
}

/// Reads the header, which takes no time, before a decoder sets aside the memory it asks for.
///
/// # Errors
/// `not-an-image`; `unsupported-format` for other kinds of files that are known; `image-truncated` where the header is cut or
/// damaged; `image-empty`; `image-too-large`.
pub fn inspect(file: &[u8]) -> Result<Inspected> {
    let format = format::sniff(file).ok_or_else(|| {
        Error::new(ErrorCode::NotAnImage, "not an image this program knows; use JPEG, PNG, WebP, AVIF, GIF or BMP")
    })?;
    let cut = || {
        Error::new(
            ErrorCode::ImageTruncated,
            "the file begins like an image but is damaged or cut short; copy it again",
        )
    };
    let jpeg = if format == Format::Jpeg { Some(jpeg::Header::of(file).ok_or_else(cut)?) } else { None };
    let boxed = || imagesize::blob_size(file).ok().map(|size| (size.width, size.height));
    let (width, height) = match format {
        Format::Foreign(kind) => return Err(kind.error()),
        // Only a decoder can tell whether it is damaged.
        Format::Rare(kind) => boxed().ok_or_else(|| kind.error())?,
        Format::Avif => boxed().ok_or_else(cut)?,
        Format::Jpeg => jpeg.as_ref().map(|header| (header.width, header.height)).ok_or_else(cut)?,
        Format::Png => png::size(file).ok_or_else(cut)?,
        Format::WebP => webp::size(file).ok_or_else(cut)?,
        Format::Gif => gif::size(file).ok_or_else(cut)?,
        Format::Bmp => bmp::size(file).ok_or_else(cut)?,
    };
    check_size(width, height)?;
    let orientation = match format {
        Format::Png => png::orientation(file),
        Format::WebP => webp::orientation(file),
        _ => jpeg.as_ref().map_or(Orientation::UPRIGHT, |header| header.orientation),
    };
    let rare = match format {
        Format::Rare(kind) => Some(kind),
        _ => jpeg.as_ref().and_then(|header| header.rare),
    };
    Ok(Inspected { width, height, orientation, turned_by_browsers: jpeg.is_some(), rare, format, jpeg })
}

/// Reads all of a file whose header was read. That takes a tenth of the time of decoding, and is best done meanwhile.
///
/// # Errors
/// `image-truncated` where a substantial part of the picture is missing or broken.
pub fn examine(file: &[u8], inspected: &Inspected) -> Result<Examined> {
    let repaired = match (&inspected.jpeg, inspected.format) {
        (Some(header), _) => {
            let amount = header.amount(file);
            if amount.share < jpeg::NEEDED {
                // Not rounded up to what would have been taken.
                let percent = (amount.share * 100.0).floor();
                return Err(Error::new(
                    ErrorCode::ImageTruncated,
                    format!("only {percent} % of the picture are there, the rest is missing or broken; copy it again"),
                )
                .with("percent", percent));
            }
            let note = (!amount.whole).then_some(Note::NearlyWhole);
            return Ok(Examined { note, repaired: header.repaired(file, &amount) });
        }
        (_, Format::Png) => png::repaired(file),
        (_, Format::WebP) => webp::repaired(file),
        (_, Format::Gif) => gif::repaired(file),
        _ => None,
    };
    Ok(Examined { note: None, repaired })
}

#[cfg(all(test, feature = "cli"))]
mod tests;
