//! What the prefix made of each photo, kept so that it runs once.

use std::collections::HashMap;

use crate::data::dataset::PhotoId;
use crate::error::{Error, Result};

/// Activations at one split, on the host: a batch is gathered and uploaded per step, which costs little next to the step
/// and leaves the device's memory to the network.
#[derive(Debug)]
pub struct ActivationCache {
    /// `[channels, height, width]` of one photo.
    shape: [usize; 3],
    values: HashMap<PhotoId, Vec<f32>>,
}

impl ActivationCache {
    pub fn new(shape: [usize; 3]) -> Self {
        Self { shape, values: HashMap::new() }
    }

    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    pub fn contains(&self, id: PhotoId) -> bool {
        self.values.contains_key(&id)
    }

    /// # Errors
    /// `internal` when the values are not of the cache's shape.
    pub fn insert(&mut self, id: PhotoId, values: Vec<f32>) -> Result<()> {
        if values.len() != self.shape.iter().product::<usize>() {
            return Err(Error::internal(format!(
                "expected an activation of {:?}, got {} values",
                self.shape,
                values.len()
            )));
        }
        self.values.insert(id, values);
        Ok(())
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
