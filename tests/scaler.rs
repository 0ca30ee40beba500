//! Photos that arrive strip by strip give, bit for bit, what the whole of them gives: whatever the strips, the order of the bytes,
//! the framing, and whoever asks.

mod common;

use common::{TOY_LABELS, drawn, hash32, head, stages, toy_session};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use lastlayer::error::ErrorCode;
use lastlayer::eval::explain::Question;
use lastlayer::eval::feature_maps::Layer;
use lastlayer::image::prepare::{Framing, InputSpec};
use lastlayer::image::scaler::{Channels, ScaledPhoto, Scaler};
use lastlayer::image::stored::StoredPhoto;
use lastlayer::image::{DecodedPhoto, Pixels};
use lastlayer::session::event::StepEvent;
use lastlayer::session::{ModelChoice, Session};
use lastlayer::train::plan::config::TrainConfig;
use lastlayer::train::plan::regime::Regime;

const FRAMINGS: [Framing; 3] = [Framing::Crop, Framing::Pad, Framing::Squash];
/// Small, odd, large; upright, across, panoramas; 225 is scaled to 224 by a factor whose product with 224 is above 225.
const SIZES: [(u32, u32); 12] = [
    (1, 1),
    (5, 3),
    (224, 224),
    (225, 225),
    (225, 700),
    (333, 500),
    (641, 479),
    (1203, 907),
    (1500, 40),
    (31, 1200),
    (253, 2),
    (1, 300),
];
const STRIPS: [u32; 6] = [1, 2, 3, 7, 64, u32::MAX];

fn spec(size: u32, framing: Framing) -> InputSpec {
    InputSpec { framing, ..InputSpec::new(size, [127.0, 116.0, 104.0], [128.0; 3]) }
}

/// Straight RGBA. `alpha`: of each pixel, by its number.
fn rgba(width: u32, height: u32, alpha: impl Fn(u32) -> u8) -> Vec<u8> {
    let mut rgba = Vec::with_capacity((width * height * 4) as usize);
    for pixel in 0..width * height {
        let (x, y) = (pixel % width, pixel / width);
        let edge = if (x / 23 + y / 19) % 5 == 0 { 255 } else { 0 };
        rgba.extend((0..3).map(|channel| (hash32(4 * pixel + channel) % 256 / 3 + edge / 2 + 10 * channel) as u8));
        rgba.push(alpha(pixel));
    }
    rgba
}

fn scaled(mut scaler: Scaler, bytes: &[u8], channels: Channels, width: u32, strip: u32) -> ScaledPhoto {
    let row = width as usize * if channels == Channels::Rgb { 3 } else { 4 };
    let rows = (strip as usize).min(bytes.len() / row);
    bytes.chunks(rows * row).for_each(|strip| scaler.push(strip, channels).unwrap());
    scaler.finish().unwrap()
}

/// By strips, as a session's [`Scaler`] wants it.
fn by_strips(scaler: lastlayer::error::Result<Scaler>, photo: &Pixels, strip: u32) -> ScaledPhoto {
    scaled(scaler.unwrap(), &photo.to_rgba(), Channels::Rgba, photo.width, strip)
}

/// The same from the whole photo, each direction in one call.
mod whole {
    use super::*;

    type Window = (f64, f64);

    fn resample(photo: &Pixels, (width, height): (u32, u32), across: Window, down: Window) -> Pixels {
        let source = ImageRef::new(photo.width, photo.height, &photo.rgb, PixelType::U8x3).unwrap();
        let mut target = Image::new(width, height, PixelType::U8x3);
        let bicubic = ResizeAlg::Convolution(FilterType::CatmullRom);
        let options =
            ResizeOptions::new().resize_alg(bicubic).use_alpha(false).crop(across.0, down.0, across.1, down.1);
        Resizer::new().resize(&source, &mut target, &options).unwrap();
        Pixels { width, height, rgb: target.into_vec() }
    }

    fn both(photo: &Pixels, (width, height): (u32, u32), across: Window, down: Window) -> Pixels {
        let rows = resample(photo, (width, photo.height), across, (0.0, f64::from(photo.height)));
        resample(&rows, (width, height), (0.0, f64::from(width)), down)
    }

    fn start(length: u32, size: u32) -> u32 {
        (f64::from(length - size) / 2.0).round_ties_even() as u32
    }

