//! Which photos a run needs to see again: their files have to be readable then.

use std::collections::BTreeSet;

use super::Session;
use crate::data::dataset::{Photo, PhotoId};
use crate::model::Split;
use crate::train::plan::config::TrainConfig;

impl Session {
    /// Photos that what is under way will ask for, or may ask for: of which something is not cached that it needs, and whose pixels are
    /// not at hand, or may not be when their turn comes. None where nothing is under way.
    pub fn wanted_files(&self) -> Vec<PhotoId> {
        let configs = self.run.as_ref().map_or_else(Vec::new, |run| run.configs());
        // One training after the other lets go of the pixels that the next would need.
        let lets_go = configs.len() > 1;
        let at_hand = |photo: &Photo, config: &TrainConfig| {
            !lets_go && photo.pixels.as_ref().is_some_and(|pixels| pixels.framing == config.framing)
        };
        let mut wanted = BTreeSet::new();
        for config in configs {
            let photos = self.dataset.photos().filter(|photo| !at_hand(photo, config));
            wanted.extend(photos.filter(|photo| self.lacks(photo.id, config)).map(|photo| photo.id));
        }
        wanted.into_iter().collect()
    }

    /// Whether a training with that configuration has to see a photo's pixels.
    fn lacks(&self, photo: PhotoId, config: &TrainConfig) -> bool {
        let embedders = &self.models.embedders;
        if config.draws_anew() || !embedders[0].cache.contains(photo) {
            return true;
        }
        let (split, input) = (Split(config.last_stages), self.input(config));
        let own = embedders.iter().find(|embedder| embedder.is_of(split, &input));
        own.is_none_or(|own| own.embedded([photo].into_iter(), config) < config.needed_draws().count())
    }
}
