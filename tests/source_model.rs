//! The real source model: parity with PyTorch, real photos, the command line. These tests need the weights (`./build.sh` fetches
//! them) or the photo sets (`LASTLAYER_DATA`); where something is missing they are listed as ignored.

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::tensor::{Tensor, TensorData};
use common::{drawn, fixture, fnv1a, parity_bytes, photo_sets, sampled, trial, weights_file};
use lastlayer::backbone::stage::Stage;
use lastlayer::backbone::taps::Features;
use lastlayer::backbone::weights::Weights;
use lastlayer::image::filter::Filter;
use lastlayer::image::prepare::InputSpec;
use lastlayer::metrics::{softmax, top_k};
use lastlayer::model::{Prefix, Split, Suffix};
use lastlayer::nn::conv_norm::Mode;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::read::embed::read;
use libtest_mimic::Arguments;
use serde::Deserialize;
use serde_json::Value;

/// As the page loads them (mostly in 8 bits), and as PyTorch has them.
const STORED: &str = "build/weights";
const FULL: &str = "build/weights/full";
/// The other networks of the site.
const LARGER: [&str; 2] = ["efficientnet_lite1", "efficientnet_lite2"];

fn main() {
    let (stored, full) = (weights_file(STORED).is_some(), weights_file(FULL).is_some());
    let (photos, larger) = (photo_sets().is_some(), stored_of(LARGER[0]).is_some() && stored_of(LARGER[1]).is_some());
    let tests = vec![
        trial("every_stage_equals_pytorch", full, every_stage_equals_pytorch),
        trial("imagenet40_photo_by_photo", stored && photos, || imagenet40("efficientnet_lite0")),
        trial("imagenet40_photo_by_photo_with_lite1", larger && photos, || imagenet40(LARGER[0])),
        trial("imagenet40_photo_by_photo_with_lite2", larger && photos, || imagenet40(LARGER[1])),
        trial("flowers_are_learnt", stored && photos, flowers_are_learnt),
        trial("cli_trains_scores_and_predicts", stored, cli_trains_scores_and_predicts),
        trial("cli_goes_on_after_it_was_killed", stored, cli_goes_on_after_it_was_killed),
        trial("cli_evaluates_and_says_none_of_these", stored, cli_evaluates_and_says_none_of_these),
        trial("cli_keeps_framings_and_mirror_images_apart", stored, cli_keeps_framings_and_mirror_images_apart),
        trial("cli_draws_what_the_network_sees", stored, cli_draws_what_the_network_sees),
        trial("cli_finds_a_network_by_its_name", larger, cli_finds_a_network_by_its_name),
        trial("cli_says_what_is_wrong", stored, cli_says_what_is_wrong),
    ];
    libtest_mimic::run(&Arguments::from_args(), tests).exit();
}

fn open(folder: &str) -> Weights {
    let path = weights_file(folder).expect("checked in main");
    Weights::open(std::fs::read(path).unwrap(), None).unwrap()
}

fn stored_of(network: &str) -> Option<PathBuf> {
    common::weights_file_of_site(STORED, network)
}

fn session() -> Session {
    Session::new(common::cpu(), open(STORED), || 0.0).unwrap()
}

// --- parity ----------------------------------------------------------------------------------------------------------------

#[derive(Deserialize)]
struct Parity {
    input: Input,
    outputs: Vec<Layer>,
    top5: Vec<Top5>,
}

#[derive(Deserialize)]
struct Input {
    sum: u64,
    fnv1a: u32,
}

#[derive(Deserialize)]
struct Layer {
    name: String,
    shape: Vec<usize>,
    mean: f64,
    samples: Vec<f32>,
}

#[derive(Deserialize)]
struct Top5 {
    indices: Vec<usize>,
    probabilities: Vec<f64>,
}

