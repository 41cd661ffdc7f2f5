"""`tutor check` as scripts and people meet it: findings on stderr, its own words in JSON, and the exit code."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from diagnostics.finding import STATUSES
from tests.diagnostics.training.test_run import CHECK, Ended, Folder, ended

MISMATCH = """
    import torch

    model = torch.nn.Linear(8, 2).to("cuda")
    features = torch.randn(4, 8)
    print("begun", flush=True)
    logits = model(features)
"""
LINE = 7

CLEAN = """
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = torch.nn.Linear(8, 2).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(5):
        features = torch.randn(4, 8, device=device)
        loss = torch.nn.functional.cross_entropy(model(features), torch.zeros(4, dtype=torch.long, device=device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print("step", step)
"""

BAD_LABELS = """
    import sys
    import torch

    outputs = torch.randn(4, 1, requires_grad=True)
    labels = torch.randn(4)
    loss = torch.nn.functional.mse_loss(outputs, labels)
    sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def strange(folder: Folder) -> Folder:
    """A folder in which torch is something that no watch can begin with, and that takes no time to import."""
    folder.write("torch.py", "__version__ = '0.1'")
    return folder


def findings_of(folder: Folder, *words: str, **options: Any) -> tuple[Ended, dict[str, Any]]:
    """The run, and what it wrote as JSON."""
    done = folder.check("--json", "found.json", *words, **options)
    return done, json.loads((folder.path / "found.json").read_text())


@pytest.mark.torch
def test_a_mismatch_is_found_without_a_gpu(folder: Folder) -> None:
    """With name, line and fix; the script's own traceback and exit code stay."""
    done, found = findings_of(folder, "--device", "cuda", folder.write("train.py", MISMATCH))
    assert (done.code, done.out) == (1, "begun\n")
    assert found["script_exit"] == 1
    assert found["device"] == "virtual cuda"
    (finding,) = found["findings"]
    assert (finding["id"], finding["status"]) == ("device-mismatch", "fail")
    assert Path(finding["where"]["file"]).name == "train.py"
    assert finding["where"]["line"] == LINE
    assert "features" in [tensor["name"] for tensor in finding["where"]["tensors"]]
    assert "features" in finding["fix"][0]["command"]
    assert "RuntimeError: Expected all tensors to be on the same device" in done.err
    assert str(Path(__file__).parent.parent / "diagnostics") not in done.err
    assert f"train.py:{LINE}" in done.err
    assert "nothing ran on a GPU" in done.report


@pytest.mark.torch
def test_a_clean_script_is_one_sentence_and_0(folder: Folder) -> None:
    """And its output is what it would be."""
    done, found = findings_of(folder, folder.write("train.py", CLEAN))
    assert (done.code, done.err.strip()) == (0, "")
    assert done.out == "".join(f"step {step}\n" for step in range(5))
    assert done.report.startswith("Nothing wrong was found in ")
    assert found == {
        "schema_version": 1,
        "findings": [],
        "script": ["train.py"],
        "script_exit": 0,
        "python": found["python"],
        "torch": found["torch"],
        "device": found["device"],
        "seconds": found["seconds"],
    }


@pytest.mark.torch
@pytest.mark.parametrize("code", [0, 3])
def test_the_code_is_the_scripts_own_else_1_with_findings(folder: Folder, code: int) -> None:
    """Labels are judged on the CPU as well."""
    script = folder.write("train.py", BAD_LABELS)
    done, found = findings_of(folder, "--device", "cpu", script, str(code))
    assert done.code == (code or 1)
    assert found["script_exit"] == code
    assert [finding["status"] for finding in found["findings"]] == ["warn"]
    assert all(finding["status"] in STATUSES for finding in found["findings"])
    assert "[warn]" in done.err
    assert "1 warning, in " in done.report


@pytest.mark.parametrize(
    ("end", "code"),
    [("os._exit(0)", 0), ("os._exit(9)", 9), ("os.kill(os.getpid(), 9)", 137), ("ctypes.string_at(0)", 139)],
)
def test_what_was_found_outlives_the_script(strange: Folder, end: str, code: int) -> None:
    """However it ends."""
    script = strange.write("train.py", f"import ctypes, os, torch\n{end}")
    done, found = findings_of(strange, script)
    assert done.code == code
    assert [finding["id"] for finding in found["findings"]] == ["not-checked"]


def test_a_record_that_the_script_closed_is_not_taken_for_health(strange: Folder) -> None:
    """No file of the script's that gets the number of the record is written into."""
    script = strange.write(
        "train.py",
        """
        import os, torch
        os.closerange(3, 1024)
        files = [os.open("notes.txt", os.O_CREAT | os.O_WRONLY) for number in range(120)]
        """,
    )
    done, found = findings_of(strange, script)
    assert done.code == 0
    assert [(one["id"], one["status"]) for one in found["findings"]][-1] == ("record-closed", "skipped")
    assert "Nothing wrong" not in done.report
    assert (strange.path / "notes.txt").read_text() == ""


@pytest.mark.torch
def test_an_error_of_the_scripts_own_is_told_apart_from_health(folder: Folder) -> None:
    """With its type and its line, in a file beside it too; a GPU that is missed is offered."""
    folder.write("helper.py", "def stop():\n    raise ValueError('no')\n")
    wrong = folder.write("wrong.py", "import torch\ntorch.ones(1)\nraise RuntimeError('mine')\n")
    beside = folder.write("beside.py", "import helper, torch\nhelper.stop()\n")
    gpu = folder.write("gpu.py", "import torch\nraise RuntimeError('No CUDA GPUs are available')\n")
    runs = [folder.check("--device", "cpu", script) for script in (wrong, beside, gpu)]
    told = [" ".join(f"{run.err} {run.report}".split()) for run in runs]
    assert all("No device or label fault was found in " in one for one in told)
    assert told[0].endswith("The script ended with its own RuntimeError (line 3).")
    assert told[1].endswith("The script ended with its own ValueError (helper.py:2).")
    assert told[2].endswith("It asked for a GPU: `--device cuda` checks it without one.")


def test_an_interrupted_hang_still_tells_what_was_found(strange: Folder) -> None:
    """Ctrl-C, and the code for it."""
    script = strange.write("train.py", "import time, torch\nprint('hanging', flush=True)\ntime.sleep(100)")
    process = strange.start([*CHECK, script], start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "hanging\n"
    process.send_signal(signal.SIGINT)
    done = ended(process)
    assert done.code == 130
    assert "[skipped]" in done.err
    assert "KeyboardInterrupt" in done.err


def test_a_watch_that_cannot_begin_stops_nobody(strange: Folder) -> None:
    """The script runs, and what was not checked is said."""
    done, found = findings_of(strange, strange.write("train.py", "import torch\nprint(torch.__version__)"))
    assert (done.code, done.out) == (0, "0.1\n")
    assert [finding["status"] for finding in found["findings"]] == ["skipped"]
    assert done.report.startswith("1 not checked, in ")


@pytest.mark.torch
def test_a_script_is_stopped_after_so_many_steps(folder: Folder) -> None:
    """As if it had ended well; `except Exception` does not hold it up, and what is registered for the end runs."""
    guarded = """
        import atexit
        import torch

        atexit.register(print, "bye")
        weight = torch.nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([weight], lr=0.1)
        for step in range(100):
            print("step", step)
            try:
                (weight - 1).square().sum().backward()
                optimizer.step()
            except Exception as error:
                print("skipped", error)
    """
    done, found = findings_of(folder, "--steps", "2", folder.write("train.py", guarded))
    assert (done.code, found["script_exit"]) == (0, 0)
    assert done.out == "step 0\nstep 1\nbye\n"
    assert "stopped after 2 optimizer steps, as asked" in done.report


@pytest.mark.torch
def test_what_a_loaders_workers_find_is_told_once(folder: Folder) -> None:
    """By fork and by spawn; under spawn the script is imported anew, and `cuda` is there as well."""
    script = folder.write(
        "train.py",
        """
        import sys
        import torch

        class Data(torch.utils.data.Dataset):
            def __len__(self):
                return 4

            def __getitem__(self, index):
                return torch.nn.functional.mse_loss(torch.zeros(4, 1), torch.zeros(4))

        table = torch.zeros(3, device="cuda") if sys.argv[-1] == "spawn" else None

        if __name__ == "__main__":
            loader = torch.utils.data.DataLoader(Data(), num_workers=2, multiprocessing_context=sys.argv[-1])
            print(sum(batch.sum().item() for batch in loader))
        """,
    )
    for method in ("fork", "spawn"):
        done, found = findings_of(folder, "--device", "cuda", script, method)
        assert done.out == "0.0\n", done.err
        assert [finding["status"] for finding in found["findings"]] == ["warn"]
        assert found["findings"][0]["where"]["line"] == 10


@pytest.mark.torch
def test_a_workers_traceback_is_the_scripts_too(folder: Folder) -> None:
    """A loader's worker sends its own as text, inside the error's message."""
    script = folder.write(
        "train.py",
        """
        import torch

        class Data(torch.utils.data.Dataset):
            def __len__(self):
                return 4

            def __getitem__(self, index):
                return torch.ones(3, device="cuda") + torch.ones(3)

        for batch in torch.utils.data.DataLoader(Data(), num_workers=1):
            pass
        """,
    )
    done, found = findings_of(folder, "--device", "cuda", script)
    assert "Original Traceback" in done.err
    assert 'train.py", line 9, in __getitem__' in done.err
    assert str(Path(__file__).parent.parent / "diagnostics") not in done.err
    assert [finding["where"]["line"] for finding in found["findings"]] == [9]


@pytest.mark.torch
def test_the_environment_that_a_script_sets_up_holds(folder: Folder) -> None:
    """torch is loaded by the script, not before it."""
    text = "import os, sys\nprint('torch' in sys.modules)\nos.environ['OMP_NUM_THREADS'] = '1'\nimport torch\n"
    done = folder.check(folder.write("train.py", text + "print(torch.get_num_threads())"))
    assert done.out == "False\n1\n"


@pytest.mark.torch
def test_a_real_gpu_that_is_not_there_is_said(folder: Folder) -> None:
    """Could not be checked is not ok; the script runs on as it would."""
    script = folder.write("train.py", CLEAN)
    folder.env["CUDA_VISIBLE_DEVICES"] = ""
    done, found = findings_of(folder, "--device", "real", script)
    assert done.code == 0
    assert [(finding["id"], finding["status"]) for finding in found["findings"]] == [("no-gpu", "skipped")]
    assert found["device"] == "cpu"


def test_a_python_without_torch_is_one_sentence(folder: Folder) -> None:
    """The script is not run, and the code is 1."""
    bare = _program(folder.path / "bare", f'exec {sys.executable} -S -I "$@"')
    done = folder.start([*CHECK, "--json", "found.json", "--python", bare, folder.write("train.py", CLEAN)])
    out, err = done.communicate(timeout=60)
    assert (done.returncode, out) == (1, "")
    told = err.splitlines()
    assert len(told) == 2
    assert told[1].startswith(f"tutor: there is no torch in {bare}")
    found = json.loads((folder.path / "found.json").read_text())
    assert (found["findings"][0]["status"], found["script_exit"]) == ("skipped", None)


def test_a_program_that_is_no_python_is_named(folder: Folder) -> None:
    """With how it ended."""
    odd = _program(folder.path / "odd", "exit 7")
    process = folder.start([*CHECK, "--python", odd, folder.write("train.py", CLEAN)])
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"{odd} ended with exit code 7 before the script began" in err


def test_a_program_of_another_machine_is_one_sentence(folder: Folder) -> None:
    """It may be run, says its mode, and cannot."""
    odd = folder.path / "odd"
    odd.write_bytes(b"\x7fELF of another kind")
    odd.chmod(0o755)
    process = folder.start([*CHECK, "--python", str(odd), folder.write("train.py", CLEAN)])
    _, err = process.communicate(timeout=60)
    assert process.returncode == 64
    assert f"{odd} cannot be run: " in err
    assert "Traceback" not in err


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text elsewhere")
def test_a_script_may_have_any_name(strange: Folder) -> None:
    """Bytes that are no text, and signs that a terminal would obey."""
    name = os.fsdecode(b"a\xff\x1b[31m.py")
    done, found = findings_of(strange, strange.write(name, "import torch\nprint('ran')"))
    assert (done.code, done.out) == (0, "ran\n")
    assert found["script"] == [name]
    assert "\x1b" not in done.err


def test_the_python_is_always_told(folder: Folder) -> None:
    """And how it was chosen."""
    process = folder.start([*CHECK, "--python", sys.executable, folder.write("script.py", "")])
    _, err = process.communicate(timeout=60)
    assert err.splitlines()[0] == f"tutor: script.py runs in {sys.executable} (as asked by --python)"


def test_json_that_cannot_be_written_is_said(folder: Folder) -> None:
    """After the run, whose findings stand on stderr all the same."""
    (folder.path / "found").mkdir()
    done = folder.check("--json", "found", folder.write("script.py", "print('ran')"))
    assert (done.code, done.out) == (1, "ran\n")


def _program(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def _plain(text: str) -> str:
    return "\n".join(line.removeprefix("    ") for line in text.split("\n"))


CRASHES = {
    "shape": ("shape", "torch.nn.Linear(3, 2)(torch.ones(4, 5))"),
    "graph": ("autograd", "torch.ones(1).sum().backward()"),
    "plain": ("", "{}['missing']"),
}


@pytest.mark.torch
@pytest.mark.parametrize("name", CRASHES)
def test_a_crash_of_the_script_itself_is_explained(folder: Folder, name: str) -> None:
    """By the catalogue of error messages, at the reader's line; an error that is not torch's stays what it is."""
    category, line = CRASHES[name]
    done, found = findings_of(folder, "--device", "cuda", folder.write("train.py", f"import torch\n\n{line}\n"))
    told = [one for one in found["findings"] if one["category"]]
    assert done.code == 1
    assert [(one["category"], one["status"], one["where"]["line"]) for one in told] == (
        [(category, "fail", 3)] if category else []
    )


@pytest.mark.torch
@pytest.mark.parametrize(
    "line",
    [
        "torch.nn.functional.cross_entropy(torch.randn(4, 3), torch.zeros(4, dtype=torch.int32))",
        "torch.nn.Linear(3, 2).cuda()(torch.ones(4, 3))",
        "torch.nn.functional.cross_entropy(torch.randn(4, 3), torch.full((4,), 7))",
    ],
)
def test_a_crash_that_the_check_tells_of_is_told_once(folder: Folder, line: str) -> None:
    """With the check's own words, which name the reader's tensors."""
    done, found = findings_of(folder, "--device", "cuda", folder.write("train.py", f"import torch\n\n{line}\n"))
    assert done.code == 1
    assert len([one for one in found["findings"] if one["status"] in ("fail", "warn")]) == 1
