//! How like ImageNet photos are: the measure falls when they are inverted, blurred, reduced to their edges or cut up, and is low for
//! what is drawn. Needs the weights and the photo sets; listed as ignored where they are missing.

mod common;

use std::path::PathBuf;

use common::{photo_sets, read_photo, sorted_files, trial, weights_file};
use lastlayer::advise::similarity::similarity;
use lastlayer::backbone::weights::Weights;
use lastlayer::image::Pixels;
use lastlayer::rng::Rng;
use lastlayer::session::{ModelChoice, Session};
use libtest_mimic::Arguments;

const WEIGHTS: &str = "build/weights";
const SIDE: u32 = 224;
/// Photos of each set: enough for the means below to lie well apart.
const PHOTOS: usize = 20;

fn main() {
    let possible = weights_file(WEIGHTS).is_some() && photo_sets().is_some();
    let test = trial("similarity_moves_as_one_would_expect", possible, similarity_moves_as_one_would_expect);
    libtest_mimic::run(&Arguments::from_args(), vec![test]).exit();
}

fn similarity_moves_as_one_would_expect() {
    let weights = Weights::open(std::fs::read(weights_file(WEIGHTS).unwrap()).unwrap(), None).unwrap();
    let input = weights.card.input.clone();
    let session = Session::new(common::cpu(), weights, || 0.0).unwrap();
    let score = |photos: &[Pixels]| {
        let logits: Vec<f32> = photos.iter().flat_map(|photo| source_logits(&session, photo)).collect();
        similarity(&logits, 1000, &vec![0; photos.len()], 1).unwrap().score
    };
    let prepared = |files: Vec<PathBuf>| -> Vec<Pixels> {
        let every = files.len().div_ceil(PHOTOS);
        files.iter().step_by(every).map(|file| input.prepare(&read_photo(file)).unwrap()).collect()
    };
    let sets = photo_sets().unwrap();
    let of_classes = |set: &str| {
        sorted_files(&sets.join(set).join("train")).iter().flat_map(|folder| sorted_files(folder)).collect()
    };
    let imagenet = prepared(sorted_files(&sets.join("imagenet40")));
    let (flowers, hands) = (prepared(of_classes("flowers5")), prepared(of_classes("digits5")));

    let natural = score(&imagenet);
    assert!(natural > 0.65, "ImageNet's own photos: {natural}");
    let flowers_score = score(&flowers);
    assert!((0.43..natural).contains(&flowers_score), "flowers: {flowers_score}");
    let hands_score = score(&hands);
    assert!(hands_score < 0.43, "hands before a wall: {hands_score}");

    let changed = |change: fn(&Pixels) -> Pixels| score(&imagenet.iter().map(change).collect::<Vec<_>>());
    for (name, change, most) in [
        ("inverted", inverted as fn(&Pixels) -> Pixels, natural),
        ("edges", edges, 0.6),
        ("blurred", blurred, 0.5),
        ("cut up", cut_up, 0.55),
    ] {
        let score = changed(change);
        assert!(score < most, "{name}: {score}, as they are: {natural}");
    }
    let drawn = |draw: fn(u64) -> Pixels| score(&(0..PHOTOS as u64).map(draw).collect::<Vec<_>>());
    for (name, draw) in [("shapes", shapes as fn(u64) -> Pixels), ("texture", texture), ("strokes", strokes)] {
        let score = drawn(draw);
        assert!(score < 0.43, "{name}: {score}");
    }
}

fn source_logits(session: &Session, photo: &Pixels) -> Vec<f32> {
    pollster::block_on(async {
        let activation = session.activation(photo, ModelChoice::Source).await.unwrap();
        session.outputs(activation, ModelChoice::Source).await.unwrap().logits
    })
}

fn picture(pixel: impl Fn(i32, i32) -> [u8; 3]) -> Pixels {
    let side = SIDE as i32;
    let rgb = (0..side).flat_map(|y| (0..side).map(move |x| (x, y))).flat_map(|(x, y)| pixel(x, y)).collect();
    Pixels { width: SIDE, height: SIDE, rgb }
}

