//! How good a classifier is, from logits and known classes: plain arithmetic on the host. Who makes the logits, and that no
//! photo was judged by a fit that saw it, is the business of [`eval`](crate::eval).

pub mod calibration;
pub mod confusion;
pub mod evaluation;
pub mod interval;
pub mod novelty;
pub mod paired;
pub mod record;
