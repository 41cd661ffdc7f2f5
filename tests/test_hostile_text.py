"""What others wrote leaves every command as text and as nothing else: on stdout, on stderr and in JSON."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from diagnostics.gpus import sampler
from diagnostics.gpus.reading import Process, Reading, Sample, Slice
from diagnostics.text import printable, printable_json
from lessons.kit.problems import problems
from tests.diagnostics.doctor.hosts import changed, rtx4090_driver550_cu126
from tests.support.hostile import ALL, WORST, hostile, spoiled, unprintable
from tests.support.hostile_course import hostile_course
from tutor import output
from tutor.cli import main
from tutor.report import doctor

SEVERAL = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
"""Of what starts a command each time."""

anything = st.text(st.characters(exclude_categories=())) | hostile
CHOSEN = {"all": ALL, **{name: WORST[name] for name in ("lines", "surrogates", "long")}}
each = pytest.mark.parametrize("text", CHOSEN.values(), ids=list(CHOSEN))

HEALTHY = rtx4090_driver550_cu126()
BROKEN = changed(HEALTHY, driver={"loaded": "", "modules": []}, nvml={"error": 9, "gpus": None})


class Said(NamedTuple):
    code: int
    out: str
    err: str


def said(*argv: str, stdin: bytes = b"", terminal: bool = False) -> Said:
    """What a command says, which is held to the rule here: nothing but text, line ends and our own styles."""
    streams = [type("Tty", (io.TextIOWrapper,), {"isatty": lambda _: terminal})(io.BytesIO(), "utf-8") for _ in "12"]
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
    sys.stdout, sys.stderr = streams
    try:
        code = main(argv)
        out, err = (stream.buffer.getvalue().decode("utf-8") for stream in streams)
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
    assert unprintable(out) == []
    assert unprintable(err) == []
    assert "Traceback" not in err
    return Said(code, out, err)


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.chdir(tmp_path)


# The doors themselves


@given(anything)
@example(ALL)
def test_what_is_printable_is_left_alone_and_all_else_is_a_sign(text: str) -> None:
    """A second look changes nothing; lines and tabs stay."""
    shown = printable(text)
    assert all(one.isprintable() or one in "\n\t" for one in shown)
    assert printable(shown) == shown
    assert shown.count("\n") == text.count("\n")
    if text.isascii() and text.isprintable():
        assert shown == text


@given(st.lists(anything, max_size=4))
@example(["\x1b", "[2J", "\x1b[31m red \x1b[0m", "\x1b[8m", "\x1b[1;38;5;8m", "\x1b[31\x1bm"])
def test_a_stream_prints_text_and_styles_alone(parts: list[str]) -> None:
    """Also where a sequence comes in two writes."""
    file = io.BytesIO()
    stream = output.Printed(io.TextIOWrapper(file, "utf-8", newline="\n"))
    for part in parts:
        assert stream.write(part) == len(part)
    stream.flush()
    assert unprintable(output._STYLES.sub("", file.getvalue().decode())) == []


@pytest.mark.parametrize("style", ["0", "1;31", "2", "4;92", "38;5;208", "1;48;2;0;10;255", "30;107"])
def test_styles_of_reports_and_tracebacks_are_let_through(style: str) -> None:
    """All sixteen colours, and those of Textual's own last words."""
    file = io.StringIO()
    output.Printed(file).write(f"\x1b[{style}mtext\x1b[0m\n")  # type: ignore[arg-type]
    assert file.getvalue() == f"\x1b[{style}mtext\x1b[0m\n"


@given(st.recursive(anything, lambda inner: st.lists(inner) | st.dictionaries(anything, inner), max_leaves=8))
@example({ALL: [ALL]})
def test_json_is_shown_and_read_alike(value: object) -> None:
    """What a terminal could obey is escaped; a reader gets the same string."""
    shown = printable_json(output.to_json(value, indent=None)).decode()
    assert json.loads(shown) == json.loads(json.dumps(value))
    assert shown.removesuffix("\n").isprintable()


