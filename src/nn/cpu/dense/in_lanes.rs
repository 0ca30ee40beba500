//! The vectors of WebAssembly.

use super::super::lanes::{Lanes, Native};
use super::vectors::{Machine, Vectors, Work};

/// The vectors of WebAssembly.
pub struct InLanes;

impl Machine for InLanes {
    fn compute(work: impl Work) {
        work.run(Four);
    }
}

#[derive(Clone, Copy)]
struct Four;

impl Vectors for Four {
    type Vector = Native;

    const WIDTH: usize = 4;
    // As in `product`: eight sums are what x86-64 can hold without a fused multiply-add.
    const ROWS: usize = 4;
    const MOST: usize = 2;

    #[inline(always)]
    fn splat(self, value: f32) -> Native {
        Native::splat(value)
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Native {
        // SAFETY: as of the trait.
        unsafe { Native::load(from) }
    }

    #[inline(always)]
    unsafe fn store(self, vector: Native, to: *mut f32) {
        // SAFETY: as of the trait.
        unsafe { vector.store(to) }
    }

    #[inline(always)]
    fn plus(self, a: Native, b: Native) -> Native {
        a.plus(b)
    }

    #[inline(always)]
    fn minus(self, a: Native, b: Native) -> Native {
        a.minus(b)
    }

    #[inline(always)]
    fn plus_product(self, sum: Native, a: Native, b: Native) -> Native {
        sum.plus_product(a, b)
    }
}
