"""What the paper exchange remembers over a restart of its process: one JSON file, replaced as a whole."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

log = logging.getLogger(__name__)

STATE_VERSION = 1
SAVE_EVERY_S = 1.0
SAVE_SHARE = 10
"""A save that took long waits this many times as long before the next."""


class PaperStateError(ValueError):
    """A state file that cannot be used; the text names the file and how to mend it."""


class SavedState(msgspec.Struct, frozen=True):
    accounts: dict[str, msgspec.Raw] = {}
    """State of each account, still encoded."""
    prices: dict[str, float] = {}
    """Where the synthetic market of each coin stood, USD: it goes on from there."""
    version: int = STATE_VERSION


class _Version(msgspec.Struct, frozen=True):
    version: int


def load_state(path: Path) -> SavedState:
    """What was saved; empty where there is no file yet. Raises `PaperStateError`: a file that does not read is never
    taken for an empty one."""
    mend = f"restore it from a backup, or move it away to start every paper account anew: mv {path} {path}.bad"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return SavedState()
    except OSError as error:
        raise PaperStateError(f"{path}: cannot be read: {error.strerror}; make it readable to this user") from None
    try:
        version = msgspec.json.decode(content, type=_Version).version
        if version != STATE_VERSION:
            raise PaperStateError(
                f"{path}: written in format {version}, this program reads {STATE_VERSION}; "
                f"run the version of cockpit that wrote it, or {mend}"
            )
        return msgspec.json.decode(content, type=SavedState)
    except msgspec.DecodeError as error:
        raise PaperStateError(f"{path}: damaged: {error}; {mend}") from None


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` so that a crash at any point leaves the old content or the new, on disk. Mode 0600."""
    temporary = path.with_name(path.name + ".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class StateKeeper:
    """Saves the accounts that changed, at most once every `every` seconds, off the event loop's thread.

    `saved` is what was loaded: an account that nobody asks for at present stays in the file.
    """

    def __init__(
        self,
        path: Path,
        saved: SavedState,
        export: Callable[[str], msgspec.Raw],
        prices: Callable[[], dict[str, float]],
        *,
        every: float = SAVE_EVERY_S,
    ) -> None:
        self._path = path
        self._export = export
        self._prices = prices
        self._states = dict(saved.accounts)
        self._every = every
        self._dirty: set[str] = set()
        self._next = 0.0
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    def mark(self, account: str) -> None:
        """Something of `account` changed."""
        self._dirty.add(account)
        if self._task is None and not self._closing.is_set():
            self._task = asyncio.get_running_loop().create_task(self._save_while_dirty())

    def save(self) -> None:
        """Save now, on this thread. Raises `OSError`."""
        write_atomically(self._path, self._snapshot())

    async def close(self) -> None:
        """Save what is left. Raises `OSError` where that fails."""
        self._closing.set()
        if self._task is not None:
            await self._task
        if self._dirty:
            self.save()

    def _snapshot(self) -> bytes:
        for account in self._dirty:
            self._states[account] = self._export(account)
        self._dirty.clear()
        return msgspec.json.encode(SavedState(self._states, self._prices()))

    async def _save_while_dirty(self) -> None:
        loop = asyncio.get_running_loop()
        while self._dirty and not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), max(0.0, self._next - loop.time()))
            changed = set(self._dirty)
            started = loop.time()
            content = self._snapshot()
            try:
                await asyncio.to_thread(write_atomically, self._path, content)
            except OSError as error:
                self._dirty |= changed
                log.error("%s: paper state not saved, trying again: %s", self._path, error)
            took = loop.time() - started
            self._next = loop.time() + max(self._every, SAVE_SHARE * took)
        self._task = None
