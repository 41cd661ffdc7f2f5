"""A small sound course to break: tests change one file of it and ask what is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lessons.kit.course import Course, load_course
from lessons.kit.problems import problems

COURSE = """\
title = "A course"
topics = ["steps", "noise"]
"""

STEPS_TOML = """\
title = "Steps"
summary = "How long a step may be."
minutes = 15
objectives = ["Predict a run from its step size", "Say what momentum changes"]
read = [{ title = "torch.optim", url = "https://docs.pytorch.org/docs/stable/optim.html" }]

[demo.bowl]
title = "A bowl with two curvatures"
shows = "λ 20 and 1"
[demo.bowl.knobs]
lr        = { slider = [1e-4, 1.0], scale = "log", default = 0.05 }
optimizer = { choice = ["SGD", "momentum", "Nesterov", "Adam"] }
rotate    = { toggle = false }
beta      = { slider = [0.0, 0.99], default = 0.9, used = { optimizer = ["momentum", "Nesterov"] } }
count     = { slider = [1, 100], whole = true, default = 20 }
"""

STEPS_MD = """\
# Steps

## The limit is 2/λ
<!-- panel: bowl?lr=0.05 -->

While `lr·λ` is below 1 the path **glides** in,
and *above* 2 it leaves. See [noise](noise#where-it-comes-from) or [torch](https://pytorch.org).

```predict critical
At lr = 0.1 exactly, what happens?

- [ ] It explodes
  It grows only above the limit.
- [x] It swings for ever
  Each step lands on the mirror point.

run: bowl?lr=0.1
```

## Try it

### Try

[lr 0.09](demo:bowl?lr=0.09) · [lr 0.101](demo:bowl?lr=0.101&optimizer=adam)

```python
optimizer.step()
```
"""

STEPS_PY = """\
def bowl(lr: float, optimizer: str, rotate: bool, beta: float, count: int) -> Iterator[Frame]:
    yield _frame(lr)


def minibatches(count: int) -> Iterator[int]:
    yield count
"""

NOISE_TOML = """\
title = "Noise"
summary = "Why a batch is not the data."
minutes = 5
objectives = ["Tell noise from signal"]
"""

NOISE_MD = """\
# Noise

## Where it comes from

Each batch has a gradient of its own.
"""


class Author:
    """Writes a course in a folder of its own, and hears what is wrong with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("course.toml", COURSE)
        self.write("steps/lesson.toml", STEPS_TOML)
        self.write("steps/lesson.md", STEPS_MD)
        self.write("steps/demo.py", STEPS_PY)
        self.write("noise/lesson.toml", NOISE_TOML)
        self.write("noise/lesson.md", NOISE_MD)

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text("utf-8")
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def append(self, name: str, text: str) -> None:
        self.write(name, (self.folder / name).read_text("utf-8") + text)

    def line(self, name: str, text: str) -> int:
        """The number of the first line of a file that has this text."""
        lines = (self.folder / name).read_text("utf-8").splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)

    def course(self) -> Course:
        return load_course(self.folder)

    def problems(self) -> list[str]:
        """Each as "steps/lesson.md:12: sentence"."""
        return [re.sub(f"^{re.escape(str(self.folder))}/", "", str(problem)) for problem in problems(self.folder)]


@pytest.fixture
def author(tmp_path: Path) -> Author:
    return Author(tmp_path / "course")
