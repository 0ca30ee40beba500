//! Numbers in half precision, as activations are kept: eleven binary digits, so that a number moves by a 2048th of itself at most.

pub use half::f16;

const LARGEST: f32 = 65_504.0;

/// Bytes of one activation of that shape. In 64 bits, as all bytes of many photos are counted: where a number of the core has 32, as
/// in the browser, the product would wrap, and nobody be warned.
pub fn bytes_of(shape: [usize; 3]) -> u64 {
    shape.iter().map(|&side| side as u64).product::<u64>() * size_of::<f16>() as u64
}

/// The nearest one; of two that are equally near, the even one. What is too large for it becomes the largest there is (65,504) and no
/// infinity; what is not a number stays so.
pub fn narrow(value: f32) -> f16 {
    f16::from_f32(value.clamp(-LARGEST, LARGEST))
}

/// 2 to the power of 112, by which the exponents of the two precisions differ.
const REBIAS: f32 = f32::from_bits((127 + 112) << 23);
/// From here on, in bits without the sign, lie infinities and what is not a number.
const NOT_FINITE: u16 = 0x7c00;

/// Exact. Every step of a training widens its batch: so there is no branch in it, and the compiler makes it of vectors.
pub fn widen(value: f16) -> f32 {
    let bits = value.to_bits();
    let (sign, magnitude) = (u32::from(bits & 0x8000) << 16, bits & 0x7fff);
    let widened = f32::from_bits(u32::from(magnitude) << 13) * REBIAS;
    let magnitude =
        if magnitude >= NOT_FINITE { f32::from_bits(0x7f80_0000 | u32::from(magnitude) << 13) } else { widened };
    f32::from_bits(sign | magnitude.to_bits())
}

/// All of them.
pub fn widened(values: &[f16]) -> Vec<f32> {
    values.iter().map(|&value| widen(value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_is_widened_exactly_and_comes_back() {
        for bits in 0..=u16::MAX {
            let half = f16::from_bits(bits);
            let (ours, theirs) = (widen(half), half.to_f32());
            assert!(
                ours.to_bits() == theirs.to_bits() || (ours.is_nan() && theirs.is_nan()),
                "{bits:#x}: {ours} {theirs}"
            );
            if half.is_finite() {
                assert_eq!(narrow(ours).to_bits(), bits);
            }
        }
    }

    #[test]
    fn rounded_to_the_nearest_and_to_even_and_never_to_an_infinity() {
        // Between 2048 and 4096 every second whole number is a half.
        let whole = |value: f32| widen(narrow(value));
        assert_eq!([2049.0, 2051.0, 2050.9, -2049.0].map(whole), [2048.0, 2052.0, 2050.0, -2048.0]);
        assert_eq!(
            [65_504.0, 65_520.0, 1e30, -1e30, f32::INFINITY].map(whole),
            [65_504.0, 65_504.0, 65_504.0, -65_504.0, 65_504.0]
        );
        assert!(whole(f32::NAN).is_nan());
        assert_eq!([0.0, 1e-9].map(whole), [0.0, 0.0]);
        for step in 1..10_000 {
            let value = step as f32 * 0.00137;
            assert!((whole(value) - value).abs() <= value / 2048.0, "{value}");
        }
    }
}
