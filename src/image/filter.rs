//! The filter that pictures are resized with.

use serde::{Deserialize, Serialize};

/// How pixels become fewer or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// With a = −0.5, as Pillow's.
    #[default]
    Bicubic,
    Bilinear,
}

impl Filter {
    /// In words, for people who read a file.
    pub fn described(self) -> &'static str {
        match self {
            Self::Bicubic => "bicubic (a = -0.5)",
            Self::Bilinear => "bilinear",
        }
    }

    pub(super) fn is_bicubic(&self) -> bool {
        *self == Self::Bicubic
    }
}
