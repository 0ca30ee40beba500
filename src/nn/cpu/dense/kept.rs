//! Filters of a layer that never learns, kept as they were prepared for its first pictures.
//!
//! To prepare them takes as long for one photo as for many: of ResNet-18's last stages and a photo alone, as long as half of the products.
//! What is kept is memory besides the filters' own, so that it is kept only where it is worth that: some 69 MB of ResNet-18, whose filters
//! are 45 MB, and nothing of VGG-16, whose large filters go over large pictures.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::prepared::Prepared;
use super::reading::Reading;
use super::vectors::Machine;

/// Most columns of a photo for which filters are kept: of more, preparing them is a small part of the work.
const COLUMNS: usize = 64;

/// Most values of a layer that are kept, 16 MB.
const VALUES: usize = 4 << 20;

/// Shared by the clones of a layer. Whoever holds it promises that the filters stay the same.
pub struct Kept<M>(Arc<OnceLock<Arc<Prepared<M>>>>);

impl<M: Machine> Kept<M> {
    /// What was kept, if it is for this, or what `prepare` makes.
    pub fn or(&self, reading: &Reading, prepare: impl FnOnce() -> Prepared<M>) -> Arc<Prepared<M>> {
        if let Some(prepared) = self.0.get()
            && prepared.reading == *reading
        {
            return prepared.clone();
        }
        let prepared = Arc::new(prepare());
        if prepared.columns() <= COLUMNS && prepared.values() <= VALUES {
            // Where another thread was quicker, what it made is the same, or for other sizes, which then stay those that are kept.
            let _ = self.0.set(prepared.clone());
        }
        prepared
    }
}

impl<M> Default for Kept<M> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<M> Clone for Kept<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M> fmt::Debug for Kept<M> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_tuple("Kept").field(&self.0.get().map(|prepared| &prepared.reading)).finish()
    }
}
