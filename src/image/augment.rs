//! Augmentation: what else a photo could have looked like.
//!
//! A photo's draws are fixed by its file and their number, not by the training's seed, so that they are embedded once and kept,
//! however often one trains. Draw 0 is always the photo as it is.

use serde::{Deserialize, Serialize};

use super::Pixels;
use super::prepare::InputSpec;
use crate::rng::Rng;

/// What a draw may do to a photo. Moderate on purpose: the class must stay visible in every draw.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// Mirror every other draw. Off where left and right mean something: hand signs, text.
    pub flip: bool,
}

/// Smallest fraction of the photo's area that a crop shows.
const MIN_AREA: f32 = 0.4;
/// Largest change of the crop's aspect ratio, either way.
const MAX_ASPECT: f32 = 1.25;
/// Largest rotation either way, in radians: ten degrees.
const MAX_ROTATION: f32 = 0.175;
/// Brightness, contrast and saturation change by up to this factor either way.
const MAX_COLOUR: f32 = 0.25;
/// How often a rectangle is erased, and how much of the crop's area it covers.
const ERASE_PROBABILITY: f32 = 0.25;
const ERASE_AREA: (f32, f32) = (0.03, 0.15);

impl Augmentation {
    /// Draw number `draw` (from 1) of a photo, of the network's input size. `photo` is what [`InputSpec::store`] keeps for it, little
    /// larger than that: sampling is bilinear, without a filter against aliasing. Of a photo that is padded or squashed these are
    /// views of the padded or squashed square.
    pub fn draw(&self, photo: &Pixels, input: &InputSpec, sha256: &str, draw: usize) -> Pixels {
        let seed = u64::from_str_radix(sha256.get(..16).unwrap_or(""), 16).unwrap_or(sha256.len() as u64);
        let mut rng = Rng::stream(seed.wrapping_add(draw as u64), "augmentation");
        let view = View::random(photo, self.flip, &mut rng);
        let mut picture = view.sample(photo, input.size);
        jitter_colours(&mut picture, &mut rng);
        if rng.uniform() < ERASE_PROBABILITY {
            erase(&mut picture, input, &mut rng);
        }
        picture
    }
}

/// An affine map from the output square to the photo.
struct View {
    centre: (f32, f32),
    /// Half the sides of the crop, in pixels of the photo.
    half: (f32, f32),
    sine: f32,
    cosine: f32,
    mirrored: bool,
}

impl View {
    fn random(photo: &Pixels, flip: bool, rng: &mut Rng) -> Self {
        let between = |rng: &mut Rng, low: f32, high: f32| low + (high - low) * rng.uniform();
        let (width, height) = (photo.width as f32, photo.height as f32);
        // Of the centre square, which is what the network sees without augmentation; but the crop may lie anywhere.
        let side = width.min(height) * between(rng, MIN_AREA, 1.0).sqrt();
        let aspect = between(rng, -MAX_ASPECT.ln(), MAX_ASPECT.ln()).exp().sqrt();
        let half = ((side * aspect).min(width) / 2.0, (side / aspect).min(height) / 2.0);
        let centre = (between(rng, half.0, width - half.0), between(rng, half.1, height - half.1));
        let angle = between(rng, -MAX_ROTATION, MAX_ROTATION);
        let mirrored = flip && rng.uniform() < 0.5;
        Self { centre, half, sine: angle.sin(), cosine: angle.cos(), mirrored }
    }

    /// Bilinear; what a rotation brings in from outside repeats the edge.
    fn sample(&self, photo: &Pixels, size: u32) -> Pixels {
        let mut rgb = Vec::with_capacity((size * size * 3) as usize);
        let unit = |index: u32| (index as f32 + 0.5) / size as f32 * 2.0 - 1.0;
        for row in 0..size {
            for column in 0..size {
                let across = if self.mirrored { -unit(column) } else { unit(column) } * self.half.0;
                let down = unit(row) * self.half.1;
                let x = self.centre.0 + across * self.cosine - down * self.sine - 0.5;
                let y = self.centre.1 + across * self.sine + down * self.cosine - 0.5;
                rgb.extend(bilinear(photo, x, y));
            }
        }
        Pixels { width: size, height: size, rgb }
    }
}

