//! Escaping and structure of the page; what a picture may not contain.

use super::{Report, Span, Svg, Table, Verdict};
use crate::{Error, Result};

const EVIL: &str = "<script>alert(1)</script> & \"quoted\" 'single'";

#[test]
fn all_text_is_escaped() -> Result<()> {
    let picture = Svg::new(EVIL, Span::Full, "<svg viewBox=\"0 0 1 1\"><g></g></svg>")?;
    let mut report = Report::new(EVIL);
    report.subtitle(EVIL).numbers([(EVIL, EVIL)]).footer(EVIL);
    report.verdict(Verdict { ok: true, headline: EVIL.into(), detail: EVIL.into() });
    let table = Table::new(EVIL, [EVIL], [[EVIL]])?;
    report
        .section(EVIL)
        .paragraph(EVIL)
        .note(EVIL)
        .list([EVIL])
        .numbers([(EVIL, EVIL)])
        .figure(EVIL, picture)
        .table(table);
    report.section("second");
    let page = report.render();
    assert!(!page.contains("<script") && !page.contains("\"quoted\""));
    assert!(page.contains("&lt;script&gt;"));
    Ok(())
}

#[test]
fn a_picture_that_runs_or_loads_something_is_refused() {
    let inside = [
        "<script>1</script>",
        "<image href=\"a.png\"/>",
        "<foreignObject></foreignObject>",
        "<g onclick=\"x\"></g>",
        "<g id=\"a\"></g>",
        "<rect fill=\"url(#a)\"/>",
        "<a href=\"#x\"></a>",
        "<rect fill=\"https://example.org\"/>",
        "<g>",
        "<g></rect>",
        "</g>",
        "<!-- note -->",
    ];
    for body in inside {
        let outcome = Svg::new("t", Span::Full, &format!("<svg viewBox=\"0 0 1 1\">{body}</svg>"));
        assert!(matches!(outcome, Err(Error::Svg { .. })), "{body} was accepted");
    }
    for whole in ["", "text", "<svg viewBox=\"0 0 1 1\">", "<svgx viewBox=\"0\"></svg>"] {
        assert!(Svg::new("t", Span::Full, whole).is_err(), "{whole} was accepted");
    }
}

#[test]
fn a_row_of_another_width_is_refused() {
    let outcome = Table::new("t", ["a", "b"], [vec!["1", "2"], vec!["3"]]);
    let message = outcome.expect_err("ragged").to_string();
    assert_eq!(message, "table \"t\": row 1 has 1 cells, expected 2 as in the head");
    let table = Table::new("t", ["a"], [["1"]]);
    assert!(table.is_ok_and(|t| t.numeric([1]).is_err()));
}