/// The drawn input of `fixtures/make_parity.py`: two images, `[2, 3, 224, 224]`.
fn parity_input(golden: &Parity) -> Tensor<4> {
    let bytes = parity_bytes();
    assert_eq!(bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>(), golden.input.sum);
    assert_eq!(fnv1a(&bytes), golden.input.fnv1a, "drawn differently here and in Python");
    let values: Vec<f32> = bytes.iter().map(|byte| (f32::from(*byte) - 127.0) / 128.0).collect();
    Tensor::from_data(TensorData::new(values, [2, 3, 224, 224]), &common::cpu().tensors)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    pollster::block_on(read(tensor)).unwrap()
}

/// The largest absolute difference from the golden.
fn difference(layer: &Layer, shape: &[usize], values: &[f32]) -> f32 {
    assert_eq!(shape, layer.shape, "{}", layer.name);
    let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64;
    assert!((mean - layer.mean).abs() < 1e-4, "{}: mean {mean} against {}", layer.name, layer.mean);
    let ours = sampled(layer.samples.len(), values.len()).map(|index| values[index]);
    ours.zip(&layer.samples).map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f32::max)
}

fn every_stage_equals_pytorch() {
    let golden: Parity = fixture("parity.json");
    let weights = open(FULL);
    let device = common::cpu().tensors;
    let architecture = weights.architecture;
    let layer = |name: &str| golden.outputs.iter().find(|layer| layer.name == name).expect("in the golden");
    // Folded, as a frozen stage is, and unfolded, as one that learns.
    for mode in [Mode::Frozen, Mode::Trainable] {
        let mut params = weights.params();
        let mut x = parity_input(&golden);
        for (stage, spec) in architecture.stages.iter().enumerate() {
            x = Stage::load(&spec.operations, &mut params, mode, &device).forward(x);
            let difference = difference(layer(&format!("stage{stage}")), &x.dims(), &values(x.clone()));
            assert!(difference < 1e-3, "stage {stage}, {mode:?}: differs by {difference}");
        }
        let x = Stage::load(&architecture.tail, &mut params, mode, &device).forward(x);
        let difference = difference(layer("conv_head"), &x.dims(), &values(x.clone()));
        assert!(difference < 1e-3, "conv_head, {mode:?}: differs by {difference}");
    }
    let (pooled, logits) = source_model(&weights, &golden);
    let close = difference(layer("pooled"), &[2, 1280], &pooled).max(difference(layer("logits"), &[2, 1000], &logits));
    assert!(close < 1e-3, "pooled features or logits differ by {close}");
    for (row, expected) in logits.chunks_exact(1000).zip(&golden.top5) {
        assert_eq!(top_k(row, 5), expected.indices);
        let probabilities = softmax(row, 1.0);
        for (index, expected) in expected.indices.iter().zip(&expected.probabilities) {
            assert!((probabilities[*index] - expected).abs() < 1e-4);
        }
    }
}

/// Pooled features and logits of the golden's input.
fn source_model(weights: &Weights, golden: &Parity) -> (Vec<f32>, Vec<f32>) {
    let device = common::cpu().tensors;
    let mut params = weights.params();
    let prefix = Prefix::load(weights.architecture, Split(0), &mut params, &device);
    let last = Split(0).taps(weights.architecture, Features::Last);
    let suffix = Suffix::load(weights.architecture, Split(0), last, 1000, &mut weights.params(), &mut params, &device);
    params.finish_all().unwrap();
    let pooled = prefix.forward(parity_input(golden));
    // Other layers' taps come after the last one's average.
    let average = pooled.clone().narrow(1, 0, weights.architecture.features());
    (values(average), values(suffix.forward(pooled)))
}

// --- real photos -----------------------------------------------------------------------------------------------------------

/// What `fixtures/make_imagenet40.py` wrote.
#[derive(Deserialize)]
struct Imagenet40 {
    networks: BTreeMap<String, Answers>,
}

#[derive(Deserialize)]
struct Answers {
    input: Prepared,
    top1: usize,
    photos: BTreeMap<String, ReferencePhoto>,
}

