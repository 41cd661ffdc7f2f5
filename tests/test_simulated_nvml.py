"""The simulated driver answers the real pynvml as a driver would: other tests rest on it."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pynvml
import pytest

from tests.support.nvml import SCENARIOS, Simulate, Simulated, check_scenario, scenario
from tests.support.nvml.build import build, functions

MIB = 2**20
READY = sorted(path.stem for path in SCENARIOS.glob("*.ini"))

# What every child starts with: show() prints a line of JSON, seen() gives an answer or its exception's name.
PROLOGUE = """
import json, sys, pynvml as nvml

def seen(call, *arguments):
    try:
        return call(*arguments)
    except Exception as error:
        return type(error).__name__

def show(answer):
    print(json.dumps(answer, default=lambda it: getattr(it, "__dict__", None) or str(it)), flush=True)
"""


def program(*code: str) -> list[str]:
    """The command of a child that runs these pieces of code."""
    return [sys.executable, "-c", "\n".join(map(textwrap.dedent, (PROLOGUE, *code)))]


def ask(driver: Simulated, *code: str) -> Any:
    """What a child that meets `driver` shows."""
    ended = subprocess.run(program(*code), env=driver.env, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@contextmanager
def child(driver: Simulated, *code: str) -> Iterator[Callable[[], Any]]:
    """A child that runs on: each call lets it go on by one line of its stdin, and gives what it then shows."""
    process = subprocess.Popen(
        program(*code), env=driver.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def step() -> Any:
        stdin.write("\n")
        return json.loads(stdout.readline())

    try:
        yield step
    finally:
        process.kill()
        process.communicate()


GPU = """
[system]
driver = 550.54.14
count = 1
[gpu.0]
name = NVIDIA L4
"""
READING = """
    nvml.nvmlInit()
    gpu = nvml.nvmlDeviceGetHandleByIndex(0)
