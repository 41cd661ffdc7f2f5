"""Hosts whose torch, packages or variables are wrong, for the probe to look at; their drivers are well."""

from __future__ import annotations

from tests.diagnostics.doctor import stub_torch
from tests.diagnostics.doctor.host_parts import GIB, MIB
from tests.diagnostics.doctor.roots import Tree, cgroup, cuda_wheel, elf, linux, nodes, nvidia_module, pci_gpu
from tests.diagnostics.doctor.whole.broken_drivers import NO_DEVICE, TOO_OLD, WITHOUT_GPU, under
from tests.diagnostics.doctor.whole.healthy import (
    CU126_RTX4090,
    GTX1080,
    INJECTED,
    RTX4090,
    SERVER,
    container,
    desktop,
    h200,
    hgx,
    hgx_tree,
    rtx4090_driver550,
    uuid,
)
from tests.diagnostics.doctor.whole.making import Plan, driven
from tests.diagnostics.doctor.whole.said import Says
from tests.diagnostics.doctor.whole.torches import Card, distribution, torch, vision

RTX5090 = Card("NVIDIA GeForce RTX 5090", (12, 0), 32607 * MIB, uuid(90))
NO_CODE = "CUDA error: no kernel image is available for execution on the device"
UNDEFINED = "libcusparse.so.12: undefined symbol: __nvJitLinkComplete_12_4, version libnvJitLink.so.12"
NO_CUDNN = "libcudnn.so.9: cannot open shared object file: No such file or directory"
CUDNN = {
    **distribution("nvidia-cudnn-cu12", "9.10.2.21"),
    "nvidia_cudnn_cu12-9.10.2.21.dist-info/RECORD": "nvidia/cudnn/lib/libcudnn.so.9,sha256=x,1\n",
}


def rtx5090() -> str:
    """A GeForce of Blackwell on driver 580."""
    more = f"[gpu.0]\nname = {RTX5090.name}\nuuid = GPU-{RTX5090.uuid}\ncapability = 12.0\nmemory_total = 32607MiB\n"
    return driven("rtx4090", "580.95.05", 13000, more)


def workstation(packages: Tree, more: str = "", **variables: str) -> Plan:
    """An RTX 4090 on driver 550, with these packages and variables."""
    return Plan((desktop("550.54.14"),), packages, scenario=rtx4090_driver550(more), variables=variables)


def masked(value: str, *visible: int) -> Plan:
    """Eight H200 of which CUDA_VISIBLE_DEVICES leaves these."""
    torches = torch("2.13.0+cu130", [h200(index) for index in visible], [] if visible else [NO_DEVICE])
    answers = f"devices = {len(visible)}" if visible else "init = 100"
    return Plan((hgx_tree(),), torches, scenario=hgx(f"[cuda]\n{answers}\n"), variables={"CUDA_VISIBLE_DEVICES": value})


SHADOWED = Plan(
    (desktop("550.54.14"), {"/opt/cuda-12.1/lib64/libnvJitLink.so.12": elf(soname="libnvJitLink.so.12")}),
    {**torch(source=f"raise ImportError({UNDEFINED!r})"), **cuda_wheel("")},
    scenario=rtx4090_driver550(),
    variables={"LD_LIBRARY_PATH": "/opt/cuda-12.1/lib64"},
)
OTHER_VISION = {path: text for path, text in CU126_RTX4090.items() if not path.startswith("torchvision")}
ON_A_MAC = f"""{stub_torch.CPU_ONLY}
class mps:
    is_available = staticmethod(lambda: True)

backends.mps = mps
"""
ROCM = "__version__ = '2.13.0+rocm7.1'\ncuda = None\nhip = '7.1.25424'\n"
NO_GPU_LEFT = {"torch-cuda-unavailable": "visible-devices-none"}