    fn middle(source: u32, scaled: u32, crop: u32) -> Window {
        let scale = f64::from(source) / f64::from(scaled);
        let from = f64::from(start(scaled, crop)) * scale;
        (from, (f64::from(crop) * scale).min(f64::from(source) - from))
    }

    fn short_side_to(photo: &Pixels, size: u32) -> (u32, u32) {
        let short = photo.width.min(photo.height);
        let [width, height] =
            [photo.width, photo.height].map(|side| if side == short { size } else { size * side / short });
        (width, height)
    }

    pub fn prepare(spec: &InputSpec, photo: &Pixels) -> Pixels {
        let (size, all) = (spec.size, |length: u32| (0.0, f64::from(length)));
        match spec.framing {
            Framing::Crop => {
                let (width, height) = short_side_to(photo, size);
                let windows = (middle(photo.width, width, size), middle(photo.height, height, size));
                both(photo, (size, size), windows.0, windows.1)
            }
            Framing::Squash => both(photo, (size, size), all(photo.width), all(photo.height)),
            Framing::Pad => {
                let long = photo.width.max(photo.height);
                let side = |side: u32| {
                    let exact = f64::from(side) / f64::from(long) * f64::from(size);
                    (exact.round_ties_even() as u32).max(1)
                };
                let (width, height) = (side(photo.width), side(photo.height));
                let part = both(photo, (width, height), all(photo.width), all(photo.height));
                let (left, top) = (start(size, width), start(size, height));
                let pixel = |x: u32, y: u32| -> [u8; 3] {
                    match (x.checked_sub(left), y.checked_sub(top)) {
                        (Some(x), Some(y)) if x < width && y < height => {
                            let at = ((y * width + x) * 3) as usize;
                            [part.rgb[at], part.rgb[at + 1], part.rgb[at + 2]]
                        }
                        _ => spec.mean_colour(),
                    }
                };
                let rgb = (0..size * size).flat_map(|at| pixel(at % size, at / size)).collect();
                Pixels { width: size, height: size, rgb }
            }
        }
    }

    pub fn store(spec: &InputSpec, photo: &Pixels) -> StoredPhoto {
        let larger = spec.size + spec.size / 8;
        let whole = match spec.framing {
            Framing::Crop => {
                let small = photo.width.min(photo.height) <= larger;
                let (width, height) = if small { (photo.width, photo.height) } else { short_side_to(photo, larger) };
                let kept = (width.min(2 * larger), height.min(2 * larger));
                both(photo, kept, middle(photo.width, width, kept.0), middle(photo.height, height, kept.1))
            }
            _ => {
                let size = larger.min(photo.width.max(photo.height));
                prepare(&InputSpec { size, ..spec.clone() }, photo)
            }
        };
        StoredPhoto { prepared: prepare(spec, photo), framing: spec.framing, by_source: None, whole }
    }
}

#[test]
fn strips_of_any_height_give_what_the_whole_gives() {
    for (width, height) in SIZES {
        let opaque = rgba(width, height, |_| 255);
        let photo = Pixels::from_rgba(width, height, &opaque).unwrap();
        for (framing, size) in FRAMINGS.into_iter().flat_map(|framing| [(framing, 224), (framing, 96)]) {
            let spec = spec(size, framing);
            let expected = whole::store(&spec, &photo);
            let name = format!("{width} × {height}, {framing:?} at {size}");
            assert!(spec.store(&photo).unwrap() == expected, "{name}: all pixels at once");
            for strip in STRIPS {
                let scaler = || Scaler::new(width, height, |width, height| spec.stored_layouts(width, height)).unwrap();
                let ours = scaled(scaler(), &opaque, Channels::Rgba, width, strip);
                assert_eq!(ours.size(), (width, height));
                assert!(spec.store(&ours).unwrap() == expected, "{name}: strips of {strip}");
                let ours = scaled(scaler(), &photo.rgb, Channels::Rgb, width, strip);
                assert!(spec.store(&ours).unwrap() == expected, "{name}: strips of {strip}, three bytes a pixel");
            }
        }
    }
}

