//! Shared by the tests: a toy backbone with random weights, the goldens' formulas, and where weights and photos are.
#![allow(dead_code)] // Each test file uses its own part.

pub mod drawn_network;
pub mod formulas;
pub mod onnx_file;
pub mod onnx_run;

#[allow(unused_imports)] // As above.
pub use formulas::{fnv1a, hash32, sampled};

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use lastlayer::backbone::architecture::Architecture;
use lastlayer::backbone::card::Card;
use lastlayer::backbone::inverted_residuals::{Row, Table, row};
use lastlayer::backbone::stage::Stage;
use lastlayer::backbone::stored::{self, StoredTensor};
use lastlayer::backbone::weights::{Weights, sha256_hex};
use lastlayer::backbone::{resnet, vgg};
use lastlayer::data::dataset::Added;
use lastlayer::device::{ComputeDevice, DeviceKind};
use lastlayer::eval::nearest::Nearest;
use lastlayer::image::prepare::InputSpec;
use lastlayer::image::{DecodedPhoto, Pixels, decode};
use lastlayer::nn::conv_norm::Mode;
use lastlayer::nn::linear;
use lastlayer::nn::params::{Params, RandomParams};
use lastlayer::rng::Rng;
use lastlayer::session::event::StepEvent;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;
use lastlayer::train::run::report::Report;
use libtest_mimic::Trial;
use serde::de::DeserializeOwned;

/// Three stages at 32 pixels: small enough to train whole in a test, with every kind of block in it.
pub static TOY: LazyLock<Architecture> = LazyLock::new(|| {
    const STAGES: &[Row] = &[row(1, 3, 1, 8, 1), row(2, 3, 2, 12, 2), row(2, 5, 2, 16, 1)];
    let (width, depth) = (1.0, 1.0);
    let (name, stem, features, epsilon) = ("toy", 8, 32, 1e-3);
    let input = InputSpec::new(TOY_SIZE, [127.0; 3], [128.0; 3]);
    let table = Table { name, stem, stages: STAGES, features, width, depth, same: true, epsilon, input };
    table.architecture(|_| Vec::new())
});

/// A narrow member of each other family, and of each kind of block in it, at 64 pixels.
pub fn narrow_networks() -> &'static [Architecture] {
    static NARROW: LazyLock<Vec<Architecture>> = LazyLock::new(|| {
        const STAGES: &[Row] = &[row(1, 3, 1, 8, 1), row(2, 3, 2, 12, 2)];
        let (width, depth) = (1.0, 1.0);
        let (name, stem, features, epsilon) = ("mobile", 8, 16, 1e-5);
        let input = InputSpec::new(2 * TOY_SIZE, [127.0; 3], [128.0; 3]);
        let mobile = Table { name, stem, stages: STAGES, features, width, depth, same: false, epsilon, input };
        let resnet = |name, kind, blocks| resnet::Table { name, kind, blocks, channels: 4 }.architecture();
        let vgg = |name, norm| {
            vgg::Table { name, convolutions: [1, 1, 1, 2, 1], channels: [4, 6, 8, 8, 12], norm }.architecture()
        };
        let mut networks = vec![
            mobile.architecture(|_| Vec::new()),
            resnet("basic", resnet::Kind::Basic, [1, 1, 2, 1]),
            resnet("bottleneck", resnet::Kind::Bottleneck, [1, 2, 1, 1]),
            vgg("vgg", false),
            vgg("vgg_bn", true),
        ];
        networks.iter_mut().for_each(|network| network.input.size = 2 * TOY_SIZE);
        networks
    });
    &NARROW
}

pub const TOY_SIZE: u32 = 32;
/// In natural order, as a training puts its classes.
pub const TOY_LABELS: [&str; 3] = ["one", "two", "zero"];

/// Random parameters that also remembers what it gave, to write a weights file from. Batch-norm gets statistics that
/// are not the identity, so that folding them is put to the test.
struct Recorder {
    random: RandomParams,
    given: Vec<(String, Vec<usize>, Vec<f32>)>,
}

impl Params for Recorder {
    fn take(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
        let mut values = self.random.take(name, shape);
        if shape.len() == 1 {
            let rng = &mut self.random.0;
            let spread = if name.ends_with("running_var") { 0.5 } else { 0.2 };
            values.iter_mut().for_each(|value| *value += spread * (rng.uniform() - 0.5));
        }
        self.given.push((name.to_owned(), shape.to_vec(), values.clone()));
        values
    }
}

/// Name, shape and values of a network's tensors.
pub fn tensors_of(network: &Architecture) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let device = cpu().tensors;
    let mut params = Recorder { random: RandomParams(Rng::new(42)), given: Vec::new() };
    for operations in network.layers() {
        Stage::load(operations, &mut params, Mode::Frozen, &device);
    }
    linear::load(&mut params, network.classifier, network.features(), TOY_LABELS.len(), &device);
    params.given
}

