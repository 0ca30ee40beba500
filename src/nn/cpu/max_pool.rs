//! Maxima over windows of two or three, every second of which there is, forward and backward.

use std::mem::MaybeUninit;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::Tensor;
use pulp::{Arch, Simd, WithSimd};

use super::rows::{self, Larger, Same};
use super::tensors::{ours, tensor, values};
use super::unwritten::written;
use super::{halves, tasks};

/// Windows of `kernel` by `kernel`, two apart, on a picture with a border of `border`.
#[derive(Debug, Clone, Copy)]
struct Windows {
    kernel: usize,
    border: usize,
    picture: [usize; 2],
    out: [usize; 2],
}

/// `None` where it is left to Burn.
pub fn max_pool(x: &Tensor<4>, kernel: usize, stride: usize, border: usize) -> Option<Tensor<4>> {
    let [batch, channels, height, width] = x.dims();
    let fits = |size: usize| size + 2 * border >= kernel;
    // A border no wider than half a window: every window has something of the picture.
    if !ours(x) || !matches!((kernel, stride, border), (2, 2, 0 | 1) | (3, 2, 0 | 1)) || !fits(height) || !fits(width) {
        return None;
    }
    let out = [height, width].map(|size| (size + 2 * border - kernel) / 2 + 1);
    let windows = Windows { kernel, border, picture: [height, width], out };
    let shape = [batch, channels, out[0], out[1]];
    type Differentiable = Autodiff<Flex>;
    if x.device().is_autodiff() {
        let x = x.clone().try_into_primitive::<Differentiable>().ok()?;
        let nodes = [x.node()];
        let x = x.into_primitive().to_contiguous();
        let y = tensor(windows.forward(values(&x)), shape);
        let y = match MaxPoolBackward.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((windows, x), y),
            OpsKind::UnTracked(prep) => prep.finish(y),
        };
        return Some(Tensor::from_primitive::<Differentiable>(y));
    }
    let x = x.clone().try_into_primitive::<Flex>().ok()?.to_contiguous();
    Some(Tensor::from_primitive::<Flex>(tensor(windows.forward(values(&x)), shape)))
}

impl Windows {
    fn plane(&self) -> usize {
        self.picture[0] * self.picture[1]
    }

    fn out_plane(&self) -> usize {
        self.out[0] * self.out[1]
    }

    /// Rows or columns of the picture, `axis` 0 or 1, under the windows at that place.
    fn under(&self, axis: usize, place: usize) -> std::ops::Range<usize> {
        let start = 2 * place;
        start.saturating_sub(self.border)..(start + self.kernel - self.border).min(self.picture[axis])
    }

    fn forward(&self, x: &[f32]) -> Vec<f32> {
        let arch = Arch::new();
        let half = self.out[1] + 1;
        let write = |y: &mut [MaybeUninit<f32>]| {
            let planes = y.chunks_exact_mut(self.out_plane()).zip(x.chunks_exact(self.plane()));
            // A padded row, and its even and its odd values.
            let scratch = || (vec![f32::NEG_INFINITY; 2 * half], vec![0.0; half], vec![0.0; half]);
            tasks::for_each(planes.collect(), scratch, |(row, even, odd), _, (out, x)| {
                arch.dispatch(Plane { windows: self, x, row, even, odd, out });
            });
        };
        // SAFETY: every plane is written row by row.
        unsafe { written(x.len() / self.plane() * self.out_plane(), write) }
    }

    /// To the first place of each window at which its maximum is, as in PyTorch.
    fn backward(&self, x: &[f32], gradient: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        let planes = out.chunks_exact_mut(self.plane()).zip(x.chunks_exact(self.plane()));
        let planes = planes.zip(gradient.chunks_exact(self.out_plane()));
        tasks::for_each(
            planes.collect(),
            || (),
            |(), _, ((out, x), gradient)| {
                for (place, gradient) in gradient.iter().enumerate() {
                    let (rows, columns) = (self.under(0, place / self.out[1]), self.under(1, place % self.out[1]));
                    let mut most = rows.start * self.picture[1] + columns.start;
                    for at in rows.flat_map(|y| columns.clone().map(move |x| y * self.picture[1] + x)) {
                        if x[at] > x[most] || (x[at].is_nan() && !x[most].is_nan()) {
                            most = at;
                        }
                    }
                    out[most] += gradient;
                }
            },
        );
        out
    }
}

/// One plane forward. A struct, not a closure: only so is all of it compiled for the vectors that the processor has.
struct Plane<'a> {
    windows: &'a Windows,
    x: &'a [f32],
    /// As it comes, everything outside the picture is less than any value.
    row: &'a mut [f32],
    even: &'a mut [f32],
    odd: &'a mut [f32],
    out: &'a mut [MaybeUninit<f32>],
}

impl WithSimd for Plane<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { windows: Windows { kernel, border, picture: [_, width], .. }, row, even, odd, .. } = self;
        // Columns right of the last window are in none.
        let width_used = (*width).min(row.len() - border);
        for (y, out) in self.out.chunks_exact_mut(self.windows.out[1]).enumerate() {
            let inside = &mut row[*border..][..width_used];
            let mut lines = self.windows.under(0, y).map(|y| &self.x[y * width..][..width_used]);
            rows::map(inside, lines.next().expect("every window has something of the picture"), Same);
            lines.for_each(|line| rows::update(inside, line, Larger));
            halves::unzip(even, odd, row);
            let count = out.len();
            if *kernel == 2 {
                rows::zip(out, &even[..count], &odd[..count], Larger);
            } else {
                rows::update(&mut odd[..count], &even[..count], Larger);
                rows::zip(out, &odd[..count], &even[1..][..count], Larger);
            }
        }
    }
}

/// The node in the graph of gradients. Its parent: x.
#[derive(Debug)]
struct MaxPoolBackward;

impl Backward<Flex, 1> for MaxPoolBackward {
    type State = (Windows, FlexTensor);

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let (windows, x) = ops.state;
        let gradient = gradients.consume::<Flex>(&ops.node).to_contiguous();
        if let [Some(node)] = ops.parents {
            let values = windows.backward(values(&x), values(&gradient));
            gradients.register::<Flex>(node.id, tensor(values, x.layout().shape().clone()));
        }
    }
}
