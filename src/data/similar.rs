//! Near-duplicates: the same picture saved twice, a crop of another, the frames of a burst. Such photos form a *group*, and a
//! group never falls on both sides of a split, or the score would be of photos the classifier has in effect seen.

use std::f64::consts::PI;

use crate::halves::{f16, widen};
use crate::image::Pixels;

/// Side of the grey picture the hash is made of, and of the block of its lowest frequencies that is kept.
const SIDE: usize = 32;
const KEPT: usize = 8;

/// Photos are near-duplicates when their hashes differ in at most this many of 64 bits. Copies that were compressed to JPEG
/// quality 30, halved in size or changed in contrast differ in 0 to 4.
const SAME_BITS: u32 = 4;
/// Or when their hashes differ in at most this many (small crops, shifts and turns do; one pair in a hundred of unrelated
/// photos does too) *and* their features agree at least this much, which among different photos of one kind about one pair
/// in a thousand does. Both together are rare enough that a class of look-alikes does not become one group.
const ALIKE_BITS: u32 = 18;
const ALIKE_COSINE: f64 = 0.95;

/// A 64-bit hash of how a photo looks: similar pictures differ in few bits. A bit says whether one of the 8 × 8 lowest
/// frequencies of the cosine transform of the 32 × 32 grey picture is above their median ("pHash", after C. Zauner,
/// *Implementation and Benchmarking of Perceptual Image Hash Functions*, 2010).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PerceptualHash(pub u64);

impl PerceptualHash {
    pub fn of(photo: &Pixels) -> Self {
        let grey = shrink(photo);
        let basis: Vec<f64> = (0..KEPT * SIDE)
            .map(|index| ((index / SIDE) as f64 * ((index % SIDE) as f64 + 0.5) * PI / SIDE as f64).cos())
            .collect();
        // Rows first, of which only the lowest frequencies go on to the columns.
        let mut rows = [0.0; SIDE * KEPT];
        for (y, row) in grey.chunks_exact(SIDE).enumerate() {
            for (u, wave) in basis.chunks_exact(SIDE).enumerate() {
                rows[y * KEPT + u] = row.iter().zip(wave).map(|(value, wave)| value * wave).sum();
            }
        }
        let mut lowest = [0.0; KEPT * KEPT];
        for (v, wave) in basis.chunks_exact(SIDE).enumerate() {
            for u in 0..KEPT {
                lowest[v * KEPT + u] = wave.iter().enumerate().map(|(y, wave)| rows[y * KEPT + u] * wave).sum();
            }
        }
        // The first is the mean brightness, which says nothing of the picture and would pull the median.
        let mut sorted = lowest;
        sorted[1..].sort_by(f64::total_cmp);
        let median = sorted[1 + (KEPT * KEPT - 1) / 2];
        let bits = lowest.iter().enumerate().skip(1).filter(|(_, value)| **value > median);
        Self(bits.fold(0, |hash, (bit, _)| hash | 1 << bit))
    }

    /// Number of bits that differ.
    pub fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

/// The photo's luma, averaged over the cells of a 32 × 32 grid; a smaller photo gives its pixels to several cells.
fn shrink(photo: &Pixels) -> Vec<f64> {
    let (width, height) = (photo.width as usize, photo.height as usize);
    let cell = |index: usize, length: usize| {
        let start = (index * length / SIDE).min(length.saturating_sub(1));
        start..((index + 1) * length / SIDE).clamp(start + 1, length.max(start + 1))
    };
    let luma = |x: usize, y: usize| {
        let at = (y * width + x) * 3;
        let [red, green, blue] = [0, 1, 2].map(|channel| photo.rgb.get(at + channel).copied().map_or(0.0, f64::from));
        0.299 * red + 0.587 * green + 0.114 * blue
    };
    let mut grey = Vec::with_capacity(SIDE * SIDE);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let (xs, ys) = (cell(column, width), cell(row, height));
            let count = (xs.len() * ys.len()) as f64;
            let sum: f64 = ys.flat_map(|y| xs.clone().map(move |x| (x, y))).map(|(x, y)| luma(x, y)).sum();
            grey.push(sum / count);
        }
    }
    grey
}

/// What near-duplicates are found by.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    pub hash: PerceptualHash,
    /// Of the same width for every photo; `None` where it is not embedded.
    pub features: Option<&'a [f16]>,
}

