"""ContentsScreen: the topics, what the chosen one holds, the question of the day, and the search in all of them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from lessons.kit.search import search
from tutor.keys import CONTENTS, PLACES, TOPICS, bindings
from tutor.reading import done_sections, sections_done
from tutor.review import due
from tutor.screens.base import TutorScreen
from tutor.widgets.day_question import DayQuestion, DayRow
from tutor.widgets.finder import Finder
from tutor.widgets.frame import Hint
from tutor.widgets.topic_list import TopicList
from tutor.widgets.topic_preview import TopicPreview

ALWAYS = [("?", "all keys"), ("q", "quit")]
BACK = [("?", "all keys"), ("q", "back")]
NONE_DUE = "No question waits: what you predicted comes again after 1, 3, 7 and 21 days."


class ContentsScreen(TutorScreen):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings((*CONTENTS, *TOPICS, *PLACES))]

    def __init__(self) -> None:
        super().__init__()
        self.topics, self.preview, self.day, self.day_row = TopicList(), TopicPreview(), DayQuestion(), DayRow()

    def body(self) -> Iterable[Widget]:
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield self.topics
                yield self.day_row
            with Vertical(id="right"):
                yield self.preview
                yield self.day

    def on_mount(self) -> None:
        self.topics.course, self.topics.progress = self.tutor.course, self.tutor.progress
        last = self.tutor.progress.last
        names = [topic.name for topic in self.tutor.course.topics]
        self._choose(names.index(last) if last in names else 0)
        self._ask_another()

    def refreshed(self) -> None:
        super().refreshed()
        self._fit_question()

    def tell_standing(self) -> None:
        done, of = map(sum, zip(*(sections_done(topic, self.tutor.progress) for topic in self.tutor.course.topics)))
        self.header.show(["tutor"], [f"{done} of {of} sections", *self.tutor.torch_facts()], done / of)
        if self.query(Finder) and self.query_one(Finder).display:
            self.key_bar.show([("enter", "go"), ("↑↓", "choose"), ("esc", "leave")], [])
        elif self.day.asking:
            self.key_bar.show(self._question_hints(), BACK)
        else:
            self.key_bar.show(self._list_hints(), ALWAYS)

    def _list_hints(self) -> list[Hint]:
        places = [("P", "practice"), ("S", "script"), ("E", "error"), ("D", "doctor"), ("G", "GPUs")]
        flip = [("v", "list" if self.has_class("-picture") else "preview")] if self.narrow else []
        question = [("d", "question")] if self.day.due else []
        return [("enter", "open"), ("/", "search"), *flip, *question, *places, ("↑↓", "choose")]

    def _question_hints(self) -> list[Hint]:
        if self.day.picked is None:
            return [("enter", "answer"), ("↑↓", "choose"), ("d", "later")]
        scroll = [("↑↓", "scroll")] if self.day.scrolls else []
        onward = "another question" if self._next_due() else "back to the topics"
        return [("enter", "read the section"), *scroll, ("d", onward)]

    # The topics

    def _choose(self, number: int) -> None:
        self.topics.choose(number)
        topic = self.tutor.course.topics[self.topics.chosen]
        self.preview.topic, self.preview.frame = topic, self.tutor.last_picture(topic.name)
        self.preview.done = done_sections(topic, self.tutor.progress)
        self.preview.kept = self.tutor.progress.topic(topic.name)
        self.preview.repaint()

    def _move(self, by: int) -> None:
        if self.day.asking:
            self.day.move(by)
        else:
            self._choose(self.topics.chosen + by)

    def action_up(self) -> None:
        self._move(-1)

    def action_down(self) -> None:
        self._move(1)

    def action_page_up(self) -> None:
        self._move(-len(self.tutor.course.topics))

    def action_page_down(self) -> None:
        self._move(len(self.tutor.course.topics))

    def action_open(self) -> None:
        if not self.day.asking:
            self.tutor.open_topic(self.tutor.course.topics[self.topics.chosen].name)
        elif self.day.picked is None:
            self._answer(self.day.chosen)
        else:
            self._open_section()

    def action_topic(self, number: int) -> None:
        if self.day.asking and self.day.picked is None:
            self._answer(number - 1)
        elif number <= len(self.tutor.course.topics):
            self._ask(False)
            self._choose(number - 1)
            self.action_open()

    def on_topic_list_clicked(self, message: TopicList.Clicked) -> None:
        self._ask(False)
        self._choose(message.number)
        self.action_open()

    def action_view(self) -> None:
        if self.narrow and not self.day.asking:
            self.toggle_class("-picture")
            self.call_after_refresh(self.repaint_all)

    # The question of the day

    def action_question(self) -> None:
        """To the question; from there back, and once it is answered, on to the next one that waits."""
        if self.day.due is None:
            self.key_bar.say(NONE_DUE)
        elif self.day.picked is None:
            self._ask(not self.day.asking)
        else:
            self._ask_another()
            self._ask(self.day.due is not None)

    def _ask(self, asking: bool) -> None:
        """Gives the keys to the question, or back to the topics; where there is room for one, shows that one."""
        if not asking and self.day.picked is not None:
            self._ask_another()
        self.day.asking, self.topics.focused = asking, not asking
        self.set_class(asking, "-question")
        if asking:
            self.remove_class("-picture")
        self.call_after_refresh(self.repaint_all)

    def _ask_another(self) -> None:
        now = time.time()
        self.day.ask(due(self.tutor.course, self.tutor.progress, now), now)
        self.day_row.due, self.day_row.ago = self.day.due, self.day.ago
        self.set_class(self.day.due is None, "-no-question")
        self.call_after_refresh(self.repaint_all)

    def _next_due(self) -> bool:
        return due(self.tutor.course, self.tutor.progress, time.time()) is not None

    def _answer(self, number: int) -> None:
        """An answer counts once: what is right is told then."""
        asked = self.day.due
        if asked is None or self.day.picked is not None or not 0 <= number < len(asked.question.answers):
            return
        self.day.picked = number
        self.tutor.progress.reviewed(asked.topic.name, asked.question.name, number)
        self._ask(True)

    def _open_section(self) -> None:
        if self.day.due is not None:
            self.tutor.open_topic(self.day.due.topic.name, self.day.due.section.slug)

    def _fit_question(self) -> None:
        """Under the preview the question has the rows that it takes; in its place, all there are."""
        self.day.styles.height = "1fr" if self.narrow else self.day.room(self.day.size.width)

    def on_day_question_clicked(self, message: DayQuestion.Clicked) -> None:
        if message.number is None:
            self._open_section()
        else:
            self._answer(message.number)

    def on_day_row_clicked(self) -> None:
        self._ask(True)

    # The search

    async def action_find(self) -> None:
        if not self.query(Finder):
            finder = Finder()
            finder.title = "Search in all topics"
            finder.names = {topic.name: topic.title for topic in self.tutor.course.topics}
            finder.search = lambda words: search(self.tutor.course, words)
            await self.query_one("#left").mount(finder)
        self._ask(False)
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
        self.set_class(on, "-searching")
        if on:
            self.remove_class("-picture")
        else:
            self.set_focus(None)
        self.call_after_refresh(self.repaint_all)

    def action_contents(self) -> None:
        """Back to the topics."""
        self._ask(False)

    def action_leave(self) -> None:
        if self.day.asking:
            self._ask(False)
        else:
            self.app.exit()
