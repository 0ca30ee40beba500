//! The devices behind one type: the CPU (Burn's `flex`, with SIMD), WebGPU (`burn-wgpu`), and natively CUDA.

use burn::tensor::Device;
use serde::Serialize;

#[cfg(any(feature = "webgpu", feature = "cuda", test))]
mod self_test;

use crate::error::{Error, ErrorCode, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    Cpu,
    /// WebGPU in a browser; natively whatever graphics API of the system Burn's wgpu finds: Vulkan, Metal or DirectX 12.
    WebGpu,
    Cuda,
}

/// A device that is ready for tensors, and what it says of itself.
#[derive(Debug, Clone)]
pub struct ComputeDevice {
    pub kind: DeviceKind,
    /// The adapter's name as the driver or the browser gives it; empty where it gives none.
    pub adapter: String,
    /// `cpu`, `discrete-gpu`, `integrated-gpu`, `virtual-gpu` or `other` (browsers rarely say which).
    pub adapter_type: &'static str,
    pub tensors: Device,
}

impl ComputeDevice {
    /// Opens the device of that kind. A GPU must give the right answers to a small sum first.
    ///
    /// WebGPU can be opened once per wasm instance or process: a second opening is an error of burn-wgpu's.
    ///
    /// # Errors
    /// `webgpu-unavailable` when there is no adapter, it refuses a device, it computes wrongly, or this build has no such device
    /// inside.
    pub async fn open(kind: DeviceKind) -> Result<Self> {
        match kind {
            DeviceKind::Cpu => open_cpu(),
            DeviceKind::WebGpu => open_webgpu().await,
            DeviceKind::Cuda => open_cuda().await,
        }
    }

    /// How many images one launch takes: enough to fill a GPU, few enough that a CPU step stays short.
    pub fn embedding_batch(&self) -> usize {
        match self.kind {
            DeviceKind::Cpu => 4,
            DeviceKind::WebGpu | DeviceKind::Cuda => 8,
        }
    }
}

/// Burn finds out whether there is a device when it is first used, and panics where there is none: so it is used once here.
#[cfg(feature = "cuda")]
async fn open_cuda() -> Result<ComputeDevice> {
    let tensors = std::panic::catch_unwind(|| {
        let device = Device::cuda(0);
        burn::tensor::Tensor::<1>::ones([1], &device).into_data();
        device
    });
    let tensors = tensors.map_err(|_| {
        Error::new(
            ErrorCode::WebgpuUnavailable,
            "CUDA could not be started: no NVIDIA GPU, or its driver is missing; use --device cpu",
        )
    })?;
    self_test::self_test(&tensors).await?;
    Ok(ComputeDevice { kind: DeviceKind::Cuda, adapter: "CUDA 0".to_owned(), adapter_type: "discrete-gpu", tensors })
}

#[cfg(not(feature = "cuda"))]
async fn open_cuda() -> Result<ComputeDevice> {
    Err(Error::new(
        ErrorCode::WebgpuUnavailable,
        "this build has no CUDA inside; build with --features cuda, or use --device cpu",
    ))
}

#[cfg(feature = "cpu")]
fn open_cpu() -> Result<ComputeDevice> {
    Ok(ComputeDevice { kind: DeviceKind::Cpu, adapter: String::new(), adapter_type: "cpu", tensors: Device::flex() })
}

#[cfg(not(feature = "cpu"))]
fn open_cpu() -> Result<ComputeDevice> {
    Err(Error::internal("this build has no CPU device; load the cpu build"))
}

#[cfg(feature = "webgpu")]
async fn open_webgpu() -> Result<ComputeDevice> {
    use burn_wgpu::wgpu::DeviceType;

    let (tensors, setup) = Device::wgpu_options().init_with_setup_async().await.map_err(|error| {
        Error::new(
            ErrorCode::WebgpuUnavailable,
            format!("WebGPU could not be started ({error:?}); choose the CPU, or a browser with WebGPU switched on"),
        )
    })?;
    self_test::self_test(&tensors).await?;
    let info = setup.adapter.get_info();
    let adapter_type = match info.device_type {
        DeviceType::Cpu => "cpu",
        DeviceType::DiscreteGpu => "discrete-gpu",
        DeviceType::IntegratedGpu => "integrated-gpu",
        DeviceType::VirtualGpu => "virtual-gpu",
        DeviceType::Other => "other",
    };
    Ok(ComputeDevice { kind: DeviceKind::WebGpu, adapter: info.name, adapter_type, tensors })
}

#[cfg(not(feature = "webgpu"))]
async fn open_webgpu() -> Result<ComputeDevice> {
    Err(Error::new(
        ErrorCode::WebgpuUnavailable,
        "this build has no WebGPU inside; load the webgpu build (natively: build with --features webgpu), or choose the CPU",
    ))
}
