"""Facts: all that the doctor knows of a host, as plain data.

What the probe prints becomes Facts, and checks read nothing else: a host is judged the same here, over SSH, from a
file that somebody
sent, and in a test. A field that is None could not be seen, which is never the same as "no" or 0. Bytes, seconds,
watts, MHz and
degrees Celsius, unless a field says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class Host:
    """The machine. `distribution` as "Ubuntu 24.04.1 LTS", `distribution_id` as "ubuntu"; `libc` as "glibc 2.39" or
    "musl".
    """

    system: str | None = None
    machine: str | None = None
    kernel: str | None = None
    name: str | None = None
    distribution: str | None = None
    distribution_id: str | None = None
    libc: str | None = None
    cpus: int | None = None
    memory_total: int | None = None
    memory_available: int | None = None
    laptop: bool | None = None
    virtual_machine: str | None = None
    """ "kvm", "vmware", "virtualbox", "hyper-v", "xen", "parallels", "amazon", "google", "other"; "" for bare metal."""
    wsl: bool | None = None
    jetson: str | None = None
    scheduler: str | None = None
    """ "slurm", "pbs", "lsf" or "" for none: a cluster's commands are on the path."""
    command_line: str | None = None
    """The kernel's own, as it was booted."""
    root: bool | None = None
    uptime: float | None = None


@dataclass(frozen=True, kw_only=True)
class PciDevice:
    """A display, 3D or NVSwitch device. `vendor` and `device` as "10de", `device_class` as "0302"; `driver` is the
    module bound to it, ""
    for none; `runtime_status` as "active" or "suspended"."""

    address: str = ""
    vendor: str = ""
    device: str = ""
    device_class: str = ""
    driver: str | None = None
    runtime_status: str | None = None
    link_width: int | None = None
    link_width_max: int | None = None


@dataclass(frozen=True, kw_only=True)
class Driver:
    """NVIDIA's kernel side. `loaded` is the version of the module that runs, `open` whether it is the open one."""

    loaded: str | None = None
    open: bool | None = None
    modules: list[str] | None = None
    """Those of nvidia, nvidia_uvm, nvidia_modeset, nvidia_drm, nvidia_peermem, nouveau that are loaded."""
    module_files: list[str] | None = None
    """nvidia*.ko files for the kernel that runs; empty: none was built for it."""
    other_kernels: list[str] | None = None
    """Other installed kernels that do have one."""
    dkms_failed: list[str] | None = None
    """make.log files of a build that left no module."""
    secure_boot: bool | None = None
    blacklists_nouveau: bool | None = None
    uvm_hmm_disabled: bool | None = None
    suspended_since_boot: bool | None = None
    nvswitches: int | None = None
    fabric_manager: str | None = None
    """ "running", "stopped", or "" where it is not installed."""
    fabric_manager_version: str | None = None
    persistenced: bool | None = None
    prime: str | None = None
    """What prime-select chose: "nvidia", "on-demand", "intel"; "" where there is none."""
    smi: str | None = None
    """Where nvidia-smi is; "" for nowhere on the path."""


@dataclass(frozen=True, kw_only=True)
class MigDevice:
    """A MIG slice."""

    uuid: str | None = None
    name: str | None = None
    memory_total: int | None = None


@dataclass(frozen=True, kw_only=True)
class GpuProcess:
    """A process that NVML lists. `visible`: there is a process of that number here (in a container: perhaps
    another).
    """

    pid: int = 0
    memory: int | None = None
    visible: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One GPU as NVML tells of it. `error`: the code that its handle, or its readings, answered with; 0 for none."""

    index: int = 0
    error: int = 0
    name: str | None = None
    uuid: str | None = None
    pci: str | None = None
    brand: int | None = None
    capability: list[int] | None = None
    """Compute capability: [8, 9]."""
    memory_total: int | None = None
    memory_used: int | None = None
    memory_error: int | None = None
    utilisation: int | None = None
    temperature: int | None = None
    temperature_slowdown: int | None = None
    power: float | None = None
    power_limit: float | None = None
    power_default: float | None = None
    throttle: int | None = None
    """The bits of nvmlClocksEventReasons."""
    performance_state: int | None = None
    clock: int | None = None
    clock_max: int | None = None
    persistence: bool | None = None
    compute_mode: int | None = None
    display: bool | None = None
    ecc: bool | None = None
    ecc_uncorrected: int | None = None
    """Since the driver was loaded; `ecc_uncorrected_ever` over the board's life."""
    ecc_uncorrected_ever: int | None = None
    remap_pending: bool | None = None
    remap_failed: bool | None = None
    retired_pending: bool | None = None
    link_generation: int | None = None
    link_generation_max: int | None = None
    link_width: int | None = None
    link_width_max: int | None = None
    mig: bool | None = None
    mig_pending: bool | None = None
    """A change of the mode waits for a reset."""
    mig_devices: list[MigDevice] | None = None
    nvlinks_down: int | None = None
    fabric_state: int | None = None
    """1 not started, 2 in progress, 3 completed; 0 not supported."""
    processes: list[GpuProcess] | None = None