/// The pixel at a place, or the nearest one inside.
fn at(photo: &Pixels, x: i32, y: i32) -> [u8; 3] {
    let clamp = |value: i32| value.clamp(0, SIDE as i32 - 1) as usize;
    let start = (clamp(y) * SIDE as usize + clamp(x)) * 3;
    [photo.rgb[start], photo.rgb[start + 1], photo.rgb[start + 2]]
}

fn grey([red, green, blue]: [u8; 3]) -> i32 {
    (i32::from(red) + i32::from(green) + i32::from(blue)) / 3
}

fn inverted(photo: &Pixels) -> Pixels {
    picture(|x, y| at(photo, x, y).map(|value| 255 - value))
}

/// Dark lines where the grey values change, on white.
fn edges(photo: &Pixels) -> Pixels {
    picture(|x, y| {
        let slope = |dx: i32, dy: i32| (grey(at(photo, x + dx, y + dy)) - grey(at(photo, x - dx, y - dy))).abs();
        [(255 - 3 * (slope(1, 0) + slope(0, 1))).clamp(0, 255) as u8; 3]
    })
}

/// Three passes of a running mean over 13 pixels each way: about a Gaussian of 6.5 pixels.
fn blurred(photo: &Pixels) -> Pixels {
    let mean = |photo: &Pixels, (dx, dy): (i32, i32)| {
        picture(|x, y| {
            let mut sums = [0u32; 3];
            for step in -6..=6 {
                let pixel = at(photo, x + step * dx, y + step * dy);
                sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u32::from(value));
            }
            sums.map(|sum| (sum / 13) as u8)
        })
    };
    (0..3).fold(photo.clone(), |photo, _| mean(&mean(&photo, (1, 0)), (0, 1)))
}

/// Eight by eight tiles in another order: the textures stay, the shapes go.
fn cut_up(photo: &Pixels) -> Pixels {
    let mut tiles: Vec<i32> = (0..64).collect();
    Rng::new(7).shuffle(&mut tiles);
    picture(|x, y| {
        let tile = tiles[(y / 28 * 8 + x / 28) as usize];
        at(photo, tile % 8 * 28 + x % 28, tile / 8 * 28 + y % 28)
    })
}

fn colour(rng: &mut Rng) -> [u8; 3] {
    std::array::from_fn(|_| rng.below(256) as u8)
}

/// Three discs on a plain ground.
fn shapes(seed: u64) -> Pixels {
    let mut rng = Rng::new(seed);
    let ground = colour(&mut rng);
    let discs: Vec<(i32, i32, i32, [u8; 3])> = (0..3)
        .map(|_| {
            let mut place = || rng.below(SIDE as usize) as i32;
            let (x, y) = (place(), place());
            (x, y, 15 + rng.below(45) as i32, colour(&mut rng))
        })
        .collect();
    picture(|x, y| {
        let inside = |disc: &&(i32, i32, i32, [u8; 3])| (x - disc.0).pow(2) + (y - disc.1).pow(2) < disc.2.pow(2);
        discs.iter().rev().find(inside).map_or(ground, |disc| disc.3)
    })
}

/// Coloured noise.
fn texture(seed: u64) -> Pixels {
    let mut rng = Rng::new(seed);
    Pixels { width: SIDE, height: SIDE, rgb: (0..SIDE * SIDE * 3).map(|_| rng.below(256) as u8).collect() }
}

/// A few thick dark strokes on white, as of a pen.
fn strokes(seed: u64) -> Pixels {
    let mut rng = Rng::new(seed);
    let mut point = || (40 + rng.below(144) as i32, 40 + rng.below(144) as i32);
    let lines: Vec<_> = (0..3).map(|_| (point(), point())).collect();
    picture(|x, y| {
        let near = |&((ax, ay), (bx, by)): &((i32, i32), (i32, i32))| {
            let (dx, dy) = (f64::from(bx - ax), f64::from(by - ay));
            let (px, py) = (f64::from(x - ax), f64::from(y - ay));
            let along = ((px * dx + py * dy) / (dx * dx + dy * dy).max(1.0)).clamp(0.0, 1.0);
            (px - along * dx).hypot(py - along * dy) < 7.0
        };
        if lines.iter().any(near) { [20; 3] } else { [250; 3] }
    })
}
