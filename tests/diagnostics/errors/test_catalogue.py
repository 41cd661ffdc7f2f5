"""The catalogue itself: every entry complete, every wording of use, and old wordings explained as new ones."""

from __future__ import annotations

import re

import pytest

from diagnostics.errors.catalogue import ENTRIES
from diagnostics.errors.catalogue.dataloader import WORKER_ERROR
from diagnostics.errors.entry import CATEGORIES, Entry
from diagnostics.errors.explain import explain
from diagnostics.errors.matching import _SLOW, find, may_begin

EVERY = (*ENTRIES, WORKER_ERROR)

WORDINGS = {
    "device-mismatch": [
        "Expected all tensors to be on the same device, but got mat1 is on cpu, different from other tensors on cuda:0 "
        "(when checking argument in method wrapper_CUDA_addmm)",
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu! (when checking "
        "arugment for argument mat1 in method wrapper_addmm)",
        "expected all tensors to be on the same device, but found at least two devices, cuda:0 and cuda:1!",
        "Expected object of device type cuda but got device type cpu for argument #2 'target' in call to "
        "_thnn_nll_loss_forward",
        "Expected object of backend CUDA but got backend CPU for argument #4 'mat1'".replace(
            "backend ", "backend type "
        ),
        "Expected object of type torch.FloatTensor but found type torch.cuda.FloatTensor for argument #2 'mat2'",
        "Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should be the same or "
        "input should be a "
        "MKLDNN tensor and weight is a dense tensor",
        "Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor) should be the same",
        "Input type (MPSFloatType) and weight type (torch.FloatTensor) should be the same",
        "Input and parameter tensors are not at the same device, found input tensor at cpu and parameter "
        "tensor at cuda:0",
        "Input and hidden tensors are not at the same device, found input tensor at cuda:0 and hidden tensor at cpu",
        "indices should be either on cpu or on the same device as the indexed tensor (cpu)",
        "expected self and mask to be on the same device, but got mask on cpu and self on cuda:0",
        "grid_sampler(): expected input and grid to be on same device, but input is on cuda:0 and grid is on cpu",
        "Expected query, key, and value to have the same device type, but got query.device: cuda:0",
        "torch.linalg.solve: Expected b and A to be on the same device, but found b on cpu and A on cuda:0 instead.",
        "'lengths' argument should be a 1D CPU int64 tensor, but got 1D cuda:0 Long tensor",
        "batch_sizes should always be on CPU. Instead got device cuda:0",
        "Expected a 'cuda' device type for generator but found 'cpu'",
        "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first.",
        "can't convert CUDA tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first.",
        "module must have its parameters and buffers on device cuda:0 (device_ids[0]) but found one of them "
        "on device: cpu",
        "slow_conv2d_forward_mps: input(device='cpu') and weight(device=mps:0')  must be on the same device",
        "Placeholder storage has not been allocated on MPS device!",
        "Trying to pass too many CPU scalars to non-CPU kernel!",
        "Tensor for argument #2 'mat1' is on CPU, but expected it to be on GPU (while checking arguments for addmm)",
        "Expected tensor for argument #1 'input' to have the same device as tensor for argument #2 "
        "'weight'; but device 1 "
        "does not equal 0 (while checking arguments for cudnn_convolution)",
    ],
    "label-dtype": [
        "expected scalar type Long but found Float",
        "expected scalar type Long but found Int",
        "Expected object of scalar type Long but got scalar type Float for argument #2 'target' in call to "
        "_thnn_nll_loss_forward",
        "\"nll_loss_forward_reduce_cuda_kernel_2d_index\" not implemented for 'Int'",
        "Expected object of type torch.LongTensor but found type torch.DoubleTensor for argument #2 'target'",
        "Expected object of scalar type Float but got scalar type Long for argument #2 'target' in call to "
        "_thnn_mse_loss",
        "Found dtype Double but expected Float",
    ],
    "label-shape-or-range": [
        "1D target tensor expected, multi-target not supported",
        "multi-target not supported at /pytorch/aten/src/THNN/generic/ClassNLLCriterion.c:21",
        "Assertion `cur_target >= 0 && cur_target < n_classes' failed.  at "
        "/pytorch/aten/src/THNN/generic/ClassNLL.c:94",
        "/pytorch/aten/src/THCUNN/ClassNLLCriterion.cu:108: cunn_ClassNLLCriterion_updateOutput_kernel: "
        "block: [0,0,0], "
        "thread: [1,0,0] Assertion `t >= 0 && t < n_classes` failed.",
        "/pytorch/aten/src/ATen/native/cuda/NLLLoss2d.cu:103: nll_loss2d_forward_kernel: block: [0,0,0], "
        "thread: [1,0,0] "
        "Assertion `cur_target >= 0 && cur_target < n_classes` failed.",
        "/pytorch/aten/src/ATen/native/cuda/Loss.cu:106: operator(): block: [0,0,0], thread: [1,0,0] Assertion "
        "`input_val >= zero && input_val <= one` failed.",
        "CUDA error: device-side assert triggered",
        "cuda runtime error (59) : device-side assert triggered at /pytorch/aten/src/THC/generic/THCTensorMath.cu:26",
        "Expected target size (2, 7), got torch.Size([2, 5])",
    ],
    "dtype-mismatch": [
        "Input type (torch.cuda.DoubleTensor) and weight type (torch.cuda.FloatTensor) should be the same",
        "Input type (torch.cuda.FloatTensor) and bias type (torch.cuda.HalfTensor) should be the same",
        "Expected object of scalar type Float but got scalar type Double for argument #4 'mat1' in call to _th_addmm",
        "Expected object of type torch.FloatTensor but found type torch.DoubleTensor for argument #4 'mat1'",
        "expected scalar type Half but found Float",
        "expected mat1 and mat2 to have the same dtype, but got: float != double",
        "\"addmm_impl_cpu_\" not implemented for 'Half'",
        "\"slow_conv2d_cpu\" not implemented for 'Half'",
        "Can only calculate the mean of floating types. Got Long instead.",
        "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64. Please "
        "use float32 instead.",
    ],
    "shape": [
        "size mismatch, m1: [64 x 784], m2: [512 x 128] at /pytorch/aten/src/TH/generic/THTensorMath.cpp:41",
        "Expected 4-dimensional input for 4-dimensional weight [64, 3, 7, 7], but got 3-dimensional input "
        "of size [3, 8, 8] instead",
        "Given groups=1, weight of size 64 3 7 7, expected input[8, 1, 224, 224] to have 3 channels, but "
        "got 1 channels instead",
        "invalid argument 0: Sizes of tensors must match except in dimension 1. Got 3 and 4 in dimension 2 "
        "at /pytorch/x.cpp:71",
        "Expected more than 1 value per channel when training, got input size [1, 512]",
    ],
    "autograd": [
        "element 0 of variables does not require grad and does not have a grad_fn",
        "Trying to backward through the graph a second time, but the buffers have already been freed. Specify "
        "retain_graph=True when calling backward the first time.",
        "one of the variables needed for gradient computation has been modified by an inplace operation",
        "a leaf Variable that requires grad has been used in an in-place operation.",
        "Can't call numpy() on Variable that requires grad. Use var.detach().numpy() instead.",
    ],
    "dataloader": [
        "DataLoader worker (pid 20201) is killed by signal: Killed.",
        "DataLoader worker (pid(s) 20201, 20202) exited unexpectedly",
        "DataLoader worker (pid 12) is killed by signal: Bus error. It is possible that dataloader's "
        "workers are out of "
        "shared memory. Please try to raise your shared memory limit.",
        "batch must contain tensors, numbers, dicts or lists; found <class 'NoneType'>",
        "received 0 items of ancdata",
    ],
    "oom": [
        "CUDA out of memory. Tried to allocate 22.78 GiB. GPU 0 has a total capacity of 31.47 GiB of which "
        "12.73 GiB is free.",
        "CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 10.92 GiB total capacity; 8.57 MiB already allocated)",
        "CUDA error: out of memory",
        "cuda runtime error (2) : out of memory at /pytorch/aten/src/THC/THCStorage.cu:58",
        "HIP out of memory. Tried to allocate 2.00 GiB.",
        "MPS backend out of memory (MPS allocated: 8.83 GB, other allocations: 96.00 MB, max allowed: 9.07 GB).",
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you "
        "tried to allocate "
        "40000000000000 bytes. Error code 12 (Cannot allocate memory)",
        "$ Torch: not enough memory: you tried to allocate 12GB. Buy new RAM! at "
        "/pytorch/aten/src/TH/THGeneral.cpp:201",
    ],
    "amp": [
        "torch.nn.functional.binary_cross_entropy and torch.nn.BCELoss are unsafe to autocast.",
        "No inf checks were recorded for this optimizer.",
        "Attempting to unscale FP16 gradients.",
    ],
    "cuda-setup": [
        "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver",
        "The NVIDIA driver on your system is too old (found version 12080). Please update your GPU driver",
        "CUDA error: no kernel image is available for execution on the device",
        "CUDA unknown error - this may be due to an incorrectly set up environment, e.g. changing env variable "
        "CUDA_VISIBLE_DEVICES after program start. Setting the available devices to be zero.",
        "Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices()? "
        "Error 804: forward compatibility was attempted on non supported HW",
        "CUDA error: invalid device ordinal",
        "No CUDA GPUs are available",
        "Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing, you must use the "
        "'spawn' method",
        "/opt/x/lib/libcusparse.so.12: undefined symbol: __nvJitLinkComplete_12_4, version libnvJitLink.so.12",
        "libcudart.so.12: cannot open shared object file: No such file or directory",
        "operator torchvision::nms does not exist",
        "Numpy is not available",
        "CUDA error: uncorrectable ECC error encountered",
        "partially initialized module 'torch' has no attribute 'nn' (most likely due to a circular import)",
        "Failed to find C compiler. Please specify via CC environment variable or set triton.knobs.build.impl.",
    ],
    "distributed": [
        "NCCL error in: ../torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp:1269, unhandled cuda error, "
        "NCCL version 2.14.3",
        "[1]: The server socket has failed to listen on any local network address. The server socket has "
        "failed to bind",
        "Timed out waiting 8000ms for recv operation to complete",
        "Ranks 1 failed to pass monitoredBarrier in 4000 ms",
        "Default process group has not been initialized, please make sure to call init_process_group.",
        "Distributed package doesn't have NCCL built in",
        "Expected to have finished reduction in the prior iteration before starting a new one.",
    ],
    "checkpoint": [
        "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you "
        "are running on a "
        "CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your storages "
        "to the CPU.",
        "PytorchStreamReader failed reading zip archive: failed finding central directory",
        "unexpected EOF, expected 3721 more bytes. The file might be corrupted.",
        "Weights only load failed. This file can still be loaded",
        "torch.UntypedStorage(): Storage device not recognized: mps",
    ],
    "other": [
        "index out of range in self",
        "index out of range: Tried to access index 5 out of table with 3 rows. at /pytorch/x.cpp:418",
        "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle, opa, opb, m, n, k)`",
        "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
        "CUDA error: an illegal memory access was encountered",
        "Cannot copy out of meta tensor; no data!",
    ],
}
"""Category -> messages of older and other versions, or of devices that are not here."""


def entries(category: str) -> list[Entry]:
    return [one for one in EVERY if one.category == category]


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_has_entries(category: str) -> None:
    assert entries(category)
    assert WORDINGS[category]


@pytest.mark.parametrize("entry", EVERY, ids=lambda entry: entry.id)
def test_an_entry_is_complete(entry: Entry) -> None:
    """A title of one line, a cause, a fix with a command, how to confirm, a lesson."""
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.id)
    assert len(entry.title) < 120
    assert entry.cause.endswith(".")
    assert any(step.command for step in entry.fix)
    assert any(step.verify for step in entry.fix) or entry.category in ("cuda-setup", "distributed", "other", "oom")
    assert entry.lesson
    for wording in entry.wordings:
        assert set(re.findall(r"{(\w+)}", wording.title)) <= set(wording.compiled.groupindex)


