//! PNG files by their chunks. Of an animation, the still image is the photo (the one that viewers without animations show), whether
//! it is part of the animation or not.

use super::exif::{self, Orientation};

const SIGNATURE: usize = 8;

/// What belongs to an animation, and the EXIF data, which not every browser heeds.
const LEFT_OUT: [&[u8; 4]; 4] = [b"acTL", b"fcTL", b"fdAT", b"eXIf"];

/// Name, content and the whole of each chunk, as far as the file goes.
fn chunks(file: &[u8]) -> impl Iterator<Item = (&[u8], &[u8], &[u8])> {
    let mut at = SIGNATURE;
    std::iter::from_fn(move || {
        let length = u32::from_be_bytes(*file.get(at..)?.first_chunk()?) as usize;
        let end = at.checked_add(length)?.checked_add(12)?;
        let whole = file.get(at..end)?;
        at = end;
        Some((&whole[4..8], &whole[8..8 + length], whole))
    })
}

/// Width and height; `None` where the file ends before them.
pub fn size(file: &[u8]) -> Option<(usize, usize)> {
    let header = file.get(SIGNATURE..SIGNATURE + 16).filter(|header| &header[4..8] == b"IHDR")?;
    let side = |at: usize| Some(u32::from_be_bytes(*header.get(at..)?.first_chunk()?) as usize);
    Some((side(8)?, side(12)?))
}

pub fn orientation(file: &[u8]) -> Orientation {
    let exif = chunks(file).find(|(name, ..)| *name == b"eXIf");
    exif.map_or(Orientation::UPRIGHT, |(_, content, _)| exif::orientation(content))
}

/// The still image alone, where there is more.
pub fn repaired(file: &[u8]) -> Option<Vec<u8>> {
    let left_out = |name: &[u8]| LEFT_OUT.iter().any(|other| name == *other);
    if !chunks(file).any(|(name, ..)| left_out(name)) {
        return None;
    }
    let mut repaired = file[..SIGNATURE].to_vec();
    let mut read = SIGNATURE;
    for (name, _, whole) in chunks(file) {
        if !left_out(name) {
            repaired.extend(whole);
        }
        read += whole.len();
    }
    // What is cut stays cut.
    repaired.extend(&file[read..]);
    Some(repaired)
}
