//! Charts and the self-contained HTML report.
//!
//! [`Report`] collects sections of text, numbers, tables and pictures and renders them as one
//! HTML file that needs no network: no external fonts, scripts or styles. It reads on a phone
//! and on a desktop, in light and in dark mode.
//!
//! The charts are in [`plots`], behind the cargo feature `plots`.
//!
//! # Example
//! ```
//! use mantis_eval::report::{Report, Table, Verdict};
//!
//! let mut report = Report::new("BTC, one hour ahead");
//! report.subtitle("Binance spot, 2018-01-01 to 2025-06-30");
//! report.verdict(Verdict {
//!     ok: false,
//!     headline: "FAIL: accuracy 51.2 %, needed 55 %".into(),
//!     detail: "The interval reaches from 49.7 % to 52.7 %.".into(),
//! });
//! let table = Table::new("Test span", ["model", "accuracy"], [["LSTM", ".512"]])?.numeric([1])?;
//! report.section("Judgement").paragraph("Measured on bars the model never saw.").table(table);
//! let page = report.render();
//! assert!(page.starts_with("<!DOCTYPE html>") && page.contains("51.2&nbsp;%"));
//! # Ok::<(), mantis_eval::Error>(())
//! ```

#[cfg(feature = "plots")]
mod forecasts;
mod html;
#[cfg(feature = "plots")]
pub mod plots;
mod svg;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use html::{Report, Section, Verdict};
pub use svg::{Span, Svg};
pub use table::Table;
