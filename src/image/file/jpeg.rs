//! JPEG files by their markers: size, orientation, and which bytes belong to the picture. What is between the markers is read by
//! [`jpeg_scan`](super::jpeg_scan).
//!
//! Read as libjpeg reads, which most browsers decode with: any number of fill bytes may stand before a marker, and what comes
//! after the end marker (a second picture, the video of a motion photo) is not looked at.

use super::exif::{self, Orientation};
use super::format::{ARITHMETIC_JPEG, Foreign, LOSSLESS_JPEG, TWELVE_BIT_JPEG};
use super::jpeg_scan::{Plane, Walk};

/// The share of a picture that must be in the file. What is missing is filled with one colour by decoders. A twentieth, at the
/// bottom edge as nearly always, is less than what the crop or a shift by augmentation takes away, so that a classifier hardly
/// sees it; viewers show such a photo without a word. From there on the grey is learnt as part of the class.
pub const NEEDED: f64 = 0.95;

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const DHT: u8 = 0xc4;
const DRI: u8 = 0xdd;

/// What the header says.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    pub width: usize,
    pub height: usize,
    pub orientation: Orientation,
    process: Process,
    /// The kind of JPEG where hardly any decoder has it.
    pub rare: Option<Foreign>,
    planes: Vec<Plane>,
    /// Where the first scan begins: at its marker.
    scan: usize,
    /// An Adobe segment that libjpeg overrules and other decoders do not.
    overruled: Option<(usize, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Process {
    Sequential,
    Progressive,
    Other,
}

/// How much of a picture is in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Amount {
    /// The share of the picture that is there, 0 to 1.
    pub share: f64,
    /// Whether nothing at all is missing, the last bits of a progressive picture included.
    pub whole: bool,
    /// Where the last byte of the picture is, where no end marker follows it.
    unended: Option<usize>,
}

/// A marker and where it and its content are: `start` at the first 0xff, `content` after the length.
struct Segment<'a> {
    marker: u8,
    start: usize,
    content: &'a [u8],
    end: usize,
}

/// The next marker from `at`, with its segment where it has one; `None` where the file ends before that. Other bytes before a
/// marker are passed over, as libjpeg does.
fn segment(file: &[u8], at: usize) -> Option<Segment<'_>> {
    let mut start = at;
    loop {
        start += file.get(start..)?.iter().position(|&byte| byte == 0xff)?;
        let fill = file[start..].iter().take_while(|&&byte| byte == 0xff).count();
        let marker = *file.get(start + fill)?;
        let content = start + fill + 1;
        match marker {
            0 => start = content,
            SOI | EOI | 0x01 | 0xd0..=0xd7 => return Some(Segment { marker, start, content: &[], end: content }),
            _ => {
                let length = usize::from(u16::from_be_bytes(*file.get(content..)?.first_chunk()?));
                let end = content + length;
                return Some(Segment { marker, start, content: file.get(content + 2..end)?, end });
            }
        }
    }
}

impl Header {
    /// `None` where the file ends before the first scan, or the header makes no sense.
    pub fn of(file: &[u8]) -> Option<Self> {
        let mut at = 2;
        let mut frame: Option<Frame> = None;
        let (mut orientation, mut jfif, mut adobe) = (None, false, None);
        loop {
            let Segment { marker, start, content, end } = segment(file, at)?;
            match marker {
                EOI => return None,
                SOS => {
                    let (process, rare, width, height, planes) = frame?;
                    let orientation = orientation.unwrap_or(Orientation::UPRIGHT);
                    // With JFIF a picture of three colours is YCbCr, whatever Adobe's segment says.
                    let overruled = adobe.filter(|_| jfif && planes.len() == 3);
                    return Some(Self { width, height, orientation, process, rare, planes, scan: start, overruled });
                }
                0xc0..=0xcf if !matches!(marker, DHT | 0xc8 | 0xcc) => frame = Some(read_frame(marker, content)?),
                0xe0 if content.starts_with(b"JFIF\0") => jfif = true,
                0xe1 if content.starts_with(b"Exif\0\0") => {
                    orientation = orientation.or(Some(exif::orientation(content)));
                }
                0xee if content.starts_with(b"Adobe") && content.get(11) == Some(&0) => adobe = Some((start, end)),
                _ => {}
            }
            at = end;
        }
    }