/// A weights file of the toy backbone, f32. `change` may spoil the list of (name, shape, values).
pub fn toy_weights_file(change: impl FnOnce(&mut Vec<(String, Vec<usize>, Vec<f32>)>)) -> Vec<u8> {
    weights_file_of(&TOY, change)
}

/// The same of another network.
pub fn weights_file_of(
    network: &Architecture,
    change: impl FnOnce(&mut Vec<(String, Vec<usize>, Vec<f32>)>),
) -> Vec<u8> {
    let mut tensors = tensors_of(network);
    change(&mut tensors);
    let tensors: Vec<StoredTensor> =
        tensors.iter().map(|(name, shape, values)| StoredTensor::floats(name, shape, values)).collect();
    let checkpoint = sha256_hex(&tensors.iter().flat_map(|tensor| tensor.bytes.to_vec()).collect::<Vec<u8>>());
    weights_of(network, &tensors, checkpoint)
}

/// A weights file of these tensors of the toy backbone, said to come from the checkpoint of that hash.
pub fn toy_weights_of(tensors: &[StoredTensor], checkpoint: String) -> Vec<u8> {
    weights_of(&TOY, tensors, checkpoint)
}

fn weights_of(network: &Architecture, tensors: &[StoredTensor], checkpoint: String) -> Vec<u8> {
    let output_layer = tensors.iter().find(|tensor| tensor.name == format!("{}.weight", network.classifier));
    let labels = match output_layer.map_or(TOY_LABELS.len(), |weight| weight.shape[0]) {
        3 => TOY_LABELS.map(str::to_owned).to_vec(),
        classes => (1..=classes).map(|number| number.to_string()).collect(),
    };
    let card = Card {
        name: network.name.into(),
        source: "drawn by the tests".into(),
        licence: "MIT".into(),
        source_sha256: checkpoint,
        input: network.input.clone(),
        resize_filter: "bicubic".into(),
        stages: network.stages.iter().map(|stage| stage.name.clone()).collect(),
        labels,
        flip_average: false,
        layers: None,
        tuned: None,
    };
    stored::write(tensors, &card).unwrap()
}

pub fn open_toy(file: Vec<u8>) -> lastlayer::error::Result<Weights> {
    Weights::open_as(file, None, |name| (name == "toy").then_some(&TOY))
}

pub fn toy_session() -> Session {
    Session::new(cpu(), open_toy(toy_weights_file(|_| ())).unwrap(), || 0.0).unwrap()
}

/// A session on the drawn weights of a network.
pub fn session_of(network: &'static Architecture) -> Session {
    let weights = Weights::open_as(weights_file_of(network, |_| ()), None, |_| Some(network)).unwrap();
    Session::new(cpu(), weights, || 0.0).unwrap()
}

pub fn cpu() -> ComputeDevice {
    pollster::block_on(ComputeDevice::open(DeviceKind::Cpu)).unwrap()
}

/// A drawn photo whose class shows: class 0 is reddish with vertical stripes, 1 greenish with horizontal ones, 2 bluish and
/// plain. `variant` moves and shades it.
pub fn drawn(class: usize, variant: u64, width: u32, height: u32) -> Pixels {
    let mut rng = Rng::new(1000 * class as u64 + variant);
    let (phase, base) = (rng.below(8) as u32, 90 + rng.below(60) as i32);
    let mut rgb = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            let stripe = match class {
                0 => (x + phase) / 4 % 2,
                1 => (y + phase) / 4 % 2,
                _ => 0,
            } as i32;
            for channel in 0..3 {
                let tint = if channel == class { 60 } else { 0 };
                let noise = rng.below(25) as i32;
                rgb.push((base + tint + 40 * stripe + noise).clamp(0, 255) as u8);
            }
        }
    }
    Pixels { width, height, rgb }
}

/// Adds `per_class` drawn photos to each of `classes` classes named as [`TOY_LABELS`], with ids from `first_id`.
pub fn add_drawn(session: &mut Session, classes: usize, per_class: usize, first_id: u32) {
    let mut id = first_id;
    for (class, label) in TOY_LABELS.iter().enumerate().take(classes) {
        for _ in 0..per_class {
            let photo = drawn(class, u64::from(id), 40, 36);
            let added = session.add_photo(id, &format!("{id}.png"), label, &format!("hash {id}"), &photo).unwrap();
            assert_eq!(added, Added::New);
            id += 1;
        }
    }
}