# Every command


def word_of(text: str) -> str:
    """As a shell hands it over: a name's bytes, without a NUL."""
    return "".join(one for one in text if one != "\0" and not ("\ud800" <= one < "\udc80" or "\udcff" < one < "\ue000"))


@each
def test_the_reader_s_own_words(text: str) -> None:
    """A name that nothing has is told back in one line."""
    word = word_of(text)
    for argv in (
        [word],
        ["lesson", word],
        ["lesson", f"tensors#{word}", "--plain"],
        ["demo", word],
        ["demo", f"learning_rate/{word}"],
        ["demo", "learning_rate/bowl", "--set", word],
        ["demo", "learning_rate/bowl", "--set", f"lr={word}"],
        ["demo", "learning_rate/bowl", "--set", f"optimizer={word}"],
        ["practice", word],
        ["check", f"./{word}"],
        ["check", "--device", word],
        ["explain", f"./{word}"],
        ["doctor", "--explain", f"x{word}"],
        ["doctor", "--only", f"x{word}"],
        ["doctor", "--facts", f"./{word}"],
        ["doctor", "--save-facts", f"./none/{word}"],
        ["lessons", "--course", f"./{word}"],
        ["lessons", "new", f"x{word}"],
        ["lessons", "check", f"./{word}"],
        ["progress", "--export", f"./none/{word}"],
        ["progress", "--import", f"./{word}"],
        ["--python", f"./{word}", "gpus", "--once"],
        ["gpus", "--fps", f"x{word}"],
    ):
        told = said(*argv)
        assert told.code != 0 or argv[0] == "--python", argv
        assert told.err.count("\n") == (1 if told.err else 0) or argv[0] == "--python", (argv, told.err)


@each
def test_words_that_are_searched_for(text: str) -> None:
    """Nothing is found, and that is said of them as text."""
    word = word_of(text) + "x"
    said("lessons", "--search", word)
    said("lessons", "--glossary", word)
    assert json.loads(said("lessons", "--search", word, "--json").out)["hits"] == []


@settings(SEVERAL, max_examples=3)
@given(hostile)
@example(ALL)
def test_a_course_of_somebody_else(tmp_path: Path, text: str) -> None:
    """Its list, its lessons, its exercises and its glossary, as text and as JSON."""
    folder = tmp_path / "course"
    shutil.rmtree(folder, ignore_errors=True)
    hostile_course(folder, text)
    course = ["--course", str(folder)]
    if problems(folder):
        assert said("lessons", *course).code == 1
        return
    for argv in (
        ["lessons"],
        ["lessons", "--search", "mean"],
        ["lessons", "--glossary"],
        ["lesson", "numbers", "--plain"],
        ["demo", "numbers/walk", "--plain"],
        ["practice", "--list"],
        ["practice", "my_mean"],
        ["progress"],
    ):
        said(*argv, *course)
    for argv in (["lessons"], ["lessons", "--search", "mean"], ["practice", "--list"], ["progress"]):
        json.loads(said(*argv, "--json", *course).out)


@settings(SEVERAL)
@given(hostile)
@example(ALL)
def test_facts_of_another_machine(tmp_path: Path, text: str) -> None:
    """As they are in a file, with the text in every field of theirs; judged, in all three forms."""
    text = text[:1000].encode("utf-8", "replace").decode()  # what is longer, or no JSON, is refused
    file = tmp_path / "facts.json"
    data = spoiled(asdict(BROKEN), lambda value: value + text)
    file.write_text(json.dumps({**asdict(BROKEN), **{part: data[part] for part in data if data[part]}}))
    argv = ["doctor", "--facts", str(file)]
    said(*argv, terminal=True)
    said(*argv, "--report", "md")
    json.loads(said(*argv, "--json").out)