@dataclass(frozen=True, kw_only=True)
class Nvml:
    """What libnvidia-ml says. `error`: the code of nvmlInit, 0 where it answered; `cuda` as 12040."""

    library: str | None = None
    error: int = 0
    error_text: str = ""
    driver: str | None = None
    cuda: int | None = None
    gpus: list[Gpu] | None = None


@dataclass(frozen=True, kw_only=True)
class Cuda:
    """What libcuda says, asked in a process of its own. `error`: the code of cuInit, 0 where it answered; `version`
    as 12040.

    `missing` is the loader's own text where the library could not be loaded."""

    library: str | None = None
    missing: str = ""
    error: int | None = None
    version: int | None = None
    devices: int | None = None


@dataclass(frozen=True, kw_only=True)
class Library:
    """A shared library found on the loader's paths: `real` is the file behind the links, `version` the numbers that
    follow its ".so.".
    """

    name: str = ""
    path: str = ""
    real: str = ""
    version: str = ""
    by: str = ""
    """How the loader comes to it: "LD_LIBRARY_PATH", "ld.so.conf", "standard", "wsl"."""


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """A library of the wheel in whose place another of the same name is loaded, because it stands earlier on the
    loader's path.
    """

    name: str = ""
    wheel: str = ""
    wins: str = ""
    by: str = ""
    """ "LD_LIBRARY_PATH", "LD_PRELOAD" or "RPATH of Python" (conda's own folder)."""
    wins_version: str | None = None
    """The numbers behind ".so." in the file that wins, links followed; "" where it has none."""
    needed_by: str | None = None
    """The library that is given the wrong one; "" where it is loaded by name as its siblings run."""
    missing: list[str] | None = None
    """Symbols that `needed_by` wants, the wheel's library has and the winner lacks: loading fails. [] is harmless so
    far as symbols tell."""


@dataclass(frozen=True, kw_only=True)
class Libraries:
    """libcuda and libnvidia-ml in the order in which the loader would find them, and what stands beside."""

    libcuda: list[Library] | None = None
    libnvidia_ml: list[Library] | None = None
    shadows: list[Shadow] | None = None
    stubs: list[str] | None = None
    """Folders named stubs on LD_LIBRARY_PATH or in ld.so.conf."""
    compat: list[str] | None = None
    """cuda-compat folders that stand there."""
    toolkit: str | None = None
    """Version of the nvcc on the path or in CUDA_HOME; "" for none."""
    compiler: str | None = None
    """The C compiler on the path; "" for none."""
    preloads: list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Node:
    """A device node. `mode` as "0660"; `opens`: the errno that opening it gives, 0 where it opens."""

    path: str = ""
    mode: str | None = None
    group: str | None = None
    opens: int | None = None


@dataclass(frozen=True, kw_only=True)
class Container:
    """`kind`: "docker", "podman", "kubernetes", "apptainer", "lxc", "other"; "" where the host itself is seen."""

    kind: str = ""
    cuda_image: bool | None = None
    """The image brings CUDA: /usr/local/cuda, or NVIDIA_REQUIRE_CUDA."""
    snap: bool | None = None
    """The kernel confines this process as a snap."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What bounds a training process. `*_free` and `*_total` of the filesystem; a cgroup limit of None is no limit."""

    shm_total: int | None = None
    shm_free: int | None = None
    open_files: int | None = None
    open_files_hard: int | None = None
    locked_memory: int | None = None
    """-1 for no limit, as for open files."""
    cgroup_memory: int | None = None
    cgroup_memory_used: int | None = None
    oom_kills: int | None = None
    cgroup_cpus: float | None = None
    tmp_free: int | None = None
    tmp_runs: bool | None = None
    """Programs may run from it; a folder mounted noexec breaks compiled kernels."""
    cache: str | None = None
    """The folder that torch and triton cache what they compile in; `cache_writable` and `cache_free` of it."""
    cache_writable: bool | None = None
    cache_free: int | None = None
    infiniband: list[str] | None = None
    interfaces: list[str] | None = None
    iommu_groups: int | None = None


@dataclass(frozen=True, kw_only=True)
class Python:
    """The Python that is judged. `version` as "3.11.7"; `local_torch`: what in the current folder is imported in
    torch's place.
    """

    executable: str | None = None
    version: str | None = None
    implementation: str | None = None
    bits: int | None = None
    free_threaded: bool | None = None
    prefix: str | None = None
    conda: bool | None = None
    virtual: bool | None = None
    user_site: bool | None = None
    """The user's own site-packages are on its path."""
    local_torch: str | None = None
    headers: bool | None = None
    """Python.h is there, which compiling kernels needs."""
    managed: bool | None = None
    """pip may not install into it: the system's packages own it, and an EXTERNALLY-MANAGED file says so (PEP 668)."""


