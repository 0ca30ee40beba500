//! Files made by hand, each with its verdict and, where it is taken, its pixels.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, RgbImage};

use super::exif::tests::exif;
use super::{Note, examine, inspect};
use crate::error::ErrorCode;
use crate::image::decode::decode;

/// A picture no row of which is like another one.
fn drawing(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let noise = (x * 7919 + y * 104_729) % 251 % 40;
        image::Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, (60 + noise + (x ^ y) % 64) as u8])
    })
}

fn written(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    DynamicImage::from(picture.clone()).write_to(&mut file, format).unwrap();
    file.into_inner()
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, 90).encode_image(&drawing(width, height)).unwrap();
    file
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [[0xff, marker].as_slice(), &length, content].concat()
}

/// With something after the marker at the start.
fn with_first(jpeg: &[u8], segments: &[u8]) -> Vec<u8> {
    [&jpeg[..2], segments, &jpeg[2..]].concat()
}

fn place_of(file: &[u8], bytes: &[u8]) -> usize {
    file.windows(bytes.len()).position(|window| window == bytes).unwrap()
}

/// Noise in which no marker ends a picture.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(|_| next().min(0xfe)).collect()
}

#[derive(Debug, PartialEq)]
enum Verdict {
    Whole,
    NearlyWhole,
    Refused,
}

fn verdict(file: &[u8]) -> Verdict {
    let examined = inspect(file).and_then(|inspected| examine(file, &inspected));
    match (examined, decode(file)) {
        (Ok(examined), Ok(decoded)) => {
            assert_eq!(examined.note, decoded.note);
            if decoded.note == Some(Note::NearlyWhole) { Verdict::NearlyWhole } else { Verdict::Whole }
        }
        (Err(error), Err(other)) => {
            assert_eq!((error.code, other.code), (ErrorCode::ImageTruncated, ErrorCode::ImageTruncated));
            Verdict::Refused
        }
        (examined, decoded) => panic!("{:?} but {:?}", examined.map(|_| ()), decoded.map(|_| ())),
    }
}

#[test]
fn a_jpeg_is_judged_by_how_much_of_its_picture_is_there() {
    let whole = jpeg(320, 240);
    let part = |percent: usize| whole[..whole.len() * percent / 100].to_vec();
    let unended = whole[..whole.len() - 2].to_vec();
    let ended = |mut file: Vec<u8>| {
        file.extend([0xff, 0xd9]);
        file
    };
    let middle = whole.len() / 2;
    let broken = |bytes: &[u8]| [&whole[..middle], bytes, &whole[middle + bytes.len()..]].concat();
    let video = [b"\0\0\0\x18ftypmp42".to_vec(), noise(5000), vec![0xff, 0x3c, 9, 9]].concat();
    let cases = [
        ("whole", whole.clone(), Verdict::Whole),
        ("without its end marker", unended.clone(), Verdict::Whole),
        ("with zeros in place of it", [unended.clone(), vec![0; 4096]].concat(), Verdict::Whole),
        ("with a video after it", [whole.clone(), video.clone()].concat(), Verdict::Whole),
        ("with a second picture after it", [whole.clone(), whole.clone()].concat(), Verdict::Whole),
        ("with a video in place of its end marker", [unended, video].concat(), Verdict::Whole),
        ("98 percent", part(98), Verdict::NearlyWhole),
        ("98 percent and an end marker", ended(part(98)), Verdict::NearlyWhole),
        ("98 percent and zeros", [part(98), vec![0; 9999]].concat(), Verdict::NearlyWhole),
        ("90 percent", part(90), Verdict::Refused),
        ("90 percent and an end marker", ended(part(90)), Verdict::Refused),
        ("half", part(50), Verdict::Refused),
        ("half and an end marker", ended(part(50)), Verdict::Refused),
        ("a tenth", part(10), Verdict::Refused),
        ("a tenth and an end marker", ended(part(10)), Verdict::Refused),
        ("half and zeros", [part(50), vec![0; middle]].concat(), Verdict::Refused),
        ("half and noise", [part(50), noise(middle)].concat(), Verdict::Refused),
        ("an end marker in the middle", broken(&[0xff, 0xd9]), Verdict::Refused),
        ("another marker in the middle", broken(&[0xff, 0x3c]), Verdict::Refused),
        ("noise in the middle", broken(&noise(1500)), Verdict::Refused),
    ];
    let pixels = decode(&whole).unwrap().pixels;
    for (name, file, expected) in cases {
        assert_eq!(verdict(&file), expected, "{name}");
        if expected != Verdict::Refused {
            let decoded = decode(&file).unwrap().pixels;
            let there = 320 * 220 * 3;
            assert_eq!((decoded.width, decoded.height), (320, 240), "{name}");
            assert!(decoded.rgb[..there] == pixels.rgb[..there], "{name}: other pixels");
        }
    }
}

