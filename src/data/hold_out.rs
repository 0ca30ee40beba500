//! The stratified hold-out: photos that choose the number of epochs and are not trained on meanwhile.

use crate::rng::Rng;

/// Indices into the photos, each list ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HoldOut {
    pub train: Vec<usize>,
    pub held_out: Vec<usize>,
    /// How many of the held-out photos have near-duplicates among the others, because their class holds nothing else.
    pub look_alikes: usize,
}

impl HoldOut {
    /// Classes of which nothing was held out although something was of others: no score says anything of them. They have a single
    /// photo each.
    pub fn never_held_out(&self, labels: &[usize], classes: usize) -> Vec<usize> {
        let is_judged = |class: usize| self.held_out.iter().any(|&index| labels[index] == class);
        (0..classes).filter(|&class| !self.held_out.is_empty() && !is_judged(class)).collect()
    }
}

/// A group of near-duplicates stays on one side unless it is larger than this many times what its class is to hold out: then
/// it would leave too little to learn from.
const LARGEST_GROUP: usize = 2;

/// Holds out `fraction` of every class, rounded, at least one photo of a class that has two, and never its last one.
/// `labels` are class indices; `groups` says which photos are near-duplicates (see [`similar`](super::similar)) and stay
/// together, except in a class that is nothing but large groups: a score of look-alikes is better than none, and
/// [`HoldOut::look_alikes`] tells. A `fraction` of 0 holds out nothing.
pub fn stratified(labels: &[usize], groups: &[usize], classes: usize, fraction: f64, rng: &mut Rng) -> HoldOut {
    let mut held_out = vec![false; labels.len()];
    let mut left = count_by_class(labels, classes, |_| true);
    let wanted: Vec<usize> = left.iter().map(|&photos| held_out_count(photos, fraction)).collect();
    let mut look_alikes = 0;
    for class in 0..classes {
        let mut members: Vec<usize> = (0..labels.len()).filter(|&index| labels[index] == class).collect();
        rng.shuffle(&mut members);
        let mut have = members.iter().filter(|&&index| held_out[index]).count();
        for &first in &members {
            if have >= wanted[class] {
                break;
            }
            let in_group = |index: usize| groups[index] == groups[first];
            let taken = count_by_class(labels, classes, in_group);
            // A group may reach into other classes; it stays where it is rather than empty one of them.
            let fits = (0..classes).all(|class| {
                taken[class] == 0 || taken[class] < left[class] && taken[class] <= LARGEST_GROUP * wanted[class]
            });
            if held_out[first] || !fits {
                continue;
            }
            (0..labels.len()).filter(|&index| in_group(index)).for_each(|index| held_out[index] = true);
            left.iter_mut().zip(&taken).for_each(|(left, taken)| *left -= taken);
            have += taken[class];
        }
        if have == 0 {
            members.iter().take(wanted[class]).for_each(|&index| held_out[index] = true);
            left[class] -= wanted[class];
            look_alikes += wanted[class];
        }
    }
    let side = |side: bool| (0..labels.len()).filter(|&index| held_out[index] == side).collect();
    HoldOut { train: side(false), held_out: side(true), look_alikes }
}

fn count_by_class(labels: &[usize], classes: usize, counted: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut counts = vec![0; classes];
    labels.iter().enumerate().filter(|(index, _)| counted(*index)).for_each(|(_, &label)| counts[label] += 1);
    counts
}

fn held_out_count(photos: usize, fraction: f64) -> usize {
    if photos < 2 || fraction <= 0.0 {
        return 0;
    }
    ((photos as f64 * fraction).round() as usize).clamp(1, photos - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every photo a group of its own.
    fn single(labels: &[usize]) -> Vec<usize> {
        (0..labels.len()).collect()
    }

    #[test]
    fn every_class_gives_its_share() {
        let labels: Vec<usize> = [vec![0; 20], vec![1; 10], vec![2; 2], vec![3; 1]].concat();
        let hold_out = stratified(&labels, &single(&labels), 4, 0.2, &mut Rng::new(5));
        let count = |class| hold_out.held_out.iter().filter(|&&index| labels[index] == class).count();
        assert_eq!([count(0), count(1), count(2), count(3)], [4, 2, 1, 0]);
        assert_eq!(hold_out.never_held_out(&labels, 4), [3], "a class of one photo is not judged");
        let nothing = stratified(&labels, &single(&labels), 4, 0.0, &mut Rng::new(5));
        assert!(nothing.never_held_out(&labels, 4).is_empty(), "without a score there is nothing it could leave out");
    }

    #[test]
    fn the_two_sides_are_disjoint_and_complete() {
        let labels: Vec<usize> = (0..57).map(|index| index % 3).collect();
        let draw = |seed| stratified(&labels, &single(&labels), 3, 0.3, &mut Rng::new(seed));
        let hold_out = draw(9);
        let mut all = [hold_out.train.clone(), hold_out.held_out.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..57).collect::<Vec<_>>());
        assert_ne!(hold_out, draw(10));
        assert_eq!(hold_out, draw(9));
    }

    #[test]
    fn a_class_is_never_emptied_and_zero_means_none() {
        assert_eq!(stratified(&[0, 0], &[0, 1], 1, 0.9, &mut Rng::new(1)).train.len(), 1);
        assert!(stratified(&[0, 0, 0], &[0, 1, 2], 1, 0.0, &mut Rng::new(1)).held_out.is_empty());
    }

    #[test]
    fn a_large_group_leaves_enough_to_learn_from() {
        // Nine frames of one burst and a photo apart: the photo is held out, not the burst.
        let hold_out = stratified(&[0; 10], &[0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 1, 0.2, &mut Rng::new(2));
        assert_eq!((hold_out.held_out, hold_out.look_alikes), (vec![9], 0));
    }

    #[test]
    fn near_duplicates_stay_on_one_side() {
        // Class 0: two bursts of three and four photos alone; class 1: one burst only; a pair lies across classes 2 and 3.
        let labels = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3];
        let groups = [0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 6, 6, 6, 7, 8, 9, 7, 10, 11];
        for seed in 0..50 {
            let hold_out = stratified(&labels, &groups, 4, 0.3, &mut Rng::new(seed));
            for &held_out in hold_out.held_out.iter().filter(|&&index| labels[index] != 1) {
                assert!(hold_out.train.iter().all(|&train| groups[train] != groups[held_out]), "seed {seed}");
            }
            let count = |class| hold_out.held_out.iter().filter(|&&index| labels[index] == class).count();
            assert!((3..=5).contains(&count(0)), "seed {seed}: {}", count(0));
            assert_eq!((count(1), hold_out.look_alikes), (1, 1), "one burst alone is divided, and that is said");
            assert!((1..=2).contains(&count(2)) && (1..=2).contains(&count(3)), "seed {seed}");
        }
    }
}
