"""The editor of a demo's function: Textual's text area in our colours, a title, and what went wrong below it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import TextArea

from tutor.draw.canvas import Canvas, Look
from tutor.draw.code import highlight
from tutor.edits import Version
from tutor.keys import EDITOR, bindings
from tutor.widgets.code_view import Failure, draw_failure, draw_printed, draw_title, failure_rows
from tutor.widgets.drawn import Drawn, HasLook

Wish = Literal["run", "original", "leave"]
"""What a key of the editor asks for."""


class Editor(TextArea):
    """Letters type; only the keys of `keys.EDITOR` act."""

    takes_letters = True
    """All that types belongs here while it has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(key for key in EDITOR if key.action != "undo"),
        Binding("ctrl+end", "document(1)", show=False),
        Binding("ctrl+home", "document(0)", show=False),
    ]

    failure: Failure | None = None

    def __init__(self, asked: Callable[[Wish], None]) -> None:
        """`asked` is called at once, not sent a message: the next key may be on its way, and no letter of the code."""
        self._asked = asked
        super().__init__(show_line_numbers=True, soft_wrap=False, tab_behavior="focus", theme="css", id="editor")
        self.cursor_blink = False
        self.indent_width = 4

    @property
    def _look(self) -> Look:
        return cast(HasLook, self.app).look

    def get_line(self, line_index: int) -> Text:
        """A line in the colours of the code view; the failing expression underlined."""
        line = Text(end="", no_wrap=True)
        lines = highlight(self.text)
        plain = self.document.get_line(line_index)
        if line_index < len(lines) and "\t" not in plain:
            for text, spec in lines[line_index]:
                line.append(text, self._look.style(spec))
        if line.plain != plain:
            line = Text(plain, end="", no_wrap=True)
        if self.failure and self.failure.line == line_index + 1:
            start, end = self.failure.columns or (0, len(plain))
            line.stylize(self._look.style("danger bold underline"), start, end)
        return line

    async def _on_key(self, event: events.Key) -> None:
        """Tab indents; enter keeps the indentation of the line, one level deeper after a colon."""
        if not cast(Widget, self.parent).display:  # left by the key before: this one is for what stands there now
            event.prevent_default()
            return
        typed = {"enter": f"\n{self._indent()}", "tab": "    "}.get(event.key)
        bound = self._bindings.key_to_bindings.get(event.key)
        if typed is None and bound is None:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        if typed is not None:
            self._replace_via_keyboard(typed, *self.selection)
        elif bound:  # at once: Textual would run it after letters that came behind it
            await self.app.run_action(bound[0].action, default_namespace=self)

    def _indent(self) -> str:
        row, column = self.cursor_location
        line = self.document.get_line(row)[:column]
        return line[: len(line) - len(line.lstrip())] + ("    " if line.rstrip().endswith(":") else "")

    def action_document(self, end: int) -> None:
        self.move_cursor(self.document.end if end else (0, 0))

    def replace_all(self, text: str) -> None:
        """Another text, as an edit that ctrl+z takes back."""
        self.replace(text, (0, 0), self.document.end)
        self.move_cursor((0, 0))

    def action_run_edit(self) -> None:
        self._asked("run")

    def action_original(self) -> None:
        self._asked("original")

    def action_leave_editor(self) -> None:
        self._asked("leave")


class Title(Drawn):
    """Whose version this is, in the place where the code view has it."""

    code: Version | None = None

    def paint(self, canvas: Canvas) -> None:
        if self.code is not None:
            draw_title(canvas, self.code, "ctrl+t original" if self.code.edited else "")


class Outcome(Drawn):
    """Where and how the version failed, and what it printed; no rows where there is neither."""

    failure: Failure | None = None
    printed: tuple[str, ...] = ()

    def rows(self, width: int) -> int:
        """How many it needs in a pane of `width` columns."""
        return self._failure_rows(width) + (len(self.printed) + 1 if self.printed else 0)

    def _failure_rows(self, width: int) -> int:
        """The place, the message and a blank one."""
        return 2 + failure_rows(width - 6, self._message(self.failure)) if self.failure else 0

    @staticmethod
    def _message(failure: Failure) -> Failure:
        return Failure(None, None, failure.kind, failure.message)

    def paint(self, canvas: Canvas) -> None:
        y = 0
        if self.failure is not None:
            where = f"line {self.failure.line}" if self.failure.line else "it failed"
            canvas.fill(0, 0, canvas.width, 1, "text on raised")
            canvas.put(0, 0, "▌", "danger on raised")
            canvas.put(3, 0, f"✗ {where}", "danger bold on raised")
            draw_failure(canvas, 1, canvas.width - 6, self._message(self.failure))
            y = self._failure_rows(canvas.width)
        draw_printed(canvas, y, self.printed)


class EditorPane(Vertical):
    """Title, editor and outcome."""

    def __init__(self, asked: Callable[[Wish], None]) -> None:
        super().__init__()
        self.title, self.editor, self.outcome = Title(), Editor(asked), Outcome()

    def compose(self) -> ComposeResult:
        yield from (self.title, self.editor, self.outcome)

    def open(self, code: Version, failure: Failure | None, printed: tuple[str, ...]) -> None:
        """Opens a version; the same one again keeps cursor and undo."""
        if self.title.code is not code or self.editor.text != code.text:
            self.editor.load_text(code.text)
        self.title.code = code
        self.tell(failure, printed)
        self.take_keys()
        self.call_after_refresh(self._reveal_cursor)

    def _reveal_cursor(self) -> None:
        """From the first column, where it can be seen from there: it was placed before the editor had a size."""
        self.editor.scroll_to(x=0, animate=False)
        self.editor.scroll_cursor_visible()

    def take_keys(self) -> None:
        self.screen.set_focus(self.editor)  # at once: keys may be on their way

    def tell(self, failure: Failure | None, printed: tuple[str, ...]) -> None:
        """Shows where the version failed, with the cursor there, and what it printed."""
        self.title.repaint()
        if (self.outcome.failure, self.outcome.printed) == (failure, printed):
            return
        if failure and failure.line and self.editor.failure != failure:
            self.editor.move_cursor((failure.line - 1, failure.columns[0] if failure.columns else 0))
        self.editor.failure = self.outcome.failure = failure
        self.outcome.printed = printed
        self.outcome.styles.height = self.outcome.rows(self.size.width)
        self.outcome.repaint()
        self.editor.refresh()