"""


def test_a_workstation_is_read_as_its_scenario_says(simulate: Simulate) -> None:
    """Texts, numbers, pairs and structures arrive; ECC counters and the row remapper are not supported there."""
    answer = ask(
        simulate("rtx4090"),
        """
        nvml.nvmlInit()
        gpu = nvml.nvmlDeviceGetHandleByIndex(0)
        pci = nvml.nvmlDeviceGetPciInfo(gpu)
        memory = nvml.nvmlDeviceGetMemoryInfo(gpu), nvml.nvmlDeviceGetMemoryInfo(gpu, version=nvml.nvmlMemory_v2)
        show({
            "driver": nvml.nvmlSystemGetDriverVersion(),
            "cuda": nvml.nvmlSystemGetCudaDriverVersion_v2(),
            "count": nvml.nvmlDeviceGetCount(),
            "name": nvml.nvmlDeviceGetName(gpu),
            "capability": nvml.nvmlDeviceGetCudaComputeCapability(gpu),
            "pci": [pci.busId, pci.busIdLegacy, pci.bus, pci.pciDeviceId],
            "used": [memory[0].used, memory[1].used, memory[1].reserved],
            "limits": nvml.nvmlDeviceGetPowerManagementLimitConstraints(gpu),
            "throttle": nvml.nvmlDeviceGetCurrentClocksEventReasons(gpu),
            "ecc": nvml.nvmlDeviceGetEccMode(gpu),
            "ecc_errors": seen(nvml.nvmlDeviceGetTotalEccErrors, gpu, 1, 0),
            "remapped": seen(nvml.nvmlDeviceGetRemappedRows, gpu),
            "power": [field.value.uiVal for field in nvml.nvmlDeviceGetFieldValues(gpu, [186])],
        })
        """,
    )
    assert answer == {
        "driver": "560.35.03",
        "cuda": 12060,
        "count": 1,
        "name": "NVIDIA GeForce RTX 4090",
        "capability": [8, 9],
        "pci": ["00000000:01:00.0", "0000:01:00.0", 1, 0x268410DE],
        "used": [2140 * MIB, 1700 * MIB, 440 * MIB],
        "limits": [150_000, 600_000],
        "throttle": 1,
        "ecc": [0, 0],
        "ecc_errors": "NVMLError_NotSupported",
        "remapped": "NVMLError_NotSupported",
        "power": [22_000],
    }


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("init_driver_not_loaded", "NVMLError_DriverNotLoaded"),
        ("init_version_mismatch", "NVMLError_LibRmVersionMismatch"),
        ("init_no_permission", "NVMLError_NoPermission"),
        ("init_unknown", "NVMLError_Unknown"),
        ("init_gpu_lost", "NVMLError_GpuIsLost"),
    ],
)
def test_a_driver_that_does_not_start_says_why(simulate: Simulate, name: str, error: str) -> None:
    """nvmlInit raises the error, and what follows is uninitialized."""
    answer = ask(simulate(name), "show([seen(nvml.nvmlInit), seen(nvml.nvmlDeviceGetCount)])")
    assert answer == [error, "NVMLError_Uninitialized"]


def test_a_lost_gpu_does_not_take_its_neighbours_along(simulate: Simulate) -> None:
    """GPU 5 gives no handle; GPU 3 waits for a reset; the others are sound."""
    answer = ask(
        simulate("h200_8"),
        """
        nvml.nvmlInit()
        def remapped(index):
            return nvml.nvmlDeviceGetRemappedRows(nvml.nvmlDeviceGetHandleByIndex(index))
        show([seen(remapped, index) for index in range(nvml.nvmlDeviceGetCount())])
        """,
    )
    sound = [0, 0, 0, 0]
    assert answer == [sound, sound, sound, [0, 1, 1, 0], sound, "NVMLError_GpuIsLost", sound, sound]


def test_slices_of_a_mig_gpu_have_values_of_their_own(simulate: Simulate) -> None:
    """Two of the seven places hold a slice; utilisation is not to be had, and processes name their slice."""
    answer = ask(
        simulate("a100_mig"),
        READING,
        """
        slices = [seen(nvml.nvmlDeviceGetMigDeviceHandleByIndex, gpu, place) for place in range(3)]
        process, = nvml.nvmlDeviceGetComputeRunningProcesses(slices[0])
        show({
            "mode": nvml.nvmlDeviceGetMigMode(gpu),
            "places": nvml.nvmlDeviceGetMaxMigDeviceCount(gpu),
            "names": [seen(nvml.nvmlDeviceGetName, part) for part in slices[:2]],
            "none": slices[2],
            "memory": nvml.nvmlDeviceGetMemoryInfo(slices[1]).total,
            "instances": [nvml.nvmlDeviceGetGpuInstanceId(part) for part in slices[:2]],
            "utilisation": [seen(nvml.nvmlDeviceGetUtilizationRates, handle) for handle in (gpu, slices[0])],
            "parent": nvml.nvmlDeviceGetName(nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(slices[1])),
            "process": [process.pid, process.gpuInstanceId, process.computeInstanceId],
            "share": nvml.nvmlDeviceGetAttributes(slices[0]).multiprocessorCount,
        })
        """,
    )
    assert answer == {
        "mode": [1, 1],
        "places": 7,
        "names": ["NVIDIA A100-SXM4-80GB MIG 3g.40gb", "NVIDIA A100-SXM4-80GB MIG 1g.10gb"],
        "none": "NVMLError_NotFound",
        "memory": 9728 * MIB,
        "instances": [2, 9],
        "utilisation": ["NVMLError_NotSupported"] * 2,
        "parent": "NVIDIA A100-SXM4-80GB",
        "process": [50211, 2, 0],
        "share": 42,
    }


def test_unified_memory_is_not_supported_while_its_processes_are(simulate: Simulate) -> None:
    """As on GB10."""
    answer = ask(
        simulate("gb10"),
        READING,
        """
        show([seen(nvml.nvmlDeviceGetMemoryInfo, gpu),
              [process.usedGpuMemory for process in nvml.nvmlDeviceGetComputeRunningProcesses(gpu)]])
        """,
    )
    assert answer == ["NVMLError_NotSupported", [2048 * MIB]]


def test_a_jetson_gives_its_name_and_next_to_nothing_else(simulate: Simulate) -> None:
    """`error.* = NOT_SUPPORTED`, with functions taken out of it."""
    answer = ask(
        simulate("jetson"),
        READING,
        """
        calls = (nvml.nvmlDeviceGetName, nvml.nvmlDeviceGetComputeRunningProcesses, nvml.nvmlDeviceGetPciInfo)
        show([seen(call, gpu) for call in calls])
        """,
    )
    assert answer == ["Orin (nvgpu)", "NVMLError_NotSupported", "NVMLError_NotSupported"]


def test_hostile_names_arrive_unharmed(simulate: Simulate) -> None:
    """Escape sequences as they stand; of broken UTF-8 pynvml makes a UnicodeDecodeError, as with a real driver."""
    answer = ask(
        simulate("hostile"),
        """
        nvml.nvmlInit()
        gpus = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(2)]
        processes = nvml.nvmlDeviceGetComputeRunningProcesses(gpus[0])
        show({
            "names": [seen(nvml.nvmlDeviceGetName, gpu) for gpu in gpus],
            "processes": [seen(nvml.nvmlSystemGetProcessName, process.pid) for process in processes],
            "memory": processes[4].usedGpuMemory,
        })
        """,
    )
    assert answer["names"] == ["[bold red]T4[/] \x1b]0;owned\x07\x1b[2J", "UnicodeDecodeError"]
    assert answer["processes"][1:5] == [
        "\x1b]0;owned\x07evil",
        "[@click=app.quit]x[/]",
        "UnicodeDecodeError",
        "\u202egnp.exe\nnext line",
    ]
    assert answer["memory"] is None


def test_processes_come_and_go_with_the_clock(simulate: Simulate) -> None:
    """Each kind has its own list; a process that has no sample is not in the utilisation."""
    driver = simulate(GPU)
    driver.add(
        """
        process.0 = pid=71 memory=1MiB sm=40 until=5
        process.1 = pid=72 type=C from=5
        process.2 = pid=73 type=G
        """
    )
    lists = """
    def pids(call, *arguments):
        answer = seen(call, gpu, *arguments)
        return answer if isinstance(answer, str) else [process.pid for process in answer]
    while sys.stdin.readline():
        show([pids(nvml.nvmlDeviceGetComputeRunningProcesses), pids(nvml.nvmlDeviceGetGraphicsRunningProcesses),
              pids(nvml.nvmlDeviceGetProcessUtilization, 0)])
    """
    with child(driver, READING, lists) as step:
        assert step() == [[71], [73], [71]]
        driver.at(5)
        assert step() == [[72], [73], "NVMLError_NotFound"]


def test_the_longer_structure_of_driver_535_shifts_what_pynvml_reads(simulate: Simulate) -> None:
    """The third version of the list had 32 bytes a process there; the second never changed."""
    driver = simulate(GPU + "process.0 = pid=71\nprocess.1 = pid=72")
    driver.add("[system]\nprocess_bytes = 32")
    answer = ask(
        driver,
        READING,
        """
        show([[process.pid for process in call(gpu)] for call in
              (nvml.nvmlDeviceGetComputeRunningProcesses_v3, nvml.nvmlDeviceGetComputeRunningProcesses_v2)])
        """,
    )
    assert answer == [[71, 0], [71, 72]]


def test_an_old_driver_lacks_the_newer_functions(simulate: Simulate) -> None:
    """pynvml's unversioned call raises what is no NVMLError; the second version, and the older name, answer."""
    answer = ask(
        simulate("old_driver"),
        READING,
        """
        show({
            "v3": seen(nvml.nvmlDeviceGetComputeRunningProcesses_v3, gpu),
            "unversioned": seen(nvml.nvmlDeviceGetComputeRunningProcesses, gpu),
            "no NVMLError": not issubclass(nvml.NVMLLibraryMismatchError, nvml.NVMLError),
            "v2": [process.pid for process in nvml.nvmlDeviceGetComputeRunningProcesses_v2(gpu)],
            "memory": seen(nvml.nvmlDeviceGetMemoryInfo, gpu, nvml.nvmlMemory_v2),
            "used": nvml.nvmlDeviceGetMemoryInfo(gpu).used,
            "reasons": [seen(nvml.nvmlDeviceGetCurrentClocksEventReasons, gpu),
                        seen(nvml.nvmlDeviceGetCurrentClocksThrottleReasons, gpu)],
            "retired": [len(nvml.nvmlDeviceGetRetiredPages(gpu, cause)) for cause in (0, 1)],
        })
        """,
    )
    assert answer == {
        "v3": "NVMLError_FunctionNotFound",
        "unversioned": "NVMLLibraryMismatchError",
        "no NVMLError": True,
        "v2": [17540],
        "memory": "NVMLError_FunctionNotFound",
        "used": 3005 * MIB,
        "reasons": ["NVMLError_FunctionNotFound", 0],
        "retired": [2, 0],
    }


