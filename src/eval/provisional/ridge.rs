//! An output layer in closed form, and what it would have said of each photo without having seen it.
//!
//! Ridge regression on the classes as numbers, 1 for the photo's own and 0 for the others: a system of as many equations as there are
//! photos, where a fit by steps needs hundreds of passes. Of *n* photos it takes *n*³ operations, 0.1 s for 400.
//!
//! Leaving a photo out of a ridge regression needs no second fit: what the others would have said of it follows from the same inverse
//! (R. D. Cook and S. Weisberg, *Residuals and Influence in Regression*, 1982, section 2.2, for groups). Near-duplicates are left out
//! together, or each would be told by the other.

/// Lower triangle of a symmetric matrix, row by row.
pub struct Symmetric<'a> {
    pub rows: &'a [Vec<f64>],
}

impl Symmetric<'_> {
    fn at(&self, row: usize, column: usize) -> f64 {
        self.rows[row.max(column)][row.min(column)]
    }
}

/// How large the penalty of the weights is, as a fraction of the mean square of what the output layer sees of a photo. From 0.003 to 0.1 the
/// accuracy on other photos moves by half a point (`docs/features.md`).
const PENALTY: f64 = 0.1;

/// One-hot answers times this are logits of about the right size: what is left to the temperature.
const SCALE: f64 = 8.0;

/// What a regression of `n` photos on `c` classes gives, all in logits.
pub struct Solution {
    /// `[n, c]`: the weights of a class are the sum over photos of this times what the output layer sees of each.
    pub of_photos: Vec<f64>,
    /// `[c]`.
    pub bias: Vec<f64>,
    /// `[n, c]`: what is said of each photo by the others, its near-duplicates left out as well.
    pub left_out: Vec<f32>,
}

/// From the inner products of all pairs of photos, their classes, and the group of near-duplicates of each. `None` where the numbers do not
/// allow it: of fewer than two photos, or where none differs from another.
pub fn solve(products: &Symmetric<'_>, labels: &[usize], classes: usize, groups: &[usize]) -> Option<Solution> {
    solve_with(|spread| PENALTY * spread, products, (labels, classes), groups)
}

/// `penalty`: of the mean square of what the output layer sees of a photo, less its mean.
fn solve_with(
    penalty: impl Fn(f64) -> f64,
    products: &Symmetric<'_>,
    (labels, classes): (&[usize], usize),
    groups: &[usize],
) -> Option<Solution> {
    let n = labels.len();
    if n < 2 {
        return None;
    }
    let count = n as f64;
    let means: Vec<f64> = (0..n).map(|i| (0..n).map(|j| products.at(i, j)).sum::<f64>() / count).collect();
    let mean = means.iter().sum::<f64>() / count;
    // Of features less their mean: the bias is not penalised.
    let centred = |i: usize, j: usize| products.at(i, j) - means[i] - means[j] + mean;
    let penalty = penalty((0..n).map(|i| centred(i, i)).sum::<f64>() / count);
    let mut matrix: Vec<Vec<f64>> = (0..n).map(|i| (0..=i).map(|j| centred(i, j)).collect()).collect();
    matrix.iter_mut().enumerate().for_each(|(i, row)| row[i] += penalty);
    let inverse = inverse(matrix)?;
    let inverse = Symmetric { rows: &inverse };

    let share = |class: usize| labels.iter().filter(|&&label| label == class).count() as f64 / count;
    let shares: Vec<f64> = (0..classes).map(share).collect();
    let mut targets: Vec<f64> = (0..n).flat_map(|_| shares.iter().map(|share| -share)).collect();
    labels.iter().enumerate().for_each(|(photo, label)| targets[photo * classes + label] += 1.0);
    let mut dual = vec![0.0; n * classes];
    for (i, dual) in dual.chunks_exact_mut(classes).enumerate() {
        for (j, target) in targets.chunks_exact(classes).enumerate() {
            let weight = inverse.at(i, j);
            dual.iter_mut().zip(target).for_each(|(dual, target)| *dual += weight * target);
        }
    }
    let left_out = left_out(&inverse, &dual, (labels, classes), groups, penalty)?;
    // The columns of `dual` sum to nothing, as the targets do: so features need not be centred to be summed by it.
    let bias = (0..classes).map(|class| {
        let of_mean: f64 = (0..n).map(|i| means[i] * dual[i * classes + class]).sum();
        SCALE * (shares[class] - of_mean)
    });
    let bias = bias.collect();
    Some(Solution { of_photos: dual.iter().map(|x| SCALE * x).collect(), bias, left_out })
}

