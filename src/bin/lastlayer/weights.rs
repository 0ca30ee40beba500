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
const DEFAULT_NETWORK: &str = "efficientnet_lite0";

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
        .value_name("NAME|FILE")
        .value_parser(clap::value_parser!(PathBuf))
        .conflicts_with("weights")
        .help(
            "Another network: one of those in build/weights by its name, such as efficientnet_lite2, or a file: safetensors, or a .pth of \
             torch.save, with timm's or torchvision's names; it is recognised by them",
        );
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
    let path = |name: &str| arguments.get_one::<PathBuf>(name);
    let read = |path: &Path| std::fs::read(path).map_err(|error| io_error(path, &error));
    let weights = match (path("weights"), path("backbone")) {
        (Some(path), _) => Weights::open(read(path)?, None)?,
        (None, Some(path)) => match name_of_network(path) {
            Some(name) => site_weights(name)?,
            None => Weights::bring(read(path)?, None, &imagenet_labels())?,
        },
        (None, None) => site_weights(DEFAULT_NETWORK)?,
    };
    let kind = match arguments.get_one::<String>("device").map(String::as_str) {
        Some("gpu") => DeviceKind::WebGpu,
        Some("cuda") => DeviceKind::Cuda,
        _ => DeviceKind::Cpu,
    };
    let device = pollster::block_on(ComputeDevice::open(kind))?;
    let Some(model) = arguments.get_one::<PathBuf>("start-from") else { return Session::new(device, weights, clock) };
    let mut before = Session::new(device.clone(), weights, clock)?;
    before.open_model(&read(model)?)?;
    let source = pollster::block_on(before.export_source())?;
    Session::new(device, Weights::open(source, None)?, clock)
}

/// What names a network and no file: names have neither a slash nor a dot, as on the page. A file that is called so comes first.
fn name_of_network(path: &Path) -> Option<&str> {
    path.to_str().filter(|name| !name.contains(['/', '\\', '.']) && !path.exists())
}

/// The weights of a network that `./build.sh` makes.
fn site_weights(name: &str) -> Result<Weights> {
    // Beside the current folder first, then beside the sources this program was built from.
    let folders = [Path::new(DEFAULT_FOLDER).to_owned(), Path::new(env!("CARGO_MANIFEST_DIR")).join(DEFAULT_FOLDER)];
    let manifest = format!("{name}.json");
    let Some(folder) = folders.iter().find(|folder| folder.join(&manifest).is_file()) else {
        let names = folders.iter().map(|folder| networks_in(folder)).find(|names| !names.is_empty());
        let message = match names {
            Some(names) => {
                let names = names.join(", ");
                format!("there is neither a file nor a network {name:?}: the networks in {DEFAULT_FOLDER} are {names}")
            }
            None => {
                format!(
                    "{DEFAULT_FOLDER}/{manifest} not found: run ./build.sh once to fetch the weights, or name a file with --weights"
                )
            }
        };
        return Err(Error::new(ErrorCode::Io, message).with("path", DEFAULT_FOLDER));
    };
    let manifest_path = folder.join(&manifest);
    let manifest = std::fs::read(&manifest_path).map_err(|error| io_error(&manifest_path, &error))?;
    let manifest: WeightsManifest = serde_json::from_slice(&manifest).map_err(|error| {
        Error::new(ErrorCode::WeightsCorrupt, format!("{}: {error}; run ./build.sh again", manifest_path.display()))
    })?;
    let path = folder.join(&manifest.file);
    let bytes = std::fs::read(&path).map_err(|error| io_error(&path, &error))?;
    Weights::open(bytes, Some(&manifest.sha256))
}

/// The names of the networks whose weights lie there, sorted; none where there is no such folder.
fn networks_in(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".json")?.to_owned()));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// Seconds since the first call.
fn clock() -> f64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}
