"""Libraries of the wheel in whose place another is loaded: judged as the loader does it, and by the loader itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from diagnostics.doctor.probe import elf
from diagnostics.doctor.probe.shadows import shadows
from tests.diagnostics.doctor import roots
from tests.diagnostics.doctor.roots import SITE, Link, Tree, cuda_wheel, lay, linux

CUDA = "/usr/local/cuda-12.1/lib64"
NEW = ("__nvJitLinkCreate_12_4", "__nvJitLinkComplete_12_4")
OLD = ("__nvJitLinkCreate_12_1", "__nvJitLinkComplete_12_1")


def toolkit(*symbols: str) -> Tree:
    """An older CUDA's folder, with all that the wheel has, too."""
    return {
        f"{CUDA}/libnvJitLink.so.12": Link("libnvJitLink.so.12.1.105"),
        f"{CUDA}/libnvJitLink.so.12.1.105": roots.elf(soname="libnvJitLink.so.12", defines=symbols),
        f"{CUDA}/libcusparse.so.12": roots.elf(soname="libcusparse.so.12"),
        f"{CUDA}/libcudart.so.12": roots.elf(soname="libcudart.so.12"),
    }


def test_what_nvidias_libraries_need_of_one_another_is_taken_from_the_path(tmp_path: Path) -> None:
    """libnvJitLink is searched by libcusparse's RUNPATH, after LD_LIBRARY_PATH: the import fails on a symbol.

    What torch itself needs is found by its RPATH first, and stays the wheel's.
    """
    root = lay(tmp_path, linux(), cuda_wheel(), toolkit(*OLD))
    assert shadows(root, {"LD_LIBRARY_PATH": CUDA}, [SITE]) == [
        {
            "name": "libnvJitLink.so.12",
            "wheel": f"{SITE}/nvidia/nvjitlink/lib/libnvJitLink.so.12",
            "wins": f"{CUDA}/libnvJitLink.so.12",
            "by": "LD_LIBRARY_PATH",
            "wins_version": "12.1.105",
            "needed_by": "libcusparse.so.12",
            "missing": sorted(NEW),
        }
    ]


def test_a_library_that_has_all_the_symbols_is_told_to_lack_none(tmp_path: Path) -> None:
    """As a newer toolkit's: it is loaded instead, and works."""
    root = lay(tmp_path, linux(), cuda_wheel(), toolkit(*OLD, *NEW))
    (shadow,) = shadows(root, {"LD_LIBRARY_PATH": CUDA}, [SITE])
    assert shadow["missing"] == []


def test_a_path_without_such_libraries_shadows_nothing(tmp_path: Path) -> None:
    """Nor does none, nor one whose folder is gone, nor the wheel's own."""
    root = lay(tmp_path, linux(), cuda_wheel(), {"/opt/lib/libfoo.so": ""}, toolkit(*OLD))
    for path in ("", "/opt/lib", "/gone", f"{SITE}/nvidia/nvjitlink/lib"):
        assert shadows(root, {"LD_LIBRARY_PATH": path}, [SITE]) == []


def test_torch_without_an_rpath_loses_its_own_needs_too(tmp_path: Path) -> None:
    """As builds from source and the CPU wheel, which have a RUNPATH: here another libtorch stands on the path."""
    wheel: Tree = {
        f"{SITE}/torch/lib/libtorch_python.so": roots.elf(needed=["libtorch_cpu.so"], runpath="$ORIGIN"),
        f"{SITE}/torch/lib/libtorch_cpu.so": roots.elf(soname="libtorch_cpu.so"),
        "/opt/libtorch/lib/libtorch_cpu.so": roots.elf(soname="libtorch_cpu.so"),
    }
    (shadow,) = shadows(lay(tmp_path, linux(), wheel), {"LD_LIBRARY_PATH": "/opt/libtorch/lib"}, [SITE])
    assert (shadow["name"], shadow["needed_by"]) == ("libtorch_cpu.so", "libtorch_python.so")


