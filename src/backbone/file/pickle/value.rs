//! What a pickle is made of.

use super::super::number::Number;
use super::super::refusal::corrupt;
use super::global::Global;
use crate::error::Result;

/// Most values that a pickle may keep: items of its containers, and memos. A network with a thousand tensors keeps 40,000.
const MAX_KEPT: usize = 4 << 20;

/// Most items of a dict. The weights of a network have thousands; looking for them takes a few passes over a dict.
const MAX_ITEMS: usize = 200_000;

/// A value on the stack. What has parts is the number of an object in [`Objects`]: containers are filled after they were put
/// into others, and may contain themselves.
#[derive(Clone, Copy, PartialEq)]
pub enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    /// An integer of more than 64 bits, little-endian. Only the number that a legacy file begins with is known.
    Long(&'a [u8]),
    Text(&'a str),
    Global(Global),
    /// A tuple or a list. Nobody looks at whether it could be changed.
    List(usize),
    Dict(usize),
    Storage(usize),
    Tensor(usize),
    /// Floats, byte strings, sets, hyperparameters: of no use here, so nothing of them is kept.
    Opaque,
}

impl Value<'_> {
    /// What it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a bool",
            Self::Int(_) | Self::Long(_) => "an integer",
            Self::Text(_) => "a string",
            Self::Global(_) => "a class or function",
            Self::List(_) => "a list",
            Self::Dict(_) => "a dict",
            Self::Storage(_) => "a storage",
            Self::Tensor(_) => "a tensor",
            Self::Opaque => "a number or another object",
        }
    }
}

/// Where a tensor's numbers are: the name of a storage.
#[derive(Clone, Copy)]
pub struct StorageKey<'a> {
    pub key: &'a str,
    /// `None` for an untyped one, which is counted in bytes; its tensors tell what is inside.
    pub number: Option<Number>,
    /// Numbers before it in the storage of that key, for a view of files before PyTorch 0.4.
    pub first: u64,
    /// Its numbers.
    pub count: u64,
}

/// A tensor as the pickle describes it, not yet compared with what the storage has.
pub struct Tensor<'a> {
    pub storage: StorageKey<'a>,
    pub number: Number,
    pub offset: u64,
    pub shape: Vec<u64>,
    pub strides: Vec<u64>,
}

/// The parts of values.
#[derive(Default)]
pub struct Objects<'a> {
    lists: Vec<Vec<Value<'a>>>,
    dicts: Vec<Vec<(Value<'a>, Value<'a>)>>,
    storages: Vec<StorageKey<'a>>,
    tensors: Vec<Tensor<'a>>,
    kept: usize,
}

impl<'a> Objects<'a> {
    /// Counts `more` values that stay. All that is kept or copied is counted here first, which bounds memory and time.
    #[inline(never)]
    pub fn keep(&mut self, more: usize) -> Result<()> {
        self.kept = self.kept.saturating_add(more);
        if self.kept > MAX_KEPT {
            return Err(corrupt(format!("its pickle has more than {MAX_KEPT} values")));
        }
        Ok(())
    }

    pub fn add_list(&mut self, items: Vec<Value<'a>>) -> Result<Value<'a>> {
        self.keep(1 + items.len())?;
        self.lists.push(items);
        Ok(Value::List(self.lists.len() - 1))
    }

    pub fn add_dict(&mut self) -> Result<Value<'a>> {
        self.keep(1)?;
        self.dicts.push(Vec::new());
        Ok(Value::Dict(self.dicts.len() - 1))
    }

    pub fn add_storage(&mut self, storage: StorageKey<'a>) -> Result<Value<'a>> {
        self.keep(2)?;
        self.storages.push(storage);
        Ok(Value::Storage(self.storages.len() - 1))
    }

    pub fn add_tensor(&mut self, tensor: Tensor<'a>) -> Result<Value<'a>> {
        self.keep(8 + 2 * tensor.shape.len())?;
        self.tensors.push(tensor);
        Ok(Value::Tensor(self.tensors.len() - 1))
    }

    /// Appends to a list, and drops what is given to an object that is not kept.
    pub fn extend(&mut self, list: Value<'a>, items: &[Value<'a>]) -> Result<()> {
        self.keep(items.len())?;
        match list {
            Value::List(list) => self.lists[list].extend(items),
            Value::Opaque => {}
            other => return Err(corrupt(format!("its pickle appends to {}", other.kind()))),
        }
        Ok(())
    }

    /// Sets items of a dict: `items` are a key, its value, the next key and so on.
    pub fn set(&mut self, dict: Value<'a>, items: &[Value<'a>]) -> Result<()> {
        self.keep(items.len())?;
        let (pairs, []) = items.as_chunks::<2>() else {
            return Err(corrupt("its pickle has a key without a value"));
        };
        match dict {
            Value::Dict(dict) => {
                let entries = &mut self.dicts[dict];
                entries.extend(pairs.iter().map(|&[key, value]| (key, value)));
                if entries.len() > MAX_ITEMS {
                    return Err(corrupt(format!("a dict of its pickle has more than {MAX_ITEMS} items")));
                }
            }
            Value::Opaque => {}
            other => return Err(corrupt(format!("its pickle sets items of {}", other.kind()))),
        }
        Ok(())
    }

    /// The items of a list or tuple.
    pub fn items(&self, value: Value<'a>) -> Option<&[Value<'a>]> {
        match value {
            Value::List(list) => self.lists.get(list).map(Vec::as_slice),
            _ => None,
        }
    }

    /// The items of a dict in their order; a key that was set twice stands there twice, and the last one holds.
    pub fn entries(&self, value: Value<'a>) -> Option<&[(Value<'a>, Value<'a>)]> {
        match value {
            Value::Dict(dict) => self.dicts.get(dict).map(Vec::as_slice),
            _ => None,
        }
    }

    /// The value of `key` in a dict.
    #[inline(never)]
    pub fn get(&self, dict: Value<'a>, key: &str) -> Option<Value<'a>> {
        let entries = self.entries(dict)?;
        entries.iter().rev().find(|(name, _)| *name == Value::Text(key)).map(|(_, value)| *value)
    }

    pub fn storage(&self, value: Value<'a>) -> Option<StorageKey<'a>> {
        match value {
            Value::Storage(storage) => self.storages.get(storage).copied(),
            _ => None,
        }
    }

    pub fn tensor(&self, value: Value<'a>) -> Option<&Tensor<'a>> {
        match value {
            Value::Tensor(tensor) => self.tensors.get(tensor),
            _ => None,
        }
    }

    pub fn storages(&self) -> &[StorageKey<'a>] {
        &self.storages
    }
}
