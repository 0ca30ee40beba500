//! A weights file in memory: safetensors with timm's names and a card.
//!
//! Numbers are f32, f16, or 8 bits: a tensor `NAME` `[outputs, inputs, …]` of I8 is accompanied by a tensor [`NAME.scale`](scale_name)
//! `[outputs, groups]`, and weight `i` of output channel `c` is `scale[c, i / group] · NAME[c, i]`, with [`group`](scale_group)
//! neighbouring weights to a scale. Which tensors are which is the file's business; all become f32 when they are loaded.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use half::f16;
use safetensors::tensor::{Dtype, Metadata, SafeTensors};
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};

use super::architecture::Architecture;
use super::card::Card;
use super::file::TensorFile;
use super::recognise::{Recognised, recognise};
use super::registry::by_name;
use super::stored::{CARD_KEY, StoredTensor};
use super::tensor_file::{self, MODEL_KEY};
use crate::error::{Error, ErrorCode, Result};
use crate::nn::params::Params;

/// Name of the scales of the 8-bit tensor `name`.
pub fn scale_name(name: &str) -> String {
    format!("{name}.scale")
}

/// Groups of weights with a scale of their own, in a row of `width` weights: about 64 weights each. The logits are 0.020 off (rms, on 440
/// photos), with the output layer in 7 bits 0.022. With one scale to the row it was 0.026 and 0.2 MB less to download, with groups of 32 it would be 0.018 and as much more.
pub fn scale_groups(width: usize) -> usize {
    width.div_ceil(64).max(1)
}

/// Weights in each of them; the last may have fewer.
pub fn scale_group(width: usize) -> usize {
    width.div_ceil(scale_groups(width)).max(1)
}

/// The source model's weights. Layers are built from it again for every split, so it is kept as the file's bytes
/// (mostly 8 bits a number) rather than as tensors.
pub struct Weights {
    tensors: Tensors,
    pub card: Card,
    /// SHA-256 of the whole file in hexadecimal: what a model file refers to.
    pub sha256: String,
    pub architecture: &'static Architecture,
}

/// Whether the layers of a network's own head are used where a file has them. VGG's take 0.5 GB beside the 0.5 GB of the file: in
/// WebAssembly, which has 4 GB at the most and many machines less, they are left out.
const OWN_HEADS: bool = !cfg!(target_family = "wasm");

enum Tensors {
    /// One of this program's own files.
    Own { bytes: Vec<u8>, metadata: Metadata, data_start: usize },
    /// A file that somebody brought, and its names of the parameters.
    Brought { file: TensorFile, names: BTreeMap<String, String>, own_head: bool },
}

impl Weights {
    /// Reads the header and the card; the card names the architecture.
    ///
    /// # Errors
    /// `weights-corrupt` when the hash differs from `expected_sha256` or the file is not safetensors with a card;
    /// `weights-mismatch` when the card names an architecture this crate does not have.
    pub fn open(bytes: Vec<u8>, expected_sha256: Option<&str>) -> Result<Self> {
        Self::open_as(bytes, expected_sha256, by_name)
    }

    /// As [`open`](Self::open), with architectures of the caller's.
    pub fn open_as(
        bytes: Vec<u8>,
        expected_sha256: Option<&str>,
        by_name: impl Fn(&str) -> Option<&'static Architecture>,
    ) -> Result<Self> {
        let sha256 = checked_sha256(&bytes, expected_sha256)?;
        let (header_bytes, metadata) =
            SafeTensors::read_metadata(&bytes).map_err(|error| corrupt(format!("it is not safetensors: {error}")))?;
        let card = own_card(&metadata).ok_or_else(|| corrupt("it has no card".into()))?;
        let card: Card =
            serde_json::from_str(card).map_err(|error| corrupt(format!("its card is not readable: {error}")))?;
        card.input.check().map_err(corrupt)?;
        let architecture = by_name(&card.name).ok_or_else(|| {
            Error::new(
                ErrorCode::WeightsMismatch,
                format!("the weights are for the architecture {:?}, which this version does not know", card.name),
            )
            .with("name", &card.name)
        })?;
        // The length of the header is stored in the first eight bytes.
        Ok(Self { tensors: Tensors::Own { data_start: header_bytes + 8, bytes, metadata }, card, sha256, architecture })
    }

