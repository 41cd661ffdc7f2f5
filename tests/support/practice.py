"""A course of two topics with three exercises, none of which needs torch, and the tutor with it in place of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from lessons.kit.course import Course, load_course

COURSE = 'title = "A course"\ntopics = ["numbers", "words"]\n'

NUMBERS = """
title = "Numbers"
summary = "Means and limits."
minutes = 5
objectives = ["Write a mean."]

[exercise.my_mean]
title = "Write a mean"
asks = "The sum of the values, by how many there are."
section = "means"

[exercise.my_clamp]
title = "Write a clamp"
asks = "Each value within two limits."
section = "limits"

[demo.walk]
title = "A walk"
shows = "steps"

[demo.walk.knobs]
lr = { slider = [1e-4, 1.0], scale = "log", default = 0.05 }
"""

PAGE = """# Numbers

## Means
<!-- panel: walk -->

A mean is a sum by a count. Begin with [the mean](exercise:my_mean).

### Make

[Write a mean](exercise:my_mean) · [Write a clamp](exercise:my_clamp)

## Limits

A clamp keeps values within limits.
"""

DEMO = """
from collections.abc import Iterator

from lessons.kit import Frame


def walk(lr: float) -> Iterator[Frame]:
    for step in range(2000):
        yield Frame((), {"lr": lr}, f"Step {step} of a walk.", step, 2000)
"""

WORDS = """
title = "Words"
summary = "Letters."
minutes = 5
objectives = ["Turn a word."]

[exercise.my_turn]
title = "Turn a word"
asks = "The letters from the last to the first."
section = "letters"
"""

WORDS_PAGE = """# Words

## Letters

A word is letters.
"""

TASK = """# {title}

## Task

`{function}` gets what it says, and returns what it says. {more}

```python
{function}({example})
```

## First hint

What would you do by hand?

## Second hint

Look at **every** value.

## Third hint

It is one line with `{function}`.

## Afterwards

You know it now. See [means](numbers#means) or [torch](https://pytorch.org).
"""

MEAN = '''def my_mean(values: list[float]) -> float:
    """The sum of the values, by how many there are."""
    ...
'''
MEAN_RIGHT = "def my_mean(values):\n    return sum(values) / len(values)\n"
MEAN_CHECK = '''"""What must hold of my_mean()."""

from __future__ import annotations

import random

from lessons.kit.properties import expect


def it_is_a_number(given) -> None:
    """It returns a number."""
    got = given.my_mean([1.0, 2.0])
    expect(isinstance(got, float), f"my_mean([1.0, 2.0]) is a {type(got).__name__}; a float was wanted")


def it_lies_between(given) -> None:
    """It lies between the lowest and the highest value."""
    values = [random.uniform(3, 9) for _ in range(5)]
    mean = given.my_mean(list(values))
    expect(min(values) <= mean <= max(values), f"of 5 values from {min(values):.1f} it is {mean:.1f}")


def it_leaves_the_values(given) -> None:
    """The values are left as they were."""
    values = [3.0, 1.0, 2.0]
    given.my_mean(values)
    expect(values == [3.0, 1.0, 2.0], f"[3.0, 1.0, 2.0] became {values}")
'''

SUM = '"""It forgets the count. Breaks: it_lies_between."""\n\n\ndef my_mean(values):\n    return sum(values)\n'
LAST = '"""The last one. Breaks: it_is_a_number."""\n\n\ndef my_mean(values):\n    return str(values[-1])\n'
EMPTIES = (
    '"""It empties them. Breaks: it_leaves_the_values."""\n\n\ndef my_mean(values):\n'
    "    mean = sum(values) / len(values)\n    values.clear()\n    return mean\n"
)


def write_course(folder: Path) -> Path:
    """Writes it there; the folder."""
    _write(folder / "course.toml", COURSE)
    _write(folder / "numbers" / "lesson.toml", NUMBERS)
    _write(folder / "numbers" / "lesson.md", PAGE)
    _write(folder / "numbers" / "demo.py", DEMO)
    _write(folder / "words" / "lesson.toml", WORDS)
    _write(folder / "words" / "lesson.md", WORDS_PAGE)
    _write(folder / "words" / "demo.py", "")
    _exercise(folder / "numbers", "my_mean", "Write a mean", "[1.0, 3.0]", MEAN, MEAN_RIGHT, MEAN_CHECK)
    for topic, name, title in (("numbers", "my_clamp", "Write a clamp"), ("words", "my_turn", "Turn a word")):
        start, right, check = (text.replace("my_mean", name) for text in (MEAN, MEAN_RIGHT, MEAN_CHECK))
        _exercise(folder / topic, name, title, "...", start, right, check)
    return folder


def _exercise(topic: Path, name: str, title: str, example: str, start: str, right: str, check: str) -> None:
    folder = topic / "exercises" / name
    more = "It is the kind of thing that is written once and read often. " * 3
    _write(folder / "task.md", TASK.format(title=title, function=name, example=example, more=more.strip()))
    _write(folder / "start.py", start)
    _write(folder / "solution.py", right)
    _write(folder / "check.py", check)
    for file, text in (("sum", SUM), ("last", LAST), ("empties", EMPTIES)):
        _write(folder / "wrong" / f"{file}.py", text.replace("my_mean", name))
    _write(folder / "right" / "loop.py", right.replace("sum(values)", "sum(value for value in values)"))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def practice_course(folder: Path) -> Course:
    return load_course(write_course(folder))


def tutor_with(course: Path) -> list[str]:
    """The command line of a tutor that has this course in place of the one that it ships with."""
    swapped = (
        "import pathlib, sys; import lessons.kit.course as kit; kit.SHIPPED = pathlib.Path(sys.argv.pop(1)); "
        "from tutor.cli import main; sys.exit(main())"
    )
    return [sys.executable, "-c", swapped, str(course)]
