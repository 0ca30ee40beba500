//! What the prefix made of each photo, kept so that it runs once.

use std::collections::HashMap;

use crate::data::dataset::PhotoId;
use crate::error::{Error, Result};
use crate::halves::{bytes_of, f16, narrow};
use crate::train::plan::draws::MIRRORED;

/// Activations at one split, on the host: a batch is gathered and uploaded per step, which costs little next to the step
/// and leaves the device's memory to the network.
///
/// They are kept in half precision, so twice as many fit. Rounded is here alone, whoever has computed them: so the training is the same
/// however many instances of the core read its photos.
#[derive(Debug)]
pub struct ActivationCache {
    /// `[channels, height, width]` of one photo.
    shape: [usize; 3],
    /// By photo and augmentation draw.
    values: HashMap<(PhotoId, usize), Box<[f16]>>,
}

impl ActivationCache {
    pub fn new(shape: [usize; 3]) -> Self {
        Self { shape, values: HashMap::new() }
    }

    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Whether the photo as it is has been embedded.
    pub fn contains(&self, id: PhotoId) -> bool {
        self.contains_draw(id, 0)
    }

    pub fn contains_draw(&self, id: PhotoId, draw: usize) -> bool {
        self.values.contains_key(&(id, draw))
    }

    /// Keeps the activation of the photo as it is; errors as [`insert_draw`](Self::insert_draw).
    pub fn insert(&mut self, id: PhotoId, values: &[f32]) -> Result<()> {
        self.insert_draw(id, 0, values)
    }

    /// # Errors
    /// `internal` when the values are not of the cache's shape.
    pub fn insert_draw(&mut self, id: PhotoId, draw: usize, values: &[f32]) -> Result<()> {
        if values.len() != self.shape.iter().product::<usize>() {
            return Err(Error::internal(format!(
                "expected an activation of {:?}, got {} values",
                self.shape,
                values.len()
            )));
        }
        self.values.insert((id, draw), values.iter().map(|value| narrow(*value)).collect());
        Ok(())
    }

    /// The activation of the photo as it is.
    pub fn get(&self, id: PhotoId) -> Option<&[f16]> {
        self.get_draw(id, 0)
    }

    pub fn get_draw(&self, id: PhotoId, draw: usize) -> Option<&[f16]> {
        self.values.get(&(id, draw)).map(|values| &**values)
    }

    /// Forgets photos with all their draws.
    pub fn remove(&mut self, ids: &[PhotoId]) {
        self.values.retain(|(id, _), _| !ids.contains(id));
    }

    /// Forgets every augmented draw, as when the augmentation changes.
    pub fn remove_draws(&mut self) {
        self.values.retain(|(_, draw), _| [0, MIRRORED].contains(draw));
    }

    /// Forgets the draws that are not `wanted`, by number, when `more` further ones would take it past `budget` bytes.
    pub fn make_room(&mut self, more: usize, wanted: &[usize], budget: u64) {
        if self.bytes().saturating_add((more as u64).saturating_mul(bytes_of(self.shape))) > budget {
            self.values.retain(|(_, draw), _| wanted.contains(draw));
        }
    }

    /// How many draws more it may hold to stay within `budget` bytes.
    pub fn room(&self, budget: u64) -> usize {
        let room = budget.saturating_sub(self.bytes()) / bytes_of(self.shape);
        usize::try_from(room).unwrap_or(usize::MAX)
    }

    /// Bytes held.
    pub fn bytes(&self) -> u64 {
        self.values.len() as u64 * bytes_of(self.shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_draws_than_32_bits_count_bytes_of_take_room() {
        let mut cache = ActivationCache::new([24, 56, 56]);
        // Times 150,528 bytes this is little more than 2³², and a multiple of 2⁶⁴.
        for more in [28_533, 1 << 62] {
            cache.insert_draw(7, 1, &[0.0; 24 * 56 * 56]).unwrap();
            cache.make_room(more, &[0], 512 << 20);
            assert!(!cache.contains_draw(7, 1), "{more} more");
        }
    }

    #[test]
    fn draws_that_are_not_wanted_any_more_make_room() {
        let mut cache = ActivationCache::new([2, 1, 1]);
        (0..3).for_each(|draw| cache.insert_draw(7, draw, &[0.0; 2]).unwrap());
        assert_eq!(cache.bytes(), 12);
        cache.make_room(2, &[0, 1], 20);
        assert!(cache.contains_draw(7, 2), "there is room");
        cache.make_room(2, &[0, 1], 19);
        assert_eq!([0, 1, 2].map(|draw| cache.contains_draw(7, draw)), [true, true, false]);
        assert_eq!(cache.bytes(), 8);
        cache.insert_draw(7, MIRRORED, &[0.0; 2]).unwrap();
        cache.make_room(1, &[0, MIRRORED], 8);
        assert_eq!([0, 1, MIRRORED].map(|draw| cache.contains_draw(7, draw)), [true, false, true]);
    }
}
