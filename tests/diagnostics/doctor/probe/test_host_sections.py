"""All sections of the host together: what they promise to Facts, and hosts that lie, break or are not there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from diagnostics.doctor import facts
from diagnostics.doctor.probe import container, driver, environment, host, kernel_log, libraries, limits, nodes, pci
from tests.diagnostics.doctor import roots
from tests.diagnostics.doctor.roots import FIFO, FOLDER, Content, Link, Tree, lay, linux

PROJECT = Path(__file__).parents[4]

Look = Callable[[str], Any]

SECTIONS: dict[str, tuple[Look, Any]] = {
    "host": (host.look, facts.Host),
    "pci": (pci.look, list[facts.PciDevice]),
    "driver": (driver.look, facts.Driver),
    "libraries": (libraries.look, facts.Libraries),
    "nodes": (nodes.look, list[facts.Node]),
    "variables": (environment.look, dict[str, str]),
    "container": (container.look, facts.Container),
    "limits": (limits.look, facts.Limits),
    "kernel_log": (kernel_log.look, facts.KernelLog),
}

NVSWITCH = "/proc/driver/nvidia-nvswitch/devices/0000:86:00.0/information"


def server() -> Tree:
    """A host with nearly everything that the sections look for."""
    return {
        **linux(),
        **roots.pci_gpu(),
        **roots.nvidia_module("550.54.14", open=True),
        **roots.nodes(),
        **roots.secure_boot(),
        **roots.cgroup("1000000", used=10, kills=1, cpu="50000 100000"),
        **roots.kmsg("NVRM: Xid (PCI:0000:01:00): 79, pid=1, gone", "NVRM: RmInitAdapter failed!"),
        **roots.cuda_wheel(),
        NVSWITCH: "",
        "/usr/bin/nv-fabricmanager": "#!/bin/sh\necho version is : 550.54.14\n",
        "/usr/bin/nvcc": "#!/bin/sh\necho release 12.4\n",
        "/var/lib/dkms/nvidia/1/build/make.log": "",
        "/sys/module/nvidia_uvm/parameters/uvm_disable_hmm": "N\n",
        "/etc/ld.so.conf.d/cuda.conf": "/usr/local/cuda/compat\n/usr/local/cuda/lib64/stubs\n",
        "/usr/local/cuda/compat": FOLDER,
        "/usr/local/cuda/lib64/stubs/libcuda.so.1": "",
        "/etc/prime-discrete": "on\n",
        "/.dockerenv": "",
        "/lib/ld-musl-x86_64.so.1": "",
        "/proc/self/attr/current": "unconfined\n",
    }


def written(seen: dict[str, Any]) -> set[str]:
    return {key for key, value in seen.items() if value is not None}


@pytest.mark.parametrize("section", [name for name in SECTIONS if name != "variables"])
def test_a_section_writes_the_fields_of_its_class(
    tmp_path: Path, section: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them, of the types that Facts name, and not one that they do not have."""
    monkeypatch.setenv("HOME", "/home/ada")
    look, kind = SECTIONS[section]
    seen = look(lay(tmp_path, server()))
    msgspec.convert(seen, kind, strict=True)
    parts, single = (seen, kind.__args__[0]) if isinstance(seen, list) else ([seen], kind)
    names = set(single.__dataclass_fields__)
    assert parts
    assert all(set(part) == names for part in parts)
    alone = {"driver": {"other_kernels"}}  # told only where this kernel has no modules
    assert set().union(*map(written, parts)) == names - alone.get(section, set())


def test_this_machine_fits_facts() -> None:
    """Whatever it is."""
    for look, kind in SECTIONS.values():
        msgspec.convert(json.loads(json.dumps(look(""))), kind, strict=True)


