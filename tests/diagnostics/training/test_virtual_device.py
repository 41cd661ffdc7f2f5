"""The virtual device as a whole: its contract, its traces, other processes, and the tables that it stands on."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.torch

from diagnostics.training.virtual_device import definitions, tables  # noqa: E402
from tests.diagnostics.training.forks import ROOT, Forks  # noqa: E402


def _plain(forks: Forks, code: str) -> str:
    """What the code prints that enters the device itself."""
    outcome = forks.run(textwrap.dedent(code), device="cpu")
    assert not outcome.error, outcome.trace
    return outcome.printed


def test_all_that_was_patched_is_put_back(forks: Forks) -> None:
    """In every module of torch and every class in them, and in the standard library's of threads and processes."""
    printed = _plain(
        forks,
        """
        import gc, sys, threading, torch
        import multiprocessing.reduction, torch.utils.checkpoint
        from diagnostics.training.virtual_device import VirtualDevice

        def owners():
            names = [name for name in sys.modules if name.split(".")[0] in ("torch", "threading", "multiprocessing")]
            for name in names:
                yield name, sys.modules[name]
                for key, value in list(vars(sys.modules[name]).items()):
                    if isinstance(value, type) and value.__module__ == name:
                        yield f"{name}.{key}", value

        def snapshot():
            return {(owner, key): value for owner, it in owners() for key, value in list(vars(it).items())
                    if key != "next_id"}

        with VirtualDevice():
            model = torch.nn.Linear(2, 2).to("cuda")
            with torch.autocast("cuda"):
                model(torch.ones(1, 2, device="cuda")).sum().backward()
            torch.optim.SGD(model.parameters(), 0.1).step()
        before = snapshot()
        with VirtualDevice(gpus=2) as device:
            during = snapshot()
            torch.optim.SGD(model.parameters(), 0.1).step()
        after = snapshot()
        print(sum(during.get(key) is not value for key, value in before.items()) > 100)
        print([key for key, value in before.items() if after.get(key) is not value], sorted(set(after) - set(before)))
        print(torch._C._len_torch_dispatch_stack(), sys.gettrace(), torch.cuda.is_available(), torch.ones(1).device)
        try:
            torch.zeros(1, device="cuda")
        except (AssertionError, RuntimeError) as error:
            print(type(error).__name__)
        """,
    )
    assert printed.splitlines()[0] == "True"
    assert printed.splitlines()[1] == "[] []"
    assert printed.splitlines()[2] == "0 None False cpu"


def test_an_exception_leaves_no_trace_either(forks: Forks) -> None:
    """And the device can be entered again; one in another it cannot."""
    printed = _plain(
        forks,
        """
        import torch
        from diagnostics.training.virtual_device import DeviceMismatch, VirtualDevice
        device = torch.Tensor.__dict__.get("device")
        for _ in range(2):
            try:
                with VirtualDevice():
                    torch.ones(2, device="cuda") + torch.ones(2)
            except DeviceMismatch as error:
                print(error.mismatch.op)
        with VirtualDevice():
            try:
                VirtualDevice().__enter__()
            except RuntimeError as error:
                print(error)
        print(torch.Tensor.__dict__.get("device") is device)
        """,
    )
    assert printed == "add.Tensor\nadd.Tensor\na virtual device is entered already, and there is one a process\nTrue\n"


def test_the_callback_hears_of_a_mismatch_while_the_users_frames_stand(forks: Forks) -> None:
    """With each operand: its argument, its device, and whether it is the odd one."""
    (mismatch,) = forks.run(
        "import torch\ndef add(a, b):\n    return a + b\nadd(torch.ones(2, device='cuda'), torch.ones(2))"
    ).mismatches
    assert (mismatch["kind"], mismatch["op"], mismatch["line"]) == ("mix", "add.Tensor", 3)
    assert mismatch["operands"] == [
        {"argument": "self", "device": "cuda:0", "odd": False},
        {"argument": "other", "device": "cpu", "odd": True},
    ]


def test_a_tensor_knows_where_it_was_born(forks: Forks) -> None:
    """The line of the user's that made it or moved it, and by what."""
    printed = _plain(
        forks,
        """
        import torch
        from diagnostics.training.virtual_device import VirtualDevice, birth, device_of
        with VirtualDevice():
            made = torch.zeros(2)
            moved = made.to("cuda")
            made.add_(1)
            print(*[(birth(one).line, birth(one).op, str(device_of(one))) for one in (made, moved, moved[0])])
        """,
    )
    assert printed == "(5, 'torch.zeros', 'cpu') (6, 'to(cuda:0)', 'cuda:0') (6, 'to(cuda:0)', 'cuda:0')\n"


