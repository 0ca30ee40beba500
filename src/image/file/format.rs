//! What kind of file the bytes are: names and types lie, the first bytes rarely do.

use crate::error::{Error, ErrorCode};

/// A kind of file that its bytes give away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
    /// Read by browsers, not by the command line.
    Avif,
    /// Read by few browsers, and not by the command line.
    Rare(Foreign),
    /// Read by none.
    Foreign(Foreign),
}

/// A kind of file that is explained rather than read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign {
    pub name: &'static str,
    pub family: Family,
}

/// What a file is used for, which decides what its owner can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// What iPhones store photos as.
    Heic,
    /// What a camera's sensor saw, for a raw converter.
    Raw,
    /// A picture of another format.
    Picture,
    Video,
    /// A page or a drawing made of lines.
    Document,
    Archive,
}

impl Family {
    /// The name that messages are chosen by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Heic => "heic",
            Self::Raw => "raw",
            Self::Picture => "picture",
            Self::Video => "video",
            Self::Document => "document",
            Self::Archive => "archive",
        }
    }

    /// What came, and what to do.
    fn advice(self) -> &'static str {
        match self {
            Self::Heic => {
                "the iPhone's format, which is not read here; export the photos as JPEG, and for new ones choose Settings, \
                 Camera, Formats, Most Compatible"
            }
            Self::Raw => "a camera's raw file; export it as JPEG with the camera's program",
            Self::Picture => "a picture format that is not read here; save it as JPEG or PNG",
            Self::Video => "a video; save single frames of it as JPEG or PNG",
            Self::Document => "a document, not a photo; export it as JPEG or PNG",
            Self::Archive => "an archive; unpack it and choose the photos in it",
        }
    }
}

impl Foreign {
    const fn new(name: &'static str, family: Family) -> Self {
        Self { name, family }
    }

    /// `unsupported-format`, with what to do.
    pub fn error(self) -> Error {
        let Self { name, family } = self;
        Error::new(ErrorCode::UnsupportedFormat, format!("this is {name}: {}", family.advice()))
            .with("format", name)
            .with("family", family.name())
    }
}

/// AVIF, as where no decoder for it is at hand.
pub const AVIF: Foreign = Foreign::new("AVIF", Family::Picture);
/// JPEG files of kinds that hardly any decoder has.
pub const ARITHMETIC_JPEG: Foreign = Foreign::new("JPEG with arithmetic coding", Family::Picture);
pub const LOSSLESS_JPEG: Foreign = Foreign::new("lossless JPEG", Family::Picture);
pub const TWELVE_BIT_JPEG: Foreign = Foreign::new("JPEG with 12 bits a colour", Family::Picture);

/// Kinds whose first bytes are always the same.
const BY_FIRST_BYTES: &[(&[u8], Format)] = &[
    (b"\xff\xd8\xff", Format::Jpeg),
    (b"\x89PNG\r\n\x1a\n", Format::Png),
    (b"GIF87a", Format::Gif),
    (b"GIF89a", Format::Gif),
    (b"\xff\x0a", Format::Rare(Foreign::new("JPEG XL", Family::Picture))),
    (b"\0\0\0\x0cJXL \r\n\x87\n", Format::Rare(Foreign::new("JPEG XL", Family::Picture))),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Format::Rare(Foreign::new("JPEG 2000", Family::Picture))),
    (b"8BPS", Format::Foreign(Foreign::new("PSD (Photoshop)", Family::Picture))),
    (b"gimp xcf", Format::Foreign(Foreign::new("XCF (GIMP)", Family::Picture))),
    (b"\0\0\x01\0", Format::Foreign(Foreign::new("ICO (icons)", Family::Picture))),
    (b"icns", Format::Foreign(Foreign::new("ICNS (icons)", Family::Picture))),
    (b"qoif", Format::Foreign(Foreign::new("QOI", Family::Picture))),
    (b"\x76\x2f\x31\x01", Format::Foreign(Foreign::new("OpenEXR", Family::Picture))),
    (b"#?RADIANCE", Format::Foreign(Foreign::new("Radiance HDR", Family::Picture))),
    (b"P5\n", Format::Foreign(Foreign::new("PGM", Family::Picture))),
    (b"P6\n", Format::Foreign(Foreign::new("PPM", Family::Picture))),
    (b"FUJIFILMCCD-RAW", Format::Foreign(Foreign::new("RAF (Fujifilm raw)", Family::Raw))),
    (b"IIRO", Format::Foreign(Foreign::new("ORF (Olympus raw)", Family::Raw))),
    (b"IIRS", Format::Foreign(Foreign::new("ORF (Olympus raw)", Family::Raw))),
    (b"IIU\0", Format::Foreign(Foreign::new("RW2 (Panasonic raw)", Family::Raw))),
    (b"\x1a\x45\xdf\xa3", Format::Foreign(Foreign::new("WebM or Matroska video", Family::Video))),
    (b"\0\0\x01\xba", Format::Foreign(Foreign::new("MPEG video", Family::Video))),
    (b"\0\0\x01\xb3", Format::Foreign(Foreign::new("MPEG video", Family::Video))),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Format::Foreign(Foreign::new("WMV video", Family::Video))),
    (b"FLV\x01", Format::Foreign(Foreign::new("Flash video", Family::Video))),
    (b"%PDF", Format::Foreign(Foreign::new("PDF", Family::Document))),
    (b"%!PS", Format::Foreign(Foreign::new("PostScript", Family::Document))),
    (b"PK\x03\x04", Format::Foreign(Foreign::new("a ZIP file", Family::Archive))),
    (b"Rar!\x1a\x07", Format::Foreign(Foreign::new("a RAR file", Family::Archive))),
    (b"7z\xbc\xaf\x27\x1c", Format::Foreign(Foreign::new("a 7z file", Family::Archive))),
    (b"\x1f\x8b\x08", Format::Foreign(Foreign::new("a gzip file", Family::Archive))),
];

