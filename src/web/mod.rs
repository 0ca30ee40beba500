//! The boundary to JavaScript: typed arrays, numbers, strings and small plain objects; never tensors, DOM objects or closures.
//!
//! One [`Core`] lives in one dedicated worker. The worker calls it one call at a time; should two overlap all the same, the
//! second gets `busy` instead of a panic.

#[cfg(not(feature = "export"))]
mod core;
#[cfg(not(feature = "export"))]
mod device;
#[cfg(feature = "export")]
mod export;
#[cfg(not(feature = "export"))]
mod files;
#[cfg(not(feature = "export"))]
mod lending;
#[cfg(not(feature = "export"))]
mod photo;
#[cfg(not(feature = "export"))]
mod picture;
#[cfg(not(feature = "export"))]
mod slot;

use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::error::{Error, ErrorCode};

#[cfg(feature = "webgpu")]
unsafe extern "C" {
    /// What the linker made of everything that dependencies register before the start: CubeCL's compiler has thousands of such.
    fn __wasm_call_ctors();
}

#[wasm_bindgen(start)]
fn start() {
    // A linker that sees nobody call these takes the module for a command that runs once, and has them called at the top of every
    // exported function: at each object that crosses the boundary, of which a launch needs a dozen.
    #[cfg(feature = "webgpu")]
    // Safety: called once, before anything else; a second time each of them sees that it was registered.
    unsafe {
        __wasm_call_ctors();
    }
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

#[cfg(not(feature = "export"))]
mod performance {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance)]
        pub fn now() -> f64;
    }
}

/// Seconds since the worker started.
#[cfg(not(feature = "export"))]
fn clock() -> f64 {
    performance::now() / 1000.0
}