    /// How much of the picture is there, by its [coded data](super::jpeg_scan). A kind that is not followed here counts as whole.
    pub fn amount(&self, file: &[u8]) -> Amount {
        if self.process == Process::Other || self.rare.is_some() {
            let ends = file[self.scan..].windows(2).any(|pair| pair == [0xff, EOI]);
            return Amount { share: 1.0, whole: true, unended: (!ends).then_some(file.len()) };
        }
        // What a copy that broke off has set aside for the rest.
        let file = without_zeros(file);
        let progressive = self.process == Process::Progressive;
        let mut walk = Walk::new((self.width, self.height), &self.planes, progressive);
        let mut at = 2;
        let ended = loop {
            let Some(Segment { marker, content, end, .. }) = segment(file, at) else { break false };
            match marker {
                EOI => break true,
                // In the middle of a file they are no markers, but what broken bytes look like.
                SOI if at > 2 => break false,
                DHT => walk.tables(content),
                DRI => walk.restart_interval(content),
                SOS => {
                    let Some(length) = walk.scan(content, &file[end..]) else { break false };
                    at = end + length;
                    // One scan of all planes is the whole picture: what follows is its end marker or does not belong to it.
                    if !progressive && walk.is_covered() {
                        break segment_is_end(file, at);
                    }
                    continue;
                }
                0xc0..=0xcf | 0xdb..=0xef | 0xfe | 0x01 | 0xd0..=0xd7 if end <= file.len() => {}
                _ => break false,
            }
            at = end;
        };
        let share = walk.share();
        Amount { share, whole: share >= 1.0 && walk.is_whole(), unended: (!ended).then_some(at.min(file.len())) }
    }

    /// The file as every decoder reads it alike, where it is not so already.
    pub fn repaired(&self, file: &[u8], amount: &Amount) -> Option<Vec<u8>> {
        if self.overruled.is_none() && amount.unended.is_none() {
            return None;
        }
        let end = amount.unended.unwrap_or(file.len()).min(file.len());
        let mut repaired = match self.overruled {
            Some((from, to)) => [&file[..from], &file[to..end.max(to)]].concat(),
            None => file[..end].to_vec(),
        };
        if amount.unended.is_some() {
            while repaired.last() == Some(&0xff) {
                repaired.pop();
            }
            repaired.extend([0xff, EOI]);
        }
        Some(repaired)
    }
}

type Frame = (Process, Option<Foreign>, usize, usize, Vec<Plane>);

fn read_frame(marker: u8, content: &[u8]) -> Option<Frame> {
    let (&[precision, high, low, wide, narrow, count], planes) = content.split_first_chunk()?;
    let process = match marker {
        0xc0 | 0xc1 => Process::Sequential,
        0xc2 => Process::Progressive,
        _ => Process::Other,
    };
    let rare = match marker {
        0xc9..=0xcf => Some(ARITHMETIC_JPEG),
        0xc3 | 0xc5..=0xc7 => Some(LOSSLESS_JPEG),
        _ if precision != 8 => Some(TWELVE_BIT_JPEG),
        _ => None,
    };
    let planes = planes.chunks_exact(3).take(usize::from(count)).map(|plane| Plane {
        id: plane[0],
        across: usize::from(plane[1] >> 4),
        down: usize::from(plane[1] & 15),
    });
    let planes: Vec<Plane> = planes.collect();
    let sane = planes.len() == usize::from(count)
        && (1..=4).contains(&count)
        && planes.iter().all(|plane| (1..=4).contains(&plane.across) && (1..=4).contains(&plane.down));
    let side = |high: u8, low: u8| usize::from(u16::from_be_bytes([high, low]));
    sane.then(|| (process, rare, side(wide, narrow), side(high, low), planes))
}

/// Whether the next marker is the one at the end, with no more before it than padding.
fn segment_is_end(file: &[u8], at: usize) -> bool {
    segment(file, at).is_some_and(|next| next.marker == EOI)
}

/// Without a long run of zeros at the end.
fn without_zeros(file: &[u8]) -> &[u8] {
    let zeros = file.iter().rev().take_while(|&&byte| byte == 0).count();
    if zeros >= 64 { &file[..file.len() - zeros] } else { file }
}
