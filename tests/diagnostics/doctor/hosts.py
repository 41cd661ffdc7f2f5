"""Healthy hosts as Facts, as they come: nothing of them may be a warning. A broken host is one of them, changed.

broken = changed(rtx4090_driver550_cu126(), driver={"loaded": ""}, nvml={"error": 9})
lost = gpu_changed(hgx_h200_8(), 5, error=15)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from diagnostics.doctor.facts import (
    Container,
    Cuda,
    Driver,
    Facts,
    Gpu,
    GpuProcess,
    Host,
    KernelLog,
    Libraries,
    Library,
    Limits,
    MigDevice,
    Node,
    Nvml,
    Packages,
    PciDevice,
    Python,
    Torch,
    TorchGpu,
    TorchRun,
)

MIB = 2**20
GIB = 2**30

CU126 = ["sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90"]
CU130 = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120"]
CU130_ARM = ["sm_80", "sm_90", "sm_100", "sm_110", "sm_120", "compute_120"]


def changed(facts: Facts, **sections: Any) -> Facts:
    """Facts with some fields of some sections replaced: `driver={"loaded": ""}`; other values replace a section."""
    return replace(facts, **{name: _field(getattr(facts, name), new) for name, new in sections.items()})


def gpu_changed(facts: Facts, index: int, **fields: Any) -> Facts:
    """Facts in which one GPU reads differently."""
    return gpus_changed(facts, [index], **fields)


def gpus_changed(facts: Facts, indices: list[int] | None = None, **fields: Any) -> Facts:
    """Facts in which some GPUs, or all of them, read differently."""
    assert facts.nvml is not None
    gpus = [replace(one, **fields) if indices is None or one.index in indices else one for one in facts.nvml.gpus or []]
    return changed(facts, nvml={"gpus": gpus})


def _field(old: Any, new: Any) -> Any:
    if not isinstance(new, dict):
        return new
    return {**old, **new} if isinstance(old, dict) else replace(old, **new)


# ---- hosts


def rtx4090_driver550_cu126() -> Facts:
    """A workstation on Ubuntu: the desktop is drawn by the card, which idles at P8 with a Gen1 link."""
    gpu = _geforce("NVIDIA GeForce RTX 4090", [8, 9], 24564 * MIB, 450.0, display=True)
    return _linux(
        "550.54.14", 12040, [gpu], _python_with("2.13.0+cu126", "12.6", CU126), device="2684", secure_boot=True
    )


def gtx1080_cu126() -> Facts:
    """Pascal: no code for it in any wheel but cu126, and no open kernel module."""
    gpu = _geforce("NVIDIA GeForce GTX 1080", [6, 1], 8192 * MIB, 180.0, display=True, link_generation_max=3)
    return _linux(
        "570.172.08", 12080, [gpu], _python_with("2.13.0+cu126", "12.6", CU126), device="1b80", open_module=False
    )


def h200_driver580_cu130() -> Facts:
    """A server with one H200 NVL and nothing between GPUs."""
    return _linux(
        "580.95.05",
        13000,
        [_h200(0, fabric_state=0, nvlinks_down=None, name="NVIDIA H200 NVL")],
        _python_with("2.13.0+cu130", "13.0", CU130),
        device="233b",
        **SERVER,
    )


def hgx_h200_8() -> Facts:
    """Eight H200 behind NVSwitches, with InfiniBand, seen by root."""
    facts = _linux(
        "580.95.05",
        13000,
        [_h200(index, fabric_state=3, nvlinks_down=0) for index in range(8)],
        _python_with("2.13.0+cu130", "13.0", CU130),
        device="2335",
        **{**SERVER, "nvswitches": 4, "fabric_manager": "running", "fabric_manager_version": "580.95.05"},
    )
    return changed(
        facts,
        host={"root": True},
        limits={
            "infiniband": [f"mlx5_{index}" for index in range(8)],
            "interfaces": ["lo", "eno1", *(f"ibs{index}" for index in range(8))],
        },
        kernel_log=KernelLog(readable=True, xids=[], lines=[]),
    )


def gb10() -> Facts:
    """A DGX Spark: the GPU has the machine's own memory, and its link is no PCIe link that has a width."""
    gpu = Gpu(
        index=0,
        name="NVIDIA GB10",
        uuid=_uuid(0),
        pci="0000000F:01:00.0",
        capability=[12, 1],
        memory_error=3,
        utilisation=0,
        temperature=39,
        power=4.1,
        throttle=1,
        performance_state=8,
        clock=208,
        clock_max=3003,
        persistence=True,
        compute_mode=0,
        display=False,
        link_generation=1,
        link_generation_max=5,
        link_width=1,
        link_width_max=16,
        processes=[GpuProcess(pid=2811, memory=43 * MIB, visible=True)],
    )
    facts = _linux(
        "580.95.05", 13000, [gpu], _python_with("2.13.0+cu130", "13.0", CU130_ARM), machine="aarch64", device="2e12"
    )
    return changed(facts, torch={"gpus": [replace(_torch_gpu(gpu), memory_total=120 * GIB, memory_free=110 * GIB)]})


