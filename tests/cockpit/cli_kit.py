"""A fake desk on the real socket, in a thread of its own, for tests of the command line."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from link_kit import FakeDesk

from cockpit.link.messages import Ack, Command, Query
from cockpit.link.server import LinkServer
from venues.model import SystemClock


class DeskThread:
    def __init__(self, desk: FakeDesk, path: Path) -> None:
        self.desk = desk
        self._path = path
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = LinkServer(self.desk, self._path, SystemClock())
        await server.start()
        self._ready.set()
        await self._stop.wait()
        await server.close()

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        """Stop serving, from any thread; the first call counts."""
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)

    def join(self) -> None:
        self._thread.join(10)
        assert not self._thread.is_alive()


@contextmanager
def serving(desk: FakeDesk, path: Path) -> Iterator[DeskThread]:
    thread = DeskThread(desk, path)
    thread.start()
    try:
        yield thread
    finally:
        thread.stop()
        thread.join()


def results(by_query: dict[str, object]) -> Callable[[Command], Ack]:
    """Answers of a desk: JSON by the query's name; everything else is taken."""

    def answer(command: Command) -> Ack:
        verb = command.verb
        body = by_query.get(verb.what) if isinstance(verb, Query) else by_query.get(type(verb).__name__)
        return Ack(command.id, ok=True, result=msgspec.Raw(msgspec.json.encode(body)))

    return answer


def one_line(text: str) -> str:
    assert text.count("\n") == 1
    assert text.endswith("\n")
    return text
