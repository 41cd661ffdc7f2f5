"""A host examined by a probe that meets torches and drivers that raise, crash and hang."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from diagnostics.doctor.bundle import RUN, bundle
from diagnostics.doctor.decode import sections
from diagnostics.doctor.examine import Examination, examine
from diagnostics.doctor.facts import Facts, TorchRun
from tests.diagnostics.doctor import stub_torch
from tests.diagnostics.doctor.roots import lay
from tests.support.nvml import Simulate
from tests.support.processes import family, wait_gone

OLD = "[system]\ndriver = 550.54.14\nnvml = 12.550\ncount = 1\n"


@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test: no process of an examination outlives it."""
    mark = f"DOCTOR_TEST={uuid.uuid4().hex}"
    monkeypatch.setenv(*mark.split("="))
    yield
    assert not wait_gone({one.pid for one in family([], mark)})


def with_torch(folder: Path, source: str, time_limit: float = 30.0, limit: float = 20.0) -> TorchRun:
    """What is learned of a torch."""
    facts = examine(environ=stub_torch.installed(folder, source), time_limit=time_limit, limits={"torch": limit})
    assert facts.torch is not None, facts.troubles
    assert_all_but(facts, set())
    return facts.torch


def assert_all_but(facts: Facts, names: set[str]) -> None:
    """Every section was seen, and those are the ones that were not."""
    assert {name for name in sections() if getattr(facts, name) is None} == names
    assert set(facts.troubles) == names


def pyenv(version: str) -> str:
    """A Python of that version; skips where there is none."""
    found = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    if not found:
        pytest.skip(f"no Python {version} of pyenv here")
    return str(found[-1])


# torch


def test_a_torch_that_raises_is_a_fact_about_it(tmp_path: Path) -> None:
    """With what it said, and where it stood."""
    torch = with_torch(tmp_path, stub_torch.RAISES)
    assert (torch.outcome, torch.during) == ("raised", "import")
    assert torch.error[-1].startswith("ImportError: libcudnn.so.9: cannot open shared object file")
    assert frames(torch) == [str(tmp_path / "stub" / "torch" / "__init__.py")]


def frames(torch: TorchRun) -> list[str]:
    """The files that a traceback names."""
    return re.findall(r'File "([^"]+)"', "\n".join(torch.error))


def test_a_torch_that_crashes_is_a_fact_about_it(tmp_path: Path) -> None:
    """Python's own word of where it stood is kept."""
    torch = with_torch(tmp_path, stub_torch.SEGFAULTS)
    assert (torch.outcome, torch.during, torch.signal) == ("died", "import", "SIGSEGV")
    assert torch.error[0] == "Fatal Python error: Segmentation fault"
    assert any(line.endswith("in crash") for line in torch.error)
    assert not [name for name in frames(torch) if name.startswith("<")]


def test_a_torch_that_hangs_is_a_fact_about_it(tmp_path: Path) -> None:
    """It ends within the time limit, and the line where it hung is told."""
    torch = with_torch(tmp_path, stub_torch.HANGS, limit=1.5)
    assert (torch.outcome, torch.during) == ("hung", "import")
    assert any(line.endswith("in wait") for line in torch.error)


def test_what_a_hanging_torch_started_is_ended_too(tmp_path: Path) -> None:
    """Its children are in its process group."""
    assert with_torch(tmp_path, stub_torch.LEAVES_A_CHILD, limit=1.5).outcome == "hung"


def test_a_torch_that_ends_the_process_is_a_fact_about_it(tmp_path: Path) -> None:
    """Without a signal."""
    torch = with_torch(tmp_path, stub_torch.EXITS)
    assert (torch.outcome, torch.signal, torch.error[-1]) == ("died", "", "It left with exit code 3.")


def test_what_torch_prints_is_no_answer(tmp_path: Path) -> None:
    """Not even what looks like one."""
    torch = with_torch(tmp_path, stub_torch.NOISY + stub_torch.RAISES)
    assert torch.outcome == "raised"


def test_a_torch_for_the_cpu_has_no_gpus(tmp_path: Path) -> None:
    """And that is all that is said."""
    torch = with_torch(tmp_path, stub_torch.CPU_ONLY)
    assert (torch.outcome, torch.during, torch.error) == ("ran", "", [])
    assert (torch.version, torch.cuda, torch.archs) == ("2.13.0+cpu", "", [])
    assert (torch.available, torch.count, torch.gpus) == (False, 0, None)