def laptop_awake() -> Facts:
    """A hybrid laptop on its integrated GPU: the other slept until it was asked, and now idles on battery."""
    gpu = _geforce("NVIDIA GeForce RTX 4060 Laptop GPU", [8, 9], 8188 * MIB, 80.0, display=False, link_width=8)
    gpu = replace(gpu, power_limit=55.0, link_width_max=16, memory_used=12 * MIB, processes=[])
    facts = _linux("570.172.08", 12080, [gpu], _python_with("2.13.0+cu126", "12.6", CU126), device="28e0")
    sleeping = PciDevice(
        address="0000:01:00.0",
        vendor="10de",
        device="28e0",
        device_class="0302",
        driver="nvidia",
        runtime_status="suspended",
        link_width=8,
        link_width_max=16,
    )
    return changed(
        facts,
        host={"laptop": True},
        driver={"prime": "on-demand"},
        pci=[_intel_graphics(), sleeping],
    )


def laptop_asleep() -> Facts:
    """The same, left to sleep: what would wake it was not asked."""
    why = "The GPU sleeps, and asking would wake it."
    return changed(laptop_awake(), nvml=None, cuda=None, troubles={"nvml": why, "cuda": why})


def slurm_1_of_8() -> Facts:
    """A job that was given GPU 3 of 8: the mask says so, NVML shows them all, and others work on theirs."""
    facts = changed(
        hgx_h200_8(),
        host={"root": False, "scheduler": "slurm"},
        variables={"SLURM_JOB_ID": "48211", "SLURM_JOB_GPUS": "3", "CUDA_VISIBLE_DEVICES": "3"},
        kernel_log=KernelLog(readable=False),
    )
    others = [GpuProcess(pid=90417, memory=130 * GIB, visible=True)]
    facts = gpus_changed(
        facts, [0, 1, 2], memory_used=131 * GIB, processes=others, utilisation=100, throttle=4, performance_state=0
    )
    return _seen_by_torch(facts, [3])


def slurm_cgroup_1_of_8() -> Facts:
    """The same where the cluster hides the other GPUs: their nodes are there and cannot be opened."""
    facts = changed(slurm_1_of_8(), variables={"CUDA_VISIBLE_DEVICES": "0"})
    assert facts.nvml is not None
    assert facts.nvml.gpus is not None
    mine = replace(facts.nvml.gpus[3], index=0)
    nodes = [
        replace(one, opens=1) if one.path.startswith("/dev/nvidia") and one.path[-1] in "0124567" else one
        for one in facts.nodes or []
    ]
    return _seen_by_torch(changed(facts, nvml={"gpus": [mine]}, cuda={"devices": 1}, nodes=nodes), [0])


