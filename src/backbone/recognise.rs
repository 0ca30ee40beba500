//! Of which network a file is: by the names and shapes of its tensors.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::architecture::{Architecture, ConvLayer, Naming, Operation};
use super::file::TensorFile;
use super::registry::all;
use crate::error::{Error, ErrorCode, Result};

/// How many names of a list an error tells.
const TOLD: usize = 5;

/// A network that a file has all of.
#[derive(Debug, Clone)]
pub struct Recognised {
    pub architecture: &'static Architecture,
    /// The file's name of each parameter, the output layer's among them where it has one.
    pub names: BTreeMap<String, String>,
    /// Outputs of its output layer; `None` where the file has none that is known.
    pub classes: Option<usize>,
    /// Whether that is the one of the network's [`OwnHead`](super::architecture::OwnHead), whose layers are among `names` then, and not
    /// one on pooled features.
    pub own_head: bool,
    /// Tensors that this network has no place for: other heads.
    pub unused: Vec<String>,
}

/// The network whose parameters are all there, in timm's names or another's. What else is in the file must lie beside the network, as
/// a head of another form does: then it is a larger network otherwise.
///
/// # Errors
/// `weights-mismatch` with the nearest network, and what is missing, unexpected and of the wrong shape for it.
pub fn recognise(file: &TensorFile) -> Result<Recognised> {
    let candidates = all().iter().flat_map(|architecture| {
        let namings = architecture.namings.iter().map(Some);
        std::iter::once(None).chain(namings).map(move |naming| Fit::new(file, architecture, naming))
    });
    let nearest = candidates
        .min_by_key(|fit| (fit.problems(), !fit.has_head(file)))
        .ok_or_else(|| Error::internal("no networks"))?;
    if nearest.problems() > 0 { Err(nearest.error(file)) } else { Ok(nearest.recognised(file)) }
}

/// What a file has of a network.
struct Fit {
    architecture: &'static Architecture,
    names: BTreeMap<String, String>,
    /// What the file calls the weight and the bias of the output layer.
    head: [String; 2],
    own_head: Option<OwnLayers>,
    missing: Vec<String>,
    wrong_shape: Vec<String>,
    unexpected: Vec<String>,
    unused: Vec<String>,
}

impl Fit {
    fn new(file: &TensorFile, architecture: &'static Architecture, naming: Option<&Naming>) -> Self {
        let theirs = |name: &str| naming.map_or_else(|| name.to_owned(), |naming| naming.name_of(name));
        let (mut names, mut parts) = (BTreeMap::new(), BTreeSet::new());
        let (mut missing, mut wrong_shape) = (Vec::new(), Vec::new());
        for (ours, shape) in architecture.parameters() {
            let name = theirs(&ours);
            match file.tensors.get(&name) {
                None => missing.push(name.clone()),
                Some(tensor) if tensor.shape() != shape => {
                    wrong_shape.push(format!("{name} (expected {shape:?}, got {:?})", tensor.shape()));
                }
                Some(_) => {}
            }
            parts.insert(first_part(&name).to_owned());
            names.insert(ours, name);
        }
        let head = architecture.classifier_parameters(0).map(|(name, _)| theirs(&name));
        let own_head = OwnLayers::new(architecture, theirs);
        let own_names = own_head.iter().flat_map(|own| own.names.values());
        let known: BTreeSet<&String> = names.values().chain(&head).chain(own_names).collect();
        let others = file.tensors.keys().filter(|name| !known.contains(name)).cloned();
        let (unexpected, unused) = others.partition(|name| parts.contains(first_part(name)));
        Self { architecture, names, head, own_head, missing, wrong_shape, unexpected, unused }
    }

    fn problems(&self) -> usize {
        self.missing.len() + self.wrong_shape.len() + self.unexpected.len()
    }

    fn has_head(&self, file: &TensorFile) -> bool {
        self.classes(file).is_some() || self.own_head.as_ref().is_some_and(|own| own.classes(file).is_some())
    }

    /// Outputs of a linear layer on pooled features.
    fn classes(&self, file: &TensorFile) -> Option<usize> {
        outputs(file, &self.head, self.architecture.features())
    }

