"""A simulated NVIDIA driver: a libnvidia-ml.so.1 and a libcuda.so.1 that answer as a scenario says.

A scenario is text: its language stands in scenario.h, faults in call.h, processes in processes.c, and the keys in the
tables of readings.c. Ready ones lie in scenarios/. Two keys are read here: lines of `hidden = FUNCTION ...` of [system]
take functions out of the library, as from an older driver's, and `library = 535.104.05` of [cuda] gives libcuda's
file another version than the driver's; without a section [cuda] there is no libcuda. By hand:

    python -m tests.support.nvml h200_8 nvitop -1
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.nvml.build import SOURCES, build, compiler, functions
from tests.support.nvml.build import lay_driver as lay

SCENARIOS = SOURCES / "scenarios"
SECTION = re.compile(r"\[(system|cuda|gpu\.(\*|\d+)|mig\.(\*|\d+\.\d+))\]")
NUMBERED = re.compile(r"(process|nvlink|field|topology)\.\d+")
FAULT = re.compile(r"(error|delay|crash)\.(\*|\w+)")


Simulate = Callable[..., "Simulated"]
"""What the fixture `simulate` is."""


@dataclass(frozen=True)
class Call:
    """One call, as the library logged it. `device`: "gpu.3", "mig.0.1", or "-" where it asked about none."""

    pid: int
    thread: int
    function: str
    device: str
    result: int | None
    """The answer's number; None for a call that hung or crashed."""


@dataclass
class Simulated:
    """A driver in `folder`, and the scenario that it answers from. Its clock stands at `clock` seconds.

    A `clock` of None runs: the scenario's seconds then pass from a process's first call on.
    """

    folder: Path
    text: str
    clock: float | None = 0.0
    variables: dict[str, str] = field(init=False)
    """What a child's environment needs to meet this driver."""

    def __post_init__(self) -> None:
        paths = [os.fspath(self.libraries), os.environ.get("LD_LIBRARY_PATH", "")]
        self.variables = {
            "LD_LIBRARY_PATH": ":".join(filter(None, paths)),
            "SIMULATED_NVML_SCENARIO": os.fspath(self.folder / "scenario.ini"),
            "SIMULATED_NVML_LOG": os.fspath(self._log),
        }
        self.rewrite(self.text)

    @property
    def libraries(self) -> Path:
        """The folder of libnvidia-ml.so.1."""
        return self.folder / "lib"

    @property
    def env(self) -> dict[str, str]:
        """This process's environment with `variables`: for a child."""
        return {**os.environ, **self.variables}

    def rewrite(self, text: str) -> None:
        """Another scenario, from the next call on, in children that run, too."""
        check_scenario(text)
        self.text = text
        clock = "" if self.clock is None else f"[system]\nclock = {self.clock}\n"
        half = self.folder / "scenario.new"
        half.write_text(f"{clock}{text}", encoding="utf-8")
        half.replace(self.folder / "scenario.ini")

    def add(self, text: str) -> None:
        """More lines, which win over those that stand."""
        self.rewrite(f"{self.text}\n{text}")

    def at(self, seconds: float) -> None:
        """Sets the clock."""
        self.clock = seconds
        self.rewrite(self.text)

    def calls(self, function: str = "") -> list[Call]:
        """The calls so far, or those of one function."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        calls = [_call(line) for line in lines]
        return [call for call in calls if function in ("", call.function)]

    def wait_for_call(self, function: str, timeout: float = 30.0) -> Call:
        """The first call of that function, as soon as it is logged: one that hangs is, too."""
        deadline = time.monotonic() + timeout
        while not (calls := self.calls(function)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{function} was not called within {timeout:.0f} s")
            time.sleep(0.01)
        return calls[0]

    def load(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Makes this very process meet the driver: pynvml, here, then loads it by its name.

        A process keeps the first libnvidia-ml that it loaded: later drivers, here, bring their scenario alone.
        """
        for name, value in self.variables.items():
            if name != "LD_LIBRARY_PATH":
                monkeypatch.setenv(name, value)
        ctypes.CDLL(os.fspath(self.libraries / "libnvidia-ml.so.1"))

    @property
    def _log(self) -> Path:
        return self.folder / "calls.log"


