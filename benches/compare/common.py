"""What the sides of the comparisons share."""

import json
import os
import statistics
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Where cargo builds.
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

# Where criterion leaves what it measured.
CRITERION = TARGET / "criterion"


def build(topic):
    """Our side of a topic: a package of its own in the folder of its name."""
    manifest = ROOT / "benches/compare" / topic / "Cargo.toml"
    subprocess.run(["cargo", "build", "--release", "--quiet", "--manifest-path", manifest], check=True, cwd=ROOT)
    metadata = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps", "--manifest-path", manifest],
        check=True, capture_output=True, text=True, cwd=ROOT,
    )
    return Path(json.loads(metadata.stdout)["target_directory"]) / "release" / f"compare-{topic}"


def bench(topic):
    """Runs our side where it is a bench of criterion; MANTIS_PROFILE is the cargo profile."""
    profile = os.environ.get("MANTIS_PROFILE", "release")
    command = ["cargo", "bench", "-p", "mantis-benches", "--bench", topic, "--profile", profile]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return CRITERION


def measured(folder):
    """Median of criterion in ms."""
    return json.loads((folder / "new" / "estimates.json").read_text())["median"]["point_estimate"] / 1e6


def milliseconds(work, runs=15):
    """Median time of a call."""
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)
