"""The tools that drive a program through a terminal: a test that leans on them must be able to trust them."""

from __future__ import annotations

import itertools
import signal
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.patience import LONGEST_STEP, Patience
from tests.support.processes import processes, pss, wait_gone
from tests.support.session import Session
from tests.support.terminal import KEYS, Answers, Terminal, key_bytes, left_on

pytestmark = pytest.mark.pty

SAME_BYTE = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace"}

APP = """
    from textual import events
    from textual.app import App
    from textual.widgets import Static

    class Told(App):
        def compose(self):
            yield Static("ready", markup=False)

        async def on_event(self, event):
            if isinstance(event, events.Key) and event.key != "Q":
                self.query_one(Static).update(f"key <{event.key}>")
            elif isinstance(event, events.MouseDown):
                self.query_one(Static).update(f"mouse {event.x},{event.y}")
            elif isinstance(event, events.Key):
                self.exit()
            else:
                await super().on_event(event)

        def on_resize(self, event):
            self.query_one(Static).update(f"size {event.size.width}x{event.size.height}")

    Told().run()
"""


def shell(script: str) -> list[str]:
    return ["sh", "-c", textwrap.dedent(script)]


def python(script: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(script)]


def test_a_screen_is_read_and_keys_are_typed() -> None:
    """What a program prints is seen, what is pressed arrives, and the exit code comes back."""
    with Session(shell("read name; echo hello $name; exit 3")) as session:
        session.press("a", "d", "a", "enter")
        assert "hello ada" in session.wait_for("hello ada")
        assert session.exit_code() == 3
        assert session.rows()[0] == "ada"


def test_a_predicate_can_be_waited_for() -> None:
    """Anything that can be asked of the text will do."""
    with Session(shell("echo one; echo two; sleep 60")) as session:
        session.wait_for(lambda text: text.split() == ["one", "two"])


def test_waiting_fails_with_the_screen() -> None:
    """The message shows what stood there instead, and says that the program lives."""
    with Session(shell("echo something else; sleep 60")) as session:
        session.wait_for("something")
        with pytest.raises(
            AssertionError, match=r"'this' did not come within 0\.1 s(.|\n)*running(.|\n)*something else"
        ):
            session.wait_for("this", timeout=0.1)


def test_waiting_for_a_program_that_left_fails_at_once() -> None:
    """Nobody waits for the time-out of a program that cannot write any more; its last words are read first."""
    with Session(shell("echo last words; exit 4")) as session:
        with pytest.raises(AssertionError, match=r"gone with exit code 4(.|\n)*last words"):
            session.wait_for("never", timeout=3600)
        assert "last words" in session.wait_for("last words")


def test_waiting_for_quiet_fails_on_a_program_that_never_is() -> None:
    """And returns the screen of one that falls silent."""
    with Session(shell("while :; do echo on and on; done")) as session:
        session.wait_for("on and on")
        with pytest.raises(AssertionError, match=r"writing(.|\n)*on and on"):
            session.wait_quiet(quiet=60, timeout=0.5)  # a shell that gets no turn for a while is silent for a while
    with Session(shell("echo done; sleep 60")) as session:
        session.wait_for("done")
        assert session.wait_quiet(quiet=0.05).strip() == "done"


def test_patience_outlasts_a_machine_that_freezes() -> None:
    """Of a step from one look to the next only so much counts; short ones count as they are."""
    clock = iter([0.0, 0.25, 100.0, 1000.0])
    patience = Patience(10, lambda: next(clock))
    assert not patience.over
    assert not patience.over
    assert not patience.over
    assert patience.left == 10 - 0.25 - 2 * LONGEST_STEP


def test_patience_ends() -> None:
    """With the seconds, where somebody looks at it often."""
    clock = itertools.count(0.0, 0.25)
    patience = Patience(10, lambda: next(clock))
    looks = list(itertools.takewhile(lambda over: not over, (patience.over for _ in range(100))))
    assert len(looks) == 10 / 0.25 - 1


def test_waiting_for_an_exit_fails_while_the_program_stays() -> None:
    """With the screen, like every failure."""
    with Session(shell("echo I stay; sleep 60")) as session:
        session.wait_for("I stay")
        with pytest.raises(AssertionError, match=r"still running after 0 s(.|\n)*I stay"):
            session.exit_code(timeout=0)


def test_the_program_has_a_terminal_of_its_own(tmp_path: Path) -> None:
    """A controlling one, of the size asked for, in the folder asked for."""
    with Session(shell("stty size >/dev/tty; pwd"), columns=91, rows=17, cwd=tmp_path) as session:
        session.exit_code()
        assert session.rows()[0] == "17 91"
        assert "".join(session.rows()[1:]) == str(tmp_path)


