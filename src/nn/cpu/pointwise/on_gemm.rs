//! Natively: on the crate `gemm`, which reads a transpose by its strides.

use gemm::{Parallelism, gemm};
use pulp::{Arch, Simd, WithSimd};

use super::super::gradients::{Clamped, Gradients, MaskAndSum};
use super::super::tasks;
use super::Sizes;
use crate::nn::spec::Activation;

/// A matrix in row-major order, or the transpose of one.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(values.len(), rows * columns);
        Self { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    fn transposed(self) -> Self {
        Self {
            values: self.values,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }
}

/// `out = a · b`, or `out += a · b`; `out` is row-major. On this thread: callers share out whole products.
fn multiply(out: &mut [f32], a: Matrix, b: Matrix, add: bool) {
    assert_eq!(a.columns, b.rows);
    assert_eq!(out.len(), a.rows * b.columns);
    // SAFETY: the three matrices lie inside their slices, as `Matrix::new` and the lines above have checked, and `out` is
    // borrowed for this call alone.
    unsafe {
        gemm(
            a.rows,
            b.columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            b.columns as isize,
            add,
            a.values.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.values.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// `activation(w · x + b)`.
///
/// # Shapes
/// - x: `[batch, inputs, pixels]`
/// - weight: `[outputs, inputs]`, bias: `[outputs]`
/// - output: `[batch, outputs, pixels]`
pub fn forward(sizes: Sizes, x: &[f32], weight: &[f32], bias: &[f32], activation: Activation) -> Vec<f32> {
    let Sizes { inputs, outputs, pixels } = sizes;
    let batch = x.len() / (inputs * pixels);
    let mut y = vec![0.0; batch * outputs * pixels];
    // Fewer photos than threads: each photo in parts, by channels.
    let parts = tasks::threads().div_ceil(batch).min(outputs);
    let part = outputs.div_ceil(parts);
    let items = y.chunks_exact_mut(outputs * pixels).flat_map(|photo| photo.chunks_mut(part * pixels).enumerate());
    let items: Vec<(usize, &mut [f32])> = items.collect();
    let parts = outputs.div_ceil(part);
    let arch = Arch::new();
    tasks::for_each(
        items,
        || (),
        |(), index, (part_index, out)| {
            let photo = &x[index / parts * inputs * pixels..][..inputs * pixels];
            let first = part_index * part;
            let count = out.len() / pixels;
            let weight = Matrix::new(&weight[first * inputs..][..count * inputs], count, inputs);
            multiply(out, weight, Matrix::new(photo, inputs, pixels), false);
            arch.dispatch(AddAndClamp { out, bias: &bias[first..], activation, pixels });
        },
    );
    y
}

/// Gradients, given the output `y` where it was clamped, and the gradient of it, which is overwritten.
///
/// # Shapes
/// As those of [`forward`].
pub fn backward(
    sizes: Sizes,
    x: &[f32],
    weight: &[f32],
    y: Option<Clamped>,
    gradient: &mut [f32],
    x_wanted: bool,
) -> Gradients {
    let Sizes { inputs, outputs, pixels } = sizes;
    let batch = x.len() / (inputs * pixels);
    let mut x_gradient = vec![0.0; if x_wanted { x.len() } else { 0 }];
    let mut sums = vec![0.0; batch * outputs]; // of each photo's gradient, by channel
    let arch = Arch::new();

    let mut wanted = x_gradient.chunks_exact_mut(inputs * pixels);
    let photos = gradient.chunks_exact_mut(outputs * pixels).zip(sums.chunks_exact_mut(outputs));
    let items: Vec<_> = photos.map(|(gradient, sums)| (gradient, sums, wanted.next())).collect();
    let filters = Matrix::new(weight, outputs, inputs);
    tasks::for_each(
        items,
        || (),
        |(), photo, (gradient, sums, x_gradient)| {
            let y = y.map(|y| y.part(photo * outputs * pixels, outputs * pixels));
            arch.dispatch(MaskAndSum { gradient, y, sums, pixels });
            if let Some(x_gradient) = x_gradient {
                multiply(x_gradient, filters.transposed(), Matrix::new(gradient, outputs, pixels), false);
            }
        },
    );

    let mut weight_gradient = vec![0.0; weight.len()];
    let part = outputs.div_ceil(tasks::threads());
    let gradient = &*gradient;
    tasks::for_each(
        weight_gradient.chunks_mut(part * inputs).collect(),
        || (),
        |(), index, out| {
            let count = out.len() / inputs;
            for photo in 0..batch {
                let start = (photo * outputs + index * part) * pixels;
                let gradient = Matrix::new(&gradient[start..][..count * pixels], count, pixels);
                let x = Matrix::new(&x[photo * inputs * pixels..][..inputs * pixels], inputs, pixels);
                multiply(out, gradient, x.transposed(), photo > 0);
            }
        },
    );

    Gradients::new(x_wanted.then_some(x_gradient), weight_gradient, &sums, outputs)
}

/// What follows the product. A struct, not a closure: only so is all of it compiled for the vectors that the processor has.
struct AddAndClamp<'a> {
    out: &'a mut [f32],
    bias: &'a [f32],
    activation: Activation,
    pixels: usize,
}

impl WithSimd for AddAndClamp<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (low, high) = self.activation.bounds();
        for (row, bias) in self.out.chunks_exact_mut(self.pixels).zip(self.bias) {
            for value in row {
                *value = (*value + bias).clamp(low, high);
            }
        }
    }
}
