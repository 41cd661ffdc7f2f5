"""Whole hosts laid out in a folder, for the probe to look at.

root = lay(tmp_path, linux(), pci_gpu(), nvidia_module("550.54.14"), nodes())

A tree maps paths to what lies there: text or bytes of a file, `Link`, `FOLDER` or `FIFO`. Trees are laid over one
another, the later on top. Files in a folder named bin may be run.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KERNEL = "6.8.0-45-generic"
LIBRARIES = "/usr/lib/x86_64-linux-gnu"
SITE = "/home/ada/venv/lib/python3.11/site-packages"


@dataclass(frozen=True)
class Link:
    target: str


class Folder:
    """An empty one."""


class Fifo:
    """A pipe that nobody writes to: whoever opens it for reading waits for ever."""


FOLDER, FIFO = Folder(), Fifo()

Content = str | bytes | Link | Folder | Fifo
Tree = dict[str, Content]


def lay(folder: Path, *trees: Mapping[str, Content]) -> str:
    """Write the trees into a folder and return it as the root that probes take."""
    for tree in trees:
        for path, content in tree.items():
            place = folder / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            _remove(place)
            _put(place, content)
    return str(folder)


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _put(place: Path, content: Content) -> None:
    if isinstance(content, Link):
        place.symlink_to(content.target)
    elif isinstance(content, Folder):
        place.mkdir()
    elif isinstance(content, Fifo):
        os.mkfifo(place)
    else:
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        place.chmod(0o755 if place.parent.name in ("bin", "sbin") else 0o644)


def linux(kernel: str = KERNEL, machine: str = "x86_64", cpus: int = 16, memory_gib: int = 64) -> Tree:
    """A healthy desktop without a GPU: Ubuntu 24.04, UEFI without Secure Boot, control groups of version 2."""
    kib = memory_gib << 20
    return {
        "/proc/version": f"Linux version {kernel} (buildd@lcy02) (gcc 13.2.0) #45-Ubuntu SMP\n",
        "/proc/sys/kernel/osrelease": f"{kernel}\n",
        "/proc/sys/kernel/hostname": "ada\n",
        "/proc/sys/kernel/arch": f"{machine}\n",
        "/proc/cmdline": f"BOOT_IMAGE=/boot/vmlinuz-{kernel} root=/dev/nvme0n1p2 ro quiet splash\n",
        "/proc/meminfo": f"MemTotal:       {kib} kB\nMemFree:        100 kB\nMemAvailable:   {kib // 2} kB\n",
        "/proc/uptime": "86400.25 900000.00\n",
        "/proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu vme sse4_2 avx2\n",
        "/proc/modules": "ext4 999424 1 - Live 0x0000000000000000\n",
        "/proc/self/status": "Name:\tpython3\nUid:\t1000\t1000\t1000\t1000\n",
        "/proc/self/limits": limits(),
        "/proc/self/cgroup": "0::/user.slice/user-1000.slice/session-2.scope\n",
        "/proc/self/mounts": "/dev/nvme0n1p2 / ext4 rw,relatime 0 0\n" + shared_memory(32 << 30),
        "/etc/os-release": Link("/usr/lib/os-release"),
        "/usr/lib/os-release": 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nNAME="Ubuntu"\nID=ubuntu\nVERSION_ID="24.04"\n',
        "/etc/group": "root:x:0:\nvideo:x:44:ada\nrender:x:109:\nada:x:1000:\n",
        "/etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n",
        "/etc/ld.so.conf.d/x86_64-linux-gnu.conf": f"# Multiarch support\n{LIBRARIES}\n",
        "/etc/modprobe.d/blacklist.conf": "# a comment\nblacklist pcspkr\n",
        "/lib/modules/"
        + kernel
        + "/modules.dep": "kernel/fs/ext4/ext4.ko.zst:\nkernel/drivers/video/fbdev/nvidia/nvidiafb.ko:\n",
        "/sys/bus/pci/devices": FOLDER,
        "/sys/class/dmi/id/chassis_type": "3\n",
        "/sys/class/dmi/id/sys_vendor": "ASUS\n",
        "/sys/class/power_supply": FOLDER,
        "/sys/class/net/lo": FOLDER,
        "/sys/class/net/enp5s0": FOLDER,
        "/sys/devices/system/cpu/online": f"0-{cpus - 1}\n",
        "/sys/firmware/efi/efivars": FOLDER,
        **secure_boot(on=False),
        "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory pids\n",
        "/sys/kernel/iommu_groups": FOLDER,
        "/sys/module": FOLDER,
        "/sys/power/suspend_stats/success": "0\n",
        "/dev/null": "",
        "/dev/shm": FOLDER,  # noqa: S108
        "/tmp": FOLDER,  # noqa: S108
        "/home/ada": FOLDER,
        "/usr/bin/gcc": "#!/bin/sh\n",
    }


def limits(open_files: int = 1024, hard: int = 1048576, locked: str = "8388608") -> str:
    """The text of /proc/self/limits."""
    return (
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max cpu time              unlimited            unlimited            seconds   \n"
        f"Max open files            {open_files:<20} {hard:<20} files     \n"
        f"Max locked memory         {locked:<20} {locked:<20} bytes     \n"
    )


def shared_memory(size: int) -> str:
    """A line of /proc/self/mounts."""
    return f"tmpfs /dev/shm tmpfs rw,nosuid,nodev,size={size >> 10}k,inode64 0 0\n"


def secure_boot(on: bool = True) -> Tree:
    variable = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    return {variable: bytes([6, 0, 0, 0, int(on)])}


def pci_gpu(
    address: str = "0000:01:00.0",
    device: str = "2684",
    driver: str = "nvidia",
    status: str = "active",
    width: int = 16,
    width_max: int = 16,
    vendor: str = "10de",
    device_class: str = "0300",
) -> Tree:
    """A GPU on the bus, an RTX 4090 unless it is told otherwise; `driver` "" for none."""
    folder = f"/sys/bus/pci/devices/{address}"
    tree: Tree = {
        f"{folder}/vendor": f"0x{vendor}\n",
        f"{folder}/device": f"0x{device}\n",
        f"{folder}/class": f"0x{device_class}00\n",
        f"{folder}/power/runtime_status": f"{status}\n",
        f"{folder}/current_link_width": f"{width}\n",
        f"{folder}/max_link_width": f"{width_max}\n",
    }
    if driver:
        tree[f"{folder}/driver"] = Link(f"../../../../bus/pci/drivers/{driver}")
    return tree


def nvidia_module(version: str, open: bool = False, uvm: bool = True, kernel: str = KERNEL) -> Tree:  # noqa: A002
    """The driver as it runs and lies on disk, with its libraries and nvidia-smi."""
    flavour = "Open Kernel Module for x86_64" if open else "x86_64 Kernel Module"
    loaded = ["nvidia", "nvidia_modeset", "nvidia_drm", *(["nvidia_uvm"] if uvm else [])]
    return {
        "/proc/driver/nvidia/version": f"NVRM version: NVIDIA UNIX {flavour}  {version}  Thu Feb 22 01:44:30 UTC 2024\n"
        "GCC version:  gcc version 13.2.0\n",
        **{f"/sys/module/{name}": FOLDER for name in loaded},
        "/sys/module/nvidia/version": f"{version}\n",
        **module_files(kernel),
        **libraries(version),
        "/usr/bin/nvidia-smi": "#!/bin/sh\n",
    }


def module_files(kernel: str = KERNEL) -> Tree:
    """What DKMS leaves on disk for a kernel."""
    names = ("nvidia", "nvidia-uvm", "nvidia-modeset", "nvidia-drm", "nvidia-peermem")
    return {f"/lib/modules/{kernel}/updates/dkms/{name}.ko.zst": "" for name in names}


def libraries(version: str, folder: str = LIBRARIES) -> Tree:
    """libcuda and libnvidia-ml of a driver, with their links."""
    tree: Tree = {}
    for name in ("libcuda.so", "libnvidia-ml.so"):
        tree[f"{folder}/{name}.{version}"] = ""
        tree[f"{folder}/{name}.1"] = Link(f"{name}.{version}")
    return tree


def nodes(count: int = 1, uvm: bool = True) -> Tree:
    """The device nodes of so many GPUs, as plain files."""
    names = [*map(str, range(count)), "ctl", "-modeset", *(["-uvm", "-uvm-tools"] if uvm else [])]
    return {f"/dev/nvidia{name}": "" for name in names}


def kmsg(*messages: str) -> Tree:
    """The kernel's log, a second a line."""
    return {"/dev/kmsg": "".join(f"4,{n},{n * 1_000_000},-;{message}\n" for n, message in enumerate(messages, 1))}


