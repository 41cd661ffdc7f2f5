"""Packages as their files tell of them, without an import."""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from diagnostics.doctor.probe import python, torch_files

VERSION = """\
from typing import Optional

__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip', 'rocm', 'xpu']
__version__ = '{version}'
debug = False
cuda: Optional[str] = {cuda}
git_version = 'cf30153c4c131c8164ee7798e5022d810682e2cb'
hip: Optional[str] = None
"""
HERE = 'platform_system == "Linux"'


class Packages:
    """A folder of packages on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, path: str, text: str = "") -> Path:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def install(self, name: str, version: str, *requires: str, files: Sequence[str] = ()) -> None:
        info = f"{name.replace('-', '_')}-{version}.dist-info"
        asked = "".join(f"Requires-Dist: {line}\n" for line in requires)
        self.write(f"{info}/METADATA", f"Name: {name}\nRequires-Python: >=3.10\n{asked}\nRequires-Dist: prose\n")
        self.write(f"{info}/INSTALLER", "pip\n")
        self.write(f"{info}/RECORD", "".join(f"{path},sha256=x,1\n" for path in files))

    def torch(self, version: str = "2.13.0+cu130", cuda: str = "'13.0'", *requires: str) -> None:
        self.install("torch", version.partition("+")[0], *requires)
        self.write("torch/__init__.py")
        self.write("torch/version.py", VERSION.format(version=version, cuda=cuda))


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    """The only folder on the path."""
    made = Packages(tmp_path / "site-packages")
    monkeypatch.setattr(sys, "path", [str(made.folder)])
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    return made


def seen() -> dict[str, Any]:
    return torch_files.look("")


def test_a_torch_is_read_from_its_files(packages: Packages) -> None:
    """Its build, its metadata, and who installed it."""
    packages.torch()
    (torch,) = seen()["torches"]
    assert torch == {
        "folder": str(packages.folder / "torch"),
        "version": "2.13.0+cu130",
        "cuda": "13.0",
        "hip": "",
        "metadata": "2.13.0",
        "installer": "pip",
        "requires_python": ">=3.10",
        "user_site": False,
    }


def test_a_torch_for_the_cpu_has_no_cuda(packages: Packages) -> None:
    """Which is not the same as a build that does not say."""
    packages.torch("2.13.0+cpu", "None")
    assert seen()["torches"][0]["cuda"] == ""
    packages.write("torch/version.py", "__version__ = '1.0'\n")
    assert seen()["torches"][0]["cuda"] is None


def test_every_torch_on_the_path_is_told_in_its_order(
    packages: Packages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of the user's own packages is marked."""
    own = Packages(tmp_path / "own")
    own.torch("2.6.0", "'12.4'")
    packages.torch()
    monkeypatch.setattr(sys, "path", [str(own.folder), str(packages.folder)])
    monkeypatch.setattr(site, "getusersitepackages", lambda: str(own.folder))
    assert [(one["version"], one["user_site"]) for one in seen()["torches"]] == [
        ("2.6.0", True),
        ("2.13.0+cu130", False),
    ]


def test_two_metadata_folders_and_what_pip_left(packages: Packages) -> None:
    """Both are told, and "~orch" is no distribution."""
    packages.torch()
    packages.write("torch-2.6.0.dist-info/METADATA")
    packages.write("~orch/version.py")
    packages.write("~orch-2.5.0.dist-info/METADATA")
    found = seen()
    assert [Path(path).name for path in found["metadata"]] == ["torch-2.13.0.dist-info", "torch-2.6.0.dist-info"]
    assert [Path(path).name for path in found["leftovers"]] == ["~orch", "~orch-2.5.0.dist-info"]
    assert list(found["versions"]) == ["torch"]


def test_pins_that_are_not_met(packages: Packages) -> None:
    """With what is installed, or nothing; builds of a version count as the version."""
    packages.torch(
        "2.13.0",
        "'13.0'",
        f"nvidia-cudnn-cu13==9.19.0.56; {HERE}",
        f"nvidia-nccl-cu13==2.28.9; {HERE}",
        f"triton==3.7.1; {HERE}",
        'optree>=0.13.0; extra == "optree"',
        "networkx>=2.5.1",
    )
    packages.install("nvidia-cudnn-cu13", "9.10.2.21")
    packages.install("triton", "3.7.1+git1")
    packages.install("torchvision", "0.27.0", "torch==2.12.0", "numpy", "pillow!=8.3.*,>=5.3.0")
    packages.install("torchaudio", "2.13.0", "torch (==2.13.0)")
    unmet = {(pin["distribution"], pin["on"], pin["wants"], pin["has"]) for pin in seen()["unmet"]}
    expected = {("torchvision", "torch", "==2.12.0", "2.13.0")}
    if sys.platform == "linux":
        expected |= {
            ("torch", "nvidia-cudnn-cu13", "==9.19.0.56", "9.10.2.21"),
            ("torch", "nvidia-nccl-cu13", "==2.28.9", ""),
        }
    assert unmet == expected


