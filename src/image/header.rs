//! How large a photo may be. A decoder asked for 30,000 × 30,000 pixels takes the tab down with it, so the size that a file's
//! header claims is held against this first.

use crate::error::{Error, ErrorCode, Result};

/// The longest side a photo may have: the limit of browser canvases.
pub const MAX_SIDE: usize = 16_384;
/// The most pixels a photo may have: 400 MB once decoded to RGBA.
pub const MAX_PIXELS: usize = 100_000_000;

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

    #[test]
    fn sizes_that_no_browser_decodes_are_refused() {
        let code = |width, height| check_size(width, height).map_err(|error| error.code);
        assert_eq!(code(640, 480), Ok(()));
        assert_eq!(code(0, 480), Err(ErrorCode::ImageEmpty));
        assert_eq!(code(30_000, 10), Err(ErrorCode::ImageTooLarge));
        assert_eq!(code(16_000, 16_000), Err(ErrorCode::ImageTooLarge));
    }

    #[test]
    fn an_error_carries_its_numbers() {
        let error = check_size(30_000, 10).unwrap_err();
        assert_eq!(error.params["width"], "30000");
        assert!(error.message.contains("30000 × 10"));
    }
}
