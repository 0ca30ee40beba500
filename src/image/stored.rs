//! What a session keeps of a photo.

use std::borrow::Cow;

use super::layout::{Layout, Side, Window, short_side_to};
use super::prepare::{Framing, InputSpec};
use super::{DecodedPhoto, Pixels};
use crate::error::{Error, Result};

/// A photo as a session keeps it until it is embedded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPhoto {
    /// What the network sees of the photo as it is.
    pub prepared: Pixels,
    /// How that became a square.
    pub framing: Framing,
    /// What the source model sees of the photo, where it frames it otherwise, and how: near-duplicates are told by it.
    pub by_source: Option<(Framing, Pixels)>,
    /// The whole photo, little larger than that, which augmentation draws from; see [`InputSpec::store`].
    pub whole: Pixels,
}

impl StoredPhoto {
    pub fn bytes(&self) -> usize {
        let by_source = self.by_source.as_ref().map_or(0, |(_, seen)| seen.rgb.len());
        self.prepared.rgb.len() + self.whole.rgb.len() + by_source
    }
}

impl InputSpec {
    /// What a session keeps of a decoded photo: the prepared square, and what augmentation draws from. Of a cropped photo that is
    /// the whole of it, with its short side at most an eighth longer than the square's and its long side at most twice that;
    /// otherwise the padded or squashed square, at most an eighth larger. Small photos are not enlarged.
    pub fn store(&self, photo: &impl DecodedPhoto) -> Result<StoredPhoto> {
        let (width, height) = photo.size();
        let [prepared, whole] = self.stored_layouts(width, height);
        let (prepared, whole) = (photo.picture(&prepared)?, photo.picture(&whole)?);
        Ok(StoredPhoto { prepared, framing: self.framing, by_source: None, whole })
    }

    /// How [`store`](Self::store) makes the prepared square and what augmentation draws from of a photo of that size.
    pub fn stored_layouts(&self, width: u32, height: u32) -> [Layout; 2] {
        let whole = match self.framing {
            Framing::Crop => self.shrunk(width, height),
            Framing::Pad | Framing::Squash => {
                let size = (self.size + self.size / 8).min(width.max(height));
                Self { size, ..self.clone() }.layout(width, height)
            }
        };
        [self.layout(width, height), whole]
    }

    /// A stored photo of the same framing as it would have been stored for this input, but for being resized twice where the sizes
    /// differ.
    ///
    /// # Errors
    /// `internal` for another framing: what was cropped away or laid between bars is not to be had again.
    pub fn resized<'a>(&self, photo: &'a StoredPhoto) -> Result<Cow<'a, StoredPhoto>> {
        if photo.framing != self.framing {
            return Err(Error::internal(format!("a photo stored for {:?}, wanted {:?}", photo.framing, self.framing)));
        }
        if photo.prepared.width == self.size {
            return Ok(Cow::Borrowed(photo));
        }
        self.store(&photo.whole).map(Cow::Owned)
    }

    fn shrunk(&self, width: u32, height: u32) -> Layout {
        let short = self.size + self.size / 8;
        let scaled = match width.min(height) {
            side if side > short => short_side_to(width, height, short),
            _ => (width, height),
        };
        let side = |source: u32, scaled: u32| {
            let length = scaled.min(2 * short);
            Side { window: Window::new(source, scaled, length), start: 0, length }
        };
        Layout { across: side(width, scaled.0), down: side(height, scaled.1), ground: None, filter: self.filter }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: InputSpec = InputSpec::new(4, [127.0; 3], [128.0; 3]);

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
    fn what_augmentation_draws_from_has_the_framing() {
        let photo = Pixels { width: 500, height: 20, rgb: vec![9; 30_000] };
        for framing in [Framing::Pad, Framing::Squash] {
            let spec = InputSpec { size: 16, ..SPEC }.framed(framing);
            let StoredPhoto { prepared, whole, .. } = spec.store(&photo).unwrap();
            assert_eq!((whole.width, whole.height, prepared.width), (18, 18, 16), "{framing:?}");
            let bars = whole.rgb.contains(&127);
            assert_eq!(bars, framing == Framing::Pad);
        }
    }

    #[test]
    fn a_stored_photo_serves_smaller_inputs_of_its_framing_alone() {
        let photo = Pixels { width: 60, height: 20, rgb: (0..3600).map(|value| (value % 251) as u8).collect() };
        for framing in [Framing::Crop, Framing::Pad, Framing::Squash] {
            let spec = InputSpec { size: 16, ..SPEC }.framed(framing);
            let stored = spec.store(&photo).unwrap();
            assert!(matches!(spec.resized(&stored).unwrap(), Cow::Borrowed(_)));
            let small = InputSpec { size: 8, ..spec.clone() };
            let resized = small.resized(&stored).unwrap();
            let directly = small.prepare(&photo).unwrap();
            assert_eq!((resized.prepared.width, resized.prepared.height, resized.framing), (8, 8, framing));
            let differences = resized.prepared.rgb.iter().zip(&directly.rgb).map(|(a, b)| f64::from(a.abs_diff(*b)));
            assert!(differences.sum::<f64>() / 192.0 < 12.0, "{framing:?}: nearly as if it had been made at once");
            let other = if framing == Framing::Crop { Framing::Pad } else { Framing::Crop };
            assert!(spec.framed(other).resized(&stored).is_err());
        }
    }
}
