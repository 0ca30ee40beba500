//! The innermost loop: a tile of a product, held in registers.

use super::vectors::Vectors;

/// Rows of vectors of sums.
pub struct Tile<T: Vectors, const ROWS: usize, const VECTORS: usize> {
    vectors: T,
    sums: [[T::Vector; VECTORS]; ROWS],
}

impl<T: Vectors, const ROWS: usize, const VECTORS: usize> Tile<T, ROWS, VECTORS> {
    #[inline(always)]
    pub fn zero(vectors: T) -> Self {
        Self { vectors, sums: [[vectors.splat(0.0); VECTORS]; ROWS] }
    }

    /// # Safety
    /// From each of `ROWS` places on, `stride` apart from `from` on, `VECTORS` vectors must be readable.
    #[inline(always)]
    pub unsafe fn load(vectors: T, from: *const f32, stride: usize) -> Self {
        let vector = |row: usize, index: usize| {
            // SAFETY: as above.
            unsafe { vectors.load(from.add(row * stride + index * T::WIDTH)) }
        };
        let sums = std::array::from_fn(
            #[inline(always)]
            |row| {
                std::array::from_fn(
                    #[inline(always)]
                    |index| vector(row, index),
                )
            },
        );
        Self { vectors, sums }
    }

    /// # Safety
    /// As of [`Self::load`], writable.
    #[inline(always)]
    pub unsafe fn store(self, to: *mut f32, stride: usize) {
        for (row, sums) in self.sums.into_iter().enumerate() {
            for (index, sum) in sums.into_iter().enumerate() {
                // SAFETY: as above.
                unsafe { self.vectors.store(sum, to.add(row * stride + index * T::WIDTH)) };
            }
        }
    }

    /// Adds `a · b`: `a` has the `ROWS` values of one step in depth side by side, `b` its vectors. With each comes how many values are from
    /// one step to the next.
    ///
    /// # Safety
    /// `depth` such steps must be readable from both on.
    #[inline(always)]
    pub unsafe fn add_product(
        &mut self,
        depth: usize,
        (mut a, a_step): (*const f32, usize),
        (mut b, b_step): (*const f32, usize),
    ) {
        let vectors = self.vectors;
        // A copy, which stays in registers.
        let mut sums = self.sums;
        for _ in 0..depth {
            // SAFETY: both pointers move by as many values a step as the caller has promised for each.
            unsafe {
                let columns: [T::Vector; VECTORS] = std::array::from_fn(
                    #[inline(always)]
                    |index| vectors.load(b.add(index * T::WIDTH)),
                );
                for (row, sums) in sums.iter_mut().enumerate() {
                    let factor = vectors.splat(*a.add(row));
                    for (sum, column) in sums.iter_mut().zip(columns) {
                        *sum = vectors.plus_product(*sum, factor, column);
                    }
                }
                // Past the last step these may point behind what there is, where it is not read.
                a = a.wrapping_add(a_step);
                b = b.wrapping_add(b_step);
            }
        }
        self.sums = sums;
    }
}