/// How photos were prepared for PyTorch.
#[derive(Deserialize)]
struct Prepared {
    size: u32,
    crop_fraction: f64,
    filter: Filter,
    mean: f32,
    std: f32,
}

#[derive(Deserialize)]
struct ReferencePhoto {
    label: usize,
    top5: Vec<usize>,
    probability: Vec<f32>,
}

fn imagenet40(network: &str) {
    let golden: Imagenet40 = fixture("imagenet40.json");
    let Answers { input, top1, photos } = &golden.networks[network];
    let weights = Weights::open(std::fs::read(stored_of(network).expect("checked in main")).unwrap(), None).unwrap();
    let Prepared { size, crop_fraction, filter, mean, std } = *input;
    let prepared = InputSpec { crop_fraction, filter, ..InputSpec::new(size, [mean; 3], [std; 3]) };
    assert_eq!(weights.card.input, prepared, "the card says what PyTorch was given");
    let session = Session::new(common::cpu(), weights, || 0.0).unwrap();
    let files = common::sorted_files(&photo_sets().expect("checked in main").join("imagenet40"));
    assert_eq!((files.len(), photos.len()), (40, 40));
    let (mut right, mut same_top1, mut same_top5, mut far) = (0, 0, 0, Vec::new());
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let expected = &photos[name];
        let best = pollster::block_on(session.predict(&common::read_photo(&file), 5, ModelChoice::Source)).unwrap();
        let mut ours: Vec<usize> = best.iter().map(|guess| guess.index).collect();
        let mut theirs = expected.top5.clone();
        right += usize::from(ours[0] == expected.label);
        if ours[0] == theirs[0] {
            same_top1 += 1;
            let difference = (best[0].probability - expected.probability[0]).abs();
            if difference >= 0.03 {
                far.push(format!("{name}: {difference}"));
            }
        } else {
            let by = expected.probability[0] - expected.probability[1];
            assert!(by < 0.05, "{name}: another first guess, though PyTorch preferred its own by {by}");
        }
        ours.sort_unstable();
        theirs.sort_unstable();
        same_top5 += usize::from(ours == theirs);
    }
    println!("{network}: {same_top1} of 40 first guesses and {same_top5} of 40 top fives are PyTorch's");
    println!("{network}: {right} of 40 right, PyTorch {top1}; far from its probability: {far:?}");
    assert!(same_top1 >= 39, "{same_top1} of 40 have PyTorch's first guess");
    assert!(same_top5 >= 36, "{same_top5} of 40 have PyTorch's top five");
    // Weights in 8 bits move a probability by up to 0.025 here. The photo of the ash can hangs between two classes: the JPEG decoder of the image crate differs from Pillow's there by 0.25
    // grey levels on average, which moves 0.256 to 0.220, and by more with Lite2. From Pillow's pixels we get 0.255, and so does a browser.
    assert!(
        far.len() <= 1 && far.iter().all(|line| line.contains("ashcan")),
        "far from PyTorch's probability: {far:?}"
    );
}

fn flowers_are_learnt() {
    let mut session = session();
    let flowers = photo_sets().expect("checked in main").join("flowers5");
    let mut id = 0;
    for class in common::sorted_files(&flowers.join("train")) {
        let label = class.file_name().unwrap().to_str().unwrap().to_owned();
        for file in common::sorted_files(&class).into_iter().take(10) {
            session.add_photo(id, "", &label, &format!("{id}"), &common::read_photo(&file)).unwrap();
            id += 1;
        }
    }
    let (_, report) = common::train(&mut session, common::head());
    assert_eq!((report.train_images, report.held_out), (50, 10));
    let (mut right, mut all) = (0, 0);
    for class in common::sorted_files(&flowers.join("test")) {
        for file in common::sorted_files(&class) {
            let best =
                pollster::block_on(session.predict(&common::read_photo(&file), 1, ModelChoice::Trained)).unwrap();
            right += usize::from(class.ends_with(&best[0].label));
            all += 1;
        }
    }
    // PyTorch's logistic regression on ten photos a class: 0.91 to 0.99 over ten splits.
    assert!(right * 100 >= all * 90, "{right} of {all} test photos");
}

