"""ContentsScreen: the topics, how far the reader is in each, and where to go on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget

from lessons.kit.course import Course, Topic
from lessons.kit.pictures import Frame
from lessons.kit.search import search
from tutor.draw.canvas import Canvas
from tutor.draw.panel import PanelView, draw_panel
from tutor.draw.prose import wrapped
from tutor.keys import CONTENTS, PLACES, TOPICS, bindings
from tutor.progress import Progress
from tutor.reading import done_sections, sections_done
from tutor.screens.base import TutorScreen
from tutor.widgets.drawn import Drawn
from tutor.widgets.finder import Finder

GUTTER = 3
WIDEST = 64
TALL = 36
"""Rows from which the entries of a list have a blank one between them."""


class TopicList(Drawn):
    """The topics in order; one of them is chosen."""

    class Clicked(Message):
        def __init__(self, number: int) -> None:
            self.number = number
            super().__init__()

    course: Course
    progress: Progress
    chosen = 0

    def choose(self, number: int) -> None:
        self.chosen = min(len(self.course.topics) - 1, max(0, number))
        self.repaint()

    @property
    def _last(self) -> Topic:
        """Where the reader stopped; at the first start, the first topic."""
        topics = self.course.topics
        return next((topic for topic in topics if topic.name == self.progress.last), topics[0])

    def paint(self, canvas: Canvas) -> None:
        width = min(WIDEST, canvas.width - 2 * GUTTER)
        self._go_on(canvas, width)
        every = self._every(canvas.height)
        top = self._top(canvas.height)
        first = max(0, self.chosen - (canvas.height - top - 1) // every)
        for number, topic in enumerate(self.course.topics[first:], first):
            y = top + (number - first) * every
            if y >= canvas.height:
                break
            self._row(canvas, y, width, number, topic)
        if self.progress.trouble:
            canvas.put(GUTTER, canvas.height - 1, f"! {self.progress.trouble}"[:width], "warn")

    def _go_on(self, canvas: Canvas, width: int) -> None:
        topic, kept = self._last, self.progress.topic(self._last.name)
        word = "Go on with" if kept.seen else "Start with"
        x = canvas.put(GUTTER, 1, word, "muted") + 1
        canvas.put(x, 1, topic.title, "bright bold")
        section = next((s.title for s in topic.page.sections if s.slug == kept.section), topic.page.sections[0].title)
        canvas.put(x, 2, section[: max(0, width - x)], "muted")

    def _row(self, canvas: Canvas, y: int, width: int, number: int, topic: Topic) -> None:
        on = number == self.chosen
        ground = " on raised" if on else ""
        if on:
            canvas.fill(GUTTER - 2, y, width + 2, 1, "text on raised")
            canvas.put(GUTTER - 2, y, "▌", "accent on raised")
        done, of = sections_done(topic, self.progress)
        canvas.right(GUTTER + 2, y, str(number + 1), ("muted" if on else "faint") + ground)
        name = "bright bold" if on else "muted" if done == of else "text"
        canvas.put(GUTTER + 4, y, topic.title[: max(0, width - 24)], name + ground)
        x = GUTTER + width - 21
        if done == of:
            canvas.put(x, y, "✓ done", "accent" + ground)
        elif done:
            filled = max(1, round(done / of * 6))
            canvas.put(x, y, "━" * filled, "accent" + ground)
            canvas.put(x + filled, y, "─" * (6 - filled), "rule" + ground)
            canvas.right(x + 11, y, f"{done}/{of}", "muted" + ground)
        canvas.right(GUTTER + width - 1, y, f"{topic.minutes} min", "faint" + ground)

    @staticmethod
    def _every(height: int) -> int:
        return 2 if height >= TALL - 3 else 1

    @staticmethod
    def _top(height: int) -> int:
        return 5 if height >= TALL - 3 else 4

    def on_click(self, event: events.Click) -> None:
        height = self.size.height
        top, every = self._top(height), self._every(height)
        if event.y <= 2:
            self.post_message(self.Clicked(self.course.topics.index(self._last)))
        elif event.y >= top and (event.y - top) % every == 0:
            first = max(0, self.chosen - (height - top - 1) // every)
            number = first + (event.y - top) // every
            if number < len(self.course.topics):
                self.post_message(self.Clicked(number))


class Preview(Drawn):
    """The chosen topic: the reader's own last picture of it, or what it will teach."""

    GROUND: ClassVar[str] = "panel"

    topic: Topic | None = None
    frame: Frame | None = None
    done: frozenset[str] = frozenset()
    """Slugs of the sections that are done."""

    def paint(self, canvas: Canvas) -> None:
        topic = self.topic
        if topic is None:
            return
        width = min(72, canvas.width - 2 * GUTTER)
        rows: list[tuple[str, str]] = [(line, "text") for line in wrapped(topic.summary, width)]
        rows += [("", "text"), ("You will be able to", "muted")]
        for objective in topic.objectives:
            for number, line in enumerate(wrapped(objective, width - 2)):
                rows.append((("· " if number == 0 else "  ") + line, "text"))
        y = 3
        picture = canvas.height - len(rows) - 8
        canvas.put(GUTTER, 1, topic.title, "bright bold")
        if self.frame is not None and picture >= 8:
            inner = Canvas(canvas.width, picture + 3, canvas.look, self.GROUND)
            draw_panel(inner, PanelView("your last run", "", "", "", self.frame))
            canvas.paste(inner, 0, 2)
            y = picture + 6
        rows += [("", "text"), *self._sections()]
        for text, spec in rows[: max(0, canvas.height - y)]:
            canvas.put(GUTTER, y, text, spec)
            y += 1

    def _sections(self) -> list[tuple[str, str]]:
        """What the topic holds, with what was done of it."""
        if self.topic is None:
            return []
        sections = self.topic.page.sections
        return [(f"{'✓' if s.slug in self.done else ' '} {s.title}", "muted") for s in sections]


