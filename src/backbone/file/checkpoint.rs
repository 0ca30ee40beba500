//! From the values of a checkpoint to named tensors: which of its dicts are the weights.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::Range;

use super::number::Number;
use super::pickle::{Objects, Pickle, Value};
use super::refusal::{corrupt, shown, unsupported};
use super::tensor_info::TensorInfo;
use super::view::View;
use crate::error::{Error, Result};

/// Keys under which training scripts keep the weights beside other things. The first that is there is taken, so averaged weights come
/// before those that were averaged, as in timm's `load_state_dict`: they are the ones whose accuracy is told.
const WRAPPERS: [&str; 13] = [
    "state_dict_ema",
    "model_ema",
    "ema_state_dict",
    "ema",
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "module",
    "weights",
    "params",
];

/// How many wrappers may be inside each other.
const MAX_WRAPPERS: usize = 4;

/// Most entries of a dict in which weights of an unknown name are looked for.
const MAX_BESIDE: usize = 1000;

const MAX_TENSORS: usize = 100_000;
const MAX_NAME: usize = 500;

/// What batch-norm's counters are called.
const COUNTER: &str = "num_batches_tracked";

/// Bytes that all tensors together may have, as a multiple of the file's: they share storages, and repeat numbers of some.
const MAX_SHARED: u64 = 4;
/// And what a small file may have beyond that.
const MAX_SMALL: u64 = 1 << 20;

/// The tensors of a file under the names it gives them.
#[derive(Debug, Default)]
pub struct Found {
    /// Tensors of floats.
    pub tensors: BTreeMap<String, TensorInfo>,
    /// Tensors that are no weights.
    pub others: BTreeMap<String, TensorInfo>,
}

/// Where the numbers of a storage are.
pub trait Storages {
    /// Bytes of the file; `None` where there is no storage of that key.
    fn range(&self, key: &str) -> Result<Option<Range<usize>>>;
}

/// A file's tensors while they are counted.
pub struct Collected {
    found: Found,
    bytes: u64,
    most_bytes: u64,
}

impl Collected {
    pub fn new(file: usize) -> Self {
        let most_bytes = (file as u64).saturating_mul(MAX_SHARED).saturating_add(MAX_SMALL);
        Self { found: Found::default(), bytes: 0, most_bytes }
    }

    /// # Errors
    /// `weights-corrupt` for more tensors, longer names or more numbers than any network of that size has;
    /// `weights-unsupported` for numbers that are no weights of a network.
    pub fn add(&mut self, name: &str, view: View) -> Result<()> {
        if name.len() > MAX_NAME {
            return Err(corrupt(format!("the name of a tensor has {} bytes, expected at most {MAX_NAME}", name.len())));
        }
        if self.found.tensors.len() + self.found.others.len() >= MAX_TENSORS {
            return Err(corrupt(format!("it has more than {MAX_TENSORS} tensors")));
        }
        self.bytes = self.bytes.saturating_add(view.count() as u64 * view.number.bytes());
        if self.bytes > self.most_bytes {
            return Err(corrupt("its tensors have more numbers than the file has room for"));
        }
        match view.number {
            Number::Foreign(_, number) => return Err(foreign_number(name, number)),
            // A network that was made half precision as a whole has its counters so, too.
            number if !number.is_float() || name.ends_with(COUNTER) => {
                self.found.others.insert(name.to_owned(), TensorInfo(view))
            }
            _ => self.found.tensors.insert(name.to_owned(), TensorInfo(view)),
        };
        Ok(())
    }

    pub fn found(self) -> Found {
        self.found
    }
}

/// The refusal of a tensor whose numbers no network here has.
pub fn foreign_number(name: &str, number: impl Display) -> Error {
    let name = shown(name);
    let message = format!("the tensor {name:?} of the weights file has numbers of type {number}: expected floats");
    unsupported("tensor", &name, message).with("number", number)
}

