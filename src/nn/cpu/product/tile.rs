//! The innermost loop of a product of matrices: one tile of it, held in registers.

use super::super::lanes::Lanes;

/// `start + a · b` for `ROWS` rows and `4 · VECTORS` columns, row after row.
///
/// `a` has the `ROWS` values of one step in depth side by side, `b` `step` values of which the first are the columns.
///
/// # Safety
/// `a` must have `depth · ROWS` readable values, `b` `depth · step`, and `step` must be at least `4 · VECTORS`.
#[inline(always)]
pub unsafe fn tile<V: Lanes, const ROWS: usize, const VECTORS: usize>(
    depth: usize,
    mut a: *const f32,
    mut b: *const f32,
    step: usize,
    start: [f32; ROWS],
) -> [[V; VECTORS]; ROWS] {
    let mut sums = start.map(|value| [V::splat(value); VECTORS]);
    for _ in 0..depth {
        // SAFETY: both pointers move by as many values a step as the caller has promised for each.
        unsafe {
            let columns: [V; VECTORS] = std::array::from_fn(|vector| V::load(b.add(4 * vector)));
            for (row, sums) in sums.iter_mut().enumerate() {
                let factor = V::splat(*a.add(row));
                for (sum, columns) in sums.iter_mut().zip(columns) {
                    *sum = sum.plus_product(factor, columns);
                }
            }
            (a, b) = (a.add(ROWS), b.add(step));
        }
    }
    sums
}
