//! Files that were not used, and why.

use std::path::Path;

use lastlayer::error::{Error, ErrorCode};
use serde::Serialize;

use crate::print_line;

#[derive(Debug, Clone, Serialize)]
pub struct Skipped {
    pub file: String,
    pub error: String,
    #[serde(skip)]
    kind: Kind,
}

/// Of what is common, and rarely a surprise, many files are one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    OfItsOwn,
    NoImage,
    NoClass,
}

/// How many names such a line has at most.
const NAMED: usize = 10;

impl Skipped {
    pub fn new(path: &Path, error: impl Into<String>) -> Self {
        Self { file: path.display().to_string(), error: error.into(), kind: Kind::OfItsOwn }
    }

    pub fn because(path: &Path, error: Error) -> Self {
        let kind = if error.code == ErrorCode::NotAnImage { Kind::NoImage } else { Kind::OfItsOwn };
        Self { kind, ..Self::new(path, error.message) }
    }

    pub fn of_no_class(path: &Path) -> Self {
        Self { kind: Kind::NoClass, ..Self::new(path, "it lies beside the class folders, and so is of no class") }
    }
}

pub fn print(skipped: &[Skipped]) {
    let of = |kind| skipped.iter().filter(move |skipped| skipped.kind == kind);
    for skipped in of(Kind::OfItsOwn) {
        print_line(format_args!("left out: {}: {}", skipped.file, skipped.error));
    }
    let lines =
        [(Kind::NoImage, "that are no images"), (Kind::NoClass, "beside the class folders, and so of no class")];
    for (kind, what) in lines {
        let count = of(kind).count();
        let names: Vec<&str> = of(kind).take(NAMED).map(|skipped| skipped.file.as_str()).collect();
        let more = if count > NAMED { format!(", and {} more", count - NAMED) } else { String::new() };
        match count {
            0 => {}
            1 => print_line(format_args!(
                "left out: {}: {}",
                names[0],
                of(kind).map(|one| one.error.as_str()).collect::<String>()
            )),
            _ => print_line(format_args!("left out: {count} files {what}: {}{more}", names.join(", "))),
        }
    }
}
