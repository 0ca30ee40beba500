//! Layers: each loads itself by name from a source of parameters and knows its forward pass.

pub mod adamw;
pub mod conv_norm;
#[cfg(feature = "cpu")]
pub mod cpu;
#[cfg(feature = "webgpu")]
pub mod gpu;
pub mod linear;
pub mod max_pool;
pub mod params;
pub mod pool;
pub mod residual;
pub mod spec;
pub mod sum;
