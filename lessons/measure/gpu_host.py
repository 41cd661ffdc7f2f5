"""A server with two GPUs as the doctor's probe would tell of it: well, or with one thing wrong.

It is made up, so that the doctor's own checks can be watched at work without such a server. Python 3.10 and newer, as
the checks are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from diagnostics.doctor.facts import (
    Container,
    Cuda,
    Driver,
    Facts,
    Gpu,
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
    Xid,
)

GIB = 2**30
RUNNING, INSTALLED = "550.54.14", "550.144.03"
"""The driver that the kernel runs, and the one that an update puts beside it."""

KERNEL = "6.8.0-48-generic"
FOLDER = "/usr/lib/x86_64-linux-gnu"
SITE = "/home/ada/venv/lib/python3.12/site-packages"


def well() -> Facts:
    """Two A100, driver 550.54.14, torch 2.13.0+cu126, and nothing to complain of."""
    gpus = [_gpu(0), _gpu(1)]
    return Facts(
        host=Host(
            system="Linux",
            machine="x86_64",
            kernel=KERNEL,
            distribution="Ubuntu 24.04.1 LTS",
            distribution_id="ubuntu",
            libc="glibc 2.39",
            cpus=64,
            memory_total=512 * GIB,
            memory_available=400 * GIB,
            laptop=False,
            virtual_machine="",
            wsl=False,
            jetson="",
            scheduler="",
            command_line="",
            root=False,
            uptime=86400.0,
        ),
        pci=[_pci(gpu) for gpu in gpus],
        driver=Driver(
            loaded=RUNNING,
            open=True,
            modules=["nvidia", "nvidia_uvm"],
            module_files=[f"/lib/modules/{KERNEL}/updates/dkms/nvidia.ko"],
            other_kernels=[],
            dkms_failed=[],
            secure_boot=False,
            blacklists_nouveau=True,
            suspended_since_boot=False,
            nvswitches=0,
            fabric_manager="",
            persistenced=True,
            prime="",
            smi="/usr/bin/nvidia-smi",
        ),
        nvml=Nvml(library=f"{FOLDER}/libnvidia-ml.so.{RUNNING}", driver=RUNNING, cuda=12040, gpus=gpus),
        cuda=Cuda(library=f"{FOLDER}/libcuda.so.{RUNNING}", error=0, version=12040, devices=2),
        libraries=_libraries(RUNNING),
        nodes=[_node(name) for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")],
        variables={},
        container=Container(kind="", cuda_image=False, snap=False),
        limits=Limits(
            shm_total=256 * GIB,
            shm_free=256 * GIB,
            open_files=65536,
            open_files_hard=1048576,
            locked_memory=-1,
            oom_kills=0,
            tmp_free=100 * GIB,
            tmp_runs=True,
            cache="/home/ada/.triton/cache",
            cache_writable=True,
            cache_free=100 * GIB,
            infiniband=[],
            interfaces=["lo", "eno1"],
            iommu_groups=0,
        ),
        kernel_log=KernelLog(readable=True, xids=[], lines=[]),
        python=Python(
            executable="/home/ada/venv/bin/python",
            version="3.12.3",
            implementation="cpython",
            bits=64,
            free_threaded=False,
            prefix="/home/ada/venv",
            conda=False,
            virtual=True,
            user_site=False,
            headers=True,
        ),
        packages=_packages("2.13.0+cu126", "12.6"),
        torch=_torch(gpus),
    )


def updated() -> Facts:
    """An update put a newer driver on the disk; the kernel still runs the old one."""
    return replace(
        well(),
        nvml=Nvml(library=f"{FOLDER}/libnvidia-ml.so.{INSTALLED}", error=18, error_text="Driver/library mismatch"),
        cuda=Cuda(library=f"{FOLDER}/libcuda.so.{INSTALLED}", error=803, version=12040),
        libraries=_libraries(INSTALLED),
        torch=_blind("Error 803: system has unsupported display driver / cuda driver combination"),
    )


def cpu_wheel() -> Facts:
    """torch was installed from a folder of wheels without CUDA."""
    run = replace(_blind(), version="2.13.0+cpu", cuda="", archs=[])
    return replace(well(), packages=_packages("2.13.0+cpu", ""), torch=run)


def family() -> Facts:
    """A wheel of CUDA 13 on a driver of the 12th family, as `pip install --upgrade torch` brings it."""
    run = replace(
        _blind("The NVIDIA driver on your system is too old (found version 12040)."),
        version="2.13.0+cu130",
        cuda="13.0",
    )
    return replace(well(), packages=_packages("2.13.0+cu130", "13.0"), torch=run)


def no_gpus_flag() -> Facts:
    """A container that was started without --gpus."""
    lost = "libcuda.so.1: cannot open shared object file: No such file or directory"
    return replace(
        well(),
        nvml=Nvml(error=12, error_text="NVML Shared Library Not Found"),
        cuda=Cuda(missing=lost),
        libraries=Libraries(libcuda=[], libnvidia_ml=[], shadows=[], stubs=[], compat=[], compiler="/usr/bin/gcc"),
        nodes=[],
        container=Container(kind="docker", cuda_image=True, snap=False),
        torch=_blind(),
    )


def small_shm() -> Facts:
    """A container with its GPUs, and with Docker's own /dev/shm."""
    facts = well()
    limits = replace(facts.limits or Limits(), shm_total=64 * 2**20, shm_free=64 * 2**20)
    return replace(facts, limits=limits, container=Container(kind="docker", cuda_image=True, snap=False))


