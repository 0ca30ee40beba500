//! Weights in fewer bits: that they are read as they were written, and what they cost. The latter needs the weights (`./build.sh` fetches
//! them) and the photo sets (`LASTLAYER_DATA`); where something is missing those tests are listed as ignored.

mod common;

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use common::{TOY, photo_sets, sorted_files, tensors_of, toy_weights_of, trial, weights_file};
use half::f16;
use lastlayer::backbone::stored::StoredTensor;
use lastlayer::backbone::taps::Features;
use lastlayer::backbone::weights::{Weights, scale_groups, scale_name};
use lastlayer::error::ErrorCode;
use lastlayer::metrics::{softmax, top_k};
use lastlayer::model::{Prefix, Split, Suffix};
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::read::embed::read;
use libtest_mimic::Arguments;
use safetensors::tensor::Dtype;

/// As the page loads them, and as PyTorch has them.
const STORED: &str = "build/weights";
const FULL: &str = "build/weights/full";

fn main() {
    let photos = weights_file(STORED).is_some() && weights_file(FULL).is_some() && photo_sets().is_some();
    let tests = vec![
        trial("eight_and_sixteen_bits_are_read_as_written", true, eight_and_sixteen_bits_are_read_as_written),
        trial("eight_bits_without_their_scales_are_refused", true, eight_bits_without_their_scales_are_refused),
        trial("a_model_file_opens_on_its_weights_in_other_bits", true, a_model_file_opens_on_its_weights_in_other_bits),
        trial("eight_bits_cost_little_on_every_photo", photos, eight_bits_cost_little_on_every_photo),
    ];
    libtest_mimic::run(&Arguments::from_args(), tests).exit();
}

// --- the format, on the toy backbone -------------------------------------------------------------------------------------------

/// The toy's tensors with the last convolution in 8 bits and the stem in 16, and in f32 what these stand for.
fn toy_in_fewer_bits() -> (Vec<StoredTensor<'static>>, Vec<StoredTensor<'static>>) {
    let (mut stored, mut meant) = (Vec::new(), Vec::new());
    for (name, shape, values) in tensors_of(&TOY) {
        match name.as_str() {
            "conv_head.weight" => {
                // Every output channel has a scale of its own: its 16 weights are one group.
                let (width, groups) = (shape[1], scale_groups(shape[1]));
                assert_eq!(groups, 1, "several are tested beside the reader");
                let scales: Vec<f32> = (0..shape[0]).map(|channel| 0.01 + channel as f32 / 4096.0).collect();
                let scale = |at: usize| scales[at / width];
                let numbers: Vec<i8> = values.iter().enumerate().map(|(at, value)| (value / scale(at)) as i8).collect();
                assert!(numbers.iter().any(|&number| number < 0), "the sign is put to the test");
                let floats: Vec<f32> = numbers.iter().enumerate().map(|(at, &q)| f32::from(q) * scale(at)).collect();
                let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                stored.push(StoredTensor::floats(&scale_name(&name), &[shape[0], groups], &scales));
                meant.push(StoredTensor::floats(&name, &shape, &floats));
                stored.push(StoredTensor { name, dtype: Dtype::I8, shape, bytes: bytes.into() });
            }
            "conv_stem.weight" => {
                let halves: Vec<f16> = values.iter().map(|value| f16::from_f32(*value)).collect();
                let floats: Vec<f32> = halves.iter().map(|half| half.to_f32()).collect();
                let bytes: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
                meant.push(StoredTensor::floats(&name, &shape, &floats));
                stored.push(StoredTensor { name, dtype: Dtype::F16, shape, bytes: bytes.into() });
            }
            _ => [&mut stored, &mut meant]
                .into_iter()
                .for_each(|to| to.push(StoredTensor::floats(&name, &shape, &values))),
        }
    }
    (stored, meant)
}

