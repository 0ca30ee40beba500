//! PyTorch's file since 1.6: a zip archive with the pickle `NAME/data.pkl` and each storage as an entry `NAME/data/KEY`.
//!
//! Written by `torch.save`: <https://github.com/pytorch/pytorch/blob/v2.9.0/torch/serialization.py>, `_save`.

use std::ops::Range;

use super::bytes::Reader;
use super::checkpoint::{Found, Storages, read_checkpoint};
use super::pickle;
use super::refusal::{corrupt, unsupported};
use super::zip::Archive;
use crate::error::Result;

const PICKLE: &str = "data.pkl";

/// The tensors of the checkpoint.
pub fn read(bytes: &[u8]) -> Result<Found> {
    let archive = Archive::open(bytes)?;
    let pickles = archive.names().filter_map(|name| name.strip_suffix(PICKLE));
    let folder = pickles.filter(|folder| folder.is_empty() || folder.ends_with('/')).min_by_key(|folder| folder.len());
    let folder = folder.ok_or_else(|| {
        let kind = "a zip archive without a data.pkl";
        unsupported(
            "kind",
            kind,
            format!("the weights file is {kind}: expected safetensors, or a file that torch.save wrote"),
        )
    })?;
    let of_folder = |name: &str| archive.range(&format!("{folder}{name}"));
    // Files before PyTorch 2.1 do not say; they are of the machine that wrote them, which was little-endian.
    if let Some(order) = of_folder("byteorder")? {
        check_little_endian(&bytes[order] == b"little")?;
    }
    let pickle = of_folder(PICKLE)?.ok_or_else(|| corrupt("its data.pkl is missing"))?;
    let end = pickle.end;
    let pickle = pickle::read(&mut Reader::new(&bytes[..end], pickle.start))?;
    read_checkpoint(&pickle, &Entries { archive, folder }, bytes.len())
}

/// # Errors
/// `weights-unsupported` where not.
pub fn check_little_endian(little: bool) -> Result<()> {
    if little {
        return Ok(());
    }
    let message = "the weights file is big-endian: expected little-endian numbers; save it again on a usual machine";
    Err(unsupported("kind", "big-endian", message))
}

struct Entries<'a> {
    archive: Archive<'a>,
    folder: &'a str,
}

impl Storages for Entries<'_> {
    fn range(&self, key: &str) -> Result<Option<Range<usize>>> {
        self.archive.range(&format!("{}data/{key}", self.folder))
    }
}
