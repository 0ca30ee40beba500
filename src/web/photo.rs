//! A photo on its way in, strip by strip: neither side of the boundary holds all of its pixels.

use wasm_bindgen::prelude::*;

use super::{throw, unknown_value};
use crate::image::scaler::{Channels, ScaledPhoto, Scaler};

/// What the methods of `Core` take that want a photo. It is made by `photoToAdd`, `photoToAsk` or `photoToDraw`, says beforehand what for,
/// and is of no use to the others.
#[wasm_bindgen]
pub struct Photo {
    scaler: Scaler,
}

#[wasm_bindgen]
impl Photo {
    /// The next rows, from the top. `channels`: the order of a pixel's four bytes, `RGBA` with straight alpha, or `RGBX` or `BGRX`, whose
    /// last byte means nothing.
    pub fn push(&mut self, rows: &[u8], channels: &str) -> Result<(), JsValue> {
        let channels = match channels {
            "RGBA" => Channels::Rgba,
            "RGBX" => Channels::Rgbx,
            "BGRX" => Channels::Bgrx,
            _ => return Err(throw(unknown_value("channels", channels, "RGBA, RGBX or BGRX"))),
        };
        self.scaler.push(rows, channels).map_err(throw)
    }
}

impl Photo {
    pub(super) fn new(scaler: Scaler) -> Self {
        Self { scaler }
    }

    /// After the last row.
    pub(super) fn finish(self) -> Result<ScaledPhoto, JsValue> {
        self.scaler.finish().map_err(throw)
    }
}