def test_each_gpu_is_tried(tmp_path: Path) -> None:
    """And what torch warned of is kept."""
    torch = with_torch(tmp_path, stub_torch.WITH_GPUS)
    assert (torch.outcome, torch.count, torch.archs) == ("ran", 2, ["sm_80", "sm_90", "compute_90"])
    assert torch.warnings == ["UserWarning: CUDA initialization: something is odd"]
    assert torch.gpus
    gpu = torch.gpus[1]
    assert (gpu.name, gpu.uuid) == ("NVIDIA H200", "GPU-1a2b3c4d-1111-2222-3333-444455556666")
    assert (gpu.capability, gpu.memory_total, gpu.memory_free) == ([9, 0], 1000, 500)
    assert (gpu.allocated, gpu.computed, gpu.difference) == ("", "", 0.0)


def test_a_full_gpu_is_told_in_torchs_words(tmp_path: Path) -> None:
    """The other one is tried all the same."""
    gpus = with_torch(tmp_path, stub_torch.OUT_OF_MEMORY).gpus
    assert gpus
    assert [gpu.allocated for gpu in gpus] == [
        "",
        "RuntimeError: CUDA out of memory. Tried to allocate 2.00 MiB.",
    ]
    assert [gpu.computed for gpu in gpus] == ["", None]


def test_a_wrong_product_is_told_by_how_much(tmp_path: Path) -> None:
    """Of that GPU alone."""
    gpus = with_torch(tmp_path, stub_torch.WRONG_RESULT).gpus
    assert gpus
    assert [gpu.difference for gpu in gpus] == [0.0, 0.5]


def test_a_crash_on_one_gpu_keeps_what_was_seen_before(tmp_path: Path) -> None:
    """The list ends with the GPU that it crashed on."""
    torch = with_torch(tmp_path, stub_torch.CRASHES_IN_MATMUL)
    assert (torch.outcome, torch.during, torch.signal) == ("died", "matmul", "SIGSEGV")
    assert (torch.available, torch.count) == (True, 2)
    assert torch.gpus
    assert [gpu.computed for gpu in torch.gpus] == ["", None]


@pytest.mark.torch
def test_the_real_torch_runs() -> None:
    """As it is installed here."""
    pytest.importorskip("torch")
    torch = examine().torch
    assert torch
    assert (torch.outcome, torch.error) == ("ran", [])
    assert torch.version
    assert torch.import_seconds


@pytest.mark.gpu
def test_a_real_gpu_computes_what_the_cpu_does() -> None:
    """To the last bit: the numbers are whole."""
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("torch sees no GPU here")
    run = examine().torch
    assert run
    assert run.gpus
    assert {(gpu.allocated, gpu.computed, gpu.difference) for gpu in run.gpus} == {("", "", 0.0)}


# Pythons


@pytest.mark.parametrize("version", ["3.8", "3.13"])
def test_other_pythons_are_judged_by_themselves(version: str) -> None:
    """The probe runs in them."""
    facts = examine(pyenv(version))
    assert facts.python
    assert (facts.python.version or "").startswith(f"{version}.")
    assert_all_but(facts, {"torch"} if facts.torch is None else set())


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.7"])
def test_a_python_that_is_too_old_says_so_and_the_host_is_seen_all_the_same(version: str) -> None:
    """By our own Python, which tells nothing of packages that are not the judged one's."""
    facts = examine(pyenv(version))
    assert_all_but(facts, {"python", "packages", "torch"})
    assert set(facts.troubles.values()) == {
        f"Python {version} is too old for the doctor, which looks into 3.8 and newer"
    }


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("/bin/true", "/bin/true does not run the doctor's probe: it ended without a word"),
        ("/bin/sh", "/bin/sh does not run the doctor's probe: "),
        ("/no/python", "/no/python cannot be started: No such file or directory"),
    ],
)
def test_what_is_no_python_says_so_and_the_host_is_seen_all_the_same(program: str, why: str) -> None:
    """In one sentence."""
    facts = examine(program)
    assert_all_but(facts, {"python", "packages", "torch"})
    assert facts.troubles["python"].startswith(why)


