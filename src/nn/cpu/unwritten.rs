//! Memory that is about to be written. Filling it with zeros first, as a vector of numbers must be, costs as much as a small
//! convolution does.

use std::mem::MaybeUninit;

/// `length` values, all of which `write` writes.
///
/// # Safety
/// `write` must write every value.
pub unsafe fn written(length: usize, write: impl FnOnce(&mut [MaybeUninit<f32>])) -> Vec<f32> {
    let mut values = Vec::with_capacity(length);
    write(&mut values.spare_capacity_mut()[..length]);
    // SAFETY: there is room for them, and the caller promises that all were written.
    unsafe { values.set_len(length) };
    values
}

/// Room for a value, whether there is one already or not.
///
/// # Safety
/// A slot must lie in memory as an `f32` does.
pub unsafe trait Slot {
    fn put(&mut self, value: f32);
}

// SAFETY: an `f32` lies in memory as an `f32` does.
unsafe impl Slot for f32 {
    #[inline(always)]
    fn put(&mut self, value: f32) {
        *self = value;
    }
}

// SAFETY: `MaybeUninit<f32>` is guaranteed to lie in memory as an `f32` does.
unsafe impl Slot for MaybeUninit<f32> {
    #[inline(always)]
    fn put(&mut self, value: f32) {
        self.write(value);
    }
}
