"""Keys that arrive together, as over SSH or from a reader in a hurry: none is lost, none does harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.session import Session

pytestmark = [pytest.mark.pty, pytest.mark.torch]

AT_ONCE = [
    "vq",
    "/q",
    "cC",
    "wC",
    "eC",
    "cq",
    "nq",
    "ncwvq",
    "C\rC",
    "tq",
    "iq",
    "?q",
    ":q",
    "vvvvC",
    "/\x1bq",
    "e\x07q",
]


@pytest.mark.parametrize("keys", AT_ONCE)
def test_keys_in_one_packet_end_in_no_traceback(keys: str, tmp_path: Path) -> None:
    """Whatever they do, the screen or the shell is clean after them."""
    with Session(["tutor", "lesson", "learning_rate#too-small-looks-like-nothing"], 120, 40, home=tmp_path) as session:
        session.wait_for("2 of ")
        session.send(keys.encode())
        session.wait_quiet(0.4)
        if session.running():
            session.press("ctrl+q")
        assert session.exit_code() == 0
        assert "Traceback" not in session.text()
        assert session.modes_left_on() == []


def test_letters_after_a_search_key_are_searched_for(tmp_path: Path) -> None:
    """Not one of them acts as a command."""
    with Session(["tutor"], 120, 40, home=tmp_path) as session:
        session.wait_for("Start with")
        session.send(b"/momentum")
        session.wait_for("/ momentum")
        session.press("ctrl+q")
        assert session.exit_code() == 0


def test_keys_after_the_one_that_opens_a_knob_for_typing_edit_it(tmp_path: Path) -> None:
    """Letters and others, in their order; enter runs what was typed."""
    with Session(["tutor", "lesson", "autograd#used-twice-counted-twice"], 120, 40, home=tmp_path) as session:
        session.wait_for("waiting for your answer")
        session.send(b"1")
        session.wait_for("✓ finished")
        session.send(b"t\r\x15sin(w*w\x7fx)\r")
        session.wait_for("sin(w·x)")
        session.wait_for("yours")
        session.send(b"\r\x15y+1\r")
        session.wait_for("expression does not work")
        session.wait_for("y is not there")
        session.wait_for("types expression again")
        session.send(b"z")
        session.wait_for("✓ finished")
        session.press("ctrl+q")
        assert session.exit_code() == 0


def test_letters_after_the_edit_key_are_typed_and_kept(tmp_path: Path) -> None:
    """And the reader who leaves at once finds them at the next start."""
    with Session(["tutor", "lesson", "learning_rate#too-small-looks-like-nothing"], 120, 40, home=tmp_path) as session:
        session.wait_for("2 of ")
        session.send(b"eyq")
        session.wait_for("yqdef bowl")
        session.press("ctrl+q")
        assert session.exit_code() == 0
    with Session(["tutor", "lesson", "learning_rate"], 120, 40, home=tmp_path) as session:
        session.wait_for("2 of ")
        session.press("c")
        session.wait_for("yqdef bowl")


def test_a_version_of_ones_own_is_what_runs_until_it_is_thrown_away(tmp_path: Path) -> None:
    """Also with `r` and `space`, and after the code was closed: what stands on the panel is what the code says."""
    kept = tmp_path / "state" / "pytorch-tutor" / "edits" / "learning_rate.bowl.py"
    kept.parent.mkdir(parents=True)
    kept.write_text("def bowl(lr, optimizer, beta):\n    raise ValueError('my own')\n    yield")
    with Session(["tutor", "lesson", "learning_rate#too-small-looks-like-nothing"], 120, 40, home=tmp_path) as session:
        session.wait_for("not run yet")  # the original, until the version is opened
        session.press("c")
        session.wait_for("ValueError: my own")
        session.press("c")
        session.wait_for("your version")
        session.press("e")
        session.wait_for("letters type")
        session.press("ctrl+t")
        session.wait_for("once more")
        session.press("ctrl+t")
        session.wait_for("not run yet")
        session.press("ctrl+g")
        session.wait_for("y copy code")
        session.press("r")
        session.wait_for("● running")
        session.press("ctrl+q")
        assert session.exit_code() == 0


def test_a_letter_behind_the_key_that_leaves_the_editor_is_no_code(tmp_path: Path) -> None:
    """`c` closes the code; what was typed before the editor was left is all that is kept."""
    with Session(["tutor", "lesson", "learning_rate#too-small-looks-like-nothing"], 120, 40, home=tmp_path) as session:
        session.wait_for("2 of ")
        session.press("e")
        session.wait_for("letters type")
        session.press("z", "ctrl+g", "c")
        session.wait_for(lambda text: "y copy code" not in text and "letters type" not in text)
        session.press("ctrl+q")
        assert session.exit_code() == 0
    kept = tmp_path / "state" / "pytorch-tutor" / "edits" / "learning_rate.bowl.py"
    assert kept.read_text().startswith("zdef bowl")


def test_an_editor_left_before_its_run_has_shown_itself_keeps_no_key(tmp_path: Path) -> None:
    """At 80 columns a run takes the editor's place until a key brings that back; the editor is gone by then."""
    with Session(["tutor", "lesson", "learning_rate#too-small-looks-like-nothing"], 80, 24, home=tmp_path) as session:
        session.wait_for("2 of ")
        for _ in range(3):
            session.press("e")
            session.wait_for("letters type")
            session.press("ctrl+r", "ctrl+g")
            session.wait_for(lambda text: "y copy code" in text and "def " in text)
        session.press("ctrl+q")
        assert session.exit_code() == 0
