"""The course that ships, as `tutor lessons check` asks: a test a topic, which all workers share (see conftest.py)."""

from __future__ import annotations

import re
import sys
from dataclasses import replace

import pytest

from lessons.kit.course import load_course
from tutor.interpreter import Interpreter
from tutor.report import checking, proving

COURSE = load_course()
ONE_SEED = (1,)
"""The command asks twice; that a verdict may hang on the seed is for the author to find, before it ships."""


@pytest.mark.torch
@pytest.mark.parametrize("topic", [topic.name for topic in COURSE.topics])
def test_a_topic_is_sound(topic: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every demo runs to its end; each right solution is accepted, and each planted mistake told by what it breaks."""
    alone = replace(COURSE, topics=(COURSE.topic(topic),))
    monkeypatch.setattr(checking, "load_course", lambda _: alone)
    monkeypatch.setattr(proving, "SEEDS", ONE_SEED)
    code = checking.check_course(None, Interpreter(sys.executable, "for a test"))
    told = capsys.readouterr().out
    sound = re.fullmatch(r"Nothing is wrong: 1 topic, (\d+) demo runs, (\d+) solutions judged\.\n", told)
    assert sound, told
    assert code == 0
    assert int(sound[1]) >= len(alone.topics[0].demos)
    assert int(sound[2]) >= 3 * len(alone.exercises)