def test_the_environment_is_bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the tester's colours nor multiplexer, SSH or home reach the program, unless the test says so."""
    for name in ("COLORTERM", "NO_COLOR", "TMUX", "SSH_CONNECTION", "TEXTUAL_FPS"):
        monkeypatch.setenv(name, "outer")
    with Session(shell("env"), columns=400, rows=60, env={"NO_COLOR": "1"}) as session:
        session.exit_code()
        seen = dict(row.split("=", 1) for row in session.rows() if "=" in row)
    assert "outer" not in seen.values()
    assert seen["NO_COLOR"] == "1"
    assert seen["TERM"] == "xterm-256color"
    assert seen["XDG_STATE_HOME"].startswith(seen["HOME"])
    assert not Path(seen["HOME"]).exists()


def test_a_home_can_last(tmp_path: Path) -> None:
    """What one session writes into a given home the next one finds."""
    with Session(shell("echo kept >~/note"), home=tmp_path) as session:
        session.exit_code()
    with Session(shell("cat ~/note"), home=tmp_path) as session:
        session.wait_for("kept")


def test_a_program_that_is_not_there_says_so() -> None:
    """127, as in a shell, with the shell's sentence on the screen."""
    with Session(["no-such-program"]) as session:
        assert session.exit_code() == 127
        assert "no-such-program" in session.text()


def test_signals_reach_the_program() -> None:
    """And the exit code tells which one ended it."""
    with Session(shell("trap 'echo caught' USR1; echo up; while :; do sleep 0.05; done")) as session:
        session.wait_for("up")
        session.signal(signal.SIGUSR1)
        session.wait_for("caught")
        session.signal(signal.SIGTERM)
        assert session.exit_code() == -signal.SIGTERM


def test_a_hang_up_ends_the_program() -> None:
    """Closing the terminal is what a closed window does."""
    with Session(shell("echo up; sleep 60")) as session:
        session.wait_for("up")
        session.hang_up()
        assert session.exit_code() == -signal.SIGHUP


def test_more_can_be_sent_than_a_terminal_holds() -> None:
    """While the program echoes it all, which fills the other direction."""
    text = b"x" * 79 + b"\n"
    with Session(shell("stty -icanon; echo up; head -c 400000 >/dev/null; echo all of it; sleep 60")) as session:
        session.wait_for("up")
        session.send(text * 5000)
        session.wait_for("all of it")


ORPHAN = """
    import os, signal, sys, time
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        if os.fork():
            os._exit(0)
        print("orphan", os.getpid(), "end", flush=True)
        time.sleep(600)
    os.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="finding orphans takes /proc")
def test_a_process_left_behind_is_told_and_then_ended() -> None:
    """Even one that left the session, lost its parent and ignores hang-ups."""
    with Session(python(ORPHAN)) as session:
        words = session.wait_for("end").split()
        orphan = int(words[words.index("orphan") + 1])
        session.exit_code()
        assert [process.pid for process in session.left_behind(timeout=0)] == [orphan]
    assert not wait_gone([orphan], timeout=0)


def test_nothing_is_said_to_be_left_behind_when_all_is_gone() -> None:
    """A child that ends with its terminal is none."""
    with Session(shell("sleep 60 & echo up; wait")) as session:
        session.wait_for("up")
        assert len(session.family()) == 2
        session.hang_up()
        assert session.left_behind() == []


def test_a_failing_test_leaves_nothing_behind() -> None:
    """The block ends what it began, whatever was raised in it."""

    def fail(left: list[int]) -> None:
        with Session(shell("trap '' HUP TERM INT; sleep 60 & echo up; wait")) as session:
            session.wait_for("up")
            left += [process.pid for process in session.family()]
            raise RuntimeError

    left: list[int] = []
    with pytest.raises(RuntimeError):
        fail(left)
    assert len(left) == 2
    assert not wait_gone(left, timeout=0)


def test_what_a_program_uses_is_measured() -> None:
    """Processor seconds grow with work, and memory with what is held."""
    script = """
        import time
        held = b"x" * 50_000_000
        while time.process_time() < 0.3: pass
        print("worked", flush=True)
        time.sleep(600)
    """
    with Session(python(script)) as session:
        session.wait_for("worked")
        assert session.process.cpu >= 0.2
        assert session.process.rss > 50_000_000 / 2**20
        if sys.platform == "linux":
            assert pss(session.pid) > 50_000_000 / 2**20
            assert session.process == processes()[session.pid]


def test_output_is_kept_with_its_times() -> None:
    """A mark divides before from after."""
    with Session(shell("echo before; read x; echo after; sleep 60")) as session:
        session.wait_for("before")
        mark, pressed = session.mark(), session.now()
        session.press("enter")
        session.wait_for("after")
        assert b"after" in session.bytes_since(mark)
        assert b"before" not in session.bytes_since(mark)
        assert all(chunk.at >= pressed for chunk in session.chunks[mark:])


def test_modes_left_on_are_named() -> None:
    """Each thing done to the terminal has a name, and nothing is left of what was undone."""
    done = "\\033[?1049h\\033[?1000;1006h\\033[?2004h\\033[?1004h\\033[?25l\\033[>1u"
    undone = "\\033[<u\\033[?25h\\033[?1004l\\033[?2004l\\033[?1006;1000l\\033[?1049l"
    script = f"""
        was=$(stty -g)
        stty raw; printf '{done}begun'; read x
        stty $was; printf '{undone}over'; read x
    """
    with Session(shell(script)) as session:
        session.wait_for("begun")
        assert session.modes_left_on() == [
            "alternate screen", "mouse", "focus reports", "bracketed paste", "hidden cursor", "keyboard protocol",
            "raw input",
        ]  # fmt: skip
        session.send(b"\n")
        session.wait_for("over")
        assert session.modes_left_on() == []


def test_modes_are_followed_in_their_order() -> None:
    """What was switched off and on again is on."""
    assert left_on(b"\x1b[?1003h\x1b[?1003l\x1b[?1003h") == ["mouse"]
    assert left_on(b"\x1b[?25l\x1b[?25h") == []
    assert left_on(b"\x1b[<u") == []


@pytest.fixture(scope="module")
def app() -> list[str]:
    return python(APP)


def test_textual_knows_every_key_by_the_name_we_press(app: list[str]) -> None:
    """Our names and bytes are Textual's; where two keys send one byte the plainer name wins."""
    with Session(app) as session:
        session.wait_for("size 80x24")
        for name in KEYS:
            session.press(name)
            session.wait_for(f"key <{SAME_BYTE.get(name, name)}>")
        session.press("j")
        session.wait_for("key <j>")


