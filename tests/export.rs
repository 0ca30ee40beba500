//! Models for other programs: what is in the files and what they compute, for a narrow member of every family and every regime. That other
//! programs compute the same is what `bench/export_parity.py` looks at.

mod common;

use std::collections::BTreeSet;

use common::onnx_file::OnnxFile;
use common::onnx_run::{Value, run};
use common::{TOY, TOY_LABELS, add_drawn, drawn, folder, lastlayer, narrow_networks, session_of, stages, train};
use lastlayer::backbone::architecture::{Architecture, Operation};
use lastlayer::error::ErrorCode;
use lastlayer::export::model_file::ModelCard;
use lastlayer::export::onnx::{self, Form, Precision};
use lastlayer::export::tuned::Tuned;
use lastlayer::export::{card_text, network_file};
use lastlayer::image::Pixels;
use lastlayer::image::filter::Filter;
use lastlayer::image::prepare::{Framing, InputSpec};
use lastlayer::nn::spec::Activation;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::{FeatureChoice, Regime};
use safetensors::SafeTensors;

fn networks() -> impl Iterator<Item = &'static Architecture> {
    narrow_networks().iter().chain([&*TOY])
}

fn taught(network: &'static Architecture, config: TrainConfig) -> Session {
    let mut session = session_of(network);
    add_drawn(&mut session, 3, 3, 0);
    train(&mut session, TrainConfig { epochs: 2, ..config });
    session
}

fn onnx(session: &Session, form: Form, precision: Precision) -> OnnxFile {
    let file = pollster::block_on(session.export_onnx(form, precision, ModelChoice::Trained)).unwrap();
    OnnxFile::read(&file)
}

/// Every way to teach a network.
fn configurations(network: &Architecture) -> Vec<TrainConfig> {
    let several = FeatureChoice::Several;
    let all = network.stages.len();
    let scratch = TrainConfig { regime: Regime::Scratch, last_stages: 0, ..stages(all) };
    let mut configurations: Vec<TrainConfig> = (0..=all).map(stages).collect();
    configurations.extend([
        TrainConfig { features: FeatureChoice::Last, flip_average: 1, ..stages(0) },
        TrainConfig { features: several, framing: Framing::Pad, ..stages(1) },
        TrainConfig { framing: Framing::Squash, flip_average: 1, ..stages(1) },
    ]);
    // The smallest picture a network from random weights may see is larger than the toy's.
    if network.input.size >= 64 {
        configurations.push(scratch);
    }
    configurations
}

/// Everything that a node takes is there before it, and nothing has two meanings.
fn check_order(file: &OnnxFile) {
    let mut known: BTreeSet<&str> = file.constants.keys().map(String::as_str).collect();
    known.extend(file.inputs.iter().map(|(name, ..)| name.as_str()));
    for node in &file.nodes {
        for input in &node.inputs {
            assert!(known.contains(input.as_str()), "{} takes {input}, which nothing has made yet", node.output);
        }
        assert!(known.insert(&node.output), "{} is made twice", node.output);
    }
    for (name, ..) in &file.outputs {
        assert!(known.contains(name.as_str()), "nothing makes {name}");
    }
}

/// Blocks whose input is added to what they make of it.
fn sums(network: &Architecture) -> usize {
    network.layers().flatten().filter(|operation| matches!(operation, Operation::Residual { .. })).count()
}

