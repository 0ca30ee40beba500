//! Finding the source model's weights and opening a session on them.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use clap::{Arg, ArgMatches};
use lastlayer::backbone::card::{WeightsManifest, imagenet_labels};
use lastlayer::backbone::weights::Weights;
use lastlayer::device::{ComputeDevice, DeviceKind};
use lastlayer::error::{Error, ErrorCode, Result};
use lastlayer::session::Session;

use crate::io_error;

/// Where `./build.sh` puts the weights, from the repository's root.
const DEFAULT_FOLDER: &str = "build/weights";
const MANIFEST: &str = "efficientnet_lite0.json";

/// `--weights`, `--backbone`, `--start-from` and `--device`.
pub fn arguments() -> [Arg; 4] {
    let device = Arg::new("device")
        .long("device")
        .value_name("cpu|gpu|cuda")
        .value_parser(["cpu", "gpu", "cuda"])
        .default_value("cpu")
        .help("Where the network runs; gpu needs a build with --features webgpu, cuda one with --features cuda");
    let backbone = Arg::new("backbone")
        .long("backbone")
        .value_name("FILE")
        .value_parser(clap::value_parser!(PathBuf))
        .conflicts_with("weights")
        .help("Another network: safetensors, or a .pth of torch.save, with timm's or torchvision's names; it is recognised by them");
    let start_from = Arg::new("start-from")
        .long("start-from")
        .value_name("MODEL")
        .value_parser(clap::value_parser!(PathBuf))
        .help("A model that was trained here as the source model: its classes, and the stages that learnt");
    [weights_argument(), backbone, start_from, device]
}

fn weights_argument() -> Arg {
    Arg::new("weights")
        .long("weights")
        .value_name("FILE")
        .value_parser(clap::value_parser!(PathBuf))
        .help("Weights file of the source model [default: the one in build/weights of this repository]")
}

/// A session on the device and with the weights that the arguments name.
pub fn open_session(arguments: &ArgMatches) -> Result<Session> {
    let file = |name: &str| {
        let path = arguments.get_one::<PathBuf>(name);
        path.map(|path| std::fs::read(path).map_err(|error| io_error(path, &error))).transpose()
    };
    let weights = match (file("weights")?, file("backbone")?) {
        (Some(bytes), _) => Weights::open(bytes, None)?,
        (None, Some(bytes)) => Weights::bring(bytes, None, &imagenet_labels())?,
        (None, None) => default_weights()?,
    };
    let kind = match arguments.get_one::<String>("device").map(String::as_str) {
        Some("gpu") => DeviceKind::WebGpu,
        Some("cuda") => DeviceKind::Cuda,
        _ => DeviceKind::Cpu,
    };
    let device = pollster::block_on(ComputeDevice::open(kind))?;
    let Some(model) = file("start-from")? else { return Session::new(device, weights, clock) };
    let mut before = Session::new(device.clone(), weights, clock)?;
    before.open_model(&model)?;
    let source = pollster::block_on(before.export_source())?;
    Session::new(device, Weights::open(source, None)?, clock)
}

fn default_weights() -> Result<Weights> {
    // Beside the current folder first, then beside the sources this program was built from.
    let folders = [Path::new(DEFAULT_FOLDER).to_owned(), Path::new(env!("CARGO_MANIFEST_DIR")).join(DEFAULT_FOLDER)];
    let Some(folder) = folders.into_iter().find(|folder| folder.join(MANIFEST).is_file()) else {
        return Err(Error::new(
            ErrorCode::Io,
            format!("{DEFAULT_FOLDER}/{MANIFEST} not found: run ./build.sh once to fetch the weights, or name a file with --weights"),
        )
        .with("path", DEFAULT_FOLDER));
    };
    let manifest_path = folder.join(MANIFEST);
    let manifest = std::fs::read(&manifest_path).map_err(|error| io_error(&manifest_path, &error))?;
    let manifest: WeightsManifest = serde_json::from_slice(&manifest).map_err(|error| {
        Error::new(ErrorCode::WeightsCorrupt, format!("{}: {error}; run ./build.sh again", manifest_path.display()))
    })?;
    let path = folder.join(&manifest.file);
    let bytes = std::fs::read(&path).map_err(|error| io_error(&path, &error))?;
    Weights::open(bytes, Some(&manifest.sha256))
}

/// Seconds since the first call.
fn clock() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}
