//! The page itself: sections of text, numbers, tables and pictures.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::text::prose;
use super::{Span, Svg, Table};
use crate::{Error, Result};

const STYLE: &str = include_str!("style.css");

/// The answer of the report, shown in a box at its top.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Whether the criterion was met; chooses colour and mark.
    pub ok: bool,
    /// The answer in a few words.
    pub headline: String,
    /// One or two sentences on how it came about.
    pub detail: String,
}

#[derive(Clone, Debug)]
enum Block {
    Paragraph(String),
    Note(String),
    List(Vec<String>),
    Numbers(Vec<(String, String)>),
    Figure(String, Svg),
    Table(Table),
}

impl Block {
    fn is_half(&self) -> bool {
        matches!(self, Self::Figure(_, svg) if svg.span() == Span::Half)
    }

    fn render(&self, out: &mut String) {
        let _ = match self {
            Self::Paragraph(text) => writeln!(out, "<p>{}</p>", prose(text)),
            Self::Note(text) => writeln!(out, "<p class=\"note\">{}</p>", prose(text)),
            Self::List(items) => {
                out.push_str("<ul>");
                for item in items {
                    let _ = write!(out, "<li>{}</li>", prose(item));
                }
                writeln!(out, "</ul>")
            }
            Self::Numbers(numbers) => {
                render_numbers(numbers, out);
                Ok(())
            }
            Self::Figure(caption, svg) => {
                render_figure(caption, svg, out);
                Ok(())
            }
            Self::Table(table) => {
                table.render(out);
                Ok(())
            }
        };
    }
}

fn render_numbers(numbers: &[(String, String)], out: &mut String) {
    out.push_str("<dl class=\"numbers\">\n");
    for (label, value) in numbers {
        let (label, value) = (prose(label), prose(value));
        let _ = writeln!(out, "<div><dt>{label}</dt><dd>{value}</dd></div>");
    }
    out.push_str("</dl>\n");
}

fn render_figure(caption: &str, svg: &Svg, out: &mut String) {
    let title = prose(svg.title());
    let _ = writeln!(out, "<figure>\n<p class=\"caption\">{title}</p>");
    let _ = match svg.narrow() {
        None => writeln!(out, "{}", svg.as_str()),
        Some(narrow) => writeln!(
            out,
            "<div class=\"wide\">{}</div>\n<div class=\"narrow\">{narrow}</div>",
            svg.as_str()
        ),
    };
    let _ = writeln!(out, "<figcaption>{}</figcaption>\n</figure>", prose(caption));
}

/// One part of the page. Made by [`Report::section`].
#[derive(Clone, Debug)]
pub struct Section {
    title: String,
    blocks: Vec<Block>,
}

impl Section {
    /// A paragraph of running text.
    pub fn paragraph(&mut self, text: impl Into<String>) -> &mut Self {
        self.push(Block::Paragraph(text.into()))
    }

    /// A remark set apart, such as a limit of what is shown.
    pub fn note(&mut self, text: impl Into<String>) -> &mut Self {
        self.push(Block::Note(text.into()))
    }

    /// A list of short items.
    pub fn list(&mut self, items: impl IntoIterator<Item: Into<String>>) -> &mut Self {
        self.push(Block::List(items.into_iter().map(Into::into).collect()))
    }

    /// Named numbers as tiles, each a label and a value with its unit.
    pub fn numbers<L, V>(&mut self, numbers: impl IntoIterator<Item = (L, V)>) -> &mut Self
    where
        L: Into<String>,
        V: Into<String>,
    {
        self.push(Block::Numbers(pairs(numbers)))
    }

    /// A picture. `caption` says in one plain sentence what it shows and how to read it; the
    /// picture's own title stands above it.
    pub fn figure(&mut self, caption: impl Into<String>, svg: Svg) -> &mut Self {
        self.push(Block::Figure(caption.into(), svg))
    }

    /// A table; it scrolls inside its own box on a small screen.
    pub fn table(&mut self, table: Table) -> &mut Self {
        self.push(Block::Table(table))
    }

    fn push(&mut self, block: Block) -> &mut Self {
        self.blocks.push(block);
        self
    }

    fn render(&self, number: usize, out: &mut String) {
        let title = prose(&self.title);
        let _ = writeln!(out, "<section id=\"s{number}\">\n<h2>{title}</h2>");
        for run in self.blocks.chunk_by(|a, b| a.is_half() && b.is_half()) {
            let pair = run[0].is_half();
            if pair {
                out.push_str("<div class=\"halves\">\n");
            }
            for block in run {
                block.render(out);
            }
            if pair {
                out.push_str("</div>\n");
            }
        }
        out.push_str("</section>\n");
    }
}

