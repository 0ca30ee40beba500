//! Short runs of values. A row of a small activation is 7 or 14 values: a call to `memcpy` or a loop with a remainder would
//! cost more than the work, so a run is done in whole vectors of which the last overlaps the one before it.
//!
//! Everything here is inlined into the kernel that calls it, to be compiled for the instructions that the kernel is.

/// `out[i] = f(a[i], b[i])`. All three are of one length.
#[inline(always)]
pub fn zip(out: &mut [f32], a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) {
    match out.len() {
        8.. => overlapping::<8>(out, a, b, f),
        4.. => overlapping::<4>(out, a, b, f),
        _ => out.iter_mut().zip(a).zip(b).for_each(|((out, a), b)| *out = f(*a, *b)),
    }
}

/// `out[i] = f(a[i])`. Both are of one length.
#[inline(always)]
pub fn map(out: &mut [f32], a: &[f32], f: impl Fn(f32) -> f32) {
    zip(out, a, a, |a, _| f(a));
}

#[inline(always)]
fn overlapping<const N: usize>(out: &mut [f32], a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) {
    let last = out.len() - N;
    let (a, b) = (&a[..last + N], &b[..last + N]);
    let mut start = 0;
    loop {
        let mut values = [0.0; N];
        for (lane, value) in values.iter_mut().enumerate() {
            *value = f(a[start + lane], b[start + lane]);
        }
        out[start..start + N].copy_from_slice(&values);
        if start == last {
            return;
        }
        start = (start + N).min(last);
    }
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
    use super::*;

    #[test]
    fn every_length_is_covered() {
        for length in 0..40 {
            let a: Vec<f32> = (0..length).map(|i| i as f32).collect();
            let b: Vec<f32> = (0..length).map(|i| 100.0 - i as f32).collect();
            let mut out = vec![-1.0; length];
            zip(&mut out, &a, &b, |a, b| a + b);
            assert_eq!(out, vec![100.0; length]);
            map(&mut out, &a, |a| 2.0 * a);
            assert!(out.iter().zip(&a).all(|(out, a)| *out == 2.0 * a));
            assert_eq!(sum(&a), a.iter().sum::<f32>());
            assert_eq!(dot(&a, &b), a.iter().zip(&b).map(|(a, b)| a * b).sum::<f32>());
        }
    }
}
