//! JSON as Python's `json` module reads it, because that is what the validator uses.
//!
//! Beyond the standard it takes `NaN`, `Infinity` and `-Infinity`; of duplicate keys
//! the first keeps its place and the last its value; integers have no limit.

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number {
        /// The value; infinite for an integer that is too large for a float.
        value: f64,
        /// Whether it is such an integer.
        overflow: bool,
    },
    /// A string; lone surrogates become U+FFFD.
    Text(String),
    /// An array.
    List(Vec<Value>),
    /// An object in order of first occurrence.
    Object(Vec<(String, Value)>),
}

/// Python gives up on deeper nesting.
const MAX_DEPTH: usize = 900;

/// Python refuses longer integers.
const MAX_INT_DIGITS: usize = 4_300;

/// The value of a whole text, or `None` if Python would raise an error.
///
/// ```
/// use mantis_data::challenge::python_json::{Value, parse};
///
/// assert_eq!(parse("[null]"), Some(Value::List(vec![Value::Null])));
/// assert_eq!(parse("[null"), None);
/// ```
pub fn parse(text: &str) -> Option<Value> {
    let mut parser = Parser { bytes: text.as_bytes(), text, at: 0 };
    let value = parser.value(0)?;
    parser.space();
    (parser.at == text.len()).then_some(value)
}

struct Parser<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, word: &str) -> bool {
        let there = self.bytes[self.at..].starts_with(word.as_bytes());
        if there {
            self.at += word.len();
        }
        there
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        const WORDS: [(&str, Value); 6] = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Number { value: f64::NAN, overflow: false }),
            ("Infinity", Value::Number { value: f64::INFINITY, overflow: false }),
            ("-Infinity", Value::Number { value: f64::NEG_INFINITY, overflow: false }),
        ];
        if depth > MAX_DEPTH {
            return None;
        }
        self.space();
        if let Some((_, value)) = WORDS.iter().find(|(word, _)| self.eat(word)) {
            return Some(value.clone());
        }
        match self.bytes.get(self.at)? {
            b'"' => self.string().map(Value::Text),
            b'[' => self.list(depth),
            b'{' => self.object(depth),
            _ => self.number(),
        }
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.eat("]") {
            return Some(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.eat("]") {
                return Some(Value::List(items));
            }
            self.eat(",").then_some(())?;
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut pairs: Vec<(String, Value)> = Vec::new();
        self.space();
        if self.eat("}") {
            return Some(Value::Object(pairs));
        }
        loop {
            self.space();
            (self.bytes.get(self.at) == Some(&b'"')).then_some(())?;
            let key = self.string()?;
            self.space();
            self.eat(":").then_some(())?;
            let value = self.value(depth + 1)?;
            match pairs.iter_mut().find(|(known, _)| *known == key) {
                Some(pair) => pair.1 = value,
                None => pairs.push((key, value)),
            }
            self.space();
            if self.eat("}") {
                return Some(Value::Object(pairs));
            }
            self.eat(",").then_some(())?;
        }
    }

    /// The end of the literal is found here, the decoding is left to `serde_json`.
    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.bytes.get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        let literal = self.text.get(start..self.at)?;
        serde_json::from_str(literal).ok().or_else(|| with_lone_surrogates(literal))
    }

    fn number(&mut self) -> Option<Value> {
        let start = self.at;
        self.eat("-");
        let digits = self.digits();
        let leading_zero = digits > 1 && self.bytes[self.at - digits] == b'0';
        if digits == 0 || leading_zero {
            return None;
        }
        let mut integer = true;
        let before_point = self.at;
        if self.eat(".") {
            if self.digits() == 0 {
                self.at = before_point;
            } else {
                integer = false;
            }
        }
        let before_exponent = self.at;
        if self.eat("e") || self.eat("E") {
            let _sign = self.eat("+") || self.eat("-");
            if self.digits() == 0 {
                self.at = before_exponent;
            } else {
                integer = false;
            }
        }
        if integer && digits > MAX_INT_DIGITS {
            return None;
        }
        let value: f64 = self.text[start..self.at].parse().ok()?;
        Some(Value::Number { value, overflow: integer && value.is_infinite() })
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        self.at - start
    }
}

/// Python keeps half of a surrogate pair as a character, which Rust cannot; such
/// a string never equals a key or hotkey, so a stand-in will do.
fn with_lone_surrogates(literal: &str) -> Option<String> {
    let mut repaired = String::with_capacity(literal.len());
    let mut rest = literal;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        repaired.push_str(plain);
        let length = if escape.starts_with("\\u") { 6 } else { 2 };
        let escape = escape.get(..length)?;
        let surrogate = length == 6
            && u32::from_str_radix(&escape[2..], 16).is_ok_and(|c| (0xd800..0xe000).contains(&c));
        repaired.push_str(if surrogate { "\\ufffd" } else { escape });
        rest = &rest[at + length..];
    }
    repaired.push_str(rest);
    serde_json::from_str(&repaired).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64) -> Value {
        Value::Number { value, overflow: false }
    }

    #[test]
    fn takes_what_python_takes() {
        for (text, value) in [
            (" [1, -2.5e3 ] ", Value::List(vec![number(1.0), number(-2500.0)])),
            ("Infinity", number(f64::INFINITY)),
            ("-Infinity", number(f64::NEG_INFINITY)),
            ("1e999", number(f64::INFINITY)),
            ("\"a\\n\\u00e9\\\"\"", Value::Text("a\n\u{e9}\"".to_owned())),
            ("\"\\ud800x\"", Value::Text("\u{fffd}x".to_owned())),
            ("{}", Value::Object(vec![])),
        ] {
            assert_eq!(parse(text), Some(value), "{text}");
        }
        assert!(matches!(parse("NaN"), Some(Value::Number { value, .. }) if value.is_nan()));
        let huge = format!("1{}", "0".repeat(400));
        assert!(matches!(parse(&huge), Some(Value::Number { overflow: true, .. })));
    }

    #[test]
    fn the_last_of_duplicate_keys_wins_in_the_first_place() {
        let value = parse(r#"{"a":1,"b":2,"a":3}"#).unwrap();
        let pairs = vec![("a".to_owned(), number(3.0)), ("b".to_owned(), number(2.0))];
        assert_eq!(value, Value::Object(pairs));
    }

    #[test]
    fn refuses_what_python_refuses() {
        for text in [
            "",
            "[1,]",
            "[1 2]",
            "{a:1}",
            "{\"a\" 1}",
            "{\"a\":1,}",
            "01",
            "1.",
            ".5",
            "+1",
            "-",
            "1e",
            "nan",
            "\"a",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u12",
            "[",
            "{",
            "tru",
            "1 2",
            "\u{feff}1",
            "'a'",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert_eq!(parse(&"[".repeat(100_000)), None);
        assert_eq!(parse(&"1".repeat(5_000)), None);
    }
}
