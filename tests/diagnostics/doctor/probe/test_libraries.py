"""The libraries of the driver in the loader's order, and what stands beside them."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from diagnostics.doctor.probe import libraries, loader
from tests.diagnostics.doctor import roots
from tests.diagnostics.doctor.roots import LIBRARIES, Link, Tree, docker, lay, linux, nvidia_module, wsl


def cuda(root: str, **variables: str) -> list[tuple[str, str, str]]:
    """(path, version, by) of the libcuda that are found."""
    found = libraries.look(root, variables, [])["libcuda"]
    assert isinstance(found, list)
    return [(one["path"], one["version"], one["by"]) for one in found]


def test_the_drivers_libraries_are_found_with_the_version_of_the_file_behind_the_link(tmp_path: Path) -> None:
    """Once, however many ways lead to them."""
    seen = libraries.look(lay(tmp_path, linux(), nvidia_module("550.54.14")), {}, [])
    for key, name in (("libcuda", "libcuda.so"), ("libnvidia_ml", "libnvidia-ml.so")):
        assert seen[key] == [
            {
                "name": f"{name}.1",
                "path": f"{LIBRARIES}/{name}.1",
                "real": f"{LIBRARIES}/{name}.550.54.14",
                "version": "550.54.14",
                "by": "standard",
            }
        ]
    rest = ("shadows", "stubs", "compat", "toolkit", "compiler", "preloads")
    assert [seen[key] for key in rest] == [[], [], [], "", "/usr/bin/gcc", []]


def test_the_order_is_the_loaders(tmp_path: Path) -> None:
    """LD_LIBRARY_PATH, the configured folders as they are included, the standard ones."""
    root = lay(
        tmp_path,
        linux(),
        roots.libraries("550.54.14"),
        roots.libraries("535.54.03", "/opt/old"),
        roots.libraries("575.57.08", "/usr/local/cuda-12.9/compat"),
        {"/etc/ld.so.conf.d/00-compat.conf": "/usr/local/cuda-12.9/compat\n"},
    )
    assert cuda(root, LD_LIBRARY_PATH="/none:/opt/old/") == [
        ("/opt/old/libcuda.so.1", "535.54.03", "LD_LIBRARY_PATH"),
        ("/usr/local/cuda-12.9/compat/libcuda.so.1", "575.57.08", "ld.so.conf"),
        (f"{LIBRARIES}/libcuda.so.1", "550.54.14", "standard"),
    ]
    assert libraries.look(root, {}, [])["compat"] == ["/usr/local/cuda-12.9/compat"]


def test_wsl_has_a_folder_of_its_own(tmp_path: Path) -> None:
    """A Linux driver that was installed beside it comes before or after, by the configuration."""
    assert cuda(lay(tmp_path / "a", linux(), wsl())) == [("/usr/lib/wsl/lib/libcuda.so.1", "1", "wsl")]
    unlisted: Tree = {"/etc/ld.so.conf.d/ld.wsl.conf": ""}
    both = lay(tmp_path / "b", linux(), wsl(), unlisted, roots.libraries("550.54.14"))
    assert [by for _, _, by in cuda(both)] == ["standard", "wsl"]


def test_a_library_of_the_other_width_is_passed_over(tmp_path: Path) -> None:
    """As the loader does."""
    narrow: Tree = {"/opt/lib32/libcuda.so.1": b"\x7fELF\x01\x01\x01"}
    root = lay(tmp_path, linux(), narrow, roots.libraries("550.54.14"))
    assert [by for _, _, by in cuda(root, LD_LIBRARY_PATH="/opt/lib32")] == ["standard"]


def test_a_link_that_leads_nowhere_is_no_library(tmp_path: Path) -> None:
    """What an uninstalled driver leaves."""
    left: Tree = {f"{LIBRARIES}/libcuda.so.1": Link("libcuda.so.535.54.03")}
    assert cuda(lay(tmp_path, linux(), left)) == []


def test_stubs_are_told_where_they_stand_on_a_path(tmp_path: Path) -> None:
    """A folder of that name that is gone is nothing."""
    root = lay(tmp_path, linux(), {"/usr/local/cuda/lib64/stubs/libcuda.so": ""})
    path = "/usr/local/cuda/lib64/stubs:/gone/stubs:/usr/local/cuda/lib64"
    assert libraries.look(root, {"LD_LIBRARY_PATH": path}, [])["stubs"] == ["/usr/local/cuda/lib64/stubs"]
    assert libraries.look(root, {}, [])["stubs"] == []


@pytest.mark.parametrize(
    ("tree", "variables", "version"),
    [
        (docker(), {}, ""),
        (docker() | {"/usr/local/cuda/bin/nvcc": ""}, {"CUDA_HOME": "/usr/local/cuda"}, "12.4.1"),
        (docker() | {"/usr/local/cuda/bin/nvcc": ""}, {"PATH": "/usr/local/cuda/bin"}, "12.4.1"),
        (
            {"/usr/local/cuda": Link("/opt/cuda-12.6"), "/opt/cuda-12.6/bin/nvcc": ""},
            {"CUDA_PATH": "/usr/local/cuda"},
            "12.6",
        ),
        ({"/usr/bin/nvcc": "#!/bin/sh\necho 'Cuda compilation tools, release 12.0, V12.0.140'\n"}, {}, "12.0"),
        ({"/usr/bin/nvcc": "#!/bin/sh\nexit 1\n"}, {}, ""),
        ({"/opt/bin/nvcc": "", "/opt/version.json": "[[["}, {"CUDA_HOME": "/opt"}, ""),
    ],
)
def test_the_toolkit_is_told_by_the_compiler_in_use(
    tmp_path: Path, tree: Tree, variables: dict[str, str], version: str
) -> None:
    """By the file beside it, its folder's name, or what it says; a folder without a compiler is no toolkit."""
    assert libraries.look(lay(tmp_path, linux(), tree), variables, [])["toolkit"] == version