/// What the photos outside a group say of those in it: its answers less the residuals that the regression would have there without it.
fn left_out(
    inverse: &Symmetric<'_>,
    dual: &[f64],
    (labels, classes): (&[usize], usize),
    groups: &[usize],
    penalty: f64,
) -> Option<Vec<f32>> {
    let n = labels.len();
    let mut left_out = vec![0f32; n * classes];
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); groups.iter().max().map_or(0, |last| last + 1)];
    groups.iter().enumerate().for_each(|(photo, &group)| members[group].push(photo));
    for group in members.iter().filter(|group| !group.is_empty()) {
        // One less the part of the hat matrix that belongs to the group, the mean's part among it.
        let block = |a: usize, b: usize| penalty * inverse.at(group[a], group[b]) - 1.0 / n as f64;
        let factor = cholesky((0..group.len()).map(|a| (0..=a).map(|b| block(a, b)).collect()).collect())?;
        for class in 0..classes {
            let residuals: Vec<f64> = group.iter().map(|&photo| penalty * dual[photo * classes + class]).collect();
            for (&photo, residual) in group.iter().zip(backward(&factor, forward(&factor, residuals))) {
                let answer = f64::from(u8::from(labels[photo] == class)) - residual;
                left_out[photo * classes + class] = (SCALE * answer) as f32;
            }
        }
    }
    Some(left_out)
}

/// The lower triangle `L` of a positive definite matrix `L · Lᵀ`, from its own; `None` for another.
fn cholesky(mut matrix: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    for i in 0..matrix.len() {
        let (done, rest) = matrix.split_at_mut(i);
        let row = &mut rest[0];
        for (j, above) in done.iter().enumerate() {
            row[j] = (row[j] - dot(&row[..j], &above[..j])) / above[j];
        }
        let pivot = row[i] - dot(&row[..i], &row[..i]);
        if pivot.is_nan() || pivot <= f64::EPSILON {
            return None;
        }
        row[i] = pivot.sqrt();
    }
    Some(matrix)
}

/// The lower triangle of the inverse of a positive definite matrix, from its own; `None` for another.
fn inverse(matrix: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let factor = cholesky(matrix)?;
    let n = factor.len();
    // Columns of the inverse of the factor, from their diagonal down: the inverse is the product of that with its transpose.
    let columns: Vec<Vec<f64>> = (0..n)
        .map(|column| {
            let mut values: Vec<f64> = Vec::with_capacity(n - column);
            for i in column..n {
                let sum = dot(&factor[i][column..i], &values);
                values.push((f64::from(u8::from(i == column)) - sum) / factor[i][i]);
            }
            values
        })
        .collect();
    Some((0..n).map(|i| (0..=i).map(|j| dot(&columns[i], &columns[j][i - j..])).collect()).collect())
}

/// `x` with `L · x = b`.
fn forward(factor: &[Vec<f64>], mut b: Vec<f64>) -> Vec<f64> {
    for i in 0..b.len() {
        b[i] = (b[i] - dot(&factor[i][..i], &b[..i])) / factor[i][i];
    }
    b
}

/// `x` with `Lᵀ · x = b`.
fn backward(factor: &[Vec<f64>], mut b: Vec<f64>) -> Vec<f64> {
    for i in (0..b.len()).rev() {
        let below: f64 = (i + 1..b.len()).map(|j| factor[j][i] * b[j]).sum();
        b[i] = (b[i] - below) / factor[i][i];
    }
    b
}