def test_structures_of_another_version_are_refused(simulate: Simulate) -> None:
    """As a driver refuses what it does not know."""
    answer = ask(simulate("rtx4090"), READING, "show(seen(nvml.nvmlDeviceGetMemoryInfo, gpu, 0x03000028))")
    assert answer == "NVMLError_ArgumentVersionMismatch"


def test_links_fabric_and_fields(simulate: Simulate) -> None:
    """Both versions of the fabric's structure; a link that is down; fields of which each has its own result."""
    driver = simulate("h200_1")
    driver.add("[gpu.0]\nnvlink.3 = 0\nfabric_state = 2\nfabric_health = 1\nfield.165 = 7")
    answer = ask(
        driver,
        READING,
        """
        second, third = nvml.c_nvmlGpuFabricInfo_v2_t(), nvml.c_nvmlGpuFabricInfo_v3_t()
        for info in second, third:
            nvml.nvmlDeviceGetGpuFabricInfoV(gpu, nvml.byref(info))
        fields = nvml.nvmlDeviceGetFieldValues(gpu, [82, 83, 165, 230])
        show({
            "links": [seen(nvml.nvmlDeviceGetNvLinkState, gpu, link) for link in (0, 3, 18)],
            "fabric": [[info.state, info.healthMask] for info in (second, third)],
            "fields": [[field.nvmlReturn, field.valueType] for field in fields],
            "values": [fields[0].value.uiVal, fields[1].value.ullVal, fields[2].value.ullVal],
        })
        """,
    )
    assert answer == {
        "links": [1, 0, "NVMLError_InvalidArgument"],
        "fabric": [[2, 1], [2, 1]],
        "fields": [[0, 1], [0, 3], [0, 3], [3, 1]],
        "values": [66, 5_000_000_000, 7],
    }