fn bilinear(photo: &Pixels, x: f32, y: f32) -> [u8; 3] {
    let x = x.clamp(0.0, (photo.width - 1) as f32);
    let y = y.clamp(0.0, (photo.height - 1) as f32);
    let (left, top) = (x as usize, y as usize);
    let (right, bottom) = ((left + 1).min(photo.width as usize - 1), (top + 1).min(photo.height as usize - 1));
    let (across, down) = (x - left as f32, y - top as f32);
    let at = |column: usize, row: usize, channel: usize| {
        f32::from(photo.rgb[(row * photo.width as usize + column) * 3 + channel])
    };
    std::array::from_fn(|channel| {
        let upper = at(left, top, channel) * (1.0 - across) + at(right, top, channel) * across;
        let lower = at(left, bottom, channel) * (1.0 - across) + at(right, bottom, channel) * across;
        (upper * (1.0 - down) + lower * down).round() as u8
    })
}

fn jitter_colours(picture: &mut Pixels, rng: &mut Rng) {
    let mut factor = || 1.0 + MAX_COLOUR * (2.0 * rng.uniform() - 1.0);
    let (brightness, contrast, saturation) = (factor(), factor(), factor());
    let grey = |pixel: &[u8]| 0.299 * f32::from(pixel[0]) + 0.587 * f32::from(pixel[1]) + 0.114 * f32::from(pixel[2]);
    let mean = picture.rgb.chunks_exact(3).map(grey).sum::<f32>() / (picture.rgb.len() / 3) as f32;
    for pixel in picture.rgb.chunks_exact_mut(3) {
        let own_grey = grey(pixel);
        for value in pixel {
            let coloured = own_grey + saturation * (f32::from(*value) - own_grey);
            *value = (brightness * (mean + contrast * (coloured - mean))).round().clamp(0.0, 255.0) as u8;
        }
    }
}

/// Fills a rectangle with the mean that normalisation subtracts, which the network sees as nothing.
fn erase(picture: &mut Pixels, input: &InputSpec, rng: &mut Rng) {
    let side = picture.width as f32;
    let area = ERASE_AREA.0 + (ERASE_AREA.1 - ERASE_AREA.0) * rng.uniform();
    let aspect = (0.5 + 1.5 * rng.uniform()).sqrt();
    let width = (side * area.sqrt() * aspect) as usize;
    let height = (side * area.sqrt() / aspect) as usize;
    let left = rng.below(picture.width as usize - width + 1);
    let top = rng.below(picture.height as usize - height + 1);
    let mean = input.mean_colour();
    for row in top..top + height {
        let start = (row * picture.width as usize + left) * 3;
        picture.rgb[start..start + width * 3].chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&mean));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: InputSpec = InputSpec::new(32, [127.0; 3], [128.0; 3]);

    /// Red grows to the right, green downwards.
    fn gradient(width: u32, height: u32) -> Pixels {
        let pixel = |index: u32| [(index % width * 255 / width) as u8, (index / width * 255 / height) as u8, 128];
        Pixels { width, height, rgb: (0..width * height).flat_map(pixel).collect() }
    }

    #[test]
    fn the_same_photo_and_number_give_the_same_draw() {
        let photo = gradient(50, 40);
        let draw = |sha256: &str, number| Augmentation { flip: true }.draw(&photo, &INPUT, sha256, number);
        assert_eq!(draw("0123456789abcdef", 1), draw("0123456789abcdef", 1));
        assert_ne!(draw("0123456789abcdef", 1), draw("0123456789abcdef", 2));
        assert_ne!(draw("0123456789abcdef", 1), draw("1123456789abcdef", 1));
        assert_eq!((draw("", 1).width, draw("", 1).height), (32, 32));
    }

    #[test]
    fn a_whole_view_is_the_photo_and_a_mirrored_one_its_mirror_image() {
        let photo = gradient(32, 32);
        let view = |mirrored| View { centre: (16.0, 16.0), half: (16.0, 16.0), sine: 0.0, cosine: 1.0, mirrored };
        assert_eq!(view(false).sample(&photo, 32), photo);
        let mirrored = view(true).sample(&photo, 32);
        for column in 0..32 {
            assert_eq!(mirrored.rgb[column * 3], photo.rgb[(31 - column) * 3]);
        }
    }

    #[test]
    fn without_flip_left_stays_left() {
        let photo = gradient(64, 64);
        for number in 1..40 {
            let picture = Augmentation { flip: false }.draw(&photo, &INPUT, "77", number);
            let red = |column: usize| (0..32).map(|row| u32::from(picture.rgb[(row * 32 + column) * 3])).sum::<u32>();
            assert!(red(2) < red(29), "draw {number} is mirrored");
        }
    }

    #[test]
    fn draws_stay_near_the_photo() {
        let photo = Pixels { width: 40, height: 60, rgb: vec![100; 40 * 60 * 3] };
        for number in 1..40 {
            let picture = Augmentation { flip: true }.draw(&photo, &INPUT, "5", number);
            assert!(picture.rgb.iter().all(|value| (70..=135).contains(value)), "draw {number}");
        }
    }
}
