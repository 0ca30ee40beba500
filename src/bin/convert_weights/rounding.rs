//! Weights of an output channel in 8 bits, rounded so that what the channel puts out stays as it was.

use crate::layer_inputs::Moments;

/// One output channel: `weight ≈ scale · quantised`.
#[derive(Debug, PartialEq)]
pub struct Row {
    pub scale: f32,
    /// From −127 to 127.
    pub quantised: Vec<i8>,
}

/// The largest weight gets 127. A smaller scale, which cuts large weights off and has a smaller error over all weights, was measured
/// to be worse: large weights are large for a reason.
///
/// Which neighbour a weight is rounded to is decided by what it does to the output. Its error there, with `e` the errors of the
/// weights and independent inputs, is `Σ variance · e² + (Σ mean · e)²` on average. To the nearest minimises the first term only, and
/// the second is large where inputs are never negative; so those weights are rounded to the other side that cost the least for each
/// unit by which they make it smaller.
pub fn round(weights: &[f32], inputs: &[Moments]) -> Row {
    let largest = weights.iter().fold(0f32, |largest, weight| largest.max(weight.abs()));
    if largest == 0.0 {
        return Row { scale: 1.0, quantised: vec![0; weights.len()] };
    }
    let scale = largest / 127.0;
    let mut quantised: Vec<f32> = weights.iter().map(|weight| (weight / scale).round()).collect();
    let error = |at: usize, quantised: f32| f64::from(weights[at]) - f64::from(quantised) * f64::from(scale);
    let mut shift: f64 = (0..weights.len()).map(|at| inputs[at].mean * error(at, quantised[at])).sum();

    let mut moves: Vec<Move> = (0..weights.len())
        .filter_map(|at| {
            let before = error(at, quantised[at]);
            let to = quantised[at] + if before > 0.0 { 1.0 } else { -1.0 };
            let after = error(at, to);
            let Moments { mean, variance } = inputs[at];
            let shift = mean * (after - before);
            let cost = variance * (after * after - before * before);
            (to.abs() <= 127.0 && shift != 0.0).then_some(Move { at, to, shift, cost })
        })
        .collect();
    moves.sort_by(|one, other| one.price().total_cmp(&other.price()));
    for Move { at, to, shift: by, cost } in moves {
        if cost + (shift + by).powi(2) < shift.powi(2) {
            quantised[at] = to;
            shift += by;
        }
    }
    Row { scale, quantised: quantised.into_iter().map(|value| value as i8).collect() }
}

/// A weight rounded to the other side.
struct Move {
    at: usize,
    to: f32,
    /// What it adds to `Σ mean · e`.
    shift: f64,
    /// What it adds to `Σ variance · e²`; never negative.
    cost: f64,
}

impl Move {
    fn price(&self) -> f64 {
        self.cost / self.shift.abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lastlayer::rng::Rng;

    fn inputs(mean: f64, count: usize) -> Vec<Moments> {
        vec![Moments { mean, variance: 1.0 }; count]
    }

    /// `(Σ variance · e², Σ mean · e)`.
    fn errors(weights: &[f32], inputs: &[Moments], row: &Row) -> (f64, f64) {
        let error = |at: usize| f64::from(weights[at]) - f64::from(row.quantised[at]) * f64::from(row.scale);
        let square = (0..weights.len()).map(|at| inputs[at].variance * error(at).powi(2)).sum();
        (square, (0..weights.len()).map(|at| inputs[at].mean * error(at)).sum())
    }

    #[test]
    fn without_a_mean_weights_go_to_the_nearest() {
        let row = round(&[1.27, -0.014, 0.016, -1.27], &inputs(0.0, 4));
        assert_eq!(row, Row { scale: 0.01, quantised: vec![127, -1, 2, -127] });
    }

    #[test]
    fn errors_that_add_up_are_balanced() {
        // Each is 0.4 of a step above its nearest: of the last four, two go up, those that are cheaper first.
        let weights = [127.0, 10.4, 10.4, 10.4, 10.45];
        let row = round(&weights, &inputs(10.0, 5));
        assert_eq!(row.quantised.iter().map(|&q| i32::from(q)).sum::<i32>(), 127 + 42, "{row:?}");
        assert_eq!(row.quantised[4], 11);
    }

    #[test]
    fn the_expected_error_is_never_larger_than_that_of_the_nearest() {
        let mut rng = Rng::new(3);
        for mean in [0.0, 0.3, 2.0] {
            let weights: Vec<f32> = (0..500).map(|_| rng.normal()).collect();
            let inputs = inputs(mean, weights.len());
            let row = round(&weights, &inputs);
            let nearest = Row {
                scale: row.scale,
                quantised: weights.iter().map(|weight| (weight / row.scale).round() as i8).collect(),
            };
            let (square, shift) = errors(&weights, &inputs, &row);
            let (nearest_square, nearest_shift) = errors(&weights, &inputs, &nearest);
            assert!(square + shift * shift <= nearest_square + nearest_shift * nearest_shift);
            if mean > 0.0 {
                assert!(shift.abs() < 0.1 * nearest_shift.abs(), "{shift} against {nearest_shift}");
            }
            let step = f64::from(row.scale);
            let far = weights.iter().zip(&row.quantised).map(|(w, &q)| (f64::from(*w) - f64::from(q) * step).abs());
            assert!(far.fold(0.0, f64::max) <= step * 1.0001, "to one of the two neighbours");
        }
    }

    #[test]
    fn a_channel_of_nothing_stays_nothing() {
        assert_eq!(round(&[0.0; 3], &inputs(1.0, 3)), Row { scale: 1.0, quantised: vec![0; 3] });
    }
}