def test_tensors_of_before_are_on_the_cpu(forks: Forks) -> None:
    """Where the watch begins in the middle of a program."""
    printed = _plain(
        forks,
        """
        import torch
        from diagnostics.training.virtual_device import VirtualDevice
        old = torch.ones(2)
        with VirtualDevice():
            try:
                torch.ones(2, device="cuda") + old
            except RuntimeError as error:
                print("refused")
        """,
    )
    assert printed == "refused\n"


def test_half_precision_is_summed_in_single_precision(forks: Forks) -> None:
    """As a GPU does it; and is as fast as that."""
    printed = _plain(
        forks,
        """
        import torch
        from diagnostics.training.virtual_device import VirtualDevice
        torch.manual_seed(0)
        a, b = torch.randn(64, 512), torch.randn(512, 64)
        wanted = (a.half().float() @ b.half().float()).half()
        with VirtualDevice():
            a, b = a.cuda(), b.cuda()
            print(torch.equal(a.half() @ b.half(), wanted.cuda()))
            with torch.autocast("cuda", dtype=torch.float16):
                print(torch.equal(a @ b, wanted.cuda()), (a @ b).dtype, torch.softmax(a @ b, 0).dtype)
                with torch.autocast("cuda", enabled=False):
                    print((a @ b).dtype)
        """,
    )
    assert printed == "True\nTrue torch.float16 torch.float32\ntorch.float32\n"


def test_the_casts_are_those_that_torch_registers_for_cuda() -> None:
    """Asked of the dispatcher, which knows them in a CPU build too; those of other names there are left out."""
    import torch

    from diagnostics.training.virtual_device.autocast import LOWER, SINGLE, WIDEST

    registered = {
        name.removeprefix("aten::").split(".")[0]
        for name in torch._C._dispatch_get_all_op_names()
        if name.startswith("aten::") and torch._C._dispatch_has_kernel_for_dispatch_key(name, "AutocastCUDA")
    }
    elsewhere = {name for name in registered if name.startswith(("_", "cudnn_", "native_"))}
    assert registered - elsewhere - LOWER - SINGLE - WIDEST == {"binary_cross_entropy"}


def test_workers_started_by_spawn_give_tensors_of_the_cpu(tmp_path: Path) -> None:
    """Their batches come from a process that knows of no virtual device."""
    script = tmp_path / "spawned.py"
    script.write_text(
        textwrap.dedent(
            """
            import torch
            from torch.utils.data import DataLoader, TensorDataset
            from diagnostics.training.virtual_device import VirtualDevice

            if __name__ == "__main__":
                data = TensorDataset(torch.arange(8.0).view(8, 1))
                with VirtualDevice():
                    model = torch.nn.Linear(1, 1).to("cuda")
                    for (x,) in DataLoader(data, 4, num_workers=1, multiprocessing_context="spawn"):
                        print(x.device, model(x.to("cuda")).device)
                    try:
                        model(x)
                    except RuntimeError as error:
                        print("refused")
            """
        )
    )
    run = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert run.stdout == "cpu cuda:0\ncpu cuda:0\nrefused\n", run.stderr


# Rules


def test_the_table_is_that_of_the_installed_torch() -> None:
    """Made anew from its own operator definitions, where a table stands for its version."""
    import torch

    version = ".".join(torch.__version__.split(".")[:2])
    assert tables.table(version) == definitions.installed()


def test_another_torch_has_its_table_made_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or, where its definitions are not there, one sentence says so."""
    tables.table.cache_clear()
    assert tables.table("9.99")["addmm"] == "addmm"
    tables.table.cache_clear()
    monkeypatch.setattr(definitions, "installed", lambda: (_ for _ in ()).throw(FileNotFoundError("not there")))
    with pytest.raises(tables.NoRules, match=r"no rules are known for torch 9\.99"):
        tables.table("9.99")
    tables.table.cache_clear()


def test_definitions_are_read_without_a_yaml_library() -> None:
    """Structured and plain kernels are named differently; those of no check or no CUDA kernel are left out."""
    lines = """\
- func: addmm(Tensor self, Tensor mat1, Tensor mat2) -> Tensor
  structured_delegate: addmm.out
  variants: function, method
  dispatch:
    SparseCPU: addmm_sparse_dense_cpu