    /// A file that somebody brings: one with a card as [`open`](Self::open) does, any other as safetensors or a PyTorch checkpoint of
    /// one of the [known networks](super::all), which is recognised by its tensors. `labels` are the classes of its output layer, where
    /// it has as many outputs; otherwise, they are numbered.
    ///
    /// # Errors
    /// As [`open`](Self::open), [`TensorFile::open`] and [`recognise`]: `weights-corrupt`, `weights-unsupported` and
    /// `weights-mismatch`.
    pub fn bring(bytes: Vec<u8>, expected_sha256: Option<&str>, labels: &[String]) -> Result<Self> {
        if SafeTensors::read_metadata(&bytes).is_ok_and(|(_, metadata)| own_card(&metadata).is_some()) {
            let mut weights = Self::open(bytes, expected_sha256)?;
            // Of a network that was taught here the classes are somebody's own, who may call them otherwise by now.
            if weights.card.tuned.is_some() && weights.card.labels.len() == labels.len() {
                weights.card.labels = labels.to_vec();
            }
            return Ok(weights);
        }
        if tensor_file::read_card::<IgnoredAny>(&bytes, MODEL_KEY).is_ok() {
            return Err(Error::new(
                ErrorCode::WeightsUnsupported,
                "the file is a model that was trained here, which holds what a training changed and no whole network: open it as a \
                 model, and start the next task from that",
            )
            .with("kind", "a lastlayer model file"));
        }
        let sha256 = checked_sha256(&bytes, expected_sha256)?;
        let file = TensorFile::open(bytes)?;
        let Recognised { architecture, names, classes, own_head, .. } = recognise(&file)?;
        let labels = match classes {
            _ if own_head && !OWN_HEADS => Vec::new(),
            Some(classes) if classes == labels.len() => labels.to_vec(),
            Some(classes) => (1..=classes).map(|number| number.to_string()).collect(),
            None => Vec::new(),
        };
        let card = Card {
            name: architecture.name.to_owned(),
            source: format!("a file with SHA-256 {sha256}"),
            licence: String::new(),
            source_sha256: sha256.clone(),
            input: architecture.input.clone(),
            resize_filter: architecture.input.described(),
            stages: architecture.stages.iter().map(|stage| stage.name.clone()).collect(),
            labels,
            flip_average: false,
            layers: None,
            tuned: None,
        };
        Ok(Self { tensors: Tensors::Brought { file, names, own_head }, card, sha256, architecture })
    }

    /// SHA-256 of the weights file that this one, or what it was made of by trainings here, began with: a model file refers to that, and
    /// has all that is different since.
    pub fn first_sha256(&self) -> &str {
        self.card.tuned.as_ref().map_or(&self.sha256, |tuned| &tuned.weights_sha256)
    }

    /// How many of the last stages are not those of that file.
    pub fn tuned_stages(&self) -> usize {
        self.card.tuned.as_ref().map_or(0, |tuned| tuned.last_stages)
    }

    /// The network with the layers of its own head, where its classes come from these.
    pub fn with_own_head(&self) -> Option<Architecture> {
        match &self.tensors {
            Tensors::Brought { own_head: true, .. } if OWN_HEADS => self.architecture.with_own_head(),
            _ => None,
        }
    }

