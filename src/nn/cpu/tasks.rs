//! Work shared between the threads there are: all cores with the `cli` feature, this one alone in the browser.

/// Calls `work` for every item, each thread with a scratch of its own. Items must not depend on one another.
#[cfg(feature = "cli")]
pub fn for_each<T: Send, S>(
    items: Vec<T>,
    scratch: impl Fn() -> S + Send + Sync,
    work: impl Fn(&mut S, usize, T) + Send + Sync,
) {
    use rayon::prelude::*;

    // Long runs, because each makes a scratch; several a thread, because threads are not equally fast.
    let run = items.len().div_ceil(4 * rayon::current_num_threads()).max(1);
    let items = items.into_par_iter().enumerate().with_min_len(run);
    items.for_each_init(scratch, |scratch, (index, item)| work(scratch, index, item));
}

/// Calls `work` for every item.
#[cfg(not(feature = "cli"))]
pub fn for_each<T, S>(items: Vec<T>, scratch: impl Fn() -> S, work: impl Fn(&mut S, usize, T)) {
    let mut scratch = scratch();
    items.into_iter().enumerate().for_each(|(index, item)| work(&mut scratch, index, item));
}

/// How many photos to take at a time where a product has a column for each of so many places: enough for its tiles to be full, few enough
/// for every thread to have some.
pub fn photos_together(batch: usize, places: usize) -> usize {
    const COLUMNS: usize = 192;
    COLUMNS.div_ceil(places.max(1)).min(batch.div_ceil(threads())).max(1)
}

/// How many threads [`for_each`] has.
pub fn threads() -> usize {
    #[cfg(feature = "cli")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "cli"))]
    return 1;
}
