//! The values that a Python source assigns at its top level, as far as they are literals.
//!
//! Nothing is executed: lists, dictionaries, strings, numbers and the arithmetic between them are
//! read, and so are the defaults of environment variables. A statement that is beyond that makes
//! every value unknown that it mentions, and every value that shares parts with one of those; an
//! unknown value is never taken for an unchanged one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::token::{Line, Token, Trouble, lines};

/// Brackets and operators within each other, at most.
const MAX_DEPTH: usize = 64;

/// A literal.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
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
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        let Self::Dict(entries) = self else { return None };
        entries.iter().rev().find(|(name, _)| *name == Self::Text(key.to_owned())).map(|(_, v)| v)
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
                self.assign(name, value, line.number);
                true
            }
            [Name(list), Sign('.'), Name(method), Sign('('), item @ .., Sign(')')]
                if method == "append" =>
            {
                let item = expression(item).and_then(|item| self.value(&item, &[]));
                match (item, self.bindings.get_mut(list)) {
                    (Some(item), Some(Binding::Known(Value::List(items)))) => {
                        items.push(item);
                        let parts = mentions(&line.tokens).map(str::to_owned);
                        self.parts.entry(list.clone()).or_default().extend(parts);
                        true
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }

    fn assign(&mut self, name: &str, tokens: &[Token], number: usize) {
        let value = expression(tokens).and_then(|value| self.value(&value, &[]));
        let binding = value.map_or(Binding::Unknown(number), Binding::Known);
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
            let related: Vec<String> = self
                .bindings
                .keys()
                .filter(|name| {
                    *name == mentioned
                        || self.is_part(mentioned, name)
                        || self.is_part(name, mentioned)
                })
                .cloned()
                .collect();
            for name in related {
                self.bindings.insert(name, Binding::Unknown(line.number));
            }
            // It may also be where the name begins.
            self.bindings.entry(mentioned.to_owned()).or_insert(Binding::Unknown(line.number));
        }
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
        let all = |items: &[Expr]| items.iter().map(value).collect::<Option<Vec<_>>>();
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
                let entry = |(key, item): &(Expr, Expr)| Some((value(key)?, value(item)?));
                Value::Dict(entries.iter().map(entry).collect::<Option<_>>()?)
            }
            Expr::Operation(sign, left, right) => calculate(*sign, value(left)?, value(right)?)?,
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

fn calculate(sign: char, left: Value, right: Value) -> Option<Value> {
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

fn sum(items: &[Value]) -> Option<Value> {
    items.iter().try_fold(Value::Number(0.0), |sum, item| calculate('+', sum, item.clone()))
}

/// Functions whose value follows from their arguments; an environment variable has its default.
fn call(name: &str, mut arguments: Vec<Value>) -> Option<Value> {
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

#[derive(Clone, Debug)]
enum Expr {
    Value(Value),
    Name(String),
    List(Vec<Expr>),
    Set(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    Operation(char, Box<Expr>, Box<Expr>),
    Item(Box<Expr>, Box<Expr>),
    /// A function by its dotted name, or a method of its first argument by `.name`.
    Call(String, Vec<Expr>),
    /// `sum(item for name in over)`
    Sum {
        item: Box<Expr>,
        name: String,
        over: Box<Expr>,
    },
}

/// A whole expression; `None` if it is of a form that is not read.
fn expression(tokens: &[Token]) -> Option<Expr> {
    let mut parser = Parser { tokens, depth: 0 };
    let expression = parser.expression()?;
    parser.tokens.is_empty().then_some(expression)
}

struct Parser<'a> {
    tokens: &'a [Token],
    depth: usize,
}

impl Parser<'_> {
    fn eat(&mut self, sign: char) -> bool {
        let there = self.tokens.first() == Some(&Token::Sign(sign));
        if there {
            self.tokens = &self.tokens[1..];
        }
        there
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let there = matches!(self.tokens.first(), Some(Token::Name(name)) if name == word);
        if there {
            self.tokens = &self.tokens[1..];
        }
        there
    }

    fn word(&mut self) -> Option<String> {
        let (Token::Name(name), rest) = self.tokens.split_first()? else { return None };
        self.tokens = rest;
        Some(name.clone())
    }

    fn expression(&mut self) -> Option<Expr> {
        self.operation(&['+', '-'], |parser| parser.operation(&['*', '/'], Self::factor))
    }

    fn operation(&mut self, signs: &[char], part: fn(&mut Self) -> Option<Expr>) -> Option<Expr> {
        let mut left = part(self)?;
        // A chain nests as deeply as brackets do.
        for _ in 0..MAX_DEPTH {
            match self.tokens.split_first() {
                Some((&Token::Sign(sign), rest)) if signs.contains(&sign) => {
                    self.tokens = rest;
                    left = Expr::Operation(sign, Box::new(left), Box::new(part(self)?));
                }
                _ => return Some(left),
            }
        }
        None
    }

    fn factor(&mut self) -> Option<Expr> {
        if self.depth == MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let factor = if self.eat('-') {
            let zero = Box::new(Expr::Value(Value::Number(0.0)));
            Some(Expr::Operation('-', zero, Box::new(self.factor()?)))
        } else if self.eat('+') {
            self.factor()
        } else {
            self.postfix()
        };
        self.depth -= 1;
        factor
    }

    /// An atom, and what follows it: `[key]`, `.method()`.
    fn postfix(&mut self) -> Option<Expr> {
        let mut value = self.atom()?;
        for _ in 0..MAX_DEPTH {
            if self.eat('[') {
                let key = self.expression()?;
                self.eat(']').then_some(())?;
                value = Expr::Item(Box::new(value), Box::new(key));
            } else if self.eat('.') {
                let method = format!(".{}", self.word()?);
                self.eat('(').then_some(())?;
                let mut arguments = vec![value];
                arguments.extend(self.items(')')?.0);
                value = Expr::Call(method, arguments);
            } else {
                return Some(value);
            }
        }
        None
    }

    fn atom(&mut self) -> Option<Expr> {
        let (first, rest) = self.tokens.split_first()?;
        match first {
            Token::Number(number) => {
                self.tokens = rest;
                Some(Expr::Value(Value::Number(*number)))
            }
            Token::Text(_) => {
                // Strings side by side are one.
                let mut joined = String::new();
                while let Some((Token::Text(text), rest)) = self.tokens.split_first() {
                    joined += text;
                    self.tokens = rest;
                }
                Some(Expr::Value(Value::Text(joined)))
            }
            Token::Name(_) => self.name(),
            Token::Sign('(') => {
                self.tokens = rest;
                let (mut items, tuple) = self.items(')')?;
                match items.len() {
                    1 if !tuple => items.pop(),
                    _ => Some(Expr::List(items)),
                }
            }
            Token::Sign('[') => {
                self.tokens = rest;
                Some(Expr::List(self.items(']')?.0))
            }
            Token::Sign('{') => {
                self.tokens = rest;
                self.braces()
            }
            Token::Sign(_) | Token::Opaque => None,
        }
    }

    fn name(&mut self) -> Option<Expr> {
        let mut name = self.word()?;
        match name.as_str() {
            "None" => return Some(Expr::Value(Value::None)),
            "True" => return Some(Expr::Value(Value::Bool(true))),
            "False" => return Some(Expr::Value(Value::Bool(false))),
            "os" => {
                while self.eat('.') {
                    name = format!("{name}.{}", self.word()?);
                }
            }
            _ => {}
        }
        if !self.eat('(') {
            return Some(Expr::Name(name));
        }
        if name == "sum" {
            let before = self.tokens;
            let item = self.expression()?;
            if self.eat_word("for") {
                let name = self.word()?;
                self.eat_word("in").then_some(())?;
                let over = Box::new(self.expression()?);
                self.eat(')').then_some(())?;
                return Some(Expr::Sum { item: Box::new(item), name, over });
            }
            self.tokens = before;
        }
        Some(Expr::Call(name, self.items(')')?.0))
    }

    /// Items up to a bracket, and whether a comma was among them.
    fn items(&mut self, end: char) -> Option<(Vec<Expr>, bool)> {
        let (mut items, mut comma) = (Vec::new(), false);
        while !self.eat(end) {
            if !items.is_empty() && !comma {
                return None;
            }
            items.push(self.expression()?);
            let follows = self.eat(',');
            if !follows && self.tokens.first() != Some(&Token::Sign(end)) {
                return None;
            }
            comma |= follows;
        }
        Some((items, comma))
    }

    /// A dictionary or set.
    fn braces(&mut self) -> Option<Expr> {
        let mut entries = Vec::new();
        let mut items = Vec::new();
        while !self.eat('}') {
            let key = self.expression()?;
            if self.eat(':') {
                entries.push((key, self.expression()?));
            } else {
                items.push(key);
            }
            if !self.eat(',') && self.tokens.first() != Some(&Token::Sign('}')) {
                return None;
            }
        }
        match (entries.is_empty(), items.is_empty()) {
            (_, true) => Some(Expr::Dict(entries)),
            (true, false) => Some(Expr::Set(items)),
            (false, false) => None,
        }
    }
}
