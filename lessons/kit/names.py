"""Names: a section's in links, and the sentence for one that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterable


def slug(title: str) -> str:
    """The name of a section in links, as GitHub makes it: "What's 2/λ?" is "whats-2λ"."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


def unknown(kind: str, name: str, known: Iterable[str], of: str = "") -> str:
    """Says that `of`, or all there is, has no such name; and which was probably meant, or else which there are."""
    import difflib  # here: 7 ms that only a mistake should cost

    there = list(known)
    said = f"{of} has no {kind} {name!r}" if of else f"there is no {kind} {name!r}"
    close = difflib.get_close_matches(name, there, n=1)
    if close:
        return f"{said}; did you mean {close[0]!r}?"
    return f"{said}; {'it has' if of else 'known:'} {', '.join(there) or 'none'}"
