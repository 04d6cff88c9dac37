//! The values that a Python source assigns at its top level, as far as they are literals.
//!
//! Nothing is executed: lists, dictionaries, strings, numbers and the arithmetic between them are
//! read, and so are the defaults of environment variables. A statement that is beyond that makes
//! every value unknown that it mentions, and every value that shares parts with one of those; an
//! unknown value is never taken for an unchanged one.

mod expression;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use self::expression::{Expr, expression};
pub(super) use self::value::Value;
use self::value::{calculate, call, sum};
use super::token::{Line, Token, Trouble, lines};

/// What is known about a name.
#[derive(Clone, PartialEq, Debug)]
enum Binding {
    Known(Value),
    /// In which line it became unknown.
    Unknown(usize),
}

/// The names of a source.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Names {
    bindings: BTreeMap<String, Binding>,
    /// Names that a value was made from, directly.
    parts: BTreeMap<String, BTreeSet<String>>,
}

/// How a name was found.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Found<'a> {
    Missing,
    /// In which line it is given in a way that is not read.
    Unreadable(usize),
    Value(&'a Value),
}

impl Names {
    pub(super) fn read(source: &str) -> Result<Self, Trouble> {
        let mut names = Self::default();
        for line in lines(source)? {
            names.statement(&line);
        }
        Ok(names)
    }

