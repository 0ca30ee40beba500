//! The two ways in which a file is refused.

use crate::error::{Error, ErrorCode};

/// Longest text of a file that is repeated in a message.
const LONGEST: usize = 120;

// Out of line, as each is called in dozens of places, once.

/// The file is of a kind that is read, and damaged or lying.
#[cold]
#[inline(never)]
pub fn corrupt(detail: impl Into<String>) -> Error {
    let detail = detail.into();
    Error::new(
        ErrorCode::WeightsCorrupt,
        format!("the weights file is damaged: {detail}; download it again, or save it again"),
    )
    .with("detail", detail)
}

/// The file holds what is not read here. What it is goes with the error as `param`, so that the page can say it in other languages:
/// `program` for what would have to be run, `tensor` for one of other numbers, `kind` for all else.
#[cold]
#[inline(never)]
pub fn unsupported(param: &'static str, what: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorCode::WeightsUnsupported, message).with(param, what)
}

/// A text of the file as it may be shown: of one line, and not endless.
#[cold]
#[inline(never)]
pub fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
