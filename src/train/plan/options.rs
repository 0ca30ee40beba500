//! What an option is: its kind, its range, its words, and how a value from outside is checked.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorCode};

/// An option as everybody but the training loop sees it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct OptionSpec {
    /// In camel case, as in JavaScript; the command line and the element's attributes use kebab-case.
    pub name: &'static str,
    pub kind: OptionKind,
    /// Of a choice: its position in `choices`; so are `min` and `max`.
    pub default: f64,
    pub min: f64,
    pub max: f64,
    /// The words an option takes that is no number.
    pub choices: &'static [&'static str],
    pub doc: OptionDoc,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OptionKind {
    Int,
    Float,
    Choice,
}

/// What the option does, in the languages of the page.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct OptionDoc {
    pub en: &'static str,
    pub zh: &'static str,
}

/// A value as it comes from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Number(f64),
    Word(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Word(word) => write!(f, "{word:?}"),
        }
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(word: &str) -> Self {
        Self::Word(word.to_owned())
    }
}

/// What an option may hold. Integers pass through f64, exact up to 2^53; choices by their position.
pub(super) trait OptionValue: Copy {
    const KIND: OptionKind;
    const CHOICES: &'static [&'static str] = &[];
    fn from_f64(value: f64) -> Self;
}

macro_rules! numbers {
    ($($type:ty => $kind:ident),*) => {
        $(impl OptionValue for $type {
            const KIND: OptionKind = OptionKind::$kind;
            fn from_f64(value: f64) -> Self {
                value as $type
            }
        })*
    };
}
numbers!(usize => Int, i32 => Int, u64 => Int, f64 => Float);

impl OptionSpec {
    /// The value as a number, where the option may have it.
    pub(super) fn number(&self, value: &Value) -> Option<f64> {
        let number = match (self.kind, value) {
            (OptionKind::Choice, Value::Word(word)) => self.choices.iter().position(|choice| choice == word)? as f64,
            (OptionKind::Float, Value::Number(number)) => *number,
            (OptionKind::Int, Value::Number(number)) if number.fract() == 0.0 => *number,
            _ => return None,
        };
        (self.min..=self.max).contains(&number).then_some(number)
    }

    pub(super) fn refusal(&self, value: &Value) -> Error {
        let Self { name, min, max, .. } = self;
        let expected = match self.kind {
            OptionKind::Int => format!("an integer from {min} to {max}"),
            OptionKind::Float => format!("a number from {min} to {max}"),
            OptionKind::Choice => self.choices.join(", "),
        };
        let error = Error::new(ErrorCode::InvalidOption, format!("{name} must be {expected}, got {value}"))
            .with("name", *name)
            .with("value", value);
        match self.kind {
            OptionKind::Choice => error.with("choices", self.choices.join(", ")),
            _ => error.with("min", *min).with("max", *max),
        }
    }
}
