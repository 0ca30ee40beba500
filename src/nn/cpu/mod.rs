//! Convolutions of our own for the CPU device, forward and backward.
//!
//! Burn's `flex` spends most of a training step in the backward passes of depthwise convolutions and in going over every
//! activation again for the normalisation and the clamp behind each convolution. Here the three are one operation,
//! `activation(s · (w ∗ x) + b)` with a scale and a shift per output channel, which is what a convolution followed by
//! batch-norm with fixed statistics and ReLU or ReLU6 amounts to:
//!
//! ```text
//!  fused      the operation on Burn's tensors, and the node for autodiff
//!  kernel     which of these takes it:
//!  depthwise  for one filter per channel                   pointwise  for 1 × 1
//!  dense      for filters over all channels, of any size   stem       for few input channels, forward only
//!  sum        two activations added and clamped              max_pool   maxima over windows
//!  optimiser  AdamW, and the norm of gradients
//!  gradients  what the backward passes take and give        tensors    Burn's tensors and their values
//!  product    products of matrices, in WebAssembly; natively they are `gemm`'s
//!  padded     planes with room for the padding             runs       the loops over them
//!  rows       short runs of values, vectorised             halves     every second value of one
//!  lanes      the vectors of WebAssembly, spelled out      unwritten  memory that is about to be written
//!  tasks      work shared between the threads there are
//! ```
//!
//! Natively the compiler makes vectors out of plain loops, as wide as the processor has them. For WebAssembly it does so rarely, so
//! what matters is written in [`lanes`] there.
//!
//! Every other device, precision and kind of convolution (grouped ones) takes Burn's own operations. The same inputs give the same bits on
//! every run: each sum is taken in one order, whichever thread takes it.

mod dense;
mod depthwise;
pub(super) mod fused;
mod gradients;
mod halves;
mod kernel;
#[cfg_attr(not(any(target_family = "wasm", test)), allow(dead_code))] // Natively only the tests call it.
mod lanes;
pub(super) mod max_pool;
pub mod optimiser;
mod padded;
mod pointwise;
#[cfg(any(target_family = "wasm", test))]
mod product;
mod rows;
mod runs;
mod stem;
pub(super) mod sum;
mod tasks;
mod tensors;
mod unwritten;

use std::cell::Cell;

thread_local! {
    static SWITCHED_OFF: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` with Burn's own operations in place of these, on this thread: for measurements and for tests.
pub fn without<T>(work: impl FnOnce() -> T) -> T {
    let before = SWITCHED_OFF.replace(true);
    let result = work();
    SWITCHED_OFF.set(before);
    result
}

fn switched_off() -> bool {
    SWITCHED_OFF.get()
}
