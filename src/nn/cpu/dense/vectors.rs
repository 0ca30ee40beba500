//! The vectors that the products here are computed in: as wide as the processor has them natively, four values in WebAssembly.
//! What is written for both is generic, so that the tests run the browser's way natively, too.

#[cfg(any(target_family = "wasm", test))]
use super::super::lanes::{Lanes, Native};

/// A kind of vectors. By value, since what proves that the processor has them is a value.
pub trait Vectors: Copy {
    type Vector: Copy;

    /// Values in one.
    const WIDTH: usize;
    /// Rows of a tile, and the most vectors in each: as many sums as the registers hold beside what goes into them.
    const ROWS: usize;
    const MOST: usize;

    fn splat(self, value: f32) -> Self::Vector;

    /// # Safety
    /// The values from `from` on must be readable. They need no alignment.
    unsafe fn load(self, from: *const f32) -> Self::Vector;

    /// # Safety
    /// The values from `to` on must be writable. They need no alignment.
    unsafe fn store(self, vector: Self::Vector, to: *mut f32);

    /// `sum + a · b`
    fn plus_product(self, sum: Self::Vector, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// Has what lies there, or does not, brought nearer, where the processor can be asked to.
    #[inline(always)]
    fn prefetch(self, _: *const f32) {}
}

/// Something to be computed in vectors.
pub trait Work {
    fn run<T: Vectors>(self, vectors: T);
}

/// Who computes it.
pub trait Machine {
    fn compute(work: impl Work);
}

/// This build's.
#[cfg(not(target_family = "wasm"))]
pub type Here = widest::Widest;
#[cfg(target_family = "wasm")]
pub type Here = InLanes;

#[cfg(not(target_family = "wasm"))]
mod widest {
    use pulp::{Arch, Simd, WithSimd};

    use super::{Machine, Vectors, Work};

    /// The widest vectors that this processor has, chosen as the program runs.
    pub struct Widest;

    impl Machine for Widest {
        fn compute(work: impl Work) {
            Arch::new().dispatch(Dispatched(work));
        }
    }

    struct Dispatched<W>(W);

    impl<W: Work> WithSimd for Dispatched<W> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            self.0.run(Of(simd));
        }
    }

    #[derive(Clone, Copy)]
    struct Of<S>(S);

    impl<S: Simd> Vectors for Of<S> {
        type Vector = S::f32s;

        const WIDTH: usize = S::F32_LANES;
        const ROWS: usize = if S::REGISTER_COUNT >= 32 { 8 } else { 4 };
        const MOST: usize = 3;

        #[inline(always)]
        fn splat(self, value: f32) -> S::f32s {
            self.0.splat_f32s(value)
        }

        #[inline(always)]
        unsafe fn load(self, from: *const f32) -> S::f32s {
            // SAFETY: as of the trait.
            unsafe { from.cast::<S::f32s>().read_unaligned() }
        }

        #[inline(always)]
        unsafe fn store(self, vector: S::f32s, to: *mut f32) {
            // SAFETY: as of the trait.
            unsafe { to.cast::<S::f32s>().write_unaligned(vector) }
        }

        #[inline(always)]
        fn plus_product(self, sum: S::f32s, a: S::f32s, b: S::f32s) -> S::f32s {
            self.0.mul_add_e_f32s(a, b, sum)
        }

        #[cfg(target_arch = "x86_64")]
        #[inline(always)]
        fn prefetch(self, from: *const f32) {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: any address may be asked for, and every x86-64 knows the instruction.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) };
        }
    }
}

/// The vectors of WebAssembly.
#[cfg(any(target_family = "wasm", test))]
pub struct InLanes;

#[cfg(any(target_family = "wasm", test))]
impl Machine for InLanes {
    fn compute(work: impl Work) {
        work.run(Four);
    }
}

#[cfg(any(target_family = "wasm", test))]
#[derive(Clone, Copy)]
struct Four;

#[cfg(any(target_family = "wasm", test))]
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
    fn plus_product(self, sum: Native, a: Native, b: Native) -> Native {
        sum.plus_product(a, b)
    }
}
