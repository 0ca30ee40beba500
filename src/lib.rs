//! **lastlayer** fine-tunes an image classifier from a handful of photos, in the browser or on the command line.
//!
//! ```text
//!  photo ── image ──▶ square of pixels ── Prefix (frozen) ──▶ activation ── cache
//!                                                                             │
//!             labels ── data ── stratified hold-out ── train ◀────────────────┘
//!                                                     │ Suffix + head learn
//!                                                     ▼
//!                      classifier ── eval ──▶ probabilities, top-5   ── export ──▶ model file, ONNX
//! ```
//!
//! The one concept is the [split](model::Split): a backbone is a list of stages, the last *k* of them learn together
//! with a new output layer, and the rest, the prefix, runs once per photo. *k* = 0 trains the head alone. What a backbone is made of
//! is data, an [`Architecture`](backbone::architecture::Architecture): seventeen networks are tables, and everything walks the list that
//! they become.
//!
//! Modules come in groups; one imports only from groups to its left, and inside a group only from names to its left
//! (`tests/layering.rs` proves it). Inside a module no file imports in a circle, and a training goes from left to right through `plan`,
//! `read`, `fit` and `run`. What every kind of run tells meets in [`session::event`]:
//!
//! ```text
//! error rng metrics halves | image nn device | backbone | data score model | train | eval advise export | session | web, bin
//! ```
//!
//! Everything but [`web`] and the binaries is plain Rust that knows no browser and no file system.

pub mod advise;
pub mod backbone;
pub mod data;
pub mod device;
pub mod error;
pub mod eval;
pub mod export;
pub mod halves;
pub mod image;
pub mod metrics;
pub mod model;
pub mod nn;
pub mod rng;
pub mod score;
pub mod session;
pub mod train;
#[cfg(target_family = "wasm")]
pub mod web;
