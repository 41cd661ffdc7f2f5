"""CUDA set-up: every claim of the topic, against the doctor's own rules, the torch that is installed and this machine.

Where a claim is about a GPU that is not here, the rules and the doctor's checks on a made-up server answer for it.
"""

from __future__ import annotations

import inspect
import os
import re
import stat
import subprocess
import sys
import textwrap
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest

from diagnostics.doctor import compatibility, judge, tables
from diagnostics.doctor.checks import visible_devices
from diagnostics.doctor.probe import pci
from diagnostics.finding import Finding
from lessons.kit.course import SHIPPED, load_course, setting
from lessons.kit.knobs import Choice
from lessons.kit.pictures import Bars, Frame, Table
from lessons.kit.problems import problems
from lessons.kit.words import summary
from tutor.lab.checked import check

torch = pytest.importorskip("torch", reason="the topic runs real PyTorch")
demo = pytest.importorskip("lessons.cuda_setup.demo")
machine = pytest.importorskip("lessons.measure.machine")
gpu_host = pytest.importorskip("lessons.measure.gpu_host")

pytestmark = pytest.mark.torch

Frames = tuple[Frame, ...]
TOPIC = load_course().topic("cuda_setup")
SECTIONS = {section.slug: section for section in TOPIC.page.sections}
QUESTIONS = {question.name: question for section in TOPIC.page.sections for question in section.questions}
LINKS = [link.target for section in TOPIC.page.sections for link in section.links]
PANELS = [section.panel for section in TOPIC.page.sections]
SLUGS = [
    "the-layers",
    "the-driver",
    "which-number-means-what",
    "what-a-wheel-brings",
    "code-for-your-gpu",
    "one-environment",
    "which-library-wins",
    "which-gpus-torch-sees",
    "containers",
    "limits-of-the-host",
    "a-sick-gpu",
    "ask-the-doctor",
]
LINUX = sys.platform == "linux"


def options(name: str, knob: str) -> tuple[str, ...]:
    found = TOPIC.demo(name).knob(knob)
    assert isinstance(found, Choice)
    return found.options


TARGETS = sorted(
    {*TOPIC.demos, *PANELS, *(question.run for question in QUESTIONS.values())}
    | {target.removeprefix("demo:") for target in LINKS if target.startswith("demo:")}
    | {f"numbers?driver={driver}&wheel={cuda}" for driver in options("numbers", "driver") for cuda in ("11.8", "13.2")}
    | {"numbers?driver=565.57.01&wheel=cu126", "numbers?driver=580&wheel=10.2", "numbers?driver=700&wheel=14.0"}
    | {f"code?gpu={gpu}&wheel=2.13.0+cu126" for gpu in options("code", "gpu")}
    | {f"code?gpu={gpu}&wheel=2.13.0+cu130" for gpu in options("code", "gpu")}
    | {f"code?gpu=8.7&wheel={wheel}" for wheel in options("code", "wheel")} | {"code?gpu=13.0&wheel=2.13.0+cu130"}
    | {f"visible?mask={mask}" for mask in options("visible", "mask")}
    | {f"visible?mask={mask}&order=PCI_BUS_ID" for mask in options("visible", "mask")}
    | {"visible?mask=0,1,2,3,4,5,6,7,8", "visible?mask=GPU-8f31,GPU-2c", "visible?mask=+", "visible?mask=MIG-1"}
    | {f"visible?mask={'9' * 60}", f"visible?mask={'x,' * 30}"}
    | {"loaded?find=zzz", "loaded?find=libc", "environment?command=no-such-command"}
    | {f"search?library={name}&path=torch/lib" for name in options("search", "library")}
    | {"search?library=libgomp.so.1&path=/no/such/folder"}
    | {f"limits?workers={count}&batch={size}&shm={shm}" for count, size, shm in product((1, 32), (1, 512), demo.SHARED)}
    | {f"doctor?host={host}" for host in options("doctor", "host")}
)  # fmt: skip


@cache
def run(target: str) -> Frames:
    """The frames of a demo at a setting such as "numbers?wheel=13.0"."""
    asked = setting(TOPIC, target)
    return tuple(getattr(demo, asked.demo)(**asked.knobs))


def answer(name: str, right: str) -> Frames:
    """The run that answers a question, whose right answer begins with these words."""
    question = QUESTIONS[name]
    assert question.answers[question.right].text.startswith(right)
    return run(question.run)


def table(frame: Frame, place: int = 0) -> Table:
    found = [picture for picture in frame.pictures if isinstance(picture, Table)][place]
    assert isinstance(found, Table)
    return found