/// Nodes of the network, by its description: convolutions, and what is clamped.
fn check_network(file: &OnnxFile, network: &Architecture) {
    let operations: Vec<&Operation> = network.layers().flatten().collect();
    let of = |wanted: Activation| {
        let layers = network.convolutions().filter(|layer| layer.spec.window.activation == wanted).count();
        let sums = operations
            .iter()
            .filter(|operation| matches!(operation, Operation::Residual { activation, .. } if *activation == wanted));
        layers + sums.count()
    };
    let pools = operations.iter().filter(|operation| matches!(operation, Operation::MaxPool(_))).count();
    assert_eq!(file.count("Conv"), network.convolutions().count(), "{}", network.name);
    assert_eq!(file.count("Relu"), of(Activation::Relu), "{}", network.name);
    assert_eq!(file.count("BatchNormalization"), 0, "batch-norms are folded away");
    assert_eq!(file.count("MaxPool"), pools, "{}", network.name);
    for layer in network.convolutions() {
        let weight = &file.constants[&format!("{}.weight", layer.conv)];
        assert_eq!(weight.shape, layer.spec.weight_shape(), "{}", layer.conv);
        assert_eq!(weight.bytes.len(), 4 * weight.shape.iter().product::<usize>());
        let node = file.nodes.iter().find(|node| node.output == layer.conv).unwrap();
        assert_eq!(node.attributes["group"], [layer.spec.window.groups as i64]);
        assert_eq!(node.attributes["strides"], [layer.spec.window.stride as i64; 2]);
        assert_eq!(node.inputs.len(), 3, "{}: weight, and the bias that batch-norm leaves", layer.conv);
    }
}

#[test]
fn every_network_taught_in_every_way_is_written() {
    for network in networks() {
        for config in configurations(network) {
            let session = taught(network, config.clone());
            let classifier = session.classifier().unwrap();
            let size = classifier.input.size.to_string();
            let file = onnx(&session, Form::Tensor, Precision::Single);
            check_order(&file);
            check_network(&file, network);
            assert_eq!((file.opset, file.ir_version), (18, 8));
            let sides = ["N", "3", &size, &size].map(str::to_owned).to_vec();
            assert_eq!(file.inputs, [("input".to_owned(), 1, sides)]);
            let sides = || vec!["N".to_owned(), "3".to_owned()];
            assert_eq!(
                file.outputs,
                ["logits", "probabilities"].map(|name| (name.to_owned(), 1, sides())),
                "{}",
                network.name
            );
            let head = &file.constants[&format!("{}.weight", network.classifier)];
            assert_eq!(head.shape, [TOY_LABELS.len(), classifier.suffix.features()]);
            let layers = classifier.suffix.taps().layers();
            let several = classifier.suffix.features() > network.features();
            assert_eq!(file.count("GlobalAveragePool"), layers);
            let maxima = if several { layers } else { 0 };
            assert_eq!(file.count("GlobalMaxPool"), maxima);
            // Each sum of a block, and what keeps each length from being nothing.
            assert_eq!(file.count("Add"), sums(network) + 2 * maxima, "{}", network.name);
            assert_eq!(file.count("ReduceMean"), config.flip_average, "over a picture and its mirror image");
            let labels: Vec<String> = serde_json::from_str(&file.properties["labels"]).unwrap();
            assert_eq!(labels, TOY_LABELS);
            assert_eq!(file.properties["licence"], "MIT");
            assert_eq!(file.properties["input_size"], size);
            assert_eq!(file.properties.contains_key("regime"), classifier.regime.is_some());
        }
    }
}

#[test]
fn the_photo_goes_in_whole_and_is_prepared_inside() {
    for framing in [Framing::Crop, Framing::Pad, Framing::Squash] {
        let session = taught(&TOY, TrainConfig { framing, ..stages(0) });
        let file = onnx(&session, Form::Image, Precision::Single);
        check_order(&file);
        check_network(&file, &TOY);
        let sides = ["height", "width", "3"].map(str::to_owned).to_vec();
        assert_eq!(file.inputs, [("image".to_owned(), 2, sides)]);
        assert_eq!(file.outputs[0].2, ["1", "3"]);
        assert_eq!(file.count("MatMul"), 2, "across, then down");
        assert_eq!(file.count("Where"), usize::from(framing == Framing::Pad), "bars");
        let name = serde_json::to_string(&framing).unwrap();
        assert_eq!(file.properties["framing"], name.trim_matches('"'));
        assert!(file.description.contains("one grey level"), "{}", file.description);
    }
}