def test_a_system_without_proc_and_sys_is_not_known_and_raises_nothing(tmp_path: Path) -> None:
    """As macOS: what cannot be seen is None, not "no"."""
    root = lay(tmp_path, {"/etc/hosts": ""})
    seen = {name: look(root) for name, (look, _) in SECTIONS.items()}
    assert (seen["pci"], seen["nodes"]) == (None, None)
    assert written(seen["driver"]) == {"prime", "smi"}
    assert written(seen["host"]) == {"scheduler"}
    assert written(seen["kernel_log"]) == {"readable"}
    assert seen["container"]["kind"] == ""
    assert written(seen["limits"]) <= {"tmp_free", "cache", "cache_writable", "cache_free"}


HOSTILE: dict[str, Content] = {
    "bytes": bytes(range(256)) * 64,
    "empty": "",
    "digits": "9" * 100_000,
    "lines": ": ,;=()[]" * 2000 + "\n" * 2000,
    "pipe": FIFO,
    "folder": FOLDER,
    "itself": Link("."),
    "loop": Link("/loop/loop"),
    "outside": Link("../../../../../../../../etc/passwd"),
    "braces": "[" * 100_000,
    "escapes": "\x1b[31m\x00\u202e\ud7ff" * 500,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_host_whose_every_file_is_hostile_is_survived(tmp_path: Path, content: Content) -> None:
    """No exception, no waiting, and what is told is JSON of the right types."""
    tree: Tree = {path: FOLDER if old is FOLDER else content for path, old in server().items()}
    root = lay(tmp_path, {"/loop": Link("/loop")}, tree)
    for look, kind in SECTIONS.values():
        msgspec.convert(json.loads(json.dumps(look(root))), kind, strict=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_that_may_not_be_read_are_survived(tmp_path: Path) -> None:
    """As on a server whose administrator is careful."""
    root = lay(tmp_path, server())
    for path in tmp_path.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.chmod(0)
    for look, kind in SECTIONS.values():
        msgspec.convert(json.loads(json.dumps(look(root))), kind, strict=True)


def interpreters() -> list[str]:
    """Pythons of the oldest version that the probe supports, if there are any."""
    places = [shutil.which("python3.8"), *map(str, Path.home().glob(".pyenv/versions/3.8.*/bin/python3.8"))]
    run = (place for place in places if place and _runs(place))
    return list(run)[:1]


def _runs(python: str) -> bool:
    """A shim may stand for a Python that is not chosen."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


LOOK = """
import importlib, json, sys, types
before = set(sys.modules)
for name in ("diagnostics", "diagnostics.doctor", "diagnostics.doctor.probe"):
    package = sys.modules[name] = types.ModuleType(name)  # empty, as where the probe's modules are joined into a text
    package.__path__ = [sys.argv[1] + "/" + name.replace(".", "/")]
modules = [importlib.import_module("diagnostics.doctor.probe." + name) for name in sys.argv[3:]]
seen = [module.look(sys.argv[2]) for module in modules]
print(json.dumps([sorted(set(sys.modules) - before), dict(zip(sys.argv[3:], seen))]))
"""


def looked(python: str, root: str) -> tuple[list[str], dict[str, Any]]:
    """(modules loaded, what each section told) by another Python."""
    modules = [look.__module__.rpartition(".")[2] for look, _ in SECTIONS.values()]
    command = [python, "-I", "-c", LOOK, str(PROJECT), root, *modules]
    loaded, seen = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return loaded, seen


@pytest.mark.skipif(not interpreters(), reason="no Python 3.8 here")
def test_python_3_8_sees_the_same(tmp_path: Path) -> None:
    """The oldest that is judged tells what this one tells."""
    root = lay(tmp_path, server())
    _, theirs = looked(interpreters()[0], root)
    _, ours = looked(sys.executable, root)
    for seen in (theirs, ours):
        seen["limits"] = {key: value for key, value in seen["limits"].items() if not key.endswith("_free")}
    assert theirs == ours


def test_looking_loads_little(tmp_path: Path) -> None:
    """A judged Python starts in no time: what is slow to import is imported where it is needed."""
    loaded, _ = looked(sys.executable, lay(tmp_path, linux()))
    slow = {"asyncio", "ctypes", "dataclasses", "inspect", "logging", "platform", "subprocess", "typing", "pathlib"}
    assert slow.isdisjoint(loaded)
