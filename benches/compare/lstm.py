"""Times an epoch of the guide's network beside the same network in PyTorch, on as many rows, in the same run.

The sizes, the batch, the dropout, the loss, the optimiser, the clipping and the validation pass after the epoch are the same; what the
numbers are does not matter to the time, so PyTorch gets noise. Both sides run alternately, each figure is the least of a few. Run by
`just compare lstm`.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch import nn

from common import build

STEPS, FEATURES, HIDDEN = 20, 10, 128
EPOCHS, REPEATS = 2, 3


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(FEATURES, HIDDEN, num_layers=2, dropout=0.2, batch_first=True)
        self.dropout = nn.Dropout(0.2)
        self.dense = nn.Sequential(nn.Linear(HIDDEN, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.dense(self.dropout(self.lstm(x)[0][:, -1]))


def pytorch(rows, validation, batch, threads):
    """Seconds of an epoch."""
    torch.set_num_threads(threads)
    torch.manual_seed(42)
    values = torch.randn(rows + validation + STEPS, FEATURES)
    windows = values.as_strided((rows + validation + 1, STEPS, FEATURES), (FEATURES, FEATURES, 1))
    up = torch.randint(0, 2, (rows + validation + 1, 1)).float()
    network, loss = Network(), nn.BCEWithLogitsLoss()
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-2)
    start = time.perf_counter()
    for _ in range(EPOCHS):
        network.train()
        for chosen in torch.randperm(rows).split(batch):
            optimiser.zero_grad()
            loss(network(windows[chosen]), up[chosen]).backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
        network.eval()
        with torch.no_grad():
            for chosen in torch.arange(rows, rows + validation).split(1024):
                loss(network(windows[chosen]), up[chosen])
    return (time.perf_counter() - start) / EPOCHS


def product(threads):
    """Floating-point operations a second of a large matrix product."""
    torch.set_num_threads(threads)
    n = 2048
    a, b = torch.randn(n, n), torch.randn(n, n)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - start)
    return 2 * n**3 / best


def operations(rows, validation):
    """Multiplications and additions of an epoch: a pass backwards costs twice the one forwards."""
    layers = 4 * HIDDEN * (FEATURES + HIDDEN) + 4 * HIDDEN * (HIDDEN + HIDDEN)
    dense = HIDDEN * 64 + 64 * 32 + 32
    return 2 * (STEPS * layers + dense) * (3 * rows + validation)


def main(out):
    binary = build("lstm")
    rows, notes = [], []
    for threads in (1, 2):
        ours, theirs = [], []
        for _ in range(REPEATS):
            run = subprocess.run([binary, str(threads), str(EPOCHS)], check=True, capture_output=True, text=True)
            told = json.loads(run.stdout)
            ours.append(told["seconds"])
            theirs.append(pytorch(told["rows"], told["validation"], told["batch"], threads))
        rows.append({
            "case": f"epoch of {told['rows']} rows and {told['validation']} of validation, batch {told['batch']}, "
            f"{threads} thread{'s' if threads > 1 else ''}",
            "milliseconds": {"mantis-models": 1000 * min(ours), "PyTorch": 1000 * min(theirs)},
        })
        rate, peak = operations(told["rows"], told["validation"]) / min(ours), product(threads)
        notes.append(
            f"On {threads} thread{'s' if threads > 1 else ''} an epoch does {rate / 1e9:.0f} billion operations a second, "
            f"{100 * rate / peak:.0f} % of what a product of large matrices reaches in PyTorch ({peak / 1e9:.0f} billion)."
        )
        print(rows[-1], notes[-1], flush=True)
    notes.append("Both sides compute in the same library, libtorch; a batch of ours is cut into shards of 128 rows, one thread each.")
    Path(out).write_text(json.dumps({"topic": "lstm", "ours": "mantis-models", "rows": rows, "notes": notes}))


if __name__ == "__main__":
    main(sys.argv[1])
