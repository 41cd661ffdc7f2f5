"""The sentence for a name that is not there: a misspelt topic, demo, knob or key."""

from __future__ import annotations

from collections.abc import Iterable


def unknown(kind: str, name: str, known: Iterable[str], of: str = "") -> str:
    """Says that `of`, or all there is, has no such name; and which was probably meant, or else which there are."""
    import difflib  # here: 7 ms that only a mistake should cost

    there = list(known)
    said = f"{of} has no {kind} {name!r}" if of else f"there is no {kind} {name!r}"
    close = difflib.get_close_matches(name, there, n=1)
    if close:
        return f"{said}; did you mean {close[0]!r}?"
    return f"{said}; {'it has' if of else 'known:'} {', '.join(there) or 'none'}"