def test_gpus_are_found_by_uuid_address_and_serial(simulate: Simulate) -> None:
    """GPUs of which the scenario gives none have made-up UUIDs and addresses, each its own."""
    answer = ask(
        simulate("lost_mid_run"),
        """
        nvml.nvmlInit()
        gpus = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(2)]
        by_uuid = nvml.nvmlDeviceGetHandleByUUID(nvml.nvmlDeviceGetUUID(gpus[1]))
        by_address = nvml.nvmlDeviceGetHandleByPciBusId(nvml.nvmlDeviceGetPciInfo(gpus[1]).busId)
        show([nvml.nvmlDeviceGetIndex(gpu) for gpu in (by_uuid, by_address)]
             + [seen(nvml.nvmlDeviceGetHandleByUUID, "GPU-none"), seen(nvml.nvmlDeviceGetHandleByIndex, 2)])
        """,
    )
    assert answer == [1, 1, "NVMLError_NotFound", "NVMLError_InvalidArgument"]


def test_values_follow_the_clock_that_a_test_sets(simulate: Simulate) -> None:
    """Steps, ramps and waves, in a child that runs on; nothing moves by itself."""
    driver = simulate(
        GPU + "utilisation = steps(0: 5, 3: 95)\ntemperature = ramp(40, 80, 10)\npower = sin(50W, 10W, 4)"
    )
    reading = """
    while sys.stdin.readline():
        show([nvml.nvmlDeviceGetUtilizationRates(gpu).gpu, nvml.nvmlDeviceGetTemperature(gpu, 0),
              nvml.nvmlDeviceGetPowerUsage(gpu)])
    """
    with child(driver, READING, reading) as step:
        assert [step(), step()] == [[5, 40, 50_000]] * 2
        driver.at(5)
        assert step() == [95, 60, 60_000]
        driver.at(11)
        assert step() == [95, 80, 40_000]