    pub(super) fn get(&self, name: &str) -> Found<'_> {
        match self.bindings.get(name) {
            None => Found::Missing,
            Some(Binding::Unknown(line)) => Found::Unreadable(*line),
            Some(Binding::Known(value)) => Found::Value(value),
        }
    }

    fn statement(&mut self, line: &Line) {
        if line.indented || !self.understood(line) {
            self.forget(line);
        }
    }

    /// Whether it is a statement of a known form.
    fn understood(&mut self, line: &Line) -> bool {
        use Token::{Name, Sign};
        match line.tokens.as_slice() {
            // A documentation string, an import of modules.
            [Token::Text(_) | Token::Opaque] => true,
            [Name(word), ..] if word == "import" || word == "from" => {
                // A module may bring a name of its own.
                !line.tokens.contains(&Sign('*'))
                    && !mentions(&line.tokens).any(|name| self.bindings.contains_key(name))
            }
            [Name(name), Sign('='), value @ ..]
            | [Name(name), Sign(':'), Name(_), Sign('='), value @ ..]
                if !value.contains(&Sign('=')) =>
            {
                self.assign(name, line, value);
                true
            }
            [Name(list), Sign('.'), Name(method), Sign('('), item @ .., Sign(')')]
                if method == "append" =>
            {
                let item = expression(item).and_then(|item| self.value(&item, &[]));
                item.is_some_and(|item| self.append(list, item, line))
            }
            _ => false,
        }
    }

    /// Appends to a list, if it is one that is known. Values are copied here and shared in Python: whatever held the list as it
    /// was may be the same list, or hold it, and is no longer known.
    fn append(&mut self, list: &str, item: Value, line: &Line) -> bool {
        let Some(Binding::Known(Value::List(items))) = self.bindings.get_mut(list) else {
            return false;
        };
        let mut longer = items.clone();
        longer.push(item);
        if Value::List(longer.clone()).bounded().is_none() {
            return false;
        }
        let before = Value::List(std::mem::take(items));
        for (name, binding) in &mut self.bindings {
            if name != list && matches!(binding, Binding::Known(value) if value.holds(&before)) {
                *binding = Binding::Unknown(line.number);
            }
        }
        self.bindings.insert(list.to_owned(), Binding::Known(Value::List(longer)));
        let parts = mentions(&line.tokens).map(str::to_owned);
        self.parts.entry(list.to_owned()).or_default().extend(parts);
        true
    }

    fn assign(&mut self, name: &str, line: &Line, tokens: &[Token]) {
        let value = expression(tokens).and_then(|value| self.value(&value, &[]));
        // A call that is not read may change whatever it gets to see.
        if value.is_none() && tokens.contains(&Token::Sign('(')) {
            self.forget(line);
        }
        let binding = value.map_or(Binding::Unknown(line.number), Binding::Known);
        self.bindings.insert(name.to_owned(), binding);
        let parts = mentions(tokens).filter(|part| *part != name).map(str::to_owned);
        self.parts.insert(name.to_owned(), parts.collect());
    }

    /// Makes unknown what a line may have changed. A value may be part of another one, and two
    /// names may stand for one value.
    fn forget(&mut self, line: &Line) {
        let star = [Token::Name("import".to_owned()), Token::Sign('*')];
        let sweeping = line.tokens.windows(2).any(|pair| pair == star)
            || mentions(&line.tokens).any(|name| SWEEPING.contains(&name));
        if sweeping {
            self.bindings.values_mut().for_each(|binding| *binding = Binding::Unknown(line.number));
        }
        for mentioned in mentions(&line.tokens) {
            for name in self.related(mentioned) {
                self.bindings.insert(name, Binding::Unknown(line.number));
            }
            // It may also be where the name begins.
            self.bindings.entry(mentioned.to_owned()).or_insert(Binding::Unknown(line.number));
        }
    }

    /// The names whose value may change with that of `name`: it went into theirs or theirs into it, or they hold a list or
    /// dictionary in common with one of those.
    fn related(&self, name: &str) -> BTreeSet<String> {
        let mut related = BTreeSet::new();
        let direct = |other: &&String| {
            *other == name || self.is_part(name, other) || self.is_part(other, name)
        };
        let mut next: Vec<&String> = self.bindings.keys().filter(direct).collect();
        while let Some(one) = next.pop() {
            if !related.insert(one.clone()) {
                continue;
            }
            let Some(Binding::Known(value)) = self.bindings.get(one) else { continue };
            let shares = |other: &Binding| {
                matches!(other, Binding::Known(other)
                    if value.containers().iter().any(|container| other.holds(container)))
            };
            next.extend(self.bindings.iter().filter(|(_, other)| shares(other)).map(|(n, _)| n));
        }
        related
    }

    /// Whether the value of `part` went into the one of `whole`, directly or not.
    fn is_part(&self, part: &str, whole: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = vec![whole];
        while let Some(name) = next.pop() {
            if !seen.insert(name) {
                continue;
            }
            let parts = self.parts.get(name);
            if parts.is_some_and(|parts| parts.contains(part)) {
                return true;
            }
            next.extend(parts.into_iter().flatten().map(String::as_str));
        }
        false
    }

    fn value(&self, expression: &Expr, locals: &[(&str, &Value)]) -> Option<Value> {
        let value = |expression: &Expr| self.value(expression, locals);
        let all = |items: &[Expr]| {
            let mut room = Value::MAX_WEIGHT;
            let one = |item| {
                let value = value(item)?;
                room = room.checked_sub(value.weight())?;
                Some(value)
            };
            items.iter().map(one).collect::<Option<Vec<_>>>()
        };
        Some(match expression {
            Expr::Value(literal) => literal.clone(),
            Expr::Name(name) => {
                let local = locals.iter().find(|(local, _)| local == name);
                match (local, self.bindings.get(name)) {
                    (Some((_, value)), _) => (*value).clone(),
                    (None, Some(Binding::Known(value))) => value.clone(),
                    _ => return None,
                }
            }
            Expr::List(items) => Value::List(all(items)?),
            Expr::Set(items) => Value::Set(all(items)?),
            Expr::Dict(entries) => {
                let mut room = Value::MAX_WEIGHT;
                let entry = |(key, item): &(Expr, Expr)| {
                    let entry = (value(key)?, value(item)?);
                    room = room.checked_sub(entry.0.weight() + entry.1.weight())?;
                    Some(entry)
                };
                Value::Dict(entries.iter().map(entry).collect::<Option<_>>()?)
            }
            Expr::Operation(sign, left, right) => {
                calculate(*sign, value(left)?, value(right)?)?.bounded()?
            }
            Expr::Item(whole, key) => match (value(whole)?, value(key)?) {
                (whole @ Value::Dict(_), Value::Text(key)) => whole.get(&key)?.clone(),
                (Value::List(items), Value::Number(index)) if index >= 0.0 => {
                    items.get(index as usize)?.clone()
                }
                _ => return None,
            },
            Expr::Call(name, arguments) => call(name, all(arguments)?)?,
            Expr::Sum { item, name, over } => {
                let Value::List(items) = value(over)? else { return None };
                let one = |each: &Value| self.value(item, &[(name, each)]);
                let each = items.iter().map(one).collect::<Option<Vec<_>>>()?;
                sum(&each)?
            }
        })
    }
}

/// Words that stand for no value of the source.
const WORDS: [&str; 20] = [
    "os", "int", "float", "str", "len", "sum", "list", "tuple", "for", "in", "if", "else", "elif",
    "not", "and", "or", "is", "import", "from", "as",
];

/// Words that may change any name without mentioning it.
const SWEEPING: [&str; 6] = ["exec", "eval", "globals", "vars", "locals", "setattr"];

/// The names in a line; attributes are not names.
fn mentions(tokens: &[Token]) -> impl Iterator<Item = &str> {
    tokens.iter().enumerate().filter_map(|(at, token)| match token {
        Token::Name(name) if at == 0 || tokens[at - 1] != Token::Sign('.') => {
            (!WORDS.contains(&name.as_str())).then_some(name.as_str())
        }
        _ => None,
    })
}
