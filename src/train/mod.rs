//! Training: embed the photos once, fit on what was embedded, score a fit on held-out photos, refit on all.
//!
//! Four folders, each of which imports only from those before it (`tests/layering.rs` proves it): `plan` decides what is trained,
//! `read` makes activations of photos, `fit` learns from them, and `run` is the training that a session carries on step by step.

pub mod fit;
pub mod plan;
pub mod read;
pub mod run;
