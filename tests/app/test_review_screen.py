"""The contents screen: the question of the day, the list of topics at its side, and what cannot be kept."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from lessons.kit.course import Course, load_course
from tests.support.small_course import WRONG, small_course
from tutor.app import TutorApp
from tutor.interpreter import Interpreter
from tutor.progress import Progress
from tutor.review import DAY
from tutor.screens.contents import ContentsScreen
from tutor.terminal import Profile
from tutor.widgets.drawn import Drawn

SMALL, WIDE, LARGE = (80, 24), (120, 40), (200, 50)


class Reader:
    """Presses keys, and reads what stands on the screen."""

    def __init__(self, pilot: Pilot[None], progress: Progress) -> None:
        self.pilot, self.progress = pilot, progress

    async def press(self, *keys: str) -> str:
        await self.pilot.press(*keys)
        return await self.text()

    async def text(self) -> str:
        await self.pilot.pause()
        await self.pilot.pause()
        shown = [widget for widget in self.pilot.app.screen.query(Drawn) if widget.display and widget.region]
        return "\n".join(widget.render_line(y).text.rstrip() for widget in shown for y in range(widget.size.height))


@pytest.fixture(autouse=True)
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The places that the screen asks for; no process that runs demos, and no hand on the test's signals and state."""
    places: list[tuple[str, ...]] = []
    monkeypatch.setattr(TutorApp, "open_topic", lambda self, *place: places.append(place))
    monkeypatch.setattr(TutorApp, "warm", lambda self: None)
    monkeypatch.setattr(TutorApp, "_heed_signals", lambda self: None)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    return places


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return small_course(tmp_path / "course")


def who_predicted(folder: Path, *questions: str) -> Progress:
    """A reader who predicted these wrong: the first 9 days ago, the next 8, ..."""
    progress = Progress(folder / "state")
    for number, name in enumerate(questions):
        at, topic = time.time() - (9.5 - number) * DAY, "two" if name == "c" else "one"
        progress.merge(
            [
                {"t": at, "what": "section", "topic": topic, "section": f"section-{name}"},
                {"t": at + 1, "what": "answer", "topic": topic, "question": name, "choice": WRONG},
            ]
        )
    return progress


@asynccontextmanager
async def contents(course: Course, progress: Progress, size: tuple[int, int]) -> AsyncIterator[Reader]:
    app = TutorApp(course, progress, Profile(), Interpreter("python", "a test"))
    async with app.run_test(size=size) as pilot:
        yield Reader(pilot, progress)


@pytest.mark.parametrize("size", [SMALL, WIDE, LARGE])
async def test_a_question_is_answered_by_keys(
    course: Course, tmp_path: Path, opened: list[tuple[str, ...]], size: tuple[int, int]
) -> None:
    """It waits beside the topics until `d`; the answer is kept, told right or wrong with its sentence, and leads on."""
    async with contents(course, who_predicted(tmp_path, "a"), size) as reader:
        text = await reader.text()
        assert "Question of the day" in text
        assert "What is a?" in text
        assert "9 days ago" in text
        assert "It is not this." not in text
        text = await reader.press("d")
        assert "from Topic one, 9 days ago" in text
        assert "▌ 1  This" in text
        text = await reader.press("down", "down", "enter")
        assert "✗  Neither" in text
        assert "✗  It is one of them." in text
        assert "✓  It is that." in text
        assert "back to the topics" in text
        assert [answer.choice for answer in reader.progress.topic("one").asked["a"]] == [WRONG, 2]
        await reader.press("enter")
        assert opened == [("one", "section-a")]


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_a_number_answers_only_while_the_question_has_the_keys(
    course: Course, tmp_path: Path, opened: list[tuple[str, ...]], size: tuple[int, int]
) -> None:
    """Else it opens the topic of that number; an answer is given once."""
    async with contents(course, who_predicted(tmp_path, "a"), size) as reader:
        text = await reader.press("d", "2", "down")
        assert "right, yours" in text
        assert len(reader.progress.topic("one").asked["a"]) == 2
        assert opened == []
        await reader.press("q", "2")
        assert opened == [("two",)]
        assert len(reader.progress.topic("one").asked["a"]) == 2


@pytest.mark.parametrize("size", [SMALL, WIDE])
@pytest.mark.parametrize("key", ["d", "q"])
async def test_a_question_can_be_left_alone(course: Course, tmp_path: Path, size: tuple[int, int], key: str) -> None:
    """It goes on waiting, the topics have the keys again, and nothing is written."""
    async with contents(course, who_predicted(tmp_path, "a"), size) as reader:
        before = reader.progress.events()
        text = await reader.press("d", key)
        assert isinstance(reader.pilot.app.screen, ContentsScreen)
        assert "▌  1  Topic one" in text
        assert "Question of the day" in text
        assert "▌  2  Topic two" in await reader.press("down")
        assert reader.progress.events() == before