#[test]
fn the_error_says_how_much_is_there() {
    let whole = jpeg(320, 240);
    let error = decode(&whole[..whole.len() / 2]).unwrap_err();
    let percent: f64 = error.params["percent"].parse().unwrap();
    assert!((40.0..60.0).contains(&percent), "{error}");
}

/// Coded data of grey pictures, written by hand: restart markers and progressive scans are more than the encoder above can do.
struct Scan {
    bytes: Vec<u8>,
    bits: u64,
    count: u32,
}

impl Scan {
    fn new(header: &[u8]) -> Self {
        Self { bytes: segment(0xda, header), bits: 0, count: 0 }
    }

    fn put(&mut self, value: u32, count: u32) {
        self.bits = self.bits << count | u64::from(value);
        self.count += count;
        while self.count >= 8 {
            let byte = (self.bits >> (self.count - 8)) as u8;
            self.bytes.push(byte);
            if byte == 0xff {
                self.bytes.push(0);
            }
            self.count -= 8;
        }
    }

    /// A coefficient as JPEG writes it: its size in bits, and the bits.
    fn value(value: i32) -> (u32, u32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        let bits = if value < 0 { (value - 1) as u32 & ((1 << size) - 1) } else { value as u32 };
        (size, bits)
    }

    fn dc(&mut self, difference: i32) {
        let (size, bits) = Self::value(difference);
        self.put(size, 4);
        self.put(bits, size);
    }

    /// Eight bits for each symbol: sixteen runs of eleven sizes.
    fn ac_symbol(&mut self, run: u32, size: u32) {
        self.put(run * 11 + size, 8);
    }

    fn ac(&mut self, coefficients: &[i32; 64]) {
        let mut run = 0;
        for &coefficient in &coefficients[1..] {
            if coefficient == 0 {
                run += 1;
                continue;
            }
            while run > 15 {
                self.ac_symbol(15, 0);
                run -= 16;
            }
            let (size, bits) = Self::value(coefficient);
            self.ac_symbol(run, size);
            self.put(bits, size);
            run = 0;
        }
        if run > 0 {
            self.ac_symbol(0, 0);
        }
    }

    /// The last bit of coefficients of which the others have come.
    fn refinement(&mut self, coefficients: &[i32; 64]) {
        let last = |at: &usize| coefficients[*at].abs() == 1;
        let end = (1..64).filter(last).max().unwrap_or(0);
        let (mut run, mut corrections) = (0, Vec::new());
        for (at, &coefficient) in coefficients.iter().enumerate().skip(1) {
            if coefficient.abs() > 1 {
                corrections.push(coefficient.unsigned_abs() & 1);
            } else if at <= end && coefficient == 0 {
                run += 1;
                if run == 16 {
                    self.ac_symbol(15, 0);
                    corrections.drain(..).for_each(|bit| self.put(bit, 1));
                    run = 0;
                }
            } else if at <= end {
                self.ac_symbol(run, 1);
                self.put(u32::from(coefficient > 0), 1);
                corrections.drain(..).for_each(|bit| self.put(bit, 1));
                run = 0;
            }
        }
        if end < 63 {
            self.ac_symbol(0, 0);
        }
        corrections.drain(..).for_each(|bit| self.put(bit, 1));
    }

