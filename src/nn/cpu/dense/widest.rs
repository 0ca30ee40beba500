//! The widest vectors that this processor has.

use pulp::{Arch, Simd, WithSimd};

use super::vectors::{Machine, Vectors, Work};

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
    fn plus(self, a: S::f32s, b: S::f32s) -> S::f32s {
        self.0.add_f32s(a, b)
    }

    #[inline(always)]
    fn minus(self, a: S::f32s, b: S::f32s) -> S::f32s {
        self.0.sub_f32s(a, b)
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
