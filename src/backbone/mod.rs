//! Backbones: a network is a table, and this is what reads it.
//!
//! ```text
//!  architecture  a network as a list of operations; everything that has to know its geometry walks that list
//!  stage         the same as it computes                       taps    what an output layer sees of it
//!  inverted_residuals, efficientnet_lite, mobilenet_v2, resnet, vgg    the families' tables      registry    all of them
//!  weights       the file that the parameters come from         card    what it says of itself
//!  file          files that people bring, as named tensors      recognise    of which network they are
//!  stored        how such a file is written
//!  tensor_file   the form that model files and checkpoints share
//! ```
//!
//! A backbone is features and nothing else; the output layer on top of it belongs to [`crate::model`].
//!
//! # One more network
//! Of a known family: a row in [`all`](registry::all) with its numbers. Of a new family: a module whose table becomes an [`Architecture`] under timm's
//! names, with a [`Naming`](architecture::Naming) where others call the layers otherwise. Then its line in
//! `tests/fixtures/make_networks.py`, which writes what PyTorch computes, and `cargo test --test networks` compares every stage with it.

pub mod architecture;
pub mod card;
pub mod efficientnet_lite;
pub mod file;
pub mod inverted_residuals;
pub mod mobilenet_v2;
mod pretraining;
pub mod recognise;
pub mod registry;
pub mod resnet;
pub mod stage;
pub mod stored;
pub mod taps;
pub mod tensor_file;
pub mod vgg;
pub mod weights;
