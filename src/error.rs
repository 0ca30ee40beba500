//! Errors as users meet them: a code from a closed set, a message, and the numbers behind it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, as a closed set. The page translates by these codes, so they are part of the public API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// The bytes are not an image of a known format.
    NotAnImage,
    /// A file of a known kind that is no image, or an image that cannot be read here.
    UnsupportedFormat,
    /// An image by its header, but the rest is missing or damaged.
    ImageTruncated,
    /// An image without pixels.
    ImageEmpty,
    /// More pixels than a browser can decode safely.
    ImageTooLarge,
    /// Training needs at least two classes.
    TooFewClasses,
    /// A class without photos.
    EmptyClass,
    /// Cross-validation needs a class with two different photos.
    TooFewPhotos,
    /// A class of that name is already there.
    ClassExists,
    /// No class of that name.
    UnknownClass,
    /// No photo with that id.
    UnknownPhoto,
    /// A class name that is empty or too long.
    InvalidLabel,
    /// A training option that is unknown or out of range.
    InvalidOption,
    /// Nothing has been trained or opened yet.
    NoClassifier,
    /// The weights file does not have the expected hash or is not readable.
    WeightsCorrupt,
    /// The weights file is readable but of another architecture.
    WeightsMismatch,
    /// A file that is no weights alone, or has them in a form that is not read.
    WeightsUnsupported,
    /// The model file is not readable.
    ModelCorrupt,
    /// The model file belongs to other weights.
    ModelMismatch,
    /// The checkpoint is not readable.
    CheckpointCorrupt,
    /// The checkpoint belongs to other weights or other photos.
    CheckpointMismatch,
    /// WebGPU was asked for and is not there.
    WebgpuUnavailable,
    /// Not now: a training or another call is under way.
    Busy,
    /// A file or folder could not be read or written (command line only).
    Io,
    /// A bug of ours.
    Internal,
}

/// An error: what was expected, what came, what to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Error {
    pub code: ErrorCode,
    pub message: String,
    /// The parts of the message that differ from case to case, for translations.
    pub params: BTreeMap<&'static str, String>,
}

impl Error {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), params: BTreeMap::new() }
    }

    /// Adds a named part of the message.
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.params.insert(name, value.to_string());
        self
    }

    /// A state the code rules out. Seeing one is a bug to report.
    pub fn internal(what: impl fmt::Display) -> Self {
        Self::new(ErrorCode::Internal, format!("internal error, please report it: {what}")).with("detail", what)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
