"""A demo's source becomes frames, and what goes wrong in it becomes a message with the place where it went wrong."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from textwrap import dedent
from typing import Any
from unittest.mock import MagicMock

import pytest

from lessons.kit.running import Running

FILE = "topic/demo.py"
HEAD = "from lessons.kit import Frame\n"
torch = MagicMock(name="torch")
torch.cuda.is_available.return_value = False


def running(source: str, knobs: dict[str, Any] | None = None) -> Running:
    return Running(HEAD + dedent(source).lstrip("\n"), FILE, "demo", knobs or {})


def said(run: Running, skip: int = 0) -> dict[str, Any]:
    message = run.next(torch, skip)
    assert message is not None
    return message


def failed(source: str, knobs: dict[str, Any] | None = None) -> dict[str, Any]:
    message = said(running(source, knobs))
    assert message["event"] == "failed", message
    body: dict[str, Any] = message["body"]
    return body


COUNTS = """
def demo(n: int) -> None:
    for i in range(n):
        yield Frame((), {"i": i}, f"Step {i}.", i, n)
"""


def steps(run: Running, skips: list[int]) -> list[Any]:
    messages = [said(run, skip) for skip in skips]
    return [message["body"]["frame"]["step"] if "body" in message else message["event"] for message in messages]


def test_frames_come_one_at_a_time_and_then_the_end() -> None:
    """Each request moves the demo by one yield; at its end it stays ended."""
    assert steps(running(COUNTS, {"n": 3}), [0] * 5) == [0, 1, 2, "ended", "ended"]


@pytest.mark.parametrize(
    ("skips", "shown"),
    [([0, 2, 2], [0, 3, 6]), ([0, 8], [0, 9]), ([0, 50, 0], [0, 9, "ended"]), ([9, 3], [9, "ended"])],
)
def test_skipped_frames_are_computed_and_the_last_one_is_always_shown(skips: list[int], shown: list[Any]) -> None:
    """Skipping beyond the end gives the last frame, and the end only then."""
    assert steps(running(COUNTS, {"n": 10}), skips) == shown


def test_a_failure_among_skipped_frames_comes_after_the_last_good_one() -> None:
    """What was computed before the error is seen."""
    run = running("""
        def demo():
            yield Frame((), {}, "One.", 1)
            yield Frame((), {}, "Two.", 2)
            1 / 0
        """)
    assert said(run, 5)["body"]["frame"]["step"] == 2
    assert said(run)["body"]["kind"] == "ZeroDivisionError"


def test_every_run_has_a_module_of_its_own() -> None:
    """What a demo keeps in a global is gone in its next run, also for a dataclass that looks its module up."""
    source = """
        from __future__ import annotations
        from dataclasses import dataclass
        seen = []
        @dataclass
        class State:
            x: float = 0.0
        def demo():
            seen.append(State())
            yield Frame((), {"seen": len(seen)}, "Once.")
        """
    for _ in range(2):
        run = Running(dedent(source).replace("seen = []", HEAD + "seen = []"), FILE, "demo", {})
        assert said(run)["body"]["frame"]["values"] == {"seen": 1.0}
        run.close()
    assert "__demo__" not in sys.modules


def test_a_demo_does_not_inherit_our_own_future_imports() -> None:
    """Its annotations are objects unless it says otherwise."""
    run = running("""
        def demo(n: int = 1):
            yield Frame((), {"int": demo.__annotations__["n"] is int}, "Checked.")
        """)
    assert said(run)["body"]["frame"]["values"] == {"int": 1.0}


def test_the_line_and_the_columns_of_an_error_are_those_of_the_demo() -> None:
    """The innermost call in the demo's own text counts, not the library's, and columns count characters."""
    body = failed("""
        import json
        def load(text):
            λ = 1; return json.loads(text) + λ
        def demo():
            yield Frame((), {}, load("{"))
        """)
    assert (body["kind"], body["line"]) == ("JSONDecodeError", 4)
    if sys.version_info >= (3, 11):
        assert body["columns"] == (18, 34)
    assert body["trace"].splitlines() == [
        "line 6, in demo",
        '    yield Frame((), {}, load("{"))',
        "line 4, in load",
        "    λ = 1; return json.loads(text) + λ",
        f"JSONDecodeError: {body['message']}",
    ]


def test_a_deep_recursion_has_a_short_trace() -> None:
    """Four calls are enough to see what happens."""
    body = failed("""
        def down(n):
            return down(n + 1)
        def demo():
            yield down(0)
        """)
    assert (body["kind"], body["line"]) == ("RecursionError", 3)
    assert len(body["trace"].splitlines()) == 9


@pytest.mark.parametrize(
    ("source", "line", "first"),
    [("def demo(:\n    pass", 2, 9), ("def demo():\nyield 1", 3, 0), ("x = 'abc\n", 2, 4), ("\0", None, None)],
)
def test_a_syntax_error_has_its_place(source: str, line: int | None, first: int | None) -> None:
    """Where Python saw it, columns from 0."""
    body = failed(source)
    assert body["kind"] in ("SyntaxError", "IndentationError", "ValueError")
    assert body["line"] == line
    assert first is None or body["columns"][0] == first


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("import sys\ndef demo():\n    yield sys.exit(3)", "SystemExit", "the code called exit(3)"),
        ("def demo():\n    raise KeyboardInterrupt\n    yield", "KeyboardInterrupt", ""),
        ("def demo():\n    yield next(iter(()))", "RuntimeError", "generator raised StopIteration"),
        ("class E(Exception):\n    __str__ = None\ndef demo():\n    raise E\n    yield", "E", ""),
        ("import nowhere", "ModuleNotFoundError", "No module named 'nowhere'"),
        ("def other():\n    yield", "NameError", "topic/demo.py has no function demo"),
        ("demo = 3", "NameError", "topic/demo.py has no function demo"),
        ("def demo():\n    return [1]", "TypeError", "demo gave no frames: it has to yield them"),
        ("def demo(lr):\n    yield", "TypeError", "the knobs do not fit demo(): missing a required argument: 'lr'"),
    ],
)
def test_whatever_ends_a_demo_is_told(source: str, kind: str, message: str) -> None:
    """No exception passes, not even those that are meant to end a process."""
    body = failed(source)
    assert (body["kind"], body["message"]) == (kind, message)


def test_a_knob_that_the_demo_does_not_take_is_told_at_its_definition() -> None:
    """The line is that of the def, for there is no other."""
    body = failed("\ndef demo(lr):\n    yield", {"lr": 0.1, "beta": 0.9})
    assert body["message"] == "the knobs do not fit demo(): got an unexpected keyword argument 'beta'"
    assert body["line"] == 2


def test_what_is_no_frame_is_told_at_its_yield() -> None:
    """The sentence is ours, the line is the demo's."""
    body = failed("""
        def demo():
            x = 1
            yield x
        """)
    assert (body["kind"], body["line"]) == ("TypeError", 4)
    assert body["message"] == "a demo yields Frames, and this one yielded 1"


