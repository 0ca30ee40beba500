//! The three framings against Pillow and torchvision (`fixtures/make_resize.py`, `make_framing.py`), on images both sides draw by
//! formula.

mod common;

use common::{fnv1a, hash32, sampled, triangle};
use lastlayer::image::Pixels;
use lastlayer::image::prepare::{Framing, InputSpec};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    images: Vec<Image>,
}

#[derive(Deserialize)]
struct Image {
    width: u32,
    height: u32,
    #[serde(default)]
    framing: Framing,
    /// Left, top, right and bottom of the photo in a padded square.
    inside: Option<[u32; 4]>,
    fnv1a: u32,
    means: [f64; 3],
    samples: Vec<u8>,
}

fn draw(width: u32, height: u32) -> Pixels {
    let mut rgb = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            for c in 0..3 {
                let flat = (y * width + x) * 3 + c;
                rgb.push(if (x / 23 + y / 19) % 5 == 0 {
                    255 * ((x / 7 + y / 5 + c) % 2)
                } else {
                    (3 * triangle(3 * x + 2 * y + 85 * c) + hash32(flat) % 256) / 4
                } as u8);
            }
        }
    }
    Pixels { width, height, rgb }
}

fn spec(framing: Framing) -> InputSpec {
    InputSpec { framing, ..InputSpec::new(224, [127.0; 3], [128.0; 3]) }
}

fn check(image: &Image) {
    let name = format!("{} × {}, {:?}", image.width, image.height, image.framing);
    let photo = draw(image.width, image.height);
    assert_eq!(fnv1a(&photo.rgb), image.fnv1a, "{name}: drawn differently here and in Python");
    let prepared = spec(image.framing).prepare(&photo).unwrap();
    assert_eq!((prepared.width, prepared.height), (224, 224));
    let ours = sampled(image.samples.len(), prepared.rgb.len()).map(|index| prepared.rgb[index]);
    let differences: Vec<u8> = ours.zip(&image.samples).map(|(ours, theirs)| ours.abs_diff(*theirs)).collect();
    let differing = differences.iter().filter(|difference| **difference > 0).count();
    assert!(differences.iter().all(|difference| *difference <= 1), "{name}: differs by {:?}", differences.iter().max());
    assert!(differing * 50 <= differences.len(), "{name}: {differing} of {} samples differ", differences.len());
    for channel in 0..3 {
        let sum: f64 = prepared.rgb.iter().skip(channel).step_by(3).map(|value| f64::from(*value)).sum();
        let mean = sum / f64::from(224 * 224);
        assert!((mean - image.means[channel]).abs() < 0.05, "{name}: mean {mean} against {}", image.means[channel]);
    }
}

#[test]
fn cropping_equals_torchvision_within_one_grey_level() {
    let golden: Golden = common::fixture("resize.json");
    assert!(golden.images.len() >= 8 && golden.images.iter().all(|image| image.framing == Framing::Crop));
    golden.images.iter().for_each(check);
}

#[test]
fn padding_and_squashing_equal_pillow_within_one_grey_level() {
    let golden: Golden = common::fixture("framing.json");
    assert!(golden.images.len() >= 16 && golden.images.iter().all(|image| image.framing != Framing::Crop));
    golden.images.iter().for_each(check);
}

#[test]
fn a_heatmap_of_a_padded_photo_lies_where_the_photo_is() {
    let golden: Golden = common::fixture("framing.json");
    for image in &golden.images {
        let crop = spec(image.framing).crop(image.width, image.height);
        let in_square = |at: f64, start: f64, length: f64| (at - start) / length * 224.0;
        let (width, height) = (f64::from(image.width), f64::from(image.height));
        let ours = [
            in_square(0.0, crop.x, crop.width),
            in_square(0.0, crop.y, crop.height),
            in_square(width, crop.x, crop.width),
            in_square(height, crop.y, crop.height),
        ];
        for (ours, theirs) in ours.iter().zip(image.inside.unwrap()) {
            assert!((ours - f64::from(theirs)).abs() < 1e-9, "{} × {}: {crop:?}", image.width, image.height);
        }
    }
}