/// What the bytes are, where it is anything known.
pub fn sniff(file: &[u8]) -> Option<Format> {
    if let Some(&(_, format)) = BY_FIRST_BYTES.iter().find(|(first, _)| file.starts_with(first)) {
        return Some(format);
    }
    bmp(file)
        .or_else(|| riff(file))
        .or_else(|| boxes(file))
        .or_else(|| tiff(file))
        .or_else(|| svg(file))
        // A file of one or two bytes, cut in the very first ones.
        .or_else(|| (file == b"\xff\xd8").then_some(Format::Jpeg))
}

/// Two letters are not much, so the size of the header that follows has to be one of those in use.
fn bmp(file: &[u8]) -> Option<Format> {
    let header = file.get(14..18).map(|size| u32::from_le_bytes([size[0], size[1], size[2], size[3]]));
    (file.starts_with(b"BM") && header.is_none_or(|size| matches!(size, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124)))
        .then_some(Format::Bmp)
        .filter(|_| header.is_some() || file.len() < 18 && file.iter().any(|byte| !byte.is_ascii_graphic()))
}

fn riff(file: &[u8]) -> Option<Format> {
    if !file.starts_with(b"RIFF") {
        return None;
    }
    match file.get(8..12)? {
        b"WEBP" => Some(Format::WebP),
        b"AVI " => Some(Format::Foreign(Foreign::new("AVI video", Family::Video))),
        _ => None,
    }
}

/// Files made of boxes begin with one that names their brands: photos of phones and videos.
fn boxes(file: &[u8]) -> Option<Format> {
    match file.get(4..8)? {
        b"ftyp" => {}
        b"moov" | b"mdat" | b"wide" => return Some(Format::Foreign(Foreign::new("QuickTime video", Family::Video))),
        _ => return None,
    }
    let length = u32::from_be_bytes([file[0], file[1], file[2], file[3]]) as usize;
    let content = file.get(8..length.clamp(8, file.len().max(8)))?;
    // The second four bytes are a version.
    let brands: Vec<&[u8]> =
        content.chunks_exact(4).enumerate().filter(|(at, _)| *at != 1).map(|(_, brand)| brand).collect();
    let has = |wanted: &[&[u8]]| brands.iter().any(|brand| wanted.contains(brand));
    Some(match brands.first().copied().unwrap_or_default() {
        _ if has(&[b"avif", b"avis"]) => Format::Avif,
        _ if has(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"]) => {
            Format::Rare(Foreign::new("HEIC", Family::Heic))
        }
        b"crx " => Format::Foreign(Foreign::new("CR3 (Canon raw)", Family::Raw)),
        b"qt  " => Format::Foreign(Foreign::new("QuickTime video (MOV)", Family::Video)),
        b"jxl " => Format::Rare(Foreign::new("JPEG XL", Family::Picture)),
        _ => Format::Foreign(Foreign::new("MP4 video", Family::Video)),
    })
}

