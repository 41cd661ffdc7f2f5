"""Hosts whose driver, GPU or container is broken, for the probe to look at."""

from __future__ import annotations

from tests.diagnostics.doctor.roots import (
    KERNEL,
    Tree,
    kmsg,
    libraries,
    linux,
    module_files,
    nodes,
    nvidia_module,
    pci_gpu,
    secure_boot,
)
from tests.diagnostics.doctor.whole.healthy import (
    CU126_RTX4090,
    desktop,
    hgx,
    hgx_tree,
    rtx4090_driver550,
)
from tests.diagnostics.doctor.whole.making import Plan, driven
from tests.diagnostics.doctor.whole.said import Says
from tests.diagnostics.doctor.whole.torches import torch

NO_DEVICE = "CUDA initialization: CUDA unknown error - this may be due to an incorrectly set up environment"
TOO_OLD = "CUDA initialization: The NVIDIA driver on your system is too old (found version 11040)."


def unavailable(code: int, words: str) -> str:
    """What torch warns of when cuInit fails."""
    return (
        "CUDA initialization: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before "
        f"calling NumCudaDevices() that might have already set an error? Error {code}: {words}"
    )


WITHOUT_GPU = torch("2.13.0+cu126", warnings=[NO_DEVICE])
NOT_READY = torch("2.13.0+cu130", warnings=[unavailable(802, "system not yet initialized")])
MISMATCH = torch(
    "2.13.0+cu126",
    warnings=[unavailable(803, "system has unsupported display driver / cuda driver combination")],
)
HANGS_WITH_THE_GPU = torch(
    "2.13.0+cu126",
    more="import time\ncuda.is_available = staticmethod(lambda: time.sleep(3600))",
)

UNLOADED = {**linux(), **pci_gpu(driver=""), **module_files(), **libraries("550.54.14"), "/usr/bin/nvidia-smi": ""}
UPDATED = {**linux(), **pci_gpu(), **nvidia_module("550.54.14"), **libraries("550.90.07"), **nodes()}
NO_DRIVER = {**linux(), **pci_gpu(driver="")}
FELL_OFF = kmsg(
    "NVRM: GPU at PCI:0000:01:00: GPU-1c5a4a4e",
    "NVRM: Xid (PCI:0000:01:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
)


def under(root: str, *faults: str) -> dict[str, str]:
    """Faults that are folded under a root."""
    return dict.fromkeys(faults, root)


def without(tree: Tree, name: str) -> Tree:
    """The same without a library."""
    return {path: content for path, content in tree.items() if name not in path}