def cells(frame: Frame, place: int = 0) -> dict[str, tuple[str, ...]]:
    """A table's rows by their first cell."""
    return {row[0]: row[1:] for row in table(frame, place).rows}


def diagnosis(host: str) -> dict[str, Finding]:
    """What the doctor finds wrong with a made-up server."""
    return {one.id: one for one in judge.judge(gpu_host.HOSTS[host]()) if one.status in ("fail", "warn")}


# ── What the topic and every demo promise ─────────────────────────────────────────────────────────────────────────────


def test_the_topic_has_no_problem() -> None:
    """Links, panels, knobs, word counts and signatures, as `tutor lessons check` sees them."""
    assert [str(found) for found in problems(SHIPPED) if TOPIC.folder in found.file.parents] == []


def test_the_sections_have_the_names_that_findings_link_to() -> None:
    assert list(SECTIONS) == SLUGS


def test_every_lesson_that_a_fault_of_the_doctor_names_is_there() -> None:
    """A link of a finding leads to a section, of this topic or of another."""
    course = load_course()
    for fault in judge.faults().values():
        topic, hash_sign, slug = fault.lesson.partition("#")
        slugs = [section.slug for section in course.topic(topic).page.sections]
        assert slug in slugs or not hash_sign, f"{fault.id} leads to {fault.lesson}"


def test_every_section_is_one_that_a_fault_leads_to() -> None:
    named = {fault.lesson for fault in judge.faults().values()}
    assert {f"cuda_setup#{slug}" for slug in SLUGS} <= named


def test_questions_stand_beside_the_demo_that_answers_them() -> None:
    assert len(QUESTIONS) >= 8
    for section in TOPIC.page.sections:
        for question in section.questions:
            assert question.run.partition("?")[0] == section.panel.partition("?")[0]
            assert question.run != section.panel or question.name == "share"


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_panel_does_not_show_the_answer_while_its_question_is_open(name: str) -> None:
    """It shows the first frame of the section's setting; the answer is in the last frame of the run alone."""
    section = next(section for section in TOPIC.page.sections if QUESTIONS[name] in section.questions)
    assert run(section.panel)[0].note != run(QUESTIONS[name].run)[-1].note
    assert run(section.panel)[0].pictures != run(QUESTIONS[name].run)[-1].pictures


@pytest.mark.parametrize("target", TARGETS)
def test_notes_are_one_sentence_that_fits_two_rows(target: str) -> None:
    """Of 62 columns: the panel's in a terminal of 120."""
    for frame in run(target):
        assert frame.note.endswith(".")
        assert ". " not in frame.note
        assert len(frame.note) > 20
        assert len(textwrap.wrap(frame.note, 62)) <= 2, frame.note


@pytest.mark.parametrize("target", TARGETS)
def test_steps_count_from_the_start_to_the_end(target: str) -> None:
    frames = run(target)
    assert [frame.step for frame in frames] == list(range(len(frames)))
    assert {frame.steps for frame in frames} == {len(frames) - 1}


@pytest.mark.parametrize("target", TARGETS)
def test_every_picture_can_be_drawn_and_told(target: str) -> None:
    for frame in run(target):
        for picture in frame.pictures:
            check(picture)
            assert summary(picture)


@pytest.mark.parametrize("name", TOPIC.demos)
def test_a_demo_fits_the_code_view(name: str) -> None:
    """The view is 70 columns wide and about 33 rows high in a terminal of 120 by 40."""
    lines = inspect.getsource(getattr(demo, name)).splitlines()
    assert [line for line in lines if len(line) > 70] == []
    assert len(lines) <= 36


