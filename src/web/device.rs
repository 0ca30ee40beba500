//! A device on its own: what of it needs no weights happens while these are downloaded.

use wasm_bindgen::prelude::*;

use super::{throw, unknown_value};
use crate::backbone::registry;
use crate::device::{ComputeDevice, DeviceKind};
use crate::session::warm_up::warm_up;

/// For any number of cores.
#[wasm_bindgen]
pub struct OpenDevice(ComputeDevice);

#[wasm_bindgen]
impl OpenDevice {
    /// Opens `cpu` or `webgpu`. WebGPU can be opened once by each instance of the module.
    pub async fn open(device: String) -> Result<OpenDevice, JsValue> {
        let kind = match device.as_str() {
            "cpu" => DeviceKind::Cpu,
            "webgpu" => DeviceKind::WebGpu,
            _ => return Err(throw(unknown_value("device", &device, "cpu or webgpu"))),
        };
        ComputeDevice::open(kind).await.map(Self).map_err(throw)
    }

    /// Has a GPU compile what a backbone of that name computes with; does nothing for one that is not known.
    #[wasm_bindgen(js_name = warmUp)]
    pub fn warm_up(&self, backbone: &str) -> Result<(), JsValue> {
        let Some(architecture) = registry::by_name(backbone) else { return Ok(()) };
        warm_up(&self.0, architecture).map_err(throw)
    }
}

impl OpenDevice {
    pub(super) fn device(&self) -> &ComputeDevice {
        &self.0
    }
}