async def test_the_next_one_comes_when_asked_for(course: Course, tmp_path: Path) -> None:
    """The oldest first; after the last one the topics have the screen."""
    async with contents(course, who_predicted(tmp_path, "b", "c"), SMALL) as reader:
        assert "What is b?" in await reader.press("d")
        assert "another question" in await reader.press("2")
        text = await reader.press("d")
        assert "What is c?" in text
        assert "right" not in text
        assert "back to the topics" in await reader.press("2")
        text = await reader.press("d")
        assert "Question of the day" not in text
        assert "Topic two" in text
        assert "comes again after 1, 3, 7 and 21 days" in await reader.press("d")


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_who_has_answered_nothing_is_not_asked(course: Course, tmp_path: Path, size: tuple[int, int]) -> None:
    """No empty place is held for a question, and no key named."""
    async with contents(course, Progress(tmp_path), size) as reader:
        text = await reader.text()
        assert "Question" not in text
        assert "d question" not in text
        assert "Topic two" in text


async def test_an_answer_moves_nothing(course: Course, tmp_path: Path) -> None:
    """The rows for what is told then are kept free before."""
    async with contents(course, who_predicted(tmp_path, "a"), WIDE) as reader:
        places = []
        for keys in ((), ("d",), ("1",)):
            await reader.press(*keys)
            places.append([widget.region for widget in reader.pilot.app.screen.query(Drawn)])
        assert places[0] == places[1] == places[2]


@pytest.mark.parametrize("size", [(60, 18), (100, 18)])
async def test_what_does_not_fit_is_scrolled_to(course: Course, tmp_path: Path, size: tuple[int, int]) -> None:
    """To the section that it offers."""
    async with contents(course, who_predicted(tmp_path, "a"), size) as reader:
        await reader.press("d")
        text = await reader.press("1")
        if "▸ Section a" not in text:
            assert "scroll" in text
            text = await reader.press(*["down"] * 9)
        assert "▸ Section a" in text


async def test_thirteen_topics_fit_the_smallest_screen(tmp_path: Path) -> None:
    """With the question below them."""
    folder = tmp_path / "course"
    small_course(folder)
    names = ["one", "two"]
    for number in range(3, 14):
        name = f"topic{number}"
        (folder / name).mkdir()
        for file in ("lesson.toml", "lesson.md"):
            text = (folder / "two" / file).read_text().replace("[exercise.two", f"[exercise.{name}")
            (folder / name / file).write_text(text.replace("Topic two", f"Topic {number}"))
        names.append(name)
    (folder / "course.toml").write_text(f'title = "A course"\ntopics = {names!r}\n')
    async with contents(load_course(folder), who_predicted(tmp_path, "a"), SMALL) as reader:
        text = await reader.text()
        assert "Topic one" in text
        assert "13  Topic 13" in text
        assert "What is a?" in text
        assert "▌ 13  Topic 13" in await reader.press("end")


async def test_what_cannot_be_kept_is_said(course: Course, tmp_path: Path) -> None:
    """In the key bar until the next key, and whole below the topics: why first, then where."""
    (tmp_path / "state").write_text("")
    async with contents(course, who_predicted(tmp_path, "a"), SMALL) as reader:
        text = await reader.text()
        assert "What you do now is not kept: Not a directory." in text
        assert "! What you do now is not kept: Not a directory, in" in text
        text = await reader.press("down")
        assert "kept: Not a directory." not in text
        assert "! What you do now is not kept: Not a directory, in" in text
        assert "right, yours" in await reader.press("d", "2")


async def test_the_search_finds_a_term_first(course: Course, tmp_path: Path, opened: list[tuple[str, ...]]) -> None:
    """By its name, with what it means; enter goes to the section that explains it."""
    async with contents(course, who_predicted(tmp_path, "a"), SMALL) as reader:
        text = await reader.press("slash", *"two")
        assert text.index("term of two") < text.index("What two is about.") < text.index("Topic two")
        await reader.press("enter")
        assert opened == [("two", "section-c")]


async def test_the_help_of_the_contents_tells_its_own_keys(course: Course, tmp_path: Path) -> None:
    """And not those of a lesson."""
    async with contents(course, Progress(tmp_path / "state"), SMALL) as reader:
        text = await reader.press("?")
        assert "question of the day" in text
        assert "restart the run" not in text
        assert "Start with" in await reader.press("?")