def mig_slice() -> Facts:
    """A pod that was given one slice of an H200: what NVML cannot read of a GPU in MIG mode is None."""
    slice_ = MigDevice(
        uuid="MIG-5ef2e2a1-6d5b-5b55-9c1c-3a1dbb6d0f21", name="NVIDIA H200 MIG 1g.18gb", memory_total=16384 * MIB
    )
    gpu = _h200(0, fabric_state=3, nvlinks_down=0, mig=True, mig_devices=[slice_], utilisation=None)
    facts = _linux("580.95.05", 13000, [gpu], _python_with("2.13.0+cu130", "13.0", CU130), device="2335", **SERVER)
    run = TorchGpu(
        index=0,
        name=slice_.name,
        uuid=slice_.uuid,
        capability=[9, 0],
        memory_total=16384 * MIB,
        memory_free=16100 * MIB,
        allocated="",
        computed="",
        difference=0.0,
    )
    return changed(
        _contained(facts, "kubernetes"),
        variables={"NVIDIA_VISIBLE_DEVICES": slice_.uuid, "NVIDIA_DRIVER_CAPABILITIES": "compute,utility"},
        torch={"gpus": [run]},
    )


def docker_with_gpu() -> Facts:
    """A CUDA image with an injected RTX 4090 and enough shared memory; processes have the host's numbers."""
    facts = _contained(rtx4090_driver550_cu126(), "docker")
    return gpu_changed(
        facts, 0, memory_used=3 * GIB, processes=[GpuProcess(pid=5121, memory=None, visible=False)], display=False
    )


def wsl2() -> Facts:
    """WSL: Windows has the driver, the kernel here knows of none, and what Windows draws fills some of the memory."""
    gpu = _geforce("NVIDIA GeForce RTX 3080", [8, 6], 10240 * MIB, 320.0, display=True, link_generation_max=4)
    gpu = replace(gpu, memory_used=5 * GIB, processes=[], persistence=True)
    facts = _linux("566.36", 12070, [gpu], _python_with("2.13.0+cu126", "12.6", CU126), device="2206")
    lib = "/usr/lib/wsl/lib"
    return changed(
        facts,
        host={"wsl": True, "kernel": "5.15.167.4-microsoft-standard-WSL2", "virtual_machine": "wsl"},
        pci=[PciDevice(address="5582:00:00.0", vendor="1414", device="008e", device_class="0302", driver="dxgkrnl")],
        driver=Driver(
            loaded="",
            modules=[],
            module_files=[],
            other_kernels=[],
            fabric_manager="",
            prime="",
            smi=f"{lib}/nvidia-smi",
        ),
        nvml={"library": f"{lib}/libnvidia-ml.so.1"},
        cuda={"library": f"{lib}/libcuda.so.1.1"},
        libraries={
            "libcuda": [_library("libcuda.so.1", lib, f"{lib}/libcuda.so.1.1", "1.1", by="wsl")],
            "libnvidia_ml": [_library("libnvidia-ml.so.1", lib, f"{lib}/libnvidia-ml.so.1", "1", by="wsl")],
        },
        nodes=[Node(path="/dev/dxg", mode="0666", group="root", opens=0)],
        kernel_log=KernelLog(readable=True, xids=[], lines=[]),
    )


def cpu_laptop() -> Facts:
    """No NVIDIA GPU, and a torch for the CPU."""
    return _without_gpu(_python_with("2.13.0+cpu", "", []), laptop=True)


def login_node() -> Facts:
    """A cluster's front door: no GPU here, and a torch that is meant for the nodes that have one."""
    return _without_gpu(_python_with("2.13.0+cu126", "12.6", CU126), scheduler="slurm", cpus=64, memory_total=256 * GIB)


