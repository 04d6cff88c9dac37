//! Literals, and what follows from them.

use std::fmt;

/// A literal.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::drift) enum Value {
    None,
    Bool(bool),
    Number(f64),
    Text(String),
    /// Also a tuple.
    List(Vec<Value>),
    Set(Vec<Value>),
    Dict(Vec<(Value, Value)>),
}

impl Value {
    /// What a value may weigh. Sixteen lines that double a list would otherwise fill any memory.
    pub(super) const MAX_WEIGHT: usize = 1 << 16;

    /// Number of values in it, itself included; a long text counts as several.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => 1 + text.len() / 16,
            Self::Dict(entries) => {
                1 + entries.iter().map(|(key, value)| key.weight() + value.weight()).sum::<usize>()
            }
            _ => 1 + self.inside().into_iter().map(Self::weight).sum::<usize>(),
        }
    }

    /// The value, if it is not too heavy to go on with.
    pub(super) fn bounded(self) -> Option<Self> {
        (self.weight() <= Self::MAX_WEIGHT).then_some(self)
    }

    pub(in crate::drift) fn get(&self, key: &str) -> Option<&Value> {
        let Self::Dict(entries) = self else { return None };
        entries.iter().rev().find(|(name, _)| *name == Self::Text(key.to_owned())).map(|(_, v)| v)
    }

    /// The values in it, one level down.
    fn inside(&self) -> Vec<&Self> {
        match self {
            Self::List(items) | Self::Set(items) => items.iter().collect(),
            Self::Dict(entries) => entries.iter().map(|(_, value)| value).collect(),
            Self::None | Self::Bool(_) | Self::Number(_) | Self::Text(_) => Vec::new(),
        }
    }

    /// Whether it is equal to `other` or holds such a value at any depth.
    pub(super) fn holds(&self, other: &Self) -> bool {
        self == other || self.inside().into_iter().any(|value| value.holds(other))
    }

    /// It and what it holds at any depth, as far as that can change while it stays the same object.
    pub(super) fn containers(&self) -> Vec<&Self> {
        let mut all = Vec::new();
        let mut next = vec![self];
        while let Some(value) = next.pop() {
            if matches!(value, Self::List(_) | Self::Set(_) | Self::Dict(_)) {
                all.push(value);
            }
            next.extend(value.inside());
        }
        all
    }
}

/// As Python writes it, near enough for a message.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &[Value]| {
            items.iter().enumerate().try_for_each(|(i, item)| {
                let comma = if i == 0 { "" } else { ", " };
                write!(f, "{comma}{item}")
            })
        };
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(items) => {
                f.write_str("[")?;
                list(f, items)?;
                f.write_str("]")
            }
            Self::Set(items) => {
                f.write_str("{")?;
                list(f, items)?;
                f.write_str("}")
            }
            Self::Dict(entries) => write!(f, "a dictionary of {}", entries.len()),
        }
    }
}

pub(super) fn calculate(sign: char, left: Value, right: Value) -> Option<Value> {
    Some(match (sign, left, right) {
        ('+', Value::Number(a), Value::Number(b)) => Value::Number(a + b),
        ('-', Value::Number(a), Value::Number(b)) => Value::Number(a - b),
        ('*', Value::Number(a), Value::Number(b)) => Value::Number(a * b),
        ('/', Value::Number(a), Value::Number(b)) if b != 0.0 => Value::Number(a / b),
        ('+', Value::Text(a), Value::Text(b)) => Value::Text(a + &b),
        ('+', Value::List(mut a), Value::List(b)) => {
            a.extend(b);
            Value::List(a)
        }
        _ => return None,
    })
}

pub(super) fn sum(items: &[Value]) -> Option<Value> {
    items.iter().try_fold(Value::Number(0.0), |sum, item| calculate('+', sum, item.clone()))
}

/// Functions whose value follows from their arguments; an environment variable has its default.
pub(super) fn call(name: &str, mut arguments: Vec<Value>) -> Option<Value> {
    let count = arguments.len();
    let last = arguments.pop()?;
    Some(match (name, count, last) {
        ("os.getenv" | "os.environ.get", 2, default) => default,
        ("int", 1, Value::Number(number)) => Value::Number(number.trunc()),
        ("int", 1, Value::Text(text)) => Value::Number(text.trim().parse::<i64>().ok()? as f64),
        ("float", 1, Value::Number(number)) => Value::Number(number),
        ("float", 1, Value::Text(text)) => {
            let number: f64 = text.trim().parse().ok()?;
            number.is_finite().then_some(Value::Number(number))?
        }
        ("str", 1, Value::Text(text)) => Value::Text(text),
        ("list" | "tuple", 1, Value::List(items)) => Value::List(items),
        ("len", 1, Value::List(items) | Value::Set(items)) => Value::Number(items.len() as f64),
        ("sum", 1, Value::List(items)) => sum(&items)?,
        (".strip", 1, Value::Text(text)) => Value::Text(text.trim().to_owned()),
        (".lower", 1, Value::Text(text)) => Value::Text(text.to_lowercase()),
        (".upper", 1, Value::Text(text)) => Value::Text(text.to_uppercase()),
        _ => return None,
    })
}
