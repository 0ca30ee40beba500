//! What a convolution is besides its tensors: said once, for the layers, for Burn's operations and for the kernels of our own.

use burn::nn::PaddingConfig2d;

/// How a picture is bordered with zeros before a window goes over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// TensorFlow's "SAME": as many as the outputs need, `⌈size / stride⌉` of them; the odd one below and right.
    Same,
    /// PyTorch's: this many on each side.
    Each(usize),
}

impl Padding {
    /// Zeros above (or left) of `size` values.
    pub fn before(self, kernel: usize, stride: usize, size: usize) -> usize {
        self.zeros(kernel, stride, size) / 2
    }

    /// Zeros below (or right) of them.
    pub fn after(self, kernel: usize, stride: usize, size: usize) -> usize {
        self.zeros(kernel, stride, size).div_ceil(2)
    }

    fn zeros(self, kernel: usize, stride: usize, size: usize) -> usize {
        match self {
            Self::Same => ((size.div_ceil(stride).max(1) - 1) * stride + kernel).saturating_sub(size),
            Self::Each(zeros) => 2 * zeros,
        }
    }

    /// How many outputs `size` values give.
    pub fn outputs(self, kernel: usize, stride: usize, size: usize) -> usize {
        match self {
            Self::Same => size.div_ceil(stride),
            Self::Each(zeros) => (size + 2 * zeros).checked_sub(kernel).map_or(0, |room| room / stride + 1),
        }
    }

    /// As Burn takes it.
    pub fn config(self, kernel: usize) -> PaddingConfig2d {
        match self {
            _ if kernel == 1 => PaddingConfig2d::Valid,
            Self::Same => PaddingConfig2d::Same,
            Self::Each(zeros) => PaddingConfig2d::Explicit(zeros, zeros, zeros, zeros),
        }
    }
}

/// What follows a convolution and its batch-norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activation {
    None,
    /// `max(x, 0)`
    Relu,
    /// `min(max(x, 0), 6)`
    Relu6,
}

impl Activation {
    /// Least and largest value that it lets through.
    pub fn bounds(self) -> (f32, f32) {
        match self {
            Self::None => (f32::NEG_INFINITY, f32::INFINITY),
            Self::Relu => (0.0, f32::INFINITY),
            Self::Relu6 => (0.0, 6.0),
        }
    }
}

/// The window of a convolution and what follows it, as kernels take it. One that a device has no kernel for takes Burn's operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    pub kernel: usize,
    pub stride: usize,
    pub groups: usize,
    pub padding: Padding,
    pub activation: Activation,
}

impl Spec {
    /// `[height, width]` of what it makes of a picture of that size.
    pub fn outputs(&self, picture: [usize; 2]) -> [usize; 2] {
        picture.map(|size| self.padding.outputs(self.kernel, self.stride, size))
    }

    /// Zeros above and left of a picture of that size.
    pub fn before(&self, picture: [usize; 2]) -> [usize; 2] {
        picture.map(|size| self.padding.before(self.kernel, self.stride, size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_is_tensorflows_and_each_is_pytorchs() {
        let of = |padding: Padding, kernel, stride, size| {
            (padding.before(kernel, stride, size), padding.outputs(kernel, stride, size))
        };
        assert_eq!(of(Padding::Same, 3, 2, 224), (0, 112), "the one zero is below");
        assert_eq!(of(Padding::Same, 3, 2, 225), (1, 113));
        assert_eq!(of(Padding::Same, 5, 2, 112), (1, 56));
        assert_eq!(of(Padding::Same, 3, 1, 7), (1, 7));
        assert_eq!(of(Padding::Each(1), 3, 2, 224), (1, 112));
        assert_eq!(of(Padding::Each(3), 7, 2, 224), (3, 112));
        assert_eq!(of(Padding::Each(0), 2, 2, 7), (0, 3));
        assert_eq!(of(Padding::Each(0), 3, 1, 2), (0, 0), "a window larger than the picture");
        let after = [(3, 224), (3, 225), (5, 112)].map(|(kernel, size)| Padding::Same.after(kernel, 2, size));
        assert_eq!((after, Padding::Each(3).after(7, 2, 224)), ([1, 1, 2], 3));
    }
}