#[test]
fn a_fourth_byte_that_means_nothing_and_blue_before_red_change_nothing() {
    let (width, height) = (641, 479);
    let bytes = rgba(width, height, |pixel| (pixel % 251) as u8);
    let opaque: Vec<u8> = bytes.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect();
    let blue_first: Vec<u8> =
        bytes.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0], pixel[3]]).collect();
    let photo = Pixels::from_rgba(width, height, &opaque).unwrap();
    for framing in FRAMINGS {
        let spec = spec(224, framing);
        let expected = whole::store(&spec, &photo);
        for (bytes, channels) in [(&bytes, Channels::Rgbx), (&blue_first, Channels::Bgrx)] {
            let scaler = Scaler::new(width, height, |width, height| spec.stored_layouts(width, height)).unwrap();
            let ours = scaled(scaler, bytes, channels, width, 50);
            assert!(spec.store(&ours).unwrap() == expected, "{framing:?}, {channels:?}");
        }
    }
}

#[test]
fn transparent_pixels_lie_on_white_wherever_a_strip_ends() {
    let (width, height) = (400, 300);
    type Alpha = fn(u32) -> u8;
    let alphas: [(&str, Alpha); 3] = [
        ("all through", |pixel| (pixel % 256) as u8),
        ("in the last row alone", |pixel| if pixel < 400 * 299 { 255 } else { 0 }),
        ("in a pixel", |pixel| if pixel == 400 * 150 + 13 { 3 } else { 255 }),
    ];
    for (what, alpha) in alphas {
        let bytes = rgba(width, height, alpha);
        let photo = Pixels::from_rgba(width, height, &bytes).unwrap();
        let spec = spec(224, Framing::Crop);
        let expected = whole::store(&spec, &photo);
        for strip in STRIPS {
            let scaler = Scaler::new(width, height, |width, height| spec.stored_layouts(width, height)).unwrap();
            let ours = scaled(scaler, &bytes, Channels::Rgba, width, strip);
            assert!(spec.store(&ours).unwrap() == expected, "transparent {what}, strips of {strip}");
        }
    }
}

#[test]
fn rows_that_do_not_fit_are_refused() {
    let scaler = || Scaler::new(4, 3, |width, height| [spec(8, Framing::Crop).layout(width, height)]).unwrap();
    let code = |result: lastlayer::error::Result<()>| result.unwrap_err().code;
    assert_eq!(code(scaler().push(&[0; 17], Channels::Rgba)), ErrorCode::Internal);
    assert_eq!(code(scaler().push(&[0; 4 * 4 * 4], Channels::Rgba)), ErrorCode::Internal);
    assert_eq!(code(scaler().finish().map(drop)), ErrorCode::Internal);
    let mut cut = scaler();
    cut.push(&[0; 4 * 2 * 3], Channels::Rgb).unwrap();
    assert!(cut.finish().unwrap_err().message.ends_with("expected 3 rows, got 2"));
    let mut whole = scaler();
    whole.push(&[0; 4 * 3 * 3], Channels::Rgb).unwrap();
    let photo = whole.finish().unwrap();
    assert!(spec(8, Framing::Crop).prepare(&photo).is_ok());
    assert_eq!(spec(9, Framing::Crop).prepare(&photo).unwrap_err().code, ErrorCode::Internal);
    let empty = |width, height| code(Scaler::new(width, height, |_, _| []).map(drop));
    assert_eq!([empty(0, 5), empty(5, 0)], [ErrorCode::ImageEmpty; 2]);
}

// --- whoever asks -------------------------------------------------------------------------------------------------------

/// Far from square, so that framings differ.
fn photo(id: u32) -> Pixels {
    drawn(id as usize / 3, u64::from(id), 80, 47)
}

/// Nine photos, trained with that configuration, photo after photo all at once or by strips.
fn session(config: &TrainConfig, strips: bool) -> Session {
    let mut session = toy_session();
    session.prepare_for(config).unwrap();
    for id in 0..9 {
        let (name, label, hash) = (format!("{id}.png"), TOY_LABELS[id as usize / 3], format!("hash {id}"));
        match strips {
            false => session.add_photo(id, &name, label, &hash, &photo(id)),
            true => {
                let scaled = by_strips(session.scaler_to_store(80, 47), &photo(id), id % 4 + 1);
                session.add_photo(id, &name, label, &hash, &scaled)
            }
        }
        .unwrap();
    }
    session.start_training(config.clone()).unwrap();
    loop {
        match pollster::block_on(session.step()).unwrap() {
            StepEvent::NeedPhotos { ids } => {
                for id in ids {
                    match strips {
                        false => session.supply_photo(id, &photo(id)),
                        true => session.supply_photo(id, &by_strips(session.scaler_to_store(80, 47), &photo(id), 5)),
                    }
                    .unwrap();
                }
            }
            StepEvent::Done { .. } => return session,
            _ => {}
        }
    }
}

