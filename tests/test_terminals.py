"""Terminals as they are: what is chosen for each, that nothing is sent that it lacks, and what windows and tmux do."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from lessons.kit.course import load_course
from tests.support.session import Session
from tests.support.terminal import colour_kinds
from tutor.terminal import decide

STUBS = {"PYTHONPATH": str(Path(__file__).parent / "lab" / "stubs")}
"""No torch is needed for what is looked at here."""

TOPIC = load_course().topic("learning_rate")
FIRST = TOPIC.page.sections[0].title
LESSON = ["tutor", "lesson", f"learning_rate#{TOPIC.page.sections[0].slug}"]

UTF8, C = {"LANG": "C.UTF-8"}, {"LC_ALL": "C"}
TRUE = {"COLORTERM": "truecolor"}


# What is chosen


@pytest.mark.parametrize(
    ("environ", "encoding", "colours", "only_ascii"),
    [
        ({"TERM": "xterm", **UTF8}, "utf-8", "16", False),
        ({"TERM": "xterm", **UTF8, **TRUE}, "utf-8", "true", False),
        ({"TERM": "xterm-256color", **UTF8}, "utf-8", "256", False),
        ({"TERM": "screen-256color", **UTF8}, "utf-8", "256", False),
        ({"TERM": "tmux-256color", **UTF8, **TRUE}, "utf-8", "true", False),
        ({"TERM": "xterm-kitty", **UTF8}, "utf-8", "256", False),
        ({"TERM": "linux", **UTF8}, "utf-8", "16", True),
        ({"TERM": "vt100", **UTF8}, "utf-8", "none", True),
        ({"TERM": "xterm-256color", **C}, "utf-8", "256", False),
        ({"TERM": "xterm-256color", **C}, "ascii", "256", True),
        ({"TERM": "screen", "TMUX": "x", **UTF8}, "utf-8", "256", False),
        ({"TERM": "screen", "TMUX": "x", **C}, "utf-8", "256", True),
        ({"TERM": "screen", "STY": "x"}, "utf-8", "16", True),
        ({"TERM": "screen", "STY": "x", "LC_CTYPE": "en_US.utf8"}, "utf-8", "16", False),
        ({"TERM": "xterm-256color", "NO_COLOR": "1", **UTF8, **TRUE}, "utf-8", "none", False),
    ],
)
def test_each_terminal_gets_the_colours_and_signs_that_arrive_there(
    environ: dict[str, str], encoding: str, colours: str, only_ascii: bool
) -> None:
    """A console has no braille in its font; tmux and screen go by the locale, where Python speaks UTF-8 anyway."""
    profile = decide(environ, ttys=True, encoding=encoding)
    assert (profile.colours, profile.ascii, profile.refusal) == (colours, only_ascii, "")


# What is sent


@pytest.mark.pty
@pytest.mark.parametrize(("term", "kinds"), [("linux", {"16"}), ("vt100", set())])
def test_a_console_gets_nothing_that_it_lacks(term: str, kinds: set[str]) -> None:
    """On pages, in code, and in the editor, which is Textual's own."""
    with Session(LESSON, 100, 30, env={**STUBS, "TERM": term}) as session:
        session.wait_for("answer")
        session.press("n")
        session.wait_for(TOPIC.page.sections[1].title)
        session.press("c")
        session.wait_for("y copy")
        session.press("e")
        session.wait_for("letters type")
        session.press("ctrl+g")
        session.wait_for("y copy")
        session.press("?")
        session.wait_for("small letters act here")
        session.press("ctrl+q")
        assert session.exit_code() == 0
        output = session.bytes_since()
        assert output.isascii()
        assert colour_kinds(output) == kinds
        assert session.modes_left_on() == []


@pytest.mark.pty
def test_a_dumb_terminal_is_refused_in_a_sentence_and_gets_the_text() -> None:
    """Without one escape code."""
    with Session(["tutor"], env={"TERM": "dumb"}) as session:
        assert session.exit_code(60) == 0
        output = session.bytes_since()
        assert output.startswith(b"tutor: TERM=dumb cannot draw a screen; here it is as text.")
        assert TOPIC.title.encode() in output
        assert b"\x1b" not in output


@pytest.mark.pty
def test_without_a_shell_to_come_back_from_ctrl_z_says_so() -> None:
    """As a command of ssh's own: the kernel drops the stop there, and the screen would be left for good."""
    with Session(["tutor"], env=STUBS) as session:
        session.wait_for("enter open")
        session.press("ctrl+z")
        session.wait_for("No shell waits here")
        session.press("?")
        session.wait_for("small letters act here")


@pytest.mark.pty
def test_from_a_shell_ctrl_z_leaves_the_screen_and_fg_brings_it_back() -> None:
    """With job control, as an interactive shell has it."""
    with Session(["bash", "--norc", "-i"], env={**STUBS, "PS1": "shell> "}) as session:
        session.wait_for("shell>")
        session.send(b"tutor\r")
        session.wait_for("enter open")
        session.press("ctrl+z")
        session.wait_for("Stopped")
        suspended = session.mark()
        session.send(b"fg\r")
        session.wait_for(lambda _: b"\x1b[?1049h" in session.bytes_since(suspended))
        session.press("?")
        session.wait_for("small letters act here")