def test_parts_that_are_loaded_by_name_are_taken_from_the_path(tmp_path: Path) -> None:
    """cuDNN opens its own parts as it runs."""
    other: Tree = {"/opt/cudnn/lib/libcudnn_cnn.so.9": roots.elf(soname="libcudnn_cnn.so.9")}
    (shadow,) = shadows(lay(tmp_path, linux(), cuda_wheel(), other), {"LD_LIBRARY_PATH": "/opt/cudnn/lib"}, [SITE])
    assert (shadow["name"], shadow["needed_by"], shadow["missing"]) == ("libcudnn_cnn.so.9", "", None)


def test_a_preloaded_library_wins_over_everything(tmp_path: Path) -> None:
    """Even over an RPATH."""
    preload = f"{CUDA}/libcudart.so.12"
    found = shadows(lay(tmp_path, linux(), cuda_wheel(), toolkit(*NEW)), {"LD_PRELOAD": preload}, [SITE])
    assert {(shadow["name"], shadow["wins"], shadow["by"]) for shadow in found} == {
        ("libcudart.so.12", preload, "LD_PRELOAD")
    }


def test_condas_python_brings_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its RPATH counts for what has no RUNPATH of its own, and torch's RPATH still comes first."""
    conda: Tree = {
        "/opt/conda/bin/python3.11": roots.elf(rpath="$ORIGIN/../lib"),
        "/opt/conda/lib/libnvJitLink.so.12": roots.elf(soname="libnvJitLink.so.12", defines=OLD),
        "/opt/conda/lib/libcudart.so.12": roots.elf(soname="libcudart.so.12"),
    }
    bare: Tree = {
        f"{SITE}/nvidia/cusparse/lib/libcusparse.so.12": roots.elf(needed=["libnvJitLink.so.12"], wants=NEW),
        f"{SITE}/torch/lib/libtorch_cuda.so": roots.elf(
            needed=["libcudart.so.12", "libcusparse.so.12"],
            rpath="$ORIGIN/../../nvidia/cusparse/lib:$ORIGIN/../../nvidia/cuda_runtime/lib",
        ),
    }
    root = lay(tmp_path, linux(), cuda_wheel(), conda, bare)
    monkeypatch.setattr(sys, "executable", "/opt/conda/bin/python3.11")
    (shadow,) = shadows(root, {}, [SITE])
    assert (shadow["name"], shadow["by"], shadow["missing"]) == ("libnvJitLink.so.12", "RPATH of Python", sorted(NEW))


def test_files_that_are_no_libraries_are_judged_by_their_names_alone(tmp_path: Path) -> None:
    """Nothing is known of their symbols."""
    wheel: Tree = {f"{SITE}/nvidia/nccl/lib/libnccl.so.2": "", "/opt/nccl/libnccl.so.2": "\x7fELF?"}
    (shadow,) = shadows(lay(tmp_path, linux(), wheel), {"LD_LIBRARY_PATH": "/opt/nccl"}, [SITE])
    assert (shadow["name"], shadow["missing"]) == ("libnccl.so.2", None)


@pytest.mark.parametrize("end", [3, 5, 20, 63, 64, 100, 170, 230, 300])
def test_a_cut_library_is_none_and_raises_nothing(tmp_path: Path, end: int) -> None:
    """As an interrupted download leaves it."""
    whole = roots.elf("libx.so.1", ["liba.so"], "/r", "/rr", ["defined"], ["wanted"])
    (tmp_path / "x").write_bytes(whole[:end])
    read = elf.read(str(tmp_path / "x"), symbols=True)
    assert read is None or not read.defines


def test_every_damaged_byte_is_survived(tmp_path: Path) -> None:
    """A library whose header lies about its sizes and places."""
    whole = roots.elf("libx.so.1", ["liba.so"], "/r", "/rr", ["defined"], ["wanted"])
    for at in range(len(whole)):
        (tmp_path / "x").write_bytes(whole[:at] + b"\xff" + whole[at + 1 :])
        elf.read(str(tmp_path / "x"), symbols=True)


