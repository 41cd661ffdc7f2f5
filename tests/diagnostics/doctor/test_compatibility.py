"""The rules of drivers, code and wheels, beside what torch itself holds for true."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from diagnostics.doctor import compatibility as rules
from diagnostics.doctor import tables


@pytest.mark.parametrize(
    ("driver", "cuda", "runs"),
    [
        ("550.54.14", "12.4", True),
        ("550.54.14", "12.6", True),
        ("535.183.01", "12.6", True),
        ("535.183.01", "12.8", True),
        ("525.60.13", "12.9", True),
        ("525.60.11", "12.1", False),
        ("550.54.14", "13.0", False),
        ("575.57.08", "13.0", False),
        ("580.65.06", "13.2", True),
        ("580.95.05", "11.8", True),
        ("470.256.02", "11.8", True),
        ("470.256.02", "12.1", False),
        ("566.36", "12.6", True),
        ("550.54.14", "14.0", None),
        ("550.54.14", "10.2", None),
        ("", "12.6", None),
        ("what", "12.6", None),
        ("550.54.14", "", None),
    ],
)
def test_a_driver_runs_every_minor_version_of_its_family(driver: str, cuda: str, runs: bool | None) -> None:
    """Only CUDA's major version counts; what no table knows is not judged."""
    assert rules.driver_runs(driver, cuda) is runs


@pytest.mark.parametrize(
    ("driver_cuda", "cuda", "compiles"),
    [(12040, "12.6", False), (12060, "12.6", True), (13000, "12.9", True), (12100, "12.8", True), (0, "12.6", None)],
)
def test_ptx_asks_for_a_driver_as_new_as_the_toolkit(driver_cuda: int, cuda: str, compiles: bool | None) -> None:
    """Here the minor version counts, as a number: 12.10 is newer than 12.8."""
    assert rules.driver_compiles(driver_cuda, cuda) is compiles


@pytest.mark.parametrize(
    ("arch", "capability", "runs"),
    [
        ("sm_86", (8, 9), True),
        ("sm_80", (8, 9), True),
        ("sm_89", (8, 6), False),
        ("sm_60", (6, 1), True),
        ("sm_70", (7, 5), True),
        ("sm_75", (7, 0), False),
        ("sm_90", (10, 0), False),
        ("sm_100", (10, 3), True),
        ("sm_120", (12, 1), True),
        ("sm_100", (12, 0), False),
        ("sm_90a", (9, 0), True),
        ("sm_100f", (10, 3), True),
        ("sm_80", (8, 7), False),
        ("sm_87", (8, 7), True),
        ("sm_87", (8, 9), False),
        ("sm_101", (11, 0), True),
        ("sm_101", (10, 3), False),
        ("compute_80", (8, 6), False),
        ("gfx942", (9, 4), False),
    ],
)
def test_code_runs_on_its_major_capability_from_its_minor_one_on(
    arch: str, capability: tuple[int, int], runs: bool
) -> None:
    """But for Jetson modules, and for Thor, which changed its number."""
    assert rules.runs(arch, capability) is runs


@pytest.mark.parametrize(
    ("arch", "capability", "compiles"),
    [
        ("compute_80", (9, 0), True),
        ("compute_90", (12, 0), True),
        ("compute_120", (12, 1), True),
        ("compute_90", (8, 9), False),
        ("compute_90a", (10, 0), False),
        ("compute_100f", (10, 3), False),
        ("sm_80", (9, 0), False),
    ],
)
def test_plain_ptx_is_for_every_newer_gpu(arch: str, capability: tuple[int, int], compiles: bool) -> None:
    """PTX with a letter is for one GPU or one family, and no promise to others."""
    assert rules.compiles_for(arch, capability) is compiles


@pytest.mark.parametrize(
    ("capability", "driver", "machine", "python", "tag"),
    [
        ((8, 9), "550.54.14", "x86_64", "3.12.3", "cu126"),
        ((8, 9), "580.95.05", "x86_64", "3.12.3", "cu130"),
        ((6, 1), "580.95.05", "x86_64", "3.12.3", "cu126"),
        ((7, 0), "570.26", "x86_64", "3.12.3", "cu126"),
        ((12, 0), "570.172.08", "x86_64", "3.12.3", "cu128"),
        ((12, 1), "580.95.05", "aarch64", "3.12.3", "cu130"),
        ((9, 0), "550.54.14", "aarch64", "3.12.3", "cu126"),
        ((8, 0), "470.256.02", "x86_64", "3.12.3", "cu118"),
        ((8, 0), "470.256.02", "x86_64", "3.14.0", None),
        ((7, 5), "", "x86_64", "", "cu130"),
        ((3, 7), "470.256.02", "x86_64", "3.10.1", "cu118"),
        ((3, 7), "470.256.02", "x86_64", "3.13.1", None),
        ((3, 5), "470.256.02", "x86_64", "3.10.1", None),
        ((9, 0), "580.95.05", "x86_64", "3.9.19", "cu126"),
        ((9, 0), "580.95.05", "x86_64", "3.8.18", "cu124"),
        ((9, 0), "580.95.05", "aarch64", "3.9.19", None),
        ((12, 0), "580.95.05", "x86_64", "3.9.19", "cu128"),
        ((12, 0), "580.95.05", "x86_64", "3.8.18", None),
        ((9, 0), "580.95.05", "x86_64", "3.7.16", None),
        ((12, 0), "550.54.14", "x86_64", "3.15.0", None),
        ((8, 9), "390.157", "x86_64", "3.12.3", None),
    ],
)
def test_the_advised_wheel_runs_on_the_gpu_and_the_driver(
    capability: tuple[int, int], driver: str, machine: str, python: str, tag: str | None
) -> None:
    """One that is certain, or none."""
    wheel = rules.wheel_for([capability], driver, machine, python)
    assert (wheel and wheel.tag) == tag


