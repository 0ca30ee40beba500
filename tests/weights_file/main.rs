//! Weights files that people bring: what PyTorch wrote is read as PyTorch reads it, what is no weights is refused by its name, and no
//! bytes whatever make the reader panic, hang or set aside more than a few times the file.

mod counting;
mod forged;
mod fuzz;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lastlayer::backbone::file::{Number, TensorFile};
use lastlayer::error::{Error, ErrorCode};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    sets: BTreeMap<String, BTreeMap<String, GoldenTensor>>,
    files: BTreeMap<String, String>,
    refused: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct GoldenTensor {
    shape: Vec<usize>,
    values: Vec<f32>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn golden() -> Golden {
    serde_json::from_slice(&fs::read(fixtures().join("checkpoints.json")).unwrap()).unwrap()
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(fixtures().join("checkpoints").join(name)).unwrap()
}

fn refusal(bytes: Vec<u8>) -> Error {
    match TensorFile::open(bytes) {
        Ok(file) => panic!("taken, with {:?}", file.tensors.keys()),
        Err(error) => error,
    }
}

fn corrupt(bytes: Vec<u8>, detail: &str) {
    let error = refusal(bytes);
    assert_eq!(error.code, ErrorCode::WeightsCorrupt, "{error}");
    assert!(error.message.contains(detail), "{detail:?} is not in {error}");
    assert!(error.message.len() < 1000, "{error}");
}

#[test]
fn what_pytorch_wrote_is_read_as_pytorch_reads_it() {
    let golden = golden();
    for (name, set) in &golden.files {
        let file = TensorFile::open(fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let set = &golden.sets[set];
        assert_eq!(file.tensors.keys().collect::<Vec<_>>(), set.keys().collect::<Vec<_>>(), "{name}");
        for (tensor, expected) in set {
            assert_eq!(file.tensors[tensor].shape(), expected.shape, "{name}: {tensor}");
            assert_eq!(file.take(tensor).as_ref(), Some(&expected.values), "{name}: {tensor}");
        }
    }
    assert!(golden.files.len() >= 25);
}

#[test]
fn what_is_no_weights_is_refused_by_its_name() {
    let golden = golden();
    for (name, expected) in &golden.refused {
        let error = refusal(fixture(name));
        assert_eq!(error.code, ErrorCode::WeightsUnsupported, "{name}: {error}");
        assert!(error.params.values().any(|what| what == expected), "{name}: {error}");
        assert!(error.message.contains(expected), "{name}: {error}");
    }
    let whole = refusal(fixture("whole-model.pth"));
    assert!(whole.message.contains("torch.save(model.state_dict()"), "{whole}");
}

#[test]
fn it_tells_what_it_looked_through() {
    let file = TensorFile::open(fixture("data-parallel.pth")).unwrap();
    assert_eq!((file.prefix.as_str(), file.left_out), ("module.model.", 0));
    assert!(file.others.keys().eq(["bn.num_batches_tracked"]));
    let file = TensorFile::open(fixture("detection.pth")).unwrap();
    assert_eq!((file.prefix.as_str(), file.left_out), ("backbone.body.", 2));
    let file = TensorFile::open(fixture("f32.safetensors")).unwrap();
    assert_eq!(file.tensors["conv.weight"].number(), Number::F32);
    assert_eq!(file.take("nothing"), None);
    assert_eq!(file.into_bytes(), fixture("f32.safetensors"));
}

#[test]
fn a_file_of_another_kind_is_named() {
    for (bytes, kind) in [
        (&b""[..], "empty"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"<!doctype html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"\x1c\0\0\0TFL3", "TensorFlow Lite"),
        (b"nothing known", "of no kind"),
    ] {
        let error = refusal(bytes.to_vec());
        assert_eq!(error.code, ErrorCode::WeightsUnsupported);
        assert!(error.message.contains(kind), "{error}");
    }
}

#[test]
fn a_file_that_is_cut_is_refused_wherever_it_is_cut() {
    for name in ["zip.pth", "legacy.pth", "f32.safetensors"] {
        let whole = fixture(name);
        for length in 9..whole.len() {
            let error = refusal(whole[..length].to_vec());
            assert_eq!(error.code, ErrorCode::WeightsCorrupt, "{name} at {length}: {error}");
        }
    }
}