def test_a_textual_app_is_clicked_resized_and_left(app: list[str]) -> None:
    """Mouse and size arrive, the screen is read at its new size, and a clean exit leaves nothing on."""
    with Session(app) as session:
        session.wait_for("size 80x24")
        assert "mouse" in session.modes_left_on()
        session.click(7, 3)
        session.wait_for("mouse 7,3")
        session.resize(120, 40)
        session.wait_for("size 120x40")
        assert len(session.rows()) == 40
        session.press("Q")
        assert session.exit_code() == 0
        assert session.modes_left_on() == []


def test_a_textual_app_that_is_killed_leaves_its_modes_on(app: list[str]) -> None:
    """SIGKILL cannot be caught: here the list must speak."""
    with Session(app) as session:
        session.wait_for("size 80x24")
        session.signal(signal.SIGKILL)
        assert session.exit_code() == -signal.SIGKILL
        assert {"alternate screen", "mouse", "hidden cursor", "raw input"} <= set(session.modes_left_on())


OUTPUT = (
    "\x1b[?1049h\x1b[>1u\x1b[?2026h\x1b[2J\x1b[H\x1b[38;2;1;2;3mλ × ²\x1b[0m\x1b[?2026l"
    "\x1b[2;3Hrow ━━●\x1bPtmux;passed on\x1b\\\x1b]0;title\x07\x1b[<u"
).encode()


@given(st.lists(st.integers(0, len(OUTPUT)), max_size=6))
def test_output_can_be_cut_anywhere(cuts: list[int]) -> None:
    """A read may end within a sequence or a character; the screen is the same."""
    terminal = Terminal(20, 3)
    ends = sorted({0, len(OUTPUT), *cuts})
    for start, end in itertools.pairwise(ends):
        terminal.feed(OUTPUT[start:end])
    assert terminal.rows() == ["λ × ²", "  row ━━●", ""]
    assert terminal.settled


def test_a_half_drawn_screen_is_not_looked_at() -> None:
    """Within a synchronized update a terminal goes on showing what was there before."""
    terminal = Terminal(20, 3)
    terminal.feed(b"\x1b[?2026hhalf")
    assert not terminal.settled
    terminal.feed(b" and half\x1b[?2026l")
    assert terminal.settled
    with Session(shell("printf '\\033[?2026hhalf'; read x; printf ' and half\\033[?2026l'; sleep 60")) as session:
        with pytest.raises(AssertionError):
            session.wait_for("half", timeout=0.2)
        session.press("enter")
        session.wait_for("and half")


def test_queries_are_answered_once() -> None:
    """Wherever a read cut them in two."""
    answers = Answers()
    assert answers.to(b"\x1b[?2026") == b""
    assert answers.to(b"$p text \x1b[?2048$p\x1b[c") == b"\x1b[?2026;2$y\x1b[?2048;0$y\x1b[?62;22c"
    assert answers.to(b"more text") == b""


def test_keys_that_cannot_be_pressed_are_refused() -> None:
    """A misspelt name would otherwise be typed letter by letter, and escape before another key would be alt."""
    with pytest.raises(ValueError, match="no key is called 'page-up'"):
        key_bytes("down", "page-up")
    with pytest.raises(ValueError, match="escape can only be the last"):
        key_bytes("escape", "q")
    assert key_bytes("q", "escape") == b"q\x1b"
