//! GIF files. The photo is the first frame.

/// Where the first frame is described, and its width and height.
fn first_frame(file: &[u8]) -> Option<(usize, [u8; 4])> {
    let mut at = 13 + colours(*file.get(10)?);
    loop {
        match *file.get(at)? {
            // An extension: a label, then parts, each with its length before it.
            0x21 => {
                at += 2;
                loop {
                    let length = usize::from(*file.get(at)?);
                    at += 1 + length;
                    if length == 0 {
                        break;
                    }
                }
            }
            0x2c => return Some((at, *file.get(at + 5..)?.first_chunk()?)),
            _ => return None,
        }
    }
}

/// Bytes of the table of colours that a descriptor announces.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Width and height; `None` where the file ends before them. A screen without pixels is as large as its first frame.
pub fn size(file: &[u8]) -> Option<(usize, usize)> {
    let screen = *file.get(6..13)?.first_chunk()?;
    Some(sides(if is_empty(screen) { first_frame(file)?.1 } else { screen }))
}

/// With a screen as large as the first frame, where it has no pixels.
pub fn repaired(file: &[u8]) -> Option<Vec<u8>> {
    if !is_empty(*file.get(6..)?.first_chunk()?) {
        return None;
    }
    let (at, frame) = first_frame(file)?;
    let mut repaired = file.to_vec();
    repaired[6..10].copy_from_slice(&frame);
    repaired[at + 1..at + 5].fill(0);
    Some(repaired)
}

fn sides([low, high, lowest, highest]: [u8; 4]) -> (usize, usize) {
    (usize::from(u16::from_le_bytes([low, high])), usize::from(u16::from_le_bytes([lowest, highest])))
}

fn is_empty(sides_of_screen: [u8; 4]) -> bool {
    let (width, height) = sides(sides_of_screen);
    width == 0 || height == 0
}
