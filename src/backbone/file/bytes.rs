//! Reading numbers from the front of bytes, within their bounds.

use super::refusal::corrupt;
use crate::error::{Error, Result};

/// Where in a file reading has got to.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// From byte `at` on; one past the end ends too early with the first read.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// How many bytes lie before the next one.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The next `count` bytes. Nothing is copied, so a count that lies costs nothing. Out of line: a hundred places read something,
    /// none of them often, and all of this is downloaded.
    #[inline(never)]
    pub fn take(&mut self, count: u64) -> Result<&'a [u8]> {
        let end = usize::try_from(count).ok().and_then(|count| self.at.checked_add(count));
        let taken = end.and_then(|end| self.bytes.get(self.at..end)).ok_or_else(|| self.too_short(count))?;
        self.at += taken.len();
        Ok(taken)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64)?);
        Ok(array)
    }

    pub fn u8(&mut self) -> Result<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// Up to the next line feed, which is read over. A line is at most `most` bytes long.
    pub fn line(&mut self, most: usize) -> Result<&'a [u8]> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = rest.iter().take(most + 1).position(|&byte| byte == b'\n');
        let line = end
            .map(|end| &rest[..end])
            .ok_or_else(|| corrupt(format!("expected a line of at most {most} bytes at byte {}", self.at)))?;
        self.at += line.len() + 1;
        Ok(line)
    }

    fn too_short(&self, count: u64) -> Error {
        corrupt(format!("{count} bytes are missing at byte {}, the file has {}", self.at, self.bytes.len()))
    }
}
