"""`python -m benchmarks.check`: a training step alone and under `tutor check`, in turns, in one process.

CPU milliseconds of one thread: on a busy machine they say more than the clock.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

Step = Callable[[], None]


def mlp(device: str, optimizer: str) -> Step:
    import torch
    from torch import nn

    model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2)).to(device)
    return _classifier(model, torch.randn(64, 20), torch.randint(0, 2, (64,)), device, optimizer)


def cnn(device: str, optimizer: str) -> Step:
    import torch
    from torch import nn

    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(32, 10),
    ).to(device)  # fmt: skip
    return _classifier(model, torch.randn(32, 3, 32, 32), torch.randint(0, 10, (32,)), device, optimizer)


def transformer(device: str, optimizer: str) -> Step:
    import torch
    from torch import nn

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(100, 128)
            layer = nn.TransformerEncoderLayer(128, 4, 256, batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, 2)
            self.head = nn.Linear(128, 10)

        def forward(self, words: Any) -> Any:
            return self.head(self.encoder(self.embed(words)).mean(1))

    model = Model().to(device)
    return _classifier(model, torch.randint(0, 100, (16, 32)), torch.randint(0, 10, (16,)), device, optimizer)


def _classifier(model: Any, inputs: Any, labels: Any, device: str, name: str) -> Step:
    import torch

    optimizer = getattr(torch.optim, name)(model.parameters(), lr=1e-3)
    criterion = torch.nn.CrossEntropyLoss()

    def step() -> None:
        x, y = inputs.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()

    return step


MODELS: dict[str, tuple[Callable[[str, str], Step], str, int]] = {
    "MLP, SGD": (mlp, "SGD", 150),
    "MLP, Adam": (mlp, "Adam", 100),
    "CNN, SGD": (cnn, "SGD", 10),
    "Transformer, Adam": (transformer, "Adam", 10),
}
"""What is trained, by which optimizer, and how many steps a round takes."""


def main() -> int:
    import torch

    import diagnostics
    from diagnostics.training.virtual_device import VirtualDevice

    parser = argparse.ArgumentParser(prog="python -m benchmarks.check", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    worlds: dict[str, tuple[str, Callable[[], Any]]] = {
        "alone": ("cpu", contextlib.nullcontext),
        "watched": ("cuda", lambda: VirtualDevice(passes=0)),
        "device": ("cuda", VirtualDevice),
        "check": ("cuda", lambda: diagnostics.watch(device="cuda")),
    }
    print(f"torch {torch.__version__}, {options.rounds} rounds, medians; ms of CPU a step, and times as long as alone")
    print(f"{'':20}{'alone':>9}{'watched':>9}{'thinned':>9}{'under check':>13}")
    for name, (build, optimizer, steps) in MODELS.items():
        spent: dict[str, list[float]] = {world: [] for world in worlds}
        for _, (world, (device, enter)) in itertools.product(range(options.rounds), worlds.items()):
            with enter():
                spent[world].append(_milliseconds(build(device, optimizer), steps))
        alone, watched, thinned, check = (statistics.median(spent[world]) for world in worlds)
        print(
            f"{name:20}{alone:9.2f}{watched / alone:8.2f}x{thinned / alone:8.2f}x{check / alone:12.2f}x",
            flush=True,
        )
    return 0


def _milliseconds(step: Step, steps: int) -> float:
    """A step's CPU time, after enough of them that the watch has thinned."""
    for _ in range(8):
        step()
    begun = time.thread_time()
    for _ in range(steps):
        step()
    return (time.thread_time() - begun) / steps * 1000


if __name__ == "__main__":
    raise SystemExit(main())
