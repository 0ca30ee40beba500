//! Short runs of values. A row of a small activation is 7 or 14 values: a call to `memcpy` or a loop with a remainder would
//! cost more than the work, so a run is done in whole vectors of which the last overlaps the one before it.
//!
//! Everything here is inlined into the kernel that calls it, to be compiled for the instructions that the kernel is. Natively the
//! compiler makes the vectors; for WebAssembly, where it does not, they are spelled out.

use super::lanes::Lanes;
use super::unwritten::Slot;
use crate::nn::spec::Activation;

/// What is done to each value of one run, or of two.
pub trait Op: Copy {
    fn value(self, a: f32, b: f32) -> f32;

    #[cfg_attr(not(any(target_family = "wasm", test)), allow(dead_code))]
    fn lanes<V: Lanes>(self, a: V, b: V) -> V;
}

/// The first value itself.
#[derive(Clone, Copy)]
pub struct Same;

impl Op for Same {
    #[inline(always)]
    fn value(self, a: f32, _: f32) -> f32 {
        a
    }

    #[inline(always)]
    fn lanes<V: Lanes>(self, a: V, _: V) -> V {
        a
    }
}

/// The first value between the bounds of an activation.
#[derive(Clone, Copy)]
pub struct Clamp {
    low: f32,
    high: f32,
}

impl Clamp {
    pub fn new(activation: Activation) -> Self {
        let (low, high) = activation.bounds();
        Self { low, high }
    }
}

impl Op for Clamp {
    #[inline(always)]
    fn value(self, a: f32, _: f32) -> f32 {
        a.clamp(self.low, self.high)
    }

    #[inline(always)]
    fn lanes<V: Lanes>(self, a: V, _: V) -> V {
        a.clamp(V::splat(self.low), V::splat(self.high))
    }
}

/// The same of a sum.
#[derive(Clone, Copy)]
pub struct Shifted {
    pub by: f32,
    pub clamp: Clamp,
}

impl Op for Shifted {
    #[inline(always)]
    fn value(self, a: f32, b: f32) -> f32 {
        self.clamp.value(a + self.by, b)
    }

    #[inline(always)]
    fn lanes<V: Lanes>(self, a: V, b: V) -> V {
        self.clamp.lanes(a.plus_product(V::splat(1.0), V::splat(self.by)), b)
    }
}

/// The sum of both between the bounds of an activation.
#[derive(Clone, Copy)]
pub struct Sum(pub Clamp);

impl Op for Sum {
    #[inline(always)]
    fn value(self, a: f32, b: f32) -> f32 {
        self.0.value(a + b, b)
    }

    #[inline(always)]
    fn lanes<V: Lanes>(self, a: V, b: V) -> V {
        self.0.lanes(a.plus_product(V::splat(1.0), b), b)
    }
}

/// The larger of both; not a number where either is none.
#[derive(Clone, Copy)]
pub struct Larger;

impl Op for Larger {
    #[inline(always)]
    fn value(self, a: f32, b: f32) -> f32 {
        if b > a || b.is_nan() { b } else { a }
    }

    #[inline(always)]
    fn lanes<V: Lanes>(self, a: V, b: V) -> V {
        a.max(b)
    }
}

/// A gradient, the first value, behind an activation whose output is the second: nothing flows where that touches a bound, as in
/// PyTorch.
#[derive(Clone, Copy)]
pub struct Masked {
    low: f32,
    high: f32,
}

impl Masked {
    pub fn behind(activation: Activation) -> Self {
        let (low, high) = activation.bounds();
        Self { low, high }
    }
}

impl Op for Masked {
    #[inline(always)]
    fn value(self, gradient: f32, y: f32) -> f32 {
        if y > self.low && y < self.high { gradient } else { 0.0 }
    }

    #[inline(always)]
    fn lanes<V: Lanes>(self, gradient: V, y: V) -> V {
        gradient.where_between(y, V::splat(self.low), V::splat(self.high))
    }
}

/// `out[i] = op(a[i], b[i])`, every one of them. All three are of one length.
#[inline(always)]
pub fn zip<S: Slot>(out: &mut [S], a: &[f32], b: &[f32], op: impl Op) {
    assert!(a.len() == out.len() && b.len() == out.len());
    #[cfg(target_family = "wasm")]
    in_lanes::<super::lanes::Native, S>(out, a, b, op);
    #[cfg(not(target_family = "wasm"))]
    by_value(out, a, b, op);
}

/// `out[i] = op(a[i])`. Both are of one length.
#[inline(always)]
pub fn map<S: Slot>(out: &mut [S], a: &[f32], op: impl Op) {
    zip(out, a, a, op);
}

#[cfg(any(not(target_family = "wasm"), test))]
#[inline(always)]
fn by_value<S: Slot>(out: &mut [S], a: &[f32], b: &[f32], op: impl Op) {
    match out.len() {
        8.. => overlapping::<8, S>(out, a, b, op),
        4.. => overlapping::<4, S>(out, a, b, op),
        _ => out.iter_mut().zip(a).zip(b).for_each(|((out, a), b)| out.put(op.value(*a, *b))),
    }
}

