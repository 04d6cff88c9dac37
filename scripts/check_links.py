"""check_links.py BOOK SOURCES MARKDOWN..: fails for a link that leads nowhere.

Links between pages of the built book, their anchors included; pages that no link of the summary reaches; relative links of other
Markdown files; and links into this repository on GitHub, of which the file must be here. Other addresses are not asked.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

REPOSITORY = re.compile(r"https://github\.com/mantis-rs/mantis/(?:blob|tree)/main/([^)#\s\"<>]+)")


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.anchors = [], set()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.anchors.add(attrs.get("id"))
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        if tag == "img" and attrs.get("src"):
            self.links.append(attrs["src"])


def read(path):
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def book_problems(book):
    # These repeat other pages, with their links taken from another folder.
    pages = {p: read(p) for p in book.rglob("*.html") if p.name not in ("print.html", "404.html", "toc.html")}
    for path, page in pages.items():
        for link in page.links:
            if re.match(r"[a-z]+:|//", link):
                continue
            target, anchor = urldefrag(unquote(link))
            file = (path.parent / target).resolve() if target else path.resolve()
            if not file.exists():
                yield f"{path}: {link} leads nowhere"
            elif anchor and file.suffix == ".html" and anchor not in read(file).anchors:
                yield f"{path}: {link} has no such anchor"


def main():
    book, sources, *others = map(Path, sys.argv[1:])
    problems = list(book_problems(book.resolve()))
    summary = (sources / "SUMMARY.md").read_text(encoding="utf-8")
    for page in sources.rglob("*.md"):
        name = page.relative_to(sources).as_posix()
        if name != "SUMMARY.md" and f"({name})" not in summary:
            problems.append(f"{page}: not in the summary")
    files = [f for o in others for f in (o.rglob("*.md") if o.is_dir() else [o])]
    for file in files:
        for link in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")):
            target = urldefrag(link)[0]
            # Names of items are links of rustdoc, which checks them itself.
            looks_like_file = "/" in target or target.endswith((".md", ".png", ".toml"))
            if looks_like_file and not re.match(r"[a-z]+:|crate::|#", target) and not (file.parent / target).exists():
                problems.append(f"{file}: {link} leads nowhere")
    count = 0
    for file in [*files, *sources.rglob("*.md")]:
        for name in REPOSITORY.findall(file.read_text(encoding="utf-8")):
            count += 1
            if not Path(name).exists():
                problems.append(f"{file}: {name} is not in the repository")
    print("\n".join(problems) or f"all links of {len(list(book.rglob('*.html')))} pages lead somewhere, {count} of them into the repository")
    return bool(problems)


sys.exit(main())