def scenario(name: str) -> str:
    """The text of a ready scenario: "rtx4090"."""
    return (SCENARIOS / f"{name}.ini").read_text(encoding="utf-8")


def check_scenario(text: str) -> None:
    """ValueError for a section, key or function that the library would never look at."""
    for line in filter(None, map(str.strip, text.splitlines())):
        key = line.partition("=")[0].strip()
        if not line.startswith("#") and not (SECTION.fullmatch(line) or _known_key(key)):
            raise ValueError(f"no line of a scenario: {line}")


def simulated(text: str, folder: Path, builds: Path, clock: float | None = 0.0) -> Simulated:
    """A driver for this scenario in `folder`; `builds` keeps what was compiled."""
    made = build(builds, _line(text, "hidden").split())
    version = _line(text, "driver") or "550.54.14"
    libcuda = _line(text, "library") if "[cuda]" in text else None
    lay(made, folder / "lib", version, libcuda)
    return Simulated(folder, text, clock)


def needs_compiler() -> None:
    """Skips the test that asks where no driver can be built."""
    if sys.platform != "linux":
        pytest.skip("the simulated driver is built for Linux")
    if compiler() is None:
        pytest.skip("no C compiler (cc, gcc, clang) to build the simulated driver with")


@pytest.fixture(scope="session")
def nvml_builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that keeps the built libraries for this session, for all of its processes."""
    needs_compiler()
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture
def simulate(nvml_builds: Path, tmp_path: Path) -> Simulate:
    """`simulate("rtx4090")` or `simulate(text)` gives a driver; `clock=None` lets its seconds pass."""

    def simulate(text: str, clock: float | None = 0.0) -> Simulated:
        folder = Path(tempfile.mkdtemp(prefix="nvml-", dir=tmp_path))
        return simulated(text if "\n" in text else scenario(text), folder, nvml_builds, clock)

    return simulate


@pytest.fixture
def lay_driver(nvml_builds: Path) -> Callable[..., Path]:
    """`lay_driver(folder, "550.54.14", libcuda_version="535.104.05")` fills a folder as a driver's package does.

    Without `libcuda_version` libcuda has the driver's; None leaves it out.
    """

    def lay_driver(folder: Path, version: str, libcuda_version: str | None = "") -> Path:
        return lay(build(nvml_builds), folder, version, libcuda_version)

    return lay_driver


def _line(text: str, key: str) -> str:
    """What all lines of that key say, behind one another."""
    return " ".join(re.findall(rf"^{key} *= *(.*?) *$", text, re.MULTILINE))


def _call(line: str) -> Call:
    pid, thread, function, device, result = line.split()
    answered = int(result) if result.lstrip("-").isdigit() else None
    return Call(int(pid), int(thread), function, device, answered)


def _known_key(key: str) -> bool:
    fault = FAULT.fullmatch(key)
    if fault:
        return fault[2] in _faulty()
    return bool(NUMBERED.fullmatch(key)) or key in _keys()


def _keys() -> set[str]:
    """Every word that the C sources quote: a key that is none of them is never looked at."""
    sources = "".join(path.read_text() for path in SOURCES.glob("*.c"))
    return {*re.findall(r'"([a-z][a-z0-9_]*)"', sources), "hidden", "library"}


def _faulty() -> set[str]:
    """What a fault may be of: functions without their version."""
    own = {"*", "nvmlInit", "cuInit", "cuDriverGetVersion", "cuDeviceGetCount"}
    return own | {re.sub(r"_v\d+$", "", name) for name in functions()}
