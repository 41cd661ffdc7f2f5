"""The Python that is judged: is it the one that was meant, and has torch a wheel for it?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diagnostics.doctor.facts import Facts, Torch, TorchRun
from diagnostics.doctor.judge import judge
from tests.diagnostics.doctor.hosts import HEALTHY, changed, cpu_laptop, mac, rtx4090_driver550_cu126
from tests.diagnostics.doctor.judging import Case, causes, finding, must_read_well, must_speak, quiet, speaks

RTX = rtx4090_driver550_cu126()
HOME = "/home/user/.local/lib/python3.12/site-packages/torch"
SHADOW = "/home/user/work/torch.py"


def no_torch(host: Facts = RTX, **python: Any) -> Facts:
    """The host without torch, and with another Python."""
    return changed(
        host, packages={"torches": [], "metadata": [], "versions": {}, "builds": {}}, torch=None, python=python
    )


def on_musl(host: Facts) -> Facts:
    return changed(host, host={"libc": "musl", "distribution": "Alpine Linux v3.20", "distribution_id": "alpine"})


def from_home(*behind: Torch, **python: Any) -> Facts:
    """The host whose torch lies in the home folder, before those of the environment."""
    first = Torch(folder=HOME, version="2.6.0+cu124", cuda="12.4", hip="", user_site=True)
    return changed(RTX, packages={"torches": [first, *behind]}, python={"user_site": True, **python})


assert RTX.packages is not None
OWN = (RTX.packages.torches or [])[0]

SPEAKS = [
    speaks(
        "torch does not start",
        "local-torch",
        changed(RTX, python={"local_torch": SHADOW}, torch={"outcome": "raised"}),
        "fail",
        "a file of one's own, torch.py, is imported in torch's place",
        SHADOW,
        f"mv {SHADOW} /home/user/work/my_torch.py",
    ),
    speaks(
        "torch starts from elsewhere",
        "local-torch",
        changed(RTX, python={"local_torch": "/home/user/pytorch/torch"}),
        "warn",
        "a folder of one's own, torch, is imported in torch's place",
        "/home/user/pytorch/torch",
        "cd ~",
    ),
    speaks(
        "torch crashes, and PYTHONPATH named the folder",
        "local-torch",
        changed(
            RTX,
            python={"local_torch": "/home/user/pytorch/torch"},
            torch={"outcome": "died"},
            variables={"PYTHONPATH": "/home/user/pytorch"},
        ),
        "fail",
        "is imported in torch's place",
        run="unset PYTHONPATH",
    ),
    speaks(
        "another environment is active",
        "wrong-environment",
        changed(RTX, variables={"VIRTUAL_ENV": "/home/user/other"}),
        "note",
        "not the one that was judged",
        "VIRTUAL_ENV: /home/user/other",
        "tutor doctor --python /home/user/other/bin/python",
    ),
    speaks(
        "and the one that was judged has no torch",
        "wrong-environment",
        changed(no_torch(), variables={"CONDA_PREFIX": "/opt/conda"}),
        "warn",
        "which has no torch",
        "judged: /home/user/venv",
    ),
    speaks(
        "it hides the environment's",
        "user-site-torch",
        from_home(OWN),
        "warn",
        "torch in your home folder is imported",
        "hidden: 2.13.0+cu126",
        "export PYTHONNOUSERSITE=1",
    ),
    speaks("the environment has none", "user-site-torch", from_home(), "note", "has no torch of its own", HOME),
    speaks(
        "newer than any wheel",
        "python-unsupported",
        no_torch(version="3.16.0"),
        "fail",
        "no wheel for Python 3.16.0: 3.15 is the newest",
        "CPython 3.16.0, 64 bits",
        "uv venv -p 3.12",
    ),
    speaks("without a GPU", "python-unsupported", no_torch(cpu_laptop(), version="3.16.0"), "note", "3.16.0"),
    speaks("too old", "python-unsupported", no_torch(version="3.7.17"), "fail", "too old"),
    speaks("PyPy", "python-unsupported", no_torch(implementation="pypy"), "fail", "no wheel for pypy"),
    speaks(
        "without a global lock",
        "python-unsupported",
        no_torch(version="3.15.0", free_threaded=True),
        "fail",
        "free-threaded Python 3.15.0",
    ),
    speaks("32 bits", "python-32-bit", no_torch(bits=32), "fail", "32 bits", "32 bits", "uv venv"),
    speaks("32 bits and no GPU", "python-32-bit", no_torch(cpu_laptop(), bits=32), "note", "32 bits"),
    speaks("Alpine", "musl", on_musl(no_torch()), "fail", "musl", "Alpine Linux v3.20", "docker run"),
    speaks("Alpine without a GPU", "musl", on_musl(no_torch(cpu_laptop())), "note", "musl"),
    speaks(
        "CentOS 7",
        "glibc-old",
        changed(no_torch(), host={"libc": "glibc 2.17"}),
        "note",
        "glibc 2.17 is too old for torch 2.8",
        "need glibc 2.28",
        "pip install torch==2.6.0",
    ),
    speaks("it is one", "free-threaded", changed(RTX, python={"free_threaded": True}), "note", "free-threaded"),
]

QUIET = [
    quiet("nothing stands before it", "local-torch", RTX),
    quiet("it is the active one", "wrong-environment", changed(RTX, variables={"VIRTUAL_ENV": "/home/user/venv/"})),
    quiet("none is active", "wrong-environment", RTX),
    quiet(
        "a virtual one within conda's base",
        "wrong-environment",
        changed(RTX, variables={"VIRTUAL_ENV": "/home/user/venv", "CONDA_PREFIX": "/opt/conda"}),
    ),
    quiet("no environment, so the home folder is right", "user-site-torch", from_home(OWN, virtual=False, conda=False)),
    quiet("the environment's comes first", "user-site-torch", changed(RTX, python={"user_site": True})),
    quiet("the newest that is known", "python-unsupported", no_torch(version="3.15.0")),
    quiet("an older one that had wheels", "python-unsupported", no_torch(version="3.9.18")),
    quiet("torch is there all the same", "python-unsupported", changed(RTX, python={"version": "3.16.0"})),
    quiet("a Mac", "python-unsupported", no_torch(mac(), version="3.16.0")),
    quiet("free-threaded with wheels", "python-unsupported", no_torch(version="3.14.0", free_threaded=True)),
    quiet("torch is there all the same", "python-32-bit", changed(RTX, python={"bits": 32})),
    quiet("64 bits", "python-32-bit", no_torch()),
    quiet("the distribution has a torch of its own", "musl", on_musl(RTX)),
    quiet("glibc", "musl", no_torch()),
    quiet("RHEL 8", "glibc-old", changed(no_torch(), host={"libc": "glibc 2.28"})),
    quiet("torch is there", "glibc-old", changed(RTX, host={"libc": "glibc 2.17"})),
    quiet("musl is another fault", "glibc-old", on_musl(no_torch())),
    quiet("it has the lock", "free-threaded", RTX),
]


@pytest.mark.parametrize("case", SPEAKS)
def test_a_python_that_was_not_meant_is_named_with_its_fix(case: Case) -> None:
    """Status, title, what was seen, and the command."""
    must_speak(case)


@pytest.mark.parametrize("case", SPEAKS)
def test_a_half_seen_host_is_told_in_whole_sentences(case: Case) -> None:
    """With any one field not seen: no error, and no gap in a text."""
    must_read_well(case)


@pytest.mark.parametrize(("fault", "host"), QUIET)
def test_a_python_that_is_right_is_left_alone(fault: str, host: Facts) -> None:
    """Nearly the same host, and nothing is wrong with it."""
    assert finding(host, fault) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_the_judged_python_is_named(name: str) -> None:
    """Its version, its kind of environment, and where it is."""
    lines = [one for one in judge(HEALTHY[name]()) if one.id == "python"]
    assert [one.status for one in lines] == ["ok"]
    assert lines[0].evidence == ("judged: /home/user/venv/bin/python",)


def test_no_wheel_explains_why_there_is_no_torch() -> None:
    """What keeps pip from installing it is told, and that it is missing stands below."""
    host = on_musl(no_torch())
    assert causes(host, "musl", "torch-missing") == {"torch-missing": "musl", "musl": ""}


def test_a_file_in_torchs_place_explains_an_import_that_fails() -> None:
    """One cause."""
    host = changed(RTX, python={"local_torch": SHADOW})
    assert host.torch is not None
    run = replace(host.torch, outcome="raised", error=["AttributeError: partially initialized module 'torch'"])
    told = causes(replace(host, torch=run), "local-torch", "torch-raised")
    assert told == {"torch-raised": "local-torch", "local-torch": ""}


def test_a_redacted_path_is_still_one_that_a_shell_finds() -> None:
    """`~` is left to the shell, and the rest is quoted where it has to be."""
    host = changed(no_torch(), python={"executable": "~/my envs/bin/python"})
    found = finding(host, "torch-missing")
    assert found is not None
    assert found.fix[1].command.startswith("~/'my envs/bin/python' -m pip install torch")


def test_a_python_that_could_not_be_started_is_skipped() -> None:
    """With the reason."""
    host = changed(RTX, python=None, troubles={"python": "there is no such file"})
    assert [(one.status, one.evidence) for one in judge(host) if one.id == "python"] == [
        ("skipped", ("there is no such file",))
    ]


def on_pythonpath(host: Facts, folder: str = "/opt/old", *, alone: bool = False, path: str = "/opt/old") -> Facts:
    """The host with a torch in a folder of PYTHONPATH, before its own."""
    assert host.packages is not None
    assert host.packages.torches is not None
    old = replace(host.packages.torches[0], folder=f"{folder}/torch", version="2.0.1+cu117", cuda="11.7")
    torches = [old] if alone else [old, *host.packages.torches]
    return changed(host, variables={"PYTHONPATH": path}, packages={"torches": torches})


RAISED = TorchRun(outcome="raised", during="import", error=["OSError: libcublas.so.11: cannot open shared object file"])


@pytest.mark.parametrize(
    ("host", "status", "command"),
    [
        (on_pythonpath(RTX), "warn", "unset PYTHONPATH"),
        (changed(on_pythonpath(RTX), torch=RAISED), "fail", "unset PYTHONPATH"),
        (on_pythonpath(RTX, path="src:/else"), "warn", "unset PYTHONPATH"),
        (on_pythonpath(RTX, alone=True), "note", "unset PYTHONPATH && /home/user/venv/bin/python -m pip install"),
    ],
)
def test_a_torch_of_pythonpath_is_left_out_and_not_mended(host: Facts, status: str, command: str) -> None:
    """The environment's own is not touched, by this finding or by those that come of it."""
    found = finding(host, "torch-from-pythonpath")
    assert found is not None
    assert found.status == status
    assert found.fix[0].command.startswith(command)
    assert "in /opt/old/torch" in found.evidence[1]
    torches = [one for one in judge(host) if one.id in ("torch-raised", "vision-mismatch", "duplicate-torch")]
    assert not any("uninstall" in step.command for one in torches for step in one.fix if status != "note")


def test_what_comes_of_pythonpath_is_told_under_it() -> None:
    """One cause."""
    host = changed(on_pythonpath(RTX), torch=RAISED)
    told = causes(host, "torch-from-pythonpath", "torch-raised", "vision-mismatch", "duplicate-torch", "numpy-abi")
    assert told.pop("torch-from-pythonpath") == ""
    assert set(told.values()) == {"torch-from-pythonpath"}


@pytest.mark.parametrize(
    "host",
    [
        RTX,
        changed(RTX, variables={"PYTHONPATH": "/home/user/project"}),
        changed(on_pythonpath(RTX), variables={"PYTHONPATH": ""}),
        on_pythonpath(RTX, "/home/user/venv/lib/python3.12/site-packages", path="/home/user/venv/lib/python3.12"),
        on_pythonpath(RTX, "/usr/lib/python3/dist-packages", alone=True),
    ],
)
def test_a_torch_from_elsewhere_is_not_pythonpaths(host: Facts) -> None:
    """The Python's own, an editable one, and the system's behind an environment."""
    assert finding(host, "torch-from-pythonpath") is None