def jetson() -> Facts:
    """A Jetson Orin: the GPU is no PCI device, and NVML reads next to nothing of it."""
    gpu = Gpu(index=0, name="Orin (nvgpu)", capability=[8, 7], memory_error=3)
    python = _python_with("2.8.0", "12.6", ["sm_87"], version="3.10.12")
    facts = _linux("540.4.0", 12060, [gpu], python, machine="aarch64", device="")
    return changed(
        facts,
        host={"jetson": "NVIDIA Jetson AGX Orin Developer Kit", "kernel": "5.15.148-tegra"},
        pci=[],
        driver={"modules": ["nvidia", "nvidia_modeset"], "open": True, "smi": "/usr/sbin/nvidia-smi"},
        nodes=[_node("/dev/nvidia0"), _node("/dev/nvidiactl"), _node("/dev/nvmap")],
        torch={"gpus": [replace(_torch_gpu(gpu), memory_total=60 * GIB, memory_free=50 * GIB)]},
    )


def cloud_t4() -> Facts:
    """A rented virtual machine: Turing, ECC counted, an old driver of the right family, and half the lanes."""
    gpu = replace(
        _geforce("Tesla T4", [7, 5], 15360 * MIB, 70.0, display=False, link_width=8, link_generation_max=3),
        link_width_max=16,
        ecc=True,
        ecc_uncorrected=0,
        ecc_uncorrected_ever=2,
        retired_pending=False,
        persistence=False,
        memory_used=434 * MIB,
        processes=[],
    )
    facts = _linux(
        "535.183.01",
        12020,
        [gpu],
        _python_with("2.13.0+cu126", "12.6", CU126),
        device="1eb8",
        open_module=False,
        laptop=False,
    )
    return changed(facts, host={"virtual_machine": "kvm"}, limits={"open_files": 65536})


def mac() -> Facts:
    """A Mac: torch has MPS, and nothing of NVIDIA is to be expected."""
    python, packages, run = _python_with("2.13.0", "", [])
    return Facts(
        taken="2026-11-24T10:00:00Z",
        host=Host(
            system="Darwin",
            machine="arm64",
            kernel="25.1.0",
            name="mac",
            libc="",
            cpus=10,
            memory_total=32 * GIB,
            laptop=True,
            wsl=False,
            jetson="",
            scheduler="",
            root=False,
        ),
        pci=[],
        driver=Driver(),
        nvml=Nvml(error=12, error_text="NVML Shared Library Not Found"),
        cuda=Cuda(missing="libcuda.so.1: no such file"),
        libraries=Libraries(libcuda=[], libnvidia_ml=[], shadows=[], stubs=[], compat=[], compiler="/usr/bin/cc"),
        nodes=[],
        variables={},
        container=Container(kind=""),
        limits=Limits(open_files=4096, open_files_hard=-1, tmp_runs=True, cache_writable=True, cache_free=200 * GIB),
        kernel_log=KernelLog(readable=False),
        python=python,
        packages=packages,
        torch=replace(run, mps=True),
    )


HEALTHY: dict[str, Callable[[], Facts]] = {
    one.__name__: one
    for one in (
        rtx4090_driver550_cu126,
        gtx1080_cu126,
        h200_driver580_cu130,
        hgx_h200_8,
        gb10,
        laptop_awake,
        laptop_asleep,
        slurm_1_of_8,
        slurm_cgroup_1_of_8,
        mig_slice,
        docker_with_gpu,
        wsl2,
        cpu_laptop,
        login_node,
        jetson,
        cloud_t4,
        mac,
    )
}


# ---- what hosts are made of

SERVER: dict[str, Any] = {
    "laptop": False,
    "cpus": 192,
    "memory_total": 2048 * GIB,
    "persistenced": True,
    "locked_memory": -1,
    "open_files": 1048576,
}


