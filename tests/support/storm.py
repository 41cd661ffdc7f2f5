"""A course whose only demo changes all that it shows, without end, and needs no torch: the most that can be drawn."""

from __future__ import annotations

import os
from pathlib import Path

STUBS = Path(__file__).parents[1] / "lab" / "stubs"

TOPIC = """
title = "Storm"
summary = "Much is drawn, without end."
minutes = 5
objectives = ["Leave."]

[demo.storm]
title = "A storm"
shows = "values that all change"

[demo.storm.knobs]
force = { slider = [0.1, 1.0], default = 0.5 }
wind = { choice = ["north", "south"] }
"""

PAGE = """# Storm

## First

Nothing happens here.

## Second
<!-- panel: storm -->

Much happens here.
"""

DEMO = """
import random
from collections.abc import Iterator

from lessons.kit import Frame, Grid

ROWS, COLUMNS = 16, 40


def storm(force: float, wind: str) -> Iterator[Frame]:
    step = 0
    while True:
        values = tuple(force * random.random() for _ in range(ROWS * COLUMNS))
        rows, columns = tuple(map(str, range(ROWS))), tuple(map(str, range(COLUMNS)))
        yield Frame((Grid("storm", rows, columns, values, 0.0, 1.0),), {"step": step}, f"Step {step} of a storm.")
        step += 1
"""


def write_storm(folder: Path) -> list[str]:
    """Makes the course; the command that opens its topic, with its code trusted."""
    topic = folder / "storm"
    topic.mkdir(parents=True)
    (folder / "course.toml").write_text('title = "A course"\ntopics = ["storm"]\n')
    (topic / "lesson.toml").write_text(TOPIC)
    (topic / "lesson.md").write_text(PAGE)
    (topic / "demo.py").write_text(DEMO)
    return ["tutor", "--trust", "--course", str(folder), "lesson", "storm"]


def without_torch() -> dict[str, str]:
    """The environment in which the worker finds a stub in its place."""
    paths = [str(STUBS), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths)}
