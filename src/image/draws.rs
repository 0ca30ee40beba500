//! What the network sees of a photo: the photo as it is, and its augmented draws.

use super::augment::Augmentation;
use super::prepare::{Crop, InputSpec};
use super::{DecodedPhoto, Pixels, mosaic};
use crate::error::Result;

/// Pictures of one photo, each of the network's input size.
#[derive(Debug, Clone)]
pub struct Draws {
    /// The photo as it is: what predictions are made from.
    pub seen: Pixels,
    /// Where in the photo that lies.
    pub crop: Crop,
    /// Augmented draws, by number from 1: those that a training learns from, pixel by pixel.
    pub draws: Vec<Pixels>,
}

impl Draws {
    /// The first `count` draws. They are fixed by the photo's file, which goes by its hash. `stored` is what a session stores the
    /// photo for, `input` what the network sees; both have one framing.
    pub fn of(
        photo: &impl DecodedPhoto,
        sha256: &str,
        (stored, input): (&InputSpec, &InputSpec),
        augmentation: Augmentation,
        count: usize,
    ) -> Result<Self> {
        let (width, height) = photo.size();
        let stored = input.resized(&stored.store(photo)?)?.into_owned();
        let draws = (1..=count).map(|number| augmentation.draw(&stored.whole, input, sha256, number)).collect();
        Ok(Self { seen: stored.prepared, crop: input.crop(width, height), draws })
    }

    /// The photo as the network sees it and then its draws, in reading order.
    pub fn sheet(&self) -> Pixels {
        mosaic::sheet(&std::iter::once(&self.seen).chain(&self.draws).collect::<Vec<_>>())
    }
}