    /// The tensors of a parameter as a file of this program has them: its numbers, and where these are of 8 bits their scales.
    pub fn stored(&self, name: &str) -> Vec<StoredTensor<'_>> {
        match &self.tensors {
            Tensors::Own { bytes, metadata, data_start } => {
                let tensor = |name: String| {
                    let info = metadata.info(&name)?;
                    let (start, end) = info.data_offsets;
                    let bytes = Cow::Borrowed(&bytes[data_start + start..data_start + end]);
                    Some(StoredTensor { name, dtype: info.dtype, shape: info.shape.clone(), bytes })
                };
                [name.to_owned(), scale_name(name)].into_iter().filter_map(tensor).collect()
            }
            Tensors::Brought { file, names, .. } => {
                let found = names.get(name).and_then(|theirs| Some((file.tensors.get(theirs)?, file.take(theirs)?)));
                let tensor = found.map(|(tensor, values)| StoredTensor::floats(name, tensor.shape(), &values));
                tensor.into_iter().collect()
            }
        }
    }

    /// The whole file.
    pub fn file(&self) -> &[u8] {
        match &self.tensors {
            Tensors::Own { bytes, .. } => bytes,
            Tensors::Brought { file, .. } => file.bytes(),
        }
    }

    /// A source of layer parameters; call [`LoadedParams::finish`] once everything is built.
    pub fn params(&self) -> LoadedParams<'_> {
        LoadedParams { weights: self, taken: BTreeSet::new(), missing: Vec::new(), wrong_shape: Vec::new() }
    }
}

fn own_card(metadata: &Metadata) -> Option<&String> {
    metadata.metadata().as_ref().and_then(|entries| entries.get(CARD_KEY))
}

fn checked_sha256(bytes: &[u8], expected: Option<&str>) -> Result<String> {
    let sha256 = sha256_hex(bytes);
    match expected {
        Some(expected) if expected != sha256 => Err(corrupt(format!("its SHA-256 is {sha256}, expected {expected}"))),
        _ => Ok(sha256),
    }
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn corrupt(reason: String) -> Error {
    Error::new(ErrorCode::WeightsCorrupt, format!("the weights file cannot be used: {reason}; download it again"))
        .with("detail", reason)
}

/// [`Params`] out of a [`Weights`] file, keeping account of what does not fit.
pub struct LoadedParams<'a> {
    weights: &'a Weights,
    taken: BTreeSet<String>,
    missing: Vec<String>,
    wrong_shape: Vec<String>,
}

impl Params for LoadedParams<'_> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        self.take_floats(name, shape).unwrap_or_else(|| vec![0.0; shape.iter().product()])
    }
}

impl<'a> LoadedParams<'a> {
    /// `None` for what is missing or does not fit, which is noted.
    fn take_floats(&mut self, name: &str, shape: &[usize]) -> Option<Vec<f32>> {
        let weights = self.weights;
        match &weights.tensors {
            Tensors::Own { bytes, metadata, data_start } => self.take_own(name, shape, metadata, &bytes[*data_start..]),
            Tensors::Brought { file, names, .. } => {
                self.taken.insert(name.to_owned());
                let theirs = names.get(name);
                // What was recognised is there, and has the right shape; the output layer's alone may be asked for in another. A
                // convolution over a whole map may be a matrix in the file.
                let count: usize = shape.iter().product();
                let fits = |theirs: &&String| {
                    let shape = file.tensors.get(*theirs).map(|tensor| tensor.shape());
                    shape.is_some_and(|shape| shape.iter().product::<usize>() == count)
                };
                let values = theirs.filter(fits).and_then(|theirs| file.take(theirs));
                if values.is_none() {
                    self.missing.push(name.to_owned());
                }
                values
            }
        }
    }

    fn take_own(&mut self, name: &str, shape: &[usize], metadata: &'a Metadata, data: &'a [u8]) -> Option<Vec<f32>> {
        match self.find(name, shape, metadata, data)? {
            (Dtype::I8, data) => {
                let outputs = shape.first().copied().unwrap_or(1);
                let width = data.len() / outputs.max(1);
                let scales = self.take_floats(&scale_name(name), &[outputs, scale_groups(width)])?;
                Some(scaled(data, width, &scales))
            }
            (dtype, data) => read_floats(dtype, data).or_else(|| {
                self.wrong_shape.push(format!("{name} (expected f32, f16 or i8 numbers, got {dtype:?})"));
                None
            }),
        }
    }

