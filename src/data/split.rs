//! The stratified hold-out: photos that choose the number of epochs and are not trained on meanwhile.

use crate::rng::Rng;

/// Indices into the photos, each list ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldOut {
    pub train: Vec<usize>,
    pub held_out: Vec<usize>,
}

/// Holds out `fraction` of every class, rounded, at least one photo of a class that has two, and never its last one.
/// `labels` are class indices; a `fraction` of 0 holds out nothing.
pub fn stratified(labels: &[usize], classes: usize, fraction: f64, rng: &mut Rng) -> HoldOut {
    let mut split = HoldOut { train: Vec::new(), held_out: Vec::new() };
    for class in 0..classes {
        let mut members: Vec<usize> = (0..labels.len()).filter(|&index| labels[index] == class).collect();
        rng.shuffle(&mut members);
        let held_out = held_out_count(members.len(), fraction);
        split.train.extend(members.split_off(held_out));
        split.held_out.extend(members);
    }
    split.train.sort_unstable();
    split.held_out.sort_unstable();
    split
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

    #[test]
    fn every_class_gives_its_share() {
        let labels: Vec<usize> = [vec![0; 20], vec![1; 10], vec![2; 2], vec![3; 1]].concat();
        let split = stratified(&labels, 4, 0.2, &mut Rng::new(5));
        let count = |class| split.held_out.iter().filter(|&&index| labels[index] == class).count();
        assert_eq!([count(0), count(1), count(2), count(3)], [4, 2, 1, 0]);
    }

    #[test]
    fn the_two_sides_are_disjoint_and_complete() {
        let labels: Vec<usize> = (0..57).map(|index| index % 3).collect();
        let split = stratified(&labels, 3, 0.3, &mut Rng::new(9));
        let mut all = [split.train.clone(), split.held_out.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..57).collect::<Vec<_>>());
        assert_ne!(split, stratified(&labels, 3, 0.3, &mut Rng::new(10)));
        assert_eq!(split, stratified(&labels, 3, 0.3, &mut Rng::new(9)));
    }

    #[test]
    fn a_class_is_never_emptied_and_zero_means_none() {
        assert_eq!(stratified(&[0, 0], 1, 0.9, &mut Rng::new(1)).train.len(), 1);
        assert!(stratified(&[0, 0, 0], 1, 0.0, &mut Rng::new(1)).held_out.is_empty());
    }
}
