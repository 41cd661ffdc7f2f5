"""PracticeScreen: an exercise's task beside the reader's own code, and under it what holds of it."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from tutor.courses import to_open
from tutor.draw.prose import LinkStop, Stop
from tutor.keys import PLACES, PRACTICE, bindings, hint
from tutor.lab.judge import Verdict
from tutor.lab.protocol import DemoFailed
from tutor.practice.own_file import Unreadable
from tutor.practice.practice import Practice, Standing
from tutor.practice.task import Reference, task_of
from tutor.practice.told import told
from tutor.practice.watching import Watch
from tutor.screens.base import TutorScreen
from tutor.screens.practice_hints import practice_hints
from tutor.widgets.code_pane import CodePane
from tutor.widgets.code_view import CodeView
from tutor.widgets.section_view import SectionView
from tutor.widgets.verdict_view import SPARE, VerdictView

FAR = 100_000
"""Rows by which every end is passed."""


class PracticeScreen(TutorScreen):
    """Shows the chosen exercise of `practice`, which outlives the screen. Its file is judged when it has changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings((*PRACTICE, *PLACES)),
        Binding("escape", "escape", show=False),
    ]

    def __init__(self, practice: Practice) -> None:
        super().__init__()
        self.practice = practice
        self.trouble = ""
        """Why the file cannot be read or written."""
        self._shown: Standing | None = None
        self._watching: Watch | None = None
        self._checks = 0
        """How many checks were begun; a check is the last one's business alone."""
        self._checking = self._changed = self._confirming = False

    def body(self) -> Iterable[Widget]:
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield SectionView()
                yield CodeView(id="reference")
            with Vertical(id="work"):
                yield CodePane()
                yield VerdictView()

    def on_mount(self) -> None:
        self.text, self.verdict = self.query_one(SectionView), self.query_one(VerdictView)
        self.pane, self.reference = self.query_one(CodePane), self.query_one("#reference", CodeView)
        self.reference.offers = "c task"
        self.text.reading = task_of(self.one)  # what stands on the screen may be asked for before it is opened
        self.call_after_refresh(self._open)

    def on_unmount(self) -> None:
        self.pane.keep()

    def on_screen_resume(self) -> None:
        """Back from a place or a lesson, where another exercise may have been chosen, or the file was saved."""
        if self._shown is None or not self.is_mounted:
            return
        if self._shown is not self.one:
            self._open()
        elif self._changed:
            self._check()

    @property
    def one(self) -> Standing:
        return self.practice.chosen

    # What is shown

    def _open(self) -> None:
        """Shows the chosen exercise, and watches its file."""
        self.pane.leave()
        one, self._shown = self.one, self.one
        self.remove_class("-reference")
        self.too_small.command = f"{to_open(one.exercise)} practice {one.exercise.name} --check"
        self.trouble, self._checking, self._changed = "", False, False
        self._checks += 1
        self.workers.cancel_group(self, "judge")
        self._read_file()
        self.text.reading = task_of(one)
        self.reference.code = Reference(one)
        self.pane.open(one.own)
        self.text.open()
        self.run_worker(self._follow(one), group="watch", exclusive=True)
        self._told()

    def _read_file(self) -> None:
        try:
            self.one.own.open()
            self.trouble = ""
        except Unreadable as error:
            self.trouble = str(error)

    def _told(self) -> None:
        """Makes everything true that hangs on how the exercise stands."""
        if not self.is_attached or self._shown is None:
            return
        one, verdict = self._shown, self._shown.verdict
        self.text.reading = task_of(one)
        self.text.repaint()
        self.pane.tell(failed(verdict) if verdict and one.tells else None, ())
        shown = told(
            one,
            checking=self._checking,
            starting=self.tutor.lab.torch is None,
            trouble=self.trouble,
            after=self._after(),
        )
        self.verdict.show(shown, self._watching.way.value if self._watching else "")
        self._size_verdict()
        self.refreshed()

    def _after(self) -> str:
        """What is next, once this is solved."""
        following = self.practice.next_open()
        if following is None:
            return "All exercises are done."
        number = list(self.practice.course.exercises).index(following.exercise.name) + 1
        here = self.practice.place[0]
        leave = f"{hint('leave_editor')[0]} leaves the editor, " if self.pane.editing else ""
        key = f"{leave}n goes there" if number == here + 1 else f"it is number {number}"
        return f"Next: {following.exercise.title} ({key})."

    def _size_verdict(self) -> None:
        """As many rows as the properties need and a counterexample, and no more than half; less where one types."""
        height = self.query_one("#body").size.height
        if self.verdict.size.width and height:
            least = 2 + len(self._shown.sentences if self._shown else ()) + SPARE
            most = height // (3 if self.narrow and self.pane.editing else 2)
            self.verdict.styles.height = max(
                4, min(most, max(least, self.verdict.rows_wanted(self.verdict.size.width)))
            )

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._told)

    def tell_standing(self) -> None:
        number, of = self.practice.place
        one = self.one
        solved = sum(each.done for each in self.practice)
        names = ["reference"] if self.has_class("-reference") else []
        hidden = self.narrow and not self.has_class("-work")
        facts = [f"{number} of {of}", self.verdict.told.state if hidden else one.word if one.done else ""]
        facts = [*self.tutor.torch_facts(), *facts] if hidden else [*facts, *self.tutor.torch_facts()]
        self.header.show(["tutor", "Practice", one.exercise.title, *names], facts, solved / of)
        self.key_bar.show(
            *practice_hints(
                one,
                editing=self.pane.editing,
                reference=self.has_class("-reference"),
                flip=("task" if self.has_class("-work") else "code") if self.narrow else "",
                link=isinstance(self.text.stop, LinkStop) and not self.has_class("-reference"),
                solved=one.tells and one.verdict is not None and one.verdict.solved,
            )
        )

    def say(self, sentence: str) -> None:
        """A sentence in the key bar, until the next key."""
        if sentence:
            self.key_bar.say(sentence)

    # The file

    async def _follow(self, one: Standing) -> None:
        """Watches the file as long as it is shown, and has it judged at each change."""
        self._watching = Watch(one.own, self._told)
        async with contextlib.aclosing(self._watching.changes()) as changes:
            async for found in changes:
                if isinstance(found, Unreadable):
                    self.trouble = str(found)
                    self._told()
                    continue
                self.trouble = ""
                if self.pane.typed not in (None, one.own.text):
                    self._told()
                    self.say(f"Changed outside: ctrl+r keeps yours, and that as {one.own.before.name}.")
                    continue
                one.own.text = found
                self.pane.reread()
                self._check()

    def _check(self) -> None:
        """Judges the file, where this screen is in front; else when it is again."""
        self._changed = self.app.screen is not self
        if not self._changed and self._shown is not None:
            self.run_worker(self._judge(self._shown), group="judge", exclusive=True)

    async def _judge(self, one: Standing) -> None:
        self._checks += 1
        mine = self._checks
        self._checking, self.trouble = True, ""
        self._told()
        try:
            await self.tutor.lab.ready()
            self._told()
            if await one.check(self.tutor.lab) is None:
                self.say("Something else ran in between; r checks it.")
        except Unreadable as error:
            self.trouble = str(error)
        finally:
            if mine == self._checks:
                self._checking = False
                self._told()

    def action_check(self) -> None:
        self._reveal_work()
        self.pane.keep()
        self._read_file()
        self.pane.reread()
        self._check()

    async def action_edit(self) -> None:
        self._reveal_work()
        await self.pane.edit()
        self._told()

    def on_code_pane_run_asked(self) -> None:
        self._check()

    def on_code_pane_changed(self) -> None:
        """The editor was left, or its text put back: what was saved by that is judged as any save is."""
        self._told()
        if not self.pane.editing and self.one.own.edited and not self.one.tells and not self._checking:
            self._check()

    def on_code_pane_said(self, message: CodePane.Said) -> None:
        self.say(message.sentence)

    def action_outside(self) -> None:
        """The file in the reader's own editor, with the terminal to itself."""
        command, why = editor(os.environ)
        if why:
            self.say(why)
            return
        self._read_file()
        self.tutor.edit_outside([*command, str(self.one.own.path)])

    def action_copy(self) -> None:
        self.say(self.tutor.copy(str(self.one.own.path), "last-path.txt"))

    def on_key(self, event: events.Key) -> None:
        """Any key but a second z takes the question back."""
        if event.key != "z":
            self._confirming = False

    def action_reset(self) -> None:
        """Asks once."""
        if not self._confirming:
            self._confirming = True
            self.say(f"z again begins anew, and keeps yours as {self.one.own.before.name}.")
            return
        self._confirming = False
        try:
            self.say(self.one.reset())
        except Unreadable as error:
            self.trouble = str(error)
        self.remove_class("-reference")
        self.pane.reread()
        self._told()

    # The exercise

    def action_hint(self) -> None:
        every = self.one.exercise.hints
        news = len(self.one.hints) < len(every)
        number = self.one.hint()
        self.remove_class("-reference")
        self._reveal_task()
        self._told()
        self.text.show_word(every[number - 1].title)
        skipped = "It is skipped: all" if self.one.word == "skipped" else "All"
        self.say(f"Hint {number} of {len(every)}." if news else f"{skipped} {len(every)} hints are open.")

    def action_skip(self) -> None:
        if self.one.done:
            self.say(f"It is {self.one.word} already.")
            return
        self.one.skip()
        self._told()
        self.say("Skipped. It can still be solved; c shows the reference, n goes on.")

    def action_code(self) -> None:
        if not self.one.done:
            self.say("The reference is shown once it is solved or skipped.")
            return
        self.toggle_class("-reference")
        self._reveal_task()
        self.call_after_refresh(self.repaint_all)

    def action_next(self) -> None:
        self._go(1, "This is the last exercise.")

    def action_previous(self) -> None:
        self._go(-1, "This is the first exercise.")

    def _go(self, by: int, end: str) -> None:
        if self.practice.go(by):
            self._reveal_task()
            self._open()
        else:
            self.say(end)

    # Reading

    def action_up(self) -> None:
        self._scroll(-1, self._readable)

    def action_down(self) -> None:
        self._scroll(1, self._readable)

    def action_page_up(self) -> None:
        self._scroll(-self._far.page, self._far)

    def action_page_down(self) -> None:
        self._scroll(self._far.page, self._far)

    def action_home(self) -> None:
        self._scroll(-FAR, self._readable)

    def action_end(self) -> None:
        self._scroll(FAR, self._readable)

    @property
    def _readable(self) -> SectionView | CodeView:
        """What the arrows scroll: the task, or what stands in its place."""
        if self.narrow and self.has_class("-work"):
            return self.pane.view
        return self.reference if self.has_class("-reference") else self.text

    @property
    def _far(self) -> SectionView | CodeView:
        """What pages scroll: the code, where it stands beside the task."""
        return self._readable if self.narrow else self.pane.view

    @staticmethod
    def _scroll(rows: int, view: SectionView | CodeView) -> None:
        view.scroll_rows(rows)

    def action_next_stop(self) -> None:
        self._choose(1)

    def action_previous_stop(self) -> None:
        self._choose(-1)

    def _choose(self, by: int) -> None:
        if not self.has_class("-reference"):
            self._reveal_task()
            self.text.choose(by)
            self.refreshed()

    def action_follow(self) -> None:
        if (stop := self.text.stop) is not None:
            self._follow_link(stop)

    def on_section_view_stop_clicked(self, message: SectionView.StopClicked) -> None:
        self._follow_link(message.chosen)

    def _follow_link(self, stop: Stop) -> None:
        if isinstance(stop, LinkStop) and "://" in stop.target:
            self.say(stop.target)
        elif isinstance(stop, LinkStop):
            topic, _, section = stop.target.partition("#")
            self.tutor.open_topic(topic, section)

    def action_lesson(self) -> None:
        self.tutor.open_topic(self.one.exercise.topic, self.one.exercise.section)

    def action_view(self) -> None:
        self.toggle_class("-work" if self.narrow else "-alone")
        self.call_after_refresh(self._told)

    def _reveal_work(self) -> None:
        if self.narrow:
            self.add_class("-work")

    def _reveal_task(self) -> None:
        self.remove_class("-work", "-alone")

    # Places

    def action_contents(self) -> None:
        self.tutor.open_contents()

    def action_leave(self) -> None:
        if self.has_class("-reference"):
            self.action_code()
        else:
            self.tutor.leave_place()

    def action_escape(self) -> None:
        """What `q` does, but it never leaves the place: escape is slow, and easily pressed once too often."""
        if self.has_class("-reference"):
            self.action_code()


def failed(verdict: Verdict) -> DemoFailed | None:
    """What the reader's own code raised, when it was loaded or in a property."""
    error = verdict.broken.error if verdict.broken else verdict.trouble
    return error if isinstance(error, DemoFailed) else None


def editor(environ: Mapping[str, str]) -> tuple[list[str], str]:
    """The command that opens a file in the reader's editor; else a sentence that says why there is none."""
    said = environ.get("VISUAL") or environ.get("EDITOR") or ""
    try:
        command = shlex.split(said)
    except ValueError as error:
        return [], f"$VISUAL or $EDITOR is no command: {error}."
    if not command:
        return [], "$VISUAL and $EDITOR name no editor: e edits here, y copies the path."
    if shutil.which(command[0]) is None:
        return [], f"There is no program {command[0]} ($VISUAL, $EDITOR): e edits here."
    return command, ""