@settings(SEVERAL)
@given(hostile)
@example(ALL)
def test_a_machine_that_lies(monkeypatch_of_module: pytest.MonkeyPatch, text: str) -> None:
    """The same from the probe itself, past all that reads a file."""
    facts = spoiled(BROKEN, lambda value: value + text)
    monkeypatch_of_module.setattr(doctor, "_examined", lambda *_: nullcontext([facts]))
    for form in ([], ["--report", "md"], ["--json"]):
        said("doctor", *form)


@pytest.fixture(scope="module")
def monkeypatch_of_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


LOG = """Traceback (most recent call last):
  File "/home/{0}/train.py", line 7, in {0}
    loss = criterion({0}, y)
  File "/usr/lib/python3/{0}.py", line 1, in forward
RuntimeError: Expected all tensors to be on the same device, but found at least two devices, cuda:0 and {0}! {0}
{0}Error: {0}
"""


@settings(SEVERAL)
@given(hostile)
@example(ALL)
@example(WORST["long"])
def test_a_log(text: str) -> None:
    """Its files, functions, lines and messages."""
    log = LOG.replace("{0}", text).encode("utf-8", "surrogateescape" if text.isascii() else "replace")
    said("explain", stdin=log)
    said("explain", stdin=log, terminal=True)
    assert json.loads(said("explain", "--json", stdin=log).out)["findings"]


@settings(SEVERAL)
@given(hostile)
@example(ALL)
def test_names_of_gpus_and_processes(monkeypatch_of_module: pytest.MonkeyPatch, text: str) -> None:
    """Each text of a sample, as it would be if nothing had cleaned it."""
    gpu = Reading(index=0, uuid="GPU-1", name="NVIDIA H200", slices=(Slice(name="1g"),), throttle=("heat",), mig=True)
    lost = Reading(index=1, uuid="GPU-2", name="NVIDIA H200", state="failed", error="fell off the bus", since=1.0)
    process = Process(pid=7, user="anna", name="python train.py", gpus=(0,), memory=2**30)
    sample = Sample(time=2.0, readings=(gpu, lost), processes=(process,), trouble="It broke.", driver="550")
    sample = spoiled(sample, lambda value: value if value in ("failed", "ready", "compute") else value + text)

    class Lying:
        interval = 1.0
        latest = sample

        def start(self) -> None: ...
        def stop(self) -> None: ...
        def wait(self, seconds: float) -> Sample:
            return sample

    monkeypatch_of_module.setattr(sampler, "Sampler", Lying)
    monkeypatch_of_module.setattr("tutor.report.gpus.MOMENT", 0.0)
    assert "anna" in said("gpus", "--once").out
    line = said("gpus", "--once", "--json").out
    assert line.count("\n") == 1
    assert json.loads(line)["gpus"][0]["name"] == json.loads(json.dumps(f"NVIDIA H200{text}"))


@settings(SEVERAL, max_examples=3)
@given(hostile)
@example(ALL)
def test_progress_of_another_machine(tmp_path: Path, text: str) -> None:
    """What a file brings is shown and exported again as JSON."""
    file = tmp_path / "progress.jsonl"
    event = {"t": 1.0, "what": "section", "topic": text, "section": text}
    file.write_text(json.dumps(event) + "\n" + text, "utf-8", errors="replace")
    said("progress", "--import", str(file))
    said("progress")
    said("progress", "--export", "-")


def test_folders_and_files_with_names_that_are_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the shell hands them over: bytes that are no UTF-8, line ends and escapes."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\x9b2J\n\x1b]0;x\x07\xff"))
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    (folder / "log\x1b[2J").write_text(LOG)
    course = hostile_course(folder / "course", ALL)
    said("explain", "log\x1b[2J")
    said("lessons", "--course", str(course))
    said("lessons", "--json", "--course", str(course))
    said("practice", "my_mean", "--course", str(course))
    said("practice", "--list", "--json", "--course", str(course))
    said("practice", "my_mean", "--reset", "--course", str(course))
    said("lessons", "new", "fresh", str(folder / "new"))
    said("progress", "--export", str(folder / "out"))
    said("doctor", "--facts", str(folder / "none"))
