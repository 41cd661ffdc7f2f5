"""The two fixed places of every screen: the header (where am I) and the key bar (what can I press)."""

from __future__ import annotations

from collections.abc import Sequence

from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import key_name
from tutor.widgets.drawn import Drawn

Hint = tuple[str, str]
"""A key and what it does."""


class Header(Drawn):
    """Place at the left, facts at the right, and a hairline that is also the progress through this place."""

    place: tuple[str, ...] = ("tutor",)
    facts: tuple[str, ...] = ()
    done: float = 0.0

    def show(self, place: Sequence[str], facts: Sequence[str], done: float) -> None:
        self.place, self.facts, self.done = tuple(place), tuple(fact for fact in facts if fact), done
        self.repaint()

    def paint(self, canvas: Canvas) -> None:
        facts = list(self.facts)
        while facts and len("   ".join(facts)) > canvas.width // 2:
            facts.pop(0)
        right = "   ".join(facts)
        room = canvas.width - len(right) - 4
        x = canvas.put(2, 0, self.place[0], "accent bold" if len(self.place) == 1 else "accent")
        for number, name in enumerate(self.place[1:], 1):
            x = canvas.put(x, 0, "  /  " if canvas.width > 90 else " / ", "rule")
            last = number == len(self.place) - 1
            if x + len(name) > room:
                name = name[: max(0, room - x - 1)] + "…"
            x = canvas.put(x, 0, name, "bright bold" if last else "muted")
        canvas.right(canvas.width - 2, 0, right, "muted")
        filled = round(min(1.0, max(0.0, self.done)) * canvas.width)
        canvas.put(0, 1, "━" * filled, "accent")
        canvas.put(filled, 1, "─" * (canvas.width - filled), "rule")


class KeyBar(Drawn):
    """Keys that do something now, most useful first; what does not fit is cut, but the last ones always stand."""

    hints: tuple[Hint, ...] = ()
    always: tuple[Hint, ...] = ()
    said: str = ""
    """A sentence in place of the hints, until the next key."""

    def show(self, hints: Sequence[Hint], always: Sequence[Hint]) -> None:
        self.hints, self.always = tuple(hints), tuple(always)
        self.repaint()

    def say(self, sentence: str) -> None:
        self.said = sentence
        self.repaint()

    def hush(self) -> None:
        if self.said:
            self.say("")

    def paint(self, canvas: Canvas) -> None:
        if self.said:
            canvas.put(2, 0, _shortened(self.said, canvas.width - 4), "bright")
            return
        hints, always = self._named(canvas, self.hints), self._named(canvas, self.always)
        tail = sum(_width(hint) + 3 for hint in always)
        x = 2
        for hint in hints:
            if x + _width(hint) + 3 + tail > canvas.width:
                break
            x = self._hint(canvas, x, hint)
        x = canvas.width - tail + 1
        for hint in always:
            x = self._hint(canvas, x, hint)

    @staticmethod
    def _named(canvas: Canvas, hints: Sequence[Hint]) -> list[Hint]:
        return [(key_name(key, canvas.look.ascii), meaning) for key, meaning in hints]

    def _hint(self, canvas: Canvas, x: int, hint: Hint) -> int:
        x = canvas.put(x, 0, hint[0], "bright bold")
        return canvas.put(x + 1, 0, hint[1], "muted") + 3


def _shortened(text: str, width: int) -> str:
    """Text cut in its middle: a sentence says most at its start, a path at its end."""
    if len(text) <= width:
        return text
    start = max(0, width // 2 - 1)
    return text[:start] + "…" + text[len(text) - max(0, width - start - 1) :]


def _width(hint: Hint) -> int:
    return len(hint[0]) + 1 + len(hint[1])