def _linux(
    version: str,
    cuda: int,
    gpus: list[Gpu],
    python: tuple[Python, Packages, TorchRun],
    *,
    device: str,
    machine: str = "x86_64",
    open_module: bool = True,
    laptop: bool = False,
    cpus: int = 32,
    memory_total: int = 64 * GIB,
    persistenced: bool = False,
    secure_boot: bool = False,
    locked_memory: int = 8 * MIB,
    open_files: int = 4096,
    nvswitches: int = 0,
    fabric_manager: str = "",
    fabric_manager_version: str | None = None,
) -> Facts:
    """Ubuntu with NVIDIA's driver, and all of its parts of one version."""
    kernel, lib = "6.8.0-48-generic", f"/usr/lib/{machine}-linux-gnu"
    found, packages, run = python
    return Facts(
        taken="2026-11-24T10:00:00Z",
        host=Host(
            system="Linux",
            machine=machine,
            kernel=kernel,
            name="host",
            distribution="Ubuntu 24.04.1 LTS",
            distribution_id="ubuntu",
            libc="glibc 2.39",
            cpus=cpus,
            memory_total=memory_total,
            memory_available=memory_total * 3 // 4,
            laptop=laptop,
            virtual_machine="",
            wsl=False,
            jetson="",
            scheduler="",
            command_line=f"BOOT_IMAGE=/boot/vmlinuz-{kernel} root=UUID=0 ro quiet splash",
            root=False,
            uptime=86400.0,
        ),
        pci=[_pci(gpu, device) for gpu in gpus],
        driver=Driver(
            loaded=version,
            open=open_module,
            modules=["nvidia", "nvidia_uvm", "nvidia_modeset", "nvidia_drm"],
            module_files=[f"/lib/modules/{kernel}/updates/dkms/nvidia.ko"],
            other_kernels=[],
            dkms_failed=[],
            secure_boot=secure_boot,
            blacklists_nouveau=True,
            uvm_hmm_disabled=False,
            suspended_since_boot=False,
            nvswitches=nvswitches,
            fabric_manager=fabric_manager,
            fabric_manager_version=fabric_manager_version,
            persistenced=persistenced,
            prime="",
            smi="/usr/bin/nvidia-smi",
        ),
        nvml=Nvml(library=f"{lib}/libnvidia-ml.so.{version}", driver=version, cuda=cuda, gpus=gpus),
        cuda=Cuda(library=f"{lib}/libcuda.so.{version}", error=0, version=cuda, devices=len(gpus)),
        libraries=Libraries(
            libcuda=[_library("libcuda.so.1", lib, f"{lib}/libcuda.so.{version}", version)],
            libnvidia_ml=[_library("libnvidia-ml.so.1", lib, f"{lib}/libnvidia-ml.so.{version}", version)],
            shadows=[],
            stubs=[],
            compat=[],
            toolkit="",
            compiler="/usr/bin/gcc",
            preloads=[],
        ),
        nodes=[
            _node("/dev/nvidiactl"),
            *(_node(f"/dev/nvidia{gpu.index}") for gpu in gpus),
            _node("/dev/nvidia-uvm"),
            _node("/dev/nvidia-uvm-tools"),
            Node(path="/dev/nvidia-caps/nvidia-cap1", mode="0400", group="root", opens=13),
            Node(path="/dev/dri/renderD128", mode="0660", group="render", opens=13),
        ],
        variables={},
        container=Container(kind="", cuda_image=False, snap=False),
        limits=_limits(memory_total, open_files, locked_memory),
        kernel_log=KernelLog(readable=False),
        python=found,
        packages=packages,
        torch=replace(run, available=True, count=len(gpus), gpus=[_torch_gpu(gpu) for gpu in gpus]),
    )


def _without_gpu(python: tuple[Python, Packages, TorchRun], scheduler: str = "", **host: Any) -> Facts:
    """Ubuntu without NVIDIA's driver."""
    facts = _linux("", 0, [], python, device="", **host)
    text = "libcuda.so.1: cannot open shared object file: No such file or directory"
    return changed(
        facts,
        host={"scheduler": scheduler},
        pci=[_intel_graphics()],
        driver=Driver(
            loaded="",
            modules=[],
            module_files=[],
            other_kernels=[],
            dkms_failed=[],
            secure_boot=False,
            blacklists_nouveau=False,
            nvswitches=0,
            fabric_manager="",
            prime="",
            smi="",
        ),
        nvml=Nvml(error=12, error_text="NVML Shared Library Not Found"),
        cuda=Cuda(missing=text),
        libraries={"libcuda": [], "libnvidia_ml": []},
        nodes=[],
        torch={"available": False, "count": 0, "gpus": []},
    )