/// The largest difference of a probability, and of a number of the normalised picture in grey levels, between a file and the session.
fn apart(session: &Session, photo: &Pixels) -> (f64, f64) {
    let file = onnx(session, Form::Image, Precision::Single);
    let rgb = photo.rgb.iter().map(|&value| f64::from(value)).collect();
    let values = run(&file, Value::new(&[photo.height as usize, photo.width as usize, 3], rgb));
    let answers = pollster::block_on(session.predict(photo, 3, ModelChoice::Trained)).unwrap();
    let theirs = &values["probabilities"].data;
    let differences = answers.iter().map(|answer| (f64::from(answer.probability) - theirs[answer.index]).abs());

    let input = &session.classifier().unwrap().input;
    let mut ours = Vec::new();
    let stored = session.weights().card.input.framed(input.framing);
    // Smaller pictures are made of what is kept for the network's own size.
    let seen = match stored.size == input.size {
        true => input.prepare(photo).unwrap(),
        false => input.resized(&stored.store(photo).unwrap()).unwrap().prepared.clone(),
    };
    input.normalise_into(&seen, &mut ours);
    let entry = file.nodes.iter().find(|node| node.op == "Conv").unwrap().inputs[0].clone();
    let levels = ours.iter().zip(&values[&entry].data).enumerate().map(|(at, (ours, theirs))| {
        let channel = at / (input.size * input.size) as usize;
        (f64::from(*ours) - theirs).abs() * f64::from(input.std[channel])
    });
    (differences.fold(0.0, f64::max), levels.fold(0.0, f64::max))
}

#[test]
fn the_file_answers_as_the_session_does() {
    for network in networks() {
        for config in configurations(network) {
            let session = taught(network, config.clone());
            let (probability, levels) = apart(&session, &drawn(1, 7, 90, 71));
            assert!(levels < 1e-3, "{}: {levels} grey levels", network.name);
            assert!(probability < 1e-4, "{}, {config:?}: {probability}", network.name);
        }
    }
}

#[test]
fn a_photo_of_any_size_is_prepared_as_here() {
    for (framing, filter, size) in [
        (Framing::Crop, Filter::Bicubic, 32),
        (Framing::Crop, Filter::Bilinear, 32),
        (Framing::Pad, Filter::Bicubic, 32),
        (Framing::Squash, Filter::Bilinear, 32),
        (Framing::Crop, Filter::Bicubic, 20),
        (Framing::Pad, Filter::Bicubic, 20),
        (Framing::Squash, Filter::Bicubic, 20),
    ] {
        let mut session = taught(&TOY, TrainConfig { framing, ..stages(0) });
        let input = InputSpec { size, filter, crop_fraction: 0.875, ..session.classifier().unwrap().input.clone() };
        session = with_input(&session, input);
        for (width, height) in
            [(1, 1), (2, 3), (1, 90), (90, 1), (32, 32), (33, 32), (31, 77), (400, 20), (20, 400), (200, 150)]
        {
            let (_, levels) = apart(&session, &drawn(0, 3, width, height));
            // A sum on the other side of a half is a level, of a few colours in a million.
            assert!(levels < 1e-3, "{framing:?} to {size}, {filter:?}, {width} × {height}: {levels} grey levels");
        }
    }
}

/// The same classifier, for photos that are prepared otherwise.
fn with_input(session: &Session, input: InputSpec) -> Session {
    let file = pollster::block_on(session.export_model()).unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&file).unwrap();
    let card = &metadata.metadata().as_ref().unwrap()["lastlayer"];
    let mut card: ModelCard = serde_json::from_str(card).unwrap();
    card.input = input;
    let tensors = SafeTensors::deserialize(&file).unwrap();
    let metadata = [("lastlayer".to_owned(), serde_json::to_string(&card).unwrap())];
    let file = safetensors::serialize(tensors.tensors(), Some(metadata.into())).unwrap();
    let mut session = session_of(&TOY);
    session.open_model(&file).unwrap();
    session
}

