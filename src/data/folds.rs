//! Stratified folds for cross-validation: every photo is held out exactly once, near-duplicates together.

use std::collections::BTreeMap;

use crate::error::{Error, ErrorCode, Result};
use crate::rng::Rng;

/// Folds where the smallest class has at least as many photos.
const FOLDS: usize = 5;

/// Who is held out when. Photos are indices into `labels` and `groups`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    /// The fold that holds each photo out; `None` for a photo that can never be: it is learnt from in every fold.
    pub fold_of: Vec<Option<usize>>,
    pub count: usize,
    /// Classes that cannot be held out, because their photos are one group (or one photo): there would be none left to
    /// learn them from.
    pub never_held_out: Vec<usize>,
}

impl Folds {
    /// Deals groups to folds. Without `wanted`, there are five folds where every class that can be held out has five groups or
    /// more; below that as many as the smallest class has groups, so that each fold leaves out one of each class of that size.
    ///
    /// Leaving out one photo at a time would let the classifiers see nearly all photos, but scores lower all the same: the
    /// photo's own class is then always the one with the fewest examples, and they lean towards the others (with three photos
    /// a class of hand signs: 0.71 by single photos, 0.79 by one of each class, 0.90 on other photos).
    ///
    /// # Errors
    /// `too-few-photos` when no class can be held out; `invalid-option` for fewer than two `wanted` folds or more than there
    /// are groups to deal.
    pub fn draw(
        labels: &[usize],
        groups: &[usize],
        classes: usize,
        wanted: Option<usize>,
        rng: &mut Rng,
    ) -> Result<Self> {
        // A group belongs to the class of most of its photos; the first of these in a tie.
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        groups.iter().enumerate().for_each(|(photo, &group)| members.entry(group).or_default().push(photo));
        let mut by_class: Vec<Vec<&Vec<usize>>> = vec![Vec::new(); classes];
        members.values().for_each(|photos| by_class[majority(photos, labels, classes)].push(photos));

        // Holding out a group must leave photos of every class in it.
        let groups_with =
            |class: usize| members.values().filter(|photos| photos.iter().any(|&photo| labels[photo] == class)).count();
        let divisible: Vec<bool> = (0..classes).map(|class| groups_with(class) > 1).collect();
        for dealt in &mut by_class {
            dealt.retain(|photos| photos.iter().all(|&photo| divisible[labels[photo]]));
        }
        let dealt: usize = by_class.iter().map(Vec::len).sum();
        if dealt < 2 {
            return Err(Error::new(
                ErrorCode::TooFewPhotos,
                "every class has one photo, or near-duplicates of one: nothing can be held out; add a different photo to each class",
            ));
        }
        let smallest = by_class.iter().map(Vec::len).filter(|&groups| groups > 0).min().unwrap_or(0);
        let count = match wanted {
            Some(wanted) if !(2..=dealt).contains(&wanted) => {
                return Err(Error::new(
                    ErrorCode::InvalidOption,
                    format!("folds must be between 2 and {dealt}, the photos that can be held out, got {wanted}"),
                )
                .with("name", "folds")
                .with("min", 2)
                .with("max", dealt)
                .with("value", wanted));
            }
            Some(wanted) => wanted,
            None => smallest.clamp(2, FOLDS),
        };
        let mut fold_of = vec![None; labels.len()];
        // Dealt round and round, class after class: a class's share of two folds differs by one at most, and so do their sizes.
        let mut next = 0;
        for dealt in &mut by_class {
            rng.shuffle(dealt);
            for photos in dealt.iter() {
                photos.iter().for_each(|&photo| fold_of[photo] = Some(next % count));
                next += 1;
            }
        }
        let mut folds = Self { fold_of, count, never_held_out: Vec::new() };
        folds.keep_every_class_learnt(labels, classes);
        let held_out =
            |class: usize| labels.iter().zip(&folds.fold_of).any(|(&label, fold)| label == class && fold.is_some());
        folds.never_held_out = (0..classes).filter(|&class| !held_out(class)).collect();
        Ok(folds)
    }

    /// Indices of the photos that `fold` learns from, and of those it holds out.
    pub fn sides(&self, fold: usize) -> (Vec<usize>, Vec<usize>) {
        (0..self.fold_of.len()).partition(|&photo| self.fold_of[photo] != Some(fold))
    }

    /// Groups that lie across classes can come to hold a class's last photos in one fold: such photos are then not held out.
    fn keep_every_class_learnt(&mut self, labels: &[usize], classes: usize) {
        for fold in 0..self.count {
            let (train, held_out) = self.sides(fold);
            let learnt = |class: usize| train.iter().any(|&photo| labels[photo] == class);
            if (0..classes).any(|class| labels.contains(&class) && !learnt(class)) {
                held_out.iter().for_each(|&photo| self.fold_of[photo] = None);
            }
        }
    }
}

