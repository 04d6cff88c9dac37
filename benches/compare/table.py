"""Keeps the results of a comparison with its machine and versions, makes the page of all results, and looks for regressions.

table.py keep RESULT KEPT PACKAGES         adds machine, date and versions to a result.
table.py page FOLDER PAGE                  writes the page from all kept results.
table.py check COMMITTED FOLDER TOLERANCE  compares the results in a folder with the committed ones; exit code 1 on a regression.

A result is {"topic", "ours", "rows": [{"case", "milliseconds": {name: value}}]}; "ours" names the side that the others are
compared with. "elsewhere" lists sides whose times were recorded in another run.
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
    "learn": "Logistic regression",
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


def is_reference(name):
    return not name.startswith("mantis")


def section(data):
    names = []
    for row in data["rows"]:
        names += [name for name in row["milliseconds"] if name not in names]
    ours = data["ours"]
    others = [name for name in names if is_reference(name)]
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
otherwise; the median or the least of several repeats counts. Only the ratios mean something on another machine:
`just compare --check` measures again and fails where one fell far below the one here. The criterion suites (`just bench`)
measure this workspace alone and in more detail.
"""
    Path(out).write_text("\n".join([intro, *parts]))


def ratios(data):
    """Times of the references over ours, by case and reference; a case that has none keeps its place with None."""
    found = {}
    for row in data["rows"]:
        times = row["milliseconds"]
        # Against a time from another run, the ratio would measure this machine.
        names = [name for name in times if is_reference(name) and name not in data.get("elsewhere", [])]
        for name in names:
            found[row["case"], name] = times[name] / times[data["ours"]]
        if not names:
            found[row["case"], None] = None
    return found


def verdicts(committed, new, tolerance):
    """Lines of case, reference, committed ratio, new ratio and verdict."""
    before, now = ratios(committed), ratios(new)
    cases = {case for case, _ in now}
    # A case that got its first reference is new, but nothing of it is missing.
    gone = [(case, name) for case, name in before if (case, name) not in now and (name or case not in cases)]
    lines = []
    for case, name in [*now, *gone]:
        was, got = before.get((case, name)), now.get((case, name))
        if (case, name) not in now:
            verdict = "missing"
        elif name is None:
            verdict = "no reference, not compared"
        elif was is None:
            verdict = "new"
        else:
            # Not `<`, which a ratio that is not a number would pass.
            verdict = "ok" if got >= tolerance * was else "REGRESSION"
        lines.append((case, name or "", *("" if x is None else f"{x:.2f}x" for x in (was, got)), verdict))
    return lines


def changes(committed, new):
    """What else may move a ratio: another machine, other versions."""
    if "machine" in committed and committed["machine"] != new["machine"]:
        yield f"{new['topic']}: committed on {committed['machine']}, now on {new['machine']}"
    old, now = committed.get("versions", {}), new["versions"]
    for name in sorted({*old, *now}):
        if old and old.get(name) != now.get(name):
            yield f"{new['topic']}: committed with {name} {old.get(name, '(none)')}, now {now.get(name, '(none)')}"


def check(committed, folder, tolerance):
    tolerance, lines, notes = float(tolerance), [("case", "reference", "committed", "new", "verdict")], []
    for path in sorted(Path(folder).glob("*.json")):
        new, kept = json.loads(path.read_text()), Path(committed, path.name)
        old = json.loads(kept.read_text()) if kept.exists() else {**new, "rows": []}
        lines += [(f"{new['topic']}: {case}", *rest) for case, *rest in verdicts(old, new, tolerance)]
        notes += changes(old, new)
    widths = [max(map(len, column)) for column in zip(*lines)]
    for case, name, was, got, verdict in lines:
        texts = case.ljust(widths[0]), name.ljust(widths[1]), was.rjust(widths[2]), got.rjust(widths[3]), verdict
        print("  ".join(texts))
    print("", *notes, sep="\n")
    found = [line[-1] for line in lines[1:]]
    compared, worse = found.count("ok") + found.count("REGRESSION"), found.count("REGRESSION")
    print(f"{worse} of {compared} ratios compared fell below {tolerance:g} of the committed ones")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit({"keep": keep, "page": page, "check": check}[sys.argv[1]](*sys.argv[2:]))
