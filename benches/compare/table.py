"""Keeps the results of a comparison with its machine and versions, and makes the page of all results.

table.py keep RESULT KEPT PACKAGES adds machine, date and versions to a result.
table.py page FOLDER PAGE          writes the page from all kept results.

A result is {"topic", "ours", "rows": [{"case", "milliseconds": {name: value}}]}; "ours" names the side that the others are
compared with.
"""

import datetime
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

TITLES = {
    "vmd": "Variational mode decomposition",
    "tmfg": "TMFG and LoGo",
    "features": "Indicators",
    "data": "Archives, files and panels",
    "lstm": "LSTM training",
    "salience": "The validator's scoring",
}


def cpu():
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    found = re.search(r"model name\s*:\s*(.*)", text)
    return found.group(1) if found else platform.processor()


def keep(result, kept, packages):
    data = json.loads(Path(result).read_text())
    names = [re.split(r"[<>=\[ ]", line)[0] for line in Path(packages).read_text().split("\n") if line.strip()]
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip()
    data["machine"] = f"{cpu()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    data["date"] = datetime.date.today().isoformat()
    data["versions"] = {
        "Python": platform.python_version(),
        "rustc": rustc.split(" ")[1] if rustc else "unknown",
        **{name: importlib.metadata.version(name) for name in names},
    }
    Path(kept).write_text(json.dumps(data, indent=1) + "\n")


def number(x):
    return f"{x:.3g}" if x < 1000 else f"{x:.0f}"


def section(data):
    names = []
    for row in data["rows"]:
        names += [name for name in row["milliseconds"] if name not in names]
    ours = data["ours"]
    others = [name for name in names if not name.startswith("mantis")]
    head = ["case"] + [f"{name}, ms" for name in names] + [f"{name} / {ours}" for name in others]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for row in data["rows"]:
        times = row["milliseconds"]
        cells = [row["case"]] + [number(times[n]) if n in times else "" for n in names]
        cells += [f"{times[n] / times[ours]:.1f}x" if n in times else "" for n in others]
        lines.append("| " + " | ".join(cells) + " |")
    versions = ", ".join(f"{name} {version}" for name, version in sorted(data["versions"].items()))
    notes = [f"\n{note}" for note in data.get("notes", [])]
    said = f"{data['date']}, {data['machine']}; {versions}."
    return "\n".join([f"## {TITLES.get(data['topic'], data['topic'])}", "", *lines, *notes, "", said, ""])


def page(folder, out):
    parts = [section(json.loads(path.read_text())) for path in sorted(Path(folder).glob("*.json"))]
    intro = """# Benchmarks

Made by `just compare`: both sides run on the same input in the same run on one machine, each on one thread, unless said
otherwise; the median or the least of several repeats counts. Only the ratios mean something on another machine. The criterion
suites (`just bench`) measure this workspace alone and in more detail.
"""
    Path(out).write_text("\n".join([intro, *parts]))


if __name__ == "__main__":
    {"keep": keep, "page": page}[sys.argv[1]](*sys.argv[2:])