def test_a_scenario_can_change_while_a_program_runs(simulate: Simulate) -> None:
    """The next call answers from the new one: here a GPU is lost, and comes back."""
    driver = simulate(GPU)
    with child(driver, READING, "while sys.stdin.readline(): show(seen(nvml.nvmlDeviceGetName, gpu))") as step:
        assert step() == "NVIDIA L4"
        driver.add("[gpu.0]\nerror.* = GPU_IS_LOST")
        assert step() == "NVMLError_GpuIsLost"
        driver.rewrite(GPU)
        assert step() == "NVIDIA L4"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("lost_mid_run", [5, 5], [95, "NVMLError_GpuIsLost"]),
        ("unknown_mid_run", [5, 5], ["NVMLError_Unknown", "NVMLError_Unknown"]),
    ],
)
def test_gpus_are_lost_at_a_second(simulate: Simulate, name: str, before: list[Any], after: list[Any]) -> None:
    """Faults have a clock, too."""
    driver = simulate(name)
    reading = """
    nvml.nvmlInit()
    gpus = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(2)]
    while sys.stdin.readline():
        show([seen(lambda: nvml.nvmlDeviceGetUtilizationRates(gpu).gpu) for gpu in gpus])
    """
    with child(driver, reading) as step:
        assert step() == before
        driver.at(5)
        assert step() == after


def test_a_fault_can_be_bound_to_calls(simulate: Simulate) -> None:
    """The second and third call of that function fail, and no other function does."""
    driver = simulate(GPU + "error.nvmlDeviceGetName = TIMEOUT from_call=2 to_call=3\nfan = 30")
    answer = ask(
        driver,
        READING,
        "show([seen(nvml.nvmlDeviceGetName, gpu) for _ in range(4)] + [nvml.nvmlDeviceGetFanSpeed(gpu)])",
    )
    assert answer == ["NVIDIA L4", "NVMLError_Timeout", "NVMLError_Timeout", "NVIDIA L4", 30]


def test_the_nearest_fault_decides(simulate: Simulate) -> None:
    """A GPU's line before the host's, and a named function's before that of all."""
    driver = simulate(
        GPU
        + """
        error.nvmlDeviceGetName = RESET_REQUIRED
        error.nvmlDeviceGetFanSpeed = SUCCESS
        fan = 30
        [system]
        error.nvmlDeviceGetName = IN_USE
        error.nvmlDeviceGetTemperature = NO_PERMISSION
        """
    )
    answer = ask(
        driver,
        READING,
        """
        show([seen(nvml.nvmlDeviceGetName, gpu), seen(nvml.nvmlDeviceGetFanSpeed, gpu),
              seen(nvml.nvmlDeviceGetTemperature, gpu, 0)])
        """,
    )
    assert answer == ["NVMLError_ResetRequired", 30, "NVMLError_NoPermission"]


def test_a_hang_lasts_until_the_scenario_lets_go(simulate: Simulate) -> None:
    """The log tells of the call while it hangs."""
    driver = simulate("hung")
    with child(driver, "nvml.nvmlInit(); sys.stdin.readline(); show(nvml.nvmlDeviceGetCount())") as step:
        hung = driver.wait_for_call("nvmlInit")
        assert hung.result is None
        assert driver.calls() == [hung]
        driver.rewrite(GPU)
        assert step() == 1
    assert [call.result for call in driver.calls("nvmlInit")] == [None, 0]