/// In eight sums, which the compiler makes vectors of.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (a_whole, a_rest) = a.as_chunks::<LANES>();
    let (b_whole, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_whole.iter().zip(b_whole) {
        (0..LANES).for_each(|lane| sums[lane] += a[lane] * b[lane]);
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    const WIDTH: usize = 7;
    const LABELS: [usize; 9] = [0, 0, 0, 1, 1, 1, 2, 2, 2];
    const PENALTY: f64 = 0.7;

    fn photos() -> Vec<Vec<f64>> {
        let mut rng = Rng::new(5);
        let values = |label: usize| {
            (0..WIDTH).map(|i| f64::from(rng.normal()) + f64::from(u8::from(i == label)) * 2.0 + 3.0).collect()
        };
        LABELS.into_iter().map(values).collect()
    }

    fn products(photos: &[Vec<f64>]) -> Vec<Vec<f64>> {
        (0..photos.len()).map(|i| photos[..=i].iter().map(|other| dot(&photos[i], other)).collect()).collect()
    }

    fn solved(photos: &[Vec<f64>], labels: &[usize], groups: &[usize]) -> Solution {
        solve_with(|_| PENALTY, &Symmetric { rows: &products(photos) }, (labels, 3), groups).unwrap()
    }

    /// `[class]`.
    fn said(solution: &Solution, taught: &[Vec<f64>], photo: &[f64]) -> Vec<f64> {
        let logit = |class: usize| {
            let sum: f64 =
                taught.iter().zip(solution.of_photos.chunks(3)).map(|(x, dual)| dot(x, photo) * dual[class]).sum();
            sum + solution.bias[class]
        };
        (0..3).map(logit).collect()
    }

    /// Gradients of the squared errors and the penalty, by the weights and the bias, vanish where both together are least.
    #[test]
    fn no_other_weights_are_better() {
        let photos = photos();
        let solution = solved(&photos, &LABELS, &[0, 1, 2, 3, 4, 5, 6, 7, 8]);
        for class in 0..3 {
            let errors: Vec<f64> = photos
                .iter()
                .zip(LABELS)
                .map(|(x, label)| said(&solution, &photos, x)[class] / SCALE - f64::from(u8::from(label == class)))
                .collect();
            assert!(errors.iter().sum::<f64>().abs() < 1e-10, "the bias");
            for input in 0..WIDTH {
                let weight: f64 = photos
                    .iter()
                    .zip(solution.of_photos.chunks(3))
                    .map(|(x, dual)| x[input] * dual[class] / SCALE)
                    .sum();
                let gradient: f64 =
                    photos.iter().zip(&errors).map(|(x, error)| x[input] * error).sum::<f64>() + PENALTY * weight;
                assert!(gradient.abs() < 1e-10, "{gradient}");
            }
        }
    }

    #[test]
    fn what_is_said_of_a_photo_left_out_is_what_a_fit_without_it_says() {
        let photos = photos();
        for groups in [[0, 1, 2, 3, 4, 5, 6, 7, 8], [0, 1, 1, 2, 1, 3, 4, 4, 0]] {
            let whole = solved(&photos, &LABELS, &groups);
            for photo in 0..LABELS.len() {
                let others: Vec<usize> = (0..LABELS.len()).filter(|&other| groups[other] != groups[photo]).collect();
                let taught: Vec<Vec<f64>> = others.iter().map(|&other| photos[other].clone()).collect();
                let labels: Vec<usize> = others.iter().map(|&other| LABELS[other]).collect();
                let without = solved(&taught, &labels, &(0..labels.len()).collect::<Vec<_>>());
                let expected = said(&without, &taught, &photos[photo]);
                for (class, expected) in expected.iter().enumerate() {
                    let left_out = f64::from(whole.left_out[photo * 3 + class]);
                    assert!((left_out - expected).abs() < 1e-5, "photo {photo}: {left_out} {expected}");
                }
            }
        }
    }

    #[test]
    fn photos_that_do_not_differ_tell_nothing() {
        let same = vec![vec![1.0; WIDTH]; 4];
        assert!(solve(&Symmetric { rows: &products(&same) }, &[0, 0, 1, 1], 2, &[0, 1, 2, 3]).is_none());
        assert!(solve(&Symmetric { rows: &[] }, &[], 2, &[]).is_none());
    }
}
