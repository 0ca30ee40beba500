//! Between Burn's tensors and the values that kernels work on.

use burn::backend::flex::FlexTensor;
use burn::tensor::{DType, Device, Shape, Tensor, TensorData};

use super::switched_off;

/// Whether these kernels are for it.
pub fn ours(x: &Tensor<4>) -> bool {
    !switched_off() && x.device() == Device::flex() && x.dtype() == DType::F32 && !x.dims().contains(&0)
}

/// The values of a contiguous tensor.
pub fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.storage::<f32>()
}

pub fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}
