//! Results with pictures in them: plain objects whose pixels and maps are typed arrays.

use js_sys::{Array, Float32Array, Object, Reflect, Uint8ClampedArray};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::to_js;
use crate::eval::explain::Explanation;
use crate::eval::feature_maps::{Channel, FeatureMaps};
use crate::image::draws::Draws;
use crate::image::{Pixels, heat};

/// Pixels of a heatmap's legend: more than there are colours to be told apart.
const LEGEND: u32 = 128;

type JsResult = Result<JsValue, JsValue>;

pub fn explanation(explanation: &Explanation) -> JsResult {
    let object = to_js(explanation)?;
    let (width, height) = (explanation.seen.width, explanation.seen.height);
    set(&object, "map", &Float32Array::from(explanation.map.as_slice()))?;
    set(&object, "evidence", &Float32Array::from(explanation.evidence.as_slice()))?;
    set(&object, "seen", &picture(&explanation.seen)?)?;
    set(&object, "overlay", &image_data(width, height, &explanation.overlay())?)?;
    set(&object, "legend", &image_data(LEGEND, 1, &heat::legend(LEGEND as usize))?)?;
    Ok(object)
}

pub fn draws(found: &Draws) -> JsResult {
    let object = JsValue::from(Object::new());
    set(&object, "seen", &picture(&found.seen)?)?;
    set(&object, "crop", &to_js(&found.crop)?)?;
    let pictures = Array::new();
    for draw in &found.draws {
        pictures.push(&picture(draw)?);
    }
    set(&object, "draws", &pictures)?;
    Ok(object)
}

#[derive(Serialize)]
struct Layer<'a> {
    stage: &'a str,
    width: usize,
    height: usize,
    of: usize,
}

pub fn feature_maps(maps: &FeatureMaps, stage: &str) -> JsResult {
    let object = to_js(&Layer { stage, width: maps.width, height: maps.height, of: maps.of })?;
    let channels = Array::new();
    for channel in &maps.channels {
        channels.push(&self::channel(channel)?);
    }
    set(&object, "channels", &channels)?;
    set(&object, "seen", &picture(&maps.seen)?)?;
    set(&object, "sheet", &picture(&maps.sheet())?)?;
    Ok(object)
}

fn channel(channel: &Channel) -> JsResult {
    let object = to_js(channel)?;
    set(&object, "picture", &picture(&channel.picture)?)?;
    Ok(object)
}

fn picture(pixels: &Pixels) -> JsResult {
    image_data(pixels.width, pixels.height, &pixels.to_rgba())
}

/// `{width, height, data}`.
fn image_data(width: u32, height: u32, rgba: &[u8]) -> JsResult {
    let object = JsValue::from(Object::new());
    set(&object, "width", &JsValue::from(width))?;
    set(&object, "height", &JsValue::from(height))?;
    set(&object, "data", &Uint8ClampedArray::from(rgba))?;
    Ok(object)
}

fn set(object: &JsValue, name: &str, value: &JsValue) -> Result<(), JsValue> {
    Reflect::set(object, &JsValue::from_str(name), value).map(drop)
}
