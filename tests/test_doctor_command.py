"""`tutor doctor` as scripts and people meet it: what it prints and when, and its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from diagnostics.doctor.facts import Facts
from diagnostics.doctor.judge import THEMES, faults
from diagnostics.finding import Finding, Step
from tests.diagnostics.doctor.hosts import changed, cpu_laptop, rtx4090_driver550_cu126
from tests.support.session import Session
from tutor.cli import main
from tutor.draw.canvas import Look
from tutor.report import doctor, doctor_forms

HEALTHY = rtx4090_driver550_cu126()
BROKEN = changed(HEALTHY, driver={"loaded": "", "modules": []}, nvml={"error": 9, "gpus": None})

FAIL = Finding("driver-not-loaded", "fail", "The driver is not loaded", ("NVML: 9",), fix=(Step("Load it."),))
WARN = Finding("heat-throttle", "warn", "GPU 5 is hot")
NOTE = Finding("no-gpu", "note", "No GPU")
OK = Finding("driver", "ok", "The driver is loaded")
SKIPPED = Finding("driver", "skipped", "Not judged", ("permission denied",))

Machine = Callable[..., None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Makes this machine another: its facts as they grow."""

    def make(*stages: Facts) -> None:
        monkeypatch.setattr(doctor, "_examined", lambda *_: nullcontext(stages))

    return make