/// The group of each photo, numbered from 0 in the order in which they first come. Being near-duplicates is carried on: where
/// a is one of b and b of c, all three are one group. Every pair is compared, which for a thousand photos takes a blink.
pub fn groups(photos: &[Look<'_>]) -> Vec<usize> {
    let norms: Vec<f64> = photos.iter().map(|photo| photo.features.map_or(0.0, |x| dot(x, x).sqrt())).collect();
    let mut parent: Vec<usize> = (0..photos.len()).collect();
    for b in 0..photos.len() {
        for a in 0..b {
            if near_duplicates(&photos[a], &photos[b], norms[a] * norms[b]) {
                let (a, b) = (root(&mut parent, a), root(&mut parent, b));
                parent[a.max(b)] = a.min(b);
            }
        }
    }
    let mut number = vec![usize::MAX; photos.len()];
    let mut next = 0;
    (0..photos.len())
        .map(|photo| {
            let root = root(&mut parent, photo);
            if number[root] == usize::MAX {
                number[root] = next;
                next += 1;
            }
            number[root]
        })
        .collect()
}

fn near_duplicates(a: &Look<'_>, b: &Look<'_>, norms: f64) -> bool {
    let bits = a.hash.distance(b.hash);
    if bits <= SAME_BITS {
        return true;
    }
    match (a.features, b.features) {
        (Some(a), Some(b)) if bits <= ALIKE_BITS && norms > 0.0 => dot(a, b) / norms >= ALIKE_COSINE,
        _ => false,
    }
}

fn dot(a: &[f16], b: &[f16]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(widen(a)) * f64::from(widen(b))).sum()
}

/// The first photo of the group, with the path to it halved on the way (union-find).
fn root(parent: &mut [usize], mut photo: usize) -> usize {
    while parent[photo] != photo {
        parent[photo] = parent[parent[photo]];
        photo = parent[photo];
    }
    photo
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::halves::narrow;
    use crate::rng::Rng;

    /// Blobs of many sizes at drawn places, seen through a window that can be moved and brightened.
    fn scene(seed: u64, size: u32, shift: f64, gain: f64) -> Pixels {
        let mut rng = Rng::new(seed);
        let blobs: Vec<[f64; 4]> = (0..40).map(|_| std::array::from_fn(|_| f64::from(rng.uniform()))).collect();
        let mut rgb = Vec::new();
        for y in 0..size {
            for x in 0..size {
                let (x, y) = (f64::from(x) / f64::from(size) + shift, f64::from(y) / f64::from(size));
                let blob = |[cx, cy, radius, light]: &[f64; 4]| {
                    let squares = ((x - cx).powi(2) + (y - cy).powi(2)) / (0.001 + 0.02 * radius * radius);
                    (light - 0.5) * 250.0 * (-squares).exp()
                };
                let value = (110.0 + blobs.iter().map(blob).sum::<f64>()) * gain;
                rgb.extend([value.clamp(0.0, 255.0) as u8; 3]);
            }
        }
        Pixels { width: size, height: size, rgb }
    }

    #[test]
    fn a_copy_of_another_size_or_brightness_keeps_the_hash_and_other_scenes_do_not() {
        for seed in 0..20 {
            let hash = PerceptualHash::of(&scene(seed, 224, 0.0, 1.0));
            for copy in [scene(seed, 112, 0.0, 1.0), scene(seed, 224, 0.0, 0.8)] {
                let bits = hash.distance(PerceptualHash::of(&copy));
                assert!(bits <= SAME_BITS, "scene {seed}: {bits} bits");
            }
            let moved = hash.distance(PerceptualHash::of(&scene(seed, 224, 0.02, 1.0)));
            assert!(moved <= ALIKE_BITS, "scene {seed} moved: {moved} bits");
            let other = hash.distance(PerceptualHash::of(&scene(seed + 100, 224, 0.0, 1.0)));
            assert!(other > ALIKE_BITS / 2, "scenes {seed} and {}: {other} bits", seed + 100);
        }
    }

    #[test]
    fn pictures_of_every_size_have_a_hash() {
        for (width, height) in [(1, 1), (3, 50), (31, 33), (224, 224)] {
            PerceptualHash::of(&Pixels { width, height, rgb: vec![7; (width * height * 3) as usize] });
        }
    }

    #[test]
    fn groups_are_transitive_and_numbered_in_order() {
        let look = |hash| Look { hash: PerceptualHash(hash), features: None };
        // The first and the last differ in six bits, but each is near the one between them.
        assert_eq!(groups(&[look(0), look(u64::MAX), look(0b11_1111), look(0b111)]), [0, 1, 0, 0]);
        assert_eq!(groups(&[]), [0; 0]);
    }

    #[test]
    fn a_looser_hash_needs_features_that_agree() {
        let [a, b, c] = [[1.0, 0.0, 0.1], [1.0, 0.1, 0.0], [0.0, 1.0, 0.0]].map(|features| features.map(narrow));
        let look = |hash, features| Look { hash: PerceptualHash(hash), features: Some(features) };
        assert_eq!(groups(&[look(0, &a), look(0xfff, &b), look(0xfff0, &c)]), [0, 0, 1]);
        assert_eq!(groups(&[look(0, &a), look(u64::MAX >> 1, &b)]), [0, 1], "features alone are not enough");
    }
}
