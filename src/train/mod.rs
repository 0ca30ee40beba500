//! Training: embed the photos once, fit on what was embedded, choose the number of epochs on held-out photos, refit.

pub mod budget;
pub mod cache;
pub mod checkpoint;
pub mod clip;
pub mod compared;
pub mod config;
pub mod embed;
pub mod event;
pub mod fit;
pub mod inputs;
pub mod learning;
pub mod lent;
pub mod loss;
pub mod module_state;
pub mod optimiser;
pub mod options;
pub mod overfitting;
pub mod reading;
pub mod regime;
pub mod run;
pub mod sample;
pub mod schedule;
pub mod teaching_set;
pub mod workbench;