def test_a_crash_ends_the_process(simulate: Simulate) -> None:
    """By the signal that the scenario names."""
    driver = simulate(GPU + "crash.nvmlDeviceGetName = segv")
    ended = subprocess.run(program(READING, "nvml.nvmlDeviceGetName(gpu)"), env=driver.env, timeout=60)
    assert ended.returncode == -signal.SIGSEGV
    assert driver.calls()[-1].function == "nvmlDeviceGetName"


def test_every_call_is_logged_once(simulate: Simulate) -> None:
    """With its process, its thread, whom it asked about and what it was answered."""
    driver = simulate(GPU)
    pid = ask(
        driver,
        READING,
        """
        nvml.nvmlDeviceGetName(gpu)
        seen(nvml.nvmlDeviceGetFanSpeed, gpu)
        import os, threading
        thread = threading.Thread(target=nvml.nvmlDeviceGetName, args=(gpu,))
        thread.start(); thread.join()
        show(os.getpid())
        """,
    )
    calls = driver.calls()
    assert [(call.function, call.device, call.result) for call in calls] == [
        ("nvmlInit", "-", 0),
        ("nvmlDeviceGetHandleByIndex_v2", "gpu.0", 0),
        ("nvmlDeviceGetName", "gpu.0", 0),
        ("nvmlDeviceGetFanSpeed", "gpu.0", 3),
        ("nvmlDeviceGetName", "gpu.0", 0),
    ]
    assert {call.pid for call in calls} == {pid}
    assert calls[-1].thread != calls[0].thread


def test_starting_is_counted(simulate: Simulate) -> None:
    """Two starts take two ends; then all is uninitialized, and a third end, too."""
    answer = ask(
        simulate(GPU),
        """
        nvml.nvmlInit(); nvml.nvmlInit(); nvml.nvmlShutdown()
        counts = [seen(nvml.nvmlDeviceGetCount)]
        nvml.nvmlShutdown()
        show([*counts, seen(nvml.nvmlDeviceGetCount), seen(nvml.nvmlShutdown)])
        """,
    )
    assert answer == [1, "NVMLError_Uninitialized", "NVMLError_Uninitialized"]


def test_no_function_of_pynvml_is_missing(simulate: Simulate) -> None:
    """What nothing is simulated of is not supported, unless a fault says otherwise."""
    driver = simulate(GPU + "[system]\nerror.nvmlDeviceGetSamples = NO_PERMISSION")
    answer = ask(
        driver,
        READING,
        f"""
        show([[name for name in {sorted(functions())} if not hasattr(nvml.nvmlLib, name)],
              seen(nvml.nvmlDeviceGetAccountingMode, gpu), seen(nvml.nvmlDeviceGetSamples, gpu, 0, 0)])
        """,
    )
    assert answer == [[], "NVMLError_NotSupported", "NVMLError_NoPermission"]


def test_without_a_scenario_no_driver_is_loaded(simulate: Simulate) -> None:
    """A library alone, as where the kernel module is missing."""
    driver = simulate(GPU)
    del driver.variables["SIMULATED_NVML_SCENARIO"]
    assert ask(driver, "show(seen(nvml.nvmlInit))") == "NVMLError_DriverNotLoaded"


