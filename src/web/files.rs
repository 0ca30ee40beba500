//! What is said of files.

use js_sys::{Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::to_js;
use crate::error::Error;
use crate::image::file::{Examined, Inspected, Note};

type JsResult = Result<JsValue, JsValue>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    width: usize,
    height: usize,
    orientation: u8,
    turned_by_browsers: bool,
    rare: Option<Error>,
}

#[derive(Serialize)]
struct Rest {
    note: Option<Note>,
    repaired: Option<()>,
}

pub fn inspected(inspected: &Inspected) -> JsResult {
    let Inspected { width, height, turned_by_browsers, .. } = *inspected;
    let (orientation, rare) = (inspected.orientation.exif(), inspected.rare.map(|kind| kind.error()));
    to_js(&Header { width, height, orientation, turned_by_browsers, rare })
}

pub fn examined(Examined { note, repaired }: &Examined) -> JsResult {
    let object = to_js(&Rest { note: *note, repaired: None })?;
    if let Some(bytes) = repaired {
        Reflect::set(&object, &"repaired".into(), &Uint8Array::from(bytes.as_slice()))?;
    }
    Ok(object)
}