// --- command line ----------------------------------------------------------------------------------------------------------

fn cli_trains_scores_and_predicts() {
    let root = common::folder("cli");
    for (class, label) in ["red", "green", "blue"].iter().enumerate() {
        (0..4).for_each(|variant| {
            common::write_png(&root.join(format!("train/{label}/{variant}.png")), &drawn(class, variant, 90, 70));
            common::write_png(&root.join(format!("test/{label}/{variant}.png")), &drawn(class, 100 + variant, 90, 70));
        });
    }
    std::fs::write(root.join("train/red/broken.jpg"), "not an image").unwrap();
    std::fs::copy(root.join("train/red/0.png"), root.join("train/red/copy.png")).unwrap();
    let path = |name: &str| root.join(name).display().to_string();
    let (train, test, model) = (path("train"), path("test"), path("model.safetensors"));
    let arguments = ["train", &train, "--test", &test, "-o", &model, "--json", "--seed", "5", "--epochs", "30"];
    let first = common::json(&common::lastlayer(&arguments));
    assert_eq!(first["train_images"], 12);
    assert_eq!(first["classes"], serde_json::json!(["blue", "green", "red"]), "classes by folder name");
    assert!(first["seconds"].as_f64().unwrap() > 0.0);
    for scores in ["val", "test"] {
        let top1 = first[scores]["top1"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&top1) && first[scores]["top5"].as_f64().unwrap() >= top1);
    }
    assert_eq!(first["test"]["top1"], 1.0, "drawn classes are easy");
    let skipped: Vec<&str> =
        first["skipped"].as_array().unwrap().iter().map(|row| row["file"].as_str().unwrap()).collect();
    assert_eq!(skipped.len(), 2);
    assert!(skipped[0].ends_with("broken.jpg") && skipped[1].ends_with("copy.png"), "{skipped:?}");

    let cache = path("embeddings");
    let mut with_cache = arguments.to_vec();
    with_cache.extend(["--embeddings-cache", &cache]);
    for _ in 0..2 {
        let again = common::json(&common::lastlayer(&with_cache));
        assert_eq!(again["report"]["history"], first["report"]["history"], "same seed, same training, cached or not");
        assert_eq!(again["test"], first["test"]);
    }

    let green = path("test/green/0.png");
    let broken = path("train/red/broken.jpg");
    let rows = common::json(&common::lastlayer(&["predict", &model, &green, "--json"]));
    let best = &rows[0]["predictions"];
    assert_eq!((best.as_array().unwrap().len(), &best[0]["label"]), (3, &Value::from("green")));
    let output = common::lastlayer(&["predict", &model, &broken, &green, "--json"]);
    assert!(!output.status.success(), "a photo that cannot be read shows in the exit status");
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows[0]["error"]["code"], "not-an-image");
    assert_eq!(rows[1]["predictions"][0]["label"], "green", "and the others are still answered");
    let source = common::json(&common::lastlayer(&["predict", "source", &green, "--json", "--top", "3"]));
    assert_eq!(source[0]["predictions"].as_array().unwrap().len(), 3);
}

