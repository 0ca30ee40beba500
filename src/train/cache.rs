//! What the prefix made of each photo, kept so that it runs once.

use std::collections::HashMap;

use crate::data::dataset::PhotoId;

/// Activations at one split, on the host: a batch is gathered and uploaded per step, which costs little next to the step
/// and leaves the device's memory to the network.
#[derive(Debug, Default)]
pub struct ActivationCache {
    /// `[channels, height, width]` of one photo; empty before the first.
    shape: [usize; 3],
    values: HashMap<PhotoId, Vec<f32>>,
}

impl ActivationCache {
    pub fn contains(&self, id: PhotoId) -> bool {
        self.values.contains_key(&id)
    }

    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Keeps the activations of a batch, photo after photo.
    pub fn insert_batch(&mut self, ids: &[PhotoId], shape: [usize; 3], values: &[f32]) {
        self.shape = shape;
        let per_photo = shape.iter().product();
        for (&id, activation) in ids.iter().zip(values.chunks_exact(per_photo)) {
            self.values.insert(id, activation.to_vec());
        }
    }

    pub fn get(&self, id: PhotoId) -> Option<&[f32]> {
        self.values.get(&id).map(Vec::as_slice)
    }

    pub fn remove(&mut self, ids: &[PhotoId]) {
        ids.iter().for_each(|id| drop(self.values.remove(id)));
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.values.len() * self.shape.iter().product::<usize>() * size_of::<f32>()
    }
}