    fn align(&mut self) {
        let missing = (8 - self.count % 8) % 8;
        self.put((1 << missing) - 1, missing);
    }

    fn end(mut self) -> Vec<u8> {
        self.align();
        self.bytes
    }
}

/// Coefficients of 16 by 12 blocks.
fn coefficients() -> Vec<[i32; 64]> {
    let block = |block: usize| {
        std::array::from_fn(|at| match at {
            0 => (block as i32 * 37) % 100 - 50,
            63 if block.is_multiple_of(7) => 1,
            1..=20 => (block + at * at) as i32 % 9 - 4,
            // Long runs of zeros.
            50 => i32::from(block.is_multiple_of(3)) * 3,
            _ => 0,
        })
    };
    (0..16 * 12).map(block).collect()
}

/// All of a file but its scans.
fn grey_header(frame: u8) -> Vec<u8> {
    let dc =
        [[0].as_slice(), &[0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &(0..12).collect::<Vec<u8>>()].concat();
    let symbols: Vec<u8> = (0..16).flat_map(|run| (0..11).map(move |size| run << 4 | size)).collect();
    let ac = [[0x10].as_slice(), &[0, 0, 0, 0, 0, 0, 0, 176, 0, 0, 0, 0, 0, 0, 0, 0], &symbols].concat();
    [
        vec![0xff, 0xd8],
        segment(0xdb, &[[0].as_slice(), &[4; 64]].concat()),
        segment(frame, &[8, 0, 96, 0, 128, 1, 1, 0x11, 0]),
        segment(0xc4, &dc),
        segment(0xc4, &ac),
    ]
    .concat()
}

/// The parts of a progressive file, of which each adds to the picture: its average, its details, their last bits.
fn progressive() -> [Vec<u8>; 4] {
    let blocks = coefficients();
    let mut average = Scan::new(&[1, 1, 0, 0, 0, 0]);
    let mut before = 0;
    for block in &blocks {
        average.dc(block[0] - before);
        before = block[0];
    }
    let mut details = Scan::new(&[1, 1, 0, 1, 63, 0x01]);
    blocks.iter().for_each(|block| details.ac(&block.map(|value| value / 2)));
    let mut last_bits = Scan::new(&[1, 1, 0, 1, 63, 0x10]);
    blocks.iter().for_each(|block| last_bits.refinement(block));
    [grey_header(0xc2), average.end(), details.end(), last_bits.end()]
}

/// The same picture, with a restart marker after each row of blocks.
fn with_restarts() -> Vec<u8> {
    let mut file = grey_header(0xc0);
    file.extend(segment(0xdd, &[0, 16]));
    let mut scan = Scan::new(&[1, 1, 0, 0, 63, 0]);
    for (row, blocks) in coefficients().chunks(16).enumerate() {
        if row > 0 {
            scan.align();
            scan.bytes.extend([0xff, 0xd0 + (row as u8 - 1) % 8]);
        }
        let mut before = 0;
        for block in blocks {
            scan.dc(block[0] - before);
            scan.ac(block);
            before = block[0];
        }
    }
    file.extend(scan.end());
    file.extend([0xff, 0xd9]);
    file
}

#[test]
fn a_progressive_picture_is_whole_and_may_lack_its_last_bits_but_no_details() {
    let end = vec![0xff, 0xd9];
    let [header, average, details, last_bits] = progressive();
    let cut = |scan: &[u8], percent: usize| scan[..scan.len() * percent / 100].to_vec();
    let whole = [header.clone(), average.clone(), details.clone(), last_bits.clone(), end.clone()].concat();
    let pixels = decode(&whole).unwrap().pixels;
    assert!(pixels == decode(&with_restarts()).unwrap().pixels, "both encodings hold the same picture");
    let cases = [
        ("whole", vec![average.clone(), details.clone(), last_bits.clone(), end.clone()], Verdict::Whole),
        ("without its end", vec![average.clone(), details.clone(), last_bits.clone()], Verdict::Whole),
        (
            "without half of the last bits",
            vec![average.clone(), details.clone(), cut(&last_bits, 50)],
            Verdict::NearlyWhole,
        ),
        (
            "the same with an end marker",
            vec![average.clone(), details.clone(), cut(&last_bits, 50), end.clone()],
            Verdict::NearlyWhole,
        ),
        ("without a few details", vec![average.clone(), cut(&details, 98), end.clone()], Verdict::NearlyWhole),
        ("without half of the details", vec![average.clone(), cut(&details, 50), end.clone()], Verdict::Refused),
        ("the average alone", vec![average.clone(), end.clone()], Verdict::Refused),
        ("half of the average", vec![cut(&average, 50), end], Verdict::Refused),
    ];
    for (name, scans, expected) in cases {
        assert_eq!(verdict(&[header.clone(), scans.concat()].concat()), expected, "{name}");
    }
}

#[test]
fn after_broken_bytes_the_picture_goes_on_at_the_next_restart_marker() {
    let whole = with_restarts();
    assert_eq!(verdict(&whole), Verdict::Whole);
    let from = |number: u8| place_of(&whole, &[0xff, 0xd0 + number]);
    // A row of twelve, and three of them.
    let lost = |from: usize, to: usize| [&whole[..from], &whole[to..]].concat();
    assert_eq!(verdict(&lost(from(3) + 2, from(6))), Verdict::Refused);
    // The last third of a row.
    let (start, end) = (from(3) + 2, from(4));
    assert_eq!(verdict(&lost(end - (end - start) / 3, end)), Verdict::NearlyWhole);
}

#[test]
fn fill_bytes_before_a_marker_change_nothing() {
    let plain = jpeg(64, 48);
    let table = place_of(&plain, &[0xff, 0xdb]);
    let scan = place_of(&plain, &[0xff, 0xda]);
    let filled = [
        &plain[..table],
        &[0xff; 3],
        &plain[table..scan],
        &[0xff; 2],
        &plain[scan..plain.len() - 2],
        &[0xff; 4],
        &[0xd9],
    ]
    .concat();
    assert_eq!(verdict(&filled), Verdict::Whole);
    assert!(decode(&filled).unwrap().pixels == decode(&plain).unwrap().pixels);
}

#[test]
fn with_jfif_a_jpeg_is_ycbcr_whatever_adobes_segment_says() {
    let plain = jpeg(64, 48);
    assert!(plain[..20].windows(4).any(|name| name == b"JFIF"));
    let scan = place_of(&plain, &[0xff, 0xdb]);
    let adobe = |transform| segment(0xee, &[b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat());
    for transform in [0, 1] {
        let marked = [&plain[..scan], &adobe(transform), &plain[scan..]].concat();
        assert!(decode(&marked).unwrap().pixels == decode(&plain).unwrap().pixels, "transform {transform}");
    }
}

#[test]
fn kinds_of_jpeg_that_hardly_any_decoder_has_are_named() {
    let plain = jpeg(64, 48);
    let frame = place_of(&plain, &[0xff, 0xc0]);
    let with = |at: usize, byte: u8| {
        let mut file = plain.clone();
        file[at] = byte;
        decode(&file).unwrap_err()
    };
    for (error, name) in [
        (with(frame + 1, 0xc9), "JPEG with arithmetic coding"),
        (with(frame + 1, 0xc3), "lossless JPEG"),
        (with(frame + 4, 12), "JPEG with 12 bits a colour"),
    ] {
        assert_eq!((error.code, error.params["format"].as_str()), (ErrorCode::UnsupportedFormat, name));
    }
}

fn chunk_of_png(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    // CRC-32, bit by bit.
    let body = [name.as_slice(), content].concat();
    let sum = body.iter().fold(!0u32, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
    });
    [&(content.len() as u32).to_be_bytes(), body.as_slice(), &(!sum).to_be_bytes()].concat()
}

/// A lossless WebP in the extended container, with EXIF data.
fn webp_with_exif(picture: &RgbImage, orientation: u8) -> Vec<u8> {
    let chunk = |name: &[u8; 4], content: &[u8]| {
        let padding = vec![0; content.len() % 2];
        [name.as_slice(), &(content.len() as u32).to_le_bytes(), content, &padding].concat()
    };
    let plain = written(picture, ImageFormat::WebP);
    let side = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    let extended = [vec![0x08, 0, 0, 0], side(picture.width()), side(picture.height())].concat();
    let body = [b"WEBP".to_vec(), chunk(b"VP8X", &extended), plain[12..].to_vec(), chunk(b"EXIF", &exif(orientation))];
    let body = body.concat();
    [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat()
}

#[test]
fn exif_says_which_side_is_up_in_every_format_that_has_it() {
    let picture = drawing(30, 20);
    let png = written(&picture, ImageFormat::Png);
    let with_exif = |orientation| [&png[..33], &chunk_of_png(b"eXIf", &exif(orientation)), &png[33..]].concat();
    for orientation in 1..=8 {
        let mut expected = DynamicImage::from(picture.clone());
        expected.apply_orientation(image::metadata::Orientation::from_exif(orientation).unwrap());
        let expected = expected.into_rgb8();
        for (name, file) in [("PNG", with_exif(orientation)), ("WebP", webp_with_exif(&picture, orientation))] {
            let decoded = decode(&file).unwrap().pixels;
            assert!(
                (decoded.width, decoded.height) == expected.dimensions() && decoded.rgb == *expected.as_raw(),
                "{name}, {orientation}"
            );
            // A decoder that heeds EXIF as well must not turn it twice.
            let repaired = examine(&file, &inspect(&file).unwrap()).unwrap().repaired;
            let plain = repaired.as_deref().unwrap_or(&file);
            assert_eq!(inspect(plain).unwrap().orientation.exif(), 1, "{name}, {orientation}");
        }
        let plain = jpeg(32, 16);
        let marked = with_first(&plain, &segment(0xe1, &[b"Exif\0\0".as_slice(), &exif(orientation)].concat()));
        let decoded = decode(&marked).unwrap().pixels;
        assert_eq!((decoded.width, decoded.height), if orientation < 5 { (32, 16) } else { (16, 32) });
    }
}

#[test]
fn of_an_animated_png_the_still_image_is_the_photo() {
    let png = written(&drawing(8, 6), ImageFormat::Png);
    let other = written(&RgbImage::new(8, 6), ImageFormat::Png);
    let data = place_of(&other, b"IDAT");
    let length = u32::from_be_bytes(other[data - 4..data].try_into().unwrap()) as usize;
    let frame = |sequence: u32| {
        [&sequence.to_be_bytes()[..], &[0, 0, 0, 8, 0, 0, 0, 6], &[0; 8], &[0, 1, 0, 10, 0, 0]].concat()
    };
    let end = png.len() - 12;
    let animated = [
        &png[..33],
        &chunk_of_png(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0]),
        &png[33..end],
        &chunk_of_png(b"fcTL", &frame(0)),
        &chunk_of_png(b"fdAT", &[&[0, 0, 0, 1], &other[data + 4..data + 4 + length]].concat()),
        &png[end..],
    ]
    .concat();
    assert!(decode(&animated).unwrap().pixels.rgb == *drawing(8, 6).as_raw());
    let repaired = examine(&animated, &inspect(&animated).unwrap()).unwrap().repaired.unwrap();
    assert!(repaired == png, "what the browser gets is the still image alone");
}

/// A BMP of two by three pixels, its rows from the bottom unless its height is below zero.
fn bmp(header: &[u8], rows: [u8; 3]) -> Vec<u8> {
    let pixels: Vec<u8> = rows.iter().flat_map(|&value| [value, value, value, value, value, value, 0, 0]).collect();
    let start = 14 + header.len() as u32;
    let length = start + pixels.len() as u32;
    [b"BM".as_slice(), &length.to_le_bytes(), &[0; 4], &start.to_le_bytes(), header, &pixels].concat()
}

#[test]
fn bmp_files_from_the_top_and_of_os2_are_read() {
    let windows = |height: i32| {
        let mut header = vec![40, 0, 0, 0, 2, 0, 0, 0];
        header.extend(height.to_le_bytes());
        header.extend([1, 0, 24, 0]);
        header.resize(40, 0);
        header
    };
    let files = [
        bmp(&windows(3), [30, 20, 10]),
        bmp(&windows(-3), [10, 20, 30]),
        bmp(&[12, 0, 0, 0, 2, 0, 3, 0, 1, 0, 24, 0], [30, 20, 10]),
    ];
    for file in files {
        let decoded = decode(&file).unwrap().pixels;
        assert_eq!((decoded.width, decoded.height), (2, 3));
        assert_eq!([decoded.rgb[0], decoded.rgb[6], decoded.rgb[12]], [10, 20, 30]);
    }
}

#[test]
fn a_gif_without_a_screen_is_as_large_as_its_first_frame() {
    let gif = written(&drawing(9, 5), ImageFormat::Gif);
    let mut empty = gif.clone();
    empty[6..10].fill(0);
    assert!(decode(&empty).unwrap().pixels == decode(&gif).unwrap().pixels);
    assert_eq!(inspect(&empty).map(|header| (header.width, header.height)), Ok((9, 5)));
}

#[test]
fn each_kind_of_bad_file_has_its_own_code() {
    let code = |file: &[u8]| inspect(file).unwrap_err().code;
    let png = |width: u32, height: u32| {
        let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
        [b"\x89PNG\r\n\x1a\n".to_vec(), chunk_of_png(b"IHDR", &header)].concat()
    };
    assert_eq!(inspect(&png(640, 480)).map(|header| (header.width, header.height)), Ok((640, 480)));
    assert_eq!(code(b""), ErrorCode::NotAnImage);
    assert_eq!(code(b"just some text, renamed to .jpg"), ErrorCode::NotAnImage);
    assert_eq!(code(&png(640, 480)[..18]), ErrorCode::ImageTruncated);
    assert_eq!(code(&jpeg(64, 48)[..100]), ErrorCode::ImageTruncated);
    assert_eq!(code(&png(0, 480)), ErrorCode::ImageEmpty);
    assert_eq!(code(&png(30_000, 10)), ErrorCode::ImageTooLarge);
    assert_eq!(code(b"%PDF-1.7"), ErrorCode::UnsupportedFormat);
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
    let error = inspect(heic).unwrap_err();
    assert_eq!((error.params["format"].as_str(), error.params["family"].as_str()), ("HEIC", "heic"));
}

#[test]
fn no_cut_or_broken_byte_makes_the_reader_panic() {
    let [header, average, details, last_bits] = progressive();
    let progressive = [header, average, details, last_bits].concat();
    let webp = webp_with_exif(&drawing(9, 5), 6);
    let gif = written(&drawing(9, 5), ImageFormat::Gif);
    for file in [jpeg(48, 32), with_restarts(), progressive, webp, gif] {
        let judge = |file: &[u8]| inspect(file).and_then(|inspected| examine(file, &inspected)).map(|_| ());
        for at in 0..file.len() {
            let _: Result<_, _> = judge(&file[..at]);
            for byte in [0, 0x7f, 0xd9, 0xff] {
                let mut broken = file.clone();
                broken[at] = byte;
                let _: Result<_, _> = judge(&broken);
            }
        }
    }
}
