//! The page in a real browser: nothing overflows on a phone or a desktop, and the console stays empty.
//!
//! Needs `chromium` in the path; without it the test says so and passes.

#![cfg(feature = "plots")]
#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::path::Path;
use std::process::{Command, Stdio};

use mantis_data::{Interval, Timestamp};
use mantis_eval::report::{Report, Table, Verdict, plots};

const WIDTHS: [u32; 2] = [400, 1400];

fn page() -> Report {
    let start = Timestamp::parse("2025-01-01").unwrap();
    let times: Vec<_> = (0..4000).map(|i| start + Interval::hours(i)).collect();
    let wave = |i: usize| 1.0 + 0.1 * (i as f64 * 0.003).sin();
    let gross: Vec<f64> = (0..4000).map(wave).collect();
    let net: Vec<f64> = (0..4000).map(|i| wave(i) - 0.00008 * i as f64).collect();
    let names: Vec<String> =
        (0..14).map(|i| format!("5HotkeyOfMiner{i:02}WithALongName")).collect();
    let shares: Vec<f64> = (0..14).map(|i| 1.0 / f64::from(i + 3)).collect();
    let likeness: Vec<Vec<f64>> = (0..14_i32)
        .map(|a| (0..14_i32).map(|b| 1.0 / (1.0 + f64::from((a - b).abs()))).collect())
        .collect();
    let mut report =
        Report::new("5HotkeyOfMiner00WithALongNameAndNoBreak among the miners of a ledger");
    report
        .subtitle("/srv/validator/mantis_datalog.db")
        .verdict(Verdict {
            ok: false,
            headline: "FAIL: percentile 62.5 (asked for: 90), rank 5 of 14".into(),
            detail: "0 % of the scorings over 1000 blocks reach the percentile.".into(),
        })
        .numbers([("share", "0.0813"), ("share under random signs", "0.0744"), ("young", "yes")]);
    let rows = names.iter().map(|n| {
        ["MULTIBREAKOUT", "5.00", "0.0813", "5 of 14", n, "0.0312", "5a, 5b, 5c"].map(str::to_owned)
    });
    let head = ["challenge", "weight", "share", "rank", "nearest rival", "distance", "cohort"];
    let table =
        Table::new("Salience by challenge", head, rows).unwrap().numeric([1, 2, 3, 5]).unwrap();
    report
        .section("Pay")
        .figure("Share of all pay.", plots::ranking(&names, &shares, 4).unwrap())
        .figure("Share by challenge.", plots::contributions(&names, &shares).unwrap())
        .table(table);
    report
        .section("Cluster map and money")
        .figure("Likeness.", plots::likeness(&names, &likeness, 0, 0.45).unwrap())
        .figure("Equity.", plots::equity(&times, &gross, &net).unwrap());
    report
}

/// A page that shows the report in a frame of the width and writes what it measures into its own body.
fn harness(page: &str, width: u32) -> String {
    let page = page.replace('&', "&amp;").replace('"', "&quot;");
    format!(
        r#"<!DOCTYPE html><html><body><p id="measured">nothing</p>
<iframe id="frame" style="width:{width}px;height:900px;border:0" srcdoc="{page}"></iframe>
<script>
const frame = document.getElementById("frame");
frame.addEventListener("load", () => {{
  const doc = frame.contentDocument, root = doc.documentElement;
  const over = [...doc.querySelectorAll("svg, p, figure, h1, h2, dl")]
    .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > {width} + 1
      && !e.closest(".scroll"));
  document.getElementById("measured").textContent =
    `width ${{root.clientWidth}} scroll ${{root.scrollWidth}} over ${{over.length}} `
    + `svgs ${{[...doc.querySelectorAll("svg")].filter(e => e.getClientRects().length).length}}`;
}});
</script></body></html>"#
    )
}

#[test]
fn the_page_fits_a_phone_and_a_desktop() {
    if Command::new("chromium").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: no chromium in the path");
        return;
    }
    let html = page().render();
    let folder = tempfile::tempdir().unwrap();
    for width in WIDTHS {
        let (dom, console) = browse(folder.path(), &harness(&html, width), width);
        let measured = dom.split("id=\"measured\">").nth(1).unwrap().split('<').next().unwrap();
        let expected = format!("width {width} scroll {width} over 0 svgs 4");
        assert_eq!(measured, expected, "at {width} pixels");
        let errors: Vec<&str> = console.lines().filter(|l| l.contains("CONSOLE")).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    // The control: a page that does overflow is seen to.
    let wide = html.replacen("<h1>", "<p style=\"width:2000px\">wide</p><h1>", 1);
    assert_ne!(wide, html);
    let (dom, _) = browse(folder.path(), &harness(&wide, 400), 400);
    assert!(!dom.contains("scroll 400"), "an overflow was not noticed");
}

/// The page after its scripts have run, and the log.
fn browse(folder: &Path, page: &str, width: u32) -> (String, String) {
    let path = folder.join(format!("{width}.html"));
    std::fs::write(&path, page).unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("--window-size={},1000", width.max(800) + 100))
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(output.stdout), text(output.stderr))
}
