"""The variables of the environment that bear on CUDA, ROCm, NCCL, the loader or Python, secrets excepted."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from diagnostics.doctor.probe.root import printable

_FAMILIES = (
    "CUDA_", "CUDNN_", "CUBLAS_", "NVIDIA_", "NVSHMEM_", "NVCC_", "PYTORCH_", "TORCH_", "TORCHINDUCTOR_", "TRITON_",
    "NCCL_", "GLOO_", "UCX_", "HIP_", "ROCR_", "ROCM_", "HSA_", "AMD_", "KMP_", "OMP_", "MKL_",
)  # fmt: skip
_NAMES = {
    "LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT", "PYTHONPATH", "PYTHONHOME", "PYTHONNOUSERSITE", "VIRTUAL_ENV",
    "XDG_CACHE_HOME", "TMPDIR", "CC", "CXX", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "CONDA_OVERRIDE_CUDA",
    "GPU_DEVICE_ORDINAL", "KUBERNETES_SERVICE_HOST", "WORLD_SIZE", "RANK", "LOCAL_RANK", "LOCAL_WORLD_SIZE",
    "MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_RUN_ID", "SLURM_JOB_ID", "SLURM_JOB_GPUS", "SLURM_STEP_GPUS",
    "SLURM_GPUS", "SLURM_GPUS_ON_NODE", "SLURM_GPUS_PER_NODE", "SLURM_GPUS_PER_TASK", "SLURM_LOCALID",
    "SLURM_NTASKS", "SLURM_NNODES", "SLURM_CLUSTER_NAME", "PBS_JOBID", "PBS_GPUFILE", "PBS_NGPUS", "LSB_JOBID",
    "FLUX_JOB_ID",
}  # fmt: skip
_SECRET = re.compile(r"TOKEN|KEY|SECRET|PASSW|CREDENTIAL|AUTH|COOKIE", re.IGNORECASE)
_MOST, _LONGEST = 256, 8192


def look(root: str, variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Name -> value, sorted. A root has no environment of its own: it is judged in the caller's."""
    chosen = sorted(name for name in variables if bears(name) and not _SECRET.search(name))[:_MOST]
    return {name: printable(variables[name])[:_LONGEST] for name in chosen}


def bears(name: str) -> bool:
    """Whether a variable is one of those that a check, or the reader of a report, may want."""
    return name in _NAMES or name.startswith(_FAMILIES)
