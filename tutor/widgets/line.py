"""Line: one line of text under a cursor, edited by keys."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events

from tutor.draw.canvas import Canvas
from tutor.draw.glyphs import width


@dataclass
class Line:
    """What has been typed, and the cursor's place in it."""

    text: str = ""
    at: int = 0
    most: int = 80
    """Characters that it takes."""
    fresh: bool = False
    """Whether all of it goes when the first letter is typed, as a selected text does."""

    def set(self, text: str) -> None:
        """Begins with a text, which the first letter replaces and any other key keeps."""
        self.text = text[: self.most]
        self.at = len(self.text)
        self.fresh = bool(text)

    def key(self, event: events.Key) -> bool:
        """Does what the key asks; False for a key that does not edit."""
        if self.fresh and (event.is_printable or event.key == "backspace"):
            self.text, self.at = "", 0
        before, after = self.text[: self.at], self.text[self.at :]
        if event.key == "backspace":
            self.text, self.at = before[:-1] + after, max(0, self.at - 1)
        elif event.key == "delete":
            self.text = before + after[1:]
        elif event.key == "ctrl+u":
            self.text, self.at = after, 0
        elif event.key in ("left", "right"):
            self.at = min(len(self.text), max(0, self.at + (1 if event.key == "right" else -1)))
        elif event.key in ("home", "end"):
            self.at = len(self.text) if event.key == "end" else 0
        elif event.is_printable and event.character:
            self.insert(event.character)
        else:
            return False
        self.fresh = False
        return True

    def insert(self, text: str) -> None:
        """As far as there is room; line breaks become spaces."""
        if self.fresh:
            self.text, self.at, self.fresh = "", 0, False
        text = " ".join(text.split()) if len(text) > 1 else text
        text = text[: self.most - len(self.text)]
        self.text = self.text[: self.at] + text + self.text[self.at :]
        self.at += len(text)

    def draw(self, canvas: Canvas, x: int, y: int, room: int, ground: str = "") -> None:
        """Draws as much of it as fits `room` columns, the cursor included."""
        start = 0
        while width(self.text[start : self.at + 1]) + (self.at == len(self.text)) > room and start < self.at:
            start += 1
        before, under = self.text[start : self.at], self.text[self.at : self.at + 1]
        shown = cells_within(self.text[start:], room)
        canvas.put(x, y, shown, f"accent underline{ground}" if self.fresh else f"bright bold{ground}")
        at = x + width(before)
        canvas.put(at, y, under or "▏", f"accent bold underline{ground}" if under else f"accent{ground}")


def cells_within(text: str, room: int) -> str:
    """The beginning of `text` that fits `room` columns."""
    while width(text) > room:
        text = text[:-1]
    return text
