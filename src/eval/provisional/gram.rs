//! Inner products of what the output layer sees of photos, kept while photos come and go.

use super::ridge::Symmetric;
use crate::data::dataset::PhotoId;
use crate::halves::{f16, widen, widened};
use crate::train::read::cache::ActivationCache;

/// Of all pairs of some photos, in the order in which they were added.
#[derive(Debug, Default)]
pub struct Gram {
    photos: Vec<PhotoId>,
    /// Lower triangle.
    rows: Vec<Vec<f64>>,
}

impl Gram {
    pub fn photos(&self) -> &[PhotoId] {
        &self.photos
    }

    pub fn products(&self) -> Symmetric<'_> {
        Symmetric { rows: &self.rows }
    }

    /// Forgets all photos but those.
    pub fn keep(&mut self, wanted: impl Fn(PhotoId) -> bool) {
        let kept: Vec<usize> = (0..self.photos.len()).filter(|&index| wanted(self.photos[index])).collect();
        if kept.len() == self.photos.len() {
            return;
        }
        let row = |(position, &index): (usize, &usize)| {
            kept[..=position].iter().map(|&other| self.rows[index][other]).collect()
        };
        self.rows = kept.iter().enumerate().map(row).collect();
        self.photos = kept.iter().map(|&index| self.photos[index]).collect();
    }

    /// Adds a photo as it is, unless it is not cached: one product for each photo there is. Says whether it was added.
    pub fn add(&mut self, photo: PhotoId, cache: &ActivationCache) -> bool {
        let Some(itself) = cache.get(photo) else { return false };
        let seen = widened(itself);
        let mut row = Vec::with_capacity(self.photos.len() + 1);
        for &other in &self.photos {
            let Some(other) = cache.get(other) else { return false };
            row.push(dot(&seen, other));
        }
        row.push(dot(&seen, itself));
        self.photos.push(photo);
        self.rows.push(row);
        true
    }
}

/// In single precision, sixteen sums at a time: their errors are a millionth of the products', which differ by far more.
fn dot(a: &[f32], b: &[f16]) -> f64 {
    const LANES: usize = 16;
    let mut sums = [0f32; LANES];
    let (a_whole, a_rest) = a.as_chunks::<LANES>();
    let (b_whole, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_whole.iter().zip(b_whole) {
        (0..LANES).for_each(|lane| sums[lane] += a[lane] * widen(b[lane]));
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, &b)| f64::from(a * widen(b))).sum();
    sums.iter().copied().map(f64::from).sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_come_and_go_and_their_products_with_them() {
        let mut cache = ActivationCache::new([19, 1, 1]);
        for photo in 0..4u32 {
            let values: Vec<f32> = (0..19).map(|i| ((i * 7 + photo * 3) % 5) as f32 - 1.0).collect();
            cache.insert(photo, &values).unwrap();
        }
        let mut gram = Gram::default();
        assert!((0..4).all(|photo| gram.add(photo, &cache)) && !gram.add(9, &cache));
        gram.keep(|photo| photo != 1);
        assert_eq!(gram.photos(), [0, 2, 3]);
        for (i, &a) in gram.photos().iter().enumerate() {
            for (j, &b) in gram.photos()[..=i].iter().enumerate() {
                let [a, b] = [a, b].map(|photo| widened(cache.get(photo).unwrap()));
                let expected: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(a * b)).sum();
                assert_eq!(gram.rows[i][j], expected);
            }
        }
    }
}