@pytest.mark.parametrize(
    ("asked", "gpu", "given", "named"),
    [("auto", False, "cpu", "cpu"), ("auto", True, "cuda", "cuda:0"), ("cuda", True, "cuda", "cuda:0")],
)
def test_a_device_is_chosen_and_every_frame_names_it(asked: str, gpu: bool, given: str, named: str) -> None:
    """ "auto" is the GPU where there is one; the demo gets the word, the frame says which one it was."""
    there = MagicMock(**{"cuda.is_available.return_value": gpu, "cuda.current_device.return_value": 0})
    source = """
        def demo(device):
            yield Frame((), {}, device)
        """
    message = running(source, {"device": asked}).next(there, 0)
    assert message is not None
    assert (message["body"]["frame"]["note"], message["body"]["device"]) == (given, named)


def test_a_gpu_that_is_not_there_is_refused_with_a_way_on() -> None:
    """The sentence says what to do."""
    body = failed("def demo(device):\n    yield", {"device": "cuda"})
    assert body["message"] == "torch can use no GPU here: set device to cpu"


@pytest.fixture
def interrupts(request: pytest.FixtureRequest) -> Iterator[list[Running]]:
    """The run that a signal interrupts, as in the worker."""
    runs: list[Running] = []
    before = signal.signal(signal.SIGUSR1, lambda _, frame: runs[0].interrupt(frame))
    yield runs
    signal.signal(signal.SIGUSR1, before)


def test_a_demo_is_interrupted_in_the_middle_of_a_frame(interrupts: list[Running]) -> None:
    """It says nothing then, and its `finally` has run."""
    run = running("""
        import os, signal
        closed = []
        def demo():
            try:
                os.kill(os.getpid(), signal.SIGUSR1)
                while True:
                    pass
            finally:
                closed.append(1)
            yield
        """)
    interrupts.append(run)
    assert run.next(torch, 0) is None
    assert sys.modules["__demo__"].closed == [1]


def test_an_import_is_never_interrupted(
    interrupts: list[Running], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a module would stay behind for the runs that follow."""
    (tmp_path / "slow_module.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGUSR1)\nwhole = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    run = running("""
        def demo():
            import slow_module
            yield Frame((), {"whole": slow_module.whole}, "Imported.")
        """)
    interrupts.append(run)
    assert said(run)["body"]["frame"]["values"] == {"whole": 1.0}


def test_our_own_code_is_not_interrupted(interrupts: list[Running]) -> None:
    """Between frames there is nothing to interrupt."""
    interrupts.append(running(COUNTS, {"n": 1}))
    signal.raise_signal(signal.SIGUSR1)
    assert steps(interrupts[0], [0]) == [0]


def test_closing_runs_finally_and_hides_what_it_raises() -> None:
    """A demo that cannot let go concerns nobody but itself."""
    run = running("""
        closed = []
        def demo():
            try:
                yield Frame((), {}, "Open.")
            finally:
                closed.append(1)
                raise ValueError
        """)
    said(run)
    closed = sys.modules["__demo__"].closed
    run.close()
    assert closed == [1]