def docker(cuda: bool = True, shm: int = 64 << 20) -> Tree:
    """What a container changes: its marks, its layered root, a small /dev/shm, no kernel modules on disk."""
    return {
        "/.dockerenv": "",
        "/proc/self/mounts": "overlay / overlay rw,lowerdir=/var/lib/docker/overlay2/l/A 0 0\n" + shared_memory(shm),
        "/proc/self/cgroup": "0::/\n",
        "/proc/1/cgroup": "0::/\n",
        "/lib/modules": FOLDER,
        **({"/usr/local/cuda/version.json": '{"cuda": {"name": "CUDA SDK", "version": "12.4.1"}}'} if cuda else {}),
    }


def cgroup(memory: str = "max", used: int = 0, inactive: int = 0, kills: int = 0, cpu: str = "max 100000") -> Tree:
    """Limits of version 2 at the top of what a container sees."""
    return {
        "/sys/fs/cgroup/memory.max": f"{memory}\n",
        "/sys/fs/cgroup/memory.current": f"{used}\n",
        "/sys/fs/cgroup/memory.stat": f"anon 1\ninactive_file {inactive}\n",
        "/sys/fs/cgroup/memory.events": f"low 0\noom 0\noom_kill {kills}\n",
        "/sys/fs/cgroup/cpu.max": f"{cpu}\n",
    }


