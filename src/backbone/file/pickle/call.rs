//! What stands for a call in a pickle: plain data made of plain data.

use super::super::refusal::corrupt;
use super::super::view::MAX_DIMENSIONS;
use super::global::Global;
use super::value::{Objects, StorageKey, Tensor, Value};
use crate::error::{Error, Result};

/// Most bytes of a storage's key.
const MAX_KEY: usize = 100;

impl<'a> Objects<'a> {
    /// What `function` makes of a tuple of arguments.
    pub fn call(&mut self, function: Value<'a>, arguments: Value<'a>) -> Result<Value<'a>> {
        let Value::Global(global) = function else {
            return match function {
                Value::Opaque => Ok(Value::Opaque),
                other => Err(corrupt(format!("its pickle calls {}", other.kind()))),
            };
        };
        let items = self.items(arguments).ok_or_else(|| wrong("the arguments", arguments))?;
        let argument = |at: usize| items.get(at).copied().unwrap_or(Value::None);
        let first = argument(0);
        match global {
            Global::Opaque => Ok(Value::Opaque),
            Global::Dict => self.dict(first),
            Global::Size => self.items(first).map(|_| first).ok_or_else(|| wrong("a size", first)),
            Global::Parameter => match first {
                Value::Tensor(_) => Ok(first),
                other => Err(wrong("a parameter", other)),
            },
            Global::Tensor | Global::TensorOfNumber => self.tensor_of(global, arguments),
            Global::TensorOfClass => match (first, argument(2)) {
                (Value::Global(rebuild @ (Global::Tensor | Global::TensorOfNumber)), arguments) => {
                    self.tensor_of(rebuild, arguments)
                }
                (other, _) => Err(wrong("a tensor's function", other)),
            },
            Global::Storage(_) | Global::UntypedStorage | Global::Number(_) => Err(wrong("a function", function)),
        }
    }

    /// A dict; Python 2 gives the items of an ordered one as a list of pairs.
    fn dict(&mut self, pairs: Value<'a>) -> Result<Value<'a>> {
        self.keep(self.items(pairs).unwrap_or_default().len())?;
        let pairs = self.items(pairs).unwrap_or_default().to_vec();
        let dict = self.add_dict()?;
        for pair in pairs {
            let &[key, value] = self.items(pair).unwrap_or_default() else {
                return Err(wrong("a key with its value", pair));
            };
            self.set(dict, &[key, value])?;
        }
        Ok(dict)
    }

    fn tensor_of(&mut self, rebuild: Global, arguments: Value<'a>) -> Result<Value<'a>> {
        let items = self.items(arguments).ok_or_else(|| wrong("a tensor's arguments", arguments))?;
        let &[storage, offset, shape, strides, ref rest @ ..] = items else {
            return Err(wrong("a tensor's storage, offset, shape and strides", arguments));
        };
        let storage = self.storage(storage).ok_or_else(|| wrong("a tensor's storage", storage))?;
        let number = match (rebuild, rest.get(2), storage.number) {
            (Global::TensorOfNumber, Some(Value::Global(Global::Number(number))), _) => *number,
            (Global::Tensor, _, Some(number)) => number,
            _ => return Err(corrupt("a tensor does not tell the type of its numbers")),
        };
        let offset = count(offset)?;
        let (shape, strides) = (self.counts(shape)?, self.counts(strides)?);
        self.add_tensor(Tensor { storage, number, offset, shape, strides })
    }

    fn counts(&self, value: Value<'a>) -> Result<Vec<u64>> {
        let items = self.items(value).filter(|items| items.len() <= MAX_DIMENSIONS);
        items.ok_or_else(|| wrong("a shape", value))?.iter().map(|&item| count(item)).collect()
    }

    /// The storage that a persistent id names: `("storage", class, key, device, count)`, in legacy files with `None` or
    /// `(key, first, count)` of a view after it.
    pub fn persistent(&mut self, id: Value<'a>) -> Result<Value<'a>> {
        let items = self.items(id).unwrap_or_default();
        let &[Value::Text("storage"), Value::Global(class), Value::Text(key), _, numbers, ref view @ ..] = items else {
            return Err(wrong("a storage's id", id));
        };
        let number = match class {
            Global::Storage(number) => Some(number),
            Global::UntypedStorage => None,
            _ => return Err(wrong("a storage's class", Value::Global(class))),
        };
        if key.len() > MAX_KEY {
            return Err(corrupt(format!("the key of a storage has {} bytes, expected at most {MAX_KEY}", key.len())));
        }
        let (first, numbers) = match view.first().and_then(|&view| self.items(view)) {
            Some(&[_, first, numbers]) => (count(first)?, numbers),
            _ => (0, numbers),
        };
        self.add_storage(StorageKey { key, number, first, count: count(numbers)? })
    }
}

fn count(value: Value<'_>) -> Result<u64> {
    match value {
        Value::Int(count) if count >= 0 => Ok(count.unsigned_abs()),
        other => Err(wrong("a count", other)),
    }
}

fn wrong(expected: &str, got: Value<'_>) -> Error {
    corrupt(format!("its pickle should have {expected} where it has {}", got.kind()))
}
