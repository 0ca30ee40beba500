//! What there is to learn from, photo by photo.

use crate::data::dataset::PhotoId;

/// A photo to learn from and the index of its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    pub photo: PhotoId,
    pub label: usize,
}

/// A sample in one of its draws; number 0 is the photo as it is.
pub type Look = (Sample, usize);

/// Photos in those of their draws by which they are judged, side by side.
pub fn looks(samples: &[Sample], views: &[usize]) -> Vec<Look> {
    samples.iter().flat_map(|&sample| views.iter().map(move |&draw| (sample, draw))).collect()
}
