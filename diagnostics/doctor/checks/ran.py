"""Does torch run? What the faults of theme torch say once it was imported and used in a process of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator

from diagnostics.doctor.checks import install, said, sight
from diagnostics.doctor.checks.fault import Seen
from diagnostics.doctor.checks.views import gpus, on_jetson
from diagnostics.doctor.facts import Facts, TorchGpu, TorchRun
from diagnostics.finding import Step
from diagnostics.text import clean

LARGEST_DIFFERENCE = 0.1
"""Of a product from the CPU's: the probe's are whole numbers, which TF32 and float16 hold exactly."""


def torch_raised(facts: Facts) -> Iterator[Seen]:
    """That there is no torch is another fault."""
    run = facts.torch
    if run is None or run.outcome != "raised" or _nowhere(facts, run):
        return
    known = said.of_import(run.error)
    yield Seen(
        "fail",
        f"{install.torch_name(facts)} {_raised(run)}",
        _last(run),
        known.cause if known else "Its last words, above, say why.",
        _steps(facts, known.remedy if known else "reinstall"),
    )


def torch_died(facts: Facts) -> Iterator[Seen]:
    """What a signal tells of the reason, where its last lines do not."""
    run = facts.torch
    if run is None or run.outcome != "died":
        return
    known = said.of_import(run.error)
    cause = known.cause if known else said.SIGNALS.get(run.signal, "")
    remedy = "" if run.signal in ("SIGKILL", "SIGBUS") else known.remedy if known else "reinstall"
    yield Seen(
        "fail",
        f"{install.torch_name(facts)} {_ended(run)}",
        _last(run),
        cause,
        _steps(facts, remedy) or (Step("See which memory there was.", "free -h; df -h /dev/shm /tmp"),),
    )


def torch_hung(facts: Facts) -> Iterator[Seen]:
    """An import that hangs is a matter of files, later it is one of the driver."""
    run = facts.torch
    if run is None or run.outcome != "hung":
        return
    at_import = run.during in ("", "import")
    code = "import torch" if at_import else "import torch; print(torch.ones(8).cuda().sum())"
    yield Seen(
        "fail",
        f"{install.torch_name(facts)} did not answer {_while(run)}",
        _last(run),
        "Its files come slowly, as from a network folder, or an import waits for something."
        if at_import
        else "The driver or the GPU does not answer: mostly a GPU that has failed, or one whose driver waits for it.",
        (Step("See where it stands.", f"timeout 120 {install.python(facts)} -X faulthandler -v -c '{code}'"),)
        if at_import
        else (
            Step("See whether the driver answers.", "timeout 20 nvidia-smi"),
            Step("See what the driver wrote to the kernel's log.", "sudo dmesg | grep -i -E 'nvrm|xid'", root=True),
        ),
    )


def torch_cuda_unavailable(facts: Facts) -> Iterator[Seen]:
    """Where no GPU is to be seen, torch is right."""
    run = facts.torch
    if run is None or run.outcome != "ran" or run.available is not False or not run.cuda or run.hip:
        return
    gpu = sight.gpu_here(facts)
    if not gpu:
        return
    code = said.cuda_code(run.warnings or [])
    yield Seen(
        "fail",
        f"{install.torch_name(facts)} finds no GPU that it can use" + f" (error {code})" * bool(code),
        (gpu, *(clean(line) for line in (run.warnings or ["torch gave no reason"])[:4])),
        said.CUDA_CODES.get(code or 0, "The layers below torch, from the driver up, say more."),
        install.cuda_torch(facts) if on_jetson(facts) else _unlock(facts, code),
    )


def torch_gpu_failed(facts: Facts) -> Iterator[Seen]:
    """All but the failures that have a name of their own."""
    failed = [(gpu, text) for gpu, text in _failures(facts) if install.foreign(facts) or not _explained(text)]
    if not failed:
        return
    busy = all(said.BUSY.search(text) for _, text in failed) and _exclusive(facts)
    code = said.cuda_code([text for _, text in failed])
    names = ", ".join(_name(gpu) for gpu, _ in failed)
    yield Seen(
        "note" if busy else "fail",
        f"{names} is taken by another process: its compute mode is exclusive" if busy else f"{names} did not compute",
        tuple(f"{_name(gpu)}: {clean(text)}" for gpu, text in failed),
        said.CUDA_CODES.get(code or 0, ""),
        (Step("See what the driver says of it.", _ask_driver(facts)),),
    )


def torch_no_memory(facts: Facts) -> Iterator[Seen]:
    """A GPU that is full is not broken."""
    full = [(gpu, text) for gpu, text in _failures(facts) if said.NO_MEMORY.search(text)]
    if full:
        names = ", ".join(_name(gpu) for gpu, _ in full)
        evidence = tuple(f"{_name(gpu)}: {clean(text)}" for gpu, text in full)
        yield Seen("note", f"{names} had no memory left for the test", evidence, "Other programs hold it.")


def torch_wrong_result(facts: Facts) -> Iterator[Seen]:
    """NaN is wrong, too."""
    gpus = (facts.torch.gpus if facts.torch else None) or []
    wrong = [gpu for gpu in gpus if gpu.difference is not None and not abs(gpu.difference) <= LARGEST_DIFFERENCE]
    if wrong:
        yield Seen(
            "fail",
            f"{', '.join(map(_name, wrong))} gave a wrong result",
            tuple(f"{_name(gpu)}: a matmul was {_off(gpu.difference)}" for gpu in wrong),
            "Its memory or its cores are faulty, or a setting makes it run code for another GPU.",
            (Step("Do not train on it. See its memory's errors.", "nvidia-smi -q -d ECC,ROW_REMAPPER"),),
        )


def _failures(facts: Facts) -> Iterator[tuple[TorchGpu, str]]:
    for gpu in (facts.torch.gpus if facts.torch else None) or []:
        if text := gpu.allocated or gpu.computed:
            yield gpu, text


def _ask_driver(facts: Facts) -> str:
    return "rocm-smi --showhw" if install.foreign(facts) else "nvidia-smi -q -d ECC,COMPUTE,PERFORMANCE"


def _explained(text: str) -> bool:
    """Whether another fault of this theme speaks of it."""
    return any(known.search(text) for known in (said.NO_MEMORY, said.NO_KERNEL, said.BAD_PTX))


def _exclusive(facts: Facts) -> bool:
    return any(gpu.compute_mode in (1, 3) for gpu in gpus(facts))


def _nowhere(facts: Facts, run: TorchRun) -> bool:
    """Whether it failed because there is no torch, which is another fault."""
    missing = any("No module named 'torch'" in line for line in run.error)
    return missing and not (facts.packages and facts.packages.torches)


def _name(gpu: TorchGpu) -> str:
    return f"cuda:{gpu.index} ({clean(gpu.name, 60)})" if gpu.name else f"cuda:{gpu.index}"


def _off(difference: float | None) -> str:
    return f"off by {difference:.3g}" if difference is not None and math.isfinite(difference) else "not a number"


def _last(run: TorchRun) -> tuple[str, ...]:
    """Its last words; of a crash the first ones, for Python tells the innermost frame first."""
    lines = [clean(line.strip()) for line in run.error if line.strip()]
    return tuple(lines[:5] if lines and lines[0].startswith(("Fatal Python error", "Timeout (")) else lines[-5:])


def _ended(run: TorchRun) -> str:
    """Without a signal it was not the system that ended it."""
    crashed = f"crashed {_while(run)} ({clean(run.signal, 20)})"
    return crashed if run.signal else f"ended its process {_while(run)}"


def _raised(run: TorchRun) -> str:
    return "cannot be imported" if run.during in ("", "import") else f"failed {_while(run)}"


def _while(run: TorchRun) -> str:
    whiles = {"cuda": "when it looked for GPUs", "matmul": "in a first matmul on the GPU"}
    return whiles.get(run.during, "when it was imported")


def _steps(facts: Facts, remedy: str) -> tuple[Step, ...]:
    verify = f'`{install.python(facts)} -c "import torch"` is silent.'
    again = install.again(facts, "Install torch and its libraries anew.", whole=True)
    if remedy == "path":
        text = "Take CUDA out of LD_LIBRARY_PATH where it is set, and in this shell."
        return (Step(text, "unset LD_LIBRARY_PATH", verify=verify), again)
    if remedy == "numpy":
        return (Step("Install the last NumPy 1.", install.install(facts, "numpy<2"), verify=verify),)
    if remedy == "reinstall":
        return (again,)
    return ()


def _unlock(facts: Facts, code: int | None) -> tuple[Step, ...]:
    """What to do about a CUDA error that no layer below explains."""
    if code in (3, 999):
        return (
            Step(
                "End the programs that use the GPU, then load the module anew.",
                "sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm",
                root=True,
                verify="`tutor doctor` finds the GPU.",
            ),
        )
    if code == 802:
        return (Step("Start the fabric manager.", "sudo systemctl restart nvidia-fabricmanager", root=True),)
    if code in (34, 803, 804):
        return (Step("Take the folder of that libcuda off the path.", "unset LD_LIBRARY_PATH"),)
    if code == 46:
        return (Step("See the compute mode.", "nvidia-smi --query-gpu=index,compute_mode --format=csv"),)
    ask = "import torch; torch.zeros(1).cuda()"
    return (Step("See the error itself.", f"{install.python(facts)} -c '{ask}'"),)
