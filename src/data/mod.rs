//! The photos, their classes, and how they are divided.

pub mod dataset;
pub mod folds;
pub mod similar;
pub mod split;