fn cli_goes_on_after_it_was_killed() {
    let root = common::folder("cli-checkpoint");
    for (class, label) in ["red", "green", "blue"].iter().enumerate() {
        (0..4).for_each(|variant| {
            common::write_png(&root.join(format!("train/{label}/{variant}.png")), &drawn(class, variant, 90, 70));
        });
    }
    let path = |name: &str| root.join(name).display().to_string();
    let (train, model, checkpoint) = (path("train"), path("model.safetensors"), path("checkpoint"));
    let options = ["--regime", "head", "--augment", "2", "--epochs", "60", "--patience", "60", "--batch-size", "4"];
    let arguments = |model: &str| [&["train", &train, "-o", model, "--json"], &options[..]].concat().join("\n");
    let run = |arguments: &str| common::json(&common::lastlayer(&arguments.lines().collect::<Vec<_>>()));
    let whole = run(&arguments(&path("whole.safetensors")));

    let with_checkpoint = format!("{}\n--checkpoint\n{checkpoint}", arguments(&model));
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_lastlayer"))
        .args(with_checkpoint.lines())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while !std::path::Path::new(&checkpoint).exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended without a checkpoint");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!std::path::Path::new(&model).exists(), "it was killed before its end");

    let other = common::lastlayer(&format!("{with_checkpoint}\n--seed\n9").lines().collect::<Vec<_>>());
    let error: Value = serde_json::from_slice(&other.stderr).unwrap();
    assert_eq!(error["code"], "checkpoint-mismatch");
    assert!(error["message"].as_str().unwrap().contains("was begun with seed 0: give the same options"), "{error}");
    // Left to advice, it goes on as it was begun, however it was decided then.
    let copy = path("copy");
    std::fs::copy(&checkpoint, &copy).unwrap();
    let left_open = |seed: &str| {
        let arguments = format!("train\n{train}\n--json\n--regime\nauto\n--seed\n{seed}\n--checkpoint\n{copy}");
        common::lastlayer(&arguments.lines().collect::<Vec<_>>())
    };
    let error: Value = serde_json::from_slice(&left_open("9").stderr).unwrap();
    assert_eq!(error["code"], "checkpoint-mismatch");
    let as_begun = common::json(&left_open("0"));
    assert_eq!(as_begun["report"]["history"], whole["report"]["history"]);
    assert!(as_begun["advice"].is_null());
    let resumed = run(&with_checkpoint);
    assert_eq!(resumed["report"]["history"], whole["report"]["history"]);
    let bytes = |path: &str| std::fs::read(path).unwrap();
    assert!(bytes(&model) == bytes(&path("whole.safetensors")), "the model is the same, byte for byte");
    assert!(!std::path::Path::new(&checkpoint).exists(), "a finished training needs no checkpoint");
}

