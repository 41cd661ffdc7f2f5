"""Reading: where the reader is in a topic, what was answered, and what the panel is set to. No widgets."""

from __future__ import annotations

from lessons.kit.course import Demo, Setting, Topic, setting
from lessons.kit.knobs import Value, is_typed, matters
from lessons.kit.page import Section
from lessons.kit.question import Question
from tutor.draw.prose import Asked
from tutor.progress import Progress


class Reading:
    """One topic in the reader's hands. Every move is recorded, so that the next start goes on here."""

    def __init__(self, topic: Topic, progress: Progress, section: str = "") -> None:
        self.topic = topic
        self._progress = progress
        kept = progress.topic(topic.name)
        self.asked = {
            question.name: Asked(picked, told=True)
            for question in self._questions()
            if 0 <= (picked := kept.answers.get(question.name, -1)) < len(question.answers)
        }
        self.target = ""
        """The demo target that the panel stands on, without its "demo:"; "" once a knob was turned by hand."""
        self.setting: Setting | None = None
        self.index = 0
        self._enter(self._find(section or kept.section))
        if self.setting and kept.turned_in == self.section.slug and (knobs := kept.knobs.get(self.setting.demo)):
            self.restore(knobs)

    @property
    def section(self) -> Section:
        return self.topic.page.sections[self.index]

    @property
    def demo(self) -> Demo | None:
        return self.topic.demos[self.setting.demo] if self.setting else None

    @property
    def typed(self) -> str:
        """The knob that stands at a text which the reader typed; "" if none does."""
        if self.demo is None or self.setting is None:
            return ""
        own = (knob.name for knob in self.demo.knobs if is_typed(knob, self.setting.knobs[knob.name]))
        return next(own, "")

    @property
    def open_question(self) -> Question | None:
        """The first question of this section that has no answer yet."""
        return next((q for q in self.section.questions if self._asked(q).picked is None), None)

    @property
    def untold(self) -> Question | None:
        """The question that is answered, and whose run has not told yet."""
        return next(
            (q for q in self.section.questions if self._asked(q).picked is not None and not self._asked(q).told), None
        )

    @property
    def locked(self) -> bool:
        """Whether the panel waits for an answer."""
        return self.open_question is not None

    def go(self, index: int) -> bool:
        """To another section; False where there is none."""
        if not 0 <= index < len(self.topic.page.sections) or index == self.index:
            return False
        self.tell()
        self._enter(index)
        return True

    def answer(self, number: int) -> bool:
        """Locks choice `number` (from 0) in and sets the panel to the run that answers; False if there is none."""
        question = self.open_question
        if question is None or not 0 <= number < len(question.answers):
            return False
        self.tell()
        self.asked[question.name] = Asked(number)
        self._progress.answered(self.topic.name, question.name, number)
        self.follow(question.run)
        return True

    def tell(self) -> Question | None:
        """Says what is right, once the run has answered (or the reader goes on); the question, if that was news."""
        question = self.untold
        if question is not None:
            self.asked[question.name] = Asked(self._asked(question).picked, told=True)
        return question

    def score(self) -> tuple[int, int]:
        """(predictions that were right, questions in the topic)."""
        questions = self._questions()
        return sum(self._asked(question).picked == question.right for question in questions), len(questions)

    def follow(self, target: str) -> None:
        """Sets the panel to a demo target."""
        self.setting, self.target = setting(self.topic, target), target
        self._keep()

    def turn(self, name: str, by: int, fine: bool = False) -> bool:
        """Turns a knob; False where that changes nothing."""
        if self.setting is None or self.demo is None or self.locked:
            return False
        knob = self.demo.knob(name)
        return matters(knob, self.setting.knobs) and self.set(name, knob.turn(self.setting.knobs[name], by, fine))

    def set(self, name: str, value: Value) -> bool:
        if self.setting is None or self.locked or self.setting.knobs[name] == value:
            return False
        self.setting = Setting(self.setting.demo, {**self.setting.knobs, name: value})
        self.target = ""
        self._keep()
        return True

    def reset(self, name: str | None = None) -> bool:
        """A knob, or all of them, back to the default."""
        if self.setting is None or self.demo is None:
            return False
        changed = [self.set(knob.name, knob.default) for knob in self.demo.knobs if name in (None, knob.name)]
        return any(changed)

    def restore(self, knobs: dict[str, Value]) -> None:
        """Knobs as they were kept, as far as today's demo still has them."""
        assert self.setting is not None
        assert self.demo is not None
        good = {}
        for name in self.setting.knobs.keys() & knobs.keys():
            try:
                good[name] = self.demo.knob(name).parse(str(knobs[name]))
            except ValueError:
                continue
        kept = {**self.setting.knobs, **good}
        if kept != self.setting.knobs:
            self.setting, self.target = Setting(self.setting.demo, kept), ""

    def _questions(self) -> list[Question]:
        return [question for section in self.topic.page.sections for question in section.questions]

    def _asked(self, question: Question) -> Asked:
        return self.asked.get(question.name, Asked())

    def _find(self, slug: str) -> int:
        return next((i for i, section in enumerate(self.topic.page.sections) if section.slug == slug), 0)

    def _enter(self, index: int) -> None:
        self.index = index
        self._progress.saw(self.topic.name, self.section.slug)
        target = self._panel(index)
        if target and not self._shows(target):
            self.setting, self.target = setting(self.topic, target), target

    def _panel(self, index: int) -> str:
        """What the panel shows in a section: its own setting, or that of the nearest section before it that has one."""
        own = self.topic.page.sections[index].panel
        if own or self.setting is not None:
            return own
        return next((s.panel for s in reversed(self.topic.page.sections[:index]) if s.panel), "")

    def _shows(self, target: str) -> bool:
        return self.setting == setting(self.topic, target)

    def _keep(self) -> None:
        assert self.setting is not None
        self._progress.turned(self.topic.name, self.setting.demo, self.setting.knobs)


def sections_done(topic: Topic, progress: Progress) -> tuple[int, int]:
    """How many sections are done, of how many."""
    return len(done_sections(topic, progress)), len(topic.page.sections)


def done_sections(topic: Topic, progress: Progress) -> frozenset[str]:
    """The slugs of the sections that were shown with all their questions answered."""
    kept = progress.topic(topic.name)
    return frozenset(
        section.slug
        for section in topic.page.sections
        if section.slug in kept.seen and all(question.name in kept.answers for question in section.questions)
    )
