//! Training: embed the photos once, fit on what was embedded, choose the number of epochs on held-out photos, refit.

pub mod cache;
pub mod checkpoint;
pub mod clip;
pub mod config;
pub mod embed;
pub mod event;
pub mod fit;
pub mod module_state;
pub mod optimiser;
pub mod run;
pub mod schedule;
pub mod teaching_set;
