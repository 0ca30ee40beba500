//! Weights files that people bring: recognised, refused with the reasons, and taught.

mod common;

use std::collections::BTreeMap;

use common::{TOY_LABELS, add_drawn, cpu, drawn, stages, train};
use half::f16;
use lastlayer::backbone::architecture::Architecture;
use lastlayer::backbone::registry::by_name;
use lastlayer::backbone::weights::Weights;
use lastlayer::error::{Error, ErrorCode};
use lastlayer::eval::explain::Question;
use lastlayer::nn::params::{Params, RandomParams};
use lastlayer::rng::Rng;
use lastlayer::session::event::StepEvent;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::config::TrainConfig;
use safetensors::tensor::{Dtype, TensorView, serialize};

type File = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Random weights of a network with an output layer of ten classes, under the names of timm, or another's.
fn file_of(network: &Architecture, whose: &str) -> File {
    let naming = network.naming(whose);
    let mut random = RandomParams(Rng::new(5));
    let parameters = network.parameters().into_iter().chain(network.classifier_parameters(10));
    parameters
        .map(|(name, shape)| {
            let values = random.take(&name, &shape);
            (naming.map_or(name.clone(), |naming| naming.name_of(&name)), (shape, values))
        })
        .collect()
}

fn bytes_of(file: &File) -> Vec<u8> {
    let bytes: Vec<(&str, &Vec<usize>, Vec<u8>)> = file
        .iter()
        .map(|(name, (shape, values))| (name.as_str(), shape, values.iter().flat_map(|x| x.to_le_bytes()).collect()))
        .collect();
    let views =
        bytes.iter().map(|(name, shape, bytes)| (*name, TensorView::new(Dtype::F32, (*shape).clone(), bytes).unwrap()));
    serialize(views, None).unwrap()
}

fn network(name: &str) -> &'static Architecture {
    by_name(name).unwrap()
}

fn bring(file: &File) -> Result<Weights, Error> {
    Weights::bring(bytes_of(file), None, &[])
}

fn refused(file: &File) -> Error {
    match bring(file) {
        Ok(weights) => panic!("taken for {}", weights.architecture.name),
        Err(error) => error,
    }
}

#[test]
fn networks_are_recognised_by_either_names() {
    for (name, whose) in [
        ("mobilenetv2_035", "timm"),
        ("mobilenetv2_035", "torchvision"),
        ("mobilenetv2_050", "torchvision"),
        ("efficientnet_lite0", "efficientnet_lite_pytorch"),
        ("efficientnet_lite1", "timm"),
        ("resnet18", "timm"),
        ("resnet34", "timm"),
    ] {
        let weights = bring(&file_of(network(name), whose)).unwrap();
        assert_eq!((weights.architecture.name, weights.card.labels.len()), (name, 10), "{whose}");
        assert_eq!(weights.card.labels[9], "10");
    }
}

#[test]
fn a_wrapped_network_and_one_with_another_head_are_the_network() {
    let plain = file_of(network("mobilenetv2_035"), "torchvision");
    let wrapped: File = plain.iter().map(|(name, tensor)| (format!("module.{name}"), tensor.clone())).collect();
    let weights = bring(&wrapped).unwrap();
    assert_eq!((weights.architecture.name, weights.card.labels.len()), ("mobilenetv2_035", 10));

    let mut other_head = plain;
    let tensor = other_head.remove("classifier.1.weight").unwrap();
    other_head.remove("classifier.1.bias").unwrap();
    other_head.insert("head.projection.weight".into(), tensor);
    let weights = bring(&other_head).unwrap();
    assert_eq!((weights.architecture.name, weights.card.labels.len()), ("mobilenetv2_035", 0));
}

#[test]
fn labels_are_given_where_the_outputs_are_as_many() {
    let file = bytes_of(&file_of(network("mobilenetv2_035"), "timm"));
    let labels: Vec<String> = (0..10).map(|number| format!("class {number}")).collect();
    assert_eq!(Weights::bring(file.clone(), None, &labels).unwrap().card.labels, labels);
    assert_eq!(Weights::bring(file, None, &labels[..9]).unwrap().card.labels[0], "1");
}

#[test]
fn what_is_not_known_is_compared_with_the_nearest() {
    let mut file = file_of(network("resnet18"), "timm");
    file.remove("layer2.0.conv1.weight");
    file.insert("layer2.0.attention.weight".into(), (vec![1], vec![0.0]));
    let bias = file.get_mut("layer1.0.bn1.bias").unwrap();
    *bias = (vec![32, 2], std::mem::take(&mut bias.1));
    let error = refused(&file);
    assert_eq!((error.code, error.params["name"].as_str()), (ErrorCode::WeightsMismatch, "resnet18"));
    for told in [
        "1 missing: layer2.0.conv1.weight",
        "1 unexpected: layer2.0.attention.weight",
        "1 of the wrong shape: layer1.0.bn1.bias (expected [64], got [32, 2])",
    ] {
        assert!(error.message.contains(told), "{}", error.message);
    }

    let transformer = (0..9).map(|n| (format!("blocks.{n}.attn.qkv.weight"), (vec![2, 2], vec![0.0; 4]))).collect();
    let error = refused(&transformer);
    assert!(error.message.contains("of no network known here (efficientnet_lite0, "), "{}", error.message);
    assert!(error.message.contains("blocks.0.attn.qkv.weight, ") && error.message.ends_with("and 4 more"));
}

fn session(file: &[u8]) -> Session {
    Session::new(cpu(), Weights::bring(file.to_vec(), None, &[]).unwrap(), || 0.0).unwrap()
}