fn cli_evaluates_and_says_none_of_these() {
    let root = common::folder("cli-evaluate");
    for (class, label) in ["red", "green", "blue"].iter().enumerate() {
        (0..5).for_each(|variant| {
            common::write_png(&root.join(format!("train/{label}/{variant}.png")), &drawn(class, variant, 90, 70));
            common::write_png(&root.join(format!("test/{label}/{variant}.png")), &drawn(class, 100 + variant, 90, 70));
        });
    }
    for seed in 0..3 {
        let rgb = (0..90 * 70 * 3).map(|at| (common::hash32(at / 3 / 7 + seed * 1000) % 256) as u8).collect();
        common::write_png(
            &root.join(format!("test/static/{seed}.png")),
            &lastlayer::image::Pixels { width: 90, height: 70, rgb },
        );
    }
    let path = |name: &str| root.join(name).display().to_string();
    let (train, test, model) = (path("train"), path("test"), path("model.safetensors"));
    let without = common::json(&common::lastlayer(&["train", &train, "--json", "--epochs", "20"]));
    assert!(without["evaluation"].is_null(), "only when asked for");
    let arguments = ["train", &train, "--test", &test, "-o", &model, "--json", "--epochs", "20", "--folds", "auto"];
    let output = common::json(&common::lastlayer(&arguments));
    assert_eq!(output["report"]["history"], without["report"]["history"], "the training is the same");
    let evaluation = &output["evaluation"];
    assert_eq!((&evaluation["scores"]["count"], &evaluation["method"]["folds"]), (&15.into(), &5.into()));
    assert!(evaluation["accuracy"]["low"].as_f64().unwrap() > 0.4);
    for photo in evaluation["photos"].as_array().unwrap() {
        let file = output["files"][photo["id"].to_string()].as_str().unwrap();
        let label = evaluation["classes"][photo["label"].as_u64().unwrap() as usize].as_str().unwrap();
        assert!(file.contains(&format!("train/{label}/")), "{file} is {label}");
    }
    let report = common::json(&common::lastlayer(&["evaluate", &model, &test, "--json"]));
    assert_eq!(report["scores"], output["test_report"]["scores"]);
    assert_eq!((&report["scores"]["count"], &report["scores"]["top1"]), (&15.into(), &1.0.into()));
    assert_eq!(report["calibration"]["temperature"], evaluation["calibration"]["temperature"]);
    assert_eq!(report["strangers"], serde_json::json!([{ "label": "static", "count": 3, "rejected": 3 }]));
    let rows = common::json(&common::lastlayer(&[
        "predict",
        &model,
        &path("test/static/0.png"),
        &path("test/red/0.png"),
        "--json",
    ]));
    assert_eq!(rows[0]["unknown"], true);
    assert!(rows[0]["similarity"].as_f64() < rows[1]["similarity"].as_f64());
    let text = String::from_utf8(common::lastlayer(&["evaluate", &model, &test]).stdout).unwrap();
    assert!(text.contains("static: not a class of the model") && text.contains("precision"), "{text}");
    let refused = common::lastlayer(&["train", &train, "--json", "--folds", "many"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("invalid-option"));
}

fn cli_keeps_framings_and_mirror_images_apart() {
    let root = common::folder("cli-framing");
    for (class, label) in ["red", "green"].iter().enumerate() {
        for variant in 0..3 {
            common::write_png(&root.join(format!("train/{label}/{variant}.png")), &drawn(class, variant, 150, 60));
            common::write_png(&root.join(format!("test/{label}/{variant}.png")), &drawn(class, 50 + variant, 60, 150));
        }
    }
    let path = |name: &str| root.join(name).display().to_string();
    let (train, test, cache, model) = (path("train"), path("test"), path("cache"), path("model.safetensors"));
    let arguments = ["train", &train, "--test", &test, "-o", &model, "--json", "--regime", "head", "--epochs", "5"];
    let run = |framing: &str, flip: &str, with_cache: bool| {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--augment", "0", "--framing", framing, "--flip-average", flip]);
        arguments.extend(with_cache.then_some(["--embeddings-cache", cache.as_str()]).into_iter().flatten());
        let output = common::json(&common::lastlayer(&arguments));
        (output["report"]["history"].clone(), output["test_report"].clone())
    };
    let settings = [("crop", "0"), ("crop", "1"), ("pad", "0"), ("pad", "1"), ("squash", "0")];
    let fresh = settings.map(|(framing, flip)| run(framing, flip, false));
    for (one, other) in [(0, 1), (0, 2), (0, 4), (2, 3), (2, 4)] {
        assert_ne!(fresh[one].1, fresh[other].1, "{:?} and {:?}", settings[one], settings[other]);
    }
    // The second round finds everything in the cache.
    for _ in 0..2 {
        for ((framing, flip), fresh) in settings.into_iter().zip(&fresh) {
            assert_eq!(&run(framing, flip, true), fresh, "{framing}, flip-average {flip}");
        }
    }
    let (_, expected) = run("pad", "1", false);
    for _ in 0..2 {
        let report =
            common::json(&common::lastlayer(&["evaluate", &model, &test, "--embeddings-cache", &cache, "--json"]));
        assert_eq!(report["scores"], expected["scores"], "the file says how its photos are framed and looked at");
    }
}

fn cli_draws_what_the_network_sees() {
    let root = common::folder("cli-draws");
    let (photo, sheet) = (root.join("photo.png"), root.join("sheet.png"));
    common::write_png(&photo, &drawn(0, 1, 300, 150));
    let (photo, out) = (photo.display().to_string(), sheet.display().to_string());
    let run = |more: &[&str]| {
        let arguments = [&["draws", photo.as_str(), "-o", out.as_str(), "--json"], more].concat();
        (common::json(&common::lastlayer(&arguments)), common::read_photo(&sheet))
    };
    let (told, cropped) = run(&["--count", "3"]);
    assert_eq!(told["crop"], serde_json::json!({ "x": 75.0, "y": 0.0, "width": 150.0, "height": 150.0 }));
    assert_eq!((cropped.width, cropped.height), (2 * 224 + 18, 2 * 224 + 18), "the photo and three draws");
    let (told, padded) = run(&["--count", "3", "--framing", "pad"]);
    assert_eq!(told["crop"], serde_json::json!({ "x": 0.0, "y": -75.0, "width": 300.0, "height": 300.0 }));
    let corner = |sheet: &lastlayer::image::Pixels| sheet.rgb[((6 * sheet.width + 6) * 3) as usize..][..3].to_vec();
    assert_eq!(corner(&padded), [127; 3], "a bar above the photo");
    assert_ne!(corner(&cropped), [127; 3]);
    let output = common::lastlayer(&["draws", &photo, "--count", "1000", "--json"]);
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!((output.status.success(), &error["code"]), (false, &Value::from("invalid-option")));
}

fn cli_finds_a_network_by_its_name() {
    let root = common::folder("cli-network");
    for (class, label) in ["red", "green"].iter().enumerate() {
        (0..4).for_each(|variant| {
            common::write_png(&root.join(format!("train/{label}/{variant}.png")), &drawn(class, variant, 90, 70));
        });
    }
    let path = |name: &str| root.join(name).display().to_string();
    let (train, model, photo) = (path("train"), path("model.safetensors"), path("train/green/0.png"));
    let network = ["--backbone", LARGER[0], "--json"];
    let options = ["--regime", "head", "--augment", "0", "--epochs", "30", "-o", &model];
    let report = common::json(&common::lastlayer(&[&["train", &train][..], &options, &network].concat()));
    assert_eq!(report["report"]["backbone"], LARGER[0]);
    let rows = common::json(&common::lastlayer(&[&["predict", &model, &photo][..], &network].concat()));
    assert_eq!(rows[0]["predictions"][0]["label"], "green");
    let default = common::lastlayer(&["predict", &model, &photo, "--json"]);
    let error: Value = serde_json::from_slice(&default.stderr).unwrap();
    assert_eq!(error["code"], "model-mismatch", "a classifier belongs to its network: {error}");

    let unknown = common::lastlayer(&["predict", "source", &photo, "--backbone", "efficientnet_lite9", "--json"]);
    let error: Value = serde_json::from_slice(&unknown.stderr).unwrap();
    assert_eq!(error["code"], "io");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("neither a file nor a network") && message.contains("efficientnet_lite2"), "{message}");
}

fn cli_says_what_is_wrong() {
    let root = common::folder("cli-errors");
    common::write_png(&root.join("one-class/red/0.png"), &drawn(0, 0, 30, 30));
    let one_class = root.join("one-class").display().to_string();
    let empty = root.join("nothing").display().to_string();
    for (arguments, code, words) in [
        (vec!["train", &one_class, "--json"], "too-few-classes", "at least two classes"),
        (vec!["train", &empty, "--json"], "io", "nothing"),
        (vec!["train", &one_class, "--json", "--batch-size", "0"], "invalid-option", "from 1 to 512"),
        (vec!["predict", &one_class, &one_class, "--json"], "io", "one-class"),
    ] {
        let output = common::lastlayer(&arguments);
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!(error["code"], code, "{arguments:?}");
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    }
    let options = common::json(&common::lastlayer(&["options", "--json"]));
    assert!(options.as_array().unwrap().iter().any(|option| option["name"] == "learningRate"));
}