@pytest.mark.parametrize("name", TOPIC.demos)
def test_the_same_knobs_give_the_same_frames(name: str) -> None:
    """All but `loaded` in a process that goes on loading: there the counts may grow."""
    again = tuple(getattr(demo, name)(**TOPIC.demos[name].defaults()))
    assert [frame.note for frame in again] == [frame.note for frame in run(name)] or name == "loaded"
    assert len(again) == len(run(name))


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("numbers?driver=new", "driver takes a version of NVIDIA's driver, such as 550.54.14, not 'new'"),
        ("numbers?driver=550.54.14.1", "driver takes a version"),
        ("numbers?wheel=cpu", "wheel takes a version of CUDA, such as 12.6 or cu126, not 'cpu'"),
        ("code?gpu=TITAN", "gpu takes one of the names, or a compute capability, such as 8.9, not 'TITAN'"),
        ("code?wheel=2.13.0", "wheel takes a release with a CUDA tag, such as 2.13.0+cu126"),
        ("code?wheel=9.0.0+cu126", "is not in our table"),
        ("code?gpu=GB10&wheel=2.7.1+cu118", "for aarch64 is not in our table"),
        ("search?library=../evil.so", "library takes the name of a shared library, as libgomp.so.1"),
        ("search?library=gomp", "library takes the name of a shared library"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(target: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        run(target)


def test_the_worker_of_an_older_python_can_import_the_rules() -> None:
    """Python 3.9 has no dataclasses with kw_only, which Facts are: only `doctor` may need them."""
    code = (
        "import sys; from lessons.cuda_setup import demo; print('diagnostics.doctor.facts' in sys.modules)\n"
        "tuple(demo.doctor('well')); print('diagnostics.doctor.facts' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert ran.stdout.split() == ["False", "True"]


def test_in_an_older_python_the_doctors_demo_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo.sys, "version_info", (3, 9, 18))
    with pytest.raises(ValueError, match=r"need Python 3\.10 or newer"):
        tuple(demo.doctor("well"))


# ── The layers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_step_of_training_needs_no_compiler() -> None:
    """Question `nvcc`: the loss falls, whether nvcc is here or not."""
    last = answer("nvcc", "Yes")[-1]
    assert last.values["loss after"] < last.values["loss before"]
    assert "nvcc" in last.note


def test_without_nvcc_on_the_path_torch_trains_as_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    last = tuple(demo.layers(True))[-1]
    assert last.note.startswith("Without nvcc one step of training")
    assert cells(last)["nvcc"][1] == "none"


def test_the_list_of_the_layers_stands_in_the_panels_order() -> None:
    """Both from the top down."""
    words = ("torch sees", "code", "built with", "libcuda", "kernel module", "GPU")
    source = (TOPIC.folder / "lesson.md").read_text("utf-8")
    listed = [line for line in source.partition("## The driver")[0].splitlines() if line.startswith("- ")][:6]
    assert all(word in line for word, line in zip(words, listed, strict=True)), listed
    names = [row[0] for row in table(run("layers")[0]).rows]
    assert names == ["torch sees", "its code", "torch's CUDA", "libcuda", "kernel module", "GPU"]


def test_there_are_six_layers_and_each_step_asks_one() -> None:
    frames = run("layers")
    assert len(frames) == 6
    for place, frame in enumerate(frames):
        asked = [row for row in table(frame).rows if row[2] != "·"]
        assert len(asked) == place + 1
        assert table(frame).chosen == 5 - place


@pytest.mark.skipif(torch.version.cuda is not None, reason="needs a torch without CUDA")
def test_on_a_machine_without_a_gpu_the_stack_ends_at_the_gpu() -> None:
    if any(device["vendor"] == machine.NVIDIA for device in pci.look("") or []):
        pytest.skip("this machine has a GPU")
    assert run("layers")[-1].note == (
        "The stack ends at the GPU: no NVIDIA GPU is here, and this torch is a CPU build."
    )


@pytest.mark.gpu
def test_on_a_machine_with_a_gpu_the_stack_is_whole() -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device and a CUDA build of torch")
    last = run("layers?train=true")[-1]
    assert run("layers")[-1].note.startswith("The stack is whole")
    assert "on the GPU" in last.note
    assert last.values["loss after"] < last.values["loss before"]
    assert run("loaded?find=libcuda.so")[-1].values["NVIDIA's driver"] > 0


SEEN = {"gpus": "1 on the bus, at 0000:01:00.0", "kernel_module": "550.54.14", "libcuda": "550.54.14", "sleeps": False}


@pytest.mark.parametrize(
    ("seen", "cuda", "count", "told"),
    [
        ({}, "12.6", 1, "The stack is whole: torch"),
        ({"gpus": ""}, "12.6", 0, "The stack ends at the GPU: no NVIDIA GPU is here."),
        ({"kernel_module": ""}, "12.6", 0, "The stack ends at the kernel module: it does not run."),
        ({"libcuda": ""}, "12.6", 0, "The stack ends at libcuda: programs find none."),
        ({}, None, 0, "is a CPU build."),
        ({}, "13.0", 0, "driver 550.54.14 is too old for CUDA 13.0."),
        ({}, "12.6", 0, "every layer is there: ask tutor doctor."),
        ({"sleeps": True}, "12.6", 1, "The GPU sleeps, so torch was not asked"),
    ],
)
def test_the_end_is_told_at_the_lowest_gap(
    monkeypatch: pytest.MonkeyPatch, seen: dict[str, Any], cuda: str | None, count: int, told: str
) -> None:
    """Of machines that are not here: what is looked at is replaced, and what is made of it is not."""
    for name, value in {**SEEN, **seen}.items():
        monkeypatch.setattr(machine, name, lambda value=value: value)
    monkeypatch.setattr(torch.version, "cuda", cuda)
    asked: list[str] = []

    def available() -> bool:
        asked.append("CUDA")
        return count > 0

    monkeypatch.setattr(torch.cuda, "is_available", available)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    assert told in tuple(demo.layers(False))[-1].note
    assert bool(asked) != bool(seen.get("sleeps")), "a sleeping GPU is not woken"


# ── The driver, A sick GPU, Ask the doctor ────────────────────────────────────────────────────────────────────────────


def test_the_well_server_is_well() -> None:
    assert diagnosis("well") == {}
    assert run("doctor?host=well")[-1].note.startswith("Nothing is wrong")


def test_an_update_of_the_driver_is_the_cause_and_a_reboot_the_cure() -> None:
    """Question `apt`: a new libcuda beside an old module; all that fails follows from it."""
    frames = answer("apt", "The job goes on, and every new program fails")
    found = diagnosis("updated")
    causes = [one for one in found.values() if not one.consequence_of]
    assert [one.id for one in causes] == ["driver-library-mismatch"]
    assert len(found) > 1
    assert any("reboot" in step.command for step in causes[0].fix)
    seen = cells(frames[0])
    assert seen["driver in the kernel"] != seen["libcuda's file"]
    assert seen["GPUs in torch"] == ("0",)


def test_an_xid_31_is_a_programs_error() -> None:
    """Question `xid`: a note, and nothing to repair; so are 13 and 43."""
    from diagnostics.doctor.checks.xids import MEANINGS

    frames = answer("xid", "A program")
    assert diagnosis("xid-31") == {}
    assert frames[-1].values["note"] == 1
    assert "none of them a fault of the hardware" in frames[-1].note
    for code in (13, 31, 43):
        assert MEANINGS[code][0] == "note"
        assert "program" in MEANINGS[code][1]


@pytest.mark.parametrize(
    ("host", "fault", "status"),
    [
        ("xid-79", "gpu-lost", "fail"),
        ("ecc", "remap-pending", "warn"),
        ("hot", "heat-throttle", "warn"),
        ("cpu-wheel", "cpu-only-wheel", "fail"),
        ("cuda-13-wheel", "driver-too-old", "fail"),
        ("mask", "visible-devices-unreadable", "fail"),
        ("no-gpus-flag", "container-without-gpu", "fail"),
        ("small-shm", "shm-small", "warn"),
    ],
)
def test_each_made_up_server_has_the_one_cause_that_it_is_made_for(host: str, fault: str, status: str) -> None:
    found = diagnosis(host)
    assert [(one.id, one.status) for one in found.values() if not one.consequence_of] == [(fault, status)]
    frames = run(f"doctor?host={host}")
    assert found[fault].title in frames[-1].note
    assert frames[-1].values["explained"] == len(found) - 1


@pytest.mark.parametrize(("host", "command"), [("xid-79", "sudo poweroff"), ("ecc", "sudo nvidia-smi --gpu-reset")])
def test_a_lost_gpu_is_switched_off_and_a_faulty_memory_reset(host: str, command: str) -> None:
    """The Turn of A sick GPU: the panel's second table says what to do first."""
    assert table(run(f"doctor?host={host}")[-1], 1).rows[0][0].startswith(command)


def test_old_memory_errors_are_no_fault() -> None:
    assert diagnosis("old-ecc") == {}


def test_two_failures_of_one_cause_are_one_thing_to_repair() -> None:
    """Question `folded`."""
    frames = answer("folded", "One")
    found = diagnosis("cuda-13-wheel")
    assert set(found) == {"driver-too-old", "torch-cuda-unavailable"}
    assert found["torch-cuda-unavailable"].consequence_of == "driver-too-old"
    assert frames[-1].values["explained"] == 1


def test_the_mask_of_the_thing_to_make_is_found() -> None:
    found = diagnosis("mask")["visible-devices-unreadable"]
    assert "cuda:0" in found.title


# ── Which number means what, Containers ───────────────────────────────────────────────────────────────────────────────


def test_a_newer_minor_number_runs_on_a_driver_of_the_family() -> None:
    """Question `minor`: the wrong rule would refuse it."""
    frames = answer("minor", "Yes")
    assert "12.4" in frames[0].note
    assert frames[-1].values["runs"] == 1
    assert "the wrong rule says otherwise" in frames[-1].note
    assert "except for PTX" in frames[-1].note
    assert compatibility.driver_runs("550.54.14", "12.8") is True
    assert compatibility.driver_compiles(12040, "12.8") is False


def test_an_image_cannot_bring_the_driver() -> None:
    """Question `image`."""
    frames = answer("image", "No: the host's driver is too old")
    assert frames[-1].values["runs"] == 0
    assert "needs driver 580" in frames[-1].note


def test_the_families_begin_where_the_section_says() -> None:
    assert {f"{major}.x": oldest for major, oldest in tables.DRIVER_FOR_FAMILY.items()} == {
        "11.x": "450.80.02",
        "12.x": "525.60.13",
        "13.x": "580",
    }
    assert table(run("numbers")[0], 1).rows == (("11.x", "450.80.02"), ("12.x", "525.60.13"), ("13.x", "580"))


@pytest.mark.parametrize("driver", options("numbers", "driver"))
@pytest.mark.parametrize("cuda", options("numbers", "wheel"))
def test_the_answer_is_the_rules_own_for_every_pair(driver: str, cuda: str) -> None:
    frames = run(f"numbers?driver={driver}&wheel={cuda}")
    right = compatibility.driver_runs(driver, cuda)
    assert frames[-1].values["runs"] == right
    assert frames[-1].note.startswith("It runs" if right else "It fails")


@pytest.mark.parametrize(
    ("driver", "cuda"),
    [("525.60.13", "12.0"), ("535.183.01", "12.2"), ("550.144.03", "12.4"), ("570.26", "12.8"), ("580.95.05", "13.0")],
)
def test_nvidia_smi_tells_the_cuda_of_the_drivers_branch(driver: str, cuda: str) -> None:
    assert f"nvidia-smi prints {cuda}:" in run(f"numbers?driver={driver}")[0].note


def test_a_branch_without_a_toolkit_in_the_table_is_not_guessed() -> None:
    frames = run("numbers?driver=565.57.01&wheel=cu126")
    assert "not in our table" in frames[0].note
    assert frames[-1].values["runs"] == 1


def test_the_goal_of_a_driver_for_cuda_13_is_among_the_choices() -> None:
    runs = [one for one in options("numbers", "driver") if run(f"numbers?driver={one}&wheel=13.0")[-1].values["runs"]]
    assert runs == ["580.65.06"]


# ── What a wheel brings ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(not LINUX, reason="needs /proc")
def test_most_of_what_is_mapped_came_in_wheels_of_torch() -> None:
    """Question `share`, in a process that has loaded nothing but torch and the demo."""
    answer("share", "More than three quarters")
    code = "from lessons.cuda_setup import demo; print(tuple(demo.loaded('all'))[-1].note)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    found = re.search(r"brought ([\d.e]+) of ([\d.e]+) MiB: (\d+) %", ran.stdout)
    assert found
    assert int(found[3]) > 75


@pytest.mark.skipif(not LINUX, reason="needs /proc")
def test_what_the_panel_says_is_mapped_is_mapped() -> None:
    """The sizes of the bars are the files' own, and each library is really there."""
    with open("/proc/self/maps") as maps:
        lines = maps.read()
    frames = run("loaded?find=torch")
    rows = table(frames[-1]).rows
    assert any(row[0].startswith("libtorch") for row in rows)
    for name, *_ in rows:
        assert name in lines
    bars = frames[-1].pictures[0]
    assert isinstance(bars, Bars)
    assert [bar.name for bar in bars.bars] == list(machine.OWNERS)
    paths = {Path(line[line.index("/") :]) for line in lines.splitlines() if ".so" in line}
    own = [path for path in paths if Path(torch.__file__).parent in path.parents and "torch" in path.name]
    sizes = sum(path.stat().st_size for path in own)
    assert frames[-1].values["torch's wheel"] == pytest.approx(sizes / 2**20)


@pytest.mark.skipif(not LINUX, reason="needs /proc")
def test_owners_are_told_by_where_a_library_lies() -> None:
    site = os.path.dirname(os.path.dirname(os.path.realpath(torch.__file__)))
    owners = {
        f"{site}/torch/lib/libtorch_cuda.so": "torch's wheel",
        f"{site}/torch.libs/libgomp-24e2ab19.so.1": "torch's wheel",
        f"{site}/nvidia/cudnn/lib/libcudnn.so.9": "NVIDIA's wheels",
        f"{site}/numpy/core/x.so": "other wheels",
        "/usr/lib/x86_64-linux-gnu/libcuda.so.550.54.14": "NVIDIA's driver",
        "/usr/lib/x86_64-linux-gnu/libnvidia-ptxjitcompiler.so.550.54.14": "NVIDIA's driver",
        "/usr/lib/wsl/lib/libdxcore.so": "NVIDIA's driver",
        "/usr/lib/x86_64-linux-gnu/libc.so.6": "the system",
        "/usr/local/cuda/lib64/libcudart.so.12": "the system",
        f"{os.path.realpath(sys.base_prefix)}/lib/libpython3.so": "Python",
    }
    assert {path: machine._owner(path) for path in owners} == owners


# ── Code for your GPU ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_code_of_the_same_major_number_runs() -> None:
    """Question `ada`: 8.6 on 8.9, and not 9.0."""
    frames = answer("ada", "sm_86")
    verdicts = {row[0]: row[2] for row in table(frames[-1]).rows}
    assert {arch for arch, verdict in verdicts.items() if verdict == "runs"} == {"sm_80", "sm_86"}
    assert {"sm_80", "sm_86", "sm_90"} <= set(verdicts)
    assert "sm_89" not in verdicts
    assert "sm_86 runs" in frames[-1].note


def test_a_pascal_gpu_has_no_code_in_a_wheel_for_cuda_13() -> None:
    """Question `kernel`: error 209, and cu126 is the way out."""
    frames = answer("kernel", "is_available() is True")
    assert frames[-1].values["runs"] == frames[-1].values["can be compiled"] == 0
    assert "error 209" in frames[-1].note
    assert "take cu126" in frames[-1].note
    assert any("cu126" in cell for row in table(frames[-1], 1).rows for cell in row)
    assert compatibility.driver_runs("580.65.06", "13.0")


def test_the_way_out_really_has_code_for_the_gpu() -> None:
    """For every GPU of the list: what is advised runs on it."""
    for gpu in options("code", "gpu"):
        advised = table(run(f"code?gpu={gpu}&wheel=2.13.0+cu130")[-1], 1).rows[-1][0].rpartition("/")[2]
        assert run(f"code?gpu={gpu}&wheel=2.13.0+{advised}")[-1].values["runs"] > 0


def test_the_goal_of_a_wheel_for_the_newest_gpu_is_among_the_choices() -> None:
    """Nothing of the first wheel runs on the RTX 5090, and some other does."""
    runs = [one for one in options("code", "wheel") if run(f"code?gpu=RTX-5090&wheel={one}")[-1].values["runs"]]
    assert "2.13.0+cu126" not in runs
    assert "2.13.0+cu130" in runs


def test_ptx_is_compiled_for_newer_gpus_alone() -> None:
    frames = run("code?gpu=13.0&wheel=2.13.0+cu130")
    assert frames[-1].values["runs"] == 0
    assert frames[-1].values["can be compiled"] == 1
    assert "compute_120" in frames[-1].note


@pytest.mark.parametrize("gpu", options("code", "gpu"))
def test_torchs_own_table_says_the_same(gpu: str) -> None:
    """Which compiled code runs on which GPU."""
    judged = getattr(torch.cuda, "_code_compatible_with_device", None)
    if judged is None:
        pytest.skip("this torch has no such table")
    major, least = demo.CAPABILITIES[gpu]
    for row in table(run(f"code?gpu={gpu}&wheel=2.13.0+cu126")[-1]).rows:
        if row[0].startswith("sm_"):
            assert judged(10 * major + least, int(row[0].removeprefix("sm_"))) == (row[2] == "runs")


# ── One environment ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with commands of another Python, of this one, and of none."""
    scripts = {
        "pip": "#!/opt/other/bin/python3\n",
        "pip3": f"#!{sys.executable}\n",
        "odd": "#!/usr/bin/env bash\nexec pyenv\n",
        "long": f"#!/bin/sh\n'''exec' {sys.executable} \"$0\" \"$@\"\n' '''\n",
    }
    for name, text in scripts.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(stat.S_IRWXU)
    (tmp_path / "python").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="scripts there are programs")
@pytest.mark.parametrize(
    ("command", "same", "told"),
    [
        ("pip", 0, "works in another Python"),
        ("pip3", 1, "works in this Python's own environment"),
        ("long", 1, "works in this Python's own environment"),
        ("odd", 0, "names no Python"),
        ("gone", 0, "is not on your PATH"),
    ],
)
def test_a_command_is_followed_to_its_python(elsewhere: Path, command: str, same: int, told: str) -> None:
    last = tuple(demo.environment(command))[-1]
    assert last.values["same Python"] == same
    assert told in last.note


def test_pip_may_belong_to_another_python() -> None:
    """Question `pip`: the run tells of the pip that is on this PATH."""
    assert "pip" in answer("pip", "pip belongs to another Python")[-1].note


def test_the_torch_that_is_told_of_is_the_one_that_runs() -> None:
    seen = cells(run("environment")[-1])
    assert seen["this Python"] == (sys.executable,)
    assert seen["torch comes from"] == (os.path.dirname(torch.__file__),)
    assert seen["it says of itself"] == (torch.__version__,)
    assert int(seen["copies on sys.path"][0]) >= 1


# ── Which library wins ────────────────────────────────────────────────────────────────────────────────────────────────


needs_proc = pytest.mark.skipif(not LINUX, reason="needs /proc")


@needs_proc
def test_a_folder_of_ld_library_path_comes_first(tmp_path: Path) -> None:
    """Question `path`, with a copy of a library that is in the system as well; a folder without it does no harm."""
    answer("path", "The one that LD_LIBRARY_PATH names")
    system = next((one for one in machine.search("libstdc++.so.6", "") if one.there), None)
    if system is None:
        pytest.skip("no libstdc++ in the system's folders")
    (tmp_path / "libstdc++.so.6").write_bytes((Path(system.folder) / "libstdc++.so.6").read_bytes())
    (tmp_path / "empty").mkdir()
    first = tuple(demo.search("libstdc++.so.6", f"{tmp_path}/empty:{tmp_path}"))[-1]
    assert "LD_LIBRARY_PATH won over the system's own" in first.note
    assert first.values["loaded from place"] == 2
    harmless = tuple(demo.search("libstdc++.so.6", f"{tmp_path}/empty"))[-1]
    assert "The system's own won" in harmless.note


@needs_proc
def test_torchs_own_libraries_are_found_by_no_other_program() -> None:
    """Without the variable; with it, every program finds them."""
    assert "found no libc10.so" in run("search?library=libc10.so&path=unset")[-1].note
    assert "LD_LIBRARY_PATH won" in run("search?library=libc10.so&path=torch/lib")[-1].note


def test_torch_loads_nvjitlink_before_a_path_can_bring_another() -> None:
    """What the section says of newer builds, by torch's own words; an older one has no such function."""
    early = getattr(torch, "_preload_cuda_deps", None)
    if early is None or "nvjitlink" not in (source := inspect.getsource(torch)):
        pytest.skip("an older torch")
    assert "if `LD_LIBRARY_PATH` is defined" in " ".join(source.replace("#", "").split())


@needs_proc
def test_the_readers_own_variable_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", machine.torch_folder())
    assert machine.loaded("libc10.so", "") == ""


# ── Which GPUs torch sees ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_is_taken_in_its_own_order_and_in_cudas_numbers() -> None:
    """Questions `listed`, by slots, and `second`, with the fastest first."""
    by_slots = answer("listed", "The GTX 1650")
    assert "cuda:0 is GTX 1650 and cuda:1 is RTX 3060" in by_slots[-1].note
    frames = answer("second", "The RTX 3060")
    assert "RTX 4090, RTX 4070, RTX 3060 and GTX 1650" in frames[0].note
    assert "cuda:0 is RTX 3060 and cuda:1 is RTX 4090" in frames[-1].note


@pytest.mark.parametrize("target", [target for target in TARGETS if target.startswith("visible")])
def test_torchs_own_parser_reads_the_same_at_every_entry(target: str) -> None:
    before = os.environ.get("CUDA_VISIBLE_DEVICES")
    for frame in run(target)[1:]:
        both = table(frame, 1).rows
        assert both[0][1] == both[1][1] or both[1][1] in ("raises ValueError", "has no parser")
    assert os.environ.get("CUDA_VISIBLE_DEVICES") == before


@pytest.mark.parametrize(
    ("mask", "count"),
    [("2,0,2", 0), ("1,7,2", 1), ("cuda:0", 0), ("0-2", 1), ("GPU-8f3", 0), ("-1", 0), ("(empty)", 0), ("unset", 4)],
)
def test_a_bad_entry_ends_the_list_and_nothing_is_raised(mask: str, count: int) -> None:
    last = run(f"visible?mask={mask}")[-1]
    assert last.values["GPUs seen"] == count
    assert table(last, 1).rows[1][1] != "raises ValueError"


def test_the_goal_of_two_chosen_gpus_can_be_typed_in_both_orders() -> None:
    for mask, order in (("3,0", "FASTEST_FIRST"), ("2,1", "PCI_BUS_ID")):
        assert "cuda:0 is GTX 1650 and cuda:1 is RTX 4090" in run(f"visible?mask={mask}&order={order}")[-1].note


# ── The exercises ─────────────────────────────────────────────────────────────────────────────────────────────────────


def reference(exercise: str) -> dict[str, Any]:
    """What its solution.py defines."""
    space: dict[str, Any] = {}
    exec(TOPIC.exercises[exercise].solution, space)  # noqa: S102 (its own code, as the worker runs it)
    return space


def test_the_driver_of_the_exercise_is_judged_as_the_doctor_does() -> None:
    """Every driver that a table names, and the versions around it, with every CUDA."""
    driver_runs = reference("driver_runs")["driver_runs"]
    assert reference("driver_runs")["OLDEST"] == tables.DRIVER_FOR_FAMILY
    named = [*tables.DRIVER_FOR_FAMILY.values(), *tables.TOOLKIT_DRIVERS.values()]
    drivers = [*named, "525.105.17", "525.60", "525.60.12", "450.80.2", "579.99", "99.1", "1000"]
    for driver, cuda in product(drivers, [*tables.TOOLKIT_DRIVERS, "10.2", "12.15", "14.0", "9.0"]):
        assert driver_runs(driver, cuda) is compatibility.driver_runs(driver, cuda), (driver, cuda)


def up_to_its_end(mask: str, uuids: list[str]) -> list[int]:
    """The doctor's reading of a mask up to the entry that ends it. Beyond it torch looks for twins alone."""
    entries, gpus = mask.split(","), list[int]()
    for count in range(1, len(entries) + 1):
        mask_so_far = visible_devices.read(",".join(entries[:count]))
        sight = visible_devices.resolve(mask_so_far, uuids)
        gpus = list(sight.gpus)
        if mask_so_far.twice or mask_so_far.rest or sight.stopped:
            break
    return gpus


def test_the_masks_of_the_exercise_are_read_as_the_doctor_does() -> None:
    """All lists of up to three entries that are a number, or none at all."""
    visible_gpus = reference("visible_gpus")["visible_gpus"]
    uuids = [uuid for _, _, uuid in demo.CARDS]
    entries = ["0", "1", "2", "3", "4", "7", "12", "-1", "cuda:0", "all", "none", ""]
    for count in (1, 2, 3):
        for chosen in product(entries, repeat=count):
            mask = ",".join(chosen)
            assert visible_gpus(mask, len(uuids)) == up_to_its_end(mask, uuids), mask
    assert visible_gpus(None, 4) == [0, 1, 2, 3]


# ── Limits of the host ────────────────────────────────────────────────────────────────────────────────────────────────


def test_docker_s_shared_memory_is_too_small_for_four_workers() -> None:
    """Question `shm`: and already for one batch of each of two."""
    frames = answer("shm", "A worker dies with a bus error")
    assert "bus error" in frames[-1].note
    image = torch.empty(3, 224, 224).nbytes
    assert 2 * 64 * image > 64 * 2**20 > 64 * image
    assert frames[-1].values["held MiB"] == pytest.approx(4 * 2 * 64 * (image + 8) / 2**20)


def test_a_loader_holds_two_batches_for_each_worker() -> None:
    assert torch.utils.data.DataLoader([0], num_workers=1).prefetch_factor == 2


def test_what_is_held_grows_with_every_worker() -> None:
    held = [frame.values["held MiB"] for frame in run("limits?workers=32&batch=1&shm=1GiB")]
    assert len(held) == 33
    assert [later - earlier for earlier, later in pairwise(held)] == pytest.approx([held[1]] * 32)


def test_the_goal_of_a_batch_that_fits_is_reached_on_the_slider() -> None:
    """From 64 down, by the arrow."""
    slider = TOPIC.demo("limits").knob("batch")
    batch: Any = 64
    while not run(f"limits?workers=4&batch={batch}&shm=64MiB")[-1].values["fits"]:
        assert batch > 1, "the slider's end was reached"
        batch = slider.turn(batch, -1)
    assert batch > 1


@needs_proc
def test_the_room_is_this_machines_own() -> None:
    size = os.statvfs("/dev/shm")  # noqa: S108
    assert machine.room().shm == size.f_frsize * size.f_blocks
    assert machine.room().cpus <= (os.cpu_count() or 1)
