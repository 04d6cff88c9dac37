//! Words of a Python source, grouped into logical lines.

/// A word.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Token {
    Name(String),
    Number(f64),
    Text(String),
    /// Anything else; operators of several characters are several tokens.
    Sign(char),
    /// A string whose value depends on others, or a number in another notation.
    Opaque,
}

/// A statement, or the head of a block.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Line {
    /// Where it starts, from 1.
    pub(super) number: usize,
    /// Whether it belongs to a block.
    pub(super) indented: bool,
    pub(super) tokens: Vec<Token>,
}

/// What cannot be read, and in which line.
pub(super) type Trouble = (usize, &'static str);

/// Splits a source into logical lines: brackets and backslashes join physical ones, `;` ends one.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, Trouble> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0, number: 1 };
    let mut lines = Vec::new();
    while let Some(line) = reader.line()? {
        lines.push(line);
    }
    Ok(lines)
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    number: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek(0)?;
        self.at += 1;
        if next == '\n' {
            self.number += 1;
        }
        Some(next)
    }

    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        let start = self.at;
        while self.peek(0).is_some_and(&fits) {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    /// The next line that has words.
    fn line(&mut self) -> Result<Option<Line>, Trouble> {
        let mut tokens = Vec::new();
        let mut depth = 0_usize;
        let mut line_start = self.at == 0 || self.chars.get(self.at - 1) == Some(&'\n');
        let (mut number, mut indented) = (self.number, !line_start);
        loop {
            let Some(next) = self.peek(0) else {
                if depth > 0 {
                    return Err((number, "a bracket is never closed"));
                }
                break;
            };
            let first = tokens.is_empty();
            match next {
                '\n' | ';' if depth == 0 => {
                    self.next();
                    if !first {
                        break;
                    }
                    line_start = next == '\n';
                    (number, indented) = (self.number, !line_start);
                }
                '\n' | '\r' => drop(self.next()),
                ' ' | '\t' | '\u{c}' | '\u{feff}' => {
                    indented |= first && line_start && next != '\u{feff}';
                    self.next();
                }
                '#' => drop(self.take_while(|c| c != '\n')),
                '\\' if matches!(self.peek(1), Some('\n' | '\r')) => {
                    self.next();
                    self.take_while(|c| c == '\r');
                    self.next();
                }
                '(' | '[' | '{' => {
                    depth += 1;
                    self.next();
                    tokens.push(Token::Sign(next));
                }
                ')' | ']' | '}' => {
                    depth = depth.checked_sub(1).ok_or((self.number, "a bracket too much"))?;
                    self.next();
                    tokens.push(Token::Sign(next));
                }
                '"' | '\'' => tokens.push(self.text("")?),
                _ if next.is_ascii_digit()
                    || (next == '.' && self.peek(1).is_some_and(|c| c.is_ascii_digit())) =>
                {
                    tokens.push(self.figure());
                }
                _ if next.is_alphabetic() || next == '_' => {
                    let word = self.take_while(|c| c.is_alphanumeric() || c == '_');
                    let quoted = matches!(self.peek(0), Some('"' | '\''));
                    let prefix = word.len() <= 2 && word.chars().all(|c| "rRbBfFuU".contains(c));
                    tokens.push(if quoted && prefix {
                        self.text(&word)?
                    } else {
                        Token::Name(word)
                    });
                }
                _ => {
                    self.next();
                    tokens.push(Token::Sign(next));
                }
            }
        }
        Ok((!tokens.is_empty()).then_some(Line { number, indented, tokens }))
    }

    fn figure(&mut self) -> Token {
        let mut text = self.take_while(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
        let exponent = text.ends_with(['e', 'E']) && !text.starts_with("0x");
        if exponent && matches!(self.peek(0), Some('+' | '-')) {
            text.extend(self.next());
            text += &self.take_while(|c| c.is_ascii_digit() || c == '_');
        }
        let plain = text.replace('_', "");
        if let Some(digits) = plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X")) {
            // Beyond 53 bits a float would round.
            let value = u64::from_str_radix(digits, 16).ok().filter(|value| *value < 1 << 53);
            return value.map_or(Token::Opaque, |value| Token::Number(value as f64));
        }
        // Rust reads words such as `inf`, but those do not start with a digit.
        plain.parse().map_or(Token::Opaque, Token::Number)
    }

    fn text(&mut self, prefix: &str) -> Result<Token, Trouble> {
        let start = self.number;
        let unclosed = (start, "a string is never closed");
        let quote = self.next().ok_or(unclosed)?;
        let triple = self.peek(0) == Some(quote) && self.peek(1) == Some(quote);
        if triple {
            self.at += 2;
        }
        let raw = prefix.contains(['r', 'R']);
        let mut value = String::new();
        // What an escape stands for is not needed: such strings are not compared.
        let mut opaque = prefix.contains(['f', 'F', 'b', 'B']);
        loop {
            let next = self.next().ok_or(unclosed)?;
            match next {
                '\\' => {
                    let escaped = self.next().ok_or(unclosed)?;
                    match escaped {
                        _ if raw => value.extend(['\\', escaped]),
                        '\n' => {}
                        '\\' | '\'' | '"' => value.push(escaped),
                        'n' => value.push('\n'),
                        't' => value.push('\t'),
                        _ => opaque = true,
                    }
                }
                '\n' if !triple => return Err(unclosed),
                _ if next == quote && !triple => break,
                _ if next == quote
                    && self.peek(0) == Some(quote)
                    && self.peek(1) == Some(quote) =>
                {
                    self.at += 2;
                    break;
                }
                _ => value.push(next),
            }
        }
        Ok(if opaque { Token::Opaque } else { Token::Text(value) })
    }
}