#[test]
fn half_precision_is_half_the_file() {
    for network in networks() {
        let session = taught(network, stages(0));
        let file =
            |precision| pollster::block_on(session.export_onnx(Form::Tensor, precision, ModelChoice::Trained)).unwrap();
        let (single, half) = (OnnxFile::read(&file(Precision::Single)), OnnxFile::read(&file(Precision::Half)));
        check_order(&half);
        let weights = network.convolutions().count() + 1;
        assert_eq!(half.count("Cast"), single.count("Cast") + weights);
        let bytes = |file: &OnnxFile| {
            let weights = file.constants.iter().filter(|(name, _)| name.contains(".weight"));
            weights.map(|(_, tensor)| tensor.bytes.len()).sum::<usize>()
        };
        assert_eq!(2 * bytes(&half), bytes(&single), "{}", network.name);
    }
}

#[test]
fn a_weight_that_half_precision_does_not_hold_is_refused() {
    let file = common::toy_weights_file(|tensors| {
        let head = tensors.iter_mut().find(|(name, ..)| name == "classifier.weight").unwrap();
        head.2[0] = 1e6;
    });
    let session = Session::new(common::cpu(), common::open_toy(file).unwrap(), || 0.0).unwrap();
    let export = |precision| pollster::block_on(session.export_onnx(Form::Tensor, precision, ModelChoice::Source));
    let error = export(Precision::Half).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidOption);
    assert!(error.message.contains("classifier.weight") && error.message.contains("1000000"), "{error}");
    export(Precision::Single).unwrap();
}

/// What the module of the page writes, which has no device: the model file and the weights are enough.
#[test]
fn a_model_file_alone_gives_the_same_files_to_the_last_byte() {
    for network in networks() {
        for config in configurations(network) {
            let session = taught(network, config.clone());
            let model = pollster::block_on(session.export_model()).unwrap();
            let tuned = Tuned::of_file(&model, session.weights()).unwrap();
            let trained = ModelChoice::Trained;
            for form in [Form::Tensor, Form::Image] {
                for precision in [Precision::Single, Precision::Half] {
                    let theirs = pollster::block_on(session.export_onnx(form, precision, trained)).unwrap();
                    assert!(onnx::write(&tuned, form, precision).unwrap() == theirs, "{}, {config:?}", network.name);
                }
            }
            let network_of = pollster::block_on(session.export_network("timm", trained)).unwrap();
            assert!(network_file::write(&tuned, "timm").unwrap() == network_of, "{}, {config:?}", network.name);
            let head = pollster::block_on(session.export_head(trained)).unwrap();
            assert!(network_file::write_head(&tuned).unwrap() == head, "{}, {config:?}", network.name);
            assert_eq!(card_text::write(&tuned.card, true), session.export_card(trained).unwrap());
        }
        let session = session_of(network);
        let source = Tuned::of_source(session.weights()).unwrap();
        let theirs = pollster::block_on(session.export_onnx(Form::Tensor, Precision::Single, ModelChoice::Source));
        assert!(onnx::write(&source, Form::Tensor, Precision::Single).unwrap() == theirs.unwrap(), "{}", network.name);
        assert_eq!(card_text::write(&source.card, false), session.export_card(ModelChoice::Source).unwrap());
    }
}

#[test]
fn a_model_file_of_other_weights_or_without_a_tensor_is_refused_without_a_device_too() {
    let session = taught(&TOY, stages(1));
    let model = pollster::block_on(session.export_model()).unwrap();
    let code = |bytes: &[u8], session: &Session| Tuned::of_file(bytes, session.weights()).err().map(|error| error.code);
    assert_eq!(code(&model, &session), None);
    assert_eq!(code(&model[..model.len() - 4], &session), Some(ErrorCode::ModelCorrupt));
    assert_eq!(code(b"nothing", &session), Some(ErrorCode::ModelCorrupt));
    let other = session_of(&narrow_networks()[0]);
    assert_eq!(code(&model, &other), Some(ErrorCode::ModelMismatch));
    let tensors = SafeTensors::deserialize(&model).unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&model).unwrap();
    let kept = tensors.tensors().into_iter().filter(|(name, _)| name != "classifier.bias");
    let lacking = safetensors::serialize(kept, metadata.metadata().clone()).unwrap();
    assert_eq!(code(&lacking, &session), Some(ErrorCode::ModelCorrupt));
}