def test_one_id_is_one_category_unless_the_calls_decide() -> None:
    """Entries that share an id share their lesson."""
    for entry in ENTRIES:
        same = {(one.lesson, one.category) for one in ENTRIES if one.id == entry.id}
        assert len(same) == 1, entry.id


def test_consequences_name_entries_that_exist() -> None:
    """And no entry leads to itself."""
    ids = {entry.id for entry in EVERY}
    assert all(set(entry.after) <= ids - {entry.id} for entry in EVERY)


@pytest.mark.parametrize(("category", "message"), [(c, message) for c, all_ in WORDINGS.items() for message in all_])
@pytest.mark.parametrize("form", ["{}", "RuntimeError: {}", "[rank0]: RuntimeError: {}", "ERROR: step 3 failed: {}"])
def test_a_wording_is_explained_in_any_form(category: str, message: str, form: str) -> None:
    """As Python prints it, alone, from a rank, and as a program's own words repeat it."""
    finding = explain(form.format(message) + "\n")[0]
    assert finding.category == category


@pytest.mark.parametrize("entry", [one for one in ENTRIES if one.inside], ids=lambda entry: entry.id)
def test_an_ambiguous_message_needs_its_calls(entry: Entry) -> None:
    """The words alone do not make it this entry."""
    assert not entry.fits("")


def test_the_quick_look_at_a_line_knows_plain_beginnings() -> None:
    """What it refuses is never looked at again."""
    assert may_begin("mat1 and mat2 shapes cannot be multiplied (4x5 and 3x2)")
    assert may_begin("Expected all tensors to be on the same device")
    assert not may_begin("epoch 3 loss 0.5")
    assert _SLOW


def test_a_warning_of_another_kind_is_no_error() -> None:
    """Only what a warning says may be explained by entries for warnings."""
    assert (
        find(
            "Using a target size (torch.Size([4])) that is different to the input size (torch.Size([4, 1])). This will "
            "likely lead to incorrect results",
            warning=True,
        )
        is not None
    )
    assert find("mat1 and mat2 shapes cannot be multiplied (4x5 and 3x2)", warning=True) is None