def masked() -> Facts:
    """CUDA_VISIBLE_DEVICES with a name in it that torch uses, and CUDA does not."""
    facts = well()
    return replace(
        facts,
        variables={"CUDA_VISIBLE_DEVICES": "cuda:0"},
        cuda=replace(facts.cuda or Cuda(), error=100, devices=None),
        torch=_blind(),
    )


def xid_31() -> Facts:
    """A program read memory that it does not have."""
    return replace(well(), kernel_log=_log(31, "pid=4711, name=python, MMU Fault: FAULT_PDE ACCESS_TYPE_VIRT_READ"))


def lost() -> Facts:
    """GPU 1 fell off the bus."""
    gone = Gpu(index=1, error=15, pci=_gpu(1).pci)
    return replace(
        _with_gpus([_gpu(0), gone]),
        kernel_log=_log(79, "pid=0, GPU has fallen off the bus."),
        torch=_torch([_gpu(0)]),
    )


def ecc() -> Facts:
    """GPU 1 had memory errors, and a spare row waits to stand in."""
    return _with_gpus([_gpu(0), replace(_gpu(1), ecc_uncorrected=2, ecc_uncorrected_ever=2, remap_pending=True)])


def old_ecc() -> Facts:
    """GPU 1 had memory errors, long ago: since the driver was loaded there was none."""
    return _with_gpus([_gpu(0), replace(_gpu(1), ecc_uncorrected_ever=3)])


def hot() -> Facts:
    """GPU 1 works at its limit, which is 93 °C."""
    at_work = replace(_gpu(1), utilisation=100, temperature=93, throttle=0x40, performance_state=0, clock=795)
    return _with_gpus([_gpu(0), at_work])


HOSTS: dict[str, Callable[[], Facts]] = {
    "well": well,
    "updated": updated,
    "cpu-wheel": cpu_wheel,
    "cuda-13-wheel": family,
    "no-gpus-flag": no_gpus_flag,
    "small-shm": small_shm,
    "mask": masked,
    "xid-31": xid_31,
    "xid-79": lost,
    "ecc": ecc,
    "old-ecc": old_ecc,
    "hot": hot,
}


# ── What they are made of ─────────────────────────────────────────────────────────────────────────────────────────────


