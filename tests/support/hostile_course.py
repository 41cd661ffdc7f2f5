"""A course whose author means harm, as far as `tutor lessons check` lets it."""

from __future__ import annotations

import re
from pathlib import Path

from lessons.kit.problems import OBEYED
from tests.support.practice import write_course

SAID = re.compile(r'^(title|summary|asks|shows|objectives) = (\[?)"(.*)"', re.MULTILINE)
QUESTION = """
```text
{0}
```

- {0}

[run {0}](demo:walk?lr=0.1)

```predict asked
What is {0}?

- [ ] This {0}
  It is not {0}.
- [x] That {0}
  It is {0}.

run: walk
```

"""
TERM = """
[[term]]
name = {0}
means = {0}
section = "means"

[[read]]
title = {0}
url = "https://example.org/"
"""


def hostile_course(folder: Path, text: str) -> Path:
    """A sound course with the text in every field that takes it; the folder."""
    write_course(folder)
    said = OBEYED.sub("", text)[:60].encode("utf-8", "ignore").decode()
    line = " ".join(re.sub(r"[`|#*_\\\"-]", "'", said).split()).rstrip("[ ") or "nothing"
    for manifest in folder.glob("*/lesson.toml"):
        told = SAID.sub(lambda found: f'{found[1]} = {found[2]}"{found[3]} {line}"', manifest.read_text("utf-8"))
        if "[demo.walk.knobs]" in told:
            told += 'which = { choice = ["plain", "other"] }\n' + TERM.format(f'"{line}"')
        manifest.write_text(told, "utf-8")
    for page in folder.glob("**/*.md"):
        title, _, rest = page.read_text("utf-8").partition("\n")
        asked = rest.replace("### Make", QUESTION.format(line) + "### Make").replace("What would", f"{line} What would")
        page.write_text(f"{title} {line}\n{asked}", "utf-8")
    demo = folder / "numbers" / "demo.py"
    demo.write_text(f"# {line}\n" + demo.read_text("utf-8").replace("lr: float", "lr: float, which: str"), "utf-8")
    return folder
