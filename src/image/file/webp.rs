//! WebP files by their chunks.

use super::exif::{self, Orientation};

/// Name, content and the whole of each chunk, as far as the file goes.
fn chunks(file: &[u8]) -> impl Iterator<Item = (&[u8], &[u8], &[u8])> {
    let mut at = 12;
    std::iter::from_fn(move || {
        let length = u32::from_le_bytes(*file.get(at + 4..)?.first_chunk()?) as usize;
        let content = file.get(at + 8..(at + 8).checked_add(length)?)?;
        // Odd ones are followed by a byte that means nothing.
        let end = (at + 8 + length + length % 2).min(file.len());
        let whole = &file[at..end];
        at = end;
        Some((&whole[..4], content, whole))
    })
}

/// Width and height; `None` where the file ends before them.
pub fn size(file: &[u8]) -> Option<(usize, usize)> {
    let content = file.get(20..)?;
    let byte = |at: usize| content.get(at).map(|&byte| usize::from(byte));
    Some(match file.get(12..16)? {
        b"VP8X" => {
            let side = |at: usize| Some(1 + byte(at)? + (byte(at + 1)? << 8) + (byte(at + 2)? << 16));
            (side(4)?, side(7)?)
        }
        b"VP8 " => ((byte(6)? + (byte(7)? << 8)) & 0x3fff, (byte(8)? + (byte(9)? << 8)) & 0x3fff),
        b"VP8L" => {
            let bits = byte(1)? + (byte(2)? << 8) + (byte(3)? << 16) + (byte(4)? << 24);
            (1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff))
        }
        _ => return None,
    })
}

pub fn orientation(file: &[u8]) -> Orientation {
    let exif = chunks(file).find(|(name, ..)| *name == b"EXIF");
    exif.map_or(Orientation::UPRIGHT, |(_, content, _)| exif::orientation(content))
}

/// Without EXIF data, which some browsers heed and some do not, where they say that the photo is to be turned.
pub fn repaired(file: &[u8]) -> Option<Vec<u8>> {
    if orientation(file) == Orientation::UPRIGHT {
        return None;
    }
    let mut repaired = file[..12].to_vec();
    for (name, _, whole) in chunks(file).filter(|(name, ..)| *name != b"EXIF") {
        let start = repaired.len();
        repaired.extend(whole);
        if name == b"VP8X" {
            repaired[start + 8] &= !0x08;
        }
    }
    let length = (repaired.len() - 8) as u32;
    repaired[4..8].copy_from_slice(&length.to_le_bytes());
    Some(repaired)
}
