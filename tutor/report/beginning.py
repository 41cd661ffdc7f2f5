"""`tutor lessons new`: a topic begun, and what to do next."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from diagnostics.text import clean
from lessons.kit.beginning import begin
from tutor.arguments import UsageError


def begin_topic(name: str, folder: str) -> int:
    """Makes the topic and says what was made; 1 where nothing was."""
    try:
        topic = begin(Path(folder), name)
    except OSError as error:
        print(f"tutor: nothing was made in {clean(folder, 1000)}: {error.strerror}", file=sys.stderr)
        return 1
    except ValueError as error:  # the name, or a null byte in the folder's
        raise UsageError(clean(str(error), 1000)) from None
    course = clean(shlex.quote(folder), 1000)
    print(f"Made {clean(str(topic), 1000)}: a section with a question, a demo, an exercise. Next:")
    print(f"  tutor lessons check {course}")
    print(f"  tutor --course {course} lesson {name}")
    print("Then make it yours: lesson.md is the text, lesson.toml names demos and exercises, demo.py is what runs.")
    return 0
