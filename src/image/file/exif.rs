//! EXIF, as far as it says which side of a photo is up.

/// What has to be done to stored pixels so that the photo stands upright, by the numbers of EXIF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Orientation(u8);

impl Orientation {
    pub const UPRIGHT: Self = Self(1);

    /// One of 1 to 8; anything else says nothing.
    pub fn from_exif(value: u16) -> Self {
        Self(if (1..=8).contains(&value) { value as u8 } else { 1 })
    }

    /// As EXIF counts: 1 for upright.
    pub fn exif(self) -> u8 {
        self.0
    }

    /// Whether width and height are exchanged.
    pub fn swaps_sides(self) -> bool {
        self.0 >= 5
    }
}

/// The first directory of a TIFF file, which is what EXIF data are.
pub struct Tags<'a> {
    file: &'a [u8],
    big_endian: bool,
    entries: &'a [u8],
}

impl<'a> Tags<'a> {
    /// `None` where it is no TIFF; without entries where its directory is missing.
    pub fn of(file: &'a [u8]) -> Option<Self> {
        let big_endian = match file.get(..4)? {
            b"II*\0" => false,
            b"MM\0*" => true,
            _ => return None,
        };
        let mut tags = Self { file, big_endian, entries: &[] };
        let start = tags.u32(file.get(4..8).unwrap_or_default()).unwrap_or(0) as usize;
        if let Some(after) = file.get(start..)
            && let Some(count) = tags.u16(after)
        {
            let length = after.len().saturating_sub(2).min(usize::from(count) * 12);
            tags.entries = &after[2..2 + length];
        }
        Some(tags)
    }

    pub fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }

    /// The maker of the camera.
    pub fn make(&self) -> Option<&'a [u8]> {
        let entry = self.entry(0x010f)?;
        let length = self.u32(&entry[4..])? as usize;
        if length <= 4 {
            return entry.get(8..8 + length);
        }
        let start = self.u32(&entry[8..])? as usize;
        self.file.get(start..start.checked_add(length)?)
    }

    pub fn orientation(&self) -> Orientation {
        let value = self.entry(0x0112).and_then(|entry| self.u16(&entry[8..]));
        value.map_or(Orientation::UPRIGHT, Orientation::from_exif)
    }

    fn entry(&self, tag: u16) -> Option<&'a [u8]> {
        self.entries.chunks_exact(12).find(|entry| self.u16(entry) == Some(tag))
    }

    fn u16(&self, bytes: &[u8]) -> Option<u16> {
        let bytes = bytes.first_chunk()?;
        Some(if self.big_endian { u16::from_be_bytes(*bytes) } else { u16::from_le_bytes(*bytes) })
    }

    fn u32(&self, bytes: &[u8]) -> Option<u32> {
        let bytes = bytes.first_chunk()?;
        Some(if self.big_endian { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) })
    }
}

/// Of EXIF data, with or without the six letters that introduce them in a JPEG.
pub fn orientation(exif: &[u8]) -> Orientation {
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    Tags::of(tiff).map_or(Orientation::UPRIGHT, |tags| tags.orientation())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// EXIF data that say nothing else.
    pub fn exif(orientation: u8) -> Vec<u8> {
        let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        tiff.extend([orientation, 0, 0, 0, 0, 0, 0]);
        tiff
    }

    #[test]
    fn the_orientation_is_read_in_both_byte_orders() {
        assert_eq!(orientation(&exif(6)).exif(), 6);
        assert_eq!(orientation(&[b"Exif\0\0".as_slice(), &exif(8)].concat()).exif(), 8);
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0";
        assert_eq!(orientation(little).exif(), 3);
    }

    #[test]
    fn damaged_exif_says_nothing() {
        for file in [b"".as_slice(), b"MM\0*", b"MM\0*\xff\xff\xff\xff", &exif(9), &exif(6)[..12], b"text"] {
            assert_eq!(orientation(file), Orientation::UPRIGHT);
        }
    }
}
