//! Which of the user's photos a photo resembles most, in the eyes of the network.

use serde::Serialize;

use crate::data::dataset::{Dataset, PhotoId};
use crate::error::Result;
use crate::halves::{f16, widen};

/// Whose features are compared: what the head of that network sees, averaged over places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Features {
    /// The pretrained backbone's; also those of a classifier whose head alone learnt.
    Source,
    /// Of a classifier whose last stages learnt too.
    Trained,
}

/// The photos most like the one asked about.
#[derive(Debug, Clone, Serialize)]
pub struct Nearest {
    pub features: Features,
    /// How many photos were compared: those the network has read. Photos added since the training are not among them.
    pub compared: usize,
    /// The most alike first.
    pub neighbours: Vec<Neighbour>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Neighbour {
    pub id: PhotoId,
    pub name: String,
    /// The class it is in now.
    pub label: String,
    /// Cosine of the angle between the two photos' features: 1 for the same photo; about 0 for nothing in common.
    pub similarity: f32,
}

impl Nearest {
    /// The `count` most similar of `known` photos; those of equal similarity in order of id.
    pub fn of<'a>(
        features: Features,
        photo: &[f32],
        known: impl Iterator<Item = (PhotoId, &'a [f16])>,
        dataset: &Dataset,
        count: usize,
    ) -> Result<Self> {
        let mut similar: Vec<(PhotoId, f32)> = known.map(|(id, features)| (id, cosine(photo, features))).collect();
        let compared = similar.len();
        similar.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        similar.truncate(count);
        let neighbour = |(id, similarity): (PhotoId, f32)| {
            let photo = dataset.photo(id)?;
            let label = dataset.label(photo.class).unwrap_or_default().to_owned();
            Ok(Neighbour { id, name: photo.name.clone(), label, similarity })
        };
        let neighbours = similar.into_iter().map(neighbour).collect::<Result<_>>()?;
        Ok(Self { features, compared, neighbours })
    }
}

/// 0 where either is all zeros.
fn cosine(asked: &[f32], known: &[f16]) -> f32 {
    let (mut dot, mut squares) = (0.0, (0.0, 0.0));
    for (a, b) in asked.iter().zip(known) {
        let (a, b) = (f64::from(*a), f64::from(widen(*b)));
        dot += a * b;
        squares = (squares.0 + a * a, squares.1 + b * b);
    }
    let lengths = (squares.0 * squares.1).sqrt();
    if lengths > 0.0 { (dot / lengths) as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::halves::narrow;

    #[test]
    fn cosines_by_hand() {
        let cosine = |asked: [f32; 2], known: [f32; 2]| cosine(&asked, &known.map(narrow));
        assert_eq!(cosine([3.0, 4.0], [6.0, 8.0]), 1.0);
        assert_eq!(cosine([1.0, 0.0], [0.0, 5.0]), 0.0);
        assert!((cosine([1.0, 1.0], [1.0, 0.0]) - 0.5f32.sqrt()).abs() < 1e-7);
        assert_eq!(cosine([0.0, 0.0], [1.0, 2.0]), 0.0);
    }
}
