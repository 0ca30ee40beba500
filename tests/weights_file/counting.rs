//! What reading a file sets aside, counted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts what the thread has set aside, now and at most, and in all.
struct Counting;

#[derive(Debug, Clone, Copy, Default)]
pub struct Used {
    pub now: usize,
    pub peak: usize,
    pub total: usize,
}

thread_local! {
    static USED: Cell<Used> = const { Cell::new(Used { now: 0, peak: 0, total: 0 }) };
}

// SAFETY: hands everything on to the system's allocator; beside it only a counter changes, which allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = USED.try_with(|cell| {
            let mut used = cell.get();
            used.now += layout.size();
            used.peak = used.peak.max(used.now);
            used.total += layout.size();
            cell.set(used);
        });
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        let _ = USED.try_with(|cell| {
            let mut used = cell.get();
            used.now = used.now.saturating_sub(layout.size());
            cell.set(used);
        });
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What `run` returns, and what it set aside.
pub fn measured<T>(run: impl FnOnce() -> T) -> (T, Used) {
    USED.set(Used::default());
    let result = run();
    (result, USED.get())
}
