//! BMP files, of Windows and of OS/2.

/// Width and height; `None` where the file ends before them. A height below zero means that the rows come from the top.
pub fn size(file: &[u8]) -> Option<(usize, usize)> {
    let header = file.get(14..)?;
    if u32::from_le_bytes(*header.first_chunk()?) == 12 {
        let side = |at: usize| Some(usize::from(u16::from_le_bytes(*header.get(at..)?.first_chunk()?)));
        return Some((side(4)?, side(6)?));
    }
    let side = |at: usize| Some(i32::from_le_bytes(*header.get(at..)?.first_chunk()?).unsigned_abs() as usize);
    Some((side(4)?, side(8)?))
}
