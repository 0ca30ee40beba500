//! Every network against PyTorch, as `tests/networks.rs` does it, inside a browser: a module of its own, which `../web/networks.test.mjs` loads.
#![cfg(target_family = "wasm")]

#[path = "../../common/drawn_network.rs"]
mod drawn_network;
#[path = "../../common/formulas.rs"]
mod formulas;

use drawn_network::Network;
use lastlayer::device::{ComputeDevice, DeviceKind};
use lastlayer::nn::conv_norm::Mode;
use wasm_bindgen::prelude::*;

/// A device for the networks.
#[wasm_bindgen(js_name = NetworkTest)]
pub struct NetworkTest(ComputeDevice);

#[wasm_bindgen(js_class = NetworkTest)]
impl NetworkTest {
    /// Opens `cpu` or `webgpu`.
    pub async fn open(device: String) -> NetworkTest {
        let kind = if device == "webgpu" { DeviceKind::WebGpu } else { DeviceKind::Cpu };
        Self(ComputeDevice::open(kind).await.unwrap())
    }

    /// How far a network is from PyTorch, of the largest value there: frozen, and as it learns. `golden`: one of `networks` of
    /// `fixtures/networks.json`.
    pub async fn differences(&self, golden: String) -> Vec<f32> {
        let golden: Network = serde_json::from_str(&golden).unwrap();
        let mut differences = Vec::new();
        for mode in [Mode::Frozen, Mode::Trainable] {
            differences.push(drawn_network::difference(&golden, mode, &self.0.tensors).await);
        }
        differences
    }
}