def wsl(driver: bool = True) -> Tree:
    """WSL 2: Microsoft's kernel, the GPU as /dev/dxg, and Windows' libraries in a folder of their own."""
    kernel = "5.15.153.1-microsoft-standard-WSL2"
    tree: Tree = {
        "/proc/version": f"Linux version {kernel} (root@941d701f84f1) #1 SMP\n",
        "/proc/sys/kernel/osrelease": f"{kernel}\n",
        "/etc/ld.so.conf.d/ld.wsl.conf": "/usr/lib/wsl/lib\n",
        "/dev/dxg": "",
        "/lib/modules": FOLDER,
    }
    if driver:
        tree.update({f"/usr/lib/wsl/lib/{name}": "" for name in ("libcuda.so.1", "libnvidia-ml.so.1")})
        tree["/usr/lib/wsl/lib/nvidia-smi"] = ""
    return tree


def laptop(asleep: bool = True) -> Tree:
    """A notebook with Intel graphics and an NVIDIA GPU that sleeps while nothing uses it."""
    return {
        "/sys/class/dmi/id/chassis_type": "10\n",
        "/sys/class/power_supply/BAT0/type": "Battery\n",
        "/etc/prime-discrete": "on-demand\n",
        **pci_gpu("0000:00:02.0", device="46a6", driver="i915", vendor="8086"),
        **pci_gpu(device="28e0", status="suspended" if asleep else "active", device_class="0302", width=8, width_max=8),
    }


def elf(
    soname: str = "",
    needed: Sequence[str] = (),
    rpath: str = "",
    runpath: str = "",
    defines: Sequence[str] = (),
    wants: Sequence[str] = (),
) -> bytes:
    """A 64-bit shared library that says what it needs and has, and does nothing."""
    strings = b"\0"
    at: dict[str, int] = {}
    for word in (soname, *needed, rpath, runpath, *defines, *wants):
        at.setdefault(word, len(strings))
        strings += word.encode() + b"\0"
    symbols = [(at[name], 1) for name in defines] + [(at[name], 0) for name in wants]
    table = bytes(24) + b"".join(struct.pack("=IBBHQQ", name, 0x12, 0, section, 0, 0) for name, section in symbols)
    counts = struct.pack("=IIII", 1, len(symbols) + 1, 0, 0)  # one bucket of a hash table
    entries = [(1, at[name]) for name in needed]
    entries += [(tag, at[word]) for tag, word in ((14, soname), (15, rpath), (29, runpath)) if word]
    start = 64 + 2 * 56
    after = start + 16 * (len(entries) + 5)
    places = ((4, after), (6, after + len(counts)), (5, after + len(counts) + len(table)), (10, len(strings)), (0, 0))
    dynamic = b"".join(struct.pack("=QQ", *entry) for entry in (*entries, *places))
    body = dynamic + counts + table + strings
    head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    head += struct.pack("=HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    size = start + len(body)
    load = struct.pack("=IIQQQQQQ", 1, 5, 0, 0, 0, size, size, 4096)
    return head + load + struct.pack("=IIQQQQQQ", 2, 6, start, start, start, len(dynamic), len(dynamic), 8) + body


def cuda_wheel(site: str = SITE) -> Tree:
    """torch for CUDA and NVIDIA's libraries, as wheels lay them: torch's have an RPATH, NVIDIA's a RUNPATH."""
    rpath = ":".join(f"$ORIGIN/../../nvidia/{name}/lib" for name in ("cuda_runtime", "cusparse", "nvjitlink"))
    links = "__nvJitLinkCreate_12_4", "__nvJitLinkComplete_12_4"
    return {
        f"{site}/torch/lib/libtorch_global_deps.so": elf(needed=["libcudart.so.12"], rpath=rpath),
        f"{site}/torch/lib/libtorch_python.so": elf(needed=["libtorch_cuda.so"], rpath="$ORIGIN"),
        f"{site}/torch/lib/libtorch_cuda.so": elf(needed=["libcudart.so.12", "libcusparse.so.12"], rpath=rpath),
        f"{site}/nvidia/cuda_runtime/lib/libcudart.so.12": elf(soname="libcudart.so.12"),
        f"{site}/nvidia/cusparse/lib/libcusparse.so.12": elf(
            soname="libcusparse.so.12",
            needed=["libnvJitLink.so.12"],
            runpath="$ORIGIN/../../nvjitlink/lib",
            wants=links,
        ),
        f"{site}/nvidia/nvjitlink/lib/libnvJitLink.so.12": elf(soname="libnvJitLink.so.12", defines=links),
        f"{site}/nvidia/cudnn/lib/libcudnn_cnn.so.9": elf(soname="libcudnn_cnn.so.9", runpath="$ORIGIN"),
    }
