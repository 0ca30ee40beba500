//! A network that was taught here as the source model of the next task: a whole weights file, as those that pretraining gives.
//!
//! Its classes are the source model's then, and so are its answers: the output layer is divided by the temperature, which a source model
//! does not have. What trainings changed is in single precision, the rest as it was.

use std::collections::BTreeSet;

use crate::backbone::card::{Card, Tuned};
use crate::backbone::stored::{self, StoredTensor};
use crate::backbone::weights::Weights;
use crate::error::Result;
use crate::eval::classifier::Classifier;
use crate::train::read::embed::read;

/// Writes a classifier that was trained on top of `weights`, with all that is under it.
pub async fn write(classifier: &Classifier, weights: &Weights) -> Result<Vec<u8>> {
    let architecture = weights.architecture;
    let head = architecture.classifier_parameters(0).map(|(name, _)| name);
    let mut tensors = Vec::new();
    for tensor in classifier.suffix.named(architecture) {
        let mut values = read(tensor.values).await?;
        if head.contains(&tensor.name) {
            values.iter_mut().for_each(|value| *value = (f64::from(*value) / classifier.temperature) as f32);
        }
        tensors.push(StoredTensor::floats(&tensor.name, &tensor.shape, &values));
    }
    let learnt: BTreeSet<String> = tensors.iter().map(|tensor| tensor.name.clone()).collect();
    let parameters = architecture.parameters().into_iter().map(|(name, _)| name);
    tensors.extend(parameters.filter(|name| !learnt.contains(name)).flat_map(|name| weights.stored(&name)));
    stored::write(&tensors, &card(classifier, weights))
}

fn card(classifier: &Classifier, weights: &Weights) -> Card {
    let last_stages = weights.tuned_stages().max(classifier.split.0);
    Card {
        input: classifier.input.clone(),
        labels: classifier.labels.clone(),
        flip_average: classifier.flip_average,
        layers: classifier.suffix.taps().named(weights.architecture),
        tuned: Some(Tuned { last_stages, weights_sha256: weights.first_sha256().to_owned() }),
        ..weights.card.clone()
    }
}