# Windows


def opened(session: Session) -> None:
    """The lesson, once torch, which is none here, has said so: nothing is to come any more."""
    session.wait_for("torch 9.9")
    if session.columns >= 100:
        session.wait_for("stopped by line")


def scrolled(session: Session) -> None:
    """A page whose top is not the section's."""
    opened(session)
    session.press("pagedown")
    session.wait_for(lambda text: FIRST not in text)


def still(session: Session) -> list[tuple[str, str, str, bool]]:
    """Every cell, with its colours, once nothing is written any more."""
    session.wait_quiet()
    screen = session.screen
    cells = (screen.buffer[y][x] for y in range(screen.lines) for x in range(screen.columns))
    return [(cell.data, cell.fg, cell.bg, cell.bold) for cell in cells]


@pytest.mark.pty
def test_after_a_storm_of_sizes_every_cell_and_the_place_in_the_text_are_as_before() -> None:
    """200 sizes, far too small ones and huge ones among them: no crash, no leftovers, and nothing to look for."""
    sizes = random.Random(10)
    with Session(LESSON, 80, 24, env=STUBS) as session:
        scrolled(session)
        before = still(session)
        for _ in range(200):
            session.resize(sizes.randint(1, 300), sizes.randint(1, 90))
            session.read(0.001)
        session.resize(80, 24)
        session.wait_for("answer")
        assert still(session) == before
        text = session.text()
    with Session(LESSON, 80, 24, env=STUBS) as session:
        scrolled(session)
        assert still(session) == before, f"not as one that was just opened:\n{text}"


# tmux


needs_tmux = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")


class Multiplexer:
    """A tmux of our own, with its defaults."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.argv = ["tmux", "-S", str(folder / "socket"), "-f", "/dev/null"]

    def start(self, *command: str, env: dict[str, str] | None = None) -> Session:
        """A client that begins a session; what that runs lives as long as this one's block."""
        environ = {**STUBS, "XDG_STATE_HOME": str(self.folder), **(env or {})}
        return Session([*self.argv, "new-session", *command], 120, 41, env=environ)

    def attach(self, columns: int, rows: int) -> Session:
        return Session([*self.argv, "attach"], columns, rows)

    def tell(self, *command: str) -> str:
        """What a tmux command prints; "" where it fails."""
        return subprocess.run([*self.argv, *command], capture_output=True, text=True, check=False).stdout


@pytest.fixture
def tmux(tmp_path: Path) -> Multiplexer:
    return Multiplexer(tmp_path)


def page(session: Session) -> str:
    """The screen without tmux' own row, once it is still."""
    session.wait_quiet()
    return "\n".join(session.rows()[:-1])


@pytest.mark.pty
@needs_tmux
def test_in_tmux_a_reader_leaves_and_comes_back_at_another_size(tmux: Multiplexer, tmp_path: Path) -> None:
    """Detached it writes nothing; attached again it stands where it stood, drawn for that window."""
    with tmux.start(*LESSON) as session:
        opened(session)
        session.press("c")
        session.wait_for("y copy")
        left = page(session)
        session.press("ctrl+b", "d")
        assert session.exit_code() == 0
        tmux.tell("pipe-pane", f"cat >> {tmp_path / 'written'}")
        session.record(1)
        assert (tmp_path / "written").read_bytes() == b""
        with tmux.attach(80, 24) as again:
            again.wait_for("y copy")
            small = page(again)
            again.resize(120, 41)
            again.wait_for(lambda text: "v view" in text)
            assert page(again) == left
    with Session(LESSON, 80, 23, env=STUBS) as session:
        opened(session)
        session.press("c")
        session.wait_for("y copy")
        session.wait_quiet()
        assert small == session.text()


@pytest.mark.pty
@needs_tmux
def test_in_tmux_what_is_said_of_a_copy_is_true(tmux: Multiplexer, tmp_path: Path) -> None:
    """By default tmux drops it, and it is in the file; with set-clipboard on it is in tmux' buffer as well."""
    with tmux.start(*LESSON) as session:
        session.wait_for("c code")
        session.press("c")
        session.wait_for("y copy")
        session.press("y")
        session.wait_for("last-snippet.py; tmux may drop OSC 52")
        [kept] = tmp_path.rglob("last-snippet.py")
        assert tmux.tell("show-buffer") == ""
        tmux.tell("set", "-s", "set-clipboard", "on")
        session.press("y")
        session.wait_for("OSC 52")
        session.wait_quiet()
        assert tmux.tell("show-buffer").strip() == kept.read_text("utf-8").strip()


@pytest.mark.pty
@needs_tmux
def test_in_a_tmux_of_the_c_locale_no_sign_becomes_an_underscore(tmux: Multiplexer) -> None:
    """Python would write UTF-8 there, and tmux an underscore for each sign."""
    with tmux.start(*LESSON, env={"LC_ALL": "C"}) as session:
        session.wait_for("answer")
        text = page(session)
        assert "=" * 5 + "-" in text
        assert "_" * 3 not in text
        assert text.isascii()
