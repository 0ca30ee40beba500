//! The photos, their classes, and how they are divided.

pub mod dataset;
pub mod folds;
pub mod hold_out;
pub mod similar;