/// The tensors of a PyTorch checkpoint whose file has `file` bytes.
///
/// # Errors
/// `weights-unsupported` where it has no dict of tensors, or several and none of a known name; `weights-corrupt` where a tensor lies.
pub fn read_checkpoint(pickle: &Pickle<'_>, storages: &dyn Storages, file: usize) -> Result<Found> {
    let objects = &pickle.objects;
    let weights = weights(objects, pickle.root)?;
    let mut collected = Collected::new(file);
    for (name, value) in objects.entries(weights).unwrap_or_default() {
        if let (Value::Text(name), Some(tensor)) = (name, objects.tensor(*value)) {
            let view = view(tensor, storages)?;
            collected.add(name, view)?;
        }
    }
    Ok(collected.found())
}

fn view(tensor: &super::pickle::Tensor<'_>, storages: &dyn Storages) -> Result<View> {
    let storage = tensor.storage;
    let lies = || corrupt(format!("the storage {:?} is shorter than it should be", storage.key));
    let range = storages.range(storage.key)?;
    let range = range.ok_or_else(|| corrupt(format!("the storage {:?} is missing", storage.key)))?;
    // An untyped storage is counted in bytes.
    let size = storage.number.map_or(1, Number::bytes);
    let start = storage.first.checked_mul(size).ok_or_else(lies)?;
    let end = storage.count.checked_mul(size).and_then(|bytes| bytes.checked_add(start)).ok_or_else(lies)?;
    if end > range.len() as u64 {
        return Err(lies());
    }
    // Both fit: they are no longer than the range.
    let within = range.start + start as usize..range.start + end as usize;
    View::new(tensor.number, &tensor.shape, &tensor.strides, tensor.offset, within)
}

/// The dict whose values are the tensors.
fn weights<'a>(objects: &Objects<'a>, root: Value<'a>) -> Result<Value<'a>> {
    let mut dict = root;
    for _ in 0..=MAX_WRAPPERS {
        let wrapped = WRAPPERS.iter().filter_map(|key| objects.get(dict, key));
        match wrapped.into_iter().find(|&value| has_tensors(objects, value) || is_wrapper(objects, value)) {
            Some(inner) => dict = inner,
            None => break,
        }
    }
    if has_tensors(objects, dict) {
        return Ok(dict);
    }
    // One that nobody calls so, but there is no other. What a script saves beside weights are a few things.
    let entries = objects.entries(dict).unwrap_or_default().iter().take(MAX_BESIDE);
    let others = entries.filter(|(_, value)| has_tensors(objects, *value));
    match others.collect::<Vec<_>>()[..] {
        [(_, weights)] => Ok(*weights),
        [] => Err(none(objects, dict)),
        ref several => Err(unsupported(
            "kind",
            &format!("several sets of weights, {}", keys(several)),
            format!(
                "the weights file has several sets of weights, {}: expected one; save that alone, \
                 torch.save(model.state_dict(), \"weights.pth\")",
                keys(several)
            ),
        )),
    }
}

fn has_tensors<'a>(objects: &Objects<'a>, value: Value<'a>) -> bool {
    objects.entries(value).unwrap_or_default().iter().any(|(key, value)| is_named_tensor(*key, *value))
}

fn is_named_tensor(key: Value<'_>, value: Value<'_>) -> bool {
    matches!((key, value), (Value::Text(_), Value::Tensor(_)))
}

fn is_wrapper<'a>(objects: &Objects<'a>, value: Value<'a>) -> bool {
    WRAPPERS.iter().any(|key| matches!(objects.get(value, key), Some(Value::Dict(_))))
}

fn none<'a>(objects: &Objects<'a>, value: Value<'a>) -> Error {
    let what = match objects.entries(value) {
        Some(entries) if !entries.is_empty() => format!("a dict with {}", keys(&entries.iter().collect::<Vec<_>>())),
        Some(_) => "an empty dict".to_owned(),
        None => value.kind().to_owned(),
    };
    unsupported(
        "kind",
        &what,
        format!(
            "the weights file holds {what} and no named tensors: expected a network's weights, \
             torch.save(model.state_dict(), \"weights.pth\")"
        ),
    )
}

/// The first few names of a dict.
fn keys(entries: &[&(Value<'_>, Value<'_>)]) -> String {
    const FEW: usize = 5;
    let names = entries.iter().filter_map(|(key, _)| if let Value::Text(key) = key { Some(shown(key)) } else { None });
    let names: Vec<String> = names.take(FEW + 1).collect();
    let more = if names.len() > FEW { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(FEW)].join(", "))
}