def test_the_compiler_is_the_one_that_cc_names(tmp_path: Path) -> None:
    """Else the first of the usual names; "" where there is none."""
    root = lay(tmp_path, linux(), {"/opt/bin/clang-18": ""})
    assert libraries.look(root, {"CC": "/opt/bin/clang-18 -m64"}, [])["compiler"] == "/opt/bin/clang-18"
    assert libraries.look(root, {"CC": "clang-18", "PATH": "/opt/bin"}, [])["compiler"] == "/opt/bin/clang-18"
    assert libraries.look(root, {"PATH": "/opt/bin"}, [])["compiler"] == ""


def test_preloads_come_from_the_environment_and_the_file(tmp_path: Path) -> None:
    """Both are in force."""
    root = lay(tmp_path, linux(), {"/etc/ld.so.preload": "/usr/lib/shim.so\n"})
    preloads = libraries.look(root, {"LD_PRELOAD": "/opt/jemalloc.so libx.so:/y.so"}, [])["preloads"]
    assert preloads == ["/opt/jemalloc.so", "libx.so", "/y.so", "/usr/lib/shim.so"]


@pytest.mark.skipif(shutil.which("ldconfig", path="/sbin:/usr/sbin:/bin:/usr/bin") is None, reason="no ldconfig here")
def test_this_machines_cache_is_read_as_ldconfig_reads_it() -> None:
    """Every 64-bit library that it prints, in its order."""
    ldconfig = shutil.which("ldconfig", path="/sbin:/usr/sbin:/bin:/usr/bin") or ""
    printed = subprocess.run([ldconfig, "-p"], capture_output=True, text=True, check=True).stdout
    rows = re.findall(r"^\t(\S+) \(([^)]*)\) => (\S+)$", printed, re.MULTILINE)
    assert loader.cache("") == [(name, path) for name, kind, path in rows if "64" in kind]
    assert rows


def test_a_cache_outranks_the_configuration(tmp_path: Path) -> None:
    """A folder that was configured after ldconfig ran is not searched; of a damaged cache nothing is believed."""
    words = b"libcuda.so.1\0/opt/cached/libcuda.so.1\0"
    start = 48 + 24
    entry = struct.pack("=iIIIQ", 0x0303, start, start + 13, 0, 0)
    cache = b"glibc-ld.so.cache1.1" + struct.pack("=II", 1, len(words)) + bytes(20) + entry + words
    trees: list[Tree] = [linux(), roots.libraries("1.2", "/opt/cached"), roots.libraries("3.4", "/opt/configured")]
    root = lay(tmp_path, *trees, {"/etc/ld.so.conf": "/opt/configured\n", "/etc/ld.so.cache": cache})
    assert cuda(root) == [("/opt/cached/libcuda.so.1", "1.2", "ld.so.conf")]
    for damaged in (b"", b"garbage" * 99, cache[:30]):
        lay(tmp_path, {"/etc/ld.so.cache": damaged})
        assert cuda(root) == [("/opt/configured/libcuda.so.1", "3.4", "ld.so.conf")]
    lay(tmp_path, {"/etc/ld.so.cache": cache[:52] + b"\xff" * 200})
    assert cuda(root) == []


def test_a_configuration_that_includes_itself_ends(tmp_path: Path) -> None:
    """After a bounded number of files."""
    root = lay(tmp_path, linux(), {"/etc/ld.so.conf": "include /etc/ld.so.conf\n/opt/lib # mine\nrelative\n"})
    assert set(loader.configured(root)) == {"/opt/lib"}
