"""A host laid out in a folder and looked at by the probe itself: files, a simulated driver, a Python with packages.

facts = examined(Plan(trees=(linux(), pci_gpu()), scenario=rtx4090(), packages=torch()), tmp_path, nvml_builds)
"""

from __future__ import annotations

import os
import re
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from diagnostics.doctor.examine import Examination
from tests.diagnostics.doctor.roots import Link, Tree, lay
from tests.support.nvml import scenario, simulated

USER = "lovelace"
HOST = "lovelace-desk"
"""What must not stand in facts that are saved: the home of the user, and the name of the host."""

LIMITS = {"torch": 20.0, "nvml": 15.0, "cuda": 15.0}
"""Seconds; far more than any of it takes, so that a loaded machine changes no finding."""


@dataclass(frozen=True)
class Plan:
    """A host to be made. `packages` lie in site-packages, `prefix` in the environment's folder.

    In `variables`, "{root}" is where the host's / lies. `lacks`: libraries that the simulated driver does not bring;
    without a `scenario` it brings none. `limits`: seconds, as the probe's.
    """

    trees: tuple[Tree, ...]
    packages: Tree = field(default_factory=dict)
    prefix: Tree = field(default_factory=dict)
    scenario: str = ""
    lacks: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)


def examination(plan: Plan, folder: Path, builds: Path) -> Examination:
    """A look at the host of that plan, laid out in `folder`."""
    root = Path(lay(folder / "root", *plan.trees, {"/proc/sys/kernel/hostname": f"{HOST}\n"}))
    python = environment(root / "home" / USER / "venv", plan.packages, plan.prefix)
    lay(root, {os.fspath(root): Link("/")})  # sys.path of that Python leads to the same files inside the root
    mine = {name: value.replace("{root}", os.fspath(root)) for name, value in plan.variables.items()}
    theirs = driver(plan, folder, builds)
    paths = [mine.get("LD_LIBRARY_PATH", ""), theirs["LD_LIBRARY_PATH"]]
    environ = {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin",
        "HOME": f"/home/{USER}",
        **theirs,
        **mine,
        "LD_LIBRARY_PATH": ":".join(filter(None, paths)),
    }
    limits = {**LIMITS, **plan.limits}
    return Examination(python, root=os.fspath(root), environ=environ, limits=limits, time_limit=60.0)


def environment(home: Path, packages: Tree, prefix: Tree) -> str:
    """A virtual environment with these packages; its Python."""
    venv.create(home, symlinks=True)
    (site,) = home.glob("lib/python3*/site-packages")
    lay(site, packages)
    lay(home, prefix)
    return os.fspath(home / "bin" / "python")


def driver(plan: Plan, folder: Path, builds: Path) -> dict[str, str]:
    """The variables by which programs meet the plan's driver, and none that this machine has."""
    libraries = folder / "driver" / "lib"
    variables = {"LD_LIBRARY_PATH": os.fspath(libraries)}
    if plan.scenario:
        (folder / "driver").mkdir()
        variables.update(simulated(plan.scenario, folder / "driver", builds).variables)
        variables["LD_LIBRARY_PATH"] = os.fspath(libraries)
    libraries.mkdir(parents=True, exist_ok=True)
    for name in plan.lacks if plan.scenario else ("libcuda", "libnvidia-ml"):
        (libraries / f"{name}.so.1").unlink(missing_ok=True)
    for name in ("libcuda", "libnvidia-ml"):
        if not (libraries / f"{name}.so.1").exists():  # what cannot be loaded keeps a real one from being found
            (libraries / f"{name}.so.1").write_bytes(b"")
    return variables


def driven(name: str, version: str = "", cuda: int = 0, more: str = "", busy: bool = False) -> str:
    """A ready scenario with a driver of that version and its CUDA (12040), and `more` lines; `busy`: with processes."""
    text = scenario(name)
    if not busy:
        text = re.sub(r"^process\.\d+ = .*\n", "", text, flags=re.MULTILINE)
    if version:
        text = re.sub(r"^driver = .*$", f"driver = {version}", text, flags=re.MULTILINE)
        text = re.sub(r"^nvml = .*$", f"nvml = {version.partition('.')[0]}.{version}", text, flags=re.MULTILINE)
    if cuda:
        text = re.sub(r"^(cuda|version) = \d+$", rf"\1 = {cuda}", text, flags=re.MULTILINE)
    return f"{text}\n{more}\n"
