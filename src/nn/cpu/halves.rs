//! Every second value of a run and those between them, taken apart and put together: what stride 2 comes down to.

#[cfg(any(target_family = "wasm", test))]
use super::lanes::Lanes;
use super::unwritten::Slot;

/// The first of each pair into `even`, the second into `odd`.
#[inline(always)]
pub fn unzip(even: &mut [f32], odd: &mut [f32], pairs: &[f32]) {
    let count = pairs.len() / 2;
    let (even, odd, pairs) = (&mut even[..count], &mut odd[..count], &pairs[..2 * count]);
    #[cfg(target_family = "wasm")]
    if count >= 4 {
        return unzip_in_lanes::<super::lanes::Native>(even, odd, pairs);
    }
    for ((even, odd), pair) in even.iter_mut().zip(odd).zip(pairs.chunks_exact(2)) {
        (*even, *odd) = (pair[0], pair[1]);
    }
}

/// `pairs` must be twice as long as the others, those at least four values.
#[cfg(any(target_family = "wasm", test))]
#[inline(always)]
fn unzip_in_lanes<V: Lanes>(even: &mut [f32], odd: &mut [f32], pairs: &[f32]) {
    let last = even.len() - 4;
    let (even, odd, pairs) = (even.as_mut_ptr(), odd.as_mut_ptr(), pairs.as_ptr());
    // SAFETY: from every start up to `last` on there are four values in each half and eight among the pairs.
    let mut at = |start: usize| unsafe {
        let (evens, odds) = V::load(pairs.add(2 * start)).unzip(V::load(pairs.add(2 * start + 4)));
        evens.store(even.add(start));
        odds.store(odd.add(start));
    };
    (0..last).step_by(4).for_each(&mut at);
    at(last);
}

/// The opposite of [`unzip`].
#[inline(always)]
pub fn interleave<S: Slot>(pairs: &mut [S], even: &[f32], odd: &[f32]) {
    let count = pairs.len() / 2;
    let (even, odd, pairs) = (&even[..count], &odd[..count], &mut pairs[..2 * count]);
    #[cfg(target_family = "wasm")]
    if count >= 4 {
        return interleave_in_lanes::<super::lanes::Native, S>(pairs, even, odd);
    }
    for (pair, (even, odd)) in pairs.chunks_exact_mut(2).zip(even.iter().zip(odd)) {
        pair[0].put(*even);
        pair[1].put(*odd);
    }
}

/// As [`unzip_in_lanes`].
#[cfg(any(target_family = "wasm", test))]
#[inline(always)]
fn interleave_in_lanes<V: Lanes, S: Slot>(pairs: &mut [S], even: &[f32], odd: &[f32]) {
    let last = even.len() - 4;
    let (even, odd, pairs) = (even.as_ptr(), odd.as_ptr(), pairs.as_mut_ptr().cast::<f32>());
    // SAFETY: as there.
    let mut at = |start: usize| unsafe {
        let (first, second) = V::load(even.add(start)).zip(V::load(odd.add(start)));
        first.store(pairs.add(2 * start));
        second.store(pairs.add(2 * start + 4));
    };
    (0..last).step_by(4).for_each(&mut at);
    at(last);
}

#[cfg(test)]
mod tests {
    use super::super::lanes::Native;
    use super::*;

    #[test]
    fn halves_are_taken_apart_and_put_together() {
        for count in 0..20 {
            let pairs: Vec<f32> = (0..2 * count).map(|i| i as f32).collect();
            let evens: Vec<f32> = (0..count).map(|i| 2.0 * i as f32).collect();
            let odds: Vec<f32> = evens.iter().map(|even| even + 1.0).collect();
            let (mut even, mut odd, mut out) = (vec![-1.0; count], vec![-1.0; count], vec![-1.0; 2 * count]);
            unzip(&mut even, &mut odd, &pairs);
            interleave(&mut out, &even, &odd);
            assert!(even == evens && odd == odds && out == pairs);
            if count >= 4 {
                [&mut even, &mut odd, &mut out].into_iter().for_each(|values| values.fill(-1.0));
                unzip_in_lanes::<Native>(&mut even, &mut odd, &pairs);
                interleave_in_lanes::<Native, f32>(&mut out, &even, &odd);
                assert!(even == evens && odd == odds && out == pairs);
            }
        }
    }
}