@pytest.fixture
def verdict(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> Callable[..., None]:
    """Makes the judge find these, whatever the facts."""

    def make(*findings: Finding) -> None:
        machine(HEALTHY)
        monkeypatch.setattr(doctor_forms, "judge", lambda facts, only=(), skip=(): list(findings))

    return make


Capture = pytest.CaptureFixture[str]


# The exit code


@pytest.mark.parametrize("form", [(), ("--json",), ("--report", "md")])
@pytest.mark.parametrize(
    ("findings", "code", "strict"),
    [
        ((OK,), 0, 0),
        ((NOTE, OK, SKIPPED), 0, 0),
        ((WARN, OK), 0, 1),
        ((FAIL, WARN), 2, 2),
        ((SKIPPED,), 3, 3),
        ((), 3, 3),
    ],
)
def test_the_exit_code_is_that_of_the_worst(
    form: tuple[str, ...], findings: tuple[Finding, ...], code: int, strict: int, verdict: Callable[..., None]
) -> None:
    """The same in text, JSON and markdown; where nothing could be checked, the doctor failed."""
    verdict(*findings)
    assert main(["doctor", *form]) == code
    assert main(["doctor", "--strict", *form]) == strict


def test_a_doctor_that_fails_says_so_in_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """With a code of its own; JSON stays JSON."""

    def examined() -> Iterator[Facts]:
        yield from {}["a \x1b[31mname"]

    monkeypatch.setattr(doctor, "_examined", lambda *_: nullcontext(examined()))
    assert main(["doctor"]) == 3
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("tutor: the doctor itself failed: KeyError: ")
    assert "\x1b" not in err
    assert main(["doctor", "--json"]) == 3
    assert "KeyError" in json.loads(capsys.readouterr().out)["error"]


# What is printed


def test_what_was_judged_comes_first_and_the_sum_last(machine: Machine, capsys: Capture) -> None:
    """In a pipe without a colour, all at once."""
    machine(replace(BROKEN, torch=None), BROKEN)
    assert main(["doctor"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"judged     python         3.12.3, {sys.executable}")
    assert any(line.startswith("           torch          2.13.0+cu126 in") for line in lines[:5])
    assert any(line.startswith("[fail]     driver ") for line in lines)
    assert "broken" in lines[-2]
    assert lines[-1].startswith("Checked in 0.")
    assert lines[-1].endswith(" with it. Nothing was changed.")


def test_the_time_with_torch_is_told_where_torch_was_tried(machine: Machine, capsys: Capture) -> None:
    """And only there."""
    machine(replace(HEALTHY, torch=None))
    main(["doctor"])
    assert "without torch. Nothing was changed." in capsys.readouterr().out
    machine(HEALTHY)
    main(["doctor"])
    assert "torch" not in capsys.readouterr().out.splitlines()[-1]


def test_a_terminal_shows_what_needs_no_torch_at_once(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Before torch is tried; below it nothing is told twice."""
    printed: list[str] = []

    def examined() -> Iterator[Facts]:
        yield replace(BROKEN, torch=None)
        printed.append(capsys.readouterr().out)
        yield BROKEN

    monkeypatch.setattr(doctor, "_examined", lambda *_: nullcontext(examined()))
    monkeypatch.setattr(doctor_forms, "look_of", lambda _: Look(depth="none"))
    assert main(["doctor"]) == 2
    assert "✗ fail" in printed[0]
    assert "torch is tried now" in printed[0]
    assert "driver is not loaded" in printed[0]
    assert "driver is not loaded" not in capsys.readouterr().out.partition("✗")[0]


def test_json_is_alone_on_stdout(machine: Machine, capsys: Capture) -> None:
    """What is in order included; which Python is judged stands on stderr, too."""
    machine(BROKEN)
    assert main(["doctor", "--json"]) == 2
    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert answer["schema_version"] == 1
    found = {one["id"]: one for one in answer["findings"]}
    assert found["driver-not-loaded"]["status"] == "fail"
    assert found["driver-not-loaded"]["theme"] == "driver"
    assert {"evidence", "cause", "fix", "lesson", "consequence_of"} <= set(found["driver-not-loaded"])
    assert answer["torch"] == "2.13.0+cu126"
    assert err == f"tutor: {sys.executable} (the tutor's own) is judged\n"


def test_a_machine_without_a_gpu_is_fine(machine: Machine, capsys: Capture) -> None:
    """A note, and nothing wrong."""
    machine(cpu_laptop())
    assert main(["doctor", "--strict"]) == 0
    out = capsys.readouterr().out
    assert "[note]     driver         no NVIDIA GPU in this machine" in out
    assert "Nothing " in out.splitlines()[-2]


# What is asked for


def test_one_fault_is_looked_for_alone(machine: Machine, capsys: Capture) -> None:
    """As each fix says how to; where it is not so any more, that is said."""
    machine(BROKEN)
    assert main(["doctor", "--only", "driver-not-loaded"]) == 2
    assert "[fail]     driver" in capsys.readouterr().out
    machine(HEALTHY)
    assert main(["doctor", "--only", "driver-not-loaded"]) == 0
    out = capsys.readouterr().out
    assert "[ok]       driver         Not so here: " in out
    assert "Nothing is wrong." in out


def test_a_fault_that_could_not_be_looked_for_is_not_said_to_be_absent(machine: Machine, capsys: Capture) -> None:
    """The reason stands there, and the code is not that of health."""
    machine(Facts(troubles={"driver": "the look at the driver took too long", "pci": "it took too long"}))
    assert main(["doctor", "--only", "driver-not-loaded"]) == 3
    assert "took too long" in capsys.readouterr().out
    machine(Facts())
    assert main(["doctor", "--only", "driver-not-loaded"]) == 3


def test_a_fault_can_be_left_out(machine: Machine, capsys: Capture) -> None:
    """It is neither told nor counted."""
    machine(BROKEN)
    main(["doctor", "--json", "--skip", "driver-not-loaded"])
    assert "driver-not-loaded" not in [one["id"] for one in json.loads(capsys.readouterr().out)["findings"]]


@pytest.mark.parametrize("option", ["--only", "--skip", "--explain"])
def test_a_misspelt_fault_is_a_mistake(option: str, capsys: Capture) -> None:
    """With the name that was meant."""
    assert main(["doctor", option, "driver-not-load"]) == 64
    assert "did you mean 'driver-not-loaded'?" in capsys.readouterr().err
    assert main(["doctor", option, "zzz"]) == 64
    assert capsys.readouterr().err.endswith("--list names all\n")


@pytest.mark.parametrize("argv", [["--json", "--report", "md"], ["--list", "--explain", "x"], ["--report", "html"]])
def test_what_cannot_be_asked_at_once_is_a_mistake(argv: list[str], capsys: Capture) -> None:
    """One sentence, and 64."""
    assert main(["doctor", *argv]) == 64
    assert capsys.readouterr().err.count("\n") == 1


def test_every_fault_is_listed_in_a_line(capsys: Capture) -> None:
    """The id first, then theme and title; themes in the order of a report."""
    assert main(["doctor", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(faults())
    themes = [line.split()[1] for line in lines]
    assert themes == sorted(themes, key=THEMES.index)
    assert main(["doctor", "--list", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["faults"]) == len(lines)


def test_every_fault_is_explained(capsys: Capture) -> None:
    """What is looked at, why it matters, and how to look for it, in 80 columns."""
    for name, fault in faults().items():
        assert main(["doctor", "--explain", name]) == 0
        out = capsys.readouterr().out
        assert fault.title in " ".join(out.split())
        assert "looks at" in out
        assert "matters" in out
        assert f"tutor doctor --only {name}\n" in out
        assert all(len(line) <= 80 for line in out.splitlines()), name
        assert main(["doctor", "--explain", name, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["id"] == name


def test_an_explanation_names_causes_and_consequences(capsys: Capture) -> None:
    """So that a reader can go on to them."""
    name, cause = next((one.id, one.follows[0]) for one in faults().values() if one.follows)
    main(["doctor", "--explain", name])
    assert f"({cause})" in " ".join(capsys.readouterr().out.split())
    main(["doctor", "--explain", cause])
    assert f"({name})" in " ".join(capsys.readouterr().out.split())


# Facts in files


@pytest.fixture
def kept(machine: Machine, tmp_path: Path, capsys: Capture) -> Path:
    """Facts of the broken machine, saved."""
    machine(changed(BROKEN, host={"name": "gpu-node-07"}))
    file = tmp_path / "facts.json"
    assert main(["doctor", "--save-facts", str(file)]) == 2
    assert f"saved to {file}, without names" in capsys.readouterr().err
    return file


def test_a_machine_is_judged_from_its_facts_anywhere(kept: Path, machine: Machine, capsys: Capture) -> None:
    """The same findings; what was judged says which file, and of when."""
    machine()
    assert main(["doctor", "--facts", str(kept)]) == 2
    out = capsys.readouterr().out
    assert f"facts          {kept}, taken {BROKEN.taken}" in " ".join(out.split()).replace(
        "judged facts", "facts         "
    )
    assert "[fail]     driver" in out
    assert out.endswith("nothing of this machine was looked at.\n")


def test_facts_come_from_a_pipe_too(kept: Path, tmp_path: Path) -> None:
    """As from `ssh host cat facts.json | tutor doctor --facts -`."""
    done = subprocess.run(
        [sys.executable, "-m", "tutor", "doctor", "--facts", "-"],
        input=kept.read_bytes(),
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (2, b"")
    assert b"stdin" in done.stdout


def test_saved_facts_do_not_tell_whose_they_are(kept: Path) -> None:
    """Neither the machine's name nor the user's."""
    assert "gpu-node-07" not in kept.read_text()


def test_facts_take_the_place_of_older_ones_alone(
    kept: Path, machine: Machine, tmp_path: Path, capsys: Capture
) -> None:
    """A file that holds anything else is left as it is."""
    machine(HEALTHY)
    assert main(["doctor", "--save-facts", str(kept)]) == 0
    assert "in place of older ones" in capsys.readouterr().err
    script = tmp_path / "train.py"
    script.write_text("import torch")
    assert main(["doctor", "--save-facts", str(script)]) == 64
    assert "holds something else" in capsys.readouterr().err
    assert script.read_text() == "import torch"


@pytest.mark.parametrize("name", ["-", ".", "no/such/folder.json"])
def test_facts_that_could_not_be_saved_are_refused_before_the_look(name: str, capsys: Capture) -> None:
    """A mistake costs no time."""
    assert main(["doctor", "--save-facts", name]) == 64
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"schema_version": "a"}',
        b'{"schema_version": 1, "nvml": 5}',
        b'{"schema_version": 1, "nvml": {"gpus": [{"index": "a\\u001b[31m"}]}}',
        b"[" * 100_000,
        b'{"a": ' * 100_000,
    ],
)
def test_a_file_without_facts_gets_one_sentence(data: bytes, tmp_path: Path, capsys: Capture) -> None:
    """No traceback, no escape, and the code of a mistake."""
    file = tmp_path / "facts.json"
    file.write_bytes(data)
    assert main(["doctor", "--facts", str(file)]) == 64
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("tutor: ")
    assert "\x1b" not in err


@pytest.mark.parametrize("name", ["gone.json", ".", "\x1b[31m"])
def test_a_file_that_cannot_be_read_gets_one_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """As any mistake."""
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--facts", name]) == 64
    err = capsys.readouterr().err
    assert "could not be read" in err
    assert "\x1b" not in err


# The real thing


def test_a_python_that_is_none_is_not_passed_over(capsys: Capture) -> None:
    """The rest is judged, and the code says that something is missing."""
    assert main(["doctor", "--python", "/bin/false"]) == 3
    assert "/bin/false does not run the doctor's probe" in " ".join(capsys.readouterr().out.split())


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)


def test_the_doctor_loads_neither_torch_nor_a_screen() -> None:
    """torch is tried in a child alone; without it installed, the doctor is what says so."""
    code = (
        "import sys; from tutor.cli import main; code = main(['doctor', '--no-torch']); print('LOADED', *sys.modules)"
    )
    done = run(code)
    modules = {name.partition(".")[0] for name in done.stdout.rpartition("LOADED")[2].split()}
    assert not modules & {"torch", "numpy", "textual", "pynvml"}, done.stderr
    assert done.stdout.startswith("judged ")


def test_torch_that_is_not_tried_is_not_said_to_be_fine() -> None:
    """Nor is it judged by what its run would tell."""
    done = run("import sys; from tutor.cli import main; sys.exit(main(['doctor', '--json', '--no-torch']))")
    torch = [one for one in json.loads(done.stdout)["findings"] if one["theme"] == "torch"]
    assert [one["status"] for one in torch if one["id"] == "torch"] in ([], ["skipped"])


def test_this_machine_is_judged() -> None:
    """Whatever it is, the report is whole and the code is one of the doctor's."""
    done = run("import sys; from tutor.cli import main; sys.exit(main(['doctor', '--no-torch']))")
    assert done.returncode in (0, 2)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1].endswith("Nothing was changed.")


@pytest.fixture
def environment(tmp_path: Path) -> Callable[[str], str]:
    """Makes a virtual environment whose torch is this code; its Python."""

    def make(torch: str) -> str:
        home = tmp_path / "environment"
        venv.create(home, symlinks=True)
        (packages,) = home.glob("lib/python3*/site-packages")
        (packages / "torch").mkdir()
        (packages / "torch" / "version.py").write_text("__version__ = '2.13.0+cu126'\ncuda = '12.6'\nhip = None\n")
        (packages / "torch" / "__init__.py").write_text(torch)
        return str(home / "bin" / "python")

    return make


@pytest.mark.parametrize(
    ("torch", "fault"),
    [
        ("raise OSError('libcudnn.so.9: cannot open shared object file')", "torch-raised"),
        ("import ctypes; ctypes.string_at(0)", "torch-died"),
        ("import os; os._exit(0)", "torch-died"),
    ],
)
def test_a_torch_that_breaks_does_not_end_the_doctor(
    environment: Callable[[str], str], torch: str, fault: str, capsys: Capture
) -> None:
    """It is a finding, and its check names the Python that was judged."""
    python = environment(torch)
    assert main(["doctor", "--python", python, "--only", fault]) == 2
    assert f"tutor doctor --python {python} --only {fault}\n" in capsys.readouterr().out


@pytest.mark.pty
def test_an_impatient_reader_has_what_needed_no_torch_and_leaves_nothing_behind(
    environment: Callable[[str], str],
) -> None:
    """While torch hangs, the rest stands there; ctrl+c ends all, with 130."""
    python = environment("import time; time.sleep(1000)")
    with Session([sys.executable, "-m", "tutor", "doctor", "--python", python]) as session:
        assert "judged" in session.wait_for("torch is tried now")
        session.press("ctrl+c")
        assert session.exit_code() == 130
        assert session.left_behind() == []
        assert "Traceback" not in session.text()


@pytest.mark.pty
def test_a_terminal_of_eighty_columns_breaks_no_line() -> None:
    """What is in order is a row a theme."""
    with Session([sys.executable, "-m", "tutor", "doctor", "--no-torch", "--strict"], rows=60) as session:
        session.wait_for("Nothing was changed.")
        assert session.exit_code() in (0, 1, 2)
        assert any(row.startswith(("✓ ok ", "· note ")) for row in session.rows())


def test_a_theme_stands_for_its_faults(capsys: Capture) -> None:
    """And no name is a matter of case."""
    assert main(["doctor", "--explain", "SPEED"]) == 0
    told = capsys.readouterr().out
    assert "heat-throttle, speed" in told
    assert "pcie-width, speed" in told
    assert doctor.known(["limits"]) == tuple(one.id for one in faults().values() if one.theme == "limits")