def _contained(facts: Facts, kind: str) -> Facts:
    """The same host seen from a container that was given its GPUs: without the host's /lib/modules and services."""
    return changed(
        facts,
        driver={
            "module_files": None,
            "other_kernels": None,
            "dkms_failed": None,
            "blacklists_nouveau": None,
            "suspended_since_boot": None,
            "fabric_manager": "",
            "fabric_manager_version": None,
            "persistenced": None,
        },
        container=Container(kind=kind, cuda_image=True, snap=False),
        variables={"NVIDIA_VISIBLE_DEVICES": "all", "NVIDIA_DRIVER_CAPABILITIES": "compute,utility"},
        limits={
            "shm_total": 8 * GIB,
            "shm_free": 8 * GIB,
            "cgroup_memory": 32 * GIB,
            "cgroup_memory_used": 4 * GIB,
            "cgroup_cpus": None,
            "interfaces": ["lo", "eth0"],
        },
    )


def _limits(memory: int, open_files: int, locked_memory: int) -> Limits:
    return Limits(
        shm_total=memory // 2,
        shm_free=memory // 2,
        open_files=open_files,
        open_files_hard=1048576,
        locked_memory=locked_memory,
        oom_kills=0,
        tmp_free=100 * GIB,
        tmp_runs=True,
        cache="/home/user/.cache/torch",
        cache_writable=True,
        cache_free=100 * GIB,
        infiniband=[],
        interfaces=["lo", "eno1"],
        iommu_groups=0,
    )


def _geforce(
    name: str,
    capability: list[int],
    memory: int,
    watts: float,
    *,
    display: bool,
    link_width: int = 16,
    link_generation_max: int = 4,
) -> Gpu:
    """A card that idles: P8, Gen1, no ECC, its clocks low on purpose, and a desktop's processes upon it."""
    return Gpu(
        index=0,
        name=name,
        uuid=_uuid(0),
        pci="00000000:01:00.0",
        brand=11,
        capability=capability,
        memory_total=memory,
        memory_used=700 * MIB,
        utilisation=2,
        temperature=41,
        temperature_slowdown=90,
        power=21.5,
        power_limit=watts,
        power_default=watts,
        throttle=1,
        performance_state=8,
        clock=210,
        clock_max=3105,
        persistence=False,
        compute_mode=0,
        display=display,
        link_generation=1,
        link_generation_max=link_generation_max,
        link_width=link_width,
        link_width_max=link_width,
        processes=[GpuProcess(pid=2211, memory=310 * MIB, visible=True)],
    )


def _h200(index: int, **fields: Any) -> Gpu:
    return replace(
        Gpu(
            index=index,
            name="NVIDIA H200",
            uuid=_uuid(index),
            pci=f"00000000:{0x1B + 0x10 * index:02X}:00.0",
            capability=[9, 0],
            memory_total=143771 * MIB,
            memory_used=600 * MIB,
            utilisation=0,
            temperature=31,
            temperature_slowdown=87,
            power=76.0,
            power_limit=700.0,
            power_default=700.0,
            throttle=1,
            performance_state=0,
            clock=345,
            clock_max=1980,
            persistence=True,
            compute_mode=0,
            display=False,
            ecc=True,
            ecc_uncorrected=0,
            ecc_uncorrected_ever=0,
            remap_pending=False,
            remap_failed=False,
            link_generation=5,
            link_generation_max=5,
            link_width=16,
            link_width_max=16,
            mig=False,
            mig_pending=False,
            mig_devices=[],
            processes=[],
        ),
        **fields,
    )