fn majority(photos: &[usize], labels: &[usize], classes: usize) -> usize {
    let votes = |class: usize| photos.iter().filter(|&&photo| labels[photo] == class).count();
    (0..classes).rev().max_by_key(|&class| votes(class)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(labels: &[usize], groups: &[usize], wanted: Option<usize>, seed: u64) -> Folds {
        let classes = labels.iter().max().unwrap() + 1;
        Folds::draw(labels, groups, classes, wanted, &mut Rng::new(seed)).unwrap()
    }

    fn classes_of(sizes: &[usize]) -> (Vec<usize>, Vec<usize>) {
        let labels: Vec<usize> = sizes.iter().enumerate().flat_map(|(class, &size)| vec![class; size]).collect();
        let groups = (0..labels.len()).collect();
        (labels, groups)
    }

    #[test]
    fn every_photo_is_held_out_once_and_every_fold_has_its_share_of_every_class() {
        let (labels, groups) = classes_of(&[23, 10, 7]);
        let folds = draw(&labels, &groups, None, 1);
        assert_eq!(folds.count, 5);
        assert!(folds.fold_of.iter().all(Option::is_some) && folds.never_held_out.is_empty());
        let mut sizes = Vec::new();
        for fold in 0..5 {
            let (train, held_out) = folds.sides(fold);
            assert_eq!(train.len() + held_out.len(), 40);
            for (class, size) in [23, 10, 7].into_iter().enumerate() {
                let share = held_out.iter().filter(|&&photo| labels[photo] == class).count();
                assert!((size / 5..=size / 5 + 1).contains(&share), "fold {fold}, class {class}: {share}");
            }
            sizes.push(held_out.len());
        }
        assert_eq!(sizes, [8; 5]);
        assert_eq!(folds, draw(&labels, &groups, None, 1));
        assert_ne!(folds, draw(&labels, &groups, None, 2));
    }

    #[test]
    fn below_five_each_fold_leaves_out_one_of_each_class() {
        for size in [2, 3, 4] {
            let (labels, groups) = classes_of(&[size; 6]);
            let folds = draw(&labels, &groups, None, 4);
            assert_eq!(folds.count, size);
            for fold in 0..size {
                let mut held_out: Vec<usize> = folds.sides(fold).1.iter().map(|&photo| labels[photo]).collect();
                held_out.sort_unstable();
                assert_eq!(held_out, [0, 1, 2, 3, 4, 5]);
            }
        }
        let (labels, groups) = classes_of(&[3, 40]);
        let folds = draw(&labels, &groups, None, 4);
        assert_eq!(folds.count, 3, "the smallest class decides");
    }

    #[test]
    fn a_class_of_one_photo_or_one_burst_is_always_learnt_from_and_named() {
        let labels = [0, 1, 1, 1, 2, 2, 2, 2, 2];
        let groups = [0, 1, 1, 1, 2, 3, 4, 5, 6];
        let folds = draw(&labels, &groups, None, 8);
        assert_eq!(folds.never_held_out, [0, 1]);
        assert_eq!(folds.count, 5, "the classes that can be held out decide");
        assert!(folds.fold_of[..4].iter().all(Option::is_none) && folds.fold_of[4..].iter().all(Option::is_some));
        let error = Folds::draw(&[0, 1, 1], &[0, 1, 1], 2, None, &mut Rng::new(0)).unwrap_err();
        assert_eq!(error.code, ErrorCode::TooFewPhotos);
    }

    #[test]
    fn groups_are_never_divided_even_across_classes() {
        let labels: Vec<usize> = (0..60).map(|photo| photo % 3).collect();
        let groups: Vec<usize> = (0..60).map(|photo| photo / 4).collect();
        for seed in 0..20 {
            let folds = draw(&labels, &groups, None, seed);
            for (a, b) in (0..60).flat_map(|a| (0..a).map(move |b| (a, b))) {
                assert!(groups[a] != groups[b] || folds.fold_of[a] == folds.fold_of[b]);
            }
            for fold in 0..folds.count {
                let (train, _) = folds.sides(fold);
                assert!((0..3).all(|class| train.iter().any(|&photo| labels[photo] == class)));
            }
        }
    }

    #[test]
    fn a_number_of_folds_that_cannot_be_is_refused() {
        let (labels, groups) = classes_of(&[4, 4]);
        assert_eq!(draw(&labels, &groups, Some(8), 0).count, 8);
        for wanted in [0, 1, 9] {
            let error = Folds::draw(&labels, &groups, 2, Some(wanted), &mut Rng::new(0)).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidOption);
        }
    }
}