#[cfg(any(not(target_family = "wasm"), test))]
#[inline(always)]
fn overlapping<const N: usize, S: Slot>(out: &mut [S], a: &[f32], b: &[f32], op: impl Op) {
    let last = out.len() - N;
    let mut start = 0;
    loop {
        let (out, a, b) = (&mut out[start..start + N], &a[start..start + N], &b[start..start + N]);
        // All of them before the first is put anywhere: the compiler does not know that it is not put into one of the two.
        let mut values = [0.0; N];
        for lane in 0..N {
            values[lane] = op.value(a[lane], b[lane]);
        }
        out.iter_mut().zip(values).for_each(|(out, value)| out.put(value));
        if start == last {
            return;
        }
        start = (start + N).min(last);
    }
}

/// The same in vectors spelled out. `a` and `b` must be as long as `out`.
#[cfg(any(target_family = "wasm", test))]
#[inline(always)]
fn in_lanes<V: Lanes, S: Slot>(out: &mut [S], a: &[f32], b: &[f32], op: impl Op) {
    let length = out.len();
    if length < 4 {
        return out.iter_mut().zip(a).zip(b).for_each(|((out, a), b)| out.put(op.value(*a, *b)));
    }
    let (last, out, a, b) = (length - 4, out.as_mut_ptr().cast::<f32>(), a.as_ptr(), b.as_ptr());
    // SAFETY: there are four values from every start up to `last` on, in all three.
    let mut at = |start: usize| unsafe { op.lanes(V::load(a.add(start)), V::load(b.add(start))).store(out.add(start)) };
    (0..last).step_by(4).for_each(&mut at);
    at(last);
}

/// `out[i] = op(out[i], b[i])`. Both are of one length.
#[inline(always)]
pub fn update(out: &mut [f32], b: &[f32], op: impl Op) {
    assert_eq!(b.len(), out.len());
    #[cfg(target_family = "wasm")]
    update_in_lanes::<super::lanes::Native>(out, b, op);
    #[cfg(not(target_family = "wasm"))]
    out.iter_mut().zip(b).for_each(|(out, b)| *out = op.value(*out, *b));
}

#[cfg(any(target_family = "wasm", test))]
#[inline(always)]
fn update_in_lanes<V: Lanes>(out: &mut [f32], b: &[f32], op: impl Op) {
    let blocks = b.chunks_exact(4);
    let rest = blocks.remainder();
    let mut outs = out.chunks_exact_mut(4);
    for (out, b) in outs.by_ref().zip(blocks) {
        // SAFETY: both are four values long.
        unsafe { op.lanes(V::load(out.as_ptr()), V::load(b.as_ptr())).store(out.as_mut_ptr()) };
    }
    outs.into_remainder().iter_mut().zip(rest).for_each(|(out, b)| *out = op.value(*out, *b));
}

/// The sum of the values, in an order that vectorises.
#[inline(always)]
pub fn sum(values: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    let blocks = values.chunks_exact(LANES);
    let rest: f32 = blocks.remainder().iter().sum();
    for block in blocks {
        sums.iter_mut().zip(block).for_each(|(sum, value)| *sum += value);
    }
    sums.iter().sum::<f32>() + rest
}

/// `Σ a[i] · b[i]`, in an order that vectorises.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    let (blocks_a, blocks_b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = blocks_a.remainder().iter().zip(blocks_b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in blocks_a.zip(blocks_b) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::super::lanes::Native;
    use super::*;

    #[test]
    fn every_length_is_covered() {
        for length in 0..40 {
            let a: Vec<f32> = (0..length).map(|i| i as f32).collect();
            let b: Vec<f32> = (0..length).map(|i| 10.0 - i as f32).collect();
            let mut out = vec![-1.0; length];
            map(&mut out, &a, Same);
            assert_eq!(out, a);
            assert_eq!(sum(&a), a.iter().sum::<f32>());
            assert_eq!(dot(&a, &b), a.iter().zip(&b).map(|(a, b)| a * b).sum::<f32>());
            let clamped: Vec<f32> = a.iter().map(|a| a.clamp(0.0, 6.0)).collect();
            let masked: Vec<f32> =
                a.iter().zip(&b).map(|(a, b)| if (1.0..=5.0).contains(b) { *a } else { 0.0 }).collect();
            let mut check = |run: &mut dyn FnMut(&mut [f32]), expected: &[f32]| {
                out.copy_from_slice(&a);
                run(&mut out);
                assert_eq!(out, expected);
            };
            check(&mut |out| by_value(out, &a, &a, Clamp::new(Activation::Relu6)), &clamped);
            check(&mut |out| in_lanes::<Native, f32>(out, &a, &a, Clamp::new(Activation::Relu6)), &clamped);
            check(&mut |out| by_value(out, &a, &b, Masked::behind(Activation::Relu6)), &masked);
            check(&mut |out| in_lanes::<Native, f32>(out, &a, &b, Masked::behind(Activation::Relu6)), &masked);
            check(&mut |out| update(out, &b, Masked::behind(Activation::Relu6)), &masked);
            check(&mut |out| update_in_lanes::<Native>(out, &b, Masked::behind(Activation::Relu6)), &masked);
        }
    }
}