def _python_with(torch: str, cuda: str, archs: list[str], version: str = "3.12.3") -> tuple[Python, Packages, TorchRun]:
    """A virtual environment with torch and its kin, whole and of one build."""
    release, _, build = torch.partition("+")
    tag = f"+{build}" if build else ""
    prefix = "/home/user/venv"
    folder = f"{prefix}/lib/python{version.rpartition('.')[0]}/site-packages"
    python = Python(
        executable=f"{prefix}/bin/python",
        version=version,
        implementation="CPython",
        bits=64,
        free_threaded=False,
        prefix=prefix,
        conda=False,
        virtual=True,
        user_site=False,
        local_torch="",
        headers=True,
    )
    packages = Packages(
        torches=[
            Torch(
                folder=folder,
                version=torch,
                cuda=cuda,
                hip="",
                metadata=torch,
                installer="pip",
                requires_python=">=3.10",
                user_site=False,
            )
        ],
        metadata=[f"{folder}/torch-{torch}.dist-info"],
        leftovers=[],
        versions={"torch": torch, "torchvision": f"0.28.0{tag}", "torchaudio": f"{release}{tag}", "numpy": "2.3.4"},
        builds={"torchvision": f"0.28.0{tag}", "torchaudio": f"{release}{tag}"},
        unmet=[],
        missing=[],
        conda_torch="",
        pynvml="",
        needs_pynvml=[],
        openmp=[],
        kernels={},
    )
    if release != "2.13.0":
        packages = replace(packages, versions={"torch": torch, "numpy": "2.2.6"}, builds={})
    run = TorchRun(
        outcome="ran",
        version=torch,
        cuda=cuda,
        hip="",
        archs=archs,
        available=False,
        warnings=[],
        count=0,
        gpus=[],
        mps=False,
        import_seconds=2.1,
    )
    return python, packages, run


def _seen_by_torch(facts: Facts, indices: list[int]) -> Facts:
    """Facts in which torch was given these GPUs alone."""
    assert facts.nvml is not None
    gpus = [_torch_gpu(gpu) for gpu in facts.nvml.gpus or [] if gpu.index in indices]
    gpus = [replace(gpu, index=position) for position, gpu in enumerate(gpus)]
    return changed(facts, torch={"count": len(gpus), "gpus": gpus}, cuda={"devices": len(gpus)})


def _torch_gpu(gpu: Gpu) -> TorchGpu:
    free = gpu.memory_total - (gpu.memory_used or 0) if gpu.memory_total else None
    return TorchGpu(
        index=gpu.index,
        name=gpu.name,
        uuid=gpu.uuid,
        capability=gpu.capability,
        memory_total=gpu.memory_total,
        memory_free=free,
        allocated="",
        computed="",
        difference=1e-6,
    )


def _pci(gpu: Gpu, device: str) -> PciDevice:
    return PciDevice(
        address=(gpu.pci or "")[4:].lower(),
        vendor="10de",
        device=device,
        device_class="0300" if gpu.display else "0302",
        driver="nvidia",
        runtime_status="active",
        link_width=gpu.link_width,
        link_width_max=gpu.link_width_max,
    )


def _intel_graphics() -> PciDevice:
    return PciDevice(
        address="0000:00:02.0",
        vendor="8086",
        device="a7a0",
        device_class="0300",
        driver="i915",
        runtime_status="active",
    )


def _library(name: str, folder: str, real: str, version: str, by: str = "standard") -> Library:
    return Library(name=name, path=f"{folder}/{name}", real=real, version=version, by=by)


def _node(path: str) -> Node:
    return Node(path=path, mode="0666", group="root", opens=0)


def _uuid(index: int) -> str:
    return f"GPU-8f6d2c1e-0a4b-4c7d-9e21-5d3b7a90c1{index:02x}"
