"""The sentence for a name that is not there: a misspelt topic, demo, knob or key."""

from __future__ import annotations

from collections.abc import Iterable


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Says that there is no such name and which one was probably meant, or else which there are."""
    import difflib  # here: 7 ms that only a mistake should cost

    there = list(known)
    close = difflib.get_close_matches(name, there, n=1)
    if close:
        return f"there is no {kind} {name!r}; did you mean {close[0]!r}?"
    return f"there is no {kind} {name!r}; there {_are(there)}"


def _are(names: list[str]) -> str:
    if not names:
        return "is none"
    return f"is only {names[0]!r}" if len(names) == 1 else f"are {', '.join(names)}"
