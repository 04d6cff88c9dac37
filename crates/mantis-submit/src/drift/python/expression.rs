//! The form of an expression.

use super::Value;
use crate::drift::token::Token;

/// Brackets and operators within each other, at most.
const MAX_DEPTH: usize = 64;

#[derive(Clone, Debug)]
pub(super) enum Expr {
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
pub(super) fn expression(tokens: &[Token]) -> Option<Expr> {
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