#[test]
fn a_brought_network_answers_learns_and_is_saved() {
    let file = bytes_of(&file_of(network("mobilenetv2_035"), "torchvision"));
    for (k, config) in [0, 1, 7].map(|k| (k, TrainConfig { epochs: 2, ..stages(k) })) {
        let mut first = session(&file);
        let photo = drawn(1, 99, 50, 40);
        let by_source = pollster::block_on(first.predict(&photo, 3, ModelChoice::Source)).unwrap();
        assert_eq!(by_source.len(), 3);
        add_drawn(&mut first, 3, 3, 0);
        train(&mut first, config);
        let answers = pollster::block_on(first.predict(&photo, 3, ModelChoice::Trained)).unwrap();
        assert!(answers.iter().all(|answer| TOY_LABELS.contains(&answer.label.as_str())));
        let model = pollster::block_on(first.export_model()).unwrap();

        let mut second = session(&file);
        second.open_model(&model).unwrap();
        let reopened = pollster::block_on(second.predict(&photo, 3, ModelChoice::Trained)).unwrap();
        for (one, other) in answers.iter().zip(&reopened) {
            let close = (one.probability - other.probability).abs() < 1e-5;
            assert!(close && one.label == other.label, "last {k} stages: {one:?}, reopened {other:?}");
        }
    }
}

#[test]
fn a_trunk_alone_is_taught_and_advised_on_but_not_asked() {
    let mut file = file_of(network("mobilenetv2_035"), "timm");
    file.retain(|name, _| !name.starts_with("classifier."));
    let mut session = session(&bytes_of(&file));
    let photo = drawn(0, 99, 50, 40);
    for model in [ModelChoice::Source, ModelChoice::Auto] {
        let error = pollster::block_on(session.predict(&photo, 1, model)).unwrap_err();
        assert_eq!(error.code, ErrorCode::NoClassifier, "{}", error.message);
    }
    add_drawn(&mut session, 3, 4, 0);
    session.start_advice(TrainConfig::default()).unwrap();
    let advised = loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::Advised { advice } => break advice,
            StepEvent::NeedPhotos { ids } => common::supply_drawn(&mut session, &ids),
            _ => {}
        }
    };
    assert!(advised.findings.similarity.is_none());
    assert!(advised.reasons.iter().any(|reason| reason.code == "no-source"));
    train(&mut session, TrainConfig { epochs: 2, ..stages(0) });
    assert_eq!(pollster::block_on(session.predict(&photo, 1, ModelChoice::Auto)).unwrap().len(), 1);
}

/// VGG's classes come from three fully connected layers on all places of the last map, which hold most of its weights.
#[test]
fn a_network_answers_with_its_own_head_and_is_taught_without() {
    let (architecture, classes) = (network("vgg16"), 7);
    let whole = architecture.with_own_head().unwrap();
    let naming = architecture.naming("torchvision").unwrap();
    let mut random = RandomParams(Rng::new(5));
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = (whole.parameters().into_iter())
        .chain(whole.classifier_parameters(classes))
        .map(|(name, shape)| {
            let count = shape.iter().product::<usize>();
            // Of the own head the biases alone: its answer is known beforehand, and half a gigabyte need not be drawn.
            let values: Vec<f16> = match name.as_str() {
                "head.fc.bias" => (0..count).map(|class| f16::from_f32(if class == 4 { 3.0 } else { 0.0 })).collect(),
                _ if name.starts_with("features.") => {
                    random.take(&name, &shape).into_iter().map(f16::from_f32).collect()
                }
                _ => vec![f16::ZERO; count],
            };
            // torchvision has matrices.
            let shape = if shape.len() == 4 && !name.starts_with("features.") {
                vec![shape[0], count / shape[0]]
            } else {
                shape
            };
            (naming.name_of(&name), shape, values.into_iter().flat_map(f16::to_le_bytes).collect())
        })
        .collect();
    let views =
        tensors.iter().map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F16, shape.clone(), bytes).unwrap()));
    let file = serialize(views, None).unwrap();
    drop(tensors);

    let weights = Weights::bring(file, None, &[]).unwrap();
    assert_eq!((weights.architecture.name, weights.card.labels.len()), ("vgg16", classes));
    let mut session = Session::new(cpu(), weights, || 0.0).unwrap();
    let photo = drawn(0, 99, 50, 40);
    let answers = pollster::block_on(session.predict(&photo, 2, ModelChoice::Auto)).unwrap();
    let expected = 3f32.exp() / (3f32.exp() + 6.0);
    assert!(answers[0].label == "5" && (answers[0].probability - expected).abs() < 1e-4, "{answers:?}");
    let error = pollster::block_on(session.explain(&photo, Question::default(), ModelChoice::Source)).unwrap_err();
    assert!(error.message.contains("all places"), "{}", error.message);

    add_drawn(&mut session, 2, 2, 0);
    train(&mut session, TrainConfig { epochs: 2, ..stages(0) });
    for model in [ModelChoice::Source, ModelChoice::Trained] {
        assert_eq!(common::nearest(&mut session, &photo, 2, model).compared, 4);
    }
    pollster::block_on(session.explain(&photo, Question::default(), ModelChoice::Trained)).unwrap();
    let saved = pollster::block_on(session.export_model()).unwrap();
    session.open_model(&saved).unwrap();
    // The next task's source model has the new output layer, on the averaged features.
    let source = pollster::block_on(session.export_source()).unwrap();
    assert!(source.len() < 70_000_000, "the fully connected layers are left out: {}", source.len());
    assert_eq!(Weights::open(source, None).unwrap().card.labels, ["one", "two"]);
}
