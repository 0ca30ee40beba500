//! Four values side by side: the vector that WebAssembly has. The kernels written for it are generic over who computes it, so
//! that the tests run the very same ones natively.

/// Four values.
pub trait Lanes: Copy {
    fn splat(value: f32) -> Self;

    /// # Safety
    /// The four values from `from` on must be readable. They need no alignment.
    unsafe fn load(from: *const f32) -> Self;

    /// # Safety
    /// The four values from `to` on must be writable. They need no alignment.
    unsafe fn store(self, to: *mut f32);

    fn plus(self, other: Self) -> Self;

    fn minus(self, other: Self) -> Self;

    /// `self + a · b`, rounded once or twice: as the processor does it faster.
    fn plus_product(self, a: Self, b: Self) -> Self;

    /// `clamp(self, low, high)`; what is not a number stays so.
    fn clamp(self, low: Self, high: Self) -> Self;

    /// The larger of each two; not a number where either is none.
    fn max(self, other: Self) -> Self;

    /// Its values where those of `other` lie between the two, and zero where they do not.
    fn where_between(self, other: Self, low: Self, high: Self) -> Self;

    /// The even and the odd values of `self` and `next`, which follow one another.
    fn unzip(self, next: Self) -> (Self, Self);

    /// The opposite: the values of both in turn, the first four and the next.
    fn zip(self, other: Self) -> (Self, Self);

    /// Rows become columns.
    fn transpose(rows: [Self; 4]) -> [Self; 4];

    fn values(self) -> [f32; 4];
}

/// The lanes of this build.
#[cfg(target_family = "wasm")]
pub type Native = wasm::Simd128;
#[cfg(not(target_family = "wasm"))]
pub type Native = Portable;

#[cfg(target_family = "wasm")]
mod wasm {
    use std::arch::wasm32::*;

    use super::Lanes;

    #[derive(Clone, Copy)]
    pub struct Simd128(v128);

    impl Lanes for Simd128 {
        #[inline(always)]
        fn splat(value: f32) -> Self {
            Self(f32x4_splat(value))
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: as of the trait.
            Self(unsafe { v128_load(from.cast()) })
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: as of the trait.
            unsafe { v128_store(to.cast(), self.0) }
        }

        #[inline(always)]
        fn plus(self, other: Self) -> Self {
            Self(f32x4_add(self.0, other.0))
        }

        #[inline(always)]
        fn minus(self, other: Self) -> Self {
            Self(f32x4_sub(self.0, other.0))
        }

        #[cfg(target_feature = "relaxed-simd")]
        #[inline(always)]
        fn plus_product(self, a: Self, b: Self) -> Self {
            Self(f32x4_relaxed_madd(a.0, b.0, self.0))
        }

        #[cfg(not(target_feature = "relaxed-simd"))]
        #[inline(always)]
        fn plus_product(self, a: Self, b: Self) -> Self {
            Self(f32x4_add(self.0, f32x4_mul(a.0, b.0)))
        }

        #[inline(always)]
        fn clamp(self, low: Self, high: Self) -> Self {
            // One instruction each, unlike min and max.
            Self(f32x4_pmin(f32x4_pmax(self.0, low.0), high.0))
        }

        #[inline(always)]
        fn max(self, other: Self) -> Self {
            Self(f32x4_max(self.0, other.0))
        }

        #[inline(always)]
        fn where_between(self, other: Self, low: Self, high: Self) -> Self {
            let between = v128_and(f32x4_gt(other.0, low.0), f32x4_lt(other.0, high.0));
            Self(v128_and(self.0, between))
        }

        #[inline(always)]
        fn unzip(self, next: Self) -> (Self, Self) {
            (Self(i32x4_shuffle::<0, 2, 4, 6>(self.0, next.0)), Self(i32x4_shuffle::<1, 3, 5, 7>(self.0, next.0)))
        }

        #[inline(always)]
        fn zip(self, other: Self) -> (Self, Self) {
            (Self(i32x4_shuffle::<0, 4, 1, 5>(self.0, other.0)), Self(i32x4_shuffle::<2, 6, 3, 7>(self.0, other.0)))
        }

        #[inline(always)]
        fn transpose([a, b, c, d]: [Self; 4]) -> [Self; 4] {
            let (low_ab, high_ab) = (i32x4_shuffle::<0, 4, 1, 5>(a.0, b.0), i32x4_shuffle::<2, 6, 3, 7>(a.0, b.0));
            let (low_cd, high_cd) = (i32x4_shuffle::<0, 4, 1, 5>(c.0, d.0), i32x4_shuffle::<2, 6, 3, 7>(c.0, d.0));
            [
                Self(i64x2_shuffle::<0, 2>(low_ab, low_cd)),
                Self(i64x2_shuffle::<1, 3>(low_ab, low_cd)),
                Self(i64x2_shuffle::<0, 2>(high_ab, high_cd)),
                Self(i64x2_shuffle::<1, 3>(high_ab, high_cd)),
            ]
        }

        #[inline(always)]
        fn values(self) -> [f32; 4] {
            [
                f32x4_extract_lane::<0>(self.0),
                f32x4_extract_lane::<1>(self.0),
                f32x4_extract_lane::<2>(self.0),
                f32x4_extract_lane::<3>(self.0),
            ]
        }
    }
}

/// What the vectors of WebAssembly do, value by value.
#[cfg(not(target_family = "wasm"))]
#[derive(Clone, Copy)]
pub struct Portable([f32; 4]);

#[cfg(not(target_family = "wasm"))]
impl Lanes for Portable {
    fn splat(value: f32) -> Self {
        Self([value; 4])
    }

    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: as of the trait.
        Self(unsafe { from.cast::<[f32; 4]>().read_unaligned() })
    }

    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as of the trait.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(self.0) }
    }

    fn plus(self, other: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane] + other.0[lane]))
    }

    fn minus(self, other: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane] - other.0[lane]))
    }

    fn plus_product(self, a: Self, b: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane] + a.0[lane] * b.0[lane]))
    }

    fn clamp(self, low: Self, high: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane].clamp(low.0[lane], high.0[lane])))
    }

    fn max(self, other: Self) -> Self {
        let larger = |a: f32, b: f32| if b > a || b.is_nan() { b } else { a };
        Self(std::array::from_fn(|lane| larger(self.0[lane], other.0[lane])))
    }

    fn where_between(self, other: Self, low: Self, high: Self) -> Self {
        let between = |lane: usize| other.0[lane] > low.0[lane] && other.0[lane] < high.0[lane];
        Self(std::array::from_fn(|lane| if between(lane) { self.0[lane] } else { 0.0 }))
    }

    fn unzip(self, next: Self) -> (Self, Self) {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, next.0);
        (Self([a, c, e, g]), Self([b, d, f, h]))
    }

    fn zip(self, other: Self) -> (Self, Self) {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        (Self([a, e, b, f]), Self([c, g, d, h]))
    }

    fn transpose(rows: [Self; 4]) -> [Self; 4] {
        std::array::from_fn(|column| Self(std::array::from_fn(|row| rows[row].0[column])))
    }

    fn values(self) -> [f32; 4] {
        self.0
    }
}
