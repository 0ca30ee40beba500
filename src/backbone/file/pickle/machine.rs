//! The stack machine.

use super::super::bytes::Reader;
use super::super::refusal::{corrupt, unsupported};
use super::global::Global;
use super::opcode::{self as op};
use super::value::{Objects, Value};
use crate::error::Result;

/// Most values on the stack. Python writes a thousand items of a container at a time, and tuples whole.
const MAX_STACK: usize = 1 << 16;

/// Most bytes of a module's or a function's name.
const MAX_NAME: usize = 500;

pub struct Machine<'r, 'a> {
    reader: &'r mut Reader<'a>,
    stack: Vec<Value<'a>>,
    /// How high the stack was at each mark: below the last one nothing is taken.
    marks: Vec<usize>,
    /// What may be repeated, by number. Numbers are given in order; Python 2 begins with 1.
    memo: Vec<Option<Value<'a>>>,
    objects: Objects<'a>,
}

impl<'r, 'a> Machine<'r, 'a> {
    pub fn new(reader: &'r mut Reader<'a>) -> Self {
        Self { reader, stack: Vec::new(), marks: Vec::new(), memo: Vec::new(), objects: Objects::default() }
    }

    pub fn position(&self) -> usize {
        self.reader.position()
    }

    pub fn into_objects(self) -> Objects<'a> {
        self.objects
    }

    /// One opcode, which is at least a byte: so a pickle ends. The value is that of the whole, after the last.
    pub fn step(&mut self) -> Result<Option<Value<'a>>> {
        let opcode = self.reader.u8()?;
        match opcode {
            op::STOP => return self.pop().map(Some),
            op::PROTO => self.protocol()?,
            op::FRAME => drop(self.reader.u64()?), // How much to read at once; all is there.
            op::MARK => self.mark()?,
            op::POP => self.pop_or_mark()?,
            op::POP_MARK => drop(self.since_mark()?),
            op::DUP => {
                let top = self.top()?;
                self.push(top)?;
            }
            op::NONE => self.push(Value::None)?,
            op::NEWTRUE => self.push(Value::Bool(true))?,
            op::NEWFALSE => self.push(Value::Bool(false))?,
            op::BININT | op::BININT1 | op::BININT2 | op::LONG1 | op::LONG4 => self.integer(opcode)?,
            op::BINFLOAT => {
                self.reader.take(8)?;
                self.push(Value::Opaque)?;
            }
            op::BINUNICODE | op::SHORT_BINUNICODE | op::BINUNICODE8 | op::BINSTRING | op::SHORT_BINSTRING => {
                self.text(opcode)?;
            }
            op::BINBYTES | op::SHORT_BINBYTES | op::BINBYTES8 | op::BYTEARRAY8 => {
                let length = self.length(opcode)?;
                self.reader.take(length)?;
                self.push(Value::Opaque)?;
            }
            op::EMPTY_TUPLE | op::EMPTY_LIST => self.push_list(Vec::new())?,
            op::TUPLE1 => self.tuple(1)?,
            op::TUPLE2 => self.tuple(2)?,
            op::TUPLE3 => self.tuple(3)?,
            op::TUPLE | op::LIST => {
                let items = self.since_mark()?;
                self.push_list(items)?;
            }
            op::EMPTY_DICT => {
                let dict = self.objects.add_dict()?;
                self.push(dict)?;
            }
            op::DICT => {
                let items = self.since_mark()?;
                let dict = self.objects.add_dict()?;
                self.objects.set(dict, &items)?;
                self.push(dict)?;
            }
            op::EMPTY_SET => self.push(Value::Opaque)?,
            op::FROZENSET => {
                self.since_mark()?;
                self.push(Value::Opaque)?;
            }
            op::APPEND => {
                let item = self.pop()?;
                self.objects.extend(*self.last()?, &[item])?;
            }
            op::APPENDS | op::ADDITEMS => {
                let items = self.since_mark()?;
                self.objects.extend(*self.last()?, &items)?;
            }
            op::SETITEM => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.objects.set(*self.last()?, &[key, value])?;
            }
            op::SETITEMS => {
                let items = self.since_mark()?;
                self.objects.set(*self.last()?, &items)?;
            }
            op::GLOBAL => {
                let (module, name) = (self.reader.line(MAX_NAME)?, self.reader.line(MAX_NAME)?);
                self.global(utf8(module)?, utf8(name)?)?;
            }
            op::STACK_GLOBAL => match (self.pop()?, self.pop()?) {
                (Value::Text(name), Value::Text(module)) => self.global(module, name)?,
                _ => return Err(corrupt("its pickle names a function by something else than strings")),
            },
            op::REDUCE | op::NEWOBJ => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                let made = self.objects.call(function, arguments)?;
                self.push(made)?;
            }
            op::NEWOBJ_EX => {
                let (_, arguments, function) = (self.pop()?, self.pop()?, self.pop()?);
                let made = self.objects.call(function, arguments)?;
                self.push(made)?;
            }
            op::BUILD => self.build()?,
            op::BINPERSID => {
                let id = self.pop()?;
                let storage = self.objects.persistent(id)?;
                self.push(storage)?;
            }
            op::BINPUT => {
                let at = self.reader.u8()?.into();
                self.put(at)?;
            }
            op::LONG_BINPUT => {
                let at = self.reader.u32()? as usize;
                self.put(at)?;
            }
            op::MEMOIZE => self.put(self.memo.len())?,
            op::BINGET => {
                let at = self.reader.u8()?.into();
                self.get(at)?;
            }
            op::LONG_BINGET => {
                let at = self.reader.u32()? as usize;
                self.get(at)?;
            }
            other => return Err(self.unknown(other)),
        }
        Ok(None)
    }

    fn protocol(&mut self) -> Result<()> {
        match self.reader.u8()? {
            2..=5 => Ok(()),
            other => Err(corrupt(format!("its pickle has protocol {other}, expected 2 to 5"))),
        }
    }

    fn integer(&mut self, opcode: u8) -> Result<()> {
        let value = match opcode {
            op::BININT => Value::Int(self.reader.array().map(i32::from_le_bytes)?.into()),
            op::BININT1 => Value::Int(self.reader.u8()?.into()),
            op::BININT2 => Value::Int(self.reader.u16()?.into()),
            _ => {
                let length = if opcode == op::LONG1 { self.reader.u8()?.into() } else { self.reader.u32()?.into() };
                let bytes = self.reader.take(length)?;
                if bytes.len() > 8 {
                    Value::Long(bytes)
                } else {
                    // Two's complement: what is left out repeats the sign.
                    let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
                    let mut wide = [if negative { 0xff } else { 0 }; 8];
                    wide[..bytes.len()].copy_from_slice(bytes);
                    Value::Int(i64::from_le_bytes(wide))
                }
            }
        };
        self.push(value)
    }

    fn length(&mut self, opcode: u8) -> Result<u64> {
        match opcode {
            op::SHORT_BINUNICODE | op::SHORT_BINSTRING | op::SHORT_BINBYTES => self.reader.u8().map(u64::from),
            op::BINUNICODE | op::BINSTRING | op::BINBYTES => self.reader.u32().map(u64::from),
            _ => self.reader.u64(),
        }
    }

    fn text(&mut self, opcode: u8) -> Result<()> {
        let length = self.length(opcode)?;
        let bytes = self.reader.take(length)?;
        // Python 2 writes bytes as strings, and these need not be text.
        let is_bytes = matches!(opcode, op::BINSTRING | op::SHORT_BINSTRING);
        match std::str::from_utf8(bytes) {
            Ok(text) => self.push(Value::Text(text)),
            Err(_) if is_bytes => self.push(Value::Opaque),
            Err(_) => Err(corrupt("a string of its pickle is not UTF-8")),
        }
    }

    fn global(&mut self, module: &str, name: &str) -> Result<()> {
        self.push(Value::Global(Global::named(module, name)?))
    }

    /// Sets attributes of an object. Of the dicts and tensors that come with some, none is needed: those of a `state_dict` tell the
    /// versions of its modules.
    fn build(&mut self) -> Result<()> {
        self.pop()?;
        match self.top()? {
            Value::Dict(_) | Value::Tensor(_) | Value::Opaque => Ok(()),
            other => Err(corrupt(format!("its pickle sets attributes of {}", other.kind()))),
        }
    }

    fn tuple(&mut self, count: usize) -> Result<()> {
        let start = self.stack.len().checked_sub(count).filter(|&start| start >= self.fence());
        let items = self.stack.split_off(start.ok_or_else(|| corrupt(EMPTY))?);
        self.push_list(items)
    }

    fn push_list(&mut self, items: Vec<Value<'a>>) -> Result<()> {
        let list = self.objects.add_list(items)?;
        self.push(list)
    }

    #[inline(never)] // As in Reader.
    fn push(&mut self, value: Value<'a>) -> Result<()> {
        if self.stack.len() >= MAX_STACK {
            return Err(corrupt(format!("its pickle stacks more than {MAX_STACK} values")));
        }
        self.stack.push(value);
        Ok(())
    }

    fn mark(&mut self) -> Result<()> {
        if self.marks.len() >= MAX_STACK {
            return Err(corrupt(format!("its pickle nests deeper than {MAX_STACK}")));
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&self) -> Result<Value<'a>> {
        self.last().copied()
    }

    fn last(&self) -> Result<&Value<'a>> {
        self.stack.get(self.fence()..).and_then(<[_]>::last).ok_or_else(|| corrupt(EMPTY))
    }

    #[inline(never)]
    fn pop(&mut self) -> Result<Value<'a>> {
        let value = self.top()?;
        self.stack.pop();
        Ok(value)
    }

    fn pop_or_mark(&mut self) -> Result<()> {
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(drop)
    }

    #[inline(never)]
    fn since_mark(&mut self) -> Result<Vec<Value<'a>>> {
        let mark = self.marks.pop().ok_or_else(|| corrupt("its pickle closes what it did not open"))?;
        Ok(self.stack.split_off(mark))
    }

    fn put(&mut self, at: usize) -> Result<()> {
        let top = self.top()?;
        if at > self.memo.len() + 1 {
            return Err(corrupt(format!("its pickle gives a value the number {at} after {}", self.memo.len())));
        }
        if at >= self.memo.len() {
            self.objects.keep(at + 1 - self.memo.len())?;
            self.memo.resize(at + 1, None);
        }
        self.memo[at] = Some(top);
        Ok(())
    }

    fn get(&mut self, at: usize) -> Result<()> {
        let value = self.memo.get(at).copied().flatten();
        self.push(value.ok_or_else(|| corrupt(format!("its pickle repeats value {at}, which it does not have")))?)
    }

    fn unknown(&self, opcode: u8) -> crate::error::Error {
        match op::name(opcode) {
            Some(name) => unsupported(
                "program",
                name,
                format!(
                    "the weights file uses the pickle opcode {name}, which torch.save does not write; \
                     save its weights again, torch.save(model.state_dict(), \"weights.pth\")"
                ),
            ),
            None => corrupt(format!("byte {} of its pickle is no opcode ({opcode:#04x})", self.position() - 1)),
        }
    }
}

const EMPTY: &str = "its pickle takes a value where there is none";

fn utf8(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| corrupt("a name in its pickle is not UTF-8"))
}
