//! The boundary to JavaScript: typed arrays, numbers, strings and small plain objects; never tensors, DOM objects or closures.
//!
//! One [`Core`] lives in one dedicated worker. The worker calls it one call at a time; should two overlap all the same, the
//! second gets `busy` instead of a panic.

mod core;
mod lending;
mod photo;
mod picture;
mod slot;

use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::error::{Error, ErrorCode};

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// A plain JavaScript object: maps as objects, `None` as `null`.
fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).map_err(JsValue::from)
}

/// `{code, message, params}`, which is what every method throws.
fn throw(error: Error) -> JsValue {
    to_js(&error).unwrap_or_else(|_| JsValue::from_str(&error.message))
}

fn unknown_value(name: &str, value: &str, expected: &str) -> Error {
    Error::new(ErrorCode::InvalidOption, format!("{name} must be {expected}, got {value:?}"))
        .with("name", name)
        .with("value", value)
}

mod performance {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance)]
        pub fn now() -> f64;
    }
}

/// Seconds since the worker started.
fn clock() -> f64 {
    performance::now() / 1000.0
}
