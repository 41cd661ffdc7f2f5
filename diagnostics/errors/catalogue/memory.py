"""Memory that was not there."""

from __future__ import annotations

from diagnostics.errors.entry import Entry, Wording, says
from diagnostics.finding import Step

LESSON = "memory#when-it-does-not-fit"

ENTRIES = (
    Entry(
        "cuda-oom",
        "oom",
        "The GPU's memory was not enough",
        "Parameters, gradients, optimizer state and, growing with the batch, the activations kept for "
        "backward. Losses kept "
        "as tensors, evaluation without no_grad(), and another process on the GPU take more.",
        (
            Step(
                "halve the batch, and accumulate gradients over two",
                "DataLoader(dataset, batch_size=16)",
                verify="print(torch.cuda.max_memory_allocated() / 2**30)",
            ),
            Step("or evaluate unrecorded, and keep numbers instead of tensors", "total += loss.item()"),
            Step("or see who else is on the GPU", "nvidia-smi"),
            Step(
                "or where much is reserved but unallocated, let segments grow",
                "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True python train.py",
            ),
        ),
        (
            Wording(
                r"(CUDA|HIP|XPU) out of memory\. Tried to allocate (?P<size>[\d.]+ \w+)",
                "{size} more were asked of the GPU than it had free",
            ),
            *says(
                r"(CUDA|HIP|XPU) out of memory",
                r"CUDA error: out of memory",
                r"cuda runtime error \(2\) ?: out of memory",
                r"MPS backend out of memory",
                r"Allocation on device \d* ?would exceed allowed memory",
                r"CUDA driver error: out of memory",
            ),
        ),
        LESSON,
    ),
    Entry(
        "cpu-oom",
        "oom",
        "The computer's memory was not enough",
        "torch asked for more than the system gives: a shape is far larger than meant, or batch and model "
        "are too large.",
        (
            Step(
                "look at the shape that is made there",
                "print(x.shape, x.numel() * x.element_size())",
                verify="free -h while it runs",
            ),
            Step("or use a smaller batch"),
        ),
        (
            Wording(
                r".{0,200}DefaultCPUAllocator: (can't allocate memory|not enough memory): you tried to "
                r"allocate (?P<size>\d+) bytes",
                "{size} bytes were asked of the computer's memory",
            ),
            *says(
                r"\[enforce fail at .{0,80}alloc_cpu\.cpp",
                r"\$ Torch: not enough memory: you tried to allocate",
                r".{0,100}not enough memory: you tried to allocate \d+",
            ),
        ),
        LESSON,
    ),
)