def test_pins_for_other_platforms_are_none(packages: Packages) -> None:
    """Nor are those that cannot be read."""
    packages.torch(
        "2.13.0",
        "'13.0'",
        'a==1; platform_system == "Plan9"',
        'b==1; python_version < "3.0"',
        'c==1; platform_machine == "vax" or extra == "all"',
        "d==1; whatever ~~ 5",
        "e @ https://example.org/e.whl",
        'f==1; (sys_platform == "win32") and python_version >= "3.8"',
    )
    assert seen()["unmet"] == []


def test_libraries_that_are_gone(packages: Packages) -> None:
    """As their RECORD lists them."""
    libraries = ("nvidia/cudnn/lib/libcudnn.so.9", "nvidia/cudnn/lib/libcudnn_ops.so.9", "nvidia/cudnn/x.h")
    packages.install("nvidia-cudnn-cu13", "9.19.0.56", files=libraries)
    packages.write("nvidia/cudnn/lib/libcudnn.so.9")
    assert seen()["missing"] == [str(packages.folder / "nvidia/cudnn/lib/libcudnn_ops.so.9")]


def test_where_pynvml_comes_from(packages: Packages) -> None:
    """The deprecated distribution brings a package, which wins over nvidia-ml-py's module."""
    assert seen()["pynvml"] == ""
    packages.write("pynvml.py")
    assert seen()["pynvml"] == "module"
    packages.write("pynvml/__init__.py")
    packages.install("pynvml", "11.5.3")
    packages.install("gpu-things", "1.0", "pynvml>=11")
    packages.install("other-things", "1.0", "nvidia-ml-py>=12")
    found = seen()
    assert (found["pynvml"], found["needs_pynvml"]) == ("package", ["gpu-things"])


def test_what_conda_records(packages: Packages, tmp_path: Path) -> None:
    """torch itself, and not what is named like it."""
    for name in ("pytorch-cuda-12.4-h1.json", "pytorch-2.5.1-cuda126_py311_0.json", "pytorch-mutex-1.0-cuda.json"):
        (tmp_path / "prefix" / "conda-meta").mkdir(parents=True, exist_ok=True)
        (tmp_path / "prefix" / "conda-meta" / name).write_text("{}")
    assert seen()["conda_torch"] == "2.5.1"


def test_builds_and_extensions_say_which_torch_they_are_for(packages: Packages) -> None:
    """By a pin, by their version, or not at all."""
    packages.write("torchvision/version.py", "__version__ = '0.28.0+cu130'\ngit_version = 'x'\n")
    packages.install("flash-attn", "2.8.3+cu12torch2.6cxx11abiTRUE")
    packages.install("torch-scatter", "2.1.2+pt26cu124")
    packages.install("xformers", "0.0.33", "torch==2.9.0", "numpy")
    packages.install("apex", "0.1")
    found = seen()
    assert found["builds"] == {"torchvision": "0.28.0+cu130"}
    assert found["kernels"] == {"apex": "", "flash-attn": "2.6", "torch-scatter": "2.6", "xformers": "2.9.0"}


def test_one_openmp_of_each_make(packages: Packages, tmp_path: Path) -> None:
    """Copies of one make are no news."""
    packages.torch()
    packages.write("torch/lib/libgomp.so.1")
    packages.write("scikit_learn.libs/libgomp-a34b3233.so.1.0.0")
    packages.write("torch/lib/libtorch.so")
    conda = Packages(tmp_path / "prefix" / "lib")
    conda.write("libiomp5.so")
    names = [Path(path).name for path in seen()["openmp"]]
    assert names[0] == "libiomp5.so"
    assert len(names) == 2


def test_a_folder_that_cannot_be_read_holds_nothing(packages: Packages, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path may name what is not there, or no folder."""
    monkeypatch.setattr(sys, "path", ["", "/no/where", __file__, str(packages.folder)])
    assert seen()["torches"] == []


# The Python that is judged


def test_what_stands_for_torch_in_the_current_folder(
    packages: Packages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file or a package; a folder without __init__.py loses to the installed torch."""
    packages.torch()
    here = Packages(tmp_path / "here")
    monkeypatch.chdir(here.folder)
    here.write("torch/data.txt")
    assert python.local_torch() is None
    file = here.write("torch.py")
    assert python.local_torch() == str(file)
    here.write("torch/__init__.py")
    assert python.local_torch() == str(here.folder / "torch")


def test_the_installed_torch_is_no_stranger(packages: Packages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where one stands in its packages' folder."""
    packages.torch()
    monkeypatch.chdir(packages.folder)
    assert python.local_torch() is None


def test_a_torch_py_before_the_installed_one_is_told(
    packages: Packages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As PYTHONPATH can put it there; one behind it does no harm."""
    packages.torch()
    other = Packages(tmp_path / "other")
    file = other.write("torch.py")
    monkeypatch.setattr(sys, "path", [str(packages.folder), str(other.folder)])
    assert python.local_torch() is None
    monkeypatch.setattr(sys, "path", [str(other.folder), str(packages.folder)])
    assert python.local_torch() == str(file)


def test_this_python_is_told() -> None:
    """As it is."""
    told = python.look("")
    assert told["executable"] == sys.executable
    assert told["version"].startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")
    assert told["bits"] == (64 if sys.maxsize > 2**32 else 32)
    assert told["virtual"] == (sys.prefix != sys.base_prefix)
    assert told["conda"] == os.path.isdir(os.path.join(sys.prefix, "conda-meta"))
