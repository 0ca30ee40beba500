//! Everything in a module and its optimiser as named tensors, and back, bit for bit. Which parameters and running statistics
//! there are is asked of the module, so that none can be forgotten.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{AdamWState, AdaptiveMomentumState};
use burn::tensor::{Device, Tensor, TensorData};

use super::optimiser::Optimiser;
use crate::backbone::tensor_file::FileTensor;
use crate::error::Result;
use crate::train::read::embed::read;

/// Before the path of a parameter in its module; the moments have the names that PyTorch gives them.
const VALUE: &str = "parameters.";
const MOMENT_1: &str = "exp_avg.";
const MOMENT_2: &str = "exp_avg_sq.";

/// Steps of each parameter that has taken one, by its path.
pub type Steps = BTreeMap<String, usize>;

/// Reads all of it back in one go. `module` must live on the plain device ([`Module::valid`] also brings running statistics up to
/// date).
pub async fn save<M: Module>(module: &M, optimiser: &Optimiser) -> Result<(Vec<FileTensor>, Steps)> {
    let mut collect = Collect { path: Vec::new(), optimiser, found: Vec::new(), flat: Vec::new(), steps: Steps::new() };
    module.visit(&mut collect);
    let values = read(Tensor::cat(collect.flat, 0)).await?;
    let mut rest = values.as_slice();
    let tensors = collect.found.into_iter().map(|(name, shape)| {
        let (values, after) = rest.split_at(shape.iter().product());
        rest = after;
        FileTensor { name, shape, values: values.to_vec() }
    });
    Ok((tensors.collect(), collect.steps))
}

struct Collect<'a> {
    path: Vec<String>,
    optimiser: &'a Optimiser,
    found: Vec<(String, Vec<usize>)>,
    flat: Vec<Tensor<1>>,
    steps: Steps,
}

impl Collect<'_> {
    fn add<const D: usize>(&mut self, name: String, tensor: Tensor<D>) {
        let shape = tensor.dims().to_vec();
        self.flat.push(tensor.reshape([shape.iter().product::<usize>()]));
        self.found.push((name, shape));
    }
}

impl ModuleVisitor for Collect<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let path = self.path.join(".");
        self.add(format!("{VALUE}{path}"), param.val());
        if let Some(AdamWState { momentum }) = self.optimiser.state::<D>(param.id).cloned() {
            self.add(format!("{MOMENT_1}{path}"), momentum.moment_1);
            self.add(format!("{MOMENT_2}{path}"), momentum.moment_2);
            self.steps.insert(path, momentum.time);
        }
    }
}

/// Puts back what [`save`] gave, into a module of the same make on the autodiff device of `device`, and an optimiser that has
/// taken no step. Tensors are taken out of `tensors`; what is left there is none of this module's.
///
/// # Errors
/// What is missing or not as it should be, in words.
pub fn restore<M: Module>(
    module: M,
    optimiser: &mut Optimiser,
    tensors: &mut BTreeMap<String, FileTensor>,
    steps: &Steps,
    device: &Device,
) -> std::result::Result<M, String> {
    let mut put = Put { path: Vec::new(), optimiser, tensors, steps, device, problems: Vec::new() };
    let module = module.map(&mut put);
    if put.problems.is_empty() { Ok(module) } else { Err(put.problems.join("; ")) }
}

struct Put<'a> {
    path: Vec<String>,
    optimiser: &'a mut Optimiser,
    tensors: &'a mut BTreeMap<String, FileTensor>,
    steps: &'a Steps,
    device: &'a Device,
    problems: Vec<String>,
}

impl Put<'_> {
    fn take(&mut self, name: String, shape: &[usize]) -> Option<TensorData> {
        match self.tensors.remove(&name) {
            Some(tensor) if tensor.shape == shape => Some(TensorData::new(tensor.values, tensor.shape)),
            _ => {
                self.problems.push(format!("it lacks the tensor {name} of shape {shape:?}"));
                None
            }
        }
    }
}

impl ModuleMapper for Put<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, path, shape) = (param.id, self.path.join("."), param.val().dims());
        if let Some(&time) = self.steps.get(&path) {
            let moments =
                (self.take(format!("{MOMENT_1}{path}"), &shape), self.take(format!("{MOMENT_2}{path}"), &shape));
            if let (Some(moment_1), Some(moment_2)) = moments {
                let plain = |data| Tensor::from_data(data, self.device);
                let momentum = AdaptiveMomentumState::new(time, plain(moment_1), plain(moment_2));
                self.optimiser.set_state::<D>(id, AdamWState { momentum });
            }
        }
        let Some(values) = self.take(format!("{VALUE}{path}"), &shape) else { return param };
        let device = self.device.clone().autodiff();
        param.map(|old| Tensor::from_data(values, &device).set_require_grad(old.is_require_grad()))
    }
}
