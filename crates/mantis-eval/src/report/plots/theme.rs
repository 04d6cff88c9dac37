//! Colours of the charts.
//!
//! The drawing backend writes fixed colours. Charts are drawn with marker colours that stand for
//! a role, and the finished text has each marker replaced by the page's CSS variable of that
//! role, so that a picture follows light and dark mode.

use plotters::style::RGBColor;

/// The role of a colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ink {
    /// Main text.
    Text,
    /// Secondary text and axis labels.
    Muted,
    /// Grid lines.
    Grid,
    /// Axis and reference lines.
    Axis,
    /// The main series.
    Accent,
    /// The series that is set against the main one.
    Second,
    /// Things that are only there for context.
    Quiet,
    /// The ground behind the picture.
    Surface,
}

const ROLES: [(Ink, &str, &str); 8] = [
    (Ink::Text, "--ink", "#1b2126"),
    (Ink::Muted, "--muted", "#5b6670"),
    (Ink::Grid, "--grid", "#e8ebee"),
    (Ink::Axis, "--quiet", "#aab4be"),
    (Ink::Accent, "--accent", "#1f62b4"),
    (Ink::Second, "--second", "#bf5b10"),
    (Ink::Quiet, "--quiet", "#aab4be"),
    (Ink::Surface, "--surface", "#ffffff"),
];

impl Ink {
    /// The colour that marks this role while drawing.
    pub(super) fn marker(self) -> RGBColor {
        RGBColor(1, 2, self as u8 + 1)
    }
}

/// Replaces every marker by the CSS variable of its role, with the light colour as fallback for
/// a picture that is opened by itself.
pub(super) fn apply(svg: &str) -> String {
    let mut out = svg.to_owned();
    for (ink, variable, fallback) in ROLES {
        let RGBColor(r, g, b) = ink.marker();
        // Quotes can only come from an attribute: the backend escapes them in text.
        let marker = format!("\"#{r:02X}{g:02X}{b:02X}\"");
        out = out.replace(&marker, &format!("\"var({variable},{fallback})\""));
    }
    out
}
