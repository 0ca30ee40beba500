//! What goes from the core of one worker to that of another.

use js_sys::{Object, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::to_js;
use crate::backbone::weights::Weights;
use crate::session::lending::{Loan, Ticket};

type JsResult = Result<JsValue, JsValue>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NeedPhotos<'a> {
    need_photos: &'a [u32],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Terms {
    ticket: Ticket,
    last_stages: usize,
}

/// `undefined`, `{needPhotos}` or `{ticket, lastStages, pictures}`.
pub fn loan(loan: &Loan) -> JsResult {
    match loan {
        Loan::Nothing => Ok(JsValue::UNDEFINED),
        Loan::Missing(need_photos) => to_js(&NeedPhotos { need_photos }),
        Loan::Pictures { ticket, last_stages, pictures } => {
            let object = to_js(&Terms { ticket: *ticket, last_stages: *last_stages })?;
            Reflect::set(&object, &"pictures".into(), &Uint8Array::from(pictures.as_slice()))?;
            Ok(object)
        }
    }
}

/// `{bytes, sha256}`.
pub fn weights(weights: &Weights) -> JsResult {
    let object = Object::new();
    Reflect::set(&object, &"bytes".into(), &Uint8Array::from(weights.file()))?;
    Reflect::set(&object, &"sha256".into(), &weights.sha256.as_str().into())?;
    Ok(object.into())
}