fn toy(tensors: &[StoredTensor<'static>], checkpoint: &str) -> lastlayer::error::Result<Session> {
    let weights = common::open_toy(toy_weights_of(tensors, checkpoint.into())).unwrap();
    Session::new(common::cpu(), weights, || 0.0)
}

fn guesses(session: &Session, model: ModelChoice) -> Vec<(String, f32)> {
    let photo = common::drawn(1, 5, 40, 36);
    let guesses = pollster::block_on(session.predict(&photo, 3, model)).unwrap();
    guesses.into_iter().map(|guess| (guess.label, guess.probability)).collect()
}

fn eight_and_sixteen_bits_are_read_as_written() {
    let (stored, meant) = toy_in_fewer_bits();
    let [stored, meant] = [stored, meant].map(|tensors| toy(&tensors, "").unwrap());
    assert_eq!(guesses(&stored, ModelChoice::Source), guesses(&meant, ModelChoice::Source));
}

fn eight_bits_without_their_scales_are_refused() {
    let name = "conv_head.weight.scale";
    let message = |change: &dyn Fn(&mut Vec<StoredTensor<'static>>)| {
        let (mut stored, _) = toy_in_fewer_bits();
        change(&mut stored);
        let error = toy(&stored, "").err().expect("refused");
        assert_eq!(error.code, ErrorCode::WeightsMismatch);
        error.message
    };
    let missing = message(&|tensors| tensors.retain(|tensor| tensor.name != name));
    assert!(missing.contains("1 missing: conv_head.weight.scale"), "{missing}");
    let short = message(&|tensors| {
        let scale = tensors.iter_mut().find(|tensor| tensor.name == name).unwrap();
        *scale = StoredTensor::floats(name, &[3], &[1.0; 3]);
    });
    assert!(short.contains("conv_head.weight.scale (expected [32, 1], got [3])"), "{short}");
    let unknown = message(&|tensors| {
        let weight = tensors.iter_mut().find(|tensor| tensor.name == "conv_head.weight").unwrap();
        weight.dtype = Dtype::U8;
    });
    assert!(unknown.contains("conv_head.weight (expected f32, f16 or i8 numbers, got U8)"), "{unknown}");
}

fn a_model_file_opens_on_its_weights_in_other_bits() {
    let (stored, meant) = toy_in_fewer_bits();
    let mut maker = toy(&meant, "one checkpoint").unwrap();
    common::add_drawn(&mut maker, 3, 3, 0);
    common::train(&mut maker, common::head());
    let file = pollster::block_on(maker.export_model()).unwrap();
    let mut reader = toy(&stored, "one checkpoint").unwrap();
    assert_ne!(maker.weights().sha256, reader.weights().sha256);
    reader.open_model(&file).unwrap();
    assert_eq!(guesses(&reader, ModelChoice::Trained), guesses(&maker, ModelChoice::Trained));
    let mut stranger = toy(&stored, "another checkpoint").unwrap();
    assert_eq!(stranger.open_model(&file).unwrap_err().code, ErrorCode::ModelMismatch);
}

// --- the cost, on real photos --------------------------------------------------------------------------------------------------

/// Logits of the source model, the photos' one after the other.
fn logits(folder: &str, photos: &[Vec<f32>], device: &Device) -> Vec<f32> {
    let file = std::fs::read(weights_file(folder).expect("checked in main")).unwrap();
    let weights = Weights::open(file, None).unwrap();
    let mut params = weights.params();
    let prefix = Prefix::load(weights.architecture, Split(0), &mut params, device);
    let last = Split(0).taps(weights.architecture, Features::Last);
    let suffix = Suffix::load(weights.architecture, Split(0), last, 1000, &mut weights.params(), &mut params, device);
    let of = |batch: &[Vec<f32>]| {
        let images = TensorData::new(batch.concat(), [batch.len(), 3, 224, 224]);
        pollster::block_on(read(suffix.forward(prefix.forward(Tensor::from_data(images, device))))).unwrap()
    };
    photos.chunks(16).flat_map(of).collect()
}

/// Every photo of a set, however its folders are nested.
fn photo_files(folder: &Path) -> Vec<PathBuf> {
    let below = |path: PathBuf| if path.is_dir() { photo_files(&path) } else { vec![path] };
    sorted_files(folder).into_iter().flat_map(below).collect()
}

/// Measured on 440 photos, 400 of which show nothing that ImageNet has a class for, or little: see the README.
fn eight_bits_cost_little_on_every_photo() {
    let device = common::cpu().tensors;
    let sets = photo_sets().expect("checked in main");
    let weights = Weights::open(std::fs::read(weights_file(FULL).unwrap()).unwrap(), None).unwrap();
    let input = &weights.card.input;
    let (mut all, mut same, mut square, mut largest, mut most) = (0usize, 0usize, 0f64, 0f32, 0f64);
    for set in ["imagenet40", "flowers5", "digits5"] {
        let photos: Vec<Vec<f32>> = photo_files(&sets.join(set))
            .iter()
            .map(|file| {
                let mut values = Vec::new();
                input.normalise_into(&input.prepare(&common::read_photo(file)).unwrap(), &mut values);
                values
            })
            .collect();
        let [stored, full] = [STORED, FULL].map(|folder| logits(folder, &photos, &device));
        let mut agreed = 0;
        for (stored, full) in stored.chunks_exact(1000).zip(full.chunks_exact(1000)) {
            let (ours, theirs) = (top_k(stored, 1)[0], top_k(full, 1)[0]);
            agreed += usize::from(ours == theirs);
            let undecided = full[theirs] - full[ours];
            assert!(
                undecided < 0.15,
                "{set}: another first guess, which single precision has {undecided} below its own"
            );
            for (stored, full) in stored.iter().zip(full) {
                square += f64::from(stored - full).powi(2);
                largest = largest.max((stored - full).abs());
            }
            most = most.max((softmax(stored, 1.0)[theirs] - softmax(full, 1.0)[theirs]).abs());
        }
        println!("{set}: the same first guess for {agreed} of {} photos", photos.len());
        assert!(set != "imagenet40" || agreed == photos.len(), "{agreed} of {}", photos.len());
        (all, same) = (all + photos.len(), same + agreed);
    }
    let deviation = (square / (all * 1000) as f64).sqrt();
    println!(
        "all: {same} of {all}; logits: rms {deviation:.4}, at most {largest:.3}; probability of the first: {most:.3}"
    );
    assert!(largest > 0.0, "the two files hold the same numbers");
    assert!(same * 100 >= all * 99, "{same} of {all} first guesses are those of single precision");
    assert!(deviation < 0.024 && largest < 0.2, "logits are {deviation} off on average, and {largest} at most");
    assert!(most < 0.04, "the probability of a first guess moves by {most}");
}
