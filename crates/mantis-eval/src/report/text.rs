//! Text made safe for the page.

/// [`escape`] for running text, which also keeps a percent sign on the line of its number.
pub(super) fn prose(text: &str) -> String {
    escape(text).replace(" %", "&nbsp;%")
}

/// Makes text safe inside an element and inside a quoted attribute.
pub(in crate::report) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
