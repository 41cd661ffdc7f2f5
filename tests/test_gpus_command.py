"""`tutor gpus` as scripts and people without a screen meet it, on simulated drivers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from diagnostics.gpus import nvml
from diagnostics.gpus.reading import Host, Process, Reading, Sample
from tests.support.nvml import Simulated
from tests.support.session import Session
from tutor.report.gpus import gpus_text

TUTOR = [sys.executable, "-m", "tutor"]
PATIENCE = 60

Simulate = Callable[..., Simulated]

INIT = {
    "init_driver_not_loaded": nvml.DRIVER_NOT_LOADED,
    "init_gpu_lost": nvml.LOST,
    "init_no_permission": nvml.NO_PERMISSION,
    "init_unknown": nvml.UNKNOWN,
    "init_version_mismatch": nvml.MISMATCH,
}


def gpus(driver: Simulated | None, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**(driver.env if driver else os.environ), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [*TUTOR, "gpus", *words],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )


@contextmanager
def streaming(driver: Simulated | None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*TUTOR, "gpus", "--json"],
        env=driver.env if driver else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    data: dict[str, object] = json.loads(process.stdout.readline())
    return data


def test_a_table_of_all_gpus(simulate: Simulate) -> None:
    """In 80 columns, with what is wrong in sentences."""
    done = gpus(simulate("h200_8"), "--once")
    assert done.returncode == 0
    assert done.stderr == ""
    rows = done.stdout.splitlines()
    assert max(map(len, rows)) <= 80
    assert rows[0].split() == ["GPU", "name", "busy", "memory,", "GiB", "°C", "W", "MHz"]
    assert rows[1].split()[:4] == ["0", "H200", "90", "%"]
    assert [row.split()[0] for row in rows[1:9]] == list("01234567")
    assert "GPU 5 fell off the bus (NVML says that it is lost)." in done.stdout
    assert "GPU 3 had 2 memory errors that ECC could not correct" in " ".join(done.stdout.split())
    assert rows[-1].endswith("driver 580.159.03")


def test_without_a_terminal_it_prints_once(simulate: Simulate) -> None:
    """As with --once."""
    done = gpus(simulate("rtx4090"))
    assert done.returncode == 0
    assert "GeForce RTX 4090" in done.stdout


@pytest.mark.pty
def test_on_a_terminal_it_opens_the_screen(simulate: Simulate) -> None:
    """Which `q` leaves for the shell."""
    with Session([*TUTOR, "gpus"], columns=120, rows=40, env=simulate("h200_8").variables) as session:
        session.wait_for("fell off the bus", timeout=PATIENCE)
        session.press("q")
        assert session.exit_code() == 0


def test_slices_have_rows(simulate: Simulate) -> None:
    """Under their GPU."""
    done = gpus(simulate("a100_mig"), "--once")
    assert "MIG 3g.40gb" in done.stdout
    assert "MIG 1g.10gb" in done.stdout


def test_unified_memory_is_said_to_be(simulate: Simulate) -> None:
    """Its numbers are the machine's."""
    assert "GPU 0 shares the machine's memory" in gpus(simulate("gb10"), "--once").stdout


def test_ascii_is_ascii(simulate: Simulate) -> None:
    """With --ascii."""
    assert gpus(simulate("h200_8"), "--once", "--ascii").stdout.isascii()


def test_hostile_names_are_text(simulate: Simulate) -> None:
    """No control byte reaches the terminal, and no row is torn."""
    done = gpus(simulate("hostile"), "--once")
    assert done.returncode == 0
    assert "[bold red]T4[/]" in done.stdout
    assert all(row.isprintable() for row in done.stdout.splitlines())
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_one_line_of_json(simulate: Simulate) -> None:
    """With all that a script may rely on."""
    done = gpus(simulate("h200_8"), "--json", "--once")
    assert done.returncode == 0
    assert done.stderr == ""
    (text,) = done.stdout.splitlines()
    data = json.loads(text)
    assert list(data) == ["schema_version", "time", "gpus", "processes", "trouble", "silent", "driver", "host"]
    assert data["schema_version"] == 1
    assert len(data["gpus"]) == 8
    assert data["trouble"] is None


