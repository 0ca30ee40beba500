//! Both kinds of vectors against the definition.

use super::super::gradients::Clamped;
use super::Here;
use super::in_lanes::InLanes;
use super::reading::Reading;
use super::vectors::Machine;
use super::winograd::{self, Winograd};
use super::{Dense, Scaled, forward};
use crate::nn::spec::{Activation, Padding, Spec};

fn values(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|index| ((index * 7919 + seed * 104_729) % 1009) as f32 / 500.0 - 1.0).collect()
}

/// Calls `work` with the places that each product of the convolution takes: in the output, in x, in the filters.
fn products(dense: &Dense, batch: usize, mut work: impl FnMut(usize, usize, usize)) {
    let Dense { window, inputs, outputs, picture: [height, width], out: [out_height, out_width] } = *dense;
    let [above, left] = window.before([height, width]);
    for photo in 0..batch {
        for (output, input) in (0..outputs).flat_map(|output| (0..inputs).map(move |input| (output, input))) {
            for (y, x) in (0..out_height).flat_map(|y| (0..out_width).map(move |x| (y, x))) {
                for (down, right) in (0..window.kernel).flat_map(|y| (0..window.kernel).map(move |x| (y, x))) {
                    let (row, column) = (
                        (y * window.stride + down).wrapping_sub(above),
                        (x * window.stride + right).wrapping_sub(left),
                    );
                    if row < height && column < width {
                        let out = ((photo * outputs + output) * out_height + y) * out_width + x;
                        let filter = ((output * inputs + input) * window.kernel + down) * window.kernel + right;
                        work(out, ((photo * inputs + input) * height + row) * width + column, filter);
                    }
                }
            }
        }
    }
}

fn check<M: Machine>(dense: &Dense, batch: usize) {
    let Dense { window, inputs, outputs, picture, .. } = *dense;
    let (activation, plane) = (window.activation, dense.out_plane());
    let x = values(batch * inputs * picture[0] * picture[1], 1);
    let (weight, bias) = (values(outputs * inputs * window.kernel * window.kernel, 2), values(outputs, 3));
    let scale = values(outputs, 5);
    let filters = Scaled { weight: &weight, scale: &scale };
    let weight: Vec<f32> =
        weight.iter().zip(0..).map(|(w, index): (_, usize)| w * scale[index / (weight.len() / outputs)]).collect();
    let mut expected: Vec<f32> = (0..batch * outputs * plane).map(|index| bias[index / plane % outputs]).collect();
    products(dense, batch, |out, from, filter| expected[out] += x[from] * weight[filter]);
    let (low, high) = activation.bounds();
    expected.iter_mut().for_each(|value| *value = value.clamp(low, high));
    let y = forward::forward::<M>(dense, &x, filters, &bias, activation, None);
    assert_same(&y, &expected, dense, "output");

    let mut gradient = values(y.len(), 4);
    let masked: Vec<f32> = y.iter().zip(&gradient).map(|(y, g)| if *y > low && *y < high { *g } else { 0.0 }).collect();
    let (mut of_x, mut of_weight, mut of_bias) = (vec![0.0; x.len()], vec![0.0; weight.len()], vec![0.0; outputs]);
    products(dense, batch, |out, from, filter| {
        of_x[from] += masked[out] * weight[filter];
        of_weight[filter] += masked[out] * x[from];
    });
    masked.iter().enumerate().for_each(|(index, value)| of_bias[index / plane % outputs] += value);
    let found = dense.backward_by::<M>(&x, filters, Clamped::of(&y, activation), &mut gradient, true);
    assert_same(&found.x.unwrap(), &of_x, dense, "gradient of x");
    assert_same(&found.weight, &of_weight, dense, "gradient of the filters");
    assert_same(&found.bias, &of_bias, dense, "gradient of the bias");
}

fn assert_same(found: &[f32], expected: &[f32], dense: &Dense, what: &str) {
    assert_eq!(found.len(), expected.len());
    let scale = expected.iter().fold(1.0f32, |most, value| most.max(value.abs()));
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() < 1e-4 * scale, "{dense:?}, {what} {index}: {found} is not {expected}");
    }
}

