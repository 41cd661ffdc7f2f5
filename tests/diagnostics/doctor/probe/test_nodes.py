"""The device nodes, and whether they may be opened: without opening them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from diagnostics.doctor.probe import nodes
from tests.diagnostics.doctor import roots
from tests.diagnostics.doctor.roots import FIFO, Link, lay, linux


def test_the_nodes_of_a_driver_are_listed_in_order_with_mode_and_group(tmp_path: Path) -> None:
    """GPU 10 comes after GPU 2; other devices are left out."""
    root = lay(tmp_path, linux(), roots.nodes(11), {"/dev/nvidia-caps/nvidia-cap1": "", "/dev/dri/renderD128": ""})
    lay(tmp_path, {"/etc/group": f"ours:x:{os.stat(tmp_path).st_gid}:\n"})
    os.chmod(tmp_path / "dev/nvidia0", 0o660)
    seen = nodes.look(root) or []
    numbered = [node["path"] for node in seen if str(node["path"])[-1].isdigit() and "/nvidia" in str(node["path"])]
    assert numbered == [f"/dev/nvidia{n}" for n in range(11)] + ["/dev/nvidia-caps/nvidia-cap1"]
    first = next(node for node in seen if node["path"] == "/dev/nvidia0")
    assert first == {"path": "/dev/nvidia0", "mode": "0660", "group": "ours", "opens": 0}
    assert {"/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/dri/renderD128"} <= {node["path"] for node in seen}
    assert "/dev/null" not in {node["path"] for node in seen}


def test_a_node_that_may_be_opened_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening would wake a sleeping GPU, and start an idle one."""

    def opened(*_: object) -> int:
        raise AssertionError("a node was opened")

    root = lay(tmp_path, linux(), roots.nodes(2))
    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(nodes, "_groups", lambda _: {})
    assert [node["opens"] for node in nodes.look(root) or []] == [0] * 6


@pytest.mark.parametrize("refused", [errno.EACCES, errno.EPERM])
def test_a_refusal_is_told_by_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: int) -> None:
    """EACCES by the mode, EPERM by a container's device rules, which access() sees as well."""

    def refuse(*_: object) -> int:
        raise OSError(refused, "no")

    root = lay(tmp_path, linux(), {"/dev/nvidiactl": ""})
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(nodes, "_groups", lambda _: {})
    monkeypatch.setattr(os, "open", refuse)
    (node,) = nodes.look(root) or []
    assert node["opens"] == refused


def test_a_link_to_nothing_is_a_node_that_does_not_open(tmp_path: Path) -> None:
    """The error that opening gives is kept."""
    (node,) = nodes.look(lay(tmp_path, linux(), {"/dev/nvidia0": Link("/dev/gone")})) or []
    assert (node["mode"], node["opens"]) == (None, errno.ENOENT)


def test_a_pipe_in_the_place_of_a_node_is_not_waited_for(tmp_path: Path) -> None:
    """It may be opened, so it is not."""
    (node,) = nodes.look(lay(tmp_path, linux(), {"/dev/nvidia0": FIFO})) or []
    assert node["opens"] == 0


def test_wsl_and_rocm_have_nodes_of_their_own(tmp_path: Path) -> None:
    """dxg and kfd."""
    seen = nodes.look(lay(tmp_path, linux(), {"/dev/dxg": "", "/dev/kfd": ""})) or []
    assert [node["path"] for node in seen] == ["/dev/dxg", "/dev/kfd"]


def test_without_dev_nothing_is_known(tmp_path: Path) -> None:
    """None, and [] where there is one without such nodes."""
    assert nodes.look(str(tmp_path)) is None
    assert nodes.look(lay(tmp_path, linux())) == []