@pytest.mark.parametrize("words", [["--once"], ["--once", "--json"], []])
@pytest.mark.parametrize("kind", INIT)
def test_where_nvml_cannot_be_read_it_says_why(simulate: Simulate, kind: str, words: list[str]) -> None:
    """With exit code 1, and the machine's processors and memory."""
    done = gpus(simulate(kind), *words)
    assert done.returncode == 1
    assert nvml.EVERYWHERE[INIT[kind]] in " ".join(done.stdout.split())
    assert done.stderr == ""
    assert ('"memory_total": ' if "--json" in words else "memory ") in done.stdout


def test_without_a_driver_it_says_why() -> None:
    """As on a laptop that never had one."""
    if nvml_is_here():
        pytest.skip("there is an NVIDIA driver here")
    done = gpus(None)
    assert done.returncode == 1
    assert "libnvidia-ml.so.1 was not found" in " ".join(done.stdout.split())
    assert "CPU " in done.stdout


def nvml_is_here() -> bool:
    import ctypes

    try:
        ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return False
    return True


def test_samples_stream_until_ctrl_c(simulate: Simulate) -> None:
    """A line each, at once; then exit code 130."""
    with streaming(simulate("h200_8")) as process:
        first, second = line(process), line(process)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130
    assert first["time"] < second["time"]  # type: ignore[operator]
    assert all(json.loads(row) for row in out.splitlines())
    assert error == ""


def test_a_closed_pipe_is_no_error(simulate: Simulate) -> None:
    """`tutor gpus --json | head -1` ends, quietly."""
    with streaming(simulate("h200_8")) as process:
        line(process)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(timeout=PATIENCE) == 141
        assert process.stderr.read() == ""


def test_a_driver_that_hangs_is_told_and_left(simulate: Simulate) -> None:
    """The stream goes on, and Ctrl-C ends it."""
    with streaming(simulate("hung")) as process:
        data = line(process)
        assert str(data["trouble"]).startswith("NVML has not answered for ")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 130


@pytest.mark.pty
def test_a_person_who_waits_for_a_driver_that_hangs_is_told_so(simulate: Simulate) -> None:
    """Long before it is given up; then what is known, and the exit code of a driver that cannot be read."""
    with Session([*TUTOR, "gpus", "--once"], env=simulate("hung").variables) as session:
        session.wait_for("NVML does not answer; it is given 8 s in all.", timeout=PATIENCE)
        session.wait_for("NVML has not answered for 8 s.", timeout=PATIENCE)
        assert session.exit_code() == 1


def test_no_row_is_wider_than_eighty_columns() -> None:
    """Whatever the names and numbers are; and wide letters take two columns."""
    wide = Reading(
        index=63, name="名" * 60, state="failed", error="x" * 300, utilisation=100, memory_used=2**47,
        memory_total=2**47, temperature=100, power=1200.0, power_limit=1200.0, clock=19999, fan=100,
        processes=(1,), throttle=("heat", "power brake"),
    )  # fmt: skip
    process = Process(pid=2**32 - 1, user="ü" * 50, name="x" * 200, gpus=tuple(range(64)), memory=2**49)
    sample = Sample(time=0.0, readings=(wide,), processes=(process,), trouble="y " * 90, host=Host(cpu=100.0))
    from tutor.draw.glyphs import width

    for row in gpus_text(sample).splitlines():
        assert width(row) <= 80 or " " not in row
    assert "GPU 63 is slowed down: heat, power brake." in gpus_text(sample)


def test_rows_of_sleeping_gpus_say_so() -> None:
    """And are no trouble."""
    sample = Sample(time=0.0, readings=(Reading(pci="0000:01:00.0", name="RTX 4060", state="asleep"),))
    assert "The GPU RTX 4060 is asleep, and was not read: that would wake it." in gpus_text(sample)