def test_this_process_can_meet_a_driver(simulate: Simulate, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what runs inside the app."""
    simulate(GPU).load(monkeypatch)
    pynvml.nvmlInit()
    try:
        assert pynvml.nvmlDeviceGetName(pynvml.nvmlDeviceGetHandleByIndex(0)) == "NVIDIA L4"
    finally:
        pynvml.nvmlShutdown()


# ---- libcuda ----

CUDA = """
import ctypes
cuda = ctypes.CDLL("libcuda.so.1")
number = ctypes.c_int()
def told(function, *arguments):
    code = getattr(cuda, function)(*arguments, ctypes.byref(number))
    return [code, number.value]
"""


@pytest.mark.parametrize(("name", "code"), [("rtx4090", 0), ("init_version_mismatch", 803), ("zero_gpus", 100)])
def test_libcuda_starts_or_says_why_not(simulate: Simulate, name: str, code: int) -> None:
    """The version is known before, and devices are counted only after a start."""
    answer = ask(
        simulate(name),
        CUDA,
        'show([told("cuDeviceGetCount")[0], told("cuDriverGetVersion")[1] > 12000, cuda.cuInit(0)])',
    )
    assert answer == [3, True, code]


def test_libcuda_tells_how_many_devices_and_what_a_code_means(simulate: Simulate) -> None:
    """Seven of eight: one is lost."""
    answer = ask(
        simulate("h200_8"),
        CUDA,
        """
        text = ctypes.c_char_p()
        cuda.cuGetErrorString(803, ctypes.byref(text))
        show([cuda.cuInit(0), told("cuDeviceGetCount"), text.value.decode()])
        """,
    )
    assert answer == [0, [0, 7], "system has unsupported display driver / cuda driver combination"]


def test_libcuda_can_crash_and_hang(simulate: Simulate) -> None:
    """cuInit, in a process of its own."""
    starting = program(CUDA, "cuda.cuInit(0)")
    crashing = simulate("[system]\ncount = 1\n[cuda]\ncrash.cuInit = segv")
    assert subprocess.run(starting, env=crashing.env, timeout=60).returncode == -signal.SIGSEGV
    hanging = simulate("hung")
    with child(hanging, CUDA, "cuda.cuInit(0)"):
        assert hanging.wait_for_call("cuInit").result is None


# ---- files ----


def test_a_driver_is_laid_out_as_its_package_does(simulate: Simulate) -> None:
    """The library's version is in its file's name, behind the link that programs load."""
    driver = simulate("rtx4090")
    links = {path.name: os.readlink(path) for path in driver.libraries.iterdir() if path.is_symlink()}
    assert links == {
        "libnvidia-ml.so.1": "libnvidia-ml.so.560.35.03",
        "libcuda.so.1": "libcuda.so.560.35.03",
    }


def test_libcuda_may_be_of_another_version_or_missing(
    simulate: Simulate, lay_driver: Callable[..., Path], tmp_path: Path
) -> None:
    """By a line of the scenario, or where a test lays out a folder itself."""
    other = simulate(GPU + "[cuda]\nlibrary = 535.104.05")
    assert os.readlink(other.libraries / "libcuda.so.1") == "libcuda.so.535.104.05"
    assert not (simulate(GPU).libraries / "libcuda.so.1").exists()
    laid = lay_driver(tmp_path / "driver", "550.54.14", libcuda_version="550.90.07")
    assert sorted(path.name for path in laid.iterdir()) == [
        "libcuda.so.1",
        "libcuda.so.550.90.07",
        "libnvidia-ml.so.1",
        "libnvidia-ml.so.550.54.14",
    ]
    ctypes.CDLL(os.fspath(laid / "libcuda.so.1"))


def test_a_library_is_built_once(nvml_builds: Path) -> None:
    """And anew where other functions are hidden."""
    first, second, other = build(nvml_builds), build(nvml_builds), build(nvml_builds, ["nvmlDeviceGetName"])
    assert first == second
    assert other != first


@pytest.mark.parametrize("name", READY)
def test_a_ready_scenario_holds_nothing_unknown(name: str) -> None:
    """Every section, key and function is one that the library looks at."""
    check_scenario(scenario(name))


@pytest.mark.parametrize(
    "line", ["[gpu]", "[gpus.0]", "temprature = 40", "error.nvmlDeviceGetNmae = UNKNOWN", "error.nvmlInit_v2 = UNKNOWN"]
)
def test_a_line_that_nothing_would_read_is_refused(line: str) -> None:
    """A slip would otherwise be read as "not supported"."""
    with pytest.raises(ValueError, match="no line of a scenario"):
        check_scenario(GPU + line)


def test_a_command_runs_on_a_simulated_machine(nvml_builds: Path) -> None:
    """As one does by hand."""
    show = "import pynvml; pynvml.nvmlInit(); print(pynvml.nvmlDeviceGetCount())"
    command = [sys.executable, "-m", "tests.support.nvml", "h200_8", sys.executable, "-c", show]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=SCENARIOS.parents[3])
    assert (ended.returncode, ended.stdout) == (0, "8\n")