- func: addmm.out(Tensor self, Tensor mat1, Tensor mat2, *, Tensor(a!) out) -> Tensor(a!)
  structured: True
  dispatch:
    CPU: addmm_out_cpu
    CUDA: addmm_out_cuda  # cuBLAS

- func: take.some(Tensor self, Tensor index) -> Tensor
  dispatch:
    CPU, CUDA: take

- func: mul.Tensor(Tensor self, Tensor other) -> Tensor
  device_check: NoCheck   # TensorIterator
  dispatch:
    CPU, CUDA: mul

- func: stack(Tensor[] tensors) -> Tensor
  dispatch:
    CompositeExplicitAutograd: stack
""".splitlines(keepends=True)
    assert definitions.rules(lines) == {"addmm": "addmm", "addmm.out": "addmm_out", "take.some": "some_take"}


def test_what_torch_lacks_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing was patched."""
    from diagnostics.training.virtual_device import NotThisTorch, VirtualDevice, internals

    monkeypatch.setattr(internals, "_NEEDED", ("torch._C.TensorBase", "torch._C.no_such_name"))
    with pytest.raises(NotThisTorch, match=r"was tested with torch 2\.13 .* has no torch\._C\.no_such_name: use"):
        VirtualDevice().__enter__()
    assert VirtualDevice.active is None


def test_a_device_needs_a_gpu() -> None:
    """--gpus 0 makes no sense."""
    from diagnostics.training.virtual_device import VirtualDevice

    with pytest.raises(ValueError, match="at least one GPU, not 0"):
        VirtualDevice(gpus=0)


def test_what_stands_for_torchs_functions_can_be_pickled_too(forks: Forks) -> None:
    """Each that plain torch pickles, in the protocol of torch.save; it comes back as itself, bound to a tensor too."""
    printed = _plain(
        forks,
        """
        import io, pickle, torch
        from diagnostics.training.labels import Labels
        from diagnostics.training.virtual_device import VirtualDevice

        def pickles(owner, name):
            value = getattr(owner, name)
            try:
                return pickle.loads(pickle.dumps(value, 2)) is value
            except (pickle.PicklingError, AttributeError, TypeError):
                return False

        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.init, self.loss, self.move = torch.zeros, torch.nn.functional.cross_entropy, torch.Tensor.to

        def of_labels():
            return pickles(torch, "from_numpy") and pickles(torch.nn.functional, "cross_entropy")

        with Labels(print):
            print(of_labels())
        with VirtualDevice() as device, Labels(print):
            put = [(owner, name) for owner, name, before in device._patches._replaced]
            watched = [pickles(*one) for one in put]
            torch.save(Model(), io.BytesIO())
            bound = pickle.loads(pickle.dumps([torch.ones(2).type_as, torch.ones(2).to]))
            print(of_labels(), bound[1]("cuda").device)
        plain = [pickles(*one) for one in put]
        print(sum(plain) > 200)
        print([place for place, one, other in zip(put, plain, watched) if one and not other])
        """,
    )
    assert printed.splitlines() == ["True", "True cuda:0", "True", "[]"]


def test_a_mode_of_the_script_hears_of_no_question_of_ours(forks: Forks) -> None:
    """Nor does a class of tensors: what each is called with is what it is called with in a plain run."""
    script = """
        import torch
        from torch.overrides import TorchFunctionMode
        heard = []

        class Mode(TorchFunctionMode):
            def __torch_function__(self, function, types, args=(), kwargs=None):
                heard.append(function.__name__)
                return function(*args, **(kwargs or {}))

        class Logged(torch.Tensor):
            @classmethod
            def __torch_function__(cls, function, types, args=(), kwargs=None):
                heard.append(function.__name__)
                return super().__torch_function__(function, types, args, kwargs)

        model = torch.nn.Linear(3, 2)
        with Mode():
            loss = torch.nn.functional.cross_entropy(model(torch.ones(4, 3)), torch.zeros(4, dtype=torch.long))
            loss.backward()
        (torch.ones(3).as_subclass(Logged) + 1).sum()
        print([name for name in heard if name != "__get__"])
    """
    plain, watched = (forks.run(textwrap.dedent(script), device=device) for device in ("cpu", "check"))
    assert "cross_entropy" in plain.printed
    assert (watched.printed, watched.findings) == (plain.printed, []), watched.trace
