//! How the goldens' numbers are drawn and sampled, as in `fixtures/fixture.py`; for tests in WebAssembly, too.

pub fn hash32(i: u32) -> u32 {
    let mut h = i.wrapping_mul(2_654_435_761);
    h ^= h >> 15;
    h = h.wrapping_mul(2_246_822_519);
    h ^ (h >> 13)
}

pub fn fnv1a(data: &[u8]) -> u32 {
    data.iter().fold(0x811c_9dc5, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Flat indices at which the goldens were sampled.
pub fn sampled(samples: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..samples).map(move |j| (j * 7919 + 13) % count)
}
