"""TutorApp: the screens, the look, the lab, and a clean way out."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePath
from typing import Any, ClassVar

from rich.console import RenderableType
from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from diagnostics.text import printable
from lessons.kit.course import Course
from lessons.kit.pictures import Frame
from tutor.device_load import sampler
from tutor.draw.canvas import Look
from tutor.driver import TerminalDriver
from tutor.gpu_watch import GpuWatch, Readings
from tutor.host_check import HostCheck
from tutor.interpreter import Interpreter
from tutor.keys import CHECK, CONTENTS, DOCTOR, EDITING, EDITOR, EXPLAIN, GPUS, LESSON, PLACES, PRACTICE, Key
from tutor.lab.client import Lab
from tutor.lab.protocol import Gate
from tutor.link import Link
from tutor.log_explained import LogExplained
from tutor.pictures_kept import keep_picture, kept_picture
from tutor.practice.practice import Practice
from tutor.progress import Progress, state_folder
from tutor.screens.base import TutorScreen
from tutor.screens.check import CheckScreen
from tutor.screens.contents import ContentsScreen
from tutor.screens.doctor import DoctorScreen
from tutor.screens.explain import ExplainScreen
from tutor.screens.gpus import GpusScreen
from tutor.screens.lesson import LessonScreen
from tutor.screens.practice import PracticeScreen
from tutor.script_check import ScriptCheck
from tutor.terminal import Profile, can_come_back, on_hang_up
from tutor.themes import theme_for
from tutor.widgets.door import Door, literal

SIGNALLED = 128

AHEAD = os.environ.get("TUTOR_AHEAD") != "0"
"""Whether a process is kept in reserve, for the case that the one at work has to be killed."""

FIRST = 2
"""Screens on the stack when one of ours is open: below it stands Textual's own."""

PLACES_OVER = (CheckScreen, DoctorScreen, ExplainScreen, GpusScreen, PracticeScreen)
"""Places that open over what is there."""

KEYS_OF: Mapping[type[Screen[Any]], tuple[Key, ...]] = {
    LessonScreen: LESSON,
    ContentsScreen: CONTENTS,
    CheckScreen: CHECK,
    DoctorScreen: DOCTOR,
    ExplainScreen: EXPLAIN,
    GpusScreen: GPUS,
    PracticeScreen: PRACTICE,
}
"""What the keys do, by screen."""


