//! Where a tensor's numbers lie in the file.

use std::ops::Range;

use super::number::Number;
use super::refusal::corrupt;
use crate::error::Result;

/// Most dimensions of a tensor. Convolutions have four.
pub const MAX_DIMENSIONS: usize = 8;

/// Numbers that a tensor may repeat beyond those that its storage has: `expand` writes strides of zero, and a shape that lies would
/// ask for any amount of memory with them.
const MAX_EXPANDED: u64 = 1 << 16;

/// A tensor as a window on a storage: number `[i, j, …]` is `offset + i · strides[0] + j · strides[1] + …` of it.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    pub number: Number,
    shape: Vec<usize>,
    strides: Vec<usize>,
    /// Byte of the file at which number `[0, 0, …]` begins.
    start: usize,
}

impl View {
    /// Checks that all of it lies inside `storage`, a range of the file's bytes. `offset` and `strides` count numbers.
    ///
    /// # Errors
    /// `weights-corrupt` where it does not, and where strides of zero make more of a storage than it is.
    pub fn new(number: Number, shape: &[u64], strides: &[u64], offset: u64, storage: Range<usize>) -> Result<Self> {
        if shape.len() != strides.len() || shape.len() > MAX_DIMENSIONS {
            let (sizes, strides) = (shape.len(), strides.len());
            return Err(corrupt(format!(
                "a tensor has {sizes} dimensions and {strides} strides, of at most {MAX_DIMENSIONS}"
            )));
        }
        let lies = |what: &str| corrupt(format!("a tensor of shape {shape:?} and strides {strides:?} {what}"));
        let held = storage.len() as u64 / number.bytes();
        let empty = shape.contains(&0);
        let count = shape.iter().try_fold(1u64, |count, &size| count.checked_mul(size));
        let count = if empty { 0 } else { count.ok_or_else(|| lies("is too large"))? };
        if count > held.max(MAX_EXPANDED) {
            return Err(lies(&format!("has more numbers than its storage of {held}")));
        }
        let last = shape
            .iter()
            .zip(strides)
            .try_fold(offset, |last, (size, stride)| last.checked_add(size.saturating_sub(1).checked_mul(*stride)?));
        if !empty && last.is_none_or(|last| last >= held) {
            return Err(lies(&format!("at {offset} leaves its storage of {held} numbers")));
        }
        // All that is left fits, as the storage does; an empty tensor is nowhere.
        let fit =
            |sizes: &[u64]| sizes.iter().map(|&size| usize::try_from(size)).collect::<std::result::Result<_, _>>();
        let (shape, strides) = match (fit(shape), fit(strides)) {
            (Ok(shape), Ok(strides)) => (shape, strides),
            _ => return Err(lies("is too large")),
        };
        let offset = if empty { 0 } else { (offset * number.bytes()) as usize };
        Ok(Self { number, shape, strides, start: storage.start + offset })
    }

    /// Numbers of all dimensions.
    pub fn count(&self) -> usize {
        if self.shape.contains(&0) { 0 } else { self.shape.iter().product() }
    }

    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its numbers as f32, row-major; those of a storage in order are decoded at once, others one after the other.
    ///
    /// # Shapes
    /// - `file`: the bytes that the range of [`new`](Self::new) counts
    pub fn read(&self, file: &[u8]) -> Vec<f32> {
        let count = self.count();
        let mut values = Vec::with_capacity(count);
        if count == 0 {
            return values;
        }
        let bytes = self.number.bytes() as usize;
        let together = self.together();
        let mut at = vec![0; self.shape.len() - together.dimensions];
        let mut first = 0;
        loop {
            let start = self.start + first * bytes;
            self.number.decode(&file[start..start + together.numbers * bytes], &mut values);
            // The next place of the outer dimensions, the last of which goes round first.
            let Some(next) = (0..at.len()).rev().find(|&axis| at[axis] + 1 < self.shape[axis]) else {
                return values;
            };
            at[next] += 1;
            first += self.strides[next];
            for (index, stride) in at.iter_mut().zip(&self.strides).skip(next + 1) {
                first -= *index * stride;
                *index = 0;
            }
        }
    }

    /// The innermost dimensions whose numbers lie one behind the other.
    fn together(&self) -> Together {
        let mut together = Together { dimensions: 0, numbers: 1 };
        for (&size, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if size != 1 && stride != together.numbers {
                break;
            }
            together.dimensions += 1;
            together.numbers *= size;
        }
        together
    }
}

struct Together {
    dimensions: usize,
    numbers: usize,
}
