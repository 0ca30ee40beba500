//! The three transforms of F(4 × 4, 3 × 3), of a line, and the transposes of two; of a square, they go over its columns and then over its
//! rows. By the points 0, ±1, ±2
//! and ∞, as in Lavin and Gray, “Fast Algorithms for Convolutional Neural Networks”, 2015.

use super::super::vectors::Vectors;

/// Outputs of a tile along a side, and the values that they read.
pub const OUTPUTS: usize = 4;
pub const INPUTS: usize = 6;
/// Values of a transformed tile.
pub const POINTS: usize = INPUTS * INPUTS;

/// Of what is read.
#[inline(always)]
pub fn inputs<T: Vectors>(by: T, [a, b, c, d, e, f]: [T::Vector; INPUTS]) -> [T::Vector; INPUTS] {
    let times = |sum, factor, value| by.plus_product(sum, by.splat(factor), value);
    let (even, odd) = (times(e, -4.0, c), times(d, -4.0, b));
    let (outer, inner) = (by.minus(e, c), by.minus(d, b));
    [
        times(times(e, -5.0, c), 4.0, a),
        by.plus(even, odd),
        by.minus(even, odd),
        times(outer, 2.0, inner),
        times(outer, -2.0, inner),
        times(times(f, -5.0, d), 4.0, b),
    ]
}

/// Of a filter.
#[inline(always)]
pub fn filters<T: Vectors>(by: T, [a, b, c]: [T::Vector; 3]) -> [T::Vector; INPUTS] {
    let zero = by.splat(0.0);
    let times = |factor, value| by.plus_product(zero, by.splat(factor), value);
    let (sixth, half) = (times(-1.0 / 6.0, by.plus(a, c)), times(-1.0 / 6.0, b));
    let (outer, inner) = (by.plus_product(times(1.0 / 24.0, a), by.splat(1.0 / 6.0), c), times(1.0 / 12.0, b));
    [times(0.25, a), by.plus(sixth, half), by.minus(sixth, half), by.plus(outer, inner), by.minus(outer, inner), c]
}

/// Back, of products of the two.
#[inline(always)]
pub fn outputs<T: Vectors>(by: T, [a, b, c, d, e, f]: [T::Vector; INPUTS]) -> [T::Vector; OUTPUTS] {
    let times = |sum, factor, value| by.plus_product(sum, by.splat(factor), value);
    let (near, across) = (by.plus(b, c), by.minus(b, c));
    let (far, opposite) = (by.plus(d, e), by.minus(d, e));
    [
        by.plus(by.plus(a, near), far),
        times(across, 2.0, opposite),
        times(near, 4.0, far),
        by.plus(times(across, 8.0, opposite), f),
    ]
}

/// The transpose of [`outputs`]: of gradients of outputs.
#[cfg(not(target_family = "wasm"))]
#[inline(always)]
pub fn gradients<T: Vectors>(by: T, [a, b, c, d]: [T::Vector; OUTPUTS]) -> [T::Vector; INPUTS] {
    let times = |sum, factor, value| by.plus_product(sum, by.splat(factor), value);
    let (even, odd) = (by.plus(a, c), by.plus(b, d));
    let (far_even, far_odd) = (times(a, 4.0, c), times(b, 4.0, d));
    [a, by.plus(even, odd), by.minus(even, odd), times(far_even, 2.0, far_odd), times(far_even, -2.0, far_odd), d]
}

/// The transpose of [`filters`]: of sums of products, the gradients of a filter.
#[cfg(not(target_family = "wasm"))]
#[inline(always)]
pub fn of_filters<T: Vectors>(by: T, [a, b, c, d, e, f]: [T::Vector; INPUTS]) -> [T::Vector; 3] {
    let times = |sum, factor, value| by.plus_product(sum, by.splat(factor), value);
    let (near, far) = (by.plus(b, c), by.plus(d, e));
    let (across, opposite) = (by.minus(c, b), by.minus(d, e));
    let zero = by.splat(0.0);
    [
        times(times(times(zero, 0.25, a), -1.0 / 6.0, near), 1.0 / 24.0, far),
        times(times(zero, 1.0 / 6.0, across), 1.0 / 12.0, opposite),
        times(f, 1.0 / 6.0, by.minus(far, near)),
    ]
}
