//! Advice: what to train, from the photos alone.
//!
//! | photos | like ImageNet | what is trained | regime |
//! |---|---|---|---|
//! | few | yes | the new output layer only | `head` |
//! | few | no | the last stages and the output layer | `last-k` |
//! | many | yes | everything, from the pretrained weights | `full` |
//! | very many | no | everything, from random weights | `scratch` |
//!
//! Between the output layer and the last stages, where that is open, a short [`trial`] decides, and not the table.
//!
//! How like ImageNet the photos are is measured, not asked ([`similarity`]); so is what the device can do ([`cost`]). What
//! follows from both is a pure function ([`decide`]), so that the same measurements always give the same advice.

pub mod cost;
pub mod decide;
mod measure;
pub mod run;
pub mod similarity;
pub mod trial;
