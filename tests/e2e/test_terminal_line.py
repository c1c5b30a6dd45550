"""The cockpit on a real pseudo terminal with a busy desk: what leaves for it, and what if it does not read."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
from collections.abc import Callable, Iterator

import pytest
from terminal_kit import Emulator

from cockpit.bench.busy_desk import Plan
from cockpit.bench.process import cpu_s
from cockpit.bench.pty_client import COLUMNS, LINES, OVER_SSH, PtyClient
from cockpit.bench.tables_child import TablesChild
from cockpit.link.codec import decode_to_client, encode_to_desk
from cockpit.link.messages import Attach, Delta, Snapshot
from venues.model import NS_PER_S
from venues.wire import FrameProtocol

STALL_S = 8.0
WAIT_S = 30.0
EXPECTED = ("lighter-1", "L1", "L5")


@pytest.fixture(scope="module")
def desk() -> Iterator[TablesChild]:
    with TablesChild(Plan()) as child:
        yield child


class Picture:
    """What stands on the terminal from a moment on, and whether anything above ASCII came."""

    def __init__(self, on: PtyClient, columns: int = COLUMNS, lines: int = LINES) -> None:
        self._emulator = Emulator(columns, lines)
        self._moved = asyncio.Event()
        self.raw = bytearray()
        on.hear.append(self._hear)

    def _hear(self, data: bytes) -> None:
        self.raw += data
        self._emulator.feed(data)
        self._moved.set()

    @property
    def text(self) -> str:
        return self._emulator.text

    async def until(self, true: Callable[[str], object]) -> None:
        try:
            async with asyncio.timeout(WAIT_S):
                while not true(self.text):
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            raise AssertionError(f"did not come on the screen in {WAIT_S:g} s:\n{self.text}") from None


def clock_of(text: str) -> str:
    """Time of day in the header."""
    words = text.split()
    return next(word for word, after in itertools.pairwise(words) if after == "UTC" and word.count(":") == 2)


def suspend(pid: int) -> None:
    """As ctrl+z does; returns once it has stopped."""
    os.kill(pid, signal.SIGTSTP)
    os.waitpid(pid, os.WUNTRACED)


def whole(text: str) -> bool:
    return all(word in text for word in EXPECTED) and "UTC" in text


async def test_nothing_but_ascii_leaves_for_a_terminal_of_the_c_locale(desk: TablesChild) -> None:
    terminal = {**OVER_SSH, "LANG": "C"}
    async with PtyClient("cockpit", (), desk.environ, terminal) as on:
        picture = Picture(on)
        await picture.until(whole)
        for key, title in (("?", "Keys"), ("n", "Launch")):
            on.press(key)
            await picture.until(lambda text, title=title: f"+- {title}" in text)
            # seen to be gone before the next key, or escape and that key are taken for one
            on.press("\x1b")
            await picture.until(lambda text, title=title: f"+- {title}" not in text)
        on.press("o")
        await picture.until(lambda text: "rders" in text)
        await picture.until(lambda text: "+-" in text)
        assert len(picture.raw) > 10_000
        assert [byte for byte in picture.raw if byte > 0x7F] == []


class Listener:
    """Another client of the same desk, which only counts what it is told and when."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.ts = 0
        self._told = asyncio.Event()

    async def attach(self, desk: TablesChild) -> FrameProtocol:
        loop = asyncio.get_running_loop()
        path = str(desk.places.desk_socket)
        _transport, protocol = await loop.create_unix_connection(
            lambda: FrameProtocol(self._frame, lambda _protocol, _error: None), path
        )
        protocol.send(encode_to_desk(Attach(4.0)))
        return protocol

    def _frame(self, _protocol: FrameProtocol, payload: bytes) -> None:
        message = decode_to_client(payload)
        if isinstance(message, (Snapshot, Delta)):
            self.times.append(asyncio.get_running_loop().time())
            self.ts = message.ts
            self._told.set()

    async def told(self, count: int) -> None:
        """Until so many more messages have come."""
        goal = len(self.times) + count
        async with asyncio.timeout(WAIT_S):
            while len(self.times) < goal:
                self._told.clear()
                await self._told.wait()


async def test_stalled_terminal_holds_nobody_up_and_is_right_at_once_afterwards(desk: TablesChild) -> None:
    other = Listener()
    protocol = await other.attach(desk)
    async with PtyClient("cockpit", (), desk.environ) as on:
        picture = Picture(on)
        await picture.until(whole)
        on.stop_reading()
        spent, first = cpu_s(on.pid), len(other.times)
        await other.told(round(STALL_S * 4))
        times = other.times[first:]
        assert max(after - before for before, after in itertools.pairwise(times)) < 3.0
        assert cpu_s(on.pid) - spent < STALL_S / 2
        stale = len(picture.raw)
        on.read_on()

        def shows_now(text: str) -> bool:
            hours, minutes, seconds = map(int, clock_of(text).split(":"))
            return abs(hours * 3600 + minutes * 60 + seconds - other.ts // NS_PER_S % 86_400) <= 1

        await picture.until(shows_now)
        # Frames that nobody saw were left out: what the kernel held has come, and one frame with all that differed.
        assert len(picture.raw) - stale < 150_000
        fresh = Picture(on)
        on.resize(COLUMNS, LINES - 1)
        os.kill(on.pid, signal.SIGWINCH)
        await fresh.until(whole)
        assert shows_now(fresh.text)
    protocol.close()


async def test_suspended_and_resumed_it_paints_everything_again(desk: TablesChild) -> None:
    async with PtyClient("cockpit", (), desk.environ) as on:
        await Picture(on).until(whole)
        await asyncio.to_thread(suspend, on.pid)
        blank = Picture(on)
        os.kill(on.pid, signal.SIGCONT)
        await blank.until(whole)


async def test_resized_there_and_back_it_is_whole(desk: TablesChild) -> None:
    async with PtyClient("cockpit", (), desk.environ) as on:
        await Picture(on).until(whole)
        small = Picture(on, 80, 24)
        on.resize(80, 24)
        os.kill(on.pid, signal.SIGWINCH)
        await small.until(lambda text: "L1" in text and "UTC" in text)
        large = Picture(on)
        on.resize(COLUMNS, LINES)
        os.kill(on.pid, signal.SIGWINCH)
        await large.until(whole)
