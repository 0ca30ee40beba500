//! Pictures of a photo while its rows arrive, strip after strip: a photo of 12 megapixels takes 48 MB decoded, what is made of it 0.4 MB.
//!
//! Rows are scaled across as they come, which leaves some hundred pixels of each, and the columns at the end. So where one strip
//! ends and the next begins changes nothing.

use fast_image_resize::PixelType;

use super::layout::{Layout, resample_rows};
use super::{DecodedPhoto, Pixels, on_white};
use crate::error::{Error, ErrorCode, Result};

/// The order of a pixel's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    Rgb,
    /// With straight alpha; transparent pixels are laid on white, as [`Pixels::from_rgba`] does.
    Rgba,
    /// The fourth byte means nothing.
    Rgbx,
    /// As above, blue first.
    Bgrx,
}

impl Channels {
    fn bytes(self) -> usize {
        if self == Self::Rgb { 3 } else { 4 }
    }
}

/// Makes pictures of a photo that comes in strips of whole rows, from the top.
pub struct Scaler {
    width: u32,
    height: u32,
    /// Rows that have come.
    rows: u32,
    pictures: Vec<Narrowed>,
}

/// A picture in the making: the photo's rows, scaled across. Those that it does not need stay black.
struct Narrowed {
    layout: Layout,
    needed: (u32, u32),
    rows: Pixels,
}

/// What is left of a photo whose rows were let go: the pictures that were foreseen.
#[derive(Debug)]
pub struct ScaledPhoto {
    width: u32,
    height: u32,
    pictures: Vec<(Layout, Pixels)>,
}

impl Scaler {
    /// Of a photo of that size, the pictures that `layouts` names for it. Takes three bytes for each row and column of the photo that a picture leaves: 5 MB for a photo of 12
    /// megapixels that is to be stored.
    ///
    /// # Errors
    /// `image-empty` without pixels.
    pub fn new<L: IntoIterator<Item = Layout>>(
        width: u32,
        height: u32,
        layouts: impl FnOnce(u32, u32) -> L,
    ) -> Result<Self> {
        if width == 0 || height == 0 {
            return Err(Error::new(ErrorCode::ImageEmpty, "the image has no pixels"));
        }
        let narrowed = |layout: Layout| {
            let columns = layout.across.length;
            let rgb = vec![0; columns as usize * height as usize * 3];
            Narrowed { layout, needed: layout.down.needed(height), rows: Pixels { width: columns, height, rgb } }
        };
        Ok(Self { width, height, rows: 0, pictures: layouts(width, height).into_iter().map(narrowed).collect() })
    }

    /// The next rows.
    ///
    /// # Errors
    /// `internal` for a part of a row, or more rows than the photo has.
    pub fn push(&mut self, strip: &[u8], channels: Channels) -> Result<()> {
        let row = self.width as usize * channels.bytes();
        let (rows, left) = (strip.len() / row, self.height - self.rows);
        if !strip.len().is_multiple_of(row) || rows > left as usize {
            return Err(Error::internal(format!(
                "expected at most {left} rows of {row} bytes each, got {} bytes",
                strip.len()
            )));
        }
        let flattened = (channels == Channels::Rgba && !is_opaque(strip)).then(|| on_white(strip));
        let (strip, channels) = match &flattened {
            Some(rgb) => (rgb.as_slice(), Channels::Rgb),
            None => (strip, channels),
        };
        for picture in &mut self.pictures {
            picture.push(strip, channels, self.width, self.rows)?;
        }
        self.rows += rows as u32;
        Ok(())
    }

    /// # Errors
    /// `internal` where rows are missing.
    pub fn finish(self) -> Result<ScaledPhoto> {
        if self.rows != self.height {
            return Err(Error::internal(format!("expected {} rows, got {}", self.height, self.rows)));
        }
        let picture = |Narrowed { layout, rows, .. }| Ok((layout, Layout::finish(&layout, &rows)?));
        let pictures = self.pictures.into_iter().map(picture).collect::<Result<_>>()?;
        Ok(ScaledPhoto { width: self.width, height: self.height, pictures })
    }
}

impl Narrowed {
    /// Rows of the photo, of `width` pixels each, from row `top` on.
    fn push(&mut self, strip: &[u8], channels: Channels, width: u32, top: u32) -> Result<()> {
        let row = width as usize * channels.bytes();
        let bottom = top + (strip.len() / row) as u32;
        let (first, last) = (top.max(self.needed.0), bottom.min(self.needed.1));
        if first >= last {
            return Ok(());
        }
        let strip = &strip[(first - top) as usize * row..(last - top) as usize * row];
        let columns = self.rows.width as usize;
        let out = &mut self.rows.rgb[first as usize * columns * 3..last as usize * columns * 3];
        let side = (&self.layout.across, self.layout.filter);
        if channels == Channels::Rgb {
            return resample_rows(strip, width, PixelType::U8x3, side, out);
        }
        // Four bytes a pixel are scaled as fast as three: what is no colour is left out of the few pixels that come out, not of the many
        // that go in.
        let mut scaled = vec![0; out.len() / 3 * 4];
        resample_rows(strip, width, PixelType::U8x4, side, &mut scaled)?;
        let order = if channels == Channels::Bgrx { [2, 1, 0] } else { [0, 1, 2] };
        for (out, pixel) in out.chunks_exact_mut(3).zip(scaled.chunks_exact(4)) {
            out.copy_from_slice(&order.map(|channel| pixel[channel]));
        }
        Ok(())
    }
}

impl DecodedPhoto for ScaledPhoto {
    fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn picture(&self, layout: &Layout) -> Result<Pixels> {
        let picture = self.pictures.iter().find(|(of, _)| of == layout).map(|(_, picture)| picture.clone());
        picture.ok_or_else(|| Error::internal(format!("{layout:?} is none of the pictures made of this photo")))
    }
}

fn is_opaque(rgba: &[u8]) -> bool {
    // In blocks: without a way out inside of them, which keeps the loop free of branches.
    rgba.chunks(1 << 12).all(|block| block.chunks_exact(4).fold(u8::MAX, |alpha, pixel| alpha & pixel[3]) == u8::MAX)
}
