//! Resize and crop against Pillow and torchvision (`fixtures/make_resize.py`), on images both sides draw by formula.

mod common;

use common::{fnv1a, hash32, sampled, triangle};
use lastlayer::image::Pixels;
use lastlayer::image::prepare::InputSpec;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    images: Vec<Image>,
}

#[derive(Deserialize)]
struct Image {
    width: u32,
    height: u32,
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

#[test]
fn equals_pillow_within_one_grey_level() {
    let golden: Golden = common::fixture("resize.json");
    let spec = InputSpec { size: 224, mean: [127.0; 3], std: [128.0; 3] };
    assert!(golden.images.len() >= 8);
    for image in &golden.images {
        let name = format!("{} × {}", image.width, image.height);
        let photo = draw(image.width, image.height);
        assert_eq!(fnv1a(&photo.rgb), image.fnv1a, "{name}: drawn differently here and in Python");
        let prepared = spec.prepare(&photo).unwrap();
        assert_eq!((prepared.width, prepared.height), (224, 224));
        let ours = sampled(image.samples.len(), prepared.rgb.len()).map(|index| prepared.rgb[index]);
        let differences: Vec<u8> = ours.zip(&image.samples).map(|(ours, theirs)| ours.abs_diff(*theirs)).collect();
        let differing = differences.iter().filter(|difference| **difference > 0).count();
        assert!(
            differences.iter().all(|difference| *difference <= 1),
            "{name}: differs by {:?}",
            differences.iter().max()
        );
        assert!(differing * 50 <= differences.len(), "{name}: {differing} of {} samples differ", differences.len());
        for channel in 0..3 {
            let sum: f64 = prepared.rgb.iter().skip(channel).step_by(3).map(|value| f64::from(*value)).sum();
            let mean = sum / f64::from(224 * 224);
            assert!((mean - image.means[channel]).abs() < 0.05, "{name}: mean {mean} against {}", image.means[channel]);
        }
    }
}