def test_nothing_in_the_current_folder_stands_for_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But a torch there is told, since a program would import it."""
    for name in ("json", "subprocess", "selectors", "ctypes", "torch"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('imported from the current folder')")
    monkeypatch.chdir(tmp_path)
    facts = examine(torch=False)
    assert_all_but(facts, {"torch"})
    assert facts.python
    assert facts.python.local_torch == str(tmp_path / "torch.py")


# The driver


def test_a_driver_that_hangs_is_told(simulate: Simulate) -> None:
    """NVML and libcuda each within their time; the rest is seen."""
    driver = simulate("hung")
    facts = examine(torch=False, environ=driver.env, limits={"nvml": 0.5, "cuda": 0.7})
    assert_all_but(facts, {"nvml", "cuda", "torch"})
    assert facts.troubles["nvml"] == "NVML did not answer within 0.5 s"
    assert facts.troubles["cuda"] == "CUDA did not answer within 0.7 s"
    assert sorted(facts.hung) == ["cuda", "nvml"]


def test_the_gpu_that_a_driver_hangs_at_is_named(simulate: Simulate) -> None:
    """Those before it answered."""
    driver = simulate("h200_8")
    driver.add("[gpu.2]\ncrash.nvmlDeviceGetName = hang")
    facts = examine(torch=False, environ=driver.env, limits={"nvml": 0.5})
    assert facts.troubles["nvml"] == "NVML did not answer within 0.5 s, at GPU 2"


def test_a_driver_that_crashes_is_told(simulate: Simulate) -> None:
    """The probe lives on."""
    driver = simulate(f"{OLD}crash.nvmlInit = segv\n[gpu.0]\nname = NVIDIA L4\n")
    facts = examine(torch=False, environ=driver.env)
    assert facts.troubles["nvml"].startswith("Asking NVML ended with SIGSEGV")
    assert facts.limits is not None


def test_a_gpu_that_sleeps_is_left_asleep(simulate: Simulate, tmp_path: Path) -> None:
    """Neither NVML nor libcuda is asked, and torch is imported alone."""
    device = "/sys/bus/pci/devices/0000:01:00.0"
    files = {"vendor": "0x10de\n", "class": "0x030000\n", "device": "0x2520\n", "power/runtime_status": "suspended\n"}
    root = lay(tmp_path / "root", {f"{device}/{name}": text for name, text in files.items()})
    driver = simulate("laptop")
    environ = {**driver.env, **stub_torch.installed(tmp_path, stub_torch.WITH_GPUS), **driver.variables}
    facts = examine(root=root, environ=environ)
    assert driver.calls() == []
    assert facts.troubles["nvml"] == "The GPU sleeps, and asking NVML would wake it"
    assert facts.troubles["cuda"] == "The GPU sleeps, and asking CUDA would wake it"
    assert facts.torch
    assert (facts.torch.outcome, facts.torch.archs) == ("ran", ["sm_80", "sm_90", "compute_90"])
    assert (facts.torch.available, facts.torch.gpus) == (None, None)


def test_libcuda_is_asked_in_a_process_of_its_own(simulate: Simulate) -> None:
    """Its codes are kept as they are."""
    driver = simulate("rtx4090")
    cuda = examine(torch=False, environ=driver.env).cuda
    assert cuda
    assert (cuda.error, cuda.devices, cuda.missing) == (0, 1, "")
    assert str(cuda.library).startswith(str(driver.libraries))
    assert len({call.pid for call in driver.calls() if call.function in ("cuInit", "nvmlInit")}) == 2


# As Facts grow


def test_what_needs_no_torch_comes_at_once(tmp_path: Path) -> None:
    """And the whole when torch is through."""
    first, whole = Examination(environ=stub_torch.installed(tmp_path, stub_torch.HANGS), limits={"torch": 1.5})
    assert {name for name in sections() if getattr(first, name) is None} == {"torch"}
    assert first.troubles == {}
    assert whole.torch


def test_leaving_the_loop_ends_the_probe(tmp_path: Path) -> None:
    """`nothing_is_left` sees to it."""
    for facts in Examination(environ=stub_torch.installed(tmp_path, stub_torch.HANGS)):
        assert facts.host
        break


def test_it_can_be_stopped_from_another_thread(tmp_path: Path) -> None:
    """What was seen so far stays."""
    examination = Examination(environ=stub_torch.installed(tmp_path, stub_torch.HANGS))
    seen = []
    for facts in examination:
        seen.append(facts)
        threading.Thread(target=examination.stop).start()
    assert seen[-1].host
    assert seen[-1].troubles == {"torch": "The examination was stopped"}


def test_one_that_was_started_and_never_heard_can_be_stopped() -> None:
    """As when the command that started it fails."""
    examination = Examination()
    examination.start()
    examination.stop()


def test_the_time_limit_ends_what_does_not_answer(tmp_path: Path) -> None:
    """However much torch is granted."""
    facts = examine(environ=stub_torch.installed(tmp_path, stub_torch.HANGS), time_limit=2.0, limits={"torch": 60.0})
    assert facts.host
    assert facts.troubles == {"torch": "The probe did not come so far within 2 s"}


async def test_an_app_hears_of_each_section(tmp_path: Path) -> None:
    """One more each time."""
    seen = [facts async for facts in Examination(environ=stub_torch.installed(tmp_path, stub_torch.CPU_ONLY))]
    counts = [sum(getattr(facts, name) is not None for name in sections()) for facts in seen]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[-1] == len(sections())


async def test_an_app_that_turns_away_leaves_nothing(tmp_path: Path) -> None:
    """Cancelled while torch hangs."""
    host = asyncio.Event()

    async def listen() -> None:
        async for facts in Examination(environ=stub_torch.installed(tmp_path, stub_torch.HANGS)):
            if facts.host:
                host.set()

    task = asyncio.create_task(listen())
    await asyncio.wait_for(host.wait(), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# The text


def test_the_text_needs_nothing_of_ours() -> None:
    """As over SSH: neither our packages nor a folder to write to."""
    command, text = [sys.executable, "-I", "-S", "-"], bundle(skip=["torch"])
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=True)
    assert [line for line in done.stdout.splitlines() if '"section": "host", "facts"' in line]
    assert done.stderr == ""


def test_the_probe_ends_when_nobody_listens_any_more(tmp_path: Path) -> None:
    """As when an SSH connection breaks while torch hangs."""
    probe = subprocess.Popen(
        [sys.executable, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=stub_torch.installed(tmp_path, stub_torch.HANGS),
    )
    assert probe.stdin
    assert probe.stdout
    probe.stdin.write(bundle().encode())
    probe.stdin.close()
    while b'"section": "limits"' not in probe.stdout.readline():
        pass
    probe.stdout.close()
    assert probe.wait(30) == 1


def replaced(text: str, module: str, source: str) -> str:
    """The probe's text with another module of that name."""
    before, name, after = text.partition(f"'diagnostics.doctor.probe.{module}': ")
    assert name
    return f"{before}{name}{source!a},\n" + after.partition("\n")[2]


