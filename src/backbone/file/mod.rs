//! A weights file that people bring: bytes in, named tensors out.
//!
//! safetensors, and both forms of PyTorch's `.pth`, told apart by their content. Nothing in a file is ever run, and nothing that it
//! claims is believed: every count is compared with the bytes that are there before anything is set aside for it. Numbers are decoded
//! when they are asked for, so a file of 500 MB is not in memory twice.
//!
//! ```text
//!  safetensors_form ─────────────────────────┐
//!  zip_form (zip) ──┐                        ├──▶ names to views ── names (wrappers' prefixes off) ──▶ TensorFile
//!  legacy_form ─────┴─▶ pickle ── checkpoint ┘
//! ```
//!
//! Written here because what there is reads files, not bytes: `pytorch-reader` 0.22 (Burn's) opens paths, of which wasm has none, takes
//! objects of any name, and brings a zip and a tar crate with it. This is 35 kB of the wasm, compressed.

mod bytes;
mod checkpoint;
mod legacy_form;
mod names;
mod number;
mod pickle;
mod refusal;
mod safetensors_form;
mod tensor_info;
mod view;
mod zip;
mod zip_form;

use std::collections::BTreeMap;

use checkpoint::Found;
pub use number::Number;
use refusal::unsupported;
pub use tensor_info::TensorInfo;

use crate::error::{Error, Result};

/// A file's tensors by their names, and its bytes.
#[derive(Debug)]
pub struct TensorFile {
    bytes: Vec<u8>,
    /// Tensors of floats, without the [prefix](Self::prefix).
    pub tensors: BTreeMap<String, TensorInfo>,
    /// Tensors that are no weights and are not read: PyTorch's counters (`num_batches_tracked`), and all that are of integers.
    pub others: BTreeMap<String, TensorInfo>,
    /// What wrappers put before the names, and was taken off: `module.`. Tensors without it do not belong to the network, and are
    /// left out: of a detection model only the trunk, `backbone.body.`, stays.
    pub prefix: String,
    /// How many were left out so.
    pub left_out: usize,
}

impl TensorFile {
    /// Finds the tensors in the bytes of a file.
    ///
    /// # Errors
    /// `weights-corrupt` where it is cut, damaged or claims what is not there; `weights-unsupported`, with the name of what, where it is
    /// no file of weights, would have to be run (a whole pickled model), or has other numbers than floats.
    pub fn open(bytes: Vec<u8>) -> Result<Self> {
        let Found { tensors, others } = find(&bytes)?;
        let prefix = names::prefix(tensors.keys().map(String::as_str));
        let all = tensors.len();
        let (tensors, others) = (without(&prefix, tensors), without(&prefix, others));
        Ok(Self { bytes, left_out: all - tensors.len(), tensors, others, prefix })
    }

    /// The numbers of a tensor, row-major, as f32; `None` where there is none of that name. The file keeps them: each call decodes
    /// them again.
    pub fn take(&self, name: &str) -> Option<Vec<f32>> {
        self.tensors.get(name).map(|TensorInfo(view)| view.read(&self.bytes))
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The whole file, and nothing else.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Those whose name begins with `prefix`, under what follows it.
fn without(prefix: &str, tensors: BTreeMap<String, TensorInfo>) -> BTreeMap<String, TensorInfo> {
    if prefix.is_empty() {
        return tensors;
    }
    // In a loop: `collect` would bring a sort of its own into the wasm.
    let mut short = BTreeMap::new();
    for (name, tensor) in tensors {
        if let Some(name) = name.strip_prefix(prefix) {
            short.insert(name.to_owned(), tensor);
        }
    }
    short
}

fn find(bytes: &[u8]) -> Result<Found> {
    if bytes.starts_with(zip::MAGIC) {
        zip_form::read(bytes)
    } else if safetensors_form::begins(bytes) {
        safetensors_form::read(bytes)
    } else if bytes.first() == Some(&PICKLE) {
        legacy_form::read(bytes)
    } else {
        Err(foreign(bytes))
    }
}

/// The opcode a pickle of protocol 2 or later begins with.
const PICKLE: u8 = 0x80;

/// What people have instead, by what it begins with or has at a place.
const FOREIGN: [(usize, &[u8], &str); 7] = [
    (0, b"\x89HDF", "a Keras or HDF5 file"),
    (0, b"GGUF", "a GGUF file"),
    (0, b"<", "a web page, as in a download that asked for something first"),
    (0, b"version https://git-lfs", "a Git LFS pointer: the file itself was not downloaded"),
    (4, b"TFL3", "a TensorFlow Lite file"),
    (257, b"ustar", "a tar archive, as PyTorch wrote before 0.1.10"),
    (0, b"{", "JSON"),
];

fn foreign(bytes: &[u8]) -> Error {
    let begins = |at: usize, magic: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(magic));
    let kind = FOREIGN.iter().find(|(at, magic, _)| begins(*at, magic)).map(|(_, _, kind)| *kind);
    let kind = kind.unwrap_or(if bytes.is_empty() { "empty" } else { "of no kind that is read here" });
    unsupported(
        "kind",
        kind,
        format!("the weights file is {kind}: expected safetensors, or a .pth that torch.save wrote"),
    )
}
