//! Weights of an output channel in 8 bits or fewer, rounded so that what the channel puts out stays as it was.

use half::f16;

use crate::layer_inputs::Moments;

/// One output channel: `weight ≈ scale · quantised`, with the scale of the weight's group.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// One for each group of neighbouring weights.
    pub scales: Vec<f16>,
    /// From −largest to largest.
    pub quantised: Vec<i8>,
}

/// The largest weight of each `group` gets `largest`, at most 127. A smaller scale, which cuts large weights off and has a smaller error over all weights,
/// was measured to be worse: large weights are large for a reason.
///
/// Which neighbour a weight is rounded to is decided by what it does to the output. Its error there, with `e` the errors of the
/// weights and independent inputs, is `Σ variance · e² + (Σ mean · e)²` on average. To the nearest minimises the first term only, and
/// the second is large where inputs are never negative; so those weights are rounded to the other side that cost the least for each
/// unit by which they make it smaller.
pub fn round(weights: &[f32], inputs: &[Moments], group: usize, largest: i8) -> Row {
    let largest = f32::from(largest);
    let scales: Vec<f16> = weights.chunks(group).map(|group| scale(group, largest)).collect();
    let scale = |at: usize| scales[at / group].to_f32();
    let mut quantised: Vec<f32> =
        weights.iter().enumerate().map(|(at, weight)| (weight / scale(at)).round().clamp(-largest, largest)).collect();
    let error = |at: usize, quantised: f32| f64::from(weights[at]) - f64::from(quantised) * f64::from(scale(at));
    let mut shift: f64 = (0..weights.len()).map(|at| inputs[at].mean * error(at, quantised[at])).sum();

    let mut moves: Vec<Move> = (0..weights.len())
        .filter_map(|at| {
            let before = error(at, quantised[at]);
            let to = quantised[at] + if before > 0.0 { 1.0 } else { -1.0 };
            let after = error(at, to);
            let Moments { mean, variance } = inputs[at];
            let shift = mean * (after - before);
            let cost = variance * (after * after - before * before);
            (to.abs() <= largest && shift != 0.0).then_some(Move { at, to, shift, cost })
        })
        .collect();
    moves.sort_by(|one, other| one.price().total_cmp(&other.price()));
    for Move { at, to, shift: by, cost } in moves {
        if cost + (shift + by).powi(2) < shift.powi(2) {
            quantised[at] = to;
            shift += by;
        }
    }
    let quantised = quantised.into_iter().map(|value| value as i8).collect();
    Row { scales, quantised }
}

fn scale(group: &[f32], largest: f32) -> f16 {
    let weight = group.iter().fold(0f32, |most, weight| most.max(weight.abs()));
    let scale = f16::from_f32(weight / largest);
    // Nothing but zeros, or as good as: any scale will do.
    if scale.to_f32() == 0.0 { f16::ONE } else { scale }
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

    const GROUP: usize = 64;

    fn step(row: &Row, at: usize) -> f64 {
        row.scales[at / GROUP].to_f64()
    }

    /// `(Σ variance · e², Σ mean · e)`.
    fn errors(weights: &[f32], inputs: &[Moments], row: &Row) -> (f64, f64) {
        let error = |at: usize| f64::from(weights[at]) - f64::from(row.quantised[at]) * step(row, at);
        let square = (0..weights.len()).map(|at| inputs[at].variance * error(at).powi(2)).sum();
        (square, (0..weights.len()).map(|at| inputs[at].mean * error(at)).sum())
    }

    #[test]
    fn without_a_mean_weights_go_to_the_nearest() {
        let row = round(&[127.0, -1.4, 1.6, -127.0], &inputs(0.0, 4), 4, 127);
        assert_eq!(row, Row { scales: vec![f16::ONE], quantised: vec![127, -1, 2, -127] });
    }

    #[test]
    fn each_group_has_a_scale_of_its_own() {
        let row = round(&[127.0, 3.0, 254.0, 3.0, 0.0], &inputs(0.0, 5), 2, 127);
        assert_eq!(row.scales, [1.0, 2.0, 1.0].map(f16::from_f32));
        assert_eq!(row.quantised, [127, 3, 127, 2, 0], "of a tie the larger; a group of nothing stays nothing");
    }

    #[test]
    fn fewer_steps_are_larger_ones() {
        let row = round(&[126.0, -1.4, 3.2, -126.0], &inputs(0.0, 4), 4, 63);
        assert_eq!(row, Row { scales: vec![f16::from_f32(2.0)], quantised: vec![63, -1, 2, -63] });
    }

    #[test]
    fn errors_that_add_up_are_balanced() {
        // Each is 0.4 of a step above its nearest: of the last four, two go up, those that are cheaper first.
        let weights = [127.0, 10.4, 10.4, 10.4, 10.45];
        let row = round(&weights, &inputs(10.0, 5), 5, 127);
        assert_eq!(row.quantised.iter().map(|&q| i32::from(q)).sum::<i32>(), 127 + 42, "{row:?}");
        assert_eq!(row.quantised[4], 11);
    }

    #[test]
    fn the_expected_error_is_never_larger_than_that_of_the_nearest() {
        let mut rng = Rng::new(3);
        for mean in [0.0, 0.3, 2.0] {
            let (mut shifts, mut nearest_shifts) = (0.0, 0.0);
            for _ in 0..10 {
                let weights: Vec<f32> = (0..500).map(|_| rng.normal()).collect();
                let inputs = inputs(mean, weights.len());
                let row = round(&weights, &inputs, GROUP, 127);
                let steps = |at: usize| f64::from(weights[at]) / step(&row, at);
                let quantised = (0..weights.len()).map(|at| steps(at).round().clamp(-127.0, 127.0) as i8).collect();
                let nearest = Row { scales: row.scales.clone(), quantised };
                let (square, shift) = errors(&weights, &inputs, &row);
                let (nearest_square, nearest_shift) = errors(&weights, &inputs, &nearest);
                assert!(square + shift * shift <= nearest_square + nearest_shift * nearest_shift);
                (shifts, nearest_shifts) = (shifts + shift.abs(), nearest_shifts + nearest_shift.abs());
                let far = (0..weights.len()).map(|at| (steps(at) - f64::from(row.quantised[at])).abs());
                assert!(far.fold(0.0, f64::max) <= 1.0001, "to one of the two neighbours");
            }
            assert!(mean == 0.0 || shifts < 0.1 * nearest_shifts, "mean {mean}: {shifts} against {nearest_shifts}");
        }
    }

    #[test]
    fn a_channel_of_nothing_stays_nothing() {
        let row = round(&[0.0; 3], &inputs(1.0, 3), 3, 127);
        assert_eq!(row, Row { scales: vec![f16::ONE], quantised: vec![0; 3] });
    }
}
