//! Text made safe for the page.

/// Makes text safe inside an element and inside a quoted attribute.
pub(in crate::report) use quick_xml::escape::escape;

/// [`escape`] for running text, which also keeps a percent sign on the line of its number.
pub(super) fn prose(text: &str) -> String {
    escape(text).replace(" %", "&nbsp;%")
}
