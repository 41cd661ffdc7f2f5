"""What may be sent to others: nobody is named, and the host is judged as before."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from diagnostics.doctor.decode import decode
from diagnostics.doctor.facts import (
    Facts,
    Gpu,
    Host,
    KernelLog,
    Limits,
    MigDevice,
    Nvml,
    Packages,
    Python,
    Torch,
    TorchGpu,
    TorchRun,
)
from diagnostics.doctor.judge import judge
from diagnostics.doctor.redact import redacted
from tests.diagnostics.doctor import hosts

UUID = "GPU-1a2b3c4d-1111-2222-3333-444455556666"
TWIN = "GPU-1a2bffff-1111-2222-3333-444455556667"

PLANTED = Facts(
    host=Host(
        name="ada-lovelace-ws.example.org",
        command_line="root=UUID=0f6c3b1a-9c1d-4f0e-8f57-0c9a1b2c3d4e ip=10.1.2.3 iommu=pt nouveau.modeset=0",
    ),
    nvml=Nvml(gpus=[Gpu(uuid=UUID, mig_devices=[MigDevice(uuid="MIG-99999999-1111-2222-3333-444455556666")])]),
    variables={
        "CUDA_VISIBLE_DEVICES": UUID,
        "LD_LIBRARY_PATH": "/home/lovelace/cuda/lib64:/cluster/home/lovelace/lib:/usr/lib:/scratch/lovelace/x",
        "MASTER_ADDR": "10.20.30.40",
    },
    limits=Limits(cache="/Users/lovelace/.cache", interfaces=["lo", "enx0011223344ff"]),
    kernel_log=KernelLog(lines=["NVRM: host ada-lovelace-ws: process 'lovelace_train'"]),
    python=Python(executable="/home/lovelace/venv/bin/python", prefix="/home/lovelace/venv"),
    packages=Packages(torches=[Torch(folder="/home/lovelace/venv/lib/torch")]),
    torch=TorchRun(
        outcome="raised",
        error=['File "/home/Lovelace/x.py", line 1', "PermissionError: '/data/lovelace-datasets'"],
        gpus=[TorchGpu(uuid=UUID)],
    ),
    troubles={"libraries": "Looking at it failed: /mnt/lovelace"},
)


def text_of(facts: Facts) -> str:
    return json.dumps(asdict(facts), ensure_ascii=False)


@pytest.mark.parametrize(
    "secret",
    ["lovelace", "ada-", "10.20.30.40", "10.1.2.3", "0f6c3b1a", "0011223344ff", "3c4d-1111", "444455556666", "/home/"],
)
def test_nothing_of_what_names_somebody_survives(secret: str) -> None:
    """In paths, texts, names and values, whatever their case."""
    assert secret in text_of(PLANTED)
    assert secret not in text_of(redacted(PLANTED)).lower()


def test_paths_keep_their_ends() -> None:
    """A fix that names them can still be read."""
    told = redacted(PLANTED)
    assert told.python
    assert told.packages
    assert told.packages.torches
    assert told.python.executable == "~/venv/bin/python"
    assert told.packages.torches[0].folder == "~/venv/lib/torch"
    assert told.variables is not None
    assert told.variables["LD_LIBRARY_PATH"] == "~/cuda/lib64:~/lib:/usr/lib:/scratch/user/x"


def test_a_gpu_is_the_same_gpu_everywhere_in_the_file() -> None:
    """NVML, torch and CUDA_VISIBLE_DEVICES speak of one."""
    told = redacted(PLANTED)
    assert told.variables
    assert told.nvml
    assert told.nvml.gpus
    assert told.torch
    assert told.torch.gpus
    assert {told.variables["CUDA_VISIBLE_DEVICES"], told.nvml.gpus[0].uuid, told.torch.gpus[0].uuid} == {"GPU-1a2b…"}


def test_two_gpus_stay_two() -> None:
    """As many digits are kept as tell them apart."""
    facts = redacted(Facts(nvml=Nvml(gpus=[Gpu(uuid=UUID), Gpu(uuid=TWIN)])))
    assert facts.nvml
    assert [gpu.uuid for gpu in facts.nvml.gpus or []] == ["GPU-1a2b3…", "GPU-1a2bf…"]


def test_what_the_doctor_reads_of_the_boot_is_kept() -> None:
    """The IOMMU and nouveau are switched there."""
    host = redacted(PLANTED).host
    assert host
    assert host.command_line == "iommu=pt nouveau.modeset=0"


def test_a_user_who_is_named_as_a_part_of_torch_leaves_its_names_alone() -> None:
    """Home folders go; libraries, architectures and distributions keep their names."""
    facts = Facts(
        variables={"PYTHONPATH": "/home/torch/x:/home/sm/y", "LD_PRELOAD": "/opt/torch/lib/libtorch.so"},
        torch=TorchRun(outcome="ran", archs=["sm_90"]),
    )
    told = redacted(facts)
    assert told.variables == {"PYTHONPATH": "~/x:~/y", "LD_PRELOAD": "/opt/torch/lib/libtorch.so"}
    assert told.torch == facts.torch


def test_whoever_runs_it_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where their home folder is no /home, and no path shows their name."""
    monkeypatch.setenv("LOGNAME", "babbage")
    monkeypatch.setenv("HOME", "/gpfs/people/babbage")
    limits = Limits(cache="/gpfs/people/babbage/.cache", interfaces=["babbage0"])
    told = redacted(Facts(limits=limits, host=Host(name="babbage-pc")))
    assert told.limits == Limits(cache="~/.cache", interfaces=["user0"])
    assert told.host == Host(name="host")


@pytest.mark.parametrize("facts", [PLANTED, replace(PLANTED, host=None)])
def test_what_is_redacted_can_be_read_again(facts: Facts) -> None:
    """A saved file is a facts file."""
    told = redacted(facts)
    assert decode(json.dumps(asdict(told)).encode(), "facts.json") == told


@pytest.mark.parametrize("name", hosts.HEALTHY)
def test_a_redacted_host_is_judged_as_before(name: str) -> None:
    """The same findings in the same order, of a healthy host and with a variable that hides its GPUs."""
    facts = hosts.HEALTHY[name]()
    for one in (facts, replace(facts, variables={**(facts.variables or {}), "CUDA_VISIBLE_DEVICES": TWIN})):
        assert judged(redacted(one)) == judged(one)


def judged(facts: Facts) -> list[tuple[str, str]]:
    return [(one.id, one.status) for one in judge(facts)]
