//! What a file says of itself before it is decoded. A decoder asked for 30,000 × 30,000 pixels takes the tab down with it,
//! so the size is read first, from the header alone.

use crate::error::{Error, ErrorCode, Result};

/// The longest side a photo may have: the limit of browser canvases.
pub const MAX_SIDE: usize = 16_384;
/// The most pixels a photo may have: 400 MB once decoded to RGBA.
pub const MAX_PIXELS: usize = 100_000_000;

/// Width and height as stored (before EXIF orientation), in pixels.
///
/// # Errors
/// `not-an-image`, `image-truncated` (a known format whose header is cut), `image-empty`, `image-too-large`.
pub fn read_size(file: &[u8]) -> Result<(usize, usize)> {
    let size = imagesize::blob_size(file).map_err(|error| match error {
        imagesize::ImageError::IoError(_) | imagesize::ImageError::CorruptedImage
            if imagesize::image_type(file).is_ok() =>
        {
            Error::new(ErrorCode::ImageTruncated, "the file starts like an image but is cut short; copy it again")
        }
        _ => {
            Error::new(ErrorCode::NotAnImage, "not an image this program knows; use JPEG, PNG, WebP, AVIF, GIF or BMP")
        }
    })?;
    check_size(size.width, size.height)?;
    Ok((size.width, size.height))
}

/// Refuses sizes that cannot be decoded safely.
pub fn check_size(width: usize, height: usize) -> Result<()> {
    if width == 0 || height == 0 {
        return Err(Error::new(ErrorCode::ImageEmpty, format!("the image has no pixels ({width} × {height})")));
    }
    if width > MAX_SIDE || height > MAX_SIDE || width.saturating_mul(height) > MAX_PIXELS {
        let megapixels = MAX_PIXELS / 1_000_000;
        return Err(Error::new(
            ErrorCode::ImageTooLarge,
            format!(
                "the image is {width} × {height} pixels; at most {MAX_SIDE} a side and {megapixels} megapixels: make it smaller"
            ),
        )
        .with("width", width)
        .with("height", height)
        .with("maxSide", MAX_SIDE)
        .with("maxMegapixels", megapixels));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png_header(width: u32, height: u32) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        file.extend(width.to_be_bytes());
        file.extend(height.to_be_bytes());
        file.extend([8, 2, 0, 0, 0]);
        file
    }

    #[test]
    fn reads_the_size_without_the_pixels() {
        assert_eq!(read_size(&png_header(640, 480)), Ok((640, 480)));
    }

    #[test]
    fn each_kind_of_bad_file_has_its_own_code() {
        let code = |file: &[u8]| read_size(file).unwrap_err().code;
        assert_eq!(code(b""), ErrorCode::NotAnImage);
        assert_eq!(code(b"just some text, renamed to .jpg"), ErrorCode::NotAnImage);
        assert_eq!(code(&png_header(640, 480)[..18]), ErrorCode::ImageTruncated);
        assert_eq!(code(&png_header(0, 480)), ErrorCode::ImageEmpty);
        assert_eq!(code(&png_header(30_000, 10)), ErrorCode::ImageTooLarge);
        assert_eq!(code(&png_header(16_000, 16_000)), ErrorCode::ImageTooLarge);
    }

    #[test]
    fn an_error_carries_its_numbers() {
        let error = read_size(&png_header(30_000, 10)).unwrap_err();
        assert_eq!(error.params["width"], "30000");
        assert!(error.message.contains("30000 × 10"));
    }
}