class TutorApp(App[None]):
    """Opens `topic` at `section`, or the contents; or a `place` alone, which `q` then leaves the app from.

    `place`: "gpus", or "practice" with the exercise that `topic` names, "" for the first that is left. `gate`: asked
    before any code of the course runs.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "app.tcss",
        "screens/contents.tcss",
        "screens/lesson.tcss",
        "screens/check.tcss",
        "screens/doctor.tcss",
        "screens/explain.tcss",
        "screens/gpus.tcss",
        "screens/practice.tcss",
    ]
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ALLOW_SELECT = False
    TITLE = "tutor"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", show=False, priority=True),
        Binding("ctrl+c", "interrupt", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False),
        Binding("ctrl+l", "redraw", show=False, priority=True),
    ]

    def __init__(
        self,
        course: Course,
        progress: Progress,
        profile: Profile,
        interpreter: Interpreter,
        topic: str = "",
        section: str = "",
        place: str = "",
        gate: Gate | None = None,
    ) -> None:
        self.link = Link(profile.budget, profile.guess, self._waiting_writes)
        super().__init__(driver_class=TerminalDriver, ansi_color=profile.colours in ("16", "none"))
        self.course, self.progress, self.profile, self.interpreter = course, progress, profile, interpreter
        self._first = (topic, section, place)
        self.animation_level = "full" if profile.motion else "none"
        self._door = Door()
        self._set_look(profile.theme)
        self.lab = Lab(interpreter.path, spare=AHEAD, gate=gate)
        self._check: ScriptCheck | None = None
        self._host: HostCheck | None = None
        self._gpus: GpuWatch | None = None
        self._explained: LogExplained | None = None
        self._practice = Practice(course, progress)
        self._torch = ""

    # Start and end

    def on_load(self) -> None:
        self._heed_signals()

    def on_mount(self) -> None:
        topic, section, place = self._first
        # Pushed, and not the default screen: Textual cannot switch away from that one.
        if place == "gpus":  # who watches GPUs may never need torch
            self.push_screen(self._gpus_screen())
            return
        if place == "practice":
            if topic:
                self._practice.choose(topic)
            self.push_screen(PracticeScreen(self._practice))
        else:
            self.push_screen(LessonScreen(self.course.topic(topic), section) if topic else ContentsScreen())
        self.call_after_refresh(self.warm)

    def _heed_signals(self) -> None:
        """A kill or a closed terminal ends the app the way `q` does, so that the terminal is restored."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            self._heed(number)
        on_hang_up(lambda: loop.call_soon_threadsafe(self.exit, None, SIGNALLED + signal.SIGHUP))

    def _heed(self, number: signal.Signals) -> None:
        asyncio.get_running_loop().add_signal_handler(number, self.exit, None, SIGNALLED + number)

    async def on_event(self, event: events.Event) -> None:
        """What the key bar said stands until the next key."""
        if isinstance(event, events.Key) and (place := self._place):
            place.key_bar.hush()
            # A key that set out before a field had the focus comes back here unused: it belongs to the field.
            typed = event.is_printable or event.key in EDITING
            field = self.focused if event.is_forwarded and typed else None
            if field is not None and getattr(field, "takes_letters", False):
                field.post_message(events.Key(event.key, event.character))
                return
        await super().on_event(event)

    def warm(self) -> None:
        """Starts the process that runs demos, once the screen stands."""
        self.run_worker(self._warm, group="lab")  # type: ignore[arg-type]  # mypy loses the return type

    def _warm_once(self) -> None:
        if not self._torch:
            self.warm()

    async def _warm(self) -> None:
        await self.lab.warm()
        await self.lab.ready()
        ready = self.lab.torch
        self._torch = f"torch {'.'.join(ready.torch.split('+')[0].split('.')[:2])}" if ready else "no torch"
        if place := self._place:
            place.refreshed()

    async def on_unmount(self) -> None:
        if self._gpus is not None:
            self._gpus.readings.stop()
        await self.lab.close()

    @property
    def _place(self) -> TutorScreen | None:
        """The screen in front, where it is one of ours; none once the app ends."""
        front = self.screen_stack[-1] if self.screen_stack else None
        return front if isinstance(front, TutorScreen) else None

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leaves when the keys before were served, or after a second.

        Textual mounts nothing more once it knows of the end, and who waits for a widget then finds none.
        """
        leave = partial(super().exit, result, return_code, message)
        self.set_timer(1.0, leave)
        self._when_settled(leave, None)

    def _when_settled(self, act: Callable[[], None], before: Screen[Any] | None) -> None:
        """Acts if the screen in front stands, and is the one that was there when all messages before had been served.

        Keys go to the screen, and what they do is done by the app: so round by both.
        """
        front = self.screen_stack[-1] if self.screen_stack else None
        if front is not None and front is before and front.is_mounted:
            act()
        else:
            (front or self).call_later(self.call_later, self._when_settled, act, front)

    def action_suspend_process(self) -> None:
        if can_come_back():
            super().action_suspend_process()
        elif place := self._place:
            place.key_bar.say("No shell waits here that could bring the tutor back; q leaves.")

    async def action_interrupt(self) -> None:
        """Leaves; where text is selected, copies it."""
        if getattr(self.focused, "selected_text", ""):
            await self.run_action("copy", self.focused)
        else:
            self.exit(None, SIGNALLED + signal.SIGINT)

    # Places

    def open_topic(self, name: str, section: str = "") -> None:
        """In place of what is there; over a place, which a reader who looks up why comes back to."""
        self._warm_once()
        if isinstance(self.screen, LessonScreen) and self.screen.topic.name == name and section:
            self.screen.go_to(section)
            return
        self._keep_picture()
        lesson = LessonScreen(self.course.topic(name), section)
        if self.screen is self._place_over:
            self.push_screen(lesson)
        else:
            self.switch_screen(lesson)

    def open_contents(self) -> None:
        """In place of everything."""
        self._warm_once()
        self._keep_picture()
        self._close_place()
        self.switch_screen(ContentsScreen())

    def leave_topic(self) -> None:
        """Back to the place that it was opened from, else to the contents."""
        if self._place_over is None:
            self.open_contents()
        else:
            self._keep_picture()
            self.pop_screen()

    def leave_place(self) -> None:
        """Back to what it was opened over; out, where it was opened first."""
        if len(self.screen_stack) > FIRST:
            self.pop_screen()
        else:
            self.exit()

    def action_check_script(self) -> None:
        self._check = self._check or ScriptCheck(self.interpreter)
        self._open_place(CheckScreen, partial(CheckScreen, self._check))

    def action_doctor(self) -> None:
        from diagnostics.doctor.examine import Examination

        self._host = self._host or HostCheck(self.interpreter, Examination)
        self._open_place(DoctorScreen, partial(DoctorScreen, self._host))

    def action_explain(self) -> None:
        self._explained = self._explained or LogExplained()
        self._open_place(ExplainScreen, partial(ExplainScreen, self._explained))

    def action_practice(self) -> None:
        if self.course.exercises:
            self._open_place(PracticeScreen, partial(PracticeScreen, self._practice))
        elif place := self._place:
            place.key_bar.say("This course has no exercises.")

    def open_exercise(self, name: str) -> None:
        """Of a lesson that links to it."""
        self._practice.choose(name)
        self.action_practice()

    def edit_outside(self, command: list[str]) -> None:
        """Hands the terminal to an editor, and waits: there is nothing to be drawn until it ends.

        Its ctrl+c is its own business, and reaches us as well.
        """
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, lambda *_: None)
        try:
            with self.suspend(), contextlib.suppress(OSError):
                subprocess.run(command, check=False)
        finally:
            self._heed(signal.SIGINT)

    def action_gpus(self) -> None:
        self._open_place(GpusScreen, self._gpus_screen)

    def _gpus_screen(self) -> GpusScreen:
        """Readings go on once they were asked for: the history is there when the reader comes back."""
        if self._gpus is None:
            self._gpus = GpuWatch(sampler())
            self._gpus.readings.start()
        return GpusScreen(self._gpus)

    def gpu_readings(self) -> Readings | None:
        """Those that the GPUs screen has begun."""
        return self._gpus.readings if self._gpus is not None else None

    def _open_place(self, kind: type[TutorScreen], make: Callable[[], TutorScreen]) -> None:
        """Goes to a place, where it is open below; else opens it over what is there, in place of another one."""
        if isinstance(self._place_over, kind):
            if self.screen is not self._place_over:
                self.leave_topic()
            return
        self._keep_picture()
        self._close_place()
        if not isinstance(self.screen, kind):
            self.push_screen(make())

    def _close_place(self) -> None:
        """Takes away the place that is open, with the lesson over it; the first screen of all stays."""
        while self._place_over is not None and len(self.screen_stack) > FIRST:
            self.pop_screen()

    @property
    def _place_over(self) -> Screen[Any] | None:
        """The place that is open, in front or below a lesson."""
        return next((screen for screen in reversed(self.screen_stack) if isinstance(screen, PLACES_OVER)), None)

    def _keep_picture(self) -> None:
        if isinstance(self.screen, LessonScreen) and self.screen.player.frame is not None:
            keep_picture(self.screen.topic.name, self.screen.player.frame, self.progress.state)

    def last_picture(self, topic: str) -> Frame | None:
        return kept_picture(topic, self.progress.state)

    def action_help(self) -> None:
        from tutor.screens.help import HelpScreen

        keys = None if isinstance(self.screen, LessonScreen) else KEYS_OF.get(type(self.screen))
        self.push_screen(HelpScreen((*keys, *EDITOR) if keys is PRACTICE else keys))

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette: what the keys do, by name, and the themes."""
        for key in KEYS_OF.get(type(screen), ()):
            if "(" not in key.action:
                yield SystemCommand(key.meaning.capitalize(), f"key {key.shown}", _caller(screen, key.action))
        for topic in self.course.topics:
            for section in topic.page.sections:
                go = partial(self.open_topic, topic.name, section.slug)
                yield SystemCommand(literal(f"{topic.title}: {section.title}"), "section", go)
        for key in PLACES:
            if key.action not in ("app.command_palette", "leave"):
                yield SystemCommand(key.meaning.capitalize(), f"key {key.shown}", _caller(screen, key.action))
        for theme in ("dark", "light"):
            yield SystemCommand(f"Theme: {theme}", "kept for the next start", lambda theme=theme: self.use_theme(theme))

    # Look

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, and behind them the door that nothing gets past."""
        return [*super().get_line_filters(), self._door]

    def use_theme(self, theme: str) -> None:
        self._set_look(theme)
        self.progress.chose_theme(theme)
        for screen in self.screen_stack:
            if isinstance(screen, TutorScreen):
                screen.repaint_all()

    def _set_look(self, theme: str) -> None:
        self.look = Look(theme, self.profile.colours, self.profile.ascii)
        textual_theme = theme_for(self.look)
        self.register_theme(textual_theme)
        self.theme = textual_theme.name

    def torch_facts(self, device: str = "") -> list[str]:
        """What the header says of torch: its version, and where the demo runs."""
        return [fact for fact in (self._torch, device or ("cpu" if self.lab.torch else "")) if fact]

    def action_redraw(self) -> None:
        """The screen anew, where another program has written on it."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.redraw()

    def _waiting_writes(self) -> int:
        return self._driver.waiting() if isinstance(self._driver, TerminalDriver) else 0

    def copy_to_clipboard(self, text: str) -> None:
        """What is pasted into a shell types no keys of its own; an editor's ctrl+c comes here, too."""
        super().copy_to_clipboard(printable(text))

    def copy(self, text: str, name: str) -> str:
        """Copies to a file and by OSC 52, which many terminals ignore and none answers; says what is known."""
        text = printable(text)
        self.copy_to_clipboard(text)
        file = state_folder() / name
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text + "\n", "utf-8")
        except OSError as error:
            return f"{file} could not be written: {error.strerror}; the terminal was sent it (OSC 52)"
        between = self.profile.multiplexer
        return f"Kept in {_from_home(file)}" + (f"; {between} may drop OSC 52" if between else ", and sent by OSC 52")


def _from_home(file: Path) -> str:
    try:
        return f"~/{file.relative_to(Path.home())}"
    except ValueError:
        return str(file)


def _caller(screen: Screen[Any], action: str) -> Callable[[], Awaitable[None]]:
    async def call() -> None:
        await screen.run_action(action)

    return call
