"""The slow link is as slow as it says, loses nothing, and can be frozen, thawed and cut."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.support.slow_link import HOST, SlowLink

PING = b"ping"


@contextlib.contextmanager
def echo() -> Iterator[int]:
    """A port at which everything is sent back, until the other side has said all."""

    def serve(end: socket.socket) -> None:
        with end, contextlib.suppress(OSError):
            while data := end.recv(65536):
                end.sendall(data)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=[listener.accept()[0]], daemon=True).start()

    with socket.create_server((HOST, 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def connected(link: SlowLink) -> socket.socket:
    return socket.create_connection((HOST, link.port), timeout=60)


def read(end: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size and (data := end.recv(65536)):
        got += data
    return got


def send_much(end: socket.socket) -> None:
    """In pieces, each with the socket's own timeout: all of them would take longer anyway."""
    for _ in range(1000):
        end.send(bytes(100_000))


def ping(end: socket.socket) -> float:
    """Seconds until it came back."""
    began = time.perf_counter()
    end.sendall(PING)
    assert read(end, len(PING)) == PING
    return time.perf_counter() - began


def test_a_ping_takes_a_round_trip() -> None:
    """Never less; how much more is the machine's affair."""
    with echo() as port, SlowLink(port, rtt=0.3) as link, connected(link) as end:
        assert min(ping(end) for _ in range(3)) >= 0.3


def test_a_bulk_takes_its_bytes_over_the_rate_and_arrives_whole() -> None:
    """There and back side by side, so once, and not twice as long."""
    sent, rate = os.urandom(40_000), 400_000
    with echo() as port, SlowLink(port, rtt=0.02, rate=rate) as link, connected(link) as end:
        began = time.perf_counter()
        threading.Thread(target=end.sendall, args=[sent], daemon=True).start()
        assert read(end, len(sent)) == sent
        assert time.perf_counter() - began >= len(sent) * 8 / rate


def test_two_connections_share_the_rate() -> None:
    """The line is one."""
    sent, rate = bytes(20_000), 400_000
    with echo() as port, SlowLink(port, rate=rate) as link, connected(link) as one, connected(link) as other:
        began = time.perf_counter()
        for end in (one, other):
            threading.Thread(target=end.sendall, args=[sent], daemon=True).start()
        assert read(one, len(sent)) == read(other, len(sent)) == sent
        assert time.perf_counter() - began >= 2 * len(sent) * 8 / rate


def test_who_does_not_read_holds_up_who_sends() -> None:
    """It buffers what is under way and no more: a sender finds the way full."""
    with socket.create_server((HOST, 0)) as deaf:
        deaf.settimeout(60)
        with SlowLink(deaf.getsockname()[1]) as link, connected(link) as end, deaf.accept()[0]:
            end.settimeout(1)
            with pytest.raises(TimeoutError):
                send_much(end)


def test_the_end_of_what_is_said_arrives_after_it() -> None:
    """Half-closed connections are carried, too."""
    with echo() as port, SlowLink(port, rtt=0.05, rate=400_000) as link, connected(link) as end:
        end.sendall(PING * 1000)
        end.shutdown(socket.SHUT_WR)
        assert read(end, 1 << 20) == PING * 1000


def test_frozen_nothing_arrives_and_thawed_all_of_it() -> None:
    """Nobody hears of it: the connection stands."""
    with echo() as port, SlowLink(port) as link, connected(link) as end:
        ping(end)
        link.freeze()
        end.sendall(PING)
        end.settimeout(0.5)
        with pytest.raises(TimeoutError):
            end.recv(1)
        end.settimeout(60)
        link.thaw()
        assert read(end, len(PING)) == PING


@pytest.mark.parametrize("frozen", [False, True])
def test_cut_is_told_at_once_and_does_not_last(frozen: bool) -> None:
    """Both ends hear of it; the next connection is carried."""
    with socket.create_server((HOST, 0)) as server:
        server.settimeout(60)
        with SlowLink(server.getsockname()[1]) as link, connected(link) as near:
            far, _ = server.accept()
            if frozen:
                link.freeze()
            link.cut()
            for end in (near, far):
                end.settimeout(60)
                with pytest.raises(ConnectionResetError):
                    end.recv(1)
            far.close()
            link.thaw()
            with connected(link) as again, server.accept()[0] as far:
                again.sendall(PING)
                assert read(far, len(PING)) == PING


def test_where_nobody_listens_the_connection_ends() -> None:
    """As it does behind a real way, after it."""
    with socket.create_server((HOST, 0)) as gone:
        port = gone.getsockname()[1]
    with SlowLink(port, rtt=0.05) as link, connected(link) as end:
        assert end.recv(1) == b""
