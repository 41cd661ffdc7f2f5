"""LeftSide: the text of a lesson, or what stands in its place: code, a search, further reading."""

from __future__ import annotations

from typing import TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from tutor.widgets.code_pane import CodePane
from tutor.widgets.code_view import CodeView
from tutor.widgets.section_view import SectionView

W = TypeVar("W", bound=Widget)


class LeftSide(Vertical):
    """One pane a mode, "text", "code", "find" or "read", each made when it is first asked for; one is shown."""

    def __init__(self) -> None:
        super().__init__(id="left")
        self.mode = "text"
        self.text = SectionView()
        self._panes: dict[str, Widget] = {"text": self.text}

    def compose(self) -> ComposeResult:
        yield self.text

    async def pane(self, mode: str, kind: type[W]) -> W:
        """The widget of a mode."""
        pane = self._panes.get(mode)
        if not isinstance(pane, kind):
            pane = self._panes[mode] = kind()
            await self.mount(pane)
        return pane

    def show(self, mode: str) -> None:
        """Brings a mode's pane to the front; what was typed into the code is kept."""
        if self.code_pane and mode != "code":
            self.code_pane.leave()
        self.mode = mode
        for name, pane in self._panes.items():
            pane.display = name == mode

    @property
    def code_pane(self) -> CodePane | None:
        pane = self._panes.get("code")
        return pane if isinstance(pane, CodePane) else None

    @property
    def editing(self) -> bool:
        return self.mode == "code" and self.code_pane is not None and self.code_pane.editing

    @property
    def scrolled(self) -> CodeView | SectionView:
        """What the arrows scroll."""
        return self.code_pane.view if self.mode == "code" and self.code_pane else self.text