/// Most raw files are TIFF files with the maker's own pixels in them.
fn tiff(file: &[u8]) -> Option<Format> {
    let raw = |name| Some(Format::Foreign(Foreign::new(name, Family::Raw)));
    let tags = super::exif::Tags::of(file)?;
    if file.get(8..10) == Some(b"CR") {
        return raw("CR2 (Canon raw)");
    }
    let made_by = |maker: &[u8]| tags.make().is_some_and(|make| make.to_ascii_uppercase().starts_with(maker));
    if tags.has(0xc612) {
        return raw("DNG (raw)");
    }
    // Without pictures within the picture it is what a scanner or an editing program wrote.
    if tags.has(0x014a) {
        for (maker, name) in
            [(b"NIKON".as_slice(), "NEF (Nikon raw)"), (b"SONY", "ARW (Sony raw)"), (b"PENTAX", "PEF (Pentax raw)")]
        {
            if made_by(maker) {
                return raw(name);
            }
        }
    }
    Some(Format::Foreign(Foreign::new("TIFF", Family::Picture)))
}

fn svg(file: &[u8]) -> Option<Format> {
    let start = &file[..file.len().min(4096)];
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let is_markup = [b"<svg".as_slice(), b"<?xml", b"<!--", b"<!DOCTYPE svg"].iter().any(|tag| text.starts_with(tag));
    (is_markup && text.windows(4).any(|tag| tag == b"<svg"))
        .then_some(Format::Foreign(Foreign::new("SVG", Family::Document)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ftyp(brands: &[&[u8; 4]]) -> Vec<u8> {
        let length = 8 + 4 * (brands.len() + 1);
        let mut file = (length as u32).to_be_bytes().to_vec();
        file.extend(b"ftyp");
        file.extend(brands[0]);
        file.extend([0; 4]);
        brands[1..].iter().for_each(|brand| file.extend(*brand));
        file.extend(b"\0\0\0\x08mdat");
        file
    }

    /// A little-endian TIFF whose one directory has these entries of one value.
    fn tiff(tags: &[u16], make: &[u8; 4]) -> Vec<u8> {
        let mut file = b"II*\0\x08\0\0\0".to_vec();
        file.extend((tags.len() as u16 + 1).to_le_bytes());
        file.extend([0x0f, 1, 2, 0, 4, 0, 0, 0]);
        file.extend(make);
        for tag in tags {
            file.extend(tag.to_le_bytes());
            file.extend([4, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        }
        file.extend([0; 4]);
        file
    }

    #[test]
    fn a_file_is_named_by_its_bytes() {
        let name = |file: &[u8]| match sniff(file) {
            Some(Format::Rare(kind) | Format::Foreign(kind)) => kind.name,
            Some(Format::Avif) => "taken: AVIF",
            Some(Format::Bmp) => "taken: BMP",
            Some(_) => "taken",
            None => "unknown",
        };
        let cases: &[(&[u8], &str)] = &[
            (&ftyp(&[b"heic", b"mif1", b"heic"]), "HEIC"),
            (&ftyp(&[b"mif1", b"mif1", b"heic"]), "HEIC"),
            (&ftyp(&[b"mif1", b"avif", b"miaf"]), "taken: AVIF"),
            (&ftyp(&[b"avif"]), "taken: AVIF"),
            (&ftyp(&[b"qt  "]), "QuickTime video (MOV)"),
            (&ftyp(&[b"isom", b"avc1"]), "MP4 video"),
            (&ftyp(&[b"crx ", b"isom"]), "CR3 (Canon raw)"),
            (b"\0\0\0\x08wide\0\0\0\0mdat", "QuickTime video"),
            (&tiff(&[], b"HP\0\0"), "TIFF"),
            (&tiff(&[0xc612], b"DJI\0"), "DNG (raw)"),
            (&tiff(&[0x014a], b"SONY"), "ARW (Sony raw)"),
            (b"II*\0\x10\0\0\0CR\x02\0\0\0\0\0\0\0", "CR2 (Canon raw)"),
            (b"8BPS\0\x01", "PSD (Photoshop)"),
            (b"\xff\x0a\xfa\x1f", "JPEG XL"),
            (b"%PDF-1.7", "PDF"),
            (b"<?xml version='1.0'?>\n<!-- drawn -->\n<svg xmlns=''/>", "SVG"),
            (b"\xef\xbb\xbf <svg width='9'/>", "SVG"),
            (b"PK\x03\x04\x14\0", "a ZIP file"),
            (b"RIFF\x10\0\0\0AVI LIST", "AVI video"),
            (b"\x1a\x45\xdf\xa3\x01", "WebM or Matroska video"),
            (b"\0\0\x01\0\x01\0\x10\x10", "ICO (icons)"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "taken"),
            (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x0c\0\0\0", "taken: BMP"),
            (b"BMW is a maker of cars in Munich", "unknown"),
            (b"<html><svg></svg></html>", "unknown"),
            (b"Dear diary", "unknown"),
            (b"", "unknown"),
        ];
        for (file, expected) in cases {
            assert_eq!(name(file), *expected, "{}", String::from_utf8_lossy(&file[..file.len().min(24)]));
        }
    }
}
