//! What goes from the core of one worker to that of another.

use js_sys::{Float32Array, Object, Reflect, Uint8Array, Uint32Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::to_js;
use crate::backbone::taps::Features;
use crate::backbone::weights::Weights;
use crate::session::lending::{Loan, LoanId};
use crate::train::read::loan::Parts;

type JsResult<T = JsValue> = Result<T, JsValue>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NeedPhotos<'a> {
    need_photos: &'a [u32],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Terms {
    id: LoanId,
    last_stages: usize,
}

/// `undefined`, `{needPhotos}`, `{id, lastStages, pictures}` or `{id, lastStages, several, classes, parameters, photos, inputs, masks, targets}`.
pub fn loan(loan: &Loan) -> JsResult {
    match loan {
        Loan::Nothing => Ok(JsValue::UNDEFINED),
        Loan::Missing(need_photos) => to_js(&NeedPhotos { need_photos }),
        Loan::Pictures { id, last_stages, pictures } => {
            let object = to_js(&Terms { id: *id, last_stages: *last_stages })?;
            Reflect::set(&object, &"pictures".into(), &Uint8Array::from(pictures.as_slice()))?;
            Ok(object)
        }
        Loan::Parts { id, last_stages, parts } => {
            let object = to_js(&Terms { id: *id, last_stages: *last_stages })?;
            let photos: Vec<u32> = parts.photos.iter().map(|&photos| photos as u32).collect();
            Reflect::set(&object, &"several".into(), &(parts.features == Features::Several).into())?;
            Reflect::set(&object, &"classes".into(), &(parts.classes as u32).into())?;
            Reflect::set(&object, &"photos".into(), &Uint32Array::from(photos.as_slice()))?;
            let Parts { parameters, inputs, masks, targets, .. } = parts;
            for (name, values) in
                [("parameters", parameters), ("inputs", inputs), ("masks", masks), ("targets", targets)]
            {
                Reflect::set(&object, &name.into(), &Float32Array::from(values.as_slice()))?;
            }
            Ok(object)
        }
    }
}

/// The other way: parts that [`loan`] gave out, and the split that they are of.
pub fn parts(object: &JsValue) -> JsResult<(usize, Parts)> {
    let number = |name: &str| Ok::<_, JsValue>(Reflect::get(object, &name.into())?.as_f64().unwrap_or(0.0) as usize);
    let values =
        |name: &str| Ok::<_, JsValue>(Reflect::get(object, &name.into())?.dyn_into::<Float32Array>()?.to_vec());
    let photos = Reflect::get(object, &"photos".into())?.dyn_into::<Uint32Array>()?.to_vec();
    let several = Reflect::get(object, &"several".into())?.is_truthy();
    let parts = Parts {
        features: if several { Features::Several } else { Features::Last },
        classes: number("classes")?,
        parameters: values("parameters")?,
        photos: photos.into_iter().map(|photos| photos as usize).collect(),
        inputs: values("inputs")?,
        masks: values("masks")?,
        targets: values("targets")?,
    };
    Ok((number("lastStages")?, parts))
}

/// `{bytes, sha256}`.
pub fn weights(weights: &Weights) -> JsResult {
    let object = Object::new();
    Reflect::set(&object, &"bytes".into(), &Uint8Array::from(weights.file()))?;
    Reflect::set(&object, &"sha256".into(), &weights.sha256.as_str().into())?;
    Ok(object.into())
}
