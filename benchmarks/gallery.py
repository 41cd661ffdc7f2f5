"""One kind of picture, frame after frame, in the tutor's own panel and nothing else: `gallery.py KIND FRAMES`.

FRAMES is what `tutor demo ... --json` printed. A key starts it; "over" is the caption once all frames have been drawn.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from textual.app import App, ComposeResult

from lessons.kit.pictures import KINDS, Frame
from tutor.draw.canvas import Look
from tutor.draw.panel import PanelView
from tutor.lab.frames import read_frame
from tutor.widgets.demo_view import DemoView


def frames_of(kind: str, lines: list[str]) -> list[Frame]:
    """The frames with no picture but those of that kind, and without words, which would count too."""
    frames: list[Frame] = []
    for line in lines:
        frames.append(read_frame(line.encode(), frames[-1] if frames else None))
    return [
        replace(frame, pictures=tuple(p for p in frame.pictures if isinstance(p, KINDS[kind])), note="", steps=0)
        for frame in frames
    ]


class Gallery(App[None]):
    """Draws the next frame when the last has been written."""

    look = Look("dark", "true")

    def __init__(self, frames: list[Frame]) -> None:
        super().__init__()
        self.animation_level = "none"
        self.frames = iter(frames)

    def compose(self) -> ComposeResult:
        yield DemoView()

    def on_key(self) -> None:
        self.advance()

    def advance(self) -> None:
        view = self.query_one(DemoView)
        frame = next(self.frames, None)
        if frame is None:
            view.show(PanelView(caption="over"))
        else:
            view.show(PanelView(frame=frame))
            self.call_after_refresh(self.advance)


if __name__ == "__main__":
    Gallery(frames_of(sys.argv[1], Path(sys.argv[2]).read_text("utf-8").splitlines())).run()