def test_an_old_c_library_keeps_to_the_wheels_that_it_loads() -> None:
    """CentOS 7 has glibc 2.17, and wheels since torch 2.7 need 2.28."""
    old = rules.wheel_for([(7, 5)], "535.183.01", python="3.10.12", glibc="2.17")
    assert old == rules.Wheel("cu124")
    assert rules.wheel_for([(7, 5)], "535.183.01", python="3.10.12", glibc="2.28") == rules.Wheel("cu126")
    assert rules.wheel_for([(12, 0)], glibc="2.17") is None


def test_kepler_gets_the_last_torch_whose_cudnn_knows_it() -> None:
    """The folder's newest has nothing for it."""
    assert rules.wheel_for([(3, 7)], "470.256.02") == rules.Wheel("cu118", "torch<2.4")
    assert rules.wheel_for([(8, 0)], "470.256.02") == rules.Wheel("cu118")


@pytest.mark.parametrize(
    ("version", "tag", "machine", "capability", "has"),
    [
        ("2.9.1+cu130", "cu126", "x86_64", (8, 9), True),
        ("2.13.0", "cu126", "x86_64", (6, 1), True),
        ("2.13.0", "cu130", "x86_64", (6, 1), False),
        ("2.9.1", "cu118", "x86_64", (8, 9), False),
        ("2.14.0", "cu126", "x86_64", (8, 9), False),
        ("2.9.0a0+gitab12", "cu126", "x86_64", (8, 9), False),
        ("2.9.1", "cu126", "aarch64", (9, 0), False),
    ],
)
def test_a_release_may_have_a_build_of_another_tag(
    version: str, tag: str, machine: str, capability: tuple[int, int], has: bool
) -> None:
    """What no table knows is not promised."""
    assert rules.has_build(version, tag, machine, [capability]) is has


def test_several_gpus_get_a_wheel_for_all_of_them() -> None:
    """A Volta card beside an Ampere one keeps both to cu126; beside a Blackwell one nothing serves both."""
    both = rules.wheel_for([(7, 0), (8, 6)], "580.95.05")
    assert both is not None
    assert both.index == "https://download.pytorch.org/whl/cu126"
    assert rules.wheel_for([(7, 0), (12, 0)], "580.95.05") is None


@pytest.mark.parametrize("version", ["2.14.0+cu130", "2.13.0", "2.6.0a0+ecf3bae40a.nv25.01", "2.13.0+cpu", "", "2.13"])
def test_a_build_that_no_table_knows_is_not_judged(version: str) -> None:
    """What somebody else built, and what came after the table."""
    assert rules.wheel_code(version, "x86_64") is None


@pytest.mark.parametrize(
    ("torch", "vision", "fits"),
    [
        ("2.13.0+cu126", "0.28.0+cu126", True),
        ("2.13.1", "0.28.0", True),
        ("2.13.0", "0.27.1", False),
        ("2.14.1", "0.29.0", True),
        ("2.15.0", "0.29.2", True),
        ("2.15.0", "0.29.0", False),
        ("2.13.0", "0.29.2", False),
        ("2.0.1", "0.15.2", True),
        ("2.6.0a0+ecf3bae40a.nv25.01", "0.20.0a0", None),
        ("1.4.0", "0.5.0", None),
        ("2.13.0", "", None),
    ],
)
def test_torchvision_is_for_one_torch_until_it_is_for_all_later_ones(
    torch: str, vision: str, fits: bool | None
) -> None:
    """By major and minor number; NVIDIA's own builds pair in their own way."""
    assert rules.vision_fits(torch, vision) is fits


@pytest.mark.parametrize(
    ("torch", "audio", "fits"),
    [
        ("2.10.0", "2.10.0+cu128", True),
        ("2.9.1", "2.9.0", True),
        ("2.10.0", "2.9.1", False),
        ("2.11.0", "2.10.0", False),
        ("2.15.0", "2.11.0", True),
        ("2.9.0", "2.11.0", False),
        ("1.13.1", "0.13.1", None),
    ],
)
def test_torchaudio_has_torchs_number_until_it_is_for_all_later_ones(torch: str, audio: str, fits: bool | None) -> None:
    """Since 2.11 it pins no torch."""
    assert rules.audio_fits(torch, audio) is fits


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ("2.13.0+cu126", "0.28.0+cpu", True),
        ("2.13.0+cu126", "0.28.0+cu130", True),
        ("2.13.0+cu126", "0.28.0+cu128", False),
        ("2.13.0+cu126", "0.28.0", False),
        ("2.13.0+cpu", "0.28.0+cpu", False),
        ("2.13.0+rocm6.4", "0.28.0+cu126", True),
        ("2.9.0+gitabcdef0", "0.24.0+cu126", False),
    ],
)
def test_builds_clash_where_their_kinds_or_families_differ(one: str, other: str, clash: bool) -> None:
    """A tag that says nothing is no difference."""
    assert rules.builds_clash(one, other) is clash