    fn recognised(mut self, file: &TensorFile) -> Recognised {
        let (architecture, unused) = (self.architecture, std::mem::take(&mut self.unused));
        let found = |classes, own_head, names| Recognised { architecture, names, classes, own_head, unused };
        if let Some(classes) = self.classes(file) {
            let ours = architecture.classifier_parameters(0).map(|(name, _)| name);
            self.names.extend(ours.into_iter().zip(self.head));
            return found(Some(classes), false, self.names);
        }
        let own = self.own_head.and_then(|own| Some((own.classes(file)?, own)));
        let Some((classes, own)) = own else { return found(None, false, self.names) };
        self.names.extend(own.names);
        found(Some(classes), true, self.names)
    }

    fn error(&self, file: &TensorFile) -> Error {
        let expected = self.names.len();
        let (known, name) =
            (all().iter().map(|architecture| architecture.name).collect::<Vec<_>>(), self.architecture.name);
        if self.missing.len() + self.wrong_shape.len() > expected / 2 {
            let tensors = told(&file.tensors.keys().cloned().collect::<Vec<_>>());
            let message =
                format!("the weights are of no network known here ({}): they have {tensors}", known.join(", "));
            return Error::new(ErrorCode::WeightsMismatch, message).with("name", "unknown").with("detail", tensors);
        }
        let lists =
            [("missing", &self.missing), ("unexpected", &self.unexpected), ("of the wrong shape", &self.wrong_shape)];
        let problems = lists.iter().filter(|(_, names)| !names.is_empty());
        let problems: Vec<String> =
            problems.map(|(what, names)| format!("{} {what}: {}", names.len(), told(names))).collect();
        let problems = problems.join("; ");
        let message = format!("the weights are of no network known here; nearest is {name}: {problems}");
        Error::new(ErrorCode::WeightsMismatch, message).with("name", name).with("detail", problems)
    }
}

/// The layers of a network's own head, by the names of a file.
struct OwnLayers {
    names: BTreeMap<String, String>,
    /// How many numbers each of the file's tensors has, but those of the output layer.
    counts: Vec<(String, usize)>,
    output_layer: [String; 2],
    features: usize,
}

impl OwnLayers {
    fn new(architecture: &Architecture, theirs: impl Fn(&str) -> String) -> Option<Self> {
        let whole = architecture.with_own_head()?;
        let layers = whole.tail[architecture.tail.len()..].iter().flat_map(Operation::convolutions);
        let parameters: Vec<_> = layers.flat_map(ConvLayer::parameters).collect();
        let counts = parameters.iter().map(|(name, shape)| (theirs(name), shape.iter().product())).collect();
        let output_layer = whole.classifier_parameters(0).map(|(name, _)| name);
        let ours = parameters.into_iter().map(|(name, _)| name).chain(output_layer.clone());
        Some(Self {
            names: ours.map(|name| (name.clone(), theirs(&name))).collect(),
            counts,
            output_layer: output_layer.map(|name| theirs(&name)),
            features: whole.features(),
        })
    }

    /// Outputs, where the file has all of it. A fully connected layer is a matrix in some files, a convolution in others: the numbers are
    /// the same ones in the same order.
    fn classes(&self, file: &TensorFile) -> Option<usize> {
        let has = |name: &String| file.tensors.get(name).map(|tensor| tensor.shape().iter().product());
        let all = self.counts.iter().all(|(name, count)| has(name) == Some(*count));
        if all { outputs(file, &self.output_layer, self.features) } else { None }
    }
}

/// Outputs of a linear layer, by the names of its weight and bias, where the file has it and it takes that many features.
fn outputs(file: &TensorFile, layer: &[String; 2], features: usize) -> Option<usize> {
    match layer.each_ref().map(|name| file.tensors.get(name).map(|tensor| tensor.shape())) {
        [Some(&[classes, inputs]), Some(&[biases])] if inputs == features && biases == classes && classes > 0 => {
            Some(classes)
        }
        _ => None,
    }
}

fn first_part(name: &str) -> &str {
    name.split_once('.').map_or(name, |(first, _)| first)
}

/// The first few of a list, shortened: names come from a file, which may have any.
fn told(names: &[String]) -> String {
    let shown = names.iter().take(TOLD).map(|name| name.chars().take(80).collect::<String>());
    let more = names.len().saturating_sub(TOLD);
    let shown = shown.collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
