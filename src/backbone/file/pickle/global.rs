//! The names a pickle may use. None of them is a function that is called: each stands for a kind of plain data.

use super::super::number::Number;
use super::super::refusal::{shown, unsupported};
use crate::error::{Error, Result};

/// What a known name stands for.
#[derive(Clone, Copy, PartialEq)]
pub enum Global {
    /// A dict, whatever order or default it has.
    Dict,
    /// `torch.Size`: its argument, a tuple.
    Size,
    /// A typed storage.
    Storage(Number),
    /// A storage counted in bytes.
    UntypedStorage,
    /// A type of numbers.
    Number(Number),
    /// A tensor out of (storage, offset, shape, strides, …).
    Tensor,
    /// The same with the type of its numbers as the seventh.
    TensorOfNumber,
    /// A tensor as a parameter: its first argument.
    Parameter,
    /// A tensor of a class of its own: (one of the above, class, its arguments, …).
    TensorOfClass,
    /// An object whose contents are not needed.
    Opaque,
}

/// What hyperparameters, optimisers and schedules are saved with: module, names.
const OPAQUE: &[(&str, &[&str])] = &[
    ("argparse", &["Namespace"]),
    ("builtins", PLAIN),
    ("__builtin__", PLAIN),
    ("collections", &["Counter", "deque"]),
    ("datetime", &["date", "datetime", "timedelta", "timezone"]),
    ("lightning.fabric.utilities.data", &["AttributeDict"]),
    ("lightning_fabric.utilities.data", &["AttributeDict"]),
    ("numpy", &["dtype", "ndarray"]),
    ("numpy._core.numeric", &["_frombuffer"]),
    ("numpy.core.numeric", &["_frombuffer"]),
    ("numpy._core.multiarray", &["_reconstruct", "scalar"]),
    ("numpy.core.multiarray", &["_reconstruct", "scalar"]),
    ("pathlib", &["Path", "PosixPath", "PurePath", "PurePosixPath", "PureWindowsPath", "WindowsPath"]),
    ("pathlib._local", &["Path", "PosixPath", "PurePath", "PurePosixPath", "PureWindowsPath", "WindowsPath"]),
    ("pytorch_lightning.utilities.parsing", &["AttributeDict"]),
    (
        "torch",
        &["Tensor", "contiguous_format", "channels_last", "device", "memory_format", "preserve_format", "strided"],
    ),
    ("torch._utils", &["_get_layout"]),
    ("torch.nn.parameter", &["Buffer", "Parameter"]),
    ("torch.serialization", &["_get_layout"]),
    ("types", &["SimpleNamespace"]),
    ("_codecs", &["encode"]),
];
const PLAIN: &[&str] = &[
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "object",
    "range",
    "set",
    "slice",
    "str",
    "tuple",
    "xrange",
];

impl Global {
    /// # Errors
    /// `weights-unsupported`, with the name, where it is not one of those above.
    pub fn named(module: &str, name: &str) -> Result<Self> {
        Self::known(module, name).ok_or_else(|| refused(module, name))
    }

    fn known(module: &str, name: &str) -> Option<Self> {
        let plain = match (module, name) {
            ("collections", "OrderedDict" | "defaultdict") => Some(Self::Dict),
            ("torch", "Size") => Some(Self::Size),
            ("torch" | "torch.storage", "UntypedStorage") => Some(Self::UntypedStorage),
            ("torch", class) if class.ends_with("Storage") => Number::of_storage(class).map(Self::Storage),
            ("torch.storage" | "torch.cuda", class) => Number::of_storage(class).map(Self::Storage),
            ("torch", name) => Number::of_dtype(name).map(Self::Number),
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Some(Self::Tensor),
            ("torch._utils", "_rebuild_tensor_v3") => Some(Self::TensorOfNumber),
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => Some(Self::Parameter),
            ("torch._tensor", "_rebuild_from_type" | "_rebuild_from_type_v2") => Some(Self::TensorOfClass),
            _ => None,
        };
        let opaque = || OPAQUE.iter().any(|(of, names)| *of == module && names.contains(&name)).then_some(Self::Opaque);
        plain.or_else(opaque)
    }
}

fn refused(module: &str, name: &str) -> Error {
    let full = shown(&format!("{module}.{name}"));
    let save = "save only the weights, torch.save(model.state_dict(), \"weights.pth\")";
    let is_tensor = module.starts_with("torch._") && name.starts_with("_rebuild_");
    let message = if is_tensor {
        format!(
            "the weights file has a tensor of a kind that is not read here ({full}): expected plain tensors of floats; {save}"
        )
    } else if is_model(module) {
        format!(
            "the weights file is a whole model with its program ({full}), and no program in a file is ever run here: \
             expected its weights alone; {save}"
        )
    } else {
        format!("the weights file asks to run {full}, which is never done: expected weights alone; {save}")
    };
    unsupported("program", &full, message)
}

/// Whether classes of that module are probably parts of a network, for the words of the message alone.
fn is_model(module: &str) -> bool {
    ["torch.nn.", "torchvision.", "timm.", "__main__", "__torch__", "models", "ultralytics."]
        .iter()
        .any(|prefix| module.starts_with(prefix))
}