DRIVERS: dict[str, tuple[Plan, Says]] = {
    "driver not loaded (NVML 9)": (
        Plan((UNLOADED,), WITHOUT_GPU, scenario=driven("init_driver_not_loaded")),
        Says(
            {"driver-not-loaded": "fail"},
            under("driver-not-loaded", "cuda-init-failed", "torch-cuda-unavailable"),
            run="sudo modprobe nvidia",
        ),
    ),
    "driver updated under a running module (NVML 18)": (
        Plan((UPDATED,), MISMATCH, scenario=driven("init_version_mismatch")),
        Says(
            {"driver-library-mismatch": "fail"},
            under("driver-library-mismatch", "cuda-init-failed", "libcuda-mismatch", "torch-cuda-unavailable"),
            run="sudo reboot",
        ),
    ),
    "no permission (NVML 4)": (
        Plan((desktop("550.54.14"),), WITHOUT_GPU, scenario=driven("init_no_permission")),
        Says(
            {"device-permission": "fail"},
            under("device-permission", "cuda-init-failed", "torch-cuda-unavailable"),
            run="NVreg_DeviceFileMode=0666",
        ),
    ),
    "the only GPU fell off the bus (NVML 15)": (
        Plan((desktop("550.54.14"), FELL_OFF), WITHOUT_GPU, scenario=driven("init_gpu_lost")),
        Says(
            {"gpu-lost": "fail"},
            under("gpu-lost", "cuda-init-failed", "torch-cuda-unavailable", "xid-seen"),
            run="sudo poweroff",
        ),
    ),
    "unknown error (NVML 999)": (
        Plan((desktop("550.54.14"),), WITHOUT_GPU, scenario=driven("init_unknown")),
        Says(
            {"nvml-unknown-error": "fail"},
            under("nvml-unknown-error", "cuda-init-failed", "torch-cuda-unavailable"),
            run="dmesg",
        ),
    ),
    "a reset is required (NVML 16)": (
        Plan(
            (desktop("550.54.14"),),
            WITHOUT_GPU,
            scenario=driven("init_unknown", more="[system]\nerror.nvmlInit = RESET_REQUIRED\n"),
        ),
        Says(
            {"reset-required": "fail"},
            under("reset-required", "cuda-init-failed", "torch-cuda-unavailable"),
            run="nvidia-smi",
        ),
    ),
    "no libnvidia-ml (NVML 12), and CUDA works": (
        Plan(
            (without(desktop("550.54.14"), "libnvidia-ml"),),
            CU126_RTX4090,
            scenario=rtx4090_driver550(),
            lacks=("libnvidia-ml",),
        ),
        Says({"nvml-library-missing": "warn"}, run="sudo apt install"),
    ),
    "NVML and CUDA hang": (
        Plan(
            (desktop("550.54.14"),),
            HANGS_WITH_THE_GPU,
            scenario=driven("hung", "550.54.14"),
            limits={"nvml": 0.5, "cuda": 0.5, "torch": 1.2},
        ),
        Says(
            {"nvml-not-answering": "fail"}, under("nvml-not-answering", "cuda-init-failed", "torch-hung"), run="ps -eo"
        ),
    ),
    "no driver": (
        Plan((NO_DRIVER,), WITHOUT_GPU),
        Says({"no-driver": "fail"}, under("no-driver", "torch-cuda-unavailable"), run="sudo"),
    ),
    "nouveau holds the GPU": (
        Plan(
            (UNLOADED, pci_gpu(driver="nouveau"), {"/proc/modules": "nouveau 1 0 - Live 0x0\n"}),
            WITHOUT_GPU,
            scenario=driven("init_driver_not_loaded"),
        ),
        Says(
            {"nouveau-bound": "fail"},
            under("nouveau-bound", "driver-not-loaded", "cuda-init-failed", "torch-cuda-unavailable"),
            run="blacklist nouveau",
        ),
    ),
    "a new kernel without the driver's module": (
        Plan(
            (
                NO_DRIVER,
                module_files("6.8.0-44-generic"),
                libraries("550.54.14"),
                {"/var/lib/dkms/nvidia/550.54.14/build/make.log": f"DKMS make.log for nvidia for kernel {KERNEL}\n"},
            ),
            WITHOUT_GPU,
            scenario=driven("init_driver_not_loaded"),
        ),
        Says(
            {"module-missing-for-kernel": "fail"},
            under("module-missing-for-kernel", "driver-not-loaded", "cuda-init-failed", "torch-cuda-unavailable"),
            run="dkms",
        ),
    ),
    "Secure Boot refuses the module": (
        Plan(
            (
                UNLOADED,
                secure_boot(),
                kmsg(
                    "Loading of module with unavailable key is rejected: nvidia", "nvidia: Key was rejected by service"
                ),
            ),
            WITHOUT_GPU,
            scenario=driven("init_driver_not_loaded"),
        ),
        Says(
            {"secure-boot-unsigned": "fail"},
            under("secure-boot-unsigned", "driver-not-loaded", "cuda-init-failed", "torch-cuda-unavailable"),
            run="mokutil",
        ),
    ),
    "the fabric manager does not run (802)": (
        Plan((hgx_tree(manager=False),), NOT_READY, scenario=hgx("[cuda]\ninit = 802\n[gpu.*]\nfabric_state = 1\n")),
        Says(
            {"fabric-manager-stopped": "fail"},
            under("fabric-manager-stopped", "fabric-not-ready", "cuda-init-failed", "torch-cuda-unavailable"),
            run="sudo systemctl enable --now nvidia-fabricmanager",
        ),
    ),
    "nvidia_uvm did not survive a sleep": (
        Plan(
            (desktop("550.54.14"), {"/sys/power/suspend_stats/success": "3\n"}),
            torch("2.13.0+cu126", warnings=[unavailable(999, "unknown error")]),
            scenario=rtx4090_driver550("[cuda]\ninit = 999\n"),
        ),
        Says(
            {"uvm-stale": "fail"},
            under("uvm-stale", "cuda-init-failed", "torch-cuda-unavailable"),
            run="sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm",
        ),
    ),
    "nvidia_uvm and the kernel's HMM do not agree": (
        Plan(
            (desktop("550.54.14"), {"/sys/module/nvidia_uvm/parameters/uvm_disable_hmm": "N\n"}),
            WITHOUT_GPU,
            scenario=rtx4090_driver550("[cuda]\ninit = 3\n"),
        ),
        Says(
            {"uvm-hmm": "fail"},
            under("uvm-hmm", "cuda-init-failed", "torch-cuda-unavailable"),
            run="uvm_disable_hmm=1",
        ),
    ),
    "a toolkit's stub in the place of libcuda": (
        Plan(
            (desktop("550.54.14"), {"/usr/local/cuda/lib64/stubs/libcuda.so.1": ""}),
            torch("2.13.0+cu126", warnings=[unavailable(34, "CUDA driver is a stub library")]),
            scenario=rtx4090_driver550("[cuda]\ninit = 34\n"),
            variables={"LD_LIBRARY_PATH": "/usr/local/cuda/lib64/stubs"},
        ),
        Says(
            {"libcuda-stub": "fail"},
            under("libcuda-stub", "cuda-init-failed", "torch-cuda-unavailable"),
            run="LD_LIBRARY_PATH",
        ),
    ),
}
