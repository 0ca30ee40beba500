//! How the draws of a photo are numbered: 0 is the photo as it is, 1 and up are augmented, and the last number is kept for its mirror
//! image.

/// Number of the draw that is the photo's mirror image, for classifiers that look at both. Not an augmentation: it is the same
/// whatever these are.
pub const MIRRORED: usize = usize::MAX;
