//! How the looks of an epoch are divided into batches.

/// Batches as equal as can be: a last one of a single photo would count as much as the others.
///
/// Counts have 32 bits, since those of a browser's core have no more, and products of them 64: a batch size of 1 multiplies the
/// looks of an epoch by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batches {
    looks: u32,
    count: u32,
}

impl Batches {
    /// Of `photos` of which each is looked at in `draws` draws, at most `batch_size` at a time.
    pub fn new(photos: usize, draws: usize, batch_size: usize) -> Self {
        let looks = u64::from(count(photos)) * u64::from(count(draws));
        let looks = u32::try_from(looks).unwrap_or(u32::MAX);
        Self { looks, count: looks.div_ceil(count(batch_size).max(1)) }
    }

    pub fn looks(self) -> usize {
        self.looks as usize
    }

    pub fn count(self) -> usize {
        self.count as usize
    }

    /// Looks in the largest of them.
    pub fn largest(self) -> usize {
        self.looks.div_ceil(self.count.max(1)) as usize
    }

    /// Where that batch begins, or the epoch ends.
    pub fn start(self, batch: usize) -> usize {
        (u64::from(count(batch)) * u64::from(self.looks) / u64::from(self.count.max(1))) as usize
    }

    /// Batches begun before that look.
    pub fn before(self, look: usize) -> usize {
        (u64::from(count(look)) * u64::from(self.count)).div_ceil(u64::from(self.looks.max(1))) as usize
    }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_as_equal_as_can_be() {
        let batches = Batches::new(10, 1, 4);
        assert_eq!((batches.count(), batches.largest()), (3, 4));
        assert_eq!([0, 1, 2, 3].map(|batch| batches.start(batch)), [0, 3, 6, 10]);
        assert_eq!([0, 1, 3, 4, 6, 10].map(|look| batches.before(look)), [0, 1, 1, 2, 2, 3]);
        let nothing = Batches::new(0, 1, 4);
        assert_eq!((nothing.count(), nothing.largest(), nothing.start(0), nothing.before(0)), (0, 0, 0, 0));
    }

    #[test]
    fn one_look_at_a_time_counts_past_where_32_bits_wrap() {
        // 1,986 photos in 33 looks each are 65,538 steps: times themselves more than 32 bits hold.
        for (photos, draws, batch_size) in [(1_986, 33, 1), (100_000, 33, 1), (100_000, 33, 16), (1_000_000, 1, 3)] {
            let batches = Batches::new(photos, draws, batch_size);
            assert_eq!((batches.looks(), batches.count()), (photos * draws, (photos * draws).div_ceil(batch_size)));
            assert_eq!((batches.start(0), batches.start(batches.count())), (0, batches.looks()));
            for batch in [1, batches.count() / 2, batches.count() - 1] {
                let start = batches.start(batch);
                assert_eq!(batches.before(start), batch, "{photos} photos, batch {batch}");
                assert!((1..=batch_size).contains(&(batches.start(batch + 1) - start)));
            }
        }
    }
}
