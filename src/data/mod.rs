//! The photos, their classes, and how they are divided.

pub mod dataset;
pub mod folder_layout;
pub mod folds;
pub mod hold_out;
pub mod label;
pub mod similar;
