"""A course of two topics with a question a section, terms and exercises, to read without running anything."""

from __future__ import annotations

from pathlib import Path

from lessons.kit.course import Course, load_course

MANIFEST = """
title = "Topic {0}"
summary = "All of {0}."
minutes = 5
objectives = ["Know {0}."]

[demo.walk]
title = "A walk"
shows = "steps"

[exercise.{0}_first]
title = "First of {0}"
asks = "Write it."
section = "section-{1}"

[exercise.{0}_second]
title = "Second of {0}"
asks = "Write it again."
section = "section-{1}"

[[term]]
name = "term of {0}"
means = "What {0} is about."
section = "section-{1}"
"""

SECTION = """
## Section {0}

```predict {0}
What is {0}?

- [ ] This
  It is not this.
- [x] That
  It is that.
- [ ] Neither
  It is one of them.

run: walk
```
"""

WRONG, RIGHT = 0, 1


def small_course(folder: Path) -> Course:
    """Topic one asks a and b, topic two asks c; of each question the second choice is right."""
    for name, questions in (("one", "ab"), ("two", "c")):
        (folder / name).mkdir(parents=True)
        (folder / name / "lesson.toml").write_text(MANIFEST.format(name, questions[0]))
        (folder / name / "lesson.md").write_text(f"# Topic {name}\n" + "".join(map(SECTION.format, questions)))
    (folder / "course.toml").write_text('title = "A course"\ntopics = ["one", "two"]\n')
    return load_course(folder)