def test_a_whole_library_is_read(tmp_path: Path) -> None:
    """All that was written of it."""
    (tmp_path / "x").write_bytes(roots.elf("libx.so.1", ["liba.so"], "/r", "/rr", ["defined"], ["wanted"]))
    read = elf.read(str(tmp_path / "x"), symbols=True)
    assert read is not None
    assert (read.soname, read.needed, read.rpath, read.runpath) == ("libx.so.1", ["liba.so"], "/r", "/rr")
    assert set(read.defines) == {"defined"}
    assert set(read.wants) == {"wanted"}


COMPILER = shutil.which("cc") or ""
compiled = pytest.mark.skipif(not (COMPILER and sys.platform == "linux"), reason="needs Linux and a C compiler")


def build(path: Path, source: str, *flags: str) -> Path:
    """A shared library of one line of C."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [COMPILER, "-shared", "-fPIC", "-o", str(path), f"-Wl,-soname,{path.name}", "-xc", "-", "-xnone", *flags]
    subprocess.run(command, input=source, text=True, check=True, capture_output=True)
    return path


@compiled
@pytest.mark.parametrize("tags", ["--enable-new-dtags", "--disable-new-dtags"])
@pytest.mark.parametrize("hashes", ["sysv", "gnu"])
def test_the_loader_itself_does_what_was_foretold(tmp_path: Path, tags: str, hashes: str) -> None:
    """Real libraries, with RUNPATH and with RPATH: which file is mapped is what the probe says."""
    site, other = tmp_path / "site", tmp_path / "other"
    style = (f"-Wl,--hash-style={hashes}", f"-Wl,{tags}")
    inner = build(site / "nvidia/inner/lib/libinner.so.1", "int fresh(void) { return 1; }", *style)
    (inner.parent / "libinner.so").symlink_to(inner.name)
    search = "-Wl,-rpath,$ORIGIN/../../nvidia/inner/lib"
    build(
        site / "torch/lib/libtorch_python.so",
        "int fresh(void); int ask(void) { return fresh(); }",
        search,
        f"-L{inner.parent}",
        "-linner",
        *style,
    )
    build(other / "libinner.so.1", "int fresh(void) { return 2; } int more(void) { return 0; }", *style)
    environment = dict(os.environ, LD_LIBRARY_PATH=str(other))
    asked = (
        f"import ctypes; ctypes.CDLL({str(site / 'torch/lib/libtorch_python.so')!r});"
        "print(open('/proc/self/maps').read())"
    )
    maps = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    (mapped,) = set(re.findall(r"(/\S+/libinner\.so\.1)", maps.stdout))
    found = shadows("", {"LD_LIBRARY_PATH": str(other)}, [str(site)])
    foretold = found[0]["wins"] if found else str(inner)
    assert mapped == foretold
    assert bool(found) == (tags == "--enable-new-dtags")
    assert [shadow["missing"] for shadow in found] == [[]] * len(found)


@compiled
@pytest.mark.parametrize("hashes", ["sysv", "gnu"])
def test_an_undefined_symbol_of_a_real_library_is_named(tmp_path: Path, hashes: str) -> None:
    """The one that the loader would name."""
    site, other, style = tmp_path / "site", tmp_path / "other", f"-Wl,--hash-style={hashes}"
    inner = build(site / "nvidia/inner/lib/libinner.so.1", "int fresh(void) { return 1; }", style)
    (inner.parent / "libinner.so").symlink_to(inner.name)
    flags = (f"-L{inner.parent}", "-linner", "-Wl,--enable-new-dtags,-rpath,$ORIGIN/../../nvidia/inner/lib", style)
    build(site / "torch/lib/libtorch_python.so", "int fresh(void); int ask(void) { return fresh(); }", *flags)
    build(other / "libinner.so.1", "int stale(void) { return 2; }", style)
    (shadow,) = shadows("", {"LD_LIBRARY_PATH": str(other)}, [str(site)])
    assert shadow["missing"] == ["fresh"]
