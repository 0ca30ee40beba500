//! What is trained, and with which settings: everything that is decided before the first photo is read.

pub mod budget;
pub mod config;
pub mod draws;
pub mod options;
pub mod regime;
