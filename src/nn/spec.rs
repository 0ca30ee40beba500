//! What the kernels of our own on the CPU and on a graphics card both take.

/// What a convolution with its batch-norm and clamp is besides its tensors, as the kernels of our own take it.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    pub kernel: usize,
    pub stride: usize,
    pub groups: usize,
    pub relu6: bool,
}
