//! Which class is taken for which.

use serde::Serialize;

/// Precision and recall of one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassScore {
    pub label: String,
    /// Of the photos said to be of this class, the fraction that are. `None` when none was said to be.
    pub precision: Option<f64>,
    /// Of the photos of this class, the fraction that were recognised. `None` when there is none.
    pub recall: Option<f64>,
    /// Photos of this class.
    pub support: usize,
    /// Photos said to be of this class.
    pub predicted: usize,
}

/// `[true class][predicted class]`: how many photos. `pairs` are (true, predicted).
pub fn confusion(classes: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut matrix = vec![vec![0; classes]; classes];
    pairs.into_iter().for_each(|(label, predicted)| matrix[label][predicted] += 1);
    matrix
}

/// A row per class of a confusion matrix.
pub fn per_class(labels: &[String], matrix: &[Vec<usize>]) -> Vec<ClassScore> {
    labels
        .iter()
        .enumerate()
        .map(|(class, label)| {
            let support: usize = matrix[class].iter().sum();
            let predicted: usize = matrix.iter().map(|row| row[class]).sum();
            let hits = matrix[class][class] as f64;
            let of = |count: usize| (count > 0).then(|| hits / count as f64);
            ClassScore { label: label.clone(), precision: of(predicted), recall: of(support), support, predicted }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_computed_case() {
        let matrix = confusion(3, [(0, 0), (0, 0), (0, 1), (1, 1), (1, 0)]);
        assert_eq!(matrix, [[2, 1, 0], [1, 1, 0], [0, 0, 0]]);
        let labels = ["a", "b", "c"].map(str::to_owned);
        let rows = per_class(&labels, &matrix);
        assert_eq!((rows[0].precision, rows[0].recall), (Some(2.0 / 3.0), Some(2.0 / 3.0)));
        assert_eq!(
            (rows[1].precision, rows[1].recall, rows[1].support, rows[1].predicted),
            (Some(0.5), Some(0.5), 2, 2)
        );
        assert_eq!((rows[2].precision, rows[2].recall, rows[2].support), (None, None, 0));
    }
}
