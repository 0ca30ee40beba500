//! Reading: each photo goes once through the frozen stages, and what comes out is kept.

pub mod cache;
pub mod embed;
pub mod loan;
pub mod photos;
pub mod reading;
pub mod sample;
pub mod step;
pub mod teaching_set;