fn configs() -> Vec<TrainConfig> {
    let framed = |framing| TrainConfig { framing, epochs: 2, augment: 1, ..stages(1) };
    let scratch = TrainConfig { regime: Regime::Scratch, last_stages: 0, input_size: 64, ..framed(Framing::Pad) };
    FRAMINGS.map(framed).into_iter().chain([TrainConfig { epochs: 2, ..head() }, scratch]).collect()
}

#[test]
fn a_session_learns_the_same_from_strips() {
    for config in configs() {
        let [expected, ours] = [false, true].map(|strips| session(&config, strips));
        let files = [&expected, &ours].map(|session| pollster::block_on(session.export_model()).unwrap());
        assert!(files[0] == files[1], "{:?}, {:?}", config.regime, config.framing);
        for (theirs, photo) in expected.dataset().photos().zip(ours.dataset().photos()) {
            assert!(theirs.hash.0 == photo.hash.0 && theirs.pixels == photo.pixels, "photo {}", photo.id);
        }
    }
}

#[test]
fn every_question_has_the_same_answer_from_strips() {
    let asked = photo(77);
    for config in configs() {
        let mut session = session(&config, false);
        for model in [ModelChoice::Trained, ModelChoice::Source] {
            let strips = || by_strips(session.scaler_to_ask(80, 47, model), &asked, 6);
            let (mut answers, mut explanations, mut maps) = (Vec::new(), Vec::new(), Vec::new());
            let scaled = strips();
            answers.push(pollster::block_on(session.predict(&asked, 3, model)).unwrap());
            answers.push(pollster::block_on(session.predict(&scaled, 3, model)).unwrap());
            explanations.push(pollster::block_on(session.explain(&asked, Question::default(), model)).unwrap());
            explanations.push(pollster::block_on(session.explain(&scaled, Question::default(), model)).unwrap());
            maps.push(pollster::block_on(session.feature_maps(&asked, Layer(0), 2, model)).unwrap());
            maps.push(pollster::block_on(session.feature_maps(&scaled, Layer(0), 2, model)).unwrap());
            assert_eq!(answers[0], answers[1]);
            assert!(explanations[0].seen == explanations[1].seen && explanations[0].map == explanations[1].map);
            assert_eq!(explanations[0].crop, explanations[1].crop);
            assert!(maps[0].seen == maps[1].seen && maps[0].sheet() == maps[1].sheet());
            let whole = common::nearest(&mut session, &asked, 3, model);
            let from_strips = common::nearest(&mut session, &scaled, 3, model);
            assert_eq!(whole.neighbours, from_strips.neighbours);
        }
        let scaled = by_strips(session.scaler_to_draw(80, 47, &config), &asked, 6);
        let whole = session.draws(&asked, "77", 2, &config).unwrap();
        let from_strips = session.draws(&scaled, "77", 2, &config).unwrap();
        assert!(whole.seen == from_strips.seen && whole.draws == from_strips.draws && whole.crop == from_strips.crop);
    }
}

#[test]
fn a_photo_that_was_scaled_for_another_framing_is_refused() {
    let mut session = toy_session();
    let scaled = by_strips(session.scaler_to_store(80, 47), &photo(1), 10);
    session.prepare_for(&TrainConfig { framing: Framing::Pad, ..head() }).unwrap();
    let error = session.add_photo(1, "1.png", "one", "hash", &scaled).unwrap_err();
    assert_eq!(error.code, ErrorCode::Internal);
    assert_eq!(session.dataset().photos().len(), 0);
}

#[test]
fn a_model_that_is_not_there_is_told_before_the_first_row() {
    let session = toy_session();
    assert_eq!(session.scaler_to_ask(5, 5, ModelChoice::Trained).err().unwrap().code, ErrorCode::NoClassifier);
    assert_eq!(session.scaler_to_ask(0, 5, ModelChoice::Auto).err().unwrap().code, ErrorCode::ImageEmpty);
}