@dataclass(frozen=True, kw_only=True)
class Torch:
    """A torch found on the path, read as text and not imported. `cuda` as "12.6", "" for none; `version` from
    version.py.

    `metadata` is the version that its dist-info gives, "" where there is none; `installer` as "pip", "uv", "conda".
    """

    folder: str = ""
    version: str | None = None
    cuda: str | None = None
    hip: str | None = None
    metadata: str | None = None
    installer: str | None = None
    requires_python: str | None = None
    user_site: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Pin:
    """A requirement of an installed distribution on another: `wants` as "==2.13.0", `has` the version installed, ""
    for none.
    """

    distribution: str = ""
    on: str = ""
    wants: str = ""
    has: str = ""


@dataclass(frozen=True, kw_only=True)
class Packages:
    """What lies in the judged Python's packages. The first of `torches` is the one that is imported."""

    torches: list[Torch] | None = None
    metadata: list[str] | None = None
    """Every torch-*.dist-info folder."""
    leftovers: list[str] | None = None
    """Folders such as "~orch" that an interrupted pip left."""
    versions: dict[str, str] | None = None
    """Distribution (normalised, as "nvidia-ml-py") -> version, of those that matter to torch."""
    builds: dict[str, str] | None = None
    """torchvision, torchaudio -> the version that their own version.py gives, as "0.28.0+cu130"."""
    unmet: list[Pin] | None = None
    """Pins of torch, torchvision, torchaudio and triton that the installed versions do not meet."""
    missing: list[str] | None = None
    """Libraries that a distribution's RECORD lists and that are gone."""
    conda_torch: str | None = None
    """Version of the torch that conda's own records list; "" for none."""
    pynvml: str | None = None
    """Where `import pynvml` comes from: "module" (nvidia-ml-py), "package" (the deprecated distribution), "" for
    nowhere.
    """
    needs_pynvml: list[str] | None = None
    """Distributions that require the deprecated one."""
    openmp: list[str] | None = None
    """OpenMP run-times of different makes that lie in the environment."""
    kernels: dict[str, str] | None = None
    """Extensions built for one torch (flash-attn, xformers, ...) -> the torch they were built for, "" where they do
    not say.
    """


@dataclass(frozen=True, kw_only=True)
class TorchGpu:
    """A GPU as torch sees it. `allocated`, `computed`: "" where it worked, else the error; `difference`: of a
    matmul from the CPU's.
    """

    index: int = 0
    name: str | None = None
    uuid: str | None = None
    capability: list[int] | None = None
    memory_total: int | None = None
    memory_free: int | None = None
    allocated: str | None = None
    computed: str | None = None
    difference: float | None = None


@dataclass(frozen=True, kw_only=True)
class TorchRun:
    """torch itself, imported in a process of its own. `outcome`: "ran", "raised", "died" (by `signal`), "hung" (in
    `during`).
    """

    outcome: str = ""
    during: str = ""
    """ "import", "cuda" or "matmul": where it stood when it ended."""
    signal: str = ""
    error: list[str] = field(default_factory=list)
    """The last lines of what it said."""
    version: str | None = None
    cuda: str | None = None
    hip: str | None = None
    archs: list[str] | None = None
    available: bool | None = None
    warnings: list[str] | None = None
    count: int | None = None
    gpus: list[TorchGpu] | None = None
    mps: bool | None = None
    import_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Xid:
    """A fault that the driver wrote to the kernel's log. `seconds` since boot."""

    code: int = 0
    pci: str = ""
    text: str = ""
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class KernelLog:
    """`readable` False: it takes root here, so nothing is known of it. `lines`: the driver's own complaints, as
    "RmInitAdapter failed".
    """

    readable: bool | None = None
    xids: list[Xid] | None = None
    lines: list[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A section is None until it was seen, and if it never is, `troubles` says why: section -> one sentence.

    `taken` is when, in ISO 8601. `variables` are those of the environment that bear on CUDA.
    """

    schema_version: int = SCHEMA
    taken: str = ""
    host: Host | None = None
    pci: list[PciDevice] | None = None
    driver: Driver | None = None
    nvml: Nvml | None = None
    cuda: Cuda | None = None
    libraries: Libraries | None = None
    nodes: list[Node] | None = None
    variables: dict[str, str] | None = None
    container: Container | None = None
    limits: Limits | None = None
    kernel_log: KernelLog | None = None
    python: Python | None = None
    packages: Packages | None = None
    torch: TorchRun | None = None
    troubles: dict[str, str] = field(default_factory=dict)
    hung: list[str] = field(default_factory=list)
    """Sections whose look did not end within its time limit; each has its sentence in `troubles`, too."""
