"""What hosts are made of: Linux with NVIDIA's driver, GPUs, a Python with torch; and how a host is changed."""

from __future__ import annotations

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


SERVER: dict[str, Any] = {
    "laptop": False,
    "cpus": 192,
    "memory_total": 2048 * GIB,
    "persistenced": True,
    "locked_memory": -1,
    "open_files": 1048576,
}


def linux(
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
        pci=[pci_of(gpu, device) for gpu in gpus],
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
            libcuda=[library("libcuda.so.1", lib, f"{lib}/libcuda.so.{version}", version)],
            libnvidia_ml=[library("libnvidia-ml.so.1", lib, f"{lib}/libnvidia-ml.so.{version}", version)],
            shadows=[],
            stubs=[],
            compat=[],
            toolkit="",
            compiler="/usr/bin/gcc",
            preloads=[],
        ),
        nodes=[
            node("/dev/nvidiactl"),
            *(node(f"/dev/nvidia{gpu.index}") for gpu in gpus),
            node("/dev/nvidia-uvm"),
            node("/dev/nvidia-uvm-tools"),
            Node(path="/dev/nvidia-caps/nvidia-cap1", mode="0400", group="root", opens=13),
            Node(path="/dev/dri/renderD128", mode="0660", group="render", opens=13),
        ],
        variables={},
        container=Container(kind="", cuda_image=False, snap=False),
        limits=limits_of(memory_total, open_files, locked_memory),
        kernel_log=KernelLog(readable=False),
        python=found,
        packages=packages,
        torch=replace(run, available=True, count=len(gpus), gpus=[torch_gpu(gpu) for gpu in gpus]),
    )


def without_gpu(python: tuple[Python, Packages, TorchRun], scheduler: str = "", **host: Any) -> Facts:
    """Ubuntu without NVIDIA's driver."""
    facts = linux("", 0, [], python, device="", **host)
    text = "libcuda.so.1: cannot open shared object file: No such file or directory"
    return changed(
        facts,
        host={"scheduler": scheduler},
        pci=[intel_graphics()],
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


def contained(facts: Facts, kind: str) -> Facts:
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


def limits_of(memory: int, open_files: int, locked_memory: int) -> Limits:
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


def geforce(
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
        uuid=uuid_of(0),
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


def h200(index: int, **fields: Any) -> Gpu:
    return replace(
        Gpu(
            index=index,
            name="NVIDIA H200",
            uuid=uuid_of(index),
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


def python_with(torch: str, cuda: str, archs: list[str], version: str = "3.12.3") -> tuple[Python, Packages, TorchRun]:
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


def seen_by_torch(facts: Facts, indices: list[int]) -> Facts:
    """Facts in which torch was given these GPUs alone."""
    assert facts.nvml is not None
    gpus = [torch_gpu(gpu) for gpu in facts.nvml.gpus or [] if gpu.index in indices]
    gpus = [replace(gpu, index=position) for position, gpu in enumerate(gpus)]
    return changed(facts, torch={"count": len(gpus), "gpus": gpus}, cuda={"devices": len(gpus)})


def torch_gpu(gpu: Gpu) -> TorchGpu:
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


def pci_of(gpu: Gpu, device: str) -> PciDevice:
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


def intel_graphics() -> PciDevice:
    return PciDevice(
        address="0000:00:02.0",
        vendor="8086",
        device="a7a0",
        device_class="0300",
        driver="i915",
        runtime_status="active",
    )


def library(name: str, folder: str, real: str, version: str, by: str = "standard") -> Library:
    return Library(name=name, path=f"{folder}/{name}", real=real, version=version, by=by)


def node(path: str) -> Node:
    return Node(path=path, mode="0666", group="root", opens=0)


def uuid_of(index: int) -> str:
    return f"GPU-8f6d2c1e-0a4b-4c7d-9e21-5d3b7a90c1{index:02x}"