def _gpu(index: int) -> Gpu:
    return Gpu(
        index=index,
        name="NVIDIA A100-SXM4-80GB",
        uuid=f"GPU-{index + 1}f3a5c7e-0000-4000-8000-000000000000",
        pci=f"00000000:{0x3B + index:02X}:00.0",
        capability=[8, 0],
        memory_total=80 * GIB,
        memory_used=GIB // 2,
        utilisation=0,
        temperature=34,
        temperature_slowdown=92,
        power=62.0,
        power_limit=400.0,
        power_default=400.0,
        throttle=1,
        performance_state=0,
        clock=210,
        clock_max=1410,
        persistence=True,
        compute_mode=0,
        display=False,
        ecc=True,
        ecc_uncorrected=0,
        ecc_uncorrected_ever=0,
        remap_pending=False,
        remap_failed=False,
        link_generation=4,
        link_generation_max=4,
        link_width=16,
        link_width_max=16,
        mig=False,
        mig_pending=False,
        mig_devices=[],
        processes=[],
    )


def _with_gpus(gpus: list[Gpu]) -> Facts:
    facts = well()
    return replace(facts, nvml=replace(facts.nvml or Nvml(), gpus=gpus))


def _pci(gpu: Gpu) -> PciDevice:
    return PciDevice(
        address=(gpu.pci or "")[4:].lower(),
        vendor="10de",
        device="20b2",
        device_class="0302",
        driver="nvidia",
        runtime_status="active",
        link_width=16,
        link_width_max=16,
    )


def _node(name: str) -> Node:
    return Node(path=f"/dev/{name}", mode="0666", group="root", opens=0)


def _libraries(version: str) -> Libraries:
    def found(name: str) -> list[Library]:
        real = f"{FOLDER}/{name}.{version}"
        return [Library(name=f"{name}.1", path=f"{FOLDER}/{name}.1", real=real, version=version, by="standard")]

    return Libraries(
        libcuda=found("libcuda.so"),
        libnvidia_ml=found("libnvidia-ml.so"),
        shadows=[],
        stubs=[],
        compat=[],
        toolkit="",
        compiler="/usr/bin/gcc",
        preloads=[],
    )


def _packages(version: str, cuda: str) -> Packages:
    one = Torch(folder=f"{SITE}/torch", version=version, cuda=cuda, hip="", metadata=version, installer="pip")
    return Packages(
        torches=[one],
        metadata=[f"{SITE}/torch-{version}.dist-info"],
        leftovers=[],
        versions={"torch": version, "numpy": "2.3.1"},
        builds={},
        unmet=[],
        missing=[],
        conda_torch="",
        pynvml="module",
        needs_pynvml=[],
        openmp=[],
        kernels={},
    )


def _torch(gpus: list[Gpu]) -> TorchRun:
    seen = [_torch_gpu(gpu) for gpu in gpus]
    archs = ["sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90"]
    return TorchRun(
        outcome="ran",
        version="2.13.0+cu126",
        cuda="12.6",
        archs=archs,
        available=True,
        warnings=[],
        count=len(seen),
        gpus=seen,
        mps=False,
        import_seconds=2.1,
    )


def _torch_gpu(gpu: Gpu) -> TorchGpu:
    return TorchGpu(
        index=gpu.index,
        name=gpu.name,
        uuid=gpu.uuid,
        capability=gpu.capability,
        memory_total=80 * GIB,
        memory_free=79 * GIB,
        allocated="",
        computed="",
        difference=0.0,
    )


def _blind(*warnings: str) -> TorchRun:
    """A torch that runs and sees no GPU."""
    return replace(_torch([]), available=False, warnings=list(warnings))


def _log(code: int, text: str) -> KernelLog:
    xid = Xid(code=code, pci="0000:3c:00", text=text, seconds=4102.5)
    return KernelLog(readable=True, xids=[xid], lines=[])