TORCHES: dict[str, tuple[Plan, Says]] = {
    "torch 2.13 for CUDA 13 on driver 550": (
        workstation(torch("2.13.0+cu130", warnings=[TOO_OLD])),
        Says(
            {"driver-too-old": "fail"},
            under("driver-too-old", "torch-cuda-unavailable"),
            run="https://download.pytorch.org/whl/cu126",
        ),
    ),
    "torch 2.13 for CUDA 12 on driver 470": (
        Plan(
            ({**SERVER, **pci_gpu("0000:3b:00.0", "1db1", device_class="0302"), **nodes()}, nvidia_module("470.57.02")),
            torch("2.13.0+cu126", warnings=[TOO_OLD]),
            scenario=driven("old_driver", busy=True),
        ),
        Says(
            {"driver-too-old": "fail"},
            under("driver-too-old", "torch-cuda-unavailable"),
            run="https://download.pytorch.org/whl/cu118",
        ),
    ),
    "a torch for the CPU on an RTX 4090": (
        workstation(torch("2.13.0+cpu", source=stub_torch.CPU_ONLY)),
        Says({"cpu-only-wheel": "fail"}, run="https://download.pytorch.org/whl/cu126"),
    ),
    "sm_120 with torch cu126": (
        Plan((desktop("580.95.05", "2b85"),), torch("2.13.0+cu126", [RTX5090], fails=NO_CODE), scenario=rtx5090()),
        Says({"no-kernel-image": "fail"}, run="https://download.pytorch.org/whl/cu130"),
    ),
    "sm_61 with torch cu130": (
        Plan(
            (desktop("580.95.05", "1b80", "0000:26:00.0"),),
            torch("2.13.0+cu130", [GTX1080], fails=NO_CODE),
            scenario=driven("gtx1080", "580.95.05", 13000),
        ),
        Says({"no-kernel-image": "fail"}, run="https://download.pytorch.org/whl/cu126"),
    ),
    "a mask that hides the only GPU": (
        workstation(WITHOUT_GPU, "[cuda]\ninit = 100\n", CUDA_VISIBLE_DEVICES=""),
        Says({"visible-devices-none": "fail"}, NO_GPU_LEFT, run="unset CUDA_VISIBLE_DEVICES"),
    ),
    "a mask that names GPU 8 of 8": (
        masked("0,8", 0),
        Says({"visible-devices-out-of-range": "warn"}, run="CUDA_VISIBLE_DEVICES"),
    ),
    "a mask that names a GPU twice": (
        masked("0,1,0"),
        Says(
            {"visible-devices-twice": "fail"},
            {"torch-cuda-unavailable": "visible-devices-twice", "cuda-init-failed": "visible-devices-twice"},
            run="export CUDA_VISIBLE_DEVICES=0,1",
        ),
    ),
    "a mask of a UUID that is not there": (
        masked("GPU-00000000-1111-2222-3333-444444444444"),
        Says(
            {"visible-devices-unknown-uuid": "fail"},
            {
                "torch-cuda-unavailable": "visible-devices-unknown-uuid",
                "cuda-init-failed": "visible-devices-unknown-uuid",
            },
            run="unset CUDA_VISIBLE_DEVICES",
        ),
    ),
    "torchvision of another release": (
        workstation({**OTHER_VISION, **vision("0.27.0+cu126", "2.12.0")}),
        Says({"vision-mismatch": "warn"}, run="torch==2.13.0"),
    ),
    "torch recorded twice": (
        workstation({**CU126_RTX4090, **distribution("torch", "2.6.0")}),
        Says({"duplicate-torch": "warn"}, run="pip uninstall -y torch"),
    ),
    "LD_LIBRARY_PATH shadows nvJitLink": (
        SHADOWED,
        Says({"library-shadowed": "fail"}, under("library-shadowed", "torch-raised"), run="unset LD_LIBRARY_PATH"),
    ),
    "torch raises: a library is gone": (
        workstation({**torch(source=f"raise ImportError({NO_CUDNN!r})"), **CUDNN}),
        Says(
            {"nvidia-libraries-missing": "fail"},
            under("nvidia-libraries-missing", "torch-raised"),
            run="--force-reinstall",
        ),
    ),
    "torch raises for no known reason": (
        workstation(torch(source="raise RuntimeError('odd')")),
        Says({"torch-raised": "fail"}, run="pip"),
    ),
    "torch crashes": (
        workstation(torch(source=stub_torch.SEGFAULTS)),
        Says({"torch-died": "fail"}, run="pip"),
    ),
    "torch hangs": (
        Plan(
            (desktop("550.54.14"),), torch(source=stub_torch.HANGS), scenario=rtx4090_driver550(), limits={"torch": 1.2}
        ),
        Says({"torch-hung": "fail"}, run="-X faulthandler"),
    ),
    "a GPU that computes something else": (
        workstation(
            torch(cards=[RTX4090], more="def multiplied(device): return PRODUCT + (device != 'cpu')"),
        ),
        Says({"torch-wrong-result": "fail"}, run="nvidia-smi -q"),
    ),
    "a torch.py of one's own": (
        Plan(
            (desktop("550.54.14"), {"/home/lovelace/project/torch.py": "import math\n"}),
            CU126_RTX4090,
            scenario=rtx4090_driver550(),
            variables={"PYTHONPATH": "{root}/home/lovelace/project"},
        ),
        Says({"local-torch": "fail"}, under("local-torch", "torch-raised")),
    ),
    "pip's torch over conda's": (
        Plan(
            (desktop("550.54.14"),),
            CU126_RTX4090,
            {"conda-meta/pytorch-2.5.1-cuda126_py311_0.json": "{}"},
            rtx4090_driver550(),
        ),
        Says({"conda-pip-mix": "warn"}, run="conda remove"),
    ),
    "no torch on Alpine": (
        Plan(
            (
                linux(),
                {
                    "/lib/ld-musl-x86_64.so.1": "",
                    "/usr/lib/os-release": 'PRETTY_NAME="Alpine Linux v3.20"\nID=alpine\n',
                },
            ),
        ),
        Says(notes=("musl", "torch-missing", "no-gpu")),
    ),
    "a Mac": (
        Plan(
            ({"/Users/lovelace/.zshrc": "", "/etc/shells": ""},),
            {**torch("2.13.0", source=ON_A_MAC), "sitecustomize.py": "import sys\nsys.platform = 'darwin'\n"},
        ),
        Says(),
    ),
    "flash-attn for another torch": (
        workstation({**CU126_RTX4090, **distribution("flash-attn", "2.8.3+cu12torch2.6cxx11abiTRUE")}),
        Says({"extension-other-torch": "warn"}, run="flash-attn"),
    ),
    "what pip and older packages left": (
        workstation(
            {
                **CU126_RTX4090,
                **distribution("pynvml", "11.5.3"),
                **distribution("gpu-things", "1.0", "pynvml>=11"),
                **distribution("nvidia-ml-py", "13.580.82"),
                "pynvml/__init__.py": "",
                "~orch/version.py": "",
                "torch/lib/libgomp.so.1": "",
                "scikit_learn.libs/libiomp5.so": "",
            }
        ),
        Says({"pynvml-shadowed": "warn"}, notes=("torch-leftovers", "openmp-twice")),
    ),
    "ROCm on an AMD GPU": (
        Plan(
            (linux(), pci_gpu("0000:03:00.0", "744c", "amdgpu", vendor="1002"), {"/dev/kfd": ""}),
            {**torch("2.13.0+rocm7.1", more="version.hip = '7.1'\nversion.cuda = None"), "torch/version.py": ROCM},
        ),
        Says(notes=("no-gpu",)),
    ),
    "processes were killed for memory": (
        Plan(
            (container("550.54.14"), cgroup(memory=str(32 * GIB), used=4 * GIB, kills=3)),
            CU126_RTX4090,
            scenario=rtx4090_driver550(),
            variables=INJECTED,
        ),
        Says({"oom-killed": "warn"}),
    ),
}
