//! A zip archive's table of contents: where the bytes of each entry lie.
//!
//! Read through the central directory at the end, ZIP64 included, because that is what PyTorch reads. Entries have to be stored
//! uncompressed, as PyTorch writes them, so nothing is unpacked and an entry is a range of the file. Check sums are not compared:
//! `torch.save` can be told to write none, and `torch.load` takes such a file.
//!
//! Format: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>, sections 4.3 and 4.5.3.

use std::collections::BTreeMap;
use std::ops::Range;

use super::bytes::Reader;
use super::refusal::{corrupt, shown, unsupported};
use crate::error::Result;

/// What an archive begins with: its first entry.
pub const MAGIC: &[u8; 4] = b"PK\x03\x04";

const LOCAL_ENTRY: u32 = 0x0403_4b50;
const CENTRAL_ENTRY: u32 = 0x0201_4b50;
const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const END64: u32 = 0x0606_4b50;
const END64_LOCATOR: u32 = 0x0706_4b50;
const END64_LOCATOR_LENGTH: usize = 20;
/// Tag of the extra field with sizes of 64 bits.
const EXTRA_ZIP64: u16 = 1;

/// Most entries of an archive: one for each storage and a few more.
const MAX_ENTRIES: u64 = 200_000;

/// An archive's entries by name.
pub struct Archive<'a> {
    bytes: &'a [u8],
    entries: BTreeMap<&'a str, Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    method: u16,
    size: u64,
    /// Where its own header begins.
    at: u64,
}

impl<'a> Archive<'a> {
    /// # Errors
    /// `weights-corrupt` where the directory is missing, ends too early, or names an entry twice.
    pub fn open(bytes: &'a [u8]) -> Result<Self> {
        let (start, count) = directory(bytes)?;
        if count > MAX_ENTRIES {
            return Err(corrupt(format!("its directory has {count} entries, expected at most {MAX_ENTRIES}")));
        }
        let start = usize::try_from(start).map_err(|_| corrupt("its directory lies outside the file"))?;
        let mut reader = Reader::new(bytes, start);
        let mut entries = BTreeMap::new();
        for _ in 0..count {
            let (name, entry) = central_entry(&mut reader)?;
            if entries.insert(name, entry).is_some() {
                return Err(corrupt(format!("it has two entries {:?}", shown(name))));
            }
        }
        Ok(Self { bytes, entries })
    }

    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.entries.keys().copied()
    }

    /// Where in the file the bytes of an entry lie; `None` where there is no such entry.
    ///
    /// # Errors
    /// `weights-unsupported` where it is compressed; `weights-corrupt` where it leaves the file.
    pub fn range(&self, name: &str) -> Result<Option<Range<usize>>> {
        let Some(entry) = self.entries.get(name) else {
            return Ok(None);
        };
        if entry.method != 0 {
            let message = format!(
                "the weights file is a compressed zip archive ({:?}): expected the plain entries that torch.save writes; \
                 unpack it, and save its weights again with torch.save",
                shown(name)
            );
            return Err(unsupported("kind", "a compressed zip archive", message));
        }
        let at = usize::try_from(entry.at).map_err(|_| corrupt(format!("{name:?} lies outside the file")))?;
        let mut reader = Reader::new(self.bytes, at);
        if reader.u32()? != LOCAL_ENTRY {
            return Err(corrupt(format!("{:?} is not where the directory says", shown(name))));
        }
        reader.take(22)?; // All of this stands in the directory, too; some writers leave it out here.
        let (name_length, extra_length) = (reader.u16()?, reader.u16()?);
        reader.take(u64::from(name_length) + u64::from(extra_length))?;
        let start = reader.position();
        reader.take(entry.size)?;
        Ok(Some(start..reader.position()))
    }
}

/// Where the central directory begins, and how many entries it has.
fn directory(bytes: &[u8]) -> Result<(u64, u64)> {
    // Behind it comes a comment of any length that 16 bits can say.
    let from = bytes.len().saturating_sub(END_LENGTH + usize::from(u16::MAX));
    let end = bytes[from..].windows(END.len()).rposition(|window| window == END);
    let end = from + end.ok_or_else(|| corrupt("its table of contents is missing, as in a download that was cut"))?;
    let mut reader = Reader::new(bytes, end);
    reader.take(10)?;
    let count = reader.u16()?;
    reader.take(4)?;
    let start = reader.u32()?;
    let comment = reader.u16()?;
    reader.take(comment.into())?;
    let locator = end.checked_sub(END64_LOCATOR_LENGTH).map(|at| Reader::new(bytes, at));
    if let Some(mut locator) = locator
        && locator.u32()? == END64_LOCATOR
    {
        locator.take(4)?;
        let at = usize::try_from(locator.u64()?).map_err(|_| corrupt("its table of contents lies outside the file"))?;
        let mut reader = Reader::new(bytes, at);
        if reader.u32()? != END64 {
            return Err(corrupt("its table of contents is not where it says"));
        }
        reader.take(28)?;
        let count = reader.u64()?;
        reader.take(8)?;
        return Ok((reader.u64()?, count));
    }
    Ok((start.into(), count.into()))
}

fn central_entry<'a>(reader: &mut Reader<'a>) -> Result<(&'a str, Entry)> {
    if reader.u32()? != CENTRAL_ENTRY {
        return Err(corrupt("its table of contents is damaged"));
    }
    reader.take(6)?;
    let method = reader.u16()?;
    reader.take(8)?;
    let (packed, size) = (reader.u32()?, reader.u32()?);
    let (name_length, extra_length, comment_length) = (reader.u16()?, reader.u16()?, reader.u16()?);
    reader.take(8)?;
    let at = reader.u32()?;
    let name = reader.take(name_length.into())?;
    let mut extra = Reader::new(reader.take(extra_length.into())?, 0);
    reader.take(comment_length.into())?;
    let name = std::str::from_utf8(name).map_err(|_| corrupt("the name of an entry is not UTF-8"))?;
    let mut entry = Entry { method, size: size.into(), at: at.into() };
    if [packed, size, at].contains(&u32::MAX) {
        // Each size that does not fit into 32 bits is in the extra field, in this order.
        loop {
            let (tag, length) = (extra.u16()?, extra.u16()?);
            let mut field = Reader::new(extra.take(length.into())?, 0);
            if tag != EXTRA_ZIP64 {
                continue;
            }
            if size == u32::MAX {
                entry.size = field.u64()?;
            }
            if packed == u32::MAX {
                field.u64()?;
            }
            if at == u32::MAX {
                entry.at = field.u64()?;
            }
            break;
        }
    }
    Ok((name, entry))
}
