//! Room for vectors that begin where the cache's lines do: one that lies in two lines is read twice.

const LINE: usize = 64 / size_of::<f32>();

/// Values to be written before they are read; what they are at first is not said.
#[derive(Default)]
pub struct Aligned(Vec<f32>);

impl Aligned {
    /// Room for so many, of which the first begins a line.
    #[inline(always)]
    pub fn room(&mut self, count: usize) -> &mut [f32] {
        if self.0.len() < count + LINE {
            // Not grown, which would copy what nobody wants.
            self.0 = vec![0.0; count + LINE];
        }
        let start = self.0.as_ptr().align_offset(4 * LINE).min(LINE);
        &mut self.0[start..start + count]
    }

    /// The same, once they are written.
    #[inline(always)]
    pub fn values(&self, count: usize) -> &[f32] {
        let start = self.0.as_ptr().align_offset(4 * LINE).min(LINE);
        &self.0[start..start + count]
    }
}
