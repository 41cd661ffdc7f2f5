"""CodePane: the demo's code, to read or to edit, with what went wrong in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from tutor.edits import Version
from tutor.lab.protocol import DemoFailed, Trouble, WorkerDied
from tutor.widgets.code_view import CodeView, Failure

if TYPE_CHECKING:
    from tutor.widgets.editor import EditorPane, Wish

PRINTED = 4
"""Rows of what the demo printed."""


class CodePane(Vertical):
    """Shows one Version. The editor is made when it is first asked for: Textual's text area takes 50 ms to import."""

    class RunAsked(Message):
        """The reader wants the version run."""

    class Changed(Message):
        """Whether it is edited, or whose version it is, is no longer as it was."""

    class Said(Message):
        """There is something to tell."""

        def __init__(self, sentence: str) -> None:
            self.sentence = sentence
            super().__init__()

    def __init__(self) -> None:
        super().__init__()
        self.view = CodeView()
        self.code: Version | None = None
        self.editing = False
        self._pane: EditorPane | None = None
        self._confirming = False
        """Whether ctrl+t was pressed once, and waits for the second time."""

    def compose(self) -> ComposeResult:
        yield self.view

    def open(self, code: Version) -> None:
        self.leave()
        self.code = self.view.code = code
        self.view.top, self.view.failure, self.view.printed = 0, None, ()
        self.view.repaint()

    async def edit(self) -> None:
        """Hands the version to the editor."""
        if self.code is None or self.editing:
            return
        if self._pane is None:
            from tutor.widgets.editor import EditorPane

            self._pane = EditorPane(self._asked)
            await self.mount(self._pane)
        self._show(editing=True)
        self._pane.open(self.code, self.view.failure, self.view.printed)

    def take_keys(self) -> None:
        """To the editor, after something else had the focus."""
        if self._pane is not None and self.editing:
            self._pane.take_keys()

    def keep(self) -> None:
        """Keeps what stands in the editor, whatever takes the reader out of it."""
        if self.code and (typed := self.typed) is not None:
            self._say(self.code.keep(typed))

    @property
    def typed(self) -> str | None:
        """What stands in the editor; None where there is none."""
        return self._pane.editor.text if self.editing and self._pane else None

    def reread(self) -> None:
        """Shows the version as it is now, after it was changed elsewhere."""
        if self.editing and self._pane and self.code:
            self._pane.open(self.code, self.view.failure, self.view.printed)
        self.view.repaint()

    def leave(self) -> None:
        """Puts the editor away, with what stands in it kept."""
        if self.editing:
            self.keep()
            self._show(editing=False)

    def tell(self, trouble: Trouble | None, printed: tuple[str, ...]) -> None:
        """Marks where the run failed, in the function's own lines, and shows what it printed."""
        failure = self._failure(trouble)
        self.view.printed = printed[-PRINTED:]
        if self.view.failure != failure:
            self.view.failure = failure
            if not self.editing:  # behind the editor it has no size
                self.view.reveal_failure()
        self.view.repaint()
        if self._pane is not None and self.editing:
            self._pane.tell(failure, self.view.printed)

    def _failure(self, trouble: Trouble | None) -> Failure | None:
        if isinstance(trouble, WorkerDied) and self.code:
            return Failure(self._line(self.code, trouble), None, "", trouble.sentence)
        if not isinstance(trouble, DemoFailed) or self.code is None:
            return None
        line = self.code.local_line(trouble.line) if trouble.line else None
        where = "" if line or not trouble.line else f" (line {trouble.line} of {self.code.file})"
        return Failure(line, trouble.columns if line else None, trouble.kind, trouble.message + where)

    @staticmethod
    def _line(code: Version, died: WorkerDied) -> int | None:
        """The function's line that a native crash names, if it does."""
        named = re.search(rf"{re.escape(code.file)}:(\d+) in ", "\n".join(died.stderr))
        return code.local_line(int(named[1])) if named else None

    def _asked(self, wish: Wish) -> None:
        if wish == "original" and not self._original():
            return
        if wish == "leave":
            self.leave()
        else:
            self.keep()
        if wish == "run":
            self.post_message(self.RunAsked())
        self.post_message(self.Changed())

    def _original(self) -> bool:
        """Puts the original back; a version that would be lost is asked for once."""
        assert self.code is not None
        assert self._pane is not None
        if self._pane.editor.text != self.code.original and not self._confirming:
            self._confirming = True
            self._say("ctrl+t once more throws your version away; any other key keeps it.")
            return False
        self._pane.editor.replace_all(self.code.original)
        return True

    def on_key(self, event: events.Key) -> None:
        """Any key but a second ctrl+t takes the question back."""
        if event.key != "ctrl+t":
            self._confirming = False

    def _say(self, sentence: str) -> None:
        if sentence:
            self.post_message(self.Said(sentence))

    def _show(self, *, editing: bool) -> None:
        self.editing, self._confirming = editing, False
        self.view.display = not editing
        if self._pane is not None:
            self._pane.display = editing
        if not editing:
            self.screen.set_focus(None)
            self.view.repaint()
            self.call_after_refresh(self.view.reveal_failure)
