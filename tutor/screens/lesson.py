"""LessonScreen: a section of a topic beside the panel that runs its demo."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from lessons.kit.course import Topic
from lessons.kit.search import Hit, search
from tutor.courses import to_open
from tutor.device_load import EVERY, DeviceLoad, sampler
from tutor.draw.layer_rows import MOST as MOST_LAYERED
from tutor.draw.prose import AnswerStop, Stop
from tutor.edits import DemoCode, Versions
from tutor.keys import ANSWERS, EDITOR, LESSON, PLACES, bindings
from tutor.lab.player import State
from tutor.reading import Reading
from tutor.screens.base import TutorScreen
from tutor.screens.lesson_hints import lesson_hints
from tutor.screens.panel_state import panel_view
from tutor.widgets.code_pane import CodePane
from tutor.widgets.demo_view import DemoView
from tutor.widgets.finder import Finder
from tutor.widgets.knob_list import KnobList
from tutor.widgets.left_side import LeftSide
from tutor.widgets.panel_side import PanelSide
from tutor.widgets.read_more import ReadMore
from tutor.widgets.section_view import SectionView


class LessonScreen(TutorScreen):
    """Reading goes on in `reading`, the demo in `player`; this class ties keys to both and shows how they stand."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings((*LESSON, *ANSWERS, *PLACES)),
        Binding("escape", "escape", show=False),
    ]

    def __init__(self, topic: Topic, section: str = "") -> None:
        super().__init__()
        self.topic, self._section = topic, section
        self.area = "text"
        """What has focus: "text", "knobs" or "picture"."""
        self._words = False
        self._untold_seen = True
        """False while an answer was told that the reader has not turned to yet."""

    def body(self) -> Iterable[Widget]:
        self.reading = Reading(self.topic, self.tutor.progress, self._section)
        self.versions = Versions(self.topic, self.tutor.progress.state)
        self.too_small.command = f"{to_open(self.topic)} lesson {self.topic.name} --plain"
        with Horizontal(id="body"):
            yield LeftSide()
            yield PanelSide(self.tutor.lab, self.tutor.profile.fps, self._player_changed, self.tutor.link)

    def on_mount(self) -> None:
        self.left = self.query_one(LeftSide)
        self.panel = self.query_one(PanelSide)
        self.text, self.demo_view, self.knobs = self.left.text, self.panel.view, self.panel.knobs
        self.player = self.panel.player
        self.text.reading = self.knobs.reading = self.reading
        self.load = DeviceLoad(self.player, self.tutor.gpu_readings, sampler)
        self.set_interval(EVERY, self._look_at_device)
        self.call_after_refresh(self._opened)

    async def on_unmount(self) -> None:
        self.load.rest()
        if self.left.code_pane:
            self.left.code_pane.keep()
        await self.player.close()

    def _opened(self) -> None:
        self.text.open()
        self._load(play=False)
        self.refreshed()

    # The run

    def _load(self, *, play: bool) -> None:
        """Runs the panel's setting, or shows its start alone."""
        setting = self.reading.setting
        source = self.versions.source(setting.demo) if setting else ""
        self.panel.load(setting, f"{self.topic.name}/demo.py", source, play=play)

    def on_resize(self, event: events.Resize) -> None:
        self.panel.size_knobs()  # the rest of it is the base class's, which Textual asks as well

    def _player_changed(self) -> None:
        if not (self.is_mounted and self.is_attached):
            return
        if self.player.frames:
            self.panel.slow = False
        ended = self.player.state in (State.FINISHED, State.FAILED)
        if ended:
            self._tell()
        if self.left.code_pane and self.code:
            self.left.code_pane.tell(self.player.trouble, self.player.printed)
            if self.left.editing and self.player.trouble is not None and not self._visible("left"):
                self._back_to_editor()
        self.demo_view.show(
            panel_view(
                self.reading,
                self.player,
                words=self._words,
                slow=self.panel.slow,
                code=self.yours or (self.code if self.code and not self.code.edited else None),
                editing=self.left.editing,
            )
        )
        self.knobs.repaint()
        self.refreshed()

    # Header and key bar

    def tell_standing(self) -> None:
        sections = len(self.topic.page.sections)
        names = {"code": "code", "find": "search", "read": "read more"}
        place = ["tutor", self.topic.title, *([names[self.mode]] if self.mode in names else [])]
        facts = [f"{self.reading.index + 1} of {sections}", *self.tutor.torch_facts(self.load.device)]
        self.header.show(place, facts, (self.reading.index + 1) / sections)
        hints, always = lesson_hints(
            self.reading,
            self.player.state,
            self.text.stop if self._visible("left") else None,
            mode="type" if self.knobs.takes_letters else "edit" if self.left.editing else self.mode,
            area=self.area,
            knob=self.knobs.knob,
            graph=self.demo_view.graph,
            kept=self.demo_view.view.graph.kept,
            flip=self._flip(),
        )
        self.key_bar.show(hints, always)

    async def _look_at_device(self) -> None:
        if await self.load.look() and self.tutor.link.clear:
            self.refreshed()

    def _flip(self) -> str:
        """What `v` brings where text and panel take turns: first of all an answer that has not been seen."""
        if not self.narrow:
            return ""
        return "picture" if not self.has_class("-picture") else "text" if self._untold_seen else "the answer"

    def say(self, sentence: str) -> None:
        """A sentence in the key bar, until the next key."""
        self.key_bar.say(sentence)

    # Reading

    def action_next_section(self) -> None:
        if not self._go(self.reading.index + 1):
            right, asked = self.reading.score()
            self.say(f"This was the last section. {right} of {asked} predictions were right. C opens the contents.")

    def action_previous_section(self) -> None:
        if not self._go(self.reading.index - 1):
            self.say("This is the first section.")

    def go_to(self, slug: str) -> None:
        """To the section with this slug, if there is one."""
        for index, section in enumerate(self.topic.page.sections):
            if section.slug == slug:
                self._go(index)

    def _go(self, index: int) -> bool:
        moved = self.reading.go(index)
        if moved:
            self.versions.run("")
            self.knobs.stop_typing()
            self._back_to_text()
            self._reveal("text")
            self.text.open()
            self._focus("text")
            self._load(play=False)
            self.refreshed()
        return moved

    def action_up(self) -> None:
        self._move(-1)

    def action_down(self) -> None:
        self._move(1)

    def _move(self, by: int) -> None:
        if self.mode == "text" and self.area == "knobs":
            self.knobs.choose(by)
            self.refreshed()
        elif self.mode == "text" and self.area == "picture":
            self.demo_view.choose(by)
        elif self.mode == "code" or not self.text.choose_answer(by):
            self.left.scrolled.scroll_rows(by)

    def action_page_down(self) -> None:
        if not self.left.scrolled.scroll_rows(self.left.scrolled.page) and self.mode == "text":
            self.action_next_section()

    def action_page_up(self) -> None:
        if not self.left.scrolled.scroll_rows(-self.left.scrolled.page) and self.mode == "text":
            self.action_previous_section()

    def action_home(self) -> None:
        self.left.scrolled.scroll_rows(-100_000)

    def action_end(self) -> None:
        self.left.scrolled.scroll_rows(100_000)

    def action_next_stop(self) -> None:
        self._tab(1)

    def action_previous_stop(self) -> None:
        self._tab(-1)

    def _tab(self, by: int) -> None:
        """Links and questions of the text, knobs, graph, then from the start; what cannot be seen is left out."""
        text = self.mode == "text" and self._visible("left")
        if self.area == "text" and text and self.text.choose(by):
            self.refreshed()
            return
        panel = self._visible("panel") and not self.reading.locked
        places = {
            "text": text,
            "knobs": panel and self.knobs.rows() > 0,
            "picture": panel and self.demo_view.graph is not None,
        }
        around = [area for area, there in places.items() if there or area == self.area]
        area = around[(around.index(self.area) + by) % len(around)]
        self._focus(area)
        if area == "text" and text:
            self.text.chosen = None
            self.text.choose(by)
        self.refreshed()

    def action_follow(self) -> None:
        if self.mode == "text" and self.area == "picture":
            self.demo_view.enter()
            self.refreshed()
        elif self.mode == "text" and self.area == "knobs" and self.knobs.can_type:
            if self._unlocked() and not self._answering():
                self.knobs.begin_typing()
                self.refreshed()
        elif self.area == "text" and self.mode == "text" and self.text.stop is not None and self._visible("left"):
            self._follow(self.text.stop)
        elif not self.reading.locked:
            self.player.finish()

    def on_section_view_stop_clicked(self, message: SectionView.StopClicked) -> None:
        self._follow(message.chosen)

    def _follow(self, stop: Stop) -> None:
        if isinstance(stop, AnswerStop):
            self.action_answer(stop.answer + 1)
        elif stop.target.startswith("demo:"):
            if self._answering():
                return
            self.reading.follow(stop.target.removeprefix("demo:"))
            self._run_shown()
        elif stop.target.startswith("exercise:"):
            self.tutor.open_exercise(stop.target.removeprefix("exercise:"))
        elif "://" in stop.target:
            self.say(stop.target)
        else:
            topic, _, section = stop.target.partition("#")
            self.tutor.open_topic(topic, section) if topic != self.topic.name else self.go_to(section)

    def action_answer(self, number: int) -> None:
        if self.reading.answer(number - 1):
            self.versions.run("")
            self._untold_seen = False
            self._back_to_text()
            self.text.leave()
            self._run_shown()

    def _tell(self) -> None:
        """Says what is right, where the run has answered."""
        if question := self.reading.tell():
            self._untold_seen = self._visible("left")
            self.text.show_question(question.name)

    def _run_shown(self) -> None:
        """Runs the panel's setting where the reader can see it."""
        self._reveal("panel")
        self._load(play=True)
        self.text.repaint()

    def _reveal(self, part: str) -> None:
        """Brings text (or what stands in its place) or panel to where it can be seen."""
        if part == "panel":
            self.remove_class("-only-text")
            if self.narrow:
                self.add_class("-picture")
        else:
            self._untold_seen = True
            self.remove_class("-only-picture")
            if self.narrow:
                self.remove_class("-picture")

    def action_view(self) -> None:
        self._untold_seen = True
        if self.narrow:
            self.toggle_class("-picture")
        elif self.has_class("-only-picture"):
            self.remove_class("-only-picture").add_class("-only-text")
        elif self.has_class("-only-text"):
            self.remove_class("-only-text")
        else:
            self.add_class("-only-picture")
        self.call_after_refresh(self._player_changed)

    def _visible(self, part: str) -> bool:
        if self.narrow:
            return (part == "panel") == self.has_class("-picture")
        return not self.has_class("-only-text" if part == "panel" else "-only-picture")

    async def action_find(self) -> None:
        finder = await self.left.pane("find", Finder)
        finder.title = f"Search in this topic, {self.topic.title}"
        finder.search, finder.elsewhere = self._search, self._elsewhere
        finder.names = {section.slug: section.title for section in self.topic.page.sections}
        self._show_left("find")
        finder.open()

    def _search(self, words: str) -> list[Hit]:
        hits = search(self.tutor.course, words)
        return [hit for hit in hits if hit.topic == self.topic.name and hit.section]

    def _elsewhere(self, words: str) -> int:
        return sum(hit.topic != self.topic.name for hit in search(self.tutor.course, words))

    def on_finder_chosen(self, message: Finder.Chosen) -> None:
        self._back_to_text()
        self.go_to(message.hit.section)
        self.refreshed()

    def on_finder_left(self) -> None:
        self._back_to_text()
        self.refreshed()

    async def action_read_more(self) -> None:
        if self.mode == "read":
            self._back_to_text()
        else:
            (await self.left.pane("read", ReadMore)).topic = self.topic
            self._show_left("read")
        self.refreshed()

    # Running

    def _unlocked(self) -> bool:
        if question := self.reading.open_question:
            self.say(f"The run is what answers: choose first, with 1 to {len(question.answers)}.")
            return False
        return True

    def _answering(self) -> bool:
        """Whether a run is on its way to answer a question: another in its place would answer wrongly."""
        if self.reading.untold is not None and self.player.state in (State.STARTING, State.RUNNING, State.PAUSED):
            self.say("This run answers: let it end, or press enter.")
            return True
        return False

    def action_toggle_run(self) -> None:
        if self._unlocked():
            # From its end a run starts anew, with the source and knobs as they are now.
            self._load(play=True) if self.player.state in (State.FINISHED, State.FAILED) else self.player.toggle()

    def action_step(self) -> None:
        if self._unlocked():
            self.player.step()

    def action_step_back(self) -> None:
        if self._unlocked():
            self.player.back()

    def action_restart(self) -> None:
        if self.player.trouble is not None:
            self.tutor.warm()
        if self._unlocked():
            self._load(play=True)

    def action_words(self) -> None:
        self._words = not self._words
        self._player_changed()

    # Turning

    def _focus(self, area: str) -> None:
        self.area = area
        self.knobs.focused = area == "knobs"
        self.demo_view.focus_graph(area == "picture")
        if area != "text":
            self.text.leave()
            self._reveal("panel")
        self.knobs.repaint()

    def action_knobs(self) -> None:
        self._to("knobs")

    def action_graph(self) -> None:
        if self.mode == "text" and (self.demo_view.graph is not None or self.area == "picture"):
            self._to("picture")
        elif self.mode == "text" and self._unlocked():
            self.say("The picture has no graph.")

    def _to(self, area: str) -> None:
        """To a part of the panel, and from there back to the text."""
        if self._unlocked():
            self._focus("text" if self.area == area else area)
            self.refreshed()

    def action_layers(self) -> None:
        graph = self.demo_view.graph
        if graph is not None and len(graph.nodes or ()) > MOST_LAYERED:
            self.say(f"Layers are for graphs of up to {MOST_LAYERED} nodes.")
        elif graph is not None:
            self.demo_view.turn_layers()
        elif self._unlocked():
            self.say("The picture has no graph.")

    def action_turn(self, by: int) -> None:
        self._turn(lambda name: self.reading.turn(name, by))

    def action_turn_fine(self, by: int) -> None:
        self._turn(lambda name: self.reading.turn(name, by, fine=True))

    def action_reset_knob(self) -> None:
        self._turn(self.reading.reset)

    def action_reset_knobs(self) -> None:
        self._turn(lambda _: self.reading.reset())

    def _turn(self, change: Callable[[str], bool]) -> None:
        if not self._unlocked() or self._answering() or not self.knobs.name_chosen:
            return
        if self.area != "knobs":
            self._focus("knobs")
        if change(self.knobs.name_chosen):
            self._load(play=True)
            self.text.repaint()
        self.refreshed()

    def on_knob_list_clicked(self, message: KnobList.Clicked) -> None:
        if not self._unlocked():
            return
        self.knobs.chosen = message.number
        value = message.value
        self._turn(lambda name: value is not None and self.reading.set(name, value))

    def on_knob_list_typed(self, message: KnobList.Typed) -> None:
        value = message.value
        self._turn(lambda name: value is not None and self.reading.set(name, value))

    def on_knob_list_left(self) -> None:
        self.refreshed()

    def on_knob_list_refused(self, message: KnobList.Refused) -> None:
        self.say(message.sentence)

    # Code

    @property
    def mode(self) -> str:
        """What stands at the left: "text", "code", "find" or "read"."""
        return self.left.mode

    @property
    def code(self) -> DemoCode | None:
        """The code that is open, whose version runs."""
        return self._demo_code() if self.mode == "code" else None

    @property
    def yours(self) -> DemoCode | None:
        """The reader's own version, where it is what runs."""
        return self.versions.running(self.reading.demo.name) if self.reading.demo else None

    def _demo_code(self) -> DemoCode | None:
        return self.versions.of(self.reading.demo.name) if self.reading.demo else None

    async def action_code(self) -> None:
        code = self._demo_code()
        if self.mode == "code":
            self._back_to_text()
        elif code is not None:
            (await self.left.pane("code", CodePane)).open(code)
            self._show_left("code")
            if code.edited and not self.reading.locked and self.reading.untold is None:
                self.versions.run(code.demo)
                self._load(play=False)
        self._player_changed()

    async def action_edit(self) -> None:
        if self.mode != "code":
            await self.action_code()
        if self.mode == "code":
            await (await self.left.pane("code", CodePane)).edit()
        self._player_changed()

    def on_code_pane_run_asked(self) -> None:
        if self._unlocked() and not self._answering():
            self.versions.run(self.reading.setting.demo if self.reading.setting else "")
            if self.narrow:
                self._reveal("panel")
                self.demo_view.glance()
            self._load(play=True)

    def on_demo_view_glanced(self, message: DemoView.Glanced) -> None:
        self._back_to_editor()
        if self.focused and any(message.key.key in key.keys.split(",") for key in EDITOR):
            self.focused.post_message(message.key)

    def _back_to_editor(self) -> None:
        """Where text and panel take turns, a run shows its picture until a key is pressed or it fails."""
        self._reveal("text")
        if self.left.code_pane:
            self.left.code_pane.take_keys()
        self.refreshed()

    def on_code_pane_changed(self) -> None:
        """What stands on the panel is what the code says: another version starts anew."""
        if self.mode == "code" and not self.left.editing:
            self.set_focus(None)  # to nothing else: its last run may just have taken the editor's place
            self._back_to_editor()
        if self.code and not self.reading.locked and self.reading.untold is None:
            self.versions.run(self.code.demo)
        if (job := self.player.job) is not None and job.source != self.versions.source(job.demo):
            self._load(play=False)
        else:
            self._player_changed()

    def on_code_pane_said(self, message: CodePane.Said) -> None:
        self.say(message.sentence)

    def action_copy(self) -> None:
        if self.mode == "read":
            self.say(self.tutor.copy("\n".join(reading.url for reading in self.topic.read), "links.txt"))
        elif code := self._demo_code():
            self.say(self.tutor.copy(code.text, "last-snippet.py"))

    # What stands at the left

    def _show_left(self, mode: str) -> None:
        if mode != "text":
            self._reveal("text")
        self.left.show(mode)
        self.set_class(mode == "code", "-code")
        if mode != "find":
            self.set_focus(None)
        self.call_after_refresh(self.repaint_all)

    def _back_to_text(self) -> None:
        if self.mode != "text":
            self._show_left("text")

    # Places

    def action_contents(self) -> None:
        self.tutor.open_contents()

    def action_leave(self) -> None:
        if self.mode in ("code", "read"):
            self._back_to_text()
            self._player_changed()
        else:
            self.tutor.leave_topic()

    def action_escape(self) -> None:
        """What `q` does, but it never leaves the lesson: escape is slow, and easily pressed once too often."""
        if self.mode in ("code", "read"):
            self.action_leave()
        elif self.area != "text":
            self._to(self.area)