def lines_of(text: str) -> list[str]:
    """What the probe says."""
    command = [sys.executable, "-c", RUN]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


def test_a_look_that_does_not_end_is_given_up() -> None:
    """As at a network folder that is gone; what comes behind it is given up with it."""
    text = bundle(skip=["torch"], limits={"looks": 1.0})
    lines = lines_of(replaced(text, "torch_files", "import time\ndef look(root): time.sleep(3600)\n"))
    assert '{"section": "packages", "trouble": "Looking at it did not end within 1 s", "hung": true}' in lines
    assert not any('"section": "limits"' in line for line in lines)
    assert any('"section": "nvml"' in line for line in lines)


@pytest.mark.parametrize(
    ("look", "trouble"),
    [
        ("raise OSError(5, 'Input/output error')", "Looking at it failed: OSError: [Errno 5] Input/output error"),
        ("return float('nan')", "What was seen cannot be told: Out of range float values are not JSON compliant"),
        ("return None", "This system does not tell"),
    ],
)
def test_a_look_that_fails_is_its_own_trouble(look: str, trouble: str) -> None:
    """The others go on."""
    lines = lines_of(replaced(bundle(skip=["torch"]), "torch_files", f"def look(root): {look}\n"))
    assert any(line.startswith(f'{{"section": "packages", "trouble": "{trouble}') for line in lines)
    assert any('"section": "limits", "facts"' in line for line in lines)


def test_the_probe_sees_the_environment_that_it_is_given() -> None:
    """And nothing of ours."""
    facts = examine(torch=False, environ={"PATH": os.environ["PATH"], "CUDA_VISIBLE_DEVICES": "7"})
    assert facts.variables == {"CUDA_VISIBLE_DEVICES": "7"}
