"""SlowLink: a connection between two programs on this machine that has the delay and the rate of a long way."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from concurrent.futures import Future

HOST = "127.0.0.1"

PACKET = 1460
"""Bytes: what the largest packet of an Ethernet carries, so that no burst is longer than it would be outside."""

BUFFER = 8192
"""Bytes asked of the kernel for each of our sockets. It doubles them, for its own accounts."""

UNLIMITED = 65536
"""Bytes under way where the rate sets no limit."""


class SlowLink:
    """Listens on `port`, and carries what comes to `to_port` and back, while the `with` block lasts.

    `rtt`: seconds of delay there and back, half each way. `rate`: bit/s each way, for all connections together; 0 is as
    fast as it goes. A direction takes in the next packet when the last has left, so it holds what is under way and
    nothing else. What waits, waits with the sender, as it does outside: in the kernel's buffer for it, which is Linux's
    own choice (some 50 KB here), and before that in sshd, which takes up to 1 MB from a terminal.
    """

    def __init__(self, to_port: int, rtt: float = 0.0, rate: float = 0.0) -> None:
        self.to_port, self.rtt, self.rate = to_port, rtt, rate
        self.port = 0

    def __enter__(self) -> SlowLink:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="slow link", daemon=True)
        self._thread.start()
        self._do(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def freeze(self) -> None:
        """Nothing passes any more, and nobody is told: the laptop is closed, the train is in the tunnel."""
        self._do(self._set_frozen())

    def thaw(self) -> None:
        """What was under way arrives."""
        self._do(self._set_thawed())

    def cut(self) -> None:
        """Resets every connection, at both ends; what was under way is lost. New ones are carried."""
        self._do(self._reset())

    # All that follows runs in the thread.

    def _do(self, work: Coroutine[None, None, None]) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)
        done.result()

    async def _open(self) -> None:
        self._thawed = asyncio.Event()
        self._thawed.set()
        self._wires = [_Wire(self.rtt / 2, self.rate, self._thawed) for _ in range(2)]
        self._pairs: dict[asyncio.Task[None], tuple[socket.socket, ...]] = {}
        self._listener = _small(socket.socket())
        self._listener.bind((HOST, 0))
        self._listener.listen()
        self.port = self._listener.getsockname()[1]
        self._accepting = asyncio.create_task(self._accept())

    async def _close(self) -> None:
        self._accepting.cancel()
        await self._reset()
        self._listener.close()

    async def _set_frozen(self) -> None:
        self._thawed.clear()

    async def _set_thawed(self) -> None:
        self._thawed.set()

    async def _reset(self) -> None:
        pairs = dict(self._pairs)
        for task, ends in pairs.items():
            for end in ends:  # no time to linger: what is not sent is lost, and the other side hears of a reset
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            task.cancel()
        await asyncio.gather(*pairs, return_exceptions=True)

    async def _accept(self) -> None:
        while True:
            near, _ = await self._loop.sock_accept(self._listener)
            near.setblocking(False)
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            far = _small(socket.socket())
            task = asyncio.create_task(self._carry(near, far))
            self._pairs[task] = (near, far)
            task.add_done_callback(self._pairs.pop)

    async def _carry(self, near: socket.socket, far: socket.socket) -> None:
        there, back = self._wires
        with near, far, contextlib.suppress(OSError):
            await self._loop.sock_connect(far, (HOST, self.to_port))
            ways = [asyncio.create_task(there.carry(near, far)), asyncio.create_task(back.carry(far, near))]
            try:
                await asyncio.gather(*ways)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)


class _Wire:
    """One direction: bytes leave at `rate`, one packet after the other, and arrive `delay` seconds later, in order."""

    def __init__(self, delay: float, rate: float, thawed: asyncio.Event) -> None:
        self._delay, self._rate, self._thawed = delay, rate, thawed
        self._most = max(PACKET, int(delay * rate / 8)) if rate else UNLIMITED
        self._free = 0.0
        """When the last packet will have left."""

    async def carry(self, source: socket.socket, target: socket.socket) -> None:
        """Until the source has no more to say and the target has heard it all. Raises OSError where either is gone."""
        way = _Way()
        arriving = asyncio.create_task(self._arrive(way, target))
        try:
            await self._leave(source, way)
            await arriving
        finally:
            arriving.cancel()

    async def _leave(self, source: socket.socket, way: _Way) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._thawed.wait()
            data = await loop.sock_recv(source, PACKET)
            self._free = max(self._free, loop.time()) + (len(data) * 8 / self._rate if self._rate else 0)
            way.put(self._free + self._delay, data)
            if not data:
                return
            await _until(self._free)
            await way.at_most(self._most)

    async def _arrive(self, way: _Way, target: socket.socket) -> None:
        while True:
            due, data = await way.next()
            await _until(due)
            await self._thawed.wait()
            if not data:
                target.shutdown(socket.SHUT_WR)
                return
            await asyncio.get_running_loop().sock_sendall(target, data)
            way.arrived(len(data))


class _Way:
    """The packets under way in one direction of a connection; an empty one says that no more come."""

    def __init__(self) -> None:
        self._packets: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self._held = 0
        self._less = asyncio.Event()

    def put(self, due: float, data: bytes) -> None:
        self._held += len(data)
        self._packets.put_nowait((due, data))

    async def next(self) -> tuple[float, bytes]:
        return await self._packets.get()

    def arrived(self, size: int) -> None:
        self._held -= size
        self._less.set()

    async def at_most(self, size: int) -> None:
        """Waits until there are so few bytes: a target that takes nothing holds up the source."""
        while self._held > size:
            self._less.clear()
            await self._less.wait()


async def _until(due: float) -> None:
    if (left := due - asyncio.get_running_loop().time()) > 0:
        await asyncio.sleep(left)


def _small(end: socket.socket) -> socket.socket:
    """Buffers and packets as small as can be, set before it listens or connects: later the kernel heeds neither."""
    end.setblocking(False)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, PACKET)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return end