#[test]
fn all_geometries_are_the_definition() {
    let mut count = 0;
    for kernel in [1, 2, 3, 5, 7] {
        for stride in [1, 2, 3] {
            for padding in [Padding::Same, Padding::Each(0), Padding::Each(kernel / 2), Padding::Each(kernel)] {
                for picture in [[1, 1], [2, 5], [7, 7], [9, 4], [12, 23]] {
                    let (inputs, outputs, batch) = [(3, 5, 2), (1, 9, 1), (17, 8, 3), (5, 1, 1), (6, 19, 5)][count % 5];
                    let activation = [Activation::Relu, Activation::None, Activation::Relu6][count % 3];
                    count += 1;
                    let window = Spec { kernel, stride, groups: 1, padding, activation };
                    if let Some(dense) = Dense::of(window, inputs, outputs, picture) {
                        check::<Here>(&dense, batch);
                        check::<InLanes>(&dense, batch);
                    }
                }
            }
        }
    }
}

#[test]
fn many_blocks_of_columns_and_of_depth_are_the_definition() {
    for (inputs, outputs, kernel, stride, picture, batch) in [
        (40, 9, 3, 1, [33, 41], 1),
        (70, 50, 3, 2, [14, 15], 3),
        (4, 33, 7, 2, [40, 61], 2),
        (130, 65, 3, 1, [7, 7], 9),
    ] {
        let window =
            Spec { kernel, stride, groups: 1, padding: Padding::Each(kernel / 2), activation: Activation::Relu };
        let dense = Dense::of(window, inputs, outputs, picture).unwrap();
        check::<Here>(&dense, batch);
        check::<InLanes>(&dense, batch);
    }
}

#[test]
fn fewer_products_are_the_definition() {
    for padding in [Padding::Same, Padding::Each(0), Padding::Each(1), Padding::Each(2), Padding::Each(3)] {
        for (inputs, outputs, picture, batch) in
            [(24, 24, [12, 12], 3), (33, 41, [14, 14], 2), (70, 25, [13, 30], 1), (25, 64, [57, 15], 1)]
        {
            let window = Spec { kernel: 3, stride: 1, groups: 1, padding, activation: Activation::Relu };
            let dense = Dense::of(window, inputs, outputs, picture).unwrap();
            assert!(Winograd::of(&Reading::of_picture(&window, picture), inputs, outputs).is_some());
            check::<Here>(&dense, batch);
            check::<InLanes>(&dense, batch);
        }
    }
}

/// Of small maps, several of which share a strip, and of one that takes several strips.
#[test]
fn fewer_products_of_filters_gradients_are_the_definition() {
    for padding in [Padding::Same, Padding::Each(1), Padding::Each(2)] {
        for (inputs, outputs, picture, batch) in [(24, 25, [7, 7], 18), (33, 41, [8, 6], 9), (70, 24, [41, 40], 1)] {
            let window = Spec { kernel: 3, stride: 1, groups: 1, padding, activation: Activation::Relu };
            let dense = Dense::of(window, inputs, outputs, picture).unwrap();
            assert!(winograd::weight::is_for(&dense, batch));
            check::<Here>(&dense, batch);
            check::<InLanes>(&dense, batch);
        }
    }
}

/// As of one photo alone, to the bit.
#[test]
fn a_photo_does_not_depend_on_the_others() {
    let window = Spec { kernel: 3, stride: 1, groups: 1, padding: Padding::Each(1), activation: Activation::None };
    for (inputs, outputs, side) in [(20, 12, 7), (40, 32, 14), (24, 24, 30)] {
        let dense = Dense::of(window, inputs, outputs, [side; 2]).unwrap();
        let (photo, filter) = (inputs * side * side, inputs * 9);
        let (x, weight, bias) = (values(5 * photo, 1), values(outputs * filter, 2), values(outputs, 3));
        let filters = Scaled { weight: &weight, scale: &bias };
        let convolve = |x: &[f32]| forward::forward::<Here>(&dense, x, filters, &bias, Activation::None, None);
        assert!(convolve(&x) == x.chunks_exact(photo).flat_map(convolve).collect::<Vec<_>>());
    }
}

/// To the bit, whether they were kept for these sizes or for others.
#[test]
fn what_is_kept_changes_nothing() {
    let kept = super::Kept::default();
    let (x, weight, bias) = (values(2 * 24 * 14 * 14, 1), values(30 * 24 * 9, 2), values(30, 3));
    let filters = Scaled { weight: &weight, scale: &bias };
    for (side, photos) in [(14, 1), (14, 2), (7, 2), (14, 1)] {
        let window = Spec { kernel: 3, stride: 1, groups: 1, padding: Padding::Each(1), activation: Activation::None };
        let dense = Dense::of(window, 24, 30, [side; 2]).unwrap();
        let x = &x[..photos * 24 * side * side];
        let anew = dense.forward(x, filters, &bias, Activation::None, None);
        assert!(dense.forward(x, filters, &bias, Activation::None, Some(&kept)) == anew);
    }
}