#[test]
fn nothing_is_exported_before_anything_is_taught() {
    let session = common::toy_session();
    let trained = ModelChoice::Trained;
    let onnx = pollster::block_on(session.export_onnx(Form::Tensor, Precision::Single, trained)).map(drop);
    let network = pollster::block_on(session.export_network("timm", trained)).map(drop);
    let head = pollster::block_on(session.export_head(trained)).map(drop);
    for result in [onnx, network, head, session.export_card(trained).map(drop)] {
        assert_eq!(result.unwrap_err().code, ErrorCode::NoClassifier);
    }
}

#[test]
fn the_whole_network_has_every_parameter_and_opens_as_a_model() {
    for network in networks() {
        for k in 0..=network.stages.len() {
            let session = taught(network, stages(k));
            let file = pollster::block_on(session.export_network("timm", ModelChoice::Trained)).unwrap();
            let tensors = SafeTensors::deserialize(&file).unwrap();
            let features = session.classifier().unwrap().suffix.features();
            let name = network.classifier;
            let head = [(format!("{name}.weight"), vec![3, features]), (format!("{name}.bias"), vec![3])];
            let expected: Vec<_> = network.parameters().into_iter().chain(head).collect();
            assert_eq!(tensors.len(), expected.len());
            for (name, shape) in expected {
                assert_eq!(tensors.tensor(&name).unwrap().shape(), shape, "{}, {name}", network.name);
            }

            let mut other = session_of(network);
            other.open_model(&file).unwrap();
            let photo = drawn(2, 5, 50, 40);
            let answers = [&session, &other]
                .map(|session| pollster::block_on(session.predict(&photo, 3, ModelChoice::Trained)).unwrap());
            for (ours, reopened) in answers[0].iter().zip(&answers[1]) {
                let close = (ours.probability - reopened.probability).abs() < 1e-5;
                assert!(close && ours.label == reopened.label, "{}: {ours:?}, {reopened:?}", network.name);
            }
            let head = pollster::block_on(session.export_head(ModelChoice::Trained)).unwrap();
            let (head, name) = (SafeTensors::deserialize(&head).unwrap(), format!("{name}.weight"));
            assert_eq!(head.len(), 2);
            assert_eq!(head.tensor(&name).unwrap().data(), tensors.tensor(&name).unwrap().data());
        }
    }
}

#[test]
fn the_card_says_how_it_was_taught_and_escapes_names() {
    let mut session = taught(&TOY, stages(2));
    let id = session.dataset().class_id("one").unwrap();
    assert!(session.classifier().unwrap().classes.contains(&Some(id)));
    session.rename_class("one", "*one* <b>").unwrap();
    let card = session.export_card(ModelChoice::Trained).unwrap();
    assert!(card.contains("last 2 stages") && card.contains("(`last-k`)"), "{card}");
    assert!(card.contains("* \\*one\\* \\<b\\>: 3 photos\n* two: 3 photos"), "{card}");
    assert!(card.contains("photos held out from a fit before") && card.contains("95 % interval"), "{card}");
    assert!(card.contains("not calibrated") && card.contains("The pretrained weights: MIT"), "{card}");
    let mut other = session_of(&TOY);
    other.open_model(&pollster::block_on(session.export_model()).unwrap()).unwrap();
    assert_eq!(other.export_card(ModelChoice::Trained).unwrap(), card, "the model file says all of it");
    let source = session.export_card(ModelChoice::Source).unwrap();
    assert!(source.contains("* one\n") && source.contains("nothing was taught on top"), "{source}");
}

#[test]
fn the_command_line_refuses_what_means_nothing() {
    let path = folder("export-refused").join("file");
    let path = path.to_str().unwrap();
    let refused = |arguments: &[&str]| {
        let output = lastlayer(&[&["export", "source", "-o", path], arguments].concat());
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let precision = refused(&["--format", "safetensors", "--precision", "half"]);
    assert!(precision.contains("--precision is an option of onnx and onnx-image"), "{precision}");
    assert!(refused(&["--format", "onnx", "--names", "timm"]).contains("--names is an option of safetensors"));
    assert!(refused(&["--format", "tflite"]).contains("onnx-image"));
}
