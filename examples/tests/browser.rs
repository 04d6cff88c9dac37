//! The pages of the programs in a real browser, light and dark, on a phone and on a desktop: nothing overflows, every character has
//! a glyph, text stands out from its background, and the console stays empty.
//!
//! Needs `chromium` in the path. Without it the test says so and passes, unless `MANTIS_BROWSER` is set, as the gate sets it.

#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mantis_data::{FolderStore, Interval};
use serde_json::{Value, json};

const WIDTHS: [u32; 2] = [400, 1400];

fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name)
}

/// A page of the program `salience`.
fn page(folder: &Path, name: &str, flags: &[&str]) -> String {
    let path = folder.join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_salience"))
        .args(["--threads", "2", "--quiet", "--data-dir"])
        .arg(fixtures("data"))
        .args(flags)
        .arg("--out")
        .arg(&path)
        .output()
        .unwrap();
    let code = output.status.code().unwrap();
    assert!(code == 0 || code == 3, "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(path).unwrap()
}

/// A miner among those of the store that MANTIS has written.
fn among(folder: &Path) -> String {
    let golden = fixtures("golden/salience/ledger");
    let text = std::fs::read_to_string(golden.join("salience.json")).unwrap();
    let overrides = serde_json::from_str::<Value>(&text).unwrap()["overrides"].clone();
    let scoring = folder.join("scoring.json");
    std::fs::write(&scoring, json!({"binary": overrides["config"]}).to_string()).unwrap();
    let (ledger, scoring) = (golden.join("datalog.db"), scoring.display().to_string());
    let flags = ["--me", "5oxV_strong", "--no-cache", "--scoring", &scoring, "--ledger"];
    page(folder, "ledger.html", &[&flags[..], &[&ledger.display().to_string()]].concat())
}

/// Forecasts that know a little, among synthetic miners.
fn study(folder: &Path) -> String {
    let bars =
        FolderStore::open(fixtures("data")).unwrap().bars("BTCUSDT", Interval::HOUR).unwrap();
    let mut csv = String::from("time,p_up\n");
    let from = bars.len() - 24 * 40;
    for row in from..bars.len() - 1 {
        let up = bars.close()[row + 1] > bars.close()[row];
        let p = 0.5 + if up == (row % 3 != 0) { 0.04 } else { -0.04 };
        csv += &format!("{},{p}\n", bars.known_at(row));
    }
    let path = folder.join("forecasts.csv");
    std::fs::write(&path, csv).unwrap();
    let flags = ["--n-samples", "6000", "--surrogates", "1", "--checks", "2", "--forecasts"];
    page(folder, "study.html", &[&flags[..], &[&path.display().to_string()]].concat())
}

/// What is measured in the page, which stands in a frame of the width.
const MEASURE: &str = r#"
const luminance = (css) => {
  const [r, g, b] = css.match(/[\d.]+/g).map((v) => Number(v) / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
};
const frame = document.getElementById("frame");
frame.addEventListener("load", () => {
  const doc = frame.contentDocument, root = doc.documentElement, view = frame.contentWindow;
  const shown = (e) => e.getClientRects().length;
  const over = [...doc.querySelectorAll("svg, p, figure, h1, h2, dl, li")]
    .filter((e) => shown(e) && e.getBoundingClientRect().right > WIDTH + 1 && !e.closest(".scroll"));
  const style = view.getComputedStyle(doc.body);
  const paper = [doc.body, root].map((e) => view.getComputedStyle(e).backgroundColor)
    .find((colour) => colour !== "rgba(0, 0, 0, 0)") ?? "rgb(255, 255, 255)";
  const faint = [...doc.querySelectorAll("h1, h2, p, li, td, th, figcaption, dt, dd")]
    .filter((e) => shown(e) && !e.closest(".verdict"))
    .filter((e) => contrast(view.getComputedStyle(e).color, paper) < 4.5).length;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 40;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const drawn = (character) => {
    pen.clearRect(0, 0, 40, 40);
    pen.font = "24px " + style.fontFamily;
    pen.fillText(character, 5, 30);
    return pen.getImageData(0, 0, 40, 40).data.join();
  };
  const tofu = drawn("\u{10FFFF}");
  const missing = [...new Set(doc.body.textContent)].filter((c) => /\S/.test(c) && drawn(c) === tofu);
  const svgs = [...doc.querySelectorAll("svg")].filter(shown).length;
  document.getElementById("measured").textContent = JSON.stringify({
    width: root.clientWidth, scroll: root.scrollWidth, over: over.length, faint,
    missing: missing.join(""), dark: luminance(paper) < 0.2, svgs: svgs > 1,
  });
});
"#;

fn harness(page: &str, width: u32) -> String {
    let page = page.replace('&', "&amp;").replace('"', "&quot;");
    let script = MEASURE.replace("WIDTH", &width.to_string());
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body><p id=\"measured\">nothing</p>\n\
         <iframe id=\"frame\" style=\"width:{width}px;height:900px;border:0\" srcdoc=\"{page}\"></iframe>\n\
         <script>{script}</script></body></html>"
    )
}

/// What the browser measures, and what its console says.
fn look(folder: &Path, page: &str, width: u32, dark: bool) -> (Value, Vec<String>) {
    let path = folder.join("page.html");
    std::fs::write(&path, harness(page, width)).unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("--blink-settings=preferredColorScheme={}", u8::from(!dark)))
        .arg(format!("--window-size={},1000", width.max(800) + 100))
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let measured = dom.split("id=\"measured\">").nth(1).unwrap().split('<').next().unwrap();
    let measured = serde_json::from_str(measured).unwrap_or(Value::String(measured.to_owned()));
    let console = String::from_utf8_lossy(&output.stderr);
    let errors = console.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned);
    (measured, errors.collect())
}

#[expect(clippy::disallowed_methods, reason = "the gate says that there is a browser")]
fn must_have_a_browser() -> bool {
    std::env::var_os("MANTIS_BROWSER").is_some()
}

#[test]
fn pages_fit_a_phone_and_a_desktop_in_light_and_dark() {
    if Command::new("chromium").arg("--version").stdout(Stdio::null()).status().is_err() {
        assert!(!must_have_a_browser(), "no chromium in the path: apt-get install chromium");
        eprintln!("skipped: no chromium in the path");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let pages = [("ledger", among(folder.path())), ("study", study(folder.path()))];
    for (name, html) in &pages {
        assert!(!html.contains("src=\"http") && !html.contains("href=\"http"), "{name}: network");
        for width in WIDTHS {
            for dark in [false, true] {
                let (measured, errors) = look(folder.path(), html, width, dark);
                let expected = json!({
                    "width": width, "scroll": width, "over": 0, "faint": 0, "missing": "",
                    "dark": dark, "svgs": true,
                });
                assert_eq!(measured, expected, "{name} at {width} pixels, dark: {dark}");
                assert!(errors.is_empty(), "{name}: {errors:?}");
            }
        }
    }
    // The controls: what is wrong with a page is seen.
    let html = &pages[0].1;
    let wrong = |with: &str| {
        let page = html.replacen("<h1>", &format!("{with}<h1>"), 1);
        assert_ne!(&page, html);
        look(folder.path(), &page, 400, false)
    };
    assert_ne!(wrong("<p style=\"width:2000px\">wide</p>").0["scroll"], 400);
    assert_eq!(wrong("<p style=\"color:#ddd\">faint</p>").0["faint"], 1);
    assert_eq!(wrong("<p>\u{10FFFE}</p>").0["missing"], "\u{10FFFE}");
    assert!(!wrong("<script>console.error('no')</script>").1.is_empty());
}