/// The plain training of the last `k` stages: no augmentation.
pub fn stages(k: usize) -> TrainConfig {
    let regime = if k == 0 { Regime::Head } else { Regime::Auto };
    TrainConfig { regime, last_stages: k, epochs: if k == 0 { 100 } else { 20 }, augment: 0, ..TrainConfig::default() }
}

/// The plain training of the output layer alone.
pub fn head() -> TrainConfig {
    stages(0)
}

/// Hands photos back that [`add_drawn`] drew, by their classes.
pub fn supply_drawn(session: &mut Session, ids: &[u32]) {
    for &id in ids {
        let photo = session.dataset().photo(id).unwrap();
        let class = photo.class;
        let class = session.dataset().classes().iter().position(|other| other.id == class).unwrap();
        session.supply_photo(id, &drawn(class, u64::from(id), 40, 36)).unwrap();
    }
}

/// Trains to the end, drawing photos again that are asked for, and returns every other event but the last, and the report.
pub fn train(session: &mut Session, config: TrainConfig) -> (Vec<StepEvent>, Report) {
    session.start_training(config).unwrap();
    let mut events = Vec::new();
    loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::Done { report } => return (events, *report),
            StepEvent::NeedPhotos { ids } => supply_drawn(session, &ids),
            event => events.push(event),
        }
    }
}

/// The photos most like one, once all are read that can be.
pub fn nearest(session: &mut Session, photo: &impl DecodedPhoto, count: usize, model: ModelChoice) -> Nearest {
    while pollster::block_on(session.read_features(model)).unwrap() {}
    pollster::block_on(session.nearest(photo, count, model)).unwrap()
}

// --- goldens ---------------------------------------------------------------------------------------------------------------

pub fn fixture<T: DeserializeOwned>(name: &str) -> T {
    let path = repository().join("tests/fixtures").join(name);
    serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap()
}

pub fn triangle(v: u32) -> u32 {
    let v = v % 512;
    if v < 256 { v } else { 511 - v }
}

/// The drawn images of `fixtures/make_parity.py`, 8 bits a channel, `[2, 3, 224, 224]`.
pub fn parity_bytes() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 * 3 * 224 * 224);
    for n in 0..2 {
        for c in 0..3 {
            for y in 0..224 {
                for x in 0..224 {
                    let flat = ((n * 3 + c) * 224 + y) * 224 + x;
                    let tile = ((n * 3 + c) * 14 + y / 16) * 14 + x / 16;
                    let waves = 2 * triangle((2 + n) * x + (1 + c) * y + 40 * c);
                    bytes.push(((waves + hash32(tile) % 256 + hash32(flat) % 256) / 4) as u8);
                }
            }
        }
    }
    bytes
}

// --- the command line ------------------------------------------------------------------------------------------------------

pub fn lastlayer(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lastlayer")).args(arguments).output().unwrap()
}

pub fn json(output: &Output) -> serde_json::Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("stdout is not one JSON value ({error}): {text}"))
}

/// An empty folder of the test's own.
pub fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

pub fn write_png(path: &Path, pixels: &Pixels) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    image::save_buffer(path, &pixels.rgb, pixels.width, pixels.height, image::ColorType::Rgb8).unwrap();
}

// --- tests that may lack something -----------------------------------------------------------------------------------------

/// A test that is listed as ignored where it is not possible: where the weights or the photos that it needs are missing.
pub fn trial(name: &str, possible: bool, run: fn()) -> Trial {
    let trial = Trial::test(name, move || {
        run();
        Ok(())
    });
    trial.with_ignored_flag(!possible)
}

// --- where things are ------------------------------------------------------------------------------------------------------

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The photo sets, by `LASTLAYER_DATA` or beside the repository; `None` where there are none.
pub fn photo_sets() -> Option<PathBuf> {
    let folder = std::env::var_os("LASTLAYER_DATA").map_or_else(|| repository().join("../shared/data"), PathBuf::from);
    folder.is_dir().then_some(folder)
}

pub fn sorted_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

pub fn read_photo(path: &Path) -> Pixels {
    decode::decode(&std::fs::read(path).unwrap()).unwrap().pixels
}

/// The weights file of the default network in `folder` under the repository, as `./build.sh` makes it.
pub fn weights_file(folder: &str) -> Option<PathBuf> {
    weights_file_of_site(folder, "efficientnet_lite0")
}

/// That of another network of the site.
pub fn weights_file_of_site(folder: &str, network: &str) -> Option<PathBuf> {
    let folder = repository().join(folder);
    let manifest = std::fs::read(folder.join(format!("{network}.json"))).ok()?;
    let manifest: lastlayer::backbone::card::WeightsManifest = serde_json::from_slice(&manifest).unwrap();
    Some(folder.join(manifest.file))
}