class ContentsScreen(TutorScreen):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings((*CONTENTS, *TOPICS, *PLACES))]

    def body(self) -> Iterable[Widget]:
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield TopicList()
            yield Preview()

    def on_mount(self) -> None:
        self.topics = self.query_one(TopicList)
        self.topics.course, self.topics.progress = self.tutor.course, self.tutor.progress
        last = self.tutor.progress.last
        names = [topic.name for topic in self.tutor.course.topics]
        self._choose(names.index(last) if last in names else 0)

    def _choose(self, number: int) -> None:
        self.topics.choose(number)
        preview = self.query_one(Preview)
        preview.topic = self.tutor.course.topics[self.topics.chosen]
        preview.frame = self.tutor.last_picture(preview.topic.name)
        preview.done = done_sections(preview.topic, self.tutor.progress)
        preview.repaint()

    def tell_standing(self) -> None:
        done, of = map(sum, zip(*(sections_done(topic, self.tutor.progress) for topic in self.tutor.course.topics)))
        self.header.show(["tutor"], [f"{done} of {of} sections done", *self.tutor.torch_facts()], done / of)
        always = [("?", "all keys"), ("q", "quit")]
        if self.query(Finder) and self.query_one(Finder).display:
            self.key_bar.show([("enter", "go"), ("↑↓", "choose"), ("esc", "leave")], [])
            return
        places = [("S", "script"), ("D", "doctor"), ("G", "GPUs")]
        flip = [("v", "list" if self.has_class("-picture") else "preview")] if self.narrow else []
        self.key_bar.show([("enter", "open"), ("↑↓", "choose"), ("/", "search"), *flip, *places], always)

    def action_up(self) -> None:
        self._choose(self.topics.chosen - 1)

    def action_down(self) -> None:
        self._choose(self.topics.chosen + 1)

    def action_page_up(self) -> None:
        self._choose(0)

    def action_page_down(self) -> None:
        self._choose(len(self.tutor.course.topics) - 1)

    def action_open(self) -> None:
        self.tutor.open_topic(self.tutor.course.topics[self.topics.chosen].name)

    def action_topic(self, number: int) -> None:
        if number <= len(self.tutor.course.topics):
            self._choose(number - 1)
            self.action_open()

    def on_topic_list_clicked(self, message: TopicList.Clicked) -> None:
        self._choose(message.number)
        self.action_open()

    def action_view(self) -> None:
        if self.narrow:
            self.toggle_class("-picture")
            self.call_after_refresh(self.repaint_all)

    async def action_find(self) -> None:
        if not self.query(Finder):
            finder = Finder()
            finder.title = "Search in all topics"
            finder.names = {topic.name: topic.title for topic in self.tutor.course.topics}
            finder.search = lambda words: search(self.tutor.course, words)
            await self.query_one("#left").mount(finder)
        self._searching(True)
        self.query_one(Finder).open()

    def on_finder_left(self) -> None:
        self._searching(False)

    def on_finder_chosen(self, message: Finder.Chosen) -> None:
        self._searching(False)
        self.tutor.open_topic(message.hit.topic, message.hit.section)

    def _searching(self, on: bool) -> None:
        self.query_one(Finder).display = on
        self.topics.display = not on
        if on:
            self.remove_class("-picture")
        else:
            self.set_focus(None)
        self.call_after_refresh(self.repaint_all)

    def action_contents(self) -> None:
        """Here already."""

    def action_leave(self) -> None:
        self.app.exit()
