//! What learns in a module, and its gradients, as one list of numbers in the module's order: the form in which they go from one
//! instance of the core to another.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};

use crate::error::{Error, Result};
use crate::train::read::embed::read;

/// How many values learn.
pub fn count<M: Module>(module: &M) -> usize {
    let mut count = Count(0);
    module.visit(&mut count);
    count.0
}

struct Count(usize);

impl ModuleVisitor for Count {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if learns(param) {
            self.0 += param.val().shape().num_elements();
        }
    }
}

fn learns<const D: usize>(param: &Param<Tensor<D>>) -> bool {
    param.val().is_require_grad()
}

/// The values of a module on the autodiff device. One readback.
pub async fn values<M: Module>(module: &M) -> Result<Vec<f32>> {
    let mut flat = Flat { gradients: None, found: Vec::new() };
    module.visit(&mut flat);
    read(Tensor::cat(flat.found, 0)).await
}

/// The gradients of everything that learns. One readback.
pub async fn gradients<M: Module>(module: &M, gradients: &GradientsParams) -> Result<Vec<f32>> {
    let mut flat = Flat { gradients: Some(gradients), found: Vec::new() };
    module.visit(&mut flat);
    read(Tensor::cat(flat.found, 0)).await
}

struct Flat<'a> {
    /// Where they are wanted and not the values.
    gradients: Option<&'a GradientsParams>,
    found: Vec<Tensor<1>>,
}

impl ModuleVisitor for Flat<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !learns(param) {
            return;
        }
        let value = param.val().inner();
        let tensor = match self.gradients {
            None => value,
            // What no output depends on has none.
            Some(gradients) => gradients.get::<D>(param.id).unwrap_or_else(|| value.zeros_like()),
        };
        let count = tensor.shape().num_elements();
        self.found.push(tensor.reshape([count]));
    }
}

/// The module with other values, on the autodiff `device`.
///
/// # Errors
/// `internal` when they are not as many as learn.
pub fn with_values<M: Module>(module: M, values: &[f32], device: &Device) -> Result<M> {
    check(&module, values)?;
    Ok(module.map(&mut Put { values, device }))
}

struct Put<'a> {
    values: &'a [f32],
    device: &'a Device,
}

impl ModuleMapper for Put<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !learns(&param) {
            return param;
        }
        param.map(|old| Tensor::from_data(take(&mut self.values, old.dims()), self.device).require_grad())
    }
}

/// The opposite of [`gradients`], on the plain `device`.
///
/// # Errors
/// As [`with_values`].
pub fn to_gradients<M: Module>(module: &M, values: &[f32], device: &Device) -> Result<GradientsParams> {
    check(module, values)?;
    let mut put = PutGradients { values, device, gradients: GradientsParams::new() };
    module.visit(&mut put);
    Ok(put.gradients)
}

struct PutGradients<'a> {
    values: &'a [f32],
    device: &'a Device,
    gradients: GradientsParams,
}

impl ModuleVisitor for PutGradients<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if learns(param) {
            let gradient = Tensor::<D>::from_data(take(&mut self.values, param.val().dims()), self.device);
            self.gradients.register(param.id, gradient);
        }
    }
}

/// The first of the values as a tensor of that shape; they are no longer there afterwards. There must be as many.
fn take<const D: usize>(values: &mut &[f32], shape: [usize; D]) -> TensorData {
    let (of_tensor, rest) = values.split_at(shape.iter().product());
    *values = rest;
    TensorData::new(of_tensor.to_vec(), shape)
}

fn check<M: Module>(module: &M, values: &[f32]) -> Result<()> {
    let (expected, got) = (count(module), values.len());
    if expected == got {
        return Ok(());
    }
    Err(Error::internal(format!("expected the {expected} values of what learns, got {got}")))
}

/// Both together, parameter by parameter.
pub fn sum<M: Module>(module: &M, sum: GradientsParams, more: GradientsParams) -> GradientsParams {
    let mut add = Add { sum, more };
    module.visit(&mut add);
    add.sum
}

struct Add {
    sum: GradientsParams,
    more: GradientsParams,
}

impl ModuleVisitor for Add {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(more) = self.more.remove::<D>(param.id) else { return };
        let sum = match self.sum.remove::<D>(param.id) {
            Some(sum) => sum + more,
            None => more,
        };
        self.sum.register(param.id, sum);
    }
}
