//! A checked SVG picture.

use super::text::escape;
use crate::{Error, Result};

/// The only web address that a picture may contain.
const NAMESPACE: &str = "http://www.w3.org/2000/svg";

/// How much of the page's width a picture takes on a desktop. A phone gives every picture the
/// full width.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Span {
    /// The whole width.
    Full,
    /// Half of it; two such pictures in a row stand side by side.
    Half,
}

/// An SVG picture that is safe to place inside a page: one element, scalable, titled for screen
/// readers, without scripts, ids or references to the outside.
///
/// Colours may be CSS variables of the page (`var(--accent)`), so that a picture follows light
/// and dark mode.
///
/// # Example
/// ```
/// use mantis_eval::report::{Span, Svg};
/// let source = r#"<svg viewBox="0 0 10 10"><circle cx="5" cy="5" r="4"/></svg>"#;
/// let dot = Svg::new("A dot", Span::Half, source)?;
/// assert_eq!(dot.title(), "A dot");
/// assert!(Svg::new("No box", Span::Half, "<svg></svg>").is_err());
/// # Ok::<(), mantis_eval::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Svg {
    title: String,
    span: Span,
    main: String,
    narrow: Option<String>,
}

impl Svg {
    /// Checks `source`, drops its fixed width and height, and gives it `title` for screen
    /// readers.
    ///
    /// # Errors
    /// [`Error::Svg`] when `source` is not one `<svg>` element, has no `viewBox`, or contains a
    /// script, an event handler, an `id`, or a reference to another file.
    pub fn new(title: &str, span: Span, source: &str) -> Result<Self> {
        let main = responsive(title, source)?;
        Ok(Self { title: title.to_owned(), span, main, narrow: None })
    }

    /// Adds a second drawing of the same picture that small screens show instead.
    ///
    /// # Errors
    /// As [`Svg::new`].
    pub fn with_narrow(mut self, source: &str) -> Result<Self> {
        self.narrow = Some(responsive(&self.title, source)?);
        Ok(self)
    }

    /// The title, as given.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The share of the page's width.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// The picture for wide screens.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.main
    }

    /// The picture for small screens, where it differs.
    #[must_use]
    pub fn narrow(&self) -> Option<&str> {
        self.narrow.as_deref()
    }
}

fn responsive(title: &str, source: &str) -> Result<String> {
    let reject = |problem| Error::Svg { title: title.to_owned(), problem };
    let source = source.trim();
    let body = source
        .strip_prefix("<svg")
        .filter(|rest| rest.starts_with([' ', '>', '\n']))
        .and_then(|rest| rest.strip_suffix("</svg>"))
        .ok_or_else(|| reject("it is not one <svg> element"))?;
    let (head, body) = body.split_once('>').ok_or_else(|| reject("its opening tag has no end"))?;
    let view_box = attribute(head, "viewBox").ok_or_else(|| reject("it has no viewBox"))?;
    check_content(body).map_err(reject)?;
    let name = escape(title);
    Ok(format!(
        "<svg xmlns=\"{NAMESPACE}\" viewBox=\"{}\" width=\"100%\" role=\"img\">\n\
         <title>{name}</title>\n{}\n</svg>",
        escape(view_box),
        body.trim()
    ))
}

fn attribute<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = head.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// Walks over the tags: they must nest, and none may run or load anything.
fn check_content(body: &str) -> std::result::Result<(), &'static str> {
    const RUNS: [&str; 5] = ["script", "foreignObject", "iframe", "image", "style"];
    let mut open = Vec::new();
    let mut rest = body;
    while let Some(start) = rest.find('<') {
        let Some(length) = rest[start..].find('>') else { return Err("a tag has no end") };
        let tag = &rest[start + 1..start + length];
        rest = &rest[start + length + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name.trim()) {
                return Err("its tags do not nest");
            }
            continue;
        }
        let closed = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphabetic()) {
            return Err("it has a tag that is no plain element");
        }
        if RUNS.iter().any(|banned| name.eq_ignore_ascii_case(banned)) {
            return Err("it has an element that can run or load something");
        }
        check_attributes(attributes)?;
        if !closed {
            open.push(name);
        }
    }
    if open.is_empty() { Ok(()) } else { Err("its tags do not nest") }
}

fn check_attributes(attributes: &str) -> std::result::Result<(), &'static str> {
    for (i, piece) in attributes.split('"').enumerate() {
        if i % 2 == 1 {
            if piece.contains("://") || piece.contains("url(") || piece.contains("javascript:") {
                return Err("it refers to something outside");
            }
            continue;
        }
        let name = piece.trim().trim_end_matches('=').to_ascii_lowercase();
        if name == "id" || name.starts_with("on") || name.contains("href") {
            return Err("it has an id, an event handler or a link");
        }
    }
    Ok(())
}