    /// Type and bytes of a tensor.
    fn find(
        &mut self,
        name: &str,
        shape: &[usize],
        metadata: &'a Metadata,
        data: &'a [u8],
    ) -> Option<(Dtype, &'a [u8])> {
        self.taken.insert(name.to_owned());
        let Some(info) = metadata.info(name) else {
            self.missing.push(name.to_owned());
            return None;
        };
        if info.shape != shape {
            self.wrong_shape.push(format!("{name} (expected {shape:?}, got {:?})", info.shape));
            return None;
        }
        let (start, end) = info.data_offsets;
        Some((info.dtype, &data[start..end]))
    }
}

impl LoadedParams<'_> {
    /// Checks that everything asked for was there.
    ///
    /// # Errors
    /// `weights-mismatch` with the lists of missing and misshapen tensors.
    pub fn finish(self) -> Result<()> {
        self.report(Vec::new())
    }

    /// As [`finish`](Self::finish), and that nothing was left over: for the pass that loads the whole source model.
    pub fn finish_all(self) -> Result<()> {
        let unexpected = match &self.weights.tensors {
            Tensors::Own { metadata, .. } => metadata
                .tensors()
                .into_keys()
                // A counter PyTorch keeps for training; it is not a weight.
                .filter(|name| !self.taken.contains(name) && !name.ends_with("num_batches_tracked"))
                .collect(),
            // It was looked at when the network was recognised.
            Tensors::Brought { .. } => Vec::new(),
        };
        self.report(unexpected)
    }

    fn report(self, mut unexpected: Vec<String>) -> Result<()> {
        unexpected.sort();
        let lists =
            [("missing", &self.missing), ("unexpected", &unexpected), ("of the wrong shape", &self.wrong_shape)];
        let problems: Vec<String> = lists
            .iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| format!("{} {what}: {}", names.len(), names.join(", ")))
            .collect();
        if problems.is_empty() {
            return Ok(());
        }
        let architecture = self.weights.architecture.name;
        let problems = problems.join("; ");
        Err(Error::new(ErrorCode::WeightsMismatch, format!("the weights do not fit {architecture}: {problems}"))
            .with("name", architecture)
            .with("detail", problems))
    }
}

/// Numbers of 8 bits, row after row of `width`, each group of a row times its scale.
fn scaled(data: &[u8], width: usize, scales: &[f32]) -> Vec<f32> {
    let rows = data.chunks_exact(width.max(1));
    let groups = rows.flat_map(|row| row.chunks(scale_group(width)));
    groups
        .zip(scales)
        .flat_map(|(group, scale)| group.iter().map(move |&value| f32::from(value as i8) * scale))
        .collect()
}

/// Little-endian f32 or f16 as f32; `None` for other types.
pub fn read_floats(dtype: Dtype, data: &[u8]) -> Option<Vec<f32>> {
    match dtype {
        Dtype::F32 => Some(data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()),
        Dtype::F16 => Some(data.as_chunks().0.iter().map(|bytes| f16::from_le_bytes(*bytes).to_f32()).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_of_a_row_has_its_scale_and_the_last_may_be_shorter() {
        assert_eq!([16, 64, 65, 142, 1280].map(scale_groups), [1, 1, 2, 3, 20]);
        assert_eq!(scale_group(142), 48);
        let data: Vec<u8> = (0..284).map(|at| if at % 2 == 0 { 1 } else { 255 }).collect();
        let weights = scaled(&data, 142, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(weights.len(), 284);
        let of_group = |at: usize| (at / 142 * 3 + at % 142 / 48 + 1) as f32;
        for (at, weight) in weights.into_iter().enumerate() {
            assert_eq!(weight, if at % 2 == 0 { of_group(at) } else { -of_group(at) }, "{at}");
        }
    }
}