@pytest.mark.parametrize(
    ("torch", "numpy", "fits"),
    [
        ("2.2.2", "2.1.0", False),
        ("2.2.2", "1.26.4", True),
        ("2.3.0", "2.0.0", True),
        ("", "2.0", None),
        ("2.2", "", None),
    ],
)
def test_numpy_2_needs_torch_2_3(torch: str, numpy: str, fits: bool | None) -> None:
    assert rules.numpy_fits(torch, numpy) is fits


@pytest.mark.torch
def test_the_rule_for_code_is_torchs_own() -> None:
    """Every code that torch names, on every capability: torch.cuda's DEVICE_REQUIREMENT says the same."""
    allowed = _torch_cuda()["DEVICE_REQUIREMENT"]
    capabilities = list(tables.ARCHITECTURES)
    differ = [
        (code, capability)
        for code, those in allowed.items()
        for capability in capabilities
        if rules.runs(f"sm_{code}", capability) != (10 * capability[0] + capability[1] in those)
    ]
    assert differ == []


@pytest.mark.torch
def test_the_tables_of_wheels_are_torchs_own() -> None:
    """PYTORCH_RELEASES_CODE_CC of the torch that is installed, where the tables know its release."""
    torch = _torch_cuda()
    releases = torch["PYTORCH_RELEASES_CODE_CC"]
    compared = 0
    for cuda, machines in releases.items():
        for machine, codes in machines.items():
            archs = rules.wheel_code(f"{torch['version']}+cu{cuda.replace('.', '')}", machine)
            if archs is not None:
                assert {int(arch[3:]) for arch in archs if arch.startswith("sm_")} == codes
                compared += 1
    if not compared:
        pytest.skip(f"the tables do not know torch {torch['version']}")


@pytest.mark.torch
def test_what_is_advised_is_in_torchs_own_list() -> None:
    """A wheel that is still made has code for all that its advice claims."""
    releases = _torch_cuda()["PYTORCH_RELEASES_CODE_CC"]
    made = [offer for offer in tables.OFFERS if rules.tag_cuda(offer.tag) in releases]
    assert made
    for offer in made:
        assert {int(code) for code in offer.codes} <= releases[rules.tag_cuda(offer.tag)][offer.machine]


def _torch_cuda() -> dict[str, Any]:
    """The two tables of torch/cuda/__init__.py and torch's version, read without importing torch."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        pytest.skip("there is no torch here")
    folder = Path(spec.origin).parent
    tree = ast.parse((folder / "cuda" / "__init__.py").read_text())
    wanted = {"DEVICE_REQUIREMENT", "PYTORCH_RELEASES_CODE_CC"}
    found = {
        node.target.id: node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in wanted
    }
    if set(found) != wanted:
        pytest.skip("this torch has no such tables")
    version: dict[str, Any] = {}
    exec((folder / "version.py").read_text(), version)  # noqa: S102 - torch's own, and nothing but assignments
    release = str(version["__version__"]).partition("+")[0]
    return {
        "DEVICE_REQUIREMENT": _requirement(found["DEVICE_REQUIREMENT"]),
        "PYTORCH_RELEASES_CODE_CC": ast.literal_eval(found["PYTORCH_RELEASES_CODE_CC"]),
        "version": release,
    }


def _requirement(table: ast.AST) -> dict[int, set[int]]:
    """Code -> the capabilities that it runs on: an interval goes to the end of its major version."""
    assert isinstance(table, ast.Dict)
    allowed: dict[int, set[int]] = {}
    for key, value in zip(table.keys, table.values):
        assert isinstance(value, ast.Call)
        told = {word.arg: ast.literal_eval(word.value) for word in value.keywords}
        if "start" in told:
            first = told["start"]
            those = set(range(first, first // 10 * 10 + 10)) - told.get("exclude", set())
        else:
            those = ast.literal_eval(value.args[0])
        allowed[ast.literal_eval(key)] = those
    return allowed


@pytest.mark.parametrize(
    ("capability", "branch"),
    [((3, 7), 470), ((5, 2), 580), ((6, 1), 580), ((7, 0), 580), ((7, 5), None), ((12, 0), None), ((2, 0), None)],
)
def test_a_driver_s_branch_is_the_last_for_an_old_gpu(capability: tuple[int, int], branch: int | None) -> None:
    """From Turing on no end is announced; what no table knows is not judged."""
    assert rules.last_branch(capability) == branch