/// A self-contained HTML page: title, verdict, key numbers, contents, sections.
///
/// All text is escaped; the same calls give the same bytes.
#[derive(Clone, Debug)]
pub struct Report {
    title: String,
    subtitle: String,
    verdict: Option<Verdict>,
    numbers: Vec<(String, String)>,
    sections: Vec<Section>,
    footer: String,
}

impl Report {
    /// An empty page.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: String::new(),
            verdict: None,
            numbers: Vec::new(),
            sections: Vec::new(),
            footer: String::new(),
        }
    }

    /// The line under the title, such as data and span.
    pub fn subtitle(&mut self, text: impl Into<String>) -> &mut Self {
        self.subtitle = text.into();
        self
    }

    /// The box at the top.
    pub fn verdict(&mut self, verdict: Verdict) -> &mut Self {
        self.verdict = Some(verdict);
        self
    }

    /// The few numbers that matter most, as tiles under the verdict.
    pub fn numbers<L, V>(&mut self, numbers: impl IntoIterator<Item = (L, V)>) -> &mut Self
    where
        L: Into<String>,
        V: Into<String>,
    {
        self.numbers = pairs(numbers);
        self
    }

    /// The line at the end, such as version, seed and fingerprints.
    pub fn footer(&mut self, text: impl Into<String>) -> &mut Self {
        self.footer = text.into();
        self
    }

    /// Opens the next section and returns it to be filled.
    #[expect(clippy::missing_panics_doc, reason = "the section was pushed on the line before")]
    pub fn section(&mut self, title: impl Into<String>) -> &mut Section {
        self.sections.push(Section { title: title.into(), blocks: Vec::new() });
        self.sections.last_mut().expect("just pushed")
    }

    /// The page as one HTML document.
    #[must_use]
    pub fn render(&self) -> String {
        let title = prose(&self.title);
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <header>\n<h1>{title}</h1>\n"
        );
        if !self.subtitle.is_empty() {
            let _ = writeln!(out, "<p class=\"subtitle\">{}</p>", prose(&self.subtitle));
        }
        if let Some(verdict) = &self.verdict {
            let (class, mark) = if verdict.ok { ("pass", "✓") } else { ("fail", "✕") };
            let (headline, detail) = (prose(&verdict.headline), prose(&verdict.detail));
            let _ = writeln!(
                out,
                "<div class=\"verdict {class}\"><span class=\"mark\" aria-hidden=\"true\">{mark}\
                 </span><div><p class=\"headline\">{headline}</p><p>{detail}</p></div></div>"
            );
        }
        if !self.numbers.is_empty() {
            render_numbers(&self.numbers, &mut out);
        }
        out.push_str("</header>\n");
        self.render_contents(&mut out);
        out.push_str("<main>\n");
        for (i, section) in self.sections.iter().enumerate() {
            section.render(i + 1, &mut out);
        }
        out.push_str("</main>\n");
        if !self.footer.is_empty() {
            let _ = writeln!(out, "<footer>{}</footer>", prose(&self.footer));
        }
        out.push_str("</body>\n</html>\n");
        out
    }

    fn render_contents(&self, out: &mut String) {
        if self.sections.len() < 2 {
            return;
        }
        out.push_str("<nav aria-label=\"Contents\"><p class=\"caption\">Contents</p>\n<ol>\n");
        for (i, section) in self.sections.iter().enumerate() {
            let _ = writeln!(out, "<li><a href=\"#s{}\">{}</a></li>", i + 1, prose(&section.title));
        }
        out.push_str("</ol></nav>\n");
    }

    /// Writes the page to `path` in one step: a reader sees the old file or the new one, never
    /// half of it.
    ///
    /// # Errors
    /// [`Error::ReportWrite`] with the path and what the system said.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let fail = |source| Error::ReportWrite { path: path.to_owned(), source };
        let partial = partial_path(path);
        let written =
            std::fs::write(&partial, self.render()).and_then(|()| std::fs::rename(&partial, path));
        if written.is_err() {
            // The first error is the one to report; a leftover that cannot be removed either
            // has the same cause.
            let _ = std::fs::remove_file(&partial);
        }
        written.map_err(fail)
    }
}

fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    path.with_file_name(name)
}

fn pairs<L: Into<String>, V: Into<String>>(
    numbers: impl IntoIterator<Item = (L, V)>,
) -> Vec<(String, String)> {
    numbers.into_iter().map(|(label, value)| (label.into(), value.into())).collect()
}
